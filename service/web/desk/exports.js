// Files of what was read, with the lines as they were corrected.

import { ask } from "../shared/api.js";
import { el, icon } from "../shared/dom.js";
import { base64 } from "../shared/feedback.js";
import { t } from "../shared/i18n.js";
import { tell, tellFault } from "../shared/notices.js";
import { desk, isCorrected } from "./documents.js";
import { pictureOf } from "./following.js";

const FORMATS = ["txt", "json", "csv", "xlsx", "pdf"];

let takesAll = false;

// Open the menu under its button.
export function openExports(anchor) {
  const box = el("div", { class: "popover menu", role: "dialog", "aria-label": t("result.export") },
    desk.documents.length > 1 && scope(),
    ...FORMATS.map((format) => el("button", { type: "button", "data-format": format,
      onclick: () => { close(); download(format).catch(tellFault); } }, icon("file"), t(`export.${format}`))));
  const away = new AbortController();
  const close = () => {
    away.abort();
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    anchor.focus();
  };
  document.body.append(box);
  anchor.setAttribute("aria-expanded", "true");
  const at = anchor.getBoundingClientRect();
  box.style.top = `${Math.min(at.bottom + 6, innerHeight - box.offsetHeight - 8)}px`;
  box.style.left = `${Math.max(8, at.right - box.offsetWidth)}px`;
  box.querySelector("button").focus();
  const options = { signal: away.signal, capture: true };
  document.addEventListener("pointerdown", (event) => box.contains(event.target) || close(), options);
  document.addEventListener("keydown", (event) => keyed(event, box, close), options);
}

function keyed(event, box, close) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    const buttons = [...box.querySelectorAll("button")];
    buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
  } else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function scope() {
  const choice = (value, words) => {
    const input = el("input", { type: "radio", name: "scope", onchange: () => { takesAll = value; } });
    input.checked = takesAll === value;
    return el("label", { class: "check small" }, input, el("span", {}, words));
  };
  return el("fieldset", { class: "scope" }, el("legend", { class: "for-readers" }, t("export.scope")),
    choice(false, t("export.this")), choice(true, t("export.all")));
}

async function download(format) {
  const documents = takesAll && desk.documents.length > 1 ? desk.documents : [desk.current];
  tell(t("export.busy", { format: t(`export.${format}`) }));
  const pages = [];
  for (const one of documents) {
    for (const page of one.pages) if (page.state === "done") pages.push(await plain(one, page, format));
  }
  const response = await ask("v1/results", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ format, pages }),
  });
  const name = documents[0].name.replace(/\.[^.]+$/, "") || "reading";
  save(await response.blob(), `${name}.${format}`);
}

// A page as POST /v1/results takes it.
async function plain(one, page, format) {
  const picture = format === "pdf" ? await pictureOf(one, page) : null;
  return {
    file: one.name.slice(0, 255),
    page: page.page,
    width: page.width,
    height: page.height,
    lines: page.lines.map((line) => ({
      text: line.text,
      confidence: isCorrected(line) ? 1 : line.read.confidence, // a person said so
      box: line.read.box,
      chars: line.chars.map(({ text, confidence, start, end }) => ({ text, confidence, start, end })),
    })),
    image_base64: picture ? await base64(picture) : "",
  };
}

function save(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
