// The panel that shows a reading: the text, how sure it is, what else it may be, what the model saw.

import { button, el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { candidates, percent } from "./candidates.js";
import { correctionForm } from "./correct.js";

const SURE = 0.9;
const DOUBTFUL = 0.6;

const kindOf = (share) => (share >= SURE ? "good" : share >= DOUBTFUL ? "warn" : "bad");

// Fill the panel. state: {reading, fault, isStale, corrected}; acts: {copy, use, choose, correct, again}.
export function showAnswer(place, state, acts) {
  const focused = place.contains(document.activeElement) && document.activeElement.dataset.act;
  place.replaceChildren(...partsOf(state, acts));
  place.classList.toggle("stale", Boolean(state.isStale));
  if (focused) place.querySelector(`[data-act="${focused}"]`)?.focus();
}

function partsOf({ reading, fault, corrected }, acts) {
  if (fault) return [faultOf(fault, acts)];
  if (!reading) return [el("p", { class: "empty muted" }, t("board.empty"))];
  const [line] = reading.lines;
  if (!line?.text) return [el("p", { class: "empty muted", role: "status" }, t("board.nothing"))];
  return [
    headline(line, corrected),
    actions(acts, corrected),
    others(line, acts, reading.reads),
    signs(line),
    seen(reading, line),
  ].filter(Boolean);
}

function faultOf(fault, acts) {
  return el("div", { class: "notice bad", role: "alert" }, icon("warning"),
    el("div", {}, el("strong", {}, fault.title ?? t("error.500")),
      el("p", { class: "more small" }, fault.more ?? String(fault.message)),
      button("refresh", t("board.again"), acts.again)));
}

function headline(line, corrected) {
  const text = corrected ?? line.text;
  const sure = corrected === undefined
    ? el("span", { class: `badge ${kindOf(line.confidence)} number` }, t("board.sure", { percent: percent(line.confidence) }))
    : el("span", { class: "badge good" }, icon("check"), t("board.corrected", { text }));
  // Announced when it changes; "polite" waits for a pause in what is being said.
  return el("div", { class: "headline", role: "status", "aria-live": "polite" },
    el("output", { class: [...text].length > 8 ? "text long" : "text", id: "text" }, text), sure);
}

function actions(acts, corrected) {
  const named = (node, name) => { node.dataset.act = name; return node; };
  const copy = named(button("copy", t("board.copy"), acts.copy), "copy");
  const use = acts.use ? named(button("check", t("embedded.use"), acts.use, { kind: "main" }), "use") : null;
  const wrong = corrected !== undefined ? null : named(button("edit", t("board.wrong"), openForm), "wrong");
  const place = el("div", { class: "wrong" });
  function openForm() {
    place.replaceChildren(correctionForm(acts));
    place.querySelector("input").focus();
    place.querySelector("input").select();
  }
  return el("div", {}, el("div", { class: "bar" }, use, copy, wrong), place);
}

function others(line, acts, reads) {
  const [, ...rest] = candidates(line, reads);
  if (!rest.length) return null;
  const rows = rest.map(([text, share]) => {
    const told = t("board.choose", { text, percent: percent(share) });
    return el("li", {}, el("button", { type: "button", class: "candidate", "aria-label": told, title: told,
      onclick: () => acts.choose(text) },
    el("span", { class: "text" }, text), meter(share), el("span", { class: "number small" }, percent(share))));
  });
  return el("div", { class: "part" }, el("h3", {}, t("board.candidates")), el("ol", { class: "candidates" }, ...rows));
}

function meter(share) {
  const bar = el("span");
  bar.style.width = `${100 * share}%`;
  return el("span", { class: "meter", "aria-hidden": "true" }, bar);
}

function signs(line) {
  if ((line.chars?.length ?? 0) < 2) return null;
  const each = line.chars.filter(({ text }) => text.trim()).map(({ text, confidence }) =>
    el("li", { class: kindOf(confidence) }, el("span", { class: "text" }, text),
      el("span", { class: "number" }, percent(confidence))));
  return el("div", { class: "part" }, el("h3", {}, t("board.signs")), el("ul", { class: "signs" }, ...each));
}

function seen(reading, line) {
  const picture = reading.picture
    && el("img", { src: reading.picture, class: "seen", alt: t("board.seen.alt", { text: line.text }) });
  const told = t("board.model", { model: reading.model, ms: Math.round(reading.time_used_ms) });
  return el("div", { class: "part" }, el("h3", {}, t("board.seen")), picture || null,
    el("p", { class: "muted small number" }, told));
}
