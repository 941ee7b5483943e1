// Adds new messages to the page once a second, and opens attachments in the page.
"use strict";

const element = (id) => document.getElementById(id);
const viewer = element("viewer");
const frame = viewer.querySelector("iframe");
const list = element("list");

function replace(target, html) {
  if (target && target.dataset.html !== html) {
    target.dataset.html = html;
    target.innerHTML = html;
  }
}

// Each viewer costs much, so a PDF is loaded when its place comes into view.
const seen = new IntersectionObserver((places) => {
  for (const { target, isIntersecting } of places) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    const page = document.createElement("iframe");
    page.tabIndex = -1;
    page.title = target.dataset.view;
    page.src = `${target.href}#page=1&view=Fit&toolbar=0&navpanes=0&scrollbar=0`;
    target.append(page);
  }
});

// Makes room for the first page of each PDF. A browser without a viewer would save the file instead.
function showPages() {
  if (!navigator.pdfViewerEnabled) return;
  for (const link of list.querySelectorAll("a.pdf[hidden]")) {
    link.hidden = false;
    seen.observe(link);
  }
}

// The page stays short: older messages are behind the link below it.
function shorten(most, total) {
  while (list.children.length > most) list.lastElementChild.remove();
  element("older").hidden = total <= list.children.length;
  if (element("older").hidden) return;
  const query = new URLSearchParams(location.search);
  query.set("before", list.lastElementChild.dataset.number);
  element("older").querySelector("a").href = `/?${query}`;
}

function show(update) {
  const page = document.body.dataset;
  const arrived = update.total - page.total;
  // There are fewer than before: the inbox was emptied, or this is another sandbox.
  if (update.size < page.size || update.latest < page.latest) return location.reload();
  list.insertAdjacentHTML("afterbegin", update.messages);
  showPages();
  shorten(page.most, update.total);
  page.total = update.total;
  page.size = update.size;
  page.latest = update.latest;
  element("total").textContent = update.total;
  element("empty").hidden = update.total > 0;
  replace(element("plans"), update.plans);
  replace(element("known"), update.orders);
  if (arrived > 0) element("news").textContent = arrived === 1 ? "1 new message" : `${arrived} new messages`;
}

async function refresh() {
  const query = new URLSearchParams(location.search);  // with the filter
  query.set("after", document.body.dataset.latest);
  try {
    const response = await fetch(`/inbox/updates?${query}`);
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

for (const button of document.querySelectorAll(".shells button")) {
  button.hidden = !navigator.clipboard;  // browsers offer it on this machine, and not to a page from elsewhere
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.closest("section").querySelector("pre").textContent);
    element("news").textContent = "Copied.";
  });
}

// After the first painting, which would have to wait for the viewers.
requestAnimationFrame(() => setTimeout(showPages));
// A page of older messages does not change.
if (document.body.dataset.latest) setTimeout(refresh, 1000);
