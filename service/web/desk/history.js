// What was read in this browser before: kept here only, to be opened again or cleared.

import { ask } from "../shared/api.js";
import { button, el, icon } from "../shared/dom.js";
import { language, t } from "../shared/i18n.js";
import { forget, forgetAll, keep, kept } from "../shared/kept.js";
import { add, desk, lineCount, newPage, show } from "./documents.js";
import { thumbnailBlob, thumbnailOf } from "./thumbnails.js";

const OFF = "crnn-ocr.no-history";
const LARGEST = 8_000_000; // bytes of a picture that is kept; of a larger one only the text is

const isOn = () => localStorage.getItem(OFF) === null;

// Write a document down, or write it down anew: it was read, or corrected.
export async function remember(one) {
  if (!isOn() || !one.pages.some((page) => page.state === "done")) return;
  const { id, when, name, kind, job, total } = one;
  const picture = kind === "image" && one.file?.size <= LARGEST ? one.file : null;
  const thumb = one.thumb ?? (await thumbnailBlob(one));
  const pages = one.pages.map((page) => ({ ...page, picture: null, error: null, lines: page.lines.map(plain) }));
  await keep("desk", { id, when, name, kind, job, total, picture, thumb, pages }).catch(() => {}); // a private window keeps nothing
}

const plain = ({ read, text, chars, feedback }) => ({ read, text, chars, feedback });

// Put a kept document back on the desk.
function reopen(entry) {
  const there = desk.documents.find((one) => one.id === entry.id);
  if (there) return show(there);
  const { picture, ...rest } = entry;
  const pages = entry.pages.map((page) => newPage(page.number, page));
  if (picture) pages[0].picture = picture;
  const one = { ...rest, file: picture, pages, state: "done", error: null, done: entry.total };
  add([one]);
  return show(one);
}

export async function openHistory() {
  const list = el("ul", { class: "kept" });
  const clear = el("button", { type: "button", class: "button danger", onclick: () => {
    if (confirm(t("history.clear.sure"))) clearAll().then(fill);
  } }, t("history.clear"));
  const on = el("input", { type: "checkbox" });
  on.checked = isOn();
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes")));
  const dialog = el("dialog", { class: "history", "aria-labelledby": "history-title" },
    el("div", { class: "bar" }, el("h2", { id: "history-title" }, t("history.title")), el("span", { class: "push" }),
      button("close", t("common.close"), () => dialog.close(), { shown: false, kind: "quiet" })),
    el("p", { class: "muted small" }, t("history.why")), list,
    el("div", { class: "bar" }, el("label", { class: "check" }, on, el("span", {}, t("history.keep"))),
      el("span", { class: "push" }), clear));
  const fill = async () => {
    const entries = await kept("desk").catch(() => []);
    clear.disabled = !entries.length;
    const rows = entries.map((entry) => row(entry, () => dialog.close(), fill));
    list.replaceChildren(...(rows.length ? rows : [el("li", { class: "muted" }, t("history.empty"))]));
  };
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  await fill();
  dialog.showModal();
}

export const recent = async (count) => (await kept("desk").catch(() => [])).slice(0, count);

// A button that opens a kept document again.
export function opener(entry, close = () => {}) {
  const thumb = el("span", { class: "thumb" }, icon(entry.kind === "image" ? "image" : "file"));
  thumbnailOf(entry).then((found) => found && thumb.replaceChildren(found));
  const when = new Date(entry.when).toLocaleString(language() === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" });
  return el("button", { type: "button", class: "open", onclick: () => { close(); reopen(entry); } }, thumb,
    el("span", { class: "about" }, el("span", { class: "name" }, entry.name),
      el("span", { class: "small muted" }, `${when} · ${t("rail.lines", { count: lineCount(entry) })}`)));
}

function row(entry, close, redraw) {
  const gone = button("trash", t("history.remove", { name: entry.name }), () => drop(entry).then(redraw), { shown: false, kind: "quiet" });
  return el("li", {}, opener(entry, close), gone);
}

async function drop(entry) {
  await forget("desk", entry.id);
  forgetJob(entry);
}

async function clearAll() {
  const entries = await kept("desk");
  await forgetAll("desk");
  entries.forEach(forgetJob);
}

// The server's copy of a document goes too; it would within a day by itself.
function forgetJob(entry) {
  if (entry.job) ask(`v1/jobs/${entry.job}`, { method: "DELETE" }).catch(() => {});
}
