// The blank with its zones on it: drawn, chosen, moved and resized by pointer or keyboard.

import { svg } from "../shared/dom.js";

const LEAST = 8;
const GRIPS = { nw: [0, 1], ne: [2, 1], se: [2, 3], sw: [0, 3] };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// A surface over an image of `size`; asks `store` for zones and tells it what was done to them.
export class Sheet {
  constructor(store) {
    this.store = store;
    this.layer = svg("svg", { class: "zones" });
    this.layer.addEventListener("pointerdown", (event) => this.begin(event));
    this.layer.addEventListener("pointermove", (event) => this.go(event));
    for (const name of ["pointerup", "pointercancel"]) this.layer.addEventListener(name, () => this.end());
    this.layer.addEventListener("keydown", (event) => this.press(event));
    this.dragged = null;
  }

  draw() {
    const { size, zones, chosen } = this.store;
    this.layer.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    const held = this.layer.contains(document.activeElement);
    this.layer.replaceChildren(...zones.flatMap((zone, at) => this.zoneParts(zone, at)));
    if (chosen !== null && zones[chosen]) {
      for (const grip of Object.keys(GRIPS)) this.layer.append(this.gripOf(zones[chosen], grip));
      if (held) this.layer.querySelector(`[data-zone="${chosen}"]`)?.focus();
    }
  }

  zoneParts(zone, at) {
    const [left, top, right, bottom] = zone.box;
    const chosen = at === this.store.chosen ? " chosen" : "";
    const box = svg("rect", { x: left, y: top, width: right - left, height: bottom - top, tabindex: 0, role: "button",
      class: `zone-box ${zone.kind}${chosen}`, "data-zone": at, "aria-label": zone.name });
    box.addEventListener("focus", () => { if (this.store.chosen !== at && !this.dragged) this.store.choose(at); });
    const rows = Array.isArray(zone.rows) ? zone.rows.slice(1, -1) : [];
    const lines = rows.map((y) => svg("line", { x1: left, x2: right, y1: y, y2: y, class: "zone-row" }));
    const name = svg("text", { x: left + 3, y: Math.max(14, top - 3), class: "zone-name" });
    name.textContent = zone.name;
    return [box, ...lines, name];
  }

  gripOf(zone, grip) {
    const [x, y] = GRIPS[grip].map((side) => zone.box[side]);
    const radius = 6 * this.scale();
    return svg("circle", { cx: x, cy: y, r: radius, class: `grip ${grip}`, "data-grip": grip });
  }

  scale() {
    return this.store.size[0] / Math.max(1, this.layer.getBoundingClientRect().width);
  }

  at(event) {
    const place = this.layer.getBoundingClientRect();
    const point = [event.clientX - place.left, event.clientY - place.top].map((v) => v * this.scale());
    return point.map((v, axis) => Math.round(Math.min(Math.max(v, 0), this.store.size[axis])));
  }

  begin(event) {
    const start = this.at(event);
    const { grip, zone } = event.target.dataset;
    this.layer.setPointerCapture(event.pointerId);
    if (grip) this.dragged = { start, grip, box: [...this.store.zones[this.store.chosen].box] };
    else if (zone !== undefined) {
      this.store.choose(Number(zone));
      this.dragged = { start, box: [...this.store.zones[Number(zone)].box] };
    } else {
      const rubber = svg("rect", { class: "zone-box drawn" });
      this.layer.append(rubber);
      this.dragged = { start, rubber };
    }
    event.preventDefault();
  }

  go(event) {
    if (!this.dragged) return;
    const now = this.at(event);
    const { start, grip, rubber, box } = this.dragged;
    if (rubber) {
      const [left, top, right, bottom] = ordered([...start, ...now]);
      for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) {
        rubber.setAttribute(name, value);
      }
      this.dragged.made = [left, top, right, bottom];
    } else if (grip) {
      const next = [...box];
      GRIPS[grip].forEach((side, axis) => { next[side] = now[axis]; });
      this.store.place(ordered(next));
    } else {
      this.store.place(this.moved(box, now[0] - start[0], now[1] - start[1]));
    }
  }

  end() {
    const made = this.dragged?.made;
    this.dragged?.rubber?.remove();
    this.dragged = null;
    this.store.doing = "";
    if (made && made[2] - made[0] >= LEAST && made[3] - made[1] >= LEAST) this.store.add(made);
  }

  moved(box, dx, dy) {
    const [width, height] = this.store.size;
    const x = Math.min(Math.max(dx, -box[0]), width - box[2]);
    const y = Math.min(Math.max(dy, -box[1]), height - box[3]);
    return [box[0] + x, box[1] + y, box[2] + x, box[3] + y];
  }

  press(event) {
    const zone = this.store.zones[this.store.chosen];
    if (!zone) return;
    const step = ARROWS[event.key]?.map((v) => v * (event.ctrlKey ? 10 : 1));
    if (event.key === "Delete" || event.key === "Backspace") this.store.remove();
    else if (step && event.shiftKey) {
      const [l, t, r, b] = zone.box;
      const [width, height] = this.store.size;
      this.store.place([l, t, Math.min(width, Math.max(l + LEAST, r + step[0])), Math.min(height, Math.max(t + LEAST, b + step[1]))]);
    } else if (step) this.store.place(this.moved(zone.box, ...step));
    else return;
    event.preventDefault();
  }
}

function ordered([a, b, c, d]) {
  const left = Math.min(a, c), top = Math.min(b, d);
  return [left, top, Math.max(a, c, left + LEAST), Math.max(b, d, top + LEAST)];
}
