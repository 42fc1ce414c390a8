// The documents on the desk and their pages and lines, and who wants to know when they change.

const listeners = new Map();

export const desk = { documents: [], current: null, page: 0 };

// Names: "documents" (which there are, how far they are), "page" (another is shown, or it was
// read), "line" (one was changed), "mark" (one is pointed at), "ended" (a document was read).
export function on(name, listener) {
  if (!listeners.has(name)) listeners.set(name, []);
  listeners.get(name).push(listener);
}

export function changed(name, detail) {
  for (const listener of listeners.get(name) ?? []) listener(detail);
}

export const currentPage = () => desk.current?.pages[desk.page] ?? null;

export function newDocument(file, kind) {
  return {
    id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, // plain http has no randomUUID
    when: Date.now(),
    name: file.name || "image.png",
    kind,
    file,
    state: "waiting",
    error: null,
    job: null,
    total: 1,
    done: 0,
    pages: [],
  };
}

export function newPage(number, more = {}) {
  return {
    number, page: 1, state: "waiting", picture: null, width: 0, height: 0, lines: [], error: null,
    requestId: null, model: null, timeMs: null, ...more,
  };
}

// A line of an answer as the desk keeps it: `read` never changes, `text` and `chars` may.
export function newLine(read) {
  return { read, text: read.text, chars: charsOf(read), feedback: null };
}

export const isCorrected = (line) => line.text !== line.read.text;

// The characters of a reading, as long as they make up its text.
export function charsOf(read) {
  const chars = read.chars ?? [];
  return chars.map((char) => char.text).join("") === read.text ? chars : [];
}

// Put an answer of the service into a page.
export function fill(page, answer) {
  page.lines = answer.lines.map(newLine);
  page.state = "done";
  page.error = null;
  page.requestId = answer.request_id ?? null;
  page.model = answer.model ?? null;
  page.timeMs = answer.time_used_ms ?? null;
  if (answer.width) [page.width, page.height] = [answer.width, answer.height];
}

// Put a form that was read into a page: its fields as lines, each with its name and its status.
export function fillForm(page, answer) {
  const parts = answer.fields.flatMap((field) => field.rows ?? [field]).filter((part) => part.status !== "empty");
  page.lines = [...parts.filter((part) => part.kind !== "group").map(fieldLine), ...answer.outside.map(outsideLine)].map(newLine);
  page.state = "done";
  page.error = null;
  page.requestId = answer.request_id ?? null;
  page.model = answer.model ?? null;
  page.timeMs = answer.time_used_ms ?? null;
  page.template = answer.template;
}

function fieldLine(part) {
  return { text: part.text || part.read, confidence: part.confidence, box: boxOf(part), name: part.name, status: part.status,
    review: part.needs_review, reasons: part.reasons };
}

function outsideLine({ text, kind, confidence, corners, box }) {
  return { text: text || kind, confidence, box: boxOf({ corners, box }), name: "", status: "outside", review: true, reasons: [] };
}

// Upright around the four corners on the scan.
function boxOf({ corners, box }) {
  if (!corners.length) return box;
  const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

export function add(documents) {
  desk.documents.push(...documents);
  if (!desk.current && documents.length) show(documents[0]);
  changed("documents");
}

export function remove(gone) {
  const place = desk.documents.indexOf(gone);
  desk.documents.splice(place, 1);
  if (desk.current === gone) show(desk.documents[Math.min(place, desk.documents.length - 1)] ?? null);
  changed("documents");
}

export function show(shown, page = 0) {
  desk.current = shown;
  desk.page = page;
  changed("documents");
  changed("page");
}

export const lineCount = (document) => document.pages.reduce((sum, page) => sum + page.lines.length, 0);
