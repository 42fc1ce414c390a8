// The API key: kept for this tab, or on this device where the person says so.

import { el, icon } from "./dom.js";
import { t } from "./i18n.js";

const KEPT = "crnn-ocr.key";
let asking = null;

export const key = () => sessionStorage.getItem(KEPT) ?? localStorage.getItem(KEPT) ?? "";

function keep(value, onDevice) {
  sessionStorage.removeItem(KEPT);
  localStorage.removeItem(KEPT);
  if (value) (onDevice ? localStorage : sessionStorage).setItem(KEPT, value);
}

// Whether a key was entered; requests that fail side by side share one dialog.
export function askForKey() {
  asking ??= opened().finally(() => { asking = null; });
  return asking;
}

function opened() {
  const input = el("input", { class: "input", type: "password", id: "api-key", autocomplete: "off", required: true });
  const onDevice = el("input", { type: "checkbox" });
  const forget = el("button", { type: "button", class: "button danger", onclick: () => dialog.close("forget") }, t("key.forget"));
  const dialog = el("dialog", { "aria-labelledby": "key-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "key-title", class: "bar" }, icon("key"), t("key.title")),
      el("p", { class: "muted" }, t("key.why")),
      el("div", { class: "field" }, el("label", { for: "api-key" }, t("key.label")), input),
      el("label", { class: "check" }, onDevice, el("span", {}, t("key.keep"))),
      el("div", { class: "actions" },
        key() ? forget : null,
        el("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("common.cancel")),
        el("button", { class: "button main", value: "use" }, t("key.save")))));
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const answer = dialog.returnValue;
      if (answer === "use") keep(input.value.trim(), onDevice.checked);
      if (answer === "forget") keep("", false);
      dialog.remove();
      resolve(answer === "use");
    });
  });
}
