// Follows a job by its server-sent events and fetches each page as soon as it is read.

import { ApiError, ask, askJson } from "../shared/api.js";
import { changed, desk, fill, newPage } from "./documents.js";

const AGAIN_MS = 1000;
const LOST = 5;

// Until the job has ended; a connection that breaks is made again, a few times.
export async function followJob(one) {
  await takePages(one);
  for (let lost = 0; ; lost += 1) {
    try {
      if (await listen(one)) return;
    } catch (error) {
      if (one.abort.signal.aborted || error.status || lost === LOST) throw error;
    }
    await pause(AGAIN_MS, one.abort.signal);
  }
}

// Whether the job ended while it was listened to.
async function listen(one) {
  const signal = one.abort.signal;
  const response = await ask(`v1/jobs/${one.job}/events`, { signal });
  for await (const event of eventsOf(response.body)) {
    const job = JSON.parse(event.data);
    one.done = job.pages.done + job.pages.failed;
    changed("documents");
    await takePages(one);
    if (event.name === "end") return true;
  }
  return false;
}

// The events of a stream; EventSource would do, but sends no API key.
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop();
    for (const block of blocks) {
      const name = /^event: ?(.*)$/m.exec(block)?.[1] ?? "message";
      const data = [...block.matchAll(/^data: ?(.*)$/gm)].map((found) => found[1]).join("\n");
      if (data) yield { name, data };
    }
  }
}

// Bring the pages of a document up to what the job says of them.
async function takePages(one) {
  const job = await askJson(`v1/jobs/${one.job}`, { signal: one.abort.signal });
  one.total = job.page_states.length;
  for (const told of job.page_states) {
    const at = told.number - 1;
    one.pages[at] ??= newPage(told.number, { file: told.file, page: told.page });
    await bring(one, one.pages[at], told);
  }
  changed("documents");
}

async function bring(one, page, told) {
  if (page.state === "done" || page.state === "failed") return;
  const before = page.state;
  if (told.state === "done") {
    fill(page, await askJson(`v1/jobs/${one.job}/pages/${page.number}`, { signal: one.abort.signal }));
  } else if (told.state === "failed") {
    page.state = "failed";
    page.error = new ApiError(422, told.error);
  } else {
    page.state = told.state;
  }
  if (page.state !== before && one === desk.current) changed("page");
}

// The picture of a page, fetched where the desk has none; null where it is gone.
export async function pictureOf(one, page) {
  if (page.picture || !one.job) return page.picture;
  try {
    page.picture = await (await ask(`v1/jobs/${one.job}/pages/${page.number}/image`)).blob();
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  return page.picture;
}

export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("cancelled", "AbortError"));
    });
  });
}
