// A client of the crnn-ocr service for browsers and Node 20 or later; types: crnn-client.d.ts.

const WAITS = [429, 503];
const LONGEST_WAIT_S = 60;
const FIRST_WAIT_S = 0.5;
const ENDED = ["done", "done_with_errors", "cancelled"];
const STREAM = "v1/stream";

// The service said no: status, title, detail, requestId, retryAfterS. Status 0: not reached.
export class OcrError extends Error {
  constructor(status, title, detail, requestId = "", retryAfterS = null) {
    super(status ? `${status} ${title}: ${detail}` : detail);
    this.name = "OcrError";
    Object.assign(this, { status, title, detail, requestId, retryAfterS });
  }
}

export class Client {
  #root; #key; #retries; #fetch;

  // baseUrl: where the service is. A busy service is asked again `retries` times, as it says.
  constructor(baseUrl, { apiKey = "", retries = 4, fetch = globalThis.fetch } = {}) {
    this.#root = new URL(baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`);
    this.#key = apiKey;
    this.#retries = retries;
    this.#fetch = fetch;
  }

  async ocr(image, wishes = {}) {
    return this.#json("ocr", { json: { image_base64: await base64(image), ...wishes } });
  }

  async read(document, wishes = {}) {
    return this.#json("v1/read", { json: { image_base64: await base64(document), ...wishes } });
  }

  async readBatch(images, wishes = {}) {
    const sent = await Promise.all([...images].map(base64));
    return this.#json("v1/read/batch", { json: { images: sent, ...wishes } });
  }

  predict(image, length = "any") {
    return this.#json("predict", { form: form([image], { length }) });
  }

  draw(strokes, { reads = "text", pen = 0, picture = false, ...wishes } = {}) {
    return this.#json("v1/drawing", { json: { strokes, reads, pen, picture, ...wishes } });
  }

