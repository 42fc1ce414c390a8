// The template page: a blank is uploaded, its zones are looked over, a filled form is tried, all is kept.

import { ask, askJson } from "../shared/api.js";
import { button, el, find } from "../shared/dom.js";
import { mountHeader } from "../shared/header.js";
import { addWords, onLanguage, t } from "../shared/i18n.js";
import { tell, tellFault } from "../shared/notices.js";
import { isUnsaved, readBatch } from "./batch.js";
import { drawEditor, drawList } from "./editor.js";
import { Sheet } from "./sheet.js";
import { Store } from "./store.js";
import { drawTried } from "./tried.js";
import { WORDS } from "./words.js";

addWords(WORDS);

const store = new Store(draw);
const sheet = new Sheet(store);
let known = [];
let answer = null;
let busy = "";

function draw() {
  const undo = find("#undo");
  if (undo) undo.disabled = !store.past.length;
  sheet.draw();
  drawEditor(find("#editor"), store);
  drawList(find("#list"), store);
}

function drawAll() {
  drawTools();
  drawSheet();
  draw();
  drawTried(find("#tried"), answer);
}

function drawTools() {
  const kept = el("select", { class: "input", id: "known", "aria-label": t("forms.known"),
    onchange: (event) => guarded(() => open(event.target.value)) },
    el("option", { value: "" }, t("forms.new")),
    ...known.map((name) => el("option", { value: name, selected: name === store.name && !store.blank }, name)));
  const name = el("input", { class: "input", id: "name", value: store.name, maxlength: 60, "aria-label": t("forms.name"),
    placeholder: t("forms.name"), onchange: (event) => { store.name = event.target.value.trim(); } });
  const ready = store.picture !== "";
  const parts = [
    kept,
    chooser("upload", t("forms.blank"), "blank", "image/*", (file) => propose(file), ready ? "" : "main"),
    name,
    button("check", t("forms.save"), () => guarded(save), { kind: ready ? "main" : "" }),
    undoButton(),
    chooser("eye", t("forms.try"), "filled", "image/*,application/pdf", (file) => tryOut(file)),
    ...["scans", "folder"].map((id) => chooser(id === "folder" ? "folder" : "copy", t(`forms.${id}`), id, "image/*,application/pdf", readAll, "", id)),
    button("trash", t("forms.delete"), () => guarded(forget), { shown: false, kind: "quiet danger push" }),
  ];
  for (const part of parts.slice(3)) if ("disabled" in part) part.disabled ||= !ready || Boolean(busy);
  for (const part of parts.slice(5)) for (const inner of part.querySelectorAll?.("button") ?? []) inner.disabled = !ready || Boolean(busy);
  const state = busy ? [el("span", { class: "spinner" }), el("span", { class: "muted" }, t(busy))] : [];
  find("#tools").replaceChildren(...parts, ...state);
}

function undoButton() {
  const made = button("undo", t("forms.undo"), () => store.undo(), { kind: "quiet" });
  made.id = "undo";
  made.disabled = !store.past.length;
  return made;
}

// A button that lets a person choose a file; several, or all of a folder, where `many` says so.
function chooser(picture, label, id, accept, onfile, kind = "", many = "") {
  const input = el("input", { type: "file", id, accept, hidden: true, multiple: many !== "", webkitdirectory: many === "folder",
    onchange: (event) => {
      const files = [...event.target.files];
      event.target.value = "";
      if (files.length) guarded(() => onfile(many ? files : files[0]));
    } });
  const shown = button(picture, label, () => input.click(), { kind });
  return el("span", {}, input, shown);
}

function drawSheet() {
  const place = find("#sheet");
  if (!store.picture) {
    place.replaceChildren(el("p", { class: "notice" }, t("forms.start")));
    return;
  }
  place.replaceChildren(el("div", { class: "paper" }, el("img", { src: store.picture, alt: "" }), sheet.layer));
}

async function guarded(work) {
  try {
    await work();
  } catch (error) {
    tellFault(error);
  } finally {
    busy = "";
    drawAll();
  }
}

function wait(words) {
  busy = words;
  find("#spoken").textContent = t(words);
  drawTools();
}

