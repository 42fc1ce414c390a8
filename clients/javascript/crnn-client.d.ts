export type ImageFile = Blob | ArrayBuffer | Uint8Array;
/** A stroke is a list of [x, y] or [x, y, pressure], y downwards. */
export type Strokes = number[][][];
export type Format = "json" | "txt" | "csv" | "xlsx" | "hocr" | "alto" | "pdf";

export interface Wishes {
  mode?: "auto" | "line" | "page";
  detail?: "lines" | "chars";
  width?: "as_read" | "half" | "full";
  effort?: "quick" | "thorough";
  decode?: "greedy" | "beam" | "lm" | "auto" | "lexicon" | "grammar";
  n_best?: number;
  lexicon?: string[] | string;
  lexicon_mode?: "only" | "prefer";
  max_margin?: number;
  grammar?: string | Record<string, unknown>;
}

export interface Ink {
  reads?: "text" | "digits";
  pen?: number;
  picture?: boolean;
}

export interface Char {
  text: string;
  confidence: number;
  start: number;
  end: number;
  alternatives: [string, number][];
}

/** Whether the paper says a value; only fields that are read or corrected have one. */
export type FieldStatus = "read" | "corrected" | "conflict" | "unreadable" | "empty" | "struck";

/** What a constraint would make of a line or a field that does not say it by itself. */
export interface Proposal {
  text: string;
  value: unknown;
  margin: number;
  against: number | null;
}

export interface Line {
  text: string;
  confidence: number;
  box: [number, number, number, number];
  chars?: Char[];
  raw_text?: string;
  n_best?: { text: string; log_prob: number }[];
  free_text?: string;
  margin?: number;
  rejected?: boolean;
  field?: {
    type: string;
    valid: boolean;
    value: Record<string, unknown> | null;
    reasons: string[];
    status: FieldStatus;
    read: string;
    proposal: Proposal | null;
  };
}

export interface Reading {
  success: true;
  text: string;
  confidence: number;
  time_used_ms: number;
  lines: Line[];
  mode: "line" | "page";
  model: string;
  request_id: string;
  skipped?: string[];
  skipped_count?: number;
}

export interface Drawing extends Reading {
  picture?: string;
}

export interface StreamReading extends Drawing {
  type: "reading";
  frame: number;
  dropped: number;
}

export interface Problem {
  success: false;
  type: string;
  title: string;
  status: number;
  detail: string;
  request_id: string;
}

interface Answered {
  success: true;
  time_used_ms: number;
  model: string;
  request_id: string;
}

export interface Pages extends Answered {
  pages: (Reading | Problem)[];
}

export interface Batch extends Answered {
  answers: (Reading | Problem)[];
  failed: number;
}

export interface Digits {
  success: true;
  digit: number | null;
  confidence: number;
  text: string;
  digits: { digit: number; confidence: number }[];
  model: string;
  request_id: string;
}

export interface Job {
  success: true;
  id: string;
  state: "queued" | "running" | "done" | "done_with_errors" | "cancelled";
  created_at: string;
  ended_at: string | null;
  pages: { total: number; done: number; failed: number };
  files: { name: string; bytes: number }[];
  webhook: { state: "waiting" | "sent" | "failed"; attempts: number } | null;
  page_states?: {
    number: number;
    file: string;
    page: number;
    state: "waiting" | "reading" | "done" | "failed" | "cancelled";
    attempts: number;
    error: string | null;
  }[];
}

export interface LexiconKept {
  success: true;
  name: string;
  entries: number;
  skipped: string[];
  skipped_count: number;
}

export interface FormField {
  name: string;
  kind: string;
  value: unknown;
  status: FieldStatus;
  valid: boolean;
  read: string;
  proposal: Proposal | null;
  text: string;
  raw_text: string;
  confidence: number;
  needs_review: boolean;
  reasons: string[];
  box: [number, number, number, number];
  corners: [number, number][];
  details?: Record<string, unknown>;
  rows?: FormField[];
  chars?: [string, number][];
  crop_base64?: string;
}

export interface Form {
  success: true;
  template: string;
  fit: number;
  corners: [number, number][];
  status: "read" | "empty";
  needs_review: boolean;
  reasons: string[];
  outside: { kind: "writing" | "strike"; text: string; confidence: number; box: number[]; corners: [number, number][] }[];
  fields: FormField[];
  checks: { kind: string; fields: string[]; state: string; detail: string }[];
  time_used_ms: number;
  model: string;
  request_id: string;
}

export interface Correction {
  text: string;
  corrected: string;
  request_id?: string | null;
  source?: "desk" | "board" | "api" | "form";
  model?: string | null;
  line?: number | null;
  image?: string;
  keep_image?: boolean;
}

export interface ClientOptions {
  apiKey?: string;
  /** How often a busy service (429, 503) is asked again. */
  retries?: number;
  fetch?: typeof globalThis.fetch;
}

export interface SubmitOptions {
  options?: Wishes;
  webhookUrl?: string;
  idempotencyKey?: string;
}

/** The service said no; status 0 where it was not reached. */
export class OcrError extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string;
  readonly retryAfterS: number | null;
}

export class Client {
  constructor(baseUrl: string, options?: ClientOptions);
  ocr(image: ImageFile, wishes?: Wishes): Promise<Reading>;
  read(document: ImageFile, wishes?: Wishes): Promise<Reading | Pages>;
  readBatch(images: Iterable<ImageFile>, wishes?: Wishes): Promise<Batch>;
  predict(image: ImageFile, length?: "one" | "any"): Promise<Digits>;
  draw(strokes: Strokes, how?: Wishes & Ink): Promise<Drawing>;
  stream(): Promise<Stream>;
  submit(files: Iterable<ImageFile>, options?: SubmitOptions): Promise<Job>;
  jobs(which?: { limit?: number; after?: string }): Promise<{ success: true; jobs: Job[]; next: string | null }>;
  job(id: string): Promise<Job>;
  follow(id: string): AsyncGenerator<Job>;
  wait(id: string, options?: { timeoutS?: number; everyS?: number }): Promise<Job>;
  result(id: string, format?: Format): Promise<Blob>;
  deleteJob(id: string): Promise<void>;
  lexicons(): Promise<{ success: true; lexicons: { name: string; bytes: number; updated_at: string }[] }>;
  lexicon(name: string): Promise<{ success: true; name: string; entries: string[] }>;
  putLexicon(name: string, entries: Iterable<string>): Promise<LexiconKept>;
  deleteLexicon(name: string): Promise<void>;
  readForm(image: ImageFile, template?: string | null, how?: { crops?: boolean; effort?: "quick" | "thorough" }): Promise<Form>;
  templates(): Promise<{ success: true; templates: { name: string; bytes: number; updated_at: string }[] }>;
  correct(correction: Correction): Promise<{ id: string; created_at: string; kept_image: boolean }>;
  feedback(which?: { limit?: number; after?: string }): Promise<{ feedback: Record<string, unknown>[]; next: string | null }>;
  exportFeedback(): Promise<Blob>;
  deleteFeedback(id?: string | null): Promise<void>;
  alive(): Promise<boolean>;
  ready(): Promise<string>;
}

/** A drawing read while it is drawn. */
export class Stream {
  options(wishes: Wishes): void;
  /** The reading of this drawing, or of a newer one that was drawn meanwhile. */
  draw(strokes: Strokes, how?: Ink): Promise<StreamReading>;
  show(image: ImageFile): Promise<StreamReading>;
  close(): void;
}
