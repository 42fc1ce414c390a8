// A page inside a frame of another site's (?embed=1&origin=...): without its header, and what was
// read goes to that site alone. Who may frame it at all says the server (OCR_EMBED_ORIGINS).

import { addWords } from "./i18n.js";

const asked = new URLSearchParams(location.search);
const ORIGIN = asked.get("origin") ?? "";

export const isEmbedded = () => asked.get("embed") === "1" && window.parent !== window;

// Send a result to the page around this one, as {type: "crnn-ocr", ...told}.
export function tellParent(told) {
  if (isEmbedded() && ORIGIN) window.parent.postMessage({ type: "crnn-ocr", ...told }, ORIGIN);
}

// Called with the data of messages {type: "crnn-ocr", ...} of the page around this one, no other's.
export function onParent(listener) {
  window.addEventListener("message", (event) => {
    const isParents = event.source === window.parent && event.origin === ORIGIN;
    if (isEmbedded() && isParents && event.data?.type === "crnn-ocr") listener(event.data);
  });
}

addWords({ zh: { "embedded.use": "使用这个结果" }, en: { "embedded.use": "Use this" } });
if (isEmbedded()) document.documentElement.dataset.embedded = "";

// The page around this one may hand over its API key for this visit.
onParent(({ key }) => {
  if (typeof key !== "string" || !key) return;
  sessionStorage.setItem("crnn-ocr.key", key);
  document.dispatchEvent(new Event("key-changed"));
});
tellParent({ source: "page", ready: true });