function form(parts) {
  const body = new FormData();
  for (const [name, value] of Object.entries(parts)) body.append(name, value);
  return { method: "POST", body };
}

// Whether what was changed may be given up; a person is asked only where there is something to lose.
const mayLeave = () => (store.isKept || window.confirm(t("forms.leave")));

async function propose(file) {
  if (!mayLeave()) return;
  wait("forms.looking");
  const told = await askJson("v1/templates/propose", form({ blank: file }));
  const name = store.blank || !known.includes(store.name) ? store.name : "";
  store.reset();
  store.name = name;
  store.blank = file;
  store.isKept = false;
  show(file);
  answer = null;
  store.load(told);
  if (told.filled.length) tell(t("forms.filled", { texts: told.filled.slice(0, 5).join(", ") }), { bad: true });
  else tell(t("forms.found", { count: told.zones.length }));
}

function show(blob) {
  if (store.picture) URL.revokeObjectURL(store.picture);
  store.picture = URL.createObjectURL(blob);
}

async function open(name) {
  if (!mayLeave()) return;
  answer = null;
  store.reset();
  if (!name) return;
  const path = `v1/templates/${encodeURIComponent(name)}`;
  const [told, picture] = await Promise.all([askJson(path), ask(`${path}/blank`).then((found) => found.blob())]);
  store.name = name;
  show(picture);
  store.load(told);
}

// The name under which to save: asked for where there is none, and where another template has it.
async function named() {
  await list();
  let name = store.name;
  while (!name || (store.blank && known.includes(name) && !window.confirm(t("forms.overwrite", { name })))) {
    const suggested = name || store.blank?.name.replace(/\.[^.]*$/, "") || "";
    name = window.prompt(t("forms.ask"), plainName(suggested));
    if (name === null) return "";
    name = plainName(name);
  }
  return name;
}

const plainName = (text) => text.trim().replace(/[^\p{L}\p{N}_.-]+/gu, "_").slice(0, 60);

// Whether it was saved: a person who is asked for a name may think again.
async function save() {
  const name = await named();
  if (!name) return false;
  store.name = name;
  const told = { zones: JSON.stringify(store.zones), checks: JSON.stringify(checks()) };
  const path = `v1/templates/${encodeURIComponent(store.name)}`;
  if (store.blank) await askJson(path, { ...form({ blank: store.blank, ...told }), method: "PUT" });
  else {
    const body = JSON.stringify({ zones: store.zones, checks: checks() });
    await askJson(path, { method: "PUT", body, headers: { "Content-Type": "application/json" } });
  }
  store.blank = null;
  store.isKept = true;
  await list();
  tell(t("forms.saved", { name: store.name }));
  return true;
}

function checks() {
  try {
    return store.told();
  } catch (row) {
    throw new Error(t("forms.badcheck", { row }));
  }
}

// What is read is read with the zones that are seen: they are saved first, where they were changed.
const isSaved = async () => (store.isKept && known.includes(store.name)) || save();

async function readAll(files) {
  if (isUnsaved() && !window.confirm(t("forms.leave"))) return;
  if (!(await isSaved())) return;
  wait("forms.reading");
  await readBatch(store.name, files);
}

async function tryOut(file) {
  if (!(await isSaved())) return;
  wait("forms.reading");
  answer = await askJson(`v1/forms/${encodeURIComponent(store.name)}/read`, form({ file, crops: "true" }));
}

async function forget() {
  const { name } = store;
  if (!known.includes(name) || !window.confirm(t("forms.sure", { name }))) return;
  await ask(`v1/templates/${encodeURIComponent(name)}`, { method: "DELETE" });
  await list();
  store.isKept = true;
  await open("");
  tell(t("forms.gone", { name }));
}

async function list() {
  known = (await askJson("v1/templates")).templates.map((one) => one.name);
}

addEventListener("beforeunload", (event) => {
  if (!store.isKept || isUnsaved()) event.preventDefault();
});
addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.("input, textarea, select");
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !isTyping) {
    event.preventDefault();
    store.undo();
  }
});
mountHeader(find("header.site"), "templates");
onLanguage(drawAll);
drawAll();
guarded(list);
