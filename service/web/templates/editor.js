// The form for the zone that is chosen, and the list of all of them.

import { button, el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { TYPES } from "./words.js";

const KINDS = ["text", "checkbox", "comb", "column"];
const FLAGS = ["multiline", "required", "keeps_print"];

export function drawEditor(place, store) {
  const zone = store.zones[store.chosen];
  if (!zone) {
    place.replaceChildren(el("h2", {}, t("forms.zone")), el("p", { class: "muted small" }, t("forms.none")));
    return;
  }
  const set = (key, value) => store.set(key, value);
  const type = typeof zone.type === "object" ? JSON.stringify(zone.type) : zone.type ?? "";
  const parts = [
    text("name", zone.name, (value) => set("name", value)),
    el("div", { class: "pair" },
      select("kind", KINDS.map((kind) => [kind, t(`forms.kind.${kind}`)]), zone.kind, (value) => store.kind(value)),
      zone.kind === "checkbox" ? null : select("type", typeChoices(type), type, (value) => set("type", plainType(value)))),
  ];
  if (zone.kind === "comb") parts.push(number("cells", zone.cells ?? 8, (value) => set("cells", value)));
  if (zone.kind === "column") {
    const count = Array.isArray(zone.rows) ? zone.rows.length - 1 : zone.rows;
    parts.push(el("div", { class: "pair" }, number("rows", count, (value) => store.rows(value)),
      text("table", zone.table ?? "", (value) => set("table", value))));
  }
  if (zone.kind === "checkbox") {
    parts.push(el("div", { class: "pair" }, text("group", zone.group ?? "", (value) => set("group", value)),
      text("label", zone.label ?? "", (value) => set("label", value))));
  } else if (typeof zone.lexicon !== "object") {
    parts.push(text("lexicon", zone.lexicon ?? "", (value) => set("lexicon", value || null)));
  }
  for (const flag of FLAGS) {
    if (zone.kind === "checkbox" && flag !== "required") continue;
    parts.push(el("label", { class: "check" },
      el("input", { type: "checkbox", checked: Boolean(zone[flag]), onchange: (event) => set(flag, event.target.checked) }),
      el("span", {}, t(`forms.zone.${flag}`))));
  }
  const remove = button("trash", t("forms.zone.remove"), () => store.remove(), { kind: "danger" });
  place.replaceChildren(el("h2", {}, t("forms.zone")), ...parts, remove);
}

export function drawList(place, store) {
  const rows = store.zones.map((zone, at) => el("li", {},
    el("button", { type: "button", "aria-current": String(at === store.chosen), onclick: () => store.choose(at) },
      el("span", {}, zone.name), el("span", { class: "push" }, typeName(zone)))));
  const checks = el("textarea", { class: "input", rows: 3, spellcheck: "false",
    onchange: (event) => store.setChecks(event.target.value) });
  checks.value = store.checks;
  place.replaceChildren(el("h2", {}, t("forms.zones", { count: store.zones.length })),
    el("ul", { class: "zone-list" }, ...rows),
    el("label", { class: "field" }, el("span", {}, t("forms.checks")), checks));
}

function typeName(zone) {
  if (zone.kind !== "text") return t(`forms.kind.${zone.kind}`);
  return typeof zone.type === "object" && zone.type ? t("forms.typed") : zone.type ?? "";
}

function typeChoices(current) {
  const known = ["", ...TYPES];
  const all = known.includes(current) ? known : [...known, current];
  return all.map((type) => [type, type || t("forms.zone.free")]);
}

function plainType(value) {
  return value.startsWith("{") ? JSON.parse(value) : value || null;
}

function labelled(key, input) {
  return el("label", { class: "field" }, el("span", {}, t(`forms.zone.${key}`)), input);
}

function text(key, value, onset) {
  return labelled(key, el("input", { class: "input", name: key, value, maxlength: 60, autocomplete: "off",
    onchange: (event) => onset(event.target.value.trim()) }));
}

function number(key, value, onset) {
  return labelled(key, el("input", { class: "input", name: key, type: "number", min: 1, max: 200, value,
    onchange: (event) => onset(Math.max(1, Math.round(Number(event.target.value)) || 1)) }));
}

function select(key, choices, value, onset) {
  const made = el("select", { class: "input", name: key, onchange: (event) => onset(event.target.value) },
    ...choices.map(([id, words]) => el("option", { value: id, selected: id === value }, words)));
  return labelled(key, made);
}
