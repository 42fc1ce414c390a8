// Short messages that go by themselves; screen readers are told of them.

import { el, icon } from "./dom.js";

const SHOWN_MS = 4000;
const FAULT_MS = 8000;

function place() {
  const found = document.querySelector(".toasts");
  if (found) return found;
  const made = el("div", { class: "toasts", role: "status", "aria-live": "polite" });
  document.body.append(made);
  return made;
}

export function tell(text, { bad = false } = {}) {
  const shown = el("div", { class: bad ? "toast bad" : "toast" }, icon(bad ? "warning" : "check"), text);
  place().append(shown);
  setTimeout(() => shown.remove(), bad ? FAULT_MS : SHOWN_MS);
}

// An ApiError, or any other, as a message.
export function tellFault(error) {
  if (error.name === "AbortError") return;
  tell(error.title ? `${error.title} · ${error.more}` : String(error.message), { bad: true });
}
