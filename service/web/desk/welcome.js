// The empty desk: how to bring files, a sample, and what was read last.

import { ask } from "../shared/api.js";
import { button, el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { tellFault } from "../shared/notices.js";
import { opener, openHistory, recent } from "./history.js";

const RECENT = 3;
const SAMPLE = "web/desk/sample.jpg";

export async function drawWelcome(root, intake, take, onOptions) {
  const sample = button("image", t("welcome.sample"), () => sampled(take).catch(tellFault), { kind: "quiet" });
  const zone = el("div", { class: "zone card" },
    el("div", { class: "zone-icon" }, icon("upload")),
    el("p", { class: "zone-title" }, t("welcome.drop")),
    el("div", { class: "bar" },
      button("folder", t("welcome.choose"), intake.choose, { kind: "main" }),
      button("camera", t("welcome.camera"), intake.photograph),
      button("paste", t("welcome.paste"), intake.paste)),
    el("p", { class: "small muted" }, t("welcome.kinds")),
    el("div", { class: "bar" }, sample, button("options", t("result.options"), onOptions, { kind: "quiet" })));
  const last = el("div", { class: "recent" });
  root.replaceChildren(
    el("h2", { class: "hero" }, t("welcome.title")), el("p", { class: "lead muted" }, t("welcome.lead")), zone, last);
  const entries = await recent(RECENT);
  if (!entries.length) return;
  const head = el("div", { class: "bar" }, el("h3", {}, t("welcome.recent")), el("span", { class: "push" }),
    button("history", t("history.title"), openHistory, { kind: "quiet" }));
  last.replaceChildren(head, el("ul", { class: "kept" }, ...entries.map((entry) => el("li", { class: "card" }, opener(entry)))));
}

async function sampled(take) {
  const blob = await (await ask(SAMPLE)).blob();
  take([new File([blob], "sample.jpg", { type: "image/jpeg" })]);
}
