// Corrections: sent to the service, with the picture only where the person agreed to that.

import { ask, postJson } from "./api.js";

const KEPT = "crnn-ocr.keep-image";

export const agreed = () => localStorage.getItem(KEPT) === "yes";

export function setAgreed(yes) {
  if (yes) localStorage.setItem(KEPT, "yes");
  else localStorage.removeItem(KEPT);
}

// Send what was read and what it should say. picture: makes a PNG Blob of the line or drawing, or
// null; it is called only where the person agreed. Gives {id, created_at, kept_image}.
export async function sendCorrection(told, picture) {
  const image = agreed() ? await picture() : null;
  const body = { request_id: null, model: null, line: null, ...told, keep_image: image !== null };
  if (image) body.image = await base64(image);
  return postJson("v1/feedback", body);
}

export async function takeBack(id) {
  await ask(`v1/feedback/${encodeURIComponent(id)}`, { method: "DELETE" });
}

// The bytes of a Blob in base64.
export async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const parts = [];
  for (let at = 0; at < bytes.length; at += 32768) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 32768)));
  }
  return btoa(parts.join(""));
}
