// Lines that a person corrects: in place, by a text or by a character's alternative, and sent.

import { button, el, icon } from "../shared/dom.js";
import { sendCorrection, takeBack } from "../shared/feedback.js";
import { t } from "../shared/i18n.js";
import { tellFault } from "../shared/notices.js";
import { pngOf } from "./crops.js";
import { changed, charsOf, currentPage, desk, isCorrected } from "./documents.js";

const PATIENCE_MS = 1500; // several characters of a line are often changed one after another

// Turn a line's row into a field to write in.
export function edit(number) {
  const line = currentPage().lines[number];
  const words = document.querySelector(`[data-line="${number}"] .words`);
  if (!words || words.querySelector("input")) return;
  const input = el("input", { class: "input", "aria-label": t("line.input", { number: number + 1 }),
    spellcheck: "false", autocomplete: "off" });
  input.value = line.text;
  let open = true;
  const end = (saves) => {
    if (!open) return;
    open = false;
    const text = input.value.trim();
    if (saves && text && text !== line.text) correct(number, text, spliced(line.chars, text), 0);
    else changed("line", number);
  };
  input.addEventListener("blur", () => end(true));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter and Escape belong to the input method
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter");
  });
  words.replaceChildren(input);
  input.focus();
}

// Put another character in the place of one.
export function replaceChar(number, at, text) {
  const line = currentPage().lines[number];
  const chars = line.chars.map((char, place) => (place === at ? madeFrom(char, text) : char));
  correct(number, chars.map((char) => char.text).join(""), chars, PATIENCE_MS);
}

// Back to what was read; a correction that was sent is taken back.
export function restore(number) {
  const line = currentPage().lines[number];
  correct(number, line.read.text, charsOf(line.read), 0);
}

// A character that a person chose; what it was read as remains among the others.
function madeFrom(char, text) {
  const rest = (char.alternatives ?? []).filter(([other]) => other !== text);
  const read = char.corrected ? [] : [[char.text, char.confidence]];
  return { ...char, text, confidence: 1, corrected: true, alternatives: [...read, ...rest] };
}

// The characters of a new text: those at both ends that did not change, new ones between.
function spliced(chars, text) {
  const wanted = [...text];
  let head = 0;
  while (head < Math.min(chars.length, wanted.length) && chars[head].text === wanted[head]) head += 1;
  let tail = 0;
  const room = Math.min(chars.length, wanted.length) - head;
  while (tail < room && chars.at(-1 - tail).text === wanted.at(-1 - tail)) tail += 1;
  const start = chars[head - 1]?.end ?? chars[0]?.start ?? 0;
  const end = chars[chars.length - tail]?.start ?? chars.at(-1)?.end ?? 0;
  const fresh = wanted.slice(head, wanted.length - tail);
  const step = Math.max(0, end - start) / Math.max(1, fresh.length);
  const made = fresh.map((char, at) => ({ text: char, confidence: 1, corrected: true,
    start: start + at * step, end: start + (at + 1) * step }));
  return [...chars.slice(0, head), ...made, ...chars.slice(chars.length - tail)];
}

function correct(number, text, chars, patienceMs) {
  const page = currentPage();
  const line = page.lines[number];
  Object.assign(line, { text, chars });
  clearTimeout(line.sending);
  line.feedback = { ...line.feedback, state: isCorrected(line) ? "sending" : "" };
  changed("line", number);
  changed("corrected", desk.current);
  line.sending = setTimeout(() => deliver(page, line, number), patienceMs);
}

// Send a line as it is now, in place of what was sent of it before.
async function deliver(page, line, number) {
  const text = line.text;
  const show = (state, more = {}) => {
    if (line.text === text) line.feedback = { ...line.feedback, ...more, state };
    if (page === currentPage()) changed("line", number);
  };
  try {
    if (line.feedback.id) await takeBack(line.feedback.id);
    line.feedback.id = null;
    if (!isCorrected(line)) return show("");
    const told = { request_id: page.requestId, source: "desk", model: page.model, line: number,
      text: line.read.text, corrected: text };
    const answer = await sendCorrection(told, () => page.picture && pngOf(page.picture, line.read.box));
    show(answer.kept_image ? "kept" : "sent", { id: answer.id });
  } catch (error) {
    show("unsent");
    tellFault(error);
  }
  return null;
}

// How far a correction is, as a part of the line's row; null where there is none.
export function statusOf(line, number) {
  const state = line.feedback?.state || (isCorrected(line) ? "corrected" : "");
  if (!state) return null;
  const page = currentPage();
  const kind = { sending: "", unsent: "bad" }[state] ?? "good";
  const sign = state === "sending" ? el("span", { class: "spinner" }) : icon(state === "unsent" ? "warning" : "check");
  return el("p", { class: "bar status" }, el("span", { class: `badge ${kind}` }, sign, t(`line.${state}`)),
    state === "unsent" && button("send", t("line.resend"), () => deliver(page, line, number), { kind: "quiet" }),
    isCorrected(line) && button("undo", t("line.undo"), () => restore(number), { kind: "quiet" }));
}
