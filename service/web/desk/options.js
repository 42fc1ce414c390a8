// How documents are to be read: kept on this device, chosen in a dialog, sent with each request.

import { askJson } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const KEPT = "crnn-ocr.options";
const OWN = "\n"; // no lexicon can be called so
const CHOICES = {
  mode: ["auto", "line", "page"],
  decode: ["greedy", "auto", "beam", "lm", "lexicon", "grammar"],
  effort: ["quick", "thorough"],
  width: ["as_read", "half", "full"],
};
export const FIELD_TYPES = [
  "digits", "decimal", "amount", "percentage", "capital_amount", "date", "time", "datetime",
  "phone", "email", "id_card", "uscc", "bank_card", "plate", "arithmetic",
];
const DEFAULTS = {
  mode: "auto", decode: "greedy", effort: "quick", width: "as_read", lexicon: OWN, entries: "", prefer: false,
  grammar: "date", expression: "", template: "",
};
const ANY = "\n any"; // no template can be called so

let chosen = { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };

export const mode = () => chosen.mode;

// Where documents are read as forms: the address that reads them; null where they are not.
export function formAddress() {
  if (!chosen.template) return null;
  return chosen.template === ANY ? "v1/forms/read" : `v1/forms/${encodeURIComponent(chosen.template)}/read`;
}

// The choices as the service takes them: only what differs from its defaults.
export function wishes() {
  const found = { mode: chosen.mode };
  if (chosen.width !== "as_read") found.width = chosen.width;
  if (chosen.effort !== "quick") found.effort = chosen.effort;
  if (chosen.decode !== "greedy") found.decode = chosen.decode;
  if (chosen.decode === "lexicon") {
    found.lexicon = chosen.lexicon === OWN ? entriesOf(chosen.entries) : chosen.lexicon;
    if (chosen.prefer) found.lexicon_mode = "prefer";
  }
  if (chosen.decode === "grammar") {
    found.grammar = chosen.grammar === "regex" ? { regex: chosen.expression } : chosen.grammar;
  }
  return found;
}

const entriesOf = (text) => text.split("\n").map((row) => row.trim()).filter(Boolean);

// A request body with a file and the choices.
export function formOf(file) {
  const body = new FormData();
  body.append("file", file, file.name || "image.png");
  body.append("detail", "chars");
  for (const [name, value] of Object.entries(wishes())) {
    if (Array.isArray(value)) body.append(name, `${value.join("\n")}\n`);
    else body.append(name, typeof value === "object" ? JSON.stringify(value) : value);
  }
  return body;
}

// Open the dialog; `again` is called where the person wants documents read anew.
export async function chooseOptions(again) {
  const names = await askJson("v1/lexicons").then((told) => told.lexicons.map((one) => one.name), () => []);
  const kept = await askJson("v1/templates").then((told) => told.templates.map((one) => one.name), () => []);
  const fields = controls(names, kept);
  const parts = layout(fields);
  const dialog = el("dialog", { "aria-labelledby": "options-title", class: "options" },
    el("form", { method: "dialog" },
      el("h2", { id: "options-title" }, t("options.title")),
      ...parts.all,
      el("div", { class: "actions" },
        el("button", { type: "button", class: "button quiet", onclick: () => dialog.close("reset") }, t("options.reset")),
        el("button", { type: "button", class: "button push", onclick: () => dialog.close() }, t("common.cancel")),
        el("button", { class: "button main", value: again ? "again" : "save" },
          t(again ? "options.apply.again" : "options.apply")),
        again && el("button", { class: "button", value: "save" }, t("options.apply")))));
  fields.decode.addEventListener("change", parts.fit);
  fields.lexicon.addEventListener("change", parts.fit);
  fields.grammar.addEventListener("change", parts.fit);
  fields.template.addEventListener("change", parts.fit);
  parts.fit();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue) save(dialog.returnValue === "reset" ? DEFAULTS : valuesOf(fields));
    if (dialog.returnValue === "again") again();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function save(values) {
  chosen = { ...values };
  localStorage.setItem(KEPT, JSON.stringify(chosen));
}

function controls(names, kept) {
  const select = (name, options) => el("select", { class: "input", id: `option-${name}` },
    ...options.map(([value, words]) => el("option", { value, selected: value === chosen[name] }, words)));
  const told = (name) => CHOICES[name].map((value) => [value, t(`options.${name}.${value}`)]);
  const prefer = el("input", { type: "checkbox", id: "option-prefer" });
  prefer.checked = chosen.prefer;
  const entries = el("textarea", { class: "input", id: "option-entries", rows: 4, required: true });
  entries.value = chosen.entries;
  const types = FIELD_TYPES.map((name) => [name, t(`field.${name}`)]);
  return {
    template: select("template", [["", t("options.template.none")], ...(kept.length ? [[ANY, t("options.template.any")]] : []),
      ...kept.map((name) => [name, name])]),
    mode: select("mode", told("mode")),
    decode: select("decode", told("decode")),
    effort: select("effort", told("effort")),
    width: select("width", told("width")),
    lexicon: select("lexicon", [...names.map((name) => [name, name]), [OWN, t("options.lexicon.own")]]),
    entries,
    prefer,
    grammar: select("grammar", [...types, ["regex", t("options.grammar.regex")]]),
    expression: el("input", { class: "input", id: "option-expression", value: chosen.expression, required: true }),
  };
}

// The fields with their labels, and `fit`, which shows those that matter for the chosen decoding.
function layout(fields) {
  const row = (name, words = `options.${name}`) =>
    el("div", { class: "field" }, el("label", { for: `option-${name}` }, t(words)), fields[name]);
  const rows = Object.fromEntries(Object.keys(fields).map((name) => [name, row(name)]));
  rows.prefer = el("label", { class: "check" }, fields.prefer, el("span", {}, t("options.prefer")));
  const when = (name, shown) => {
    rows[name].hidden = !shown;
    fields[name].disabled = !shown;
  };
  const fit = () => {
    const isForm = fields.template.value !== "";
    for (const name of ["mode", "decode", "width"]) when(name, !isForm);
    const way = isForm ? "" : fields.decode.value;
    when("lexicon", way === "lexicon");
    when("entries", way === "lexicon" && fields.lexicon.value === OWN);
    when("prefer", way === "lexicon");
    when("grammar", way === "grammar");
    when("expression", way === "grammar" && fields.grammar.value === "regex");
  };
  return { all: Object.values(rows), fit };
}

function valuesOf(fields) {
  const values = Object.entries(fields).map(([name, field]) => [name, field.value]);
  return { ...Object.fromEntries(values), prefer: fields.prefer.checked };
}
