// The drawing board: ink, its reading as one draws, corrections, history.

import { button, find } from "../shared/dom.js";
import { isEmbedded, tellParent } from "../shared/embedded.js";
import { mountHeader } from "../shared/header.js";
import { addWords, onLanguage, t, translate } from "../shared/i18n.js";
import { tell } from "../shared/notices.js";
import { showAnswer } from "./answer.js";
import { copyText } from "./copy.js";
import { digitLines, hanziSquares } from "./guides.js";
import { Ink } from "./ink.js";
import { Link } from "./link.js";
import { Past } from "./past.js";
import { WORDS } from "./words.js";

const EVERY_MS = 140;
const KEPT_READS = "crnn-ocr.board.reads";
const KEPT_GUIDE = "crnn-ocr.board.guide";

addWords(WORDS);
mountHeader(find(".site"), "board");

const paper = find("#paper");
const guide = find("#guide");
const ink = new Ink(paper);
const link = new Link();
const state = { reading: null, fault: null, isStale: false, corrected: undefined };
const past = new Past(find("#past"), find("#no-past"), find("#forget"), recall);
let version = 0;
let drawing = { id: newId() };
let timer = 0;
let way = "";

const acts = {
  again: () => ask(),
  copy: async () => {
    if (await copyText(shownText())) tell(t("board.copied"));
  },
  choose: (text) => { state.corrected = text; show(); remember(); },
  correct: (text) => { state.corrected = text; show(); remember(); },
  reading: () => state.reading,
  picture: () => ink.picture(),
};
if (isEmbedded()) {
  acts.use = () => {
    const { confidence, request_id: requestId, model } = state.reading;
    tellParent({ source: "board", text: shownText(), confidence, requestId, model });
  };
}

const shownText = () => state.corrected ?? state.reading?.text ?? "";
const reads = () => find("[name=reads]:checked").value;

// Random enough for a history; crypto.randomUUID is not there without https.
function newId() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
}

function ask() {
  clearTimeout(timer);
  timer = 0;
  if (!ink.strokes.length) return;
  version += 1;
  state.isStale = true;
  link.read(version, ink.strokes, reads());
}

function soon() {
  timer ||= setTimeout(ask, EVERY_MS);
}

function show() {
  showAnswer(find("#answer"), state, acts);
  paper.setAttribute("aria-label", t("board.paper", { count: ink.strokes.length }));
  find("#hint").hidden = ink.strokes.length > 0;
  for (const one of document.querySelectorAll("#undo button, #clear button")) one.disabled = !ink.strokes.length;
  find("#link").textContent = way ? t(`board.link.${way}`) : "";
  find("#link").dataset.way = way;
}

function remember() {
  if (!ink.strokes.length || ink.isDrawing || !state.reading) return;
  const { confidence } = state.reading;
  past.put({ id: drawing.id, when: Date.now(), strokes: ink.strokes, reads: reads(), text: shownText(), confidence });
}

function reset() {
  version += 1;
  clearTimeout(timer);
  timer = 0;
  Object.assign(state, { reading: null, fault: null, isStale: false, corrected: undefined });
}

function clear() {
  drawing = { id: newId() };
  reset();
  ink.clear();
  paper.focus({ preventScroll: true });
}

function recall(entry) {
  drawing = { id: entry.id };
  reset();
  find(`[name=reads][value=${entry.reads}]`).checked = true;
  setGuide();
  ink.load(entry.strokes);
}

function setGuide() {
  localStorage.setItem(KEPT_GUIDE, guide.checked ? "yes" : "no");
  localStorage.setItem(KEPT_READS, reads());
  ink.guide = guide.checked ? (reads() === "text" ? hanziSquares : digitLines) : null;
}

function shortcut(event) {
  if (event.target.matches("input:not([type=radio], [type=checkbox]), textarea") || find("dialog[open]")) return;
  const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
  const isClear = ["Delete", "Escape"].includes(event.key);
  if (!isUndo && !isClear) return;
  event.preventDefault();
  if (isUndo) ink.undo();
  else clear();
}

ink.addEventListener("drawn", () => {
  state.corrected = undefined;
  find("#hint").hidden = true;
  soon();
});
ink.addEventListener("ended", () => {
  if (!ink.strokes.length) reset();
  state.corrected = undefined;
  ask();
  show();
});
link.addEventListener("reading", ({ detail }) => {
  if (!ink.strokes.length || detail.version === undefined) return;
  if (state.reading && detail.version < state.reading.version && !state.isStale) return;
  Object.assign(state, { reading: detail, fault: null, isStale: detail.version < version });
  show();
  if (!state.isStale) remember();
});
link.addEventListener("fault", ({ detail }) => {
  if (detail.name === "AbortError") return;
  Object.assign(state, { fault: detail, isStale: false });
  show();
});
link.addEventListener("state", ({ detail }) => { way = detail; show(); });
document.addEventListener("keydown", shortcut);
for (const radio of document.querySelectorAll("[name=reads]")) {
  radio.addEventListener("change", () => { setGuide(); reset(); ask(); show(); });
}
guide.addEventListener("change", setGuide);
new MutationObserver(() => ink.repaint()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => ink.repaint());
onLanguage(named);

// All that is made here and has words.
function named() {
  find("#undo").replaceChildren(button("undo", t("board.undo"), () => ink.undo()));
  find("#clear").replaceChildren(button("trash", t("board.clear"), clear));
  document.title = `${t("board.title")} · ${t("site.name")}`;
  past.show();
  show();
}

const asked = new URLSearchParams(location.search).get("reads") ?? localStorage.getItem(KEPT_READS);
if (asked === "text") find("[name=reads][value=text]").checked = true;
guide.checked = localStorage.getItem(KEPT_GUIDE) !== "no";
setGuide();
translate();
named();
