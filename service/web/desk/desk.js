// The reading desk: what happens when, and which part of the page tells it.

import { find } from "../shared/dom.js";
import { addWords, onLanguage, t, translate } from "../shared/i18n.js";
import { WORDS } from "./words.js";
import { closeAlternatives } from "./alternatives.js";
import { doubtsOf, spanOf } from "./characters.js";
import { add, currentPage, desk, lineCount, newDocument, on } from "./documents.js";
import { openHistory, remember } from "./history.js";
import { kindOf, openIntake } from "./intake.js";
import { chooseOptions } from "./options.js";
import { drawPager, pager, turn } from "./pager.js";
import { drawRail, mountRail } from "./rail.js";
import { read } from "./reading.js";
import { drawLine, drawRest, drawResult, markLine, mountResult, nextDoubt } from "./result.js";
import { openShortcuts } from "./shortcuts.js";
import { mountHeader } from "../shared/header.js";
import { drawBar, fit, markBox, mountViewer, reveal, showPage, zoom } from "./viewer.js";
import { drawWelcome } from "./welcome.js";

addWords(WORDS);
const intake = openIntake(take);
const again = () => read([desk.current]);

async function take(files) {
  const kinds = await Promise.all(files.map(kindOf));
  const documents = files.map((file, at) => newDocument(file, kinds[at]));
  add(documents);
  read(documents);
  say(t("said.reading", { name: documents.map((one) => one.name).join(", ") }));
}

function options() {
  chooseOptions(desk.current?.file ? again : null);
}

function say(text) {
  find("#spoken").textContent = text;
}

function drawState() {
  const isEmpty = desk.documents.length === 0;
  const main = find("#main");
  if (isEmpty && main.dataset.state !== "empty") drawWelcome(find("#welcome"), intake, take, options);
  main.dataset.state = isEmpty ? "empty" : "work";
  find("#welcome").hidden = !isEmpty;
  find("#work").hidden = isEmpty;
}

function drawAll() {
  document.title = `${t("desk.title")} · ${t("site.name")}`;
  drawWelcome(find("#welcome"), intake, take, options);
  drawRail();
  drawBar(find("#viewer"));
  drawPager();
  find("#result .sureness").replaceChildren();
  drawResult({ anew: true });
}

function ended(one) {
  if (one.state === "failed") {
    const error = one.error ?? one.pages[0].error;
    say(t("said.failed", { name: one.name, why: error.title ?? error.message }));
  } else {
    const doubts = one.pages.reduce((sum, page) => sum + doubtsOf(page), 0);
    say(t("said.done", { name: one.name, lines: lineCount(one), doubts }));
  }
  remember(one);
}

on("documents", () => { drawState(); drawRail(); drawPager(); drawRest(); });
on("page", () => { closeAlternatives(); drawPager(); drawResult(); showPage(); });
on("line", drawLine);
on("corrected", remember);
on("ended", ended);
on("mark", ({ number, char = null, from, chosen }) => {
  markLine(number, { from, chosen });
  markBox(number, char === null ? null : spanOf(currentPage().lines[number], char));
  if (from === "lines" && number !== null) reveal(number);
});
onLanguage(drawAll);

mountHeader(find(".site"), "desk");
mountRail(find("#rail"), { choose: intake.choose, openHistory });
mountViewer(find("#viewer"), pager());
mountResult(find("#result"), options);
openShortcuts({
  o: intake.choose, n: nextDoubt, "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4),
  0: fit, "[": () => turn(-1), "]": () => turn(1),
});
drawAll();
translate();
