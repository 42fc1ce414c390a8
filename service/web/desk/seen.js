// What the recogniser sees: each line's strip, as POST /v1/view gives it, over its text.

import { askJson } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { changed, currentPage } from "./documents.js";
import { mode } from "./options.js";

// Fill `place` with the strips of the current page.
export async function showSeen(place) {
  const page = currentPage();
  place.replaceChildren(el("div", { class: "bar" }, el("span", { class: "spinner" })));
  try {
    const told = await ask(page);
    if (page !== currentPage()) return;
    const strips = told.lines.map((line) => strip(line, page));
    const heading = el("p", { class: "muted small" }, t("seen.why"), " ", el("code", {}, told.preprocessing));
    place.replaceChildren(heading, ...strips);
  } catch (error) {
    place.replaceChildren(el("div", { class: "notice bad" }, `${error.title ?? ""} ${error.more ?? error.message}`));
  }
}

async function ask(page) {
  const body = new FormData();
  body.append("file", page.picture, "page.png");
  body.append("mode", mode());
  return askJson("v1/view", { method: "POST", body });
}

function strip(line, page) {
  const number = page.lines.findIndex((one) => String(one.read.box) === String(line.box));
  const words = page.lines[number]?.text ?? "";
  const image = el("img", { src: `data:image/png;base64,${line.image_base64}`, alt: words,
    width: line.width, height: line.height });
  const turned = line.turns ? t("seen.turned", { degrees: 90 * line.turns }) : "";
  return el("figure", {
    onpointerenter: () => changed("mark", { number, from: "viewer" }),
    onpointerleave: () => changed("mark", { number: null, from: "viewer" }),
  }, image, el("figcaption", { class: "small muted" }, `${words} ${turned}`.trim()));
}
