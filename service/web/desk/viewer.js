// The page's picture: zoomed, moved, with a box for every line.

import { button, el, svg } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { changed, currentPage, desk } from "./documents.js";
import { pictureOf } from "./following.js";
import { openGestures } from "./gestures.js";
import { showSeen } from "./seen.js";

const MARGIN = 18;
const MOST = 16;

const view = { scale: 1, x: 0, y: 0, fitted: true, seen: false };
const place = {};
let shown = null;

// Build the viewer in `root`; `pager` stands in its bar.
export function mountViewer(root, pager) {
  place.image = el("img", { alt: "", draggable: "false" });
  place.boxes = svg("svg", { class: "boxes", "aria-hidden": "true" });
  place.layer = el("div", { class: "layer" }, place.image, place.boxes);
  place.stage = el("div", { class: "stage", tabindex: "0", role: "application" }, place.layer);
  place.seen = el("div", { class: "seen", tabindex: "0", role: "region", hidden: true });
  place.said = el("p", { class: "said muted", hidden: true });
  place.bar = el("div", { class: "bar viewer-bar" });
  place.pager = pager;
  root.append(place.bar, el("div", { class: "frame" }, place.stage, place.seen, place.said));
  place.image.addEventListener("load", pictured);
  place.image.addEventListener("error", () => currentPage()?.state !== "failed" && say(t("viewer.unshown")));
  new ResizeObserver(() => view.fitted && fit()).observe(place.stage);
  openGestures(place.stage, { zoomAt, move });
  drawBar(root);
}

export function drawBar(root) {
  root.setAttribute("aria-label", t("viewer.label"));
  place.stage.setAttribute("aria-label", t("viewer.help"));
  place.seen.setAttribute("aria-label", t("viewer.seen"));
  const quiet = { shown: false, kind: "quiet" };
  const seen = button("eye", t("viewer.seen"), toggleSeen, { kind: "quiet" });
  seen.setAttribute("aria-pressed", view.seen);
  place.bar.replaceChildren(
    seen, place.pager, el("span", { class: "push" }),
    button("zoom-out", t("viewer.out"), () => zoom(1 / 1.4), quiet),
    button("zoom-in", t("viewer.in"), () => zoom(1.4), quiet),
    button("fit", t("viewer.fit"), fit, quiet));
}

// Show the current page; its picture is fetched where the desk has none yet.
export async function showPage() {
  const page = currentPage();
  drawBoxes(page);
  if (page?.picture && page === shown) {
    if (page.state === "failed") say("");
    return;
  }
  shown = page;
  say("");
  view.fitted = true;
  URL.revokeObjectURL(place.image.src);
  place.image.removeAttribute("src");
  place.layer.hidden = true;
  if (!page) return;
  if (view.seen) toggleSeen();
  place.said.replaceChildren(el("span", { class: "spinner" }));
  place.said.hidden = Boolean(page.picture);
  const picture = await pictureOf(desk.current, page).catch(() => null);
  if (page !== currentPage()) return;
  say("");
  if (picture) place.image.src = URL.createObjectURL(picture);
  else if (page.state === "done") say(t("viewer.no-picture"));
}

function pictured() {
  const page = currentPage();
  if (!page) return;
  page.width = place.image.naturalWidth;
  page.height = place.image.naturalHeight;
  place.layer.hidden = false;
  drawBoxes(page);
  fit();
}

function say(text) {
  place.said.textContent = text;
  place.said.hidden = !text;
}

function drawBoxes(page) {
  place.boxes.replaceChildren();
  if (!page?.width) return;
  place.boxes.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
  page.lines.forEach((line, number) => {
    const box = boxOf(line.read.box, "line-box");
    box.addEventListener("pointerenter", () => changed("mark", { number, from: "viewer" }));
    box.addEventListener("pointerleave", () => changed("mark", { number: null, from: "viewer" }));
    box.addEventListener("click", () => changed("mark", { number, from: "viewer", chosen: true }));
    place.boxes.append(box);
  });
}

function boxOf([left, top, right, bottom], name) {
  return svg("rect", { x: left, y: top, width: right - left, height: bottom - top, class: name });
}

// Mark the box of a line and, in it, the columns of a character; null marks none.
export function markBox(number, span = null) {
  const boxes = place.boxes.querySelectorAll(".line-box");
  boxes.forEach((box, at) => box.classList.toggle("marked", at === number));
  place.boxes.querySelector(".char-box")?.remove();
  const line = currentPage()?.lines[number];
  if (!line || !span) return;
  const [, top, , bottom] = line.read.box;
  place.boxes.append(boxOf([span.start, top, span.end, bottom], "char-box"));
}

// Bring a line into view where it is not.
export function reveal(number) {
  const box = currentPage()?.lines[number]?.read.box;
  if (!box || place.layer.hidden) return;
  const { clientWidth: width, clientHeight: height } = place.stage;
  const [left, top, right, bottom] = box.map((at, side) => at * view.scale + (side % 2 ? view.y : view.x));
  if (top < 0 || bottom > height) view.y += height / 2 - (top + bottom) / 2;
  if (right < 0 || left > width) view.x += width / 2 - (left + right) / 2;
  apply();
}

export function fit() {
  const { naturalWidth, naturalHeight } = place.image;
  const { clientWidth, clientHeight } = place.stage;
  if (!naturalWidth || !clientWidth) return;
  const room = [clientWidth - 2 * MARGIN, clientHeight - 2 * MARGIN];
  view.scale = Math.min(room[0] / naturalWidth, room[1] / naturalHeight, 3);
  view.x = (clientWidth - naturalWidth * view.scale) / 2;
  view.y = (clientHeight - naturalHeight * view.scale) / 2;
  view.fitted = true;
  apply();
}

export function zoom(by) {
  zoomAt(by, place.stage.clientWidth / 2, place.stage.clientHeight / 2);
}

function zoomAt(by, x, y) {
  const scale = Math.min(MOST, Math.max(0.02, view.scale * by));
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  view.scale = scale;
  view.fitted = false;
  apply();
}

function move(dx, dy) {
  view.x += dx;
  view.y += dy;
  view.fitted = false;
  apply();
}

function apply() {
  const { naturalWidth, naturalHeight } = place.image;
  place.layer.style.width = `${naturalWidth}px`;
  place.layer.style.height = `${naturalHeight}px`;
  place.layer.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
}

function toggleSeen() {
  view.seen = !view.seen;
  place.bar.querySelector("[aria-pressed]").setAttribute("aria-pressed", view.seen);
  place.stage.hidden = view.seen;
  place.seen.hidden = !view.seen;
  if (view.seen) showSeen(place.seen);
  else if (view.fitted) fit();
}
