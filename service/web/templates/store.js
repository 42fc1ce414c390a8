// What is being made: the blank, its zones, the checks, which zone is chosen; what was done can be undone.

const STEPS = 200;

export class Store {
  constructor(changed) {
    this.changed = changed;
    this.reset();
  }

  reset() {
    Object.assign(this, { name: "", size: [1, 1], zones: [], checks: "", chosen: null, blank: null, picture: "", extra: {} });
    Object.assign(this, { past: [], doing: "", isKept: true });
  }

  // What is there before something is done to it; a drag is one thing that is done.
  note(doing = "") {
    this.isKept = false;
    if (doing && doing === this.doing) return;
    this.doing = doing;
    this.past.push(JSON.stringify([this.zones, this.checks]));
    if (this.past.length > STEPS) this.past.shift();
  }

  undo() {
    if (!this.past.length) return;
    [this.zones, this.checks] = JSON.parse(this.past.pop());
    Object.assign(this, { chosen: null, doing: "", isKept: false });
    this.changed();
  }

  // `told`: an answer of the service; `extra` keeps what this page does not show.
  load(told) {
    this.size = told.size;
    this.zones = told.zones;
    this.checks = told.checks.map((check) => `${check.kind}: ${check.fields.join(", ")}`).join("\n");
    this.extra = { lexicons: told.lexicons, min_confidence: told.min_confidence };
    this.chosen = null;
    this.changed();
  }

  choose(at) {
    if (at !== this.chosen) this.doing = "";
    this.chosen = at;
    this.changed();
  }

  set(key, value) {
    this.note();
    const zone = this.zones[this.chosen];
    if (value === null || value === "" || value === false) delete zone[key];
    else zone[key] = value;
    this.changed();
  }

  kind(value) {
    this.note();
    const zone = this.zones[this.chosen];
    for (const key of ["cells", "rows", "group", "label"]) delete zone[key];
    zone.kind = value;
    if (value === "comb") zone.cells = 8;
    if (value === "column") zone.rows = edges(zone.box, 4);
    if (value === "checkbox") delete zone.type;
    this.changed();
  }

  rows(count) {
    this.note();
    const zone = this.zones[this.chosen];
    zone.rows = edges(zone.box, count);
    this.changed();
  }

  place(box) {
    this.note(`place ${this.chosen}`);
    const zone = this.zones[this.chosen];
    if (Array.isArray(zone.rows)) zone.rows = stretched(zone.rows, zone.box, box);
    zone.box = box;
    this.changed();
  }

  add(box) {
    this.note();
    let number = this.zones.length + 1;
    while (this.zones.some((zone) => zone.name === `zone ${number}`)) number += 1;
    this.zones.push({ name: `zone ${number}`, box, kind: "text" });
    this.choose(this.zones.length - 1);
  }

  setChecks(text) {
    this.note();
    this.checks = text;
    this.changed();
  }

  remove() {
    this.note();
    this.zones.splice(this.chosen, 1);
    this.chosen = null;
    this.changed();
  }

  // The checks as the service takes them; throws the row that is none.
  told() {
    const rows = this.checks.split("\n").map((row) => row.trim()).filter(Boolean);
    return rows.map((row) => {
      const cut = row.search(/[:：]/);
      if (cut < 1) throw row;
      const fields = row.slice(cut + 1).split(/[,，]/).map((name) => name.trim()).filter(Boolean);
      return { kind: row.slice(0, cut).trim(), fields };
    });
  }
}

function edges([, top, , bottom], count) {
  return Array.from({ length: count + 1 }, (_, at) => Math.round(top + ((bottom - top) * at) / count));
}

function stretched(rows, from, to) {
  const scale = (to[3] - to[1]) / Math.max(1, from[3] - from[1]);
  return rows.map((y) => Math.round(Math.min(to[3], Math.max(to[1], to[1] + (y - from[1]) * scale))));
}
