// What else a character may be: its place in the picture enlarged, and others to choose from.

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { edit, replaceChar } from "./corrections.js";
import { cropOf } from "./crops.js";
import { currentPage } from "./documents.js";
import { percent, spanOf } from "./characters.js";

const LEAST = 0.001;

let open = null;

export function closeAlternatives() {
  open?.close();
}

// Open the alternatives of a character's element in the list.
export function openAlternatives(anchor) {
  closeAlternatives();
  const number = Number(anchor.closest("[data-line]").dataset.line);
  const at = Number(anchor.dataset.char);
  const page = currentPage();
  const line = page.lines[number];
  const char = line.chars[at];
  const others = (char.alternatives ?? []).filter(([, share]) => share >= LEAST);
  const pick = (text) => {
    open.close();
    replaceChar(number, at, text);
  };
  const box = el("div", { class: "popover alternatives", role: "dialog", "aria-label": t("char.title", { text: char.text }) },
    el("div", { class: "crop" }),
    row(t("char.read"), char.text, char.confidence, null),
    ...others.map(([text, share]) => row(t("char.choose", { text }), text, share, () => pick(text))),
    others.length ? null : el("p", { class: "muted small none" }, t("char.none")),
    el("button", { type: "button", class: "more", onclick: () => { open.close(); edit(number); } },
      icon("edit"), t("char.edit")));
  document.body.append(box);
  shut(box, anchor);
  position(box, anchor);
  box.querySelector("button").focus();
  draw(box, page, line, at, anchor);
}

function row(label, text, share, onclick) {
  const bar = el("span", { class: "share" }, el("span", {}));
  bar.firstChild.style.width = `${100 * share}%`;
  const inside = [el("span", { class: "other" }, text === " " ? "␣" : text), bar,
    el("span", { class: "number small muted" }, percent(share))];
  if (!onclick) return el("div", { class: "choice read" }, ...inside);
  return el("button", { type: "button", class: "choice", "aria-label": `${label} (${percent(share)})`, onclick }, ...inside);
}

// Close on Escape, on a click elsewhere and on scrolling; the focus goes back to the character.
function shut(box, anchor) {
  const away = new AbortController();
  const options = { signal: away.signal, capture: true };
  open = { close() {
    away.abort();
    box.remove();
    anchor.classList.remove("asked");
    open = null;
  } };
  anchor.classList.add("asked");
  document.addEventListener("pointerdown", (event) => box.contains(event.target) || open.close(), options);
  document.addEventListener("keydown", (event) => keyed(event, box, anchor), options);
  document.addEventListener("scroll", (event) => box.contains(event.target) || open.close(), options);
}

function keyed(event, box, anchor) {
  if (event.key === "Escape") {
    open.close();
    anchor.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const buttons = [...box.querySelectorAll("button")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = buttons.indexOf(document.activeElement) + step;
    buttons[(at + buttons.length) % buttons.length].focus();
  } else if (event.key === "Tab") {
    open.close();
    anchor.focus();
    return;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function position(box, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = at.bottom + 8 + height < innerHeight;
  box.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, at.left + at.width / 2 - width / 2))}px`;
  box.style.top = `${below ? at.bottom + 8 : Math.max(8, at.top - height - 8)}px`;
}

async function draw(box, page, line, at, anchor) {
  const span = spanOf(line, at);
  if (!span || !page.picture) return;
  const [, top, , bottom] = line.read.box;
  const around = (bottom - top) * 0.6;
  const crop = await cropOf(page.picture, [span.start - around, top, span.end + around, bottom]);
  if (!crop || !box.isConnected) return;
  box.querySelector(".crop").replaceChildren(crop);
  position(box, anchor);
}
