// Amazon's tutorial "send a message", with nothing but Node: an invoice and a question.
// Usage: node nine_steps.mjs ORDER FILE TEXT
// The environment says where and who: SP_API_ENDPOINT, LWA_ENDPOINT, SP_API_DEFAULT_MARKETPLACE (an id),
// SP_API_REFRESH_TOKEN, LWA_APP_ID, LWA_CLIENT_SECRET.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const [order, path, text] = process.argv.slice(2); // steps 1, 5 and 4
const { SP_API_ENDPOINT, LWA_ENDPOINT, SP_API_DEFAULT_MARKETPLACE } = process.env;

async function answered(response) {
  const body = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${body}`);
  return body && JSON.parse(body);
}

async function accessToken() {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: process.env.SP_API_REFRESH_TOKEN,
    client_id: process.env.LWA_APP_ID,
    client_secret: process.env.LWA_CLIENT_SECRET,
  });
  return (await answered(await fetch(LWA_ENDPOINT, { method: "POST", body: form }))).access_token;
}

const token = await accessToken();

async function call(method, path, body, more = {}) {
  const query = new URLSearchParams({ marketplaceIds: SP_API_DEFAULT_MARKETPLACE, ...more });
  const headers = { "x-amz-access-token": token, "content-type": "application/json" };
  const sent = body && JSON.stringify(body);
  return answered(await fetch(`${SP_API_ENDPOINT}${path}?${query}`, { method, headers, body: sent }));
}

const orders = `/messaging/v1/orders/${order}`;

// Steps 2 and 3: what the order allows, and the choice.
const actions = await call("GET", orders);
const allowed = actions._links.actions.map((action) => action.name);
if (!allowed.includes("sendInvoice")) throw new Error(`no invoice for this order: ${allowed}`);
console.log((await call("GET", `${orders}/attributes`)).buyer.locale);

// Step 6: the digest, 16 bytes in base64.
const file = await readFile(path);
const contentMD5 = createHash("md5").update(file).digest("base64");

// Step 7: the destination.
const uploads = `/uploads/2020-11-01/uploadDestinations${orders}/messages/invoice`;
const { payload } = await call("POST", uploads, undefined, { contentMD5 });

// Step 8: the file, with the headers of the destination.
const stored = await fetch(payload.url, { method: "PUT", headers: payload.headers, body: file });
if (!stored.ok) throw new Error(`${stored.status} ${await stored.text()}`);

// Step 9: the messages.
const attachments = [{ uploadDestinationId: payload.uploadDestinationId, fileName: basename(path) }];
await call("POST", `${orders}/messages/invoice`, { attachments });
await call("POST", `${orders}/messages/confirmOrderDetails`, { text });
