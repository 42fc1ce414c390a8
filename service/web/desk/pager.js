// From page to page of a document.

import { button, el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { desk, show } from "./documents.js";

const place = el("div", { class: "bar pager" });

export const pager = () => place;

export function drawPager() {
  const count = desk.current?.pages.length ?? 0;
  place.hidden = count < 2;
  if (place.hidden) return;
  const focused = place.contains(document.activeElement) && document.activeElement.dataset.step;
  const quiet = { shown: false, kind: "quiet" };
  const before = button("left", t("viewer.previous"), () => turn(-1), quiet);
  const after = button("right", t("viewer.next"), () => turn(1), quiet);
  before.dataset.step = "before";
  after.dataset.step = "after";
  before.disabled = desk.page === 0;
  after.disabled = desk.page === count - 1;
  const told = t("viewer.page", { page: desk.page + 1, total: count });
  place.replaceChildren(before, el("span", { class: "number small" }, told), after);
  if (focused) place.querySelector(`[data-step="${focused}"]`).focus();
}

// Go some pages on, within the document.
export function turn(by) {
  const next = desk.page + by;
  if (desk.current?.pages[next]) show(desk.current, next);
}
