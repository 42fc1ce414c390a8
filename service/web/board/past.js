// Drawings of before: kept in this browser, put back on the board, or cleared.

import { button, el, svg } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { forgetAll, keep, kept } from "../shared/kept.js";
import { bounds, path } from "./ink.js";

const STORE = "board";
const MARGIN = 6;

// place: the list; empty: what stands there while it is empty; recall(entry) puts one back.
export class Past {
  #place; #empty; #recall; #entries = []; #button;

  constructor(place, empty, buttonPlace, recall) {
    [this.#place, this.#empty, this.#recall, this.#button] = [place, empty, recall, buttonPlace];
    this.#load();
  }

  // Keep a drawing as it is now, in place of the same one as it was.
  async put(entry) {
    this.#entries = [entry, ...this.#entries.filter(({ id }) => id !== entry.id)].slice(0, 40);
    this.show();
    await keep(STORE, entry).catch(() => {}); // a private window keeps nothing, and works all the same
  }

  show() {
    this.#empty.hidden = this.#entries.length > 0;
    this.#place.replaceChildren(...this.#entries.map((entry) => this.#row(entry)));
    const clear = button("trash", t("board.forget"), () => this.#forget(), { kind: "quiet" });
    this.#button.replaceChildren(...(this.#entries.length ? [clear] : []));
  }

  #row(entry) {
    const told = t("board.recall", { text: entry.text || t("board.blank") });
    return el("li", {}, el("button", { type: "button", class: "drawing", "aria-label": told, title: told,
      onclick: () => this.#recall(entry) },
    thumbnail(entry.strokes), el("span", { class: "text" }, entry.text || t("board.blank"))));
  }

  async #load() {
    this.#entries = await kept(STORE).catch(() => []);
    this.show();
  }

  async #forget() {
    await forgetAll(STORE).catch(() => {}); // nothing is shown as gone that a reload would bring back
    this.#entries = [];
    this.show();
  }
}

function thumbnail(strokes) {
  const [left, top, right, bottom] = bounds(strokes);
  const box = [left - MARGIN, top - MARGIN, right - left + 2 * MARGIN, bottom - top + 2 * MARGIN];
  const found = svg("svg", { viewBox: box.join(" "), "aria-hidden": "true" });
  const width = Math.max(3, Math.max(box[2] / 90, box[3] / 44) * 2.4);
  found.append(svg("path", { d: path(strokes), "stroke-width": width }));
  return found;
}
