"use strict";
// What the page does beyond htmx: the heatmap's slider, dropped files, and where the focus goes.

const byId = (id) => document.getElementById(id);
const upload = byId("upload");
const images = byId("images");

// === The heatmap's opacity ===

document.addEventListener("input", (event) => {
  const slider = event.target;
  if (!slider.classList.contains("heat-opacity")) return;
  slider.closest("figure").querySelector(".heat").style.opacity = slider.value / 100;
  slider.parentElement.querySelector("output").value = slider.dataset.text.replace("{}", slider.value);
});

// === Files dropped anywhere ===

function holdsFiles(event) {
  return event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
}

document.addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault(); // else the browser opens the file in place of the page
  upload.classList.add("dragging");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) upload.classList.remove("dragging");
});
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  upload.classList.remove("dragging");
  if (images.disabled) return; // one upload at a time
  images.files = event.dataTransfer.files;
  images.dispatchEvent(new Event("change", { bubbles: true }));
});

// === Asking ===

// The server holds to the same limits; here they spare the sending.
function whyNot(files) {
  if (files.length > Number(upload.dataset.maxFiles)) return upload.dataset.tooMany;
  const bytes = Array.from(files).reduce((sum, file) => sum + file.size, 0);
  return bytes > Number(upload.dataset.maxBytes) ? upload.dataset.tooLarge : "";
}

upload.addEventListener("htmx:confirm", (event) => {
  const why = whyNot(images.files);
  byId("upload-error").textContent = why;
  byId("upload-error").hidden = !why;
  if (why || !images.files.length) {
    event.preventDefault();
    upload.reset();
  }
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target.id === "batches") byId("announcement").textContent = byId("working").dataset.text;
});

// === Answers ===

function showWhetherEmpty() {
  byId("clear").hidden = !byId("batches").children.length;
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "batches") return;
  upload.reset(); // the same file can be chosen again
  showWhetherEmpty();
  byId("batches").firstElementChild.focus();
});

byId("clear").addEventListener("click", () => {
  byId("batches").replaceChildren();
  byId("announcement").textContent = "";
  showWhetherEmpty();
  images.focus();
});

// === The page's own server ===

function showGone(gone) {
  const notice = byId("page-gone");
  if (notice.hidden !== gone) return; // said once, not at every attempt
  notice.textContent = gone ? notice.dataset.text : "";
  notice.hidden = !gone;
}

document.addEventListener("htmx:sendError", () => showGone(true));
document.addEventListener("htmx:afterOnLoad", () => showGone(false));

showWhetherEmpty();
