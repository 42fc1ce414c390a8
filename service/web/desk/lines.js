// The lines of a page as text: every character can be asked what else it may be.

import { button, el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { changed, currentPage, isCorrected } from "./documents.js";
import { openAlternatives } from "./alternatives.js";
import { isDoubtful, isVeryDoubtful, percent } from "./characters.js";
import { edit, statusOf } from "./corrections.js";

// The list of a page's lines, newly made.
export function lineList(page) {
  return el("ol", { class: "lines", onkeydown: moved, onpointerover: pointed, onpointerleave: () => mark(null),
    onfocusin: pointed }, ...page.lines.map(lineItem));
}

// Make one line's row anew, and keep the focus where it was in it.
export function redrawLine(list, number) {
  const old = list.children[number];
  const focused = old.contains(document.activeElement);
  const fresh = lineItem(currentPage().lines[number], number);
  old.replaceWith(fresh);
  if (focused) fresh.querySelector("[tabindex='0'], button")?.focus();
}

function lineItem(line, number) {
  const label = t("line.label", { number: number + 1, text: line.text, confidence: percent(line.read.confidence) });
  const words = el("div", { class: "words", role: "group", "aria-label": label, ondblclick: () => edit(number) },
    ...(line.chars.length ? line.chars.map(charItem) : [el("span", { tabindex: "0", class: "whole" }, line.text)]));
  const tools = el("div", { class: "line-tools" },
    el("span", { class: "sure number small muted", "aria-hidden": "true" },
      isCorrected(line) ? "" : percent(line.read.confidence)),
    button("edit", t("line.edit", { number: number + 1 }), () => edit(number), { shown: false, kind: "quiet" }));
  return el("li", { class: isCorrected(line) ? "line corrected" : "line", "data-line": number },
    el("span", { class: "line-number number muted", "aria-hidden": "true" }, String(number + 1)),
    line.read.name ? el("span", { class: "field-name small muted" }, line.read.name) : null,
    words, tools, statusOf(line, number) ?? verdictOf(line.read));
}

// One tab stop a line; the arrows go on from character to character.
function charItem(char, at) {
  const doubt = isDoubtful(char);
  const space = char.text === " ";
  return el("span", {
    class: ["char", doubt && "doubt", isVeryDoubtful(char) && "deep", char.corrected && "new"]
      .filter(Boolean).join(" "),
    role: "button",
    "aria-haspopup": "dialog",
    "aria-label": t("char.label", { text: space ? "␣" : char.text, confidence: percent(char.confidence) }),
    tabindex: at === 0 ? "0" : "-1",
    "data-char": at,
    onclick: (event) => openAlternatives(event.currentTarget),
  }, space ? "\u00a0" : char.text);
}

function verdictOf(read) {
  if (read.status) return read.review ? el("p", { class: "badge warn", title: read.reasons.join("; ") }, t(`field.status.${read.status}`)) : null;
  if (read.field?.status === "corrected") {
    return el("p", { class: "badge warn" }, t("line.corrected", { read: read.field.read }));
  }
  if (read.rejected) return el("p", { class: "badge warn" }, t("line.rejected"));
  if (read.field && !read.field.valid) {
    const type = t(`field.${read.field.type}`).replace("field.", "");
    return el("p", { class: "badge warn", title: read.field.reasons.join("; ") }, t("line.invalid", { type }));
  }
  return null;
}

function mark(number, char = null) {
  changed("mark", { number, char, from: "lines" });
}

function pointed(event) {
  const row = event.target.closest("[data-line]");
  if (!row) return;
  const char = event.target.closest("[data-char]");
  mark(Number(row.dataset.line), char && Number(char.dataset.char));
}

function moved(event) {
  const char = event.target.closest("[data-char], .whole");
  if (!char) return;
  const row = event.target.closest("[data-line]");
  const inRow = (one) => one?.querySelector("[data-char], .whole");
  const to = {
    ArrowRight: () => char.nextElementSibling,
    ArrowLeft: () => char.previousElementSibling,
    ArrowDown: () => inRow(row.nextElementSibling),
    ArrowUp: () => inRow(row.previousElementSibling),
    Home: () => inRow(row),
    End: () => char.parentElement.lastElementChild,
  }[event.key];
  if (to) focusOn(to());
  else if (event.key === "Enter" || event.key === " ") char.click();
  else if (event.key === "F2") edit(Number(row.dataset.line));
  else return;
  event.preventDefault();
}

// Make a character the tab stop of its line and focus it.
export function focusOn(char) {
  if (!char) return;
  for (const other of char.parentElement.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
  char.tabIndex = 0;
  char.focus();
}

// Focus the next doubtful character after the one that has the focus, from the top again at the end.
export function focusNextDoubt(list) {
  const doubts = [...list.querySelectorAll(".doubt")];
  const here = document.activeElement;
  const after = doubts.find((one) => here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
  const next = list.contains(here) ? (after ?? doubts[0]) : doubts[0];
  focusOn(next);
  return next ?? null;
}
