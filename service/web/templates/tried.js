// What a filled form says, field by field, with the writing beside it.

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

export function drawTried(place, answer) {
  place.hidden = !answer;
  if (!answer) return;
  const asked = answer.fields.filter((field) => field.needs_review).length + (answer.reasons.length ? 1 : 0);
  const head = el("span", { class: asked ? "badge warn" : "badge good" },
    asked ? t("forms.review", { count: asked }) : t("forms.clear"));
  const titles = ["field", "value", "sureness"].map((name) => el("th", { scope: "col" }, t(`forms.${name}`)));
  const rows = answer.fields.flatMap((field) => (field.rows ?? [field]).filter((one) => one.text || !field.rows).map(row));
  const checks = answer.checks.map((check) => el("p", { class: "small" },
    t("forms.check", { kind: check.kind, state: t(`forms.state.${check.state}`) }), check.detail ? ` · ${check.detail}` : ""));
  place.replaceChildren(el("h2", {}, t("forms.tried")), el("p", {}, head),
    ...answer.reasons.map((reason) => el("p", { class: "why" }, reason)),
    el("table", { class: "values" }, el("thead", {}, el("tr", {}, ...titles)), el("tbody", {}, ...rows)), ...checks);
}

function row(field) {
  const value = el("td", {}, field.valid || field.status === "empty" ? shown(field.value) : el("em", {}, field.read));
  if (field.status !== "read" && field.status !== "empty") value.append(el("span", { class: "badge warn" }, t(`forms.status.${field.status}`)));
  if (field.crop_base64) value.append(el("img", { src: `data:image/png;base64,${field.crop_base64}`, alt: field.raw_text }));
  for (const reason of field.reasons) value.append(el("p", { class: "why" }, reason));
  return el("tr", { class: field.needs_review ? "review" : "" },
    el("th", { scope: "row" }, field.name), value, el("td", { class: "number" }, `${Math.round(100 * field.confidence)} %`));
}

function shown(value) {
  if (value === true) return t("forms.yes");
  if (value === false) return t("forms.no");
  if (value === null) return t("forms.empty");
  return Array.isArray(value) ? value.join(", ") : String(value);
}
