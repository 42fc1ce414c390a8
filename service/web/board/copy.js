// Text to the clipboard: by the API where there is one (https), else as a selection is copied.

import { el } from "../shared/dom.js";

// Whether it is there now.
export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const focused = document.activeElement;
  const area = el("textarea", { class: "for-readers", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return copied;
}
