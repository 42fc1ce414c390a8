// Small pictures of documents, for the rail and the history.

import { cropOf } from "./crops.js";

const SIDE = 96;

// A canvas with the first page made small, or null where there is no picture of it.
export async function thumbnailOf(one) {
  const picture = one.thumb ?? one.pages[0]?.picture ?? (one.kind === "image" ? one.file : null);
  const whole = picture && (await cropOf(picture, [0, 0, Infinity, Infinity]));
  if (!whole) return null;
  const scale = Math.min(1, SIDE / Math.min(whole.width, whole.height), (4 * SIDE) / Math.max(whole.width, whole.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(whole.width * scale));
  canvas.height = Math.max(1, Math.round(whole.height * scale));
  canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
  return canvas;
}

export async function thumbnailBlob(one) {
  const canvas = await thumbnailOf(one);
  return canvas && new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.7));
}
