// Adds new messages to the page once a second, and opens attachments in the page.
"use strict";

const element = (id) => document.getElementById(id);
const viewer = element("viewer");
const frame = viewer.querySelector("iframe");

function replace(target, html) {
  if (target && target.dataset.html !== html) {
    target.dataset.html = html;
    target.innerHTML = html;
  }
}

function show(update) {
  const page = document.body.dataset;
  const arrived = update.total - page.total;
  // There are fewer than before: the inbox was emptied, or this is another sandbox.
  if (arrived < 0 || update.latest < page.latest) return location.reload();
  element("list").insertAdjacentHTML("afterbegin", update.messages);
  page.total = update.total;
  page.latest = update.latest;
  element("total").textContent = update.total;
  element("empty").hidden = update.total > 0;
  replace(element("plans"), update.plans);
  replace(element("known"), update.orders);
  if (arrived) element("news").textContent = arrived === 1 ? "1 new message" : `${arrived} new messages`;
}

async function refresh() {
  try {
    const response = await fetch(`/inbox/updates?after=${document.body.dataset.latest}`);
    if (!response.ok) throw new Error(response.status);
    show(await response.json());
    document.body.classList.remove("lost");
  } catch {
    if (!document.body.classList.contains("lost")) element("news").textContent = "The sandbox does not answer.";
    document.body.classList.add("lost");
  }
  setTimeout(refresh, 1000);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  element("viewer-title").textContent = frame.title = link.dataset.view;
  frame.src = link.href;
  viewer.showModal();
});
element("close").addEventListener("click", () => viewer.close());
viewer.addEventListener("close", () => frame.removeAttribute("src"));

// A page of older messages does not change.
if (document.body.dataset.latest) setTimeout(refresh, 1000);
