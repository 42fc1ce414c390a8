// The text beside the picture: how sure it is, its lines, what can be done with them.

import { button, el, icon } from "../shared/dom.js";
import { agreed, setAgreed } from "../shared/feedback.js";
import { t } from "../shared/i18n.js";
import { tell } from "../shared/notices.js";
import { doubtBelow, doubtsOf, percent, setThreshold } from "./characters.js";
import { currentPage, desk } from "./documents.js";
import { openExports } from "./exports.js";
import { focusNextDoubt, lineList, redrawLine } from "./lines.js";
import { cancel, isBusy, read } from "./reading.js";

const place = {};

// Build the panel in `root`; onOptions opens the dialog.
export function mountResult(root, onOptions) {
  place.root = root;
  place.onOptions = onOptions;
  place.bar = el("div", { class: "bar result-bar" });
  place.sure = el("div", { class: "bar sureness" });
  place.rest = el("div", { class: "bar rest" });
  place.body = el("div", { class: "result-body" });
  place.foot = el("div", { class: "consent" });
  root.append(place.bar, place.rest, place.sure, place.body, place.foot);
}

// Another page is shown, or something about it changed. The lines of a page that was read stay as
// they are, for one of them may just be written in; `anew` draws them too.
export function drawResult({ anew = false } = {}) {
  const page = currentPage();
  const hasLines = Boolean(page?.lines.length);
  place.root.setAttribute("aria-label", t("result.label"));
  place.bar.replaceChildren(...bar(page, hasLines));
  drawRest(page);
  drawSureness(page);
  if (anew || page !== place.page || !place.list) {
    place.body.replaceChildren(...body(page));
    place.list = place.body.querySelector("ol");
    place.page = page;
  }
  place.foot.hidden = !hasLines;
  if (hasLines) place.foot.replaceChildren(consent());
}

export function drawLine(number) {
  if (!place.list) return;
  redrawLine(place.list, number);
  drawSureness(currentPage());
}

function bar(page, hasLines) {
  const exports = button("download", t("result.export"), () => openExports(exports));
  const copy = button("copy", t("result.copy"), copyPage);
  exports.disabled = !desk.documents.some((one) => one.pages.some((other) => other.state === "done"));
  copy.disabled = !hasLines;
  return [
    el("h2", {}, t("result.label")),
    el("span", { class: "small muted number" }, page?.timeMs && hasLines
      ? t("result.summary", { lines: page.lines.length, ms: Math.round(page.timeMs) }) : ""),
    el("span", { class: "push" }), button("options", t("result.options"), place.onOptions, { kind: "quiet" }), copy, exports,
  ];
}

export async function copyPage() {
  await copyText(currentPage().lines.map((line) => line.text).join("\n"));
}

// To the clipboard; where the browser keeps that for https, by the older way.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { class: "for-readers" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  tell(t("result.copied"));
}

function drawSureness(page) {
  place.sure.hidden = !page?.lines.length;
  if (place.sure.hidden) return;
  const doubts = doubtsOf(page);
  const badge = doubts
    ? el("span", { class: "badge warn", id: "doubts" }, t("result.doubts", { count: doubts }))
    : el("span", { class: "badge good", id: "doubts" }, icon("check"), t("result.sure"));
  const next = button("right", t("result.next"), nextDoubt, { kind: "quiet" });
  next.hidden = !doubts;
  const slider = place.sure.querySelector("input");
  if (slider) place.sure.querySelector(".doubts").replaceChildren(badge, next);
  else place.sure.replaceChildren(el("span", { class: "bar doubts" }, badge, next), ...threshold());
  place.sure.querySelector(".threshold-words").textContent = t("result.threshold");
}

function threshold() {
  const told = el("output", { class: "number", for: "threshold" }, percent(doubtBelow()));
  const slider = el("input", { type: "range", id: "threshold", min: 50, max: 99, step: 1,
    "aria-describedby": "threshold-help", value: Math.round(100 * doubtBelow()) });
  slider.addEventListener("input", () => {
    setThreshold(slider.value / 100);
    told.textContent = `${slider.value}%`;
    const page = currentPage();
    drawSureness(page);
    place.list?.replaceWith(place.list = lineList(page));
  });
  const help = el("span", { id: "threshold-help", class: "for-readers" }, t("result.threshold.help"));
  const label = el("label", { for: "threshold", class: "small muted threshold-words", title: t("result.threshold.help") });
  return [el("span", { class: "push" }), label, slider, told, help];
}

export function nextDoubt() {
  const found = place.list && focusNextDoubt(place.list);
  found?.scrollIntoView({ block: "nearest" });
}

// Mark a line of the list; where it was chosen in the picture, bring it into view.
export function markLine(number, { chosen = false, from } = {}) {
  place.list?.querySelectorAll(".marked").forEach((row) => row.classList.remove("marked"));
  const row = number === null ? null : place.list?.children[number];
  row?.classList.add("marked");
  if (from !== "viewer" || !row) return;
  row.scrollIntoView({ block: "nearest" });
  if (chosen) row.querySelector("[tabindex='0']")?.focus();
}

function body(page) {
  const one = desk.current;
  if (!one) return [];
  if (page?.state === "done") return [page.lines.length ? lineList(page) : nothing()];
  const error = page?.error ?? one.error;
  if (error) return [fault(one, error)];
  if (one.state === "cancelled" || page?.state === "cancelled") return [stopped(one)];
  return [progress(one)];
}

function nothing() {
  return el("div", { class: "state" }, icon("image"), el("h3", {}, t("result.none")),
    el("p", { class: "muted" }, t("result.none.more")), button("options", t("result.options"), place.onOptions));
}

function fault(one, error) {
  return el("div", { class: "notice bad", role: "alert" }, icon("warning"),
    el("div", {}, el("h3", {}, error.title ?? t("state.failed")),
      el("p", { class: "more small" }, error.more ?? error.message),
      one.file && button("refresh", t("action.retry"), () => read([one]))));
}

// Over the text of a page that was read: how far the others are.
export function drawRest(page = currentPage()) {
  const one = desk.current;
  place.rest.hidden = !(page?.state === "done" && isBusy(one));
  if (place.rest.hidden) return;
  const told = t("state.reading.pages", { done: one.done, total: one.total });
  place.rest.replaceChildren(el("progress", { max: one.total, value: one.done, "aria-label": told }),
    el("span", { class: "small number" }, told), button("close", t("action.cancel"), () => cancel(one), { kind: "quiet" }));
}

function stopped(one) {
  return el("div", { class: "state" }, icon("close"), el("h3", {}, t("state.cancelled")),
    one.file && button("refresh", t("action.again"), () => read([one])));
}

function progress(one) {
  const told = one.total > 1 ? t("state.reading.pages", { done: one.done, total: one.total })
    : t(`state.${one.state === "waiting" ? "waiting" : "reading"}`);
  const shown = one.total > 1 ? el("progress", { max: one.total, value: one.done, "aria-label": told }) : el("span", { class: "spinner" });
  return el("div", { class: "state" }, shown, el("h3", {}, one.note || `${told}…`),
    isBusy(one) && button("close", t("action.cancel"), () => cancel(one)));
}

function consent() {
  const box = el("input", { type: "checkbox", id: "consent", "aria-describedby": "consent-help" });
  box.checked = agreed();
  box.addEventListener("change", () => setAgreed(box.checked));
  return el("label", { class: "check small" }, box,
    el("span", {}, t("result.consent"), " ", el("span", { class: "muted", id: "consent-help" }, t("result.consent.help"))));
}
