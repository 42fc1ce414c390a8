// Has documents read: images by a request each, a few at once; the others by jobs.

import { ask, askJson } from "../shared/api.js";
import { t } from "../shared/i18n.js";
import { changed, desk, fill, fillForm, newPage } from "./documents.js";
import { followJob, pause } from "./following.js";
import { formAddress, formOf, wishes } from "./options.js";

const AT_ONCE = 2;
const RETRIES = 2;

const waiting = [];
let running = 0;

// Have documents read, or read again: what was read and corrected before is gone then.
export function read(documents) {
  for (const one of documents) {
    const pages = one.kind === "image" ? [newPage(1, { picture: one.file })] : [];
    const fresh = { state: "waiting", error: null, note: "", done: 0, job: null, pages };
    Object.assign(one, fresh, { abort: new AbortController() });
    waiting.push(one);
    if (one === desk.current) desk.page = 0;
  }
  changed("documents");
  changed("page");
  startNext();
}

// Stop a document that waits or is being read; pages that were read stay.
export function cancel(one) {
  one.abort?.abort();
  if (one.job && isBusy(one)) ask(`v1/jobs/${one.job}`, { method: "DELETE" }).catch(() => {});
  for (const page of one.pages) if (page.state !== "done") page.state = "cancelled";
  finish(one, "cancelled");
}

export const isBusy = (one) => one.state === "waiting" || one.state === "reading";

function startNext() {
  while (running < AT_ONCE && waiting.length) {
    const one = waiting.shift();
    if (one.state !== "waiting") continue;
    running += 1;
    readOne(one).finally(() => {
      running -= 1;
      startNext();
    });
  }
}

async function readOne(one) {
  one.state = "reading";
  for (const page of one.pages) page.state = "reading";
  changed("documents");
  changed("page");
  try {
    await patiently(one, () => (one.kind === "image" ? readImage(one) : readJob(one)));
    finish(one, one.pages.length && one.pages.every((page) => page.error) ? "failed" : "done");
  } catch (error) {
    if (one.abort.signal.aborted) return;
    one.error = error;
    for (const page of one.pages) if (page.state === "reading") page.state = "failed";
    finish(one, "failed");
  }
}

function finish(one, state) {
  one.state = state;
  one.note = "";
  changed("documents");
  changed("page");
  changed("ended", one);
}

// Try again where the server says that it is busy, after as long as it says.
async function patiently(one, work) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (error.status !== 429 || tries === RETRIES) throw error;
      const seconds = Math.max(1, error.retryAfterS);
      one.note = t("state.retry", { seconds });
      changed("documents");
      await pause(1000 * seconds, one.abort.signal);
      one.note = "";
    }
  }
}

async function readImage(one) {
  if (formAddress()) {
    const body = new FormData();
    body.append("file", one.file, one.name);
    fillForm(one.pages[0], await askJson(formAddress(), { method: "POST", body, signal: one.abort.signal }));
    one.done = 1;
    return;
  }
  const body = formOf(one.file);
  const answer = await askJson("v1/read", { method: "POST", body, signal: one.abort.signal });
  fill(one.pages[0], answer);
  one.done = 1;
}

async function readJob(one) {
  if (!one.job) await submit(one); // else it is only followed again
  await followJob(one);
}

async function submit(one) {
  const body = new FormData();
  body.append("file", one.file, one.name);
  body.append("options", JSON.stringify({ ...wishes(), detail: "chars" }));
  const job = await askJson("v1/jobs", { method: "POST", body, signal: one.abort.signal });
  one.job = job.id;
  one.total = job.pages.total;
  one.pages = [];
}
