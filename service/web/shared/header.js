// The header of every page: where one is, where one can go, language, theme and API key.

import { address } from "./api.js";
import { button, el, icon } from "./dom.js";
import { language, onLanguage, setLanguage, t, translate } from "./i18n.js";
import { askForKey } from "./key.js";

const PAGES = [
  ["desk", "./", "site.desk"],
  ["board", "board", "site.board"],
  ["templates", "templates", "site.templates"],
  ["docs", "docs", "site.docs"],
];
const THEMES = { auto: "monitor", light: "sun", dark: "moon" };
const KEPT = "crnn-ocr.theme";

// Fill <header class="site">; `current` is a name in PAGES.
export function mountHeader(place, current) {
  const draw = () => {
    const focused = place.contains(document.activeElement) && document.activeElement.dataset.tool;
    place.replaceChildren(brand(), nav(current), tools(draw));
    if (focused) place.querySelector(`[data-tool="${focused}"]`)?.focus();
  };
  onLanguage(draw);
  draw();
  translate();
}

function brand() {
  return el("a", { class: "brand", href: address("./").pathname, "aria-label": t("site.name") },
    icon("logo"), el("span", {}, t("site.name")));
}

function nav(current) {
  const links = PAGES.map(([name, path, words]) =>
    el("a", { href: address(path).pathname, "aria-current": name === current && "page" }, t(words)));
  return el("nav", { "aria-label": t("site.nav") }, ...links);
}

function tools(redraw) {
  const other = language() === "zh" ? "en" : "zh";
  const shown = el("button", { type: "button", class: "button quiet", lang: other === "zh" ? "zh-CN" : "en",
    "data-tool": "language", onclick: () => setLanguage(other) }, t("site.language"));
  const theme = document.documentElement.dataset.theme;
  const themes = button(THEMES[theme], t("site.theme", { theme: t(`site.theme.${theme}`) }),
    () => { nextTheme(theme); redraw(); }, { shown: false, kind: "quiet" });
  themes.dataset.tool = "theme";
  const key = button("key", t("site.key"), askForKey, { shown: false, kind: "quiet" });
  key.dataset.tool = "key";
  return el("div", { class: "tools" }, key, themes, shown);
}

function nextTheme(theme) {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(theme) + 1) % names.length];
  localStorage.setItem(KEPT, next);
  document.documentElement.dataset.theme = next;
}