  // A drawing read while it is drawn: an open Stream.
  stream() {
    const address = new URL(STREAM, this.#root);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const protocols = this.#key ? ["crnn-ocr", `key.${this.#key}`] : ["crnn-ocr"];
    return Stream.opened(new WebSocket(address, protocols));
  }

  submit(files, { options = {}, webhookUrl = "", idempotencyKey = newKey() } = {}) {
    const fields = { options: JSON.stringify(options) };
    if (webhookUrl) fields.webhook_url = webhookUrl;
    const headers = { "Idempotency-Key": idempotencyKey };
    return this.#json("v1/jobs", { form: form(files, fields), headers });
  }

  jobs({ limit = 20, after = "" } = {}) {
    return this.#json(`v1/jobs?${new URLSearchParams({ limit, after })}`);
  }

  job(id) {
    return this.#json(`v1/jobs/${encodeURIComponent(id)}`);
  }

  // A job whenever pages of it have ended, and at last as it ended: for await (const job of ...).
  async *follow(id) {
    const answer = await this.#ask(`v1/jobs/${encodeURIComponent(id)}/events`);
    for await (const job of events(answer.body)) yield job;
  }

  async wait(id, { timeoutS = 3600, everyS = 1 } = {}) {
    const until = Date.now() + 1000 * timeoutS;
    for (;;) {
      const job = await this.job(id);
      if (ENDED.includes(job.state)) return job;
      if (Date.now() > until) throw new OcrError(0, "", `job ${id} is ${job.state} after ${timeoutS} s`);
      await pause(everyS);
    }
  }

  async result(id, format = "json") {
    const path = `v1/jobs/${encodeURIComponent(id)}/result?${new URLSearchParams({ format })}`;
    return (await this.#ask(path)).blob();
  }

  async deleteJob(id) {
    await this.#ask(`v1/jobs/${encodeURIComponent(id)}`, { method: "DELETE", repeatable: false });
  }

  lexicons() {
    return this.#json("v1/lexicons");
  }

  lexicon(name) {
    return this.#json(`v1/lexicons/${encodeURIComponent(name)}`);
  }

  putLexicon(name, entries) {
    const path = `v1/lexicons/${encodeURIComponent(name)}`;
    return this.#json(path, { method: "PUT", json: { entries: [...entries] } });
  }

  async deleteLexicon(name) {
    await this.#ask(`v1/lexicons/${encodeURIComponent(name)}`, { method: "DELETE" });
  }

  // A filled form's fields; which of this caller's templates it is of, unless one is named.
  async readForm(image, template = null, { crops = false, effort = "quick" } = {}) {
    const path = template === null ? "v1/forms/read" : `v1/forms/${encodeURIComponent(template)}/read`;
    const told = { image_base64: await base64(image), crops };
    if (effort !== "quick") told.effort = effort; // older services do not know the word
    return this.#json(path, { json: told });
  }

  templates() {
    return this.#json("v1/templates");
  }

  // What was read wrongly, and what it says: {text, corrected, request_id, model, line, ...}.
  correct(correction) {
    return this.#json("v1/feedback", { json: { source: "api", ...correction }, repeatable: false });
  }

  feedback({ limit = 20, after = "" } = {}) {
    const asked = new URLSearchParams(after ? { limit, after } : { limit });
    return this.#json(`v1/feedback?${asked}`);
  }

  async exportFeedback() {
    return (await this.#ask("v1/feedback/export")).blob();
  }

  async deleteFeedback(id = null) {
    const path = id === null ? "v1/feedback" : `v1/feedback/${encodeURIComponent(id)}`;
    await this.#ask(path, { method: "DELETE" });
  }

  async alive() {
    return (await this.#json("healthz")).status === "alive";
  }

  async ready() {
    return (await this.#json("readyz")).model;
  }

  async #json(path, asked) {
    return (await this.#ask(path, asked)).json();
  }

  async #ask(path, { method, json, form, headers = {}, repeatable = true } = {}) {
    const sent = new Headers(headers);
    if (this.#key) sent.set("Authorization", `Bearer ${this.#key}`);
    if (json) sent.set("Content-Type", "application/json");
    const body = json ? JSON.stringify(json) : form;
    const options = { method: method ?? (body ? "POST" : "GET"), headers: sent, body };
    for (let attempt = 0; ; attempt += 1) {
      const isLast = attempt >= this.#retries;
      let error;
      try {
        const answer = await this.#fetch.call(globalThis, new URL(path, this.#root), options);
        if (answer.ok) return answer;
        error = await problemOf(answer);
        if (isLast || !WAITS.includes(error.status)) throw error;
      } catch (fault) {
        if (fault instanceof OcrError) throw fault;
        if (isLast || !repeatable) throw new OcrError(0, "", String(fault.message ?? fault));
      }
      await pause(waitS(attempt, error));
    }
  }
}

// An open stream: `draw(strokes)` sends all of a drawing and gives its reading.
export class Stream {
  #socket; #sent = 0; #waiting = new Map();

  constructor(socket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => this.#end(new OcrError(0, "", `closed (${code})`)));
  }

  static opened(socket) {
    return new Promise((resolve, reject) => {
      const found = new Stream(socket);
      socket.addEventListener("open", () => resolve(found));
      socket.addEventListener("error", () => reject(new OcrError(0, "", "the stream was refused")));
    });
  }

  options(wishes) {
    this.#socket.send(JSON.stringify({ options: wishes }));
  }

  // The reading of this drawing, or of a newer one that was drawn meanwhile.
  draw(strokes, { reads = "text", pen = 0, picture = false } = {}) {
    return this.#frame(JSON.stringify({ strokes, reads, pen, picture }));
  }

  show(image) {
    return this.#frame(image);
  }

  close() {
    this.#socket.close();
  }

  #frame(told) {
    this.#sent += 1;
    this.#socket.send(told);
    return new Promise((resolve, reject) => this.#waiting.set(this.#sent, { resolve, reject }));
  }

  #take(told) {
    const error = told.type === "error" && new OcrError(told.status, told.title, told.detail, told.request_id);
    const newest = told.frame ?? this.#sent;
    for (const [frame, { resolve, reject }] of this.#waiting) {
      if (frame > newest) continue;
      this.#waiting.delete(frame);
      if (error) reject(error);
      else resolve(told);
    }
  }

  #end(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

async function problemOf(answer) {
  const text = await answer.text();
  let told = {};
  try { told = JSON.parse(text) ?? {}; } catch { /* an answer that is not the service's own */ }
  const wait = answer.headers.get("Retry-After");
  const id = told.request_id ?? answer.headers.get("X-Request-ID") ?? "";
  const retryAfterS = /^\d+$/.test(wait ?? "") ? Number(wait) : null;
  return new OcrError(answer.status, told.title ?? answer.statusText, told.detail ?? text.slice(0, 300), id, retryAfterS);
}

function waitS(attempt, error) {
  const told = error?.retryAfterS ?? FIRST_WAIT_S * 2 ** attempt * (0.7 + 0.6 * Math.random());
  return Math.min(told, LONGEST_WAIT_S);
}

const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, 1000 * seconds); });

async function base64(image) {
  const bytes = new Uint8Array(image instanceof Blob ? await image.arrayBuffer() : image);
  const parts = [];
  for (let at = 0; at < bytes.length; at += 32768) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 32768)));
  }
  return btoa(parts.join(""));
}

function form(files, fields) {
  const found = new FormData();
  for (const file of files) {
    found.append("file", file instanceof Blob ? file : new Blob([file]), file.name ?? "file");
  }
  for (const [name, value] of Object.entries(fields)) found.append(name, value);
  return found;
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value.replaceAll("\r", "")).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((row) => row.startsWith("data:"));
      if (data.length) yield JSON.parse(data.map((row) => row.slice(5).trim()).join("\n"));
    }
  }
}

// crypto.randomUUID is not there in pages without https.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
