// Elements made from plain values; text is never taken as markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = new URL("icons.svg", import.meta.url);

// An element. Attributes: on* are listeners, true stands alone, null and false are left out.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== false));
  return node;
}

export function svg(tag, attributes = {}) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// A picture from icons.svg; it says nothing to screen readers, the words beside it do.
export function icon(name) {
  const found = svg("svg", { class: "icon", "aria-hidden": "true" });
  found.append(svg("use", { href: `${ICONS.pathname}#${name}` }));
  return found;
}

// A button that shows an icon and says a word; `shown` puts the word beside the icon.
export function button(name, label, onclick, { shown = true, kind = "" } = {}) {
  const node = el("button", { type: "button", class: `button ${kind}`.trim(), onclick }, icon(name));
  if (shown) node.append(el("span", {}, label));
  else {
    node.classList.add("only-icon");
    node.setAttribute("aria-label", label);
    node.title = label;
  }
  return node;
}

export const find = (selector, root = document) => root.querySelector(selector);
