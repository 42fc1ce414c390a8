// What is known of characters: how sure they are, which are doubtful, where they stand.

const KEPT = "crnn-ocr.threshold";

let threshold = Number(localStorage.getItem(KEPT)) || 0.9;

export const percent = (share) => (share < 0.01 ? "<1%" : `${Math.floor(100 * share)}%`);
export const doubtBelow = () => threshold;

export function setThreshold(value) {
  threshold = value;
  localStorage.setItem(KEPT, value);
}

export const isDoubtful = (char) => char.confidence < threshold && char.text.trim() !== "";

export const isVeryDoubtful = (char) => char.confidence < threshold / 2 && isDoubtful(char);

export function doubtsOf(page) {
  return page.lines.reduce((sum, line) => sum + line.chars.filter(isDoubtful).length, 0);
}

// The columns that a character takes: halfway to its neighbours, for its own are where it peaks.
export function spanOf(line, at) {
  const chars = line.chars;
  const [left, , right] = line.read.box;
  const char = chars[at];
  if (!(char?.end > char?.start)) return null;
  const before = at ? (chars[at - 1].end + char.start) / 2 : Math.max(left, 2 * char.start - char.end);
  const after = at + 1 < chars.length ? (char.end + chars[at + 1].start) / 2 : right;
  return { start: before, end: Math.max(after, before + 1) };
}
