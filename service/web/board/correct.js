// "That's wrong, it was ...": a correction, and whether the picture may be kept with it.

import { button, el } from "../shared/dom.js";
import { agreed, sendCorrection, setAgreed } from "../shared/feedback.js";
import { t } from "../shared/i18n.js";
import { tell, tellFault } from "../shared/notices.js";

// acts.correct(text) takes the corrected text; acts.reading() is what was read, acts.picture() the ink.
export function correctionForm(acts) {
  const reading = acts.reading();
  const input = el("input", { class: "input", id: "corrected", value: reading.text, required: true, maxlength: 200,
    autocomplete: "off" });
  const keep = el("input", { type: "checkbox", onchange: () => setAgreed(keep.checked) });
  keep.checked = agreed();
  const send = button("send", t("board.wrong.send"), () => {}, { kind: "main" });
  send.type = "submit";
  const form = el("form", { class: "correction", onsubmit: submit },
    el("div", { class: "field" }, el("label", { for: "corrected" }, t("board.wrong.label")), input),
    el("label", { class: "check small" }, keep, el("span", {}, t("board.wrong.keep"))),
    el("div", { class: "bar" }, send, button("close", t("common.cancel"), () => form.remove())));

  async function submit(event) {
    event.preventDefault();
    const corrected = input.value.trim();
    if (!corrected) return;
    send.disabled = true;
    try {
      const told = { source: "board", request_id: reading.request_id, model: reading.model, line: 0 };
      await sendCorrection({ ...told, text: reading.text, corrected }, acts.picture);
      tell(t("board.wrong.thanks"));
      form.remove();
      acts.correct(corrected);
    } catch (error) {
      tellFault(error);
      send.disabled = false;
    }
  }

  return form;
}
