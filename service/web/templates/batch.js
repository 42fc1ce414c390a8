// Filled scans in one go: read one after another, looked over, and written as one table.

import { ask, askJson } from "../shared/api.js";
import { button, el, find } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { tellFault } from "../shared/notices.js";
import { doubtsOf, drawReview } from "./review.js";

const AT_ONCE = 2;
const TRIES = 5;
const TAKEN = /\.(jpe?g|png|tiff?|bmp|webp|pdf)$/i;
const WITHOUT_PICTURES = ["crop_base64", "corners"];

const batch = { template: "", items: [], at: 0, stopped: false, kept: true };

// Whether something would be lost if the page were left.
export const isUnsaved = () => !batch.kept;

export async function readBatch(template, files) {
  const taken = [...files].filter((file) => TAKEN.test(file.name));
  taken.sort((a, b) => pathOf(a).localeCompare(pathOf(b), undefined, { numeric: true }));
  const items = taken.map((file) => ({ file, name: pathOf(file), state: "waiting", form: null, error: "" }));
  Object.assign(batch, { template, items, at: 0, stopped: false, kept: items.length === 0 });
  drawBatch();
  const waiting = [...batch.items];
  const worker = async () => {
    while (waiting.length && !batch.stopped) {
      await readOne(waiting.shift());
      drawBatch();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  drawBatch();
}

const pathOf = (file) => file.webkitRelativePath || file.name;

async function readOne(item) {
  item.state = "reading";
  try {
    const body = new FormData();
    body.append("file", item.file);
    body.append("crops", "true");
    item.form = await patiently(`v1/forms/${encodeURIComponent(batch.template)}/read`, body);
    item.state = "done";
  } catch (error) {
    item.error = error.detail ?? String(error.message);
    item.state = "failed";
  }
}

// Asked again where the service is busy, after as long as it says.
async function patiently(path, body) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await askJson(path, { method: "POST", body });
    } catch (error) {
      if (error.status !== 429 || tries === TRIES) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 1000 * Math.max(1, error.retryAfterS)); });
    }
  }
}

export function drawBatch() {
  const place = find("#batch");
  const { items } = batch;
  place.hidden = items.length === 0;
  if (place.hidden) return;
  const done = items.filter(({ state }) => state === "done" || state === "failed").length;
  const failed = items.filter(({ state }) => state === "failed");
  const busy = done < items.length && !batch.stopped;
  if (!find(".progress", place)) {
    place.replaceChildren(el("h2", {}, t("forms.batch")), el("div", { class: "progress" }), el("div", { class: "review" }));
  }
  find(".progress", place).replaceChildren(
    el("progress", { max: items.length, value: done, "aria-label": t("forms.batch") }),
    el("p", { role: "status", id: "batch-said" }, t("forms.batch.done", { done, count: items.length, failed: failed.length })),
    ...failed.map((item) => el("p", { class: "why" }, `${item.name}: ${item.error}`)),
    el("div", { class: "row" },
      busy ? button("close", t("forms.batch.stop"), () => { batch.stopped = true; drawBatch(); }) : null,
      ...["xlsx", "csv"].map((format) => tableButton(format, !done))));
  if (!busy) drawDoubts();
}

function tableButton(format, off) {
  const made = button("download", t("forms.batch.table", { format: format.toUpperCase() }), () => table(format).catch(tellFault));
  made.disabled = off;
  return made;
}

function drawDoubts() {
  const place = find("#batch .review");
  const doubts = doubtsOf(batch.items);
  batch.at = Math.min(Math.max(0, batch.at), Math.max(0, doubts.length - 1));
  drawReview(place, doubts, batch.at, {
    go: (at) => { batch.at = (at + doubts.length) % doubts.length; drawDoubts(); },
    done: () => { batch.kept = false; drawDoubts(); },
  });
}

async function table(format) {
  const forms = batch.items.filter(({ state }) => state === "done" || state === "failed").map(({ name, form, error }) =>
    ({ file: name.slice(0, 255), form: form && JSON.parse(JSON.stringify(form, without)), error }));
  const response = await ask("v1/forms/results", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ format, forms }),
  });
  const link = el("a", { href: URL.createObjectURL(await response.blob()), download: `${batch.template}.${format}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  batch.kept = true;
}

const without = (key, value) => (WITHOUT_PICTURES.includes(key) ? undefined : value);
