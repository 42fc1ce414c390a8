// What a person must look at in forms that were read: one doubtful field after another, by keyboard.

import { button, el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

// The fields to look at, in the order of the forms; a form with writing outside its zones too.
export function doubtsOf(items) {
  return items.flatMap((item) => {
    const { form } = item;
    if (!form) return [];
    const fields = form.fields.flatMap((field) => (field.rows ?? [field])
      .filter((part) => part.needs_review || (field.needs_review && !field.rows))
      .map((part) => ({ item, field, part })));
    return form.reasons.length ? [{ item, field: null, part: null }, ...fields] : fields;
  });
}

// A person says what a field is; the form is done once nothing of it is in doubt.
export function accept({ item, field, part }, value) {
  const { form } = item;
  if (!part) form.reasons = [];
  else {
    const isEmpty = value === null || value === "";
    Object.assign(part, { value: isEmpty ? null : value, status: isEmpty ? "empty" : "read", valid: !isEmpty,
      needs_review: false, reasons: [], proposal: null, confidence: 1 });
    if (field.rows) {
      field.value = field.rows.map((row) => row.value);
      field.needs_review = field.rows.some((row) => row.needs_review);
      if (!field.needs_review) field.reasons = [];
    }
  }
  form.needs_review = form.reasons.length > 0 || form.fields.some((one) => one.needs_review);
}

// The field that is looked at, and where in the list it stands. `done` is told of what was accepted.
export function drawReview(place, doubts, at, { go, done }) {
  place.hidden = false;
  if (!doubts.length) {
    place.replaceChildren(el("p", { class: "badge good", role: "status" }, t("forms.batch.clear")));
    return;
  }
  const one = doubts[at];
  const take = (value) => { accept(one, value); done(); };
  const input = one.part ? inputOf(one.part) : null;
  const proposal = one.part?.proposal;
  const keys = (event) => {
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Enter" && event.altKey && proposal) take(plain(proposal));
    else return;
    event.preventDefault();
  };
  const submit = (event) => { event.preventDefault(); take(input ? valueOf(input) : null); };
  const name = one.part ? one.part.name : t("forms.batch.outside");
  const reasons = one.part ? one.part.reasons : one.item.form.reasons;
  place.replaceChildren(el("form", { class: "review-one", onkeydown: keys, onsubmit: submit },
    el("p", { class: "muted small" }, t("forms.batch.at", { at: at + 1, count: doubts.length, file: one.item.name })),
    el("h3", {}, name, one.part ? el("span", { class: "badge warn" }, t(`forms.status.${one.part.status}`)) : null),
    one.part?.crop_base64
      ? el("img", { src: `data:image/png;base64,${one.part.crop_base64}`, alt: one.part.read }) : null,
    one.part ? el("p", {}, `${t("forms.batch.read")} `, el("output", {}, one.part.read || t("forms.empty"))) : null,
    ...reasons.map((reason) => el("p", { class: "why" }, reason)),
    input ? el("label", { class: "field" }, el("span", {}, t("forms.value")), input) : null,
    el("div", { class: "row" },
      el("button", { class: "button main" }, t(input ? "forms.batch.accept" : "forms.batch.seen")),
      proposal ? el("button", { type: "button", class: "button", onclick: () => take(plain(proposal)) },
        t("forms.batch.propose", { text: proposal.text })) : null,
      button("right", t("forms.batch.next"), () => go(at + 1), { kind: "quiet" })),
    el("p", { class: "muted small" }, t("forms.batch.keys"))));
  (input ?? place.querySelector("button")).focus();
  input?.select?.();
}

const plain = ({ value, text }) => (value !== null && typeof value === "object" ? text : value ?? text);

function inputOf(part) {
  if (part.kind === "checkbox") return el("input", { type: "checkbox", checked: part.value === true });
  const said = part.valid && part.value !== null ? part.value : part.read;
  return el("input", { class: "input", name: "value", autocomplete: "off", value: Array.isArray(said) ? said.join(", ") : String(said) });
}

const valueOf = (input) => (input.type === "checkbox" ? input.checked : input.value.trim());
