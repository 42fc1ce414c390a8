// The way to the service: a stream while it can be had, else one request a drawing; newest first.

import { address, ApiError, postJson } from "../shared/api.js";
import { key } from "../shared/key.js";

const AGAIN_MS = 30000;
const OPEN_MS = 4000;
const SILENT_MS = 8000;
const NOT_KNOWN = 422;
const TOO_OFTEN = 429;

// Events: "reading" (detail: the answer and the `version` it is of), "fault" (detail: an ApiError),
// "state" (detail: stream, post or off).
export class Link extends EventTarget {
  #socket = null; #frames = []; #last = 0; #waiting = null; #asking = false; #blockedUntil = 0; #options = "";
  #hasLanguage = true; #silence = 0;

  constructor() {
    super();
    document.addEventListener("key-changed", () => this.close());
  }

  // Read a drawing; `version` comes back with its reading. reads: digits or text.
  read(version, strokes, reads) {
    this.#waiting = { version, strokes, reads };
    this.#go();
  }

  close() {
    this.#blockedUntil = 0;
    this.#socket?.close();
  }

  async #go() {
    if (this.#asking || !this.#waiting) return;
    this.#asking = true;
    try {
      if (!this.#socket && Date.now() > this.#blockedUntil) await this.#open();
      const drawing = this.#waiting;
      this.#waiting = null;
      if (this.#socket) this.#send(drawing);
      else await this.#post(drawing);
    } catch (error) {
      this.#tell("state", "off");
      this.#tell("fault", error);
    } finally {
      this.#asking = false;
    }
    if (this.#waiting) this.#go();
  }

  #open() {
    const place = address("v1/stream");
    place.protocol = place.protocol.replace("http", "ws");
    const protocols = key() ? ["crnn-ocr", `key.${key()}`] : ["crnn-ocr"];
    return new Promise((resolve) => {
      let socket;
      try { socket = new WebSocket(place, protocols); } catch { return this.#blocked(resolve); }
      const slow = setTimeout(() => socket.close(), OPEN_MS);
      let [wasOpen, hasAnswered] = [false, false];
      socket.addEventListener("open", () => {
        clearTimeout(slow);
        wasOpen = true;
        [this.#socket, this.#frames, this.#last, this.#options] = [socket, [], 0, ""];
        this.#tell("state", "stream");
        resolve();
      });
      socket.addEventListener("message", ({ data }) => {
        hasAnswered = true;
        this.#take(JSON.parse(data));
      });
      socket.addEventListener("close", () => {
        clearTimeout(slow);
        // What opens and never answers stands between here and the service, and is not tried again.
        if (!hasAnswered) this.#blocked(resolve);
        if (wasOpen) this.#lost();
      });
    });
  }

  #blocked(resolve) {
    this.#blockedUntil = Date.now() + AGAIN_MS;
    resolve();
  }

  // What was on its way is asked again, if nothing newer waits.
  #lost() {
    clearTimeout(this.#silence);
    const lost = this.#frames.at(-1);
    [this.#socket, this.#frames] = [null, []];
    this.#waiting ??= lost ?? null;
    if (this.#waiting) this.#go();
  }

  #send(drawing) {
    const options = JSON.stringify(this.#wishes(drawing.reads));
    const told = { strokes: drawing.strokes, reads: drawing.reads, picture: true };
    if (options !== this.#options) told.options = this.#wishes(drawing.reads);
    this.#options = options;
    this.#last += 1;
    this.#frames.push({ ...drawing, frame: this.#last });
    this.#socket.send(JSON.stringify(told));
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#blockedUntil = Date.now() + AGAIN_MS;
      this.#socket?.close();
    }, SILENT_MS);
  }

  #take(told) {
    clearTimeout(this.#silence);
    if (told.frame === null) {
      // A drawing over the rate is not counted there; a new stream counts from one again.
      if (told.status === TOO_OFTEN) this.#socket?.close();
      return;
    }
    const drawing = this.#frames.find(({ frame }) => frame === told.frame);
    this.#frames = this.#frames.filter(({ frame }) => frame > told.frame);
    if (told.type === "reading") this.#tell("reading", { ...told, version: drawing?.version, reads: drawing?.reads });
    else if (drawing && !this.#withoutLanguage(told.status, drawing)) {
      this.#tell("fault", new ApiError(told.status, told.detail, 0, told.request_id));
    }
  }

  async #post(drawing) {
    const body = { strokes: drawing.strokes, reads: drawing.reads, picture: true, ...this.#wishes(drawing.reads) };
    try {
      const told = await postJson("v1/drawing", body);
      this.#tell("state", "post");
      this.#tell("reading", { ...told, version: drawing.version, reads: drawing.reads });
    } catch (error) {
      if (!this.#withoutLanguage(error.status, drawing)) throw error;
    }
  }

  // A service without a language model reads by the image alone.
  #withoutLanguage(status, drawing) {
    if (status !== NOT_KNOWN || !this.#hasLanguage || drawing.reads !== "text") return false;
    this.#hasLanguage = false;
    this.#waiting ??= drawing;
    queueMicrotask(() => this.#go());
    return true;
  }

  #wishes(reads) {
    const asked = { mode: "line", detail: "chars", n_best: 6 };
    return reads === "digits" ? asked : { ...asked, decode: this.#hasLanguage ? "lm" : "beam" };
  }

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
