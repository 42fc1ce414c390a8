// "Read this image" for any field of any page: one script, nothing else. See docs/embedding.md.
(() => {
  const script = document.currentScript;
  const ROOT = new URL(".", script.src);
  const KEY = script.dataset.key ?? "";
  const LANGUAGE = script.dataset.lang ?? (document.documentElement.lang || navigator.language);
  const SURE = 0.9;
  const WORDS = LANGUAGE.toLowerCase().startsWith("zh")
    ? { read: "识别图片", draw: "手写", drop: "把图片拖到这里，或粘贴", reading: "正在识别…", use: "填入", cancel: "取消",
      sure: "把握", check: "请核对", text: "识别结果", none: "没有认出文字", fault: "识别失败", board: "手写板",
      refused: "不是这一栏要填的内容，未填入", readAs: "读到的是", changed: "按要求的格式改过，请核对；原读作" }
    : { read: "Read an image", draw: "Write by hand", drop: "Drop an image here, or paste", reading: "Reading…", use: "Fill in",
      cancel: "Cancel", sure: "sure", check: "please check", text: "What was read", none: "No text found",
      fault: "Not read", board: "Drawing board", refused: "This is not what the field asks for; nothing is filled in",
      readAs: "It says", changed: "Changed to fit the field, please check; it was read as" };
  const STYLE = `
    :host { display: inline-block; font: 14px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; color-scheme: light dark;
      --ink: light-dark(#1a2130, #e8ebf1); --paper: light-dark(#fff, #181c25); --line: light-dark(#c3cbd8, #4a5468);
      --accent: light-dark(#1f57c3, #86aeff); --on: light-dark(#fff, #0b1733);
      --good: light-dark(#12724a, #6fd3a3); --warn: light-dark(#8a5300, #ffc768); --bad: light-dark(#b3261e, #ff9d94); }
    button { font: inherit; min-height: 32px; padding: 2px 12px; border: 1px solid var(--line); border-radius: 7px;
      background: var(--paper); color: var(--ink); cursor: pointer; }
    button.main { background: var(--accent); border-color: var(--accent); color: var(--on); }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .tools { display: inline-flex; gap: 6px; margin-inline-start: 6px; vertical-align: middle; }
    dialog { position: fixed; box-sizing: border-box; width: min(420px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); padding: 16px;
      border: 1px solid var(--line); border-radius: 12px; background: var(--paper); color: var(--ink); box-shadow: 0 12px 40px #0005; }
    dialog.board { width: min(900px, calc(100vw - 24px)); padding: 8px; }
    dialog::backdrop { background: #0007; }
    iframe { display: block; width: 100%; height: min(640px, 70dvh); border: 0; margin-bottom: 8px; }
    form { display: grid; gap: 12px; margin: 0; }
    img { max-width: 100%; max-height: 160px; justify-self: center; background: #fff; border: 1px solid var(--line); }
    label { display: grid; gap: 4px; }
    input { box-sizing: border-box; width: 100%; font: inherit; font-size: 16px; padding: 5px 8px; border: 1px solid var(--line); border-radius: 7px;
      background: var(--paper); color: var(--ink); }
    p { margin: 0; } .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
    .row { display: flex; gap: 8px; justify-content: flex-end; }`;

  // An element with text, never markup: what was read comes from a picture that anyone may have made.
  const make = (tag, values = {}, ...children) => {
    const found = Object.assign(document.createElement(tag), values);
    found.append(...children);
    return found;
  };

  const wishes = (field) => {
    const asked = { mode: field.dataset.ocrMode ?? "line" };
    const { ocrGrammar: grammar, ocrType: type, ocrLexicon: lexicon, ocrLexiconMode: way } = field.dataset;
    if (grammar || type) asked.grammar = grammar?.startsWith("{") ? JSON.parse(grammar) : grammar ?? type;
    else if (lexicon) asked.lexicon = lexicon;
    if (way && asked.lexicon) asked.lexicon_mode = way;
    return asked;
  };

  const headers = () => (KEY ? { "X-API-Key": KEY } : {});

  async function ask(file, field) {
    const form = new FormData();
    for (const [name, value] of Object.entries(wishes(field))) {
      form.append(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    form.append("file", file);
    const answer = await fetch(new URL("ocr", ROOT), { method: "POST", body: form, headers: headers() });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.detail ?? `${answer.status} ${answer.statusText}`);
    return told;
  }

  function dialogOf(host, kind, ...children) {
    const dialog = make("dialog", { className: kind }, ...children);
    dialog.addEventListener("close", () => dialog.remove());
    host.shadowRoot.append(dialog);
    dialog.showModal();
    return dialog;
  }

  // The first line that does not say what the field asks for, and the first that was changed to.
  const refusedOf = (told) => told.lines.find(({ rejected, field }) => rejected || (field && !field.valid));
  const changedOf = (told) => told.lines.find(({ field }) => field?.status === "corrected");

  // Show what was read beside its picture; the field changes only once the person says so.
  async function read(host, field, file) {
    const address = URL.createObjectURL(file);
    const status = make("p", { role: "status", textContent: WORDS.reading });
    const rest = make("div");
    const form = make("form", { method: "dialog" }, make("img", { src: address, alt: "" }), status, rest);
    const dialog = dialogOf(host, "", form);
    dialog.ariaLabel = WORDS.text;
    dialog.addEventListener("close", () => URL.revokeObjectURL(address));
    const cancel = make("button", { type: "button", textContent: WORDS.cancel, onclick: () => dialog.close() });
    rest.replaceChildren(make("div", { className: "row" }, cancel));
    try {
      const told = await ask(file, field);
      if (!dialog.open) return;
      if (refusedOf(told)) {
        refuse({ form, status, cancel }, refusedOf(told));
        return;
      }
      const isSure = told.text && told.confidence >= SURE && !changedOf(told);
      if (field.dataset.ocrConfirm === "doubtful" && isSure) {
        dialog.close();
        fill(field, told.text, told);
        return;
      }
      confirm(dialog, { form, status, cancel }, field, told);
    } catch (error) {
      status.className = "bad";
      status.textContent = `${WORDS.fault}: ${error.message}`;
    }
  }

  // Nothing is offered: what was read, and why it is not of the field.
  function refuse({ form, status, cancel }, { free_text: said, field }) {
    status.className = "bad";
    status.textContent = said ? WORDS.refused : WORDS.none;
    const told = said ? [make("p", {}, `${WORDS.readAs}: `, make("output", { textContent: said }))] : [];
    const reasons = (field?.reasons ?? []).map((reason) => make("p", { className: "warn", textContent: reason }));
    form.lastChild.replaceChildren(...told, ...reasons, make("div", { className: "row" }, cancel));
    cancel.focus();
  }

  function confirm(dialog, { form, status, cancel }, field, told) {
    const changed = changedOf(told);
    const isSure = told.text && told.confidence >= SURE && !changed;
    status.className = isSure ? "good" : "warn";
    const share = `${Math.round(100 * told.confidence)}% ${WORDS.sure}`;
    status.textContent = !told.text ? WORDS.none : isSure ? share
      : changed ? `${WORDS.changed} ${changed.free_text}` : `${share} · ${WORDS.check}`;
    const input = make("input", { value: told.text.replaceAll("\n", " "), autocomplete: "off" });
    const use = make("button", { className: "main", textContent: WORDS.use });
    form.lastChild.replaceChildren(make("label", {}, WORDS.text, input));
    form.append(make("div", { className: "row" }, cancel, use));
    form.addEventListener("submit", () => {
      if (input.value !== told.text && field.dataset.ocrFeedback !== undefined) correct(told, input.value);
      fill(field, input.value, told);
    });
    input.focus();
  }

  // What a person put right, without its picture. It is no matter to them where that fails.
  function correct({ text, request_id, model }, corrected) {
    const body = JSON.stringify({ request_id, model, source: "form", text, corrected, line: 0 });
    const sent = { "Content-Type": "application/json", ...headers() };
    fetch(new URL("v1/feedback", ROOT), { method: "POST", body, headers: sent }).catch(() => {});
  }

  function fill(field, text, { confidence, request_id: requestId = null }) {
    field.value = text;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    field.dispatchEvent(new CustomEvent("ocr-read", { bubbles: true, detail: { text, confidence, requestId } }));
    field.focus();
  }

  // The drawing board in a frame; its results are taken from this service's origin only.
  function draw(host, field) {
    const place = new URL("board", ROOT);
    const reads = field.dataset.ocrDraw || "digits";
    place.search = new URLSearchParams({ embed: "1", origin: location.origin, reads });
    const frame = make("iframe", { src: place, title: WORDS.board });
    const cancel = make("button", { type: "button", textContent: WORDS.cancel, onclick: () => dialog.close() });
    const dialog = dialogOf(host, "board", frame, make("div", { className: "row" }, cancel));
    const take = (event) => {
      if (event.origin !== ROOT.origin || event.source !== frame.contentWindow || event.data?.type !== "crnn-ocr") return;
      if (event.data.ready && KEY) event.source.postMessage({ type: "crnn-ocr", key: KEY }, ROOT.origin);
      if (typeof event.data.text !== "string") return;
      dialog.close();
      fill(field, event.data.text, event.data);
    };
    window.addEventListener("message", take);
    dialog.addEventListener("close", () => window.removeEventListener("message", take));
  }

  const imageIn = (data) => [...(data?.files ?? [])].find(({ type }) => type.startsWith("image/"));

  function attach(field) {
    if (field.dataset.ocrReady !== undefined) return;
    field.dataset.ocrReady = "";
    const host = make("span", { className: "crnn-ocr" });
    const sheet = new CSSStyleSheet(); // not a style element, which the page's own policy may forbid
    sheet.replaceSync(STYLE);
    host.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    const picker = make("input", { type: "file", accept: "image/*", hidden: true, ariaLabel: WORDS.read });
    picker.addEventListener("change", () => {
      if (picker.files[0]) read(host, field, picker.files[0]);
      picker.value = "";
    });
    const tools = make("span", { className: "tools" }, picker);
    tools.append(make("button", { type: "button", textContent: WORDS.read, title: WORDS.drop, onclick: () => picker.click() }));
    if (field.dataset.ocrDraw !== undefined) {
      tools.append(make("button", { type: "button", textContent: WORDS.draw, onclick: () => draw(host, field) }));
    }
    host.shadowRoot.append(tools);
    field.after(host);
    field.addEventListener("paste", (event) => taken(event, event.clipboardData));
    field.addEventListener("dragover", (event) => event.preventDefault());
    field.addEventListener("drop", (event) => taken(event, event.dataTransfer));
    function taken(event, data) {
      const file = imageIn(data);
      if (!file) return;
      event.preventDefault();
      read(host, field, file);
    }
  }

  const attachAll = () => document.querySelectorAll("[data-ocr]").forEach(attach);
  const start = () => {
    attachAll();
    new MutationObserver(attachAll).observe(document.body, { childList: true, subtree: true });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
