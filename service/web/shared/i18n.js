// Words of the pages in Chinese and English: the browser's language, or the one chosen by hand.

import { WORDS } from "./words.js";

const KEPT = "crnn-ocr.language";
const known = { zh: { ...WORDS.zh }, en: { ...WORDS.en } };
const listeners = new Set();

function preferred() {
  const chosen = localStorage.getItem(KEPT);
  if (chosen in known) return chosen;
  const first = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

let current = preferred();

// A page adds its own words: {zh: {key: text}, en: {...}}.
export function addWords(words) {
  for (const language of Object.keys(known)) Object.assign(known[language], words[language]);
}

export const language = () => current;

// The text of a key; {name} in it is replaced by values.name.
export function t(key, values = {}) {
  const text = known[current][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function setLanguage(wanted) {
  current = wanted;
  localStorage.setItem(KEPT, wanted);
  translate();
  for (const listener of listeners) listener();
}

// Called again whenever another language is chosen.
export function onLanguage(listener) {
  listeners.add(listener);
}

// Fill data-i18n (text), data-i18n-label (aria-label, title) and data-i18n-placeholder.
export function translate(root = document) {
  document.documentElement.lang = current === "zh" ? "zh-CN" : "en";
  for (const node of root.querySelectorAll("[data-i18n]")) node.textContent = t(node.dataset.i18n);
  for (const node of root.querySelectorAll("[data-i18n-label]")) {
    node.setAttribute("aria-label", t(node.dataset.i18nLabel));
    if (node.matches("button")) node.title = t(node.dataset.i18nLabel);
  }
  for (const node of root.querySelectorAll("[data-i18n-placeholder]")) {
    node.placeholder = t(node.dataset.i18nPlaceholder);
  }
}
