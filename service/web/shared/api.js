// Asks this server: its address, the API key, and problems (RFC 9457) as one kind of error.

import { t } from "./i18n.js";
import { askForKey, key } from "./key.js";

const ROOT = new URL("../../", import.meta.url);

// What went wrong, in words to show: `title`, `detail`, the HTTP `status` (0 where none came).
export class ApiError extends Error {
  constructor(status, detail, retryAfterS = 0, requestId = "") {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.retryAfterS = retryAfterS;
    this.requestId = requestId;
  }

  get title() {
    if (!this.status) return t("error.offline");
    const title = t(`error.${this.status}`);
    return title.startsWith("error.") ? t("error.500") : title;
  }

  get more() {
    if (!this.status) return t("error.offline.more");
    return this.requestId ? t("error.more", { detail: this.detail, id: this.requestId }) : this.detail;
  }
}

export const address = (path) => new URL(path, ROOT);

// The response to a request; on 401 the person is asked for a key and the request made again.
export async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key()) headers.set("X-API-Key", key());
  let response;
  try {
    response = await fetch(address(path), { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, String(error.message));
  }
  if (response.status === 401 && (await askForKey())) return ask(path, options);
  if (!response.ok) throw await problemOf(response);
  return response;
}

export async function askJson(path, options = {}) {
  return (await ask(path, options)).json();
}

// POST of a plain object.
export function postJson(path, body, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return askJson(path, { ...options, method: "POST", headers, body: JSON.stringify(body) });
}

async function problemOf(response) {
  const wait = Number(response.headers.get("Retry-After")) || 0;
  const told = await response.json().catch(() => ({}));
  return new ApiError(response.status, told.detail ?? response.statusText, wait, told.request_id);
}
