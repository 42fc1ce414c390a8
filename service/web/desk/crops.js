// Parts of a page's picture.

const bitmaps = new WeakMap();

function bitmapOf(picture) {
  if (!bitmaps.has(picture)) bitmaps.set(picture, createImageBitmap(picture).catch(() => null));
  return bitmaps.get(picture);
}

// A canvas with the part of a picture (a Blob) within a box; null where it cannot be shown.
export async function cropOf(picture, box) {
  const bitmap = await bitmapOf(picture);
  if (!bitmap) return null;
  const left = Math.max(0, Math.floor(box[0]));
  const top = Math.max(0, Math.floor(box[1]));
  const width = Math.max(1, Math.min(bitmap.width, Math.ceil(box[2])) - left);
  const height = Math.max(1, Math.min(bitmap.height, Math.ceil(box[3])) - top);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(bitmap, left, top, width, height, 0, 0, width, height);
  return canvas;
}

// That part as a PNG.
export async function pngOf(picture, box) {
  const canvas = await cropOf(picture, box);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
