// The keyboard, and the list of what it does.

import { button, el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const LISTED = [
  ["O", "help.open"], ["Ctrl V", "help.paste"], ["N", "help.next"], ["F2", "help.edit"],
  ["← → ↑ ↓", "help.move"], ["Enter", "help.alternatives"], ["+ − 0", "help.zoom"], ["[ ]", "help.pages"], ["?", "help.help"],
];

const WRITTEN = "input:not([type='range'], [type='checkbox'], [type='radio']), textarea, select";

// actions: by the key that does them; never while something is written or a dialog is open.
export function openShortcuts(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches(WRITTEN) || document.querySelector("dialog[open]")) return;
    const action = event.key === "?" ? showHelp : actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function showHelp() {
  const rows = LISTED.map(([keys, words]) => el("div", {}, el("dt", {}, el("kbd", {}, keys)), el("dd", {}, t(words))));
  const dialog = el("dialog", { class: "help", "aria-labelledby": "help-title" },
    el("div", { class: "bar" }, el("h2", { id: "help-title" }, t("help.title")), el("span", { class: "push" }),
      button("close", t("common.close"), () => dialog.close(), { shown: false, kind: "quiet" })),
    el("dl", {}, ...rows));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
