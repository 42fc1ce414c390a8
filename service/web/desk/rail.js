// The documents on the desk, each with its picture, how far it is and a way off the desk.

import { button, el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { desk, lineCount, remove, show } from "./documents.js";
import { cancel, isBusy } from "./reading.js";
import { thumbnailOf } from "./thumbnails.js";

const place = {};

export function mountRail(root, { choose, openHistory }) {
  Object.assign(place, { root, choose, openHistory });
  place.list = el("ul", { class: "documents" });
  place.tools = el("div", { class: "rail-tools" });
  root.append(place.tools, place.list);
}

export function drawRail() {
  place.root.setAttribute("aria-label", t("rail.label"));
  place.tools.replaceChildren(
    button("upload", t("rail.add"), place.choose, { kind: "main" }),
    button("history", t("history.title"), place.openHistory, { shown: false }));
  const known = new Map([...place.list.children].map((item) => [item.dataset.id, item]));
  place.list.replaceChildren(...desk.documents.map((one) => item(one, known.get(one.id))));
}

// A document's row; that of before is kept and only told anew, so that focus and picture stay.
function item(one, before) {
  const row = before ?? made(one);
  const current = one === desk.current;
  row.classList.toggle("current", current);
  row.querySelector(".open").setAttribute("aria-current", current);
  row.querySelector(".far").replaceChildren(...far(one));
  row.querySelector(".off").setAttribute("aria-label", t("rail.close", { name: one.name }));
  return row;
}

function made(one) {
  const picture = el("span", { class: "thumb" }, icon(one.kind === "image" ? "image" : "file"));
  thumbnailOf(one).then((found) => found && picture.replaceChildren(found));
  const off = button("close", "", () => {
    if (isBusy(one)) cancel(one);
    remove(one);
  }, { shown: false, kind: "quiet off" });
  return el("li", { "data-id": one.id },
    el("button", { type: "button", class: "open", onclick: () => show(one) }, picture,
      el("span", { class: "about" }, el("span", { class: "name" }, one.name), el("span", { class: "far small muted" }))),
    off);
}

function far(one) {
  if (one.state === "failed") return [el("span", { class: "badge bad" }, t("state.failed"))];
  if (one.state === "cancelled") return [t("state.cancelled")];
  if (one.state === "done") {
    const lines = t("rail.lines", { count: lineCount(one) });
    return [one.pages.length > 1 ? `${t("rail.pages", { count: one.pages.length })} · ${lines}` : lines];
  }
  if (one.note) return [one.note];
  if (one.state === "reading" && one.total > 1) {
    const told = t("state.reading.pages", { done: one.done, total: one.total });
    return [el("progress", { max: one.total, value: one.done, "aria-label": told })];
  }
  return [t(`state.${one.state}`)];
}
