// What else a drawing may say, each with its probability.

const MOST = 5;
const SIGNS = /^[-0-9+×÷=().,%￥]$/;

// [text, probability] pairs, likeliest first, the reading itself at the top.
//
// The reading's confidence is calibrated; the log-probabilities of the others only compare them. So
// the others share what the reading leaves, by their weights, and none comes out surer than it.
export function candidates(line, reads) {
  if (!line?.text) return [];
  const alone = [...line.text].length === 1 && line.chars?.length === 1;
  const others = alone ? ofSign(line, reads) : ofLine(line);
  const shown = new Set([bare(line.text)]);
  const distinct = others.filter(([text]) => !shown.has(bare(text)) && shown.add(bare(text)));
  return [[line.text, line.confidence], ...distinct.slice(0, MOST - 1)];
}

// Readings that differ by spaces alone are one to who looks at them.
const bare = (text) => text.replaceAll(" ", "");

function ofSign(line, reads) {
  const fits = (text) => text.trim() && (reads !== "digits" || SIGNS.test(text));
  return line.chars[0].alternatives.filter(([text]) => text !== line.text && fits(text));
}

function ofLine(line) {
  const known = line.n_best ?? [];
  const own = known.find(({ text }) => text === line.text)?.log_prob ?? known[0]?.log_prob ?? 0;
  const others = known.filter(({ text }) => text && text !== line.text);
  const weights = others.map(({ log_prob: log }) => Math.exp(Math.min(0, log - own)));
  const sum = weights.reduce((total, weight) => total + weight, 0) || 1;
  const rest = 1 - line.confidence;
  return others
    .map(({ text }, at) => [text, Math.min(line.confidence * weights[at], (rest * weights[at]) / sum)])
    .sort((one, other) => other[1] - one[1]);
}

export const percent = (share) => (share >= 0.9995 ? "100%" : share < 0.001 ? "<0.1%"
  : `${(100 * share).toFixed(share < 0.1 || share > 0.99 ? 1 : 0)}%`);
