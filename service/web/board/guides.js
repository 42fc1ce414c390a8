// Lines to write on: squares with a cross for hanzi, a band with a base line for digits.

const COLOR = "rgb(120 140 170 / 38%)";
const NARROW = 500;
const FAINT = "rgb(120 140 170 / 22%)";

export function digitLines(context, width, height) {
  const top = Math.round(height * 0.26) + 0.5;
  const base = Math.round(height * 0.74) + 0.5;
  line(context, [0, base, width, base], COLOR, []);
  line(context, [0, top, width, top], COLOR, [6, 6]);
}

export function hanziSquares(context, width, height) {
  const count = width < NARROW ? 2 : 3;
  const side = Math.min(0.8 * height, (width - 24) / count);
  const left = (width - count * side) / 2;
  const top = (height - side) / 2;
  for (let at = 0; at < count; at += 1) square(context, left + at * side, top, side);
}

function square(context, x, y, side) {
  const [right, bottom, mx, my] = [x + side, y + side, x + side / 2, y + side / 2];
  for (const ends of [[x, y, right, bottom], [x, bottom, right, y]]) line(context, ends, FAINT, [4, 6]);
  for (const ends of [[mx, y, mx, bottom], [x, my, right, my]]) line(context, ends, FAINT, [4, 4]);
  context.setLineDash([]);
  context.strokeStyle = COLOR;
  context.strokeRect(x, y, side, side);
}

function line(context, [x1, y1, x2, y2], color, dashes) {
  context.lineWidth = 1;
  context.strokeStyle = color;
  context.setLineDash(dashes);
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
  context.setLineDash([]);
}
