// Files on their way in: chosen, photographed, dropped or pasted.

import { el, find } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { tell } from "../shared/notices.js";

const DOCUMENTS = [
  [0x25, 0x50, 0x44, 0x46], // PDF
  [0x49, 0x49, 0x2a, 0x00], // TIFF
  [0x4d, 0x4d, 0x00, 0x2a],
  [0x50, 0x4b, 0x03, 0x04], // zip
];
const ACCEPT = "image/*,.pdf,.tif,.tiff,.zip,.ppm";

// "document" where pages must be counted first, else "image"; names are not trusted.
export async function kindOf(file) {
  const begin = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const is = (magic) => magic.every((byte, at) => begin[at] === byte);
  return DOCUMENTS.some(is) ? "document" : "image";
}

function picker(attributes, take) {
  const input = el("input", { type: "file", hidden: true, ...attributes });
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  document.body.append(input);
  return () => input.click();
}

// Ways to take files in, each giving them to `take`; {choose, photograph, paste}.
export function openIntake(take) {
  document.addEventListener("paste", (event) => {
    if (event.target.matches("input, textarea")) return;
    const files = [...event.clipboardData.files];
    if (files.length) take(files);
    else tell(t("paste.none"), { bad: true });
  });
  openDrop(take);
  return {
    choose: picker({ multiple: true, accept: ACCEPT, "data-intake": "files" }, take),
    photograph: picker({ accept: "image/*", capture: "environment", "data-intake": "camera" }, take),
    paste: () => pasted(take),
  };
}

function openDrop(take) {
  const veil = find("#drop");
  let depth = 0;
  const bears = (event) => event.dataTransfer?.types.includes("Files");
  const lift = (by) => {
    depth = Math.max(0, depth + by);
    veil.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => bears(event) && lift(1));
  addEventListener("dragleave", (event) => bears(event) && lift(-1));
  addEventListener("dragover", (event) => bears(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!bears(event)) return;
    event.preventDefault();
    lift(-depth);
    take([...event.dataTransfer.files]);
  });
}

// Browsers give the clipboard to pages over https or on this machine; elsewhere Ctrl+V does it.
async function pasted(take) {
  const files = [];
  try {
    for (const item of await navigator.clipboard.read()) {
      const kind = item.types.find((type) => type.startsWith("image/"));
      if (kind) files.push(new File([await item.getType(kind)], `${t("welcome.paste")}.png`, { type: kind }));
    }
  } catch {
    files.length = 0;
  }
  if (files.length) take(files);
  else tell(t("paste.none"), { bad: true });
}
