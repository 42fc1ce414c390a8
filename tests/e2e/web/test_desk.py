"""The reading desk in a real browser, before the real service."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import openpyxl
import pypdfium2
import pytest

from crnn.evaluate.labelled_set import labelled
from tests.bench.service.served import served
from tests.conftest import ROOT, drawn, png
from tests.fixtures.browser import PHONE, chromium, faults
from tests.fixtures.papers import pdf, sheet

GOLDEN = list(labelled(ROOT / "tests" / "golden" / "lines"))
SAMPLE = (ROOT / "service" / "web" / "desk" / "sample.jpg").read_bytes()
FILES = "[data-intake=files]"
WAIT_MS = 90_000
MAX_BODY_BYTES = 3_000_000
FORMS_SENT = """() => {
  const ask = window.fetch;
  window.sent = [];
  window.fetch = (url, how) => {
    if (how?.body instanceof FormData) window.sent.push(how.body);
    return ask(url, how);
  };
}"""
KEPT = """() => new Promise((resolve) => {
  const opening = indexedDB.open("crnn-ocr", 1);
  opening.onsuccess = () => {
    const asking = opening.result.transaction("desk").objectStore("desk").count();
    asking.onsuccess = () => { opening.result.close(); resolve(asking.result === 1); };
  };
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def url(browser: Any) -> Iterator[str]:
    with served(OCR_THREADS="1", OCR_MAX_BODY_BYTES=str(MAX_BODY_BYTES)) as found:
        yield found.url
        assert "Traceback" not in found.output, found.output[-3000:]


@pytest.fixture
def desk(browser: Any, url: str) -> Iterator[Callable[..., Any]]:
    """Opens the desk; at the end no script failed and nobody but the server was asked."""
    contexts, asked, wrong = [], [], []

    def opened(**options: Any) -> Any:
        context = browser.new_context(**{"locale": "zh-CN"} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Policy" in said.text else None)
        page.goto(url)
        page.locator(".zone button").first.wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
    hosts = {urlsplit(one).netloc for one in asked if one.startswith(("http", "ws"))}
    assert hosts == {urlsplit(url).netloc}


def put(page: Any, *files: bytes, names: tuple[str, ...] = ("a.png",)) -> None:
    """Files chosen in the dialog of the browser."""
    told = zip(names, files, strict=True)
    sent = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in told]
    page.set_input_files(FILES, sent)


def texts(page: Any) -> list[str]:
    """The lines on the desk, once they are there."""
    page.locator(".lines").wait_for()
    return [one.replace("\u00a0", " ") for one in page.locator(".words").all_text_contents()]


def fake_feedback(page: Any) -> list[dict[str, Any]]:
    """A feedback route as the contract has it; what it was sent is kept here."""
    kept: list[dict[str, Any]] = []

    def answer(route: Any) -> None:
        if route.request.method == "DELETE":
            kept[:] = [one for one in kept if one["id"] not in route.request.url]
            route.fulfill(status=204)
            return
        told = route.request.post_data_json | {"id": f"feedback-{len(kept)}"}
        kept.append(told)
        told = {"id": told["id"], "created_at": "2026-11-21T00:00:00Z"}
        told["kept_image"] = kept[-1]["keep_image"]
        route.fulfill(status=201, json=told)

    page.route("**/v1/feedback*", answer)
    page.route("**/v1/feedback/*", answer)
    return kept


def saved(page: Any, kind: str) -> bytes:
    """A file that the desk gives to be saved."""
    page.locator(".result-bar .button").last.click()
    with page.expect_download() as found:
        page.click(f"[data-format={kind}]")
    return found.value.path().read_bytes()


@pytest.mark.parametrize("number", [2, 4])
def test_a_line_is_read(desk, number):
    path, truth = GOLDEN[number]
    page = desk()
    put(page, path.read_bytes())
    assert ["".join(one.split()) for one in texts(page)] == ["".join(truth.split())]


def test_lines_and_boxes_point_at_each_other(desk):
    page = desk()
    put(page, SAMPLE)
    lines = texts(page)
    assert "费用报销单" in lines
    number = lines.index("1,234.50")
    page.hover(f"[data-line='{number}'] .words")
    marked = page.locator(".line-box.marked")
    assert marked.count() == 1
    assert page.locator(".line-box").nth(number).get_attribute("class") == "line-box marked"
    page.locator(".line-box").first.click()
    assert page.evaluate("document.activeElement.closest('[data-line]').dataset.line") == "0"
    left = page.locator(".line-box").first.bounding_box()
    picture = page.locator(".layer").bounding_box()
    assert picture["x"] < left["x"] < picture["x"] + picture["width"]


def test_zooming_keeps_the_boxes_on_their_lines(desk):
    page = desk()
    put(page, SAMPLE)
    texts(page)
    before, frame = (
        page.locator(".line-box").first.bounding_box(),
        page.locator(".layer").bounding_box(),
    )
    page.keyboard.press("+")
    after, wider = (
        page.locator(".line-box").first.bounding_box(),
        page.locator(".layer").bounding_box(),
    )
    assert wider["width"] == pytest.approx(1.4 * frame["width"], rel=0.01)
    place = (before["x"] - frame["x"]) / frame["width"]
    assert (after["x"] - wider["x"]) / wider["width"] == pytest.approx(place, abs=0.005)
    page.keyboard.press("0")
    assert page.locator(".layer").bounding_box()["width"] == pytest.approx(frame["width"], rel=0.01)


def test_another_reading_of_a_character_is_chosen_and_sent_without_a_picture(desk):
    page = desk()
    kept = fake_feedback(page)
    put(page, SAMPLE)
    before = texts(page)
    page.locator("#threshold").fill("95")
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    other = page.locator("button.choice").first
    chosen = other.locator(".other").text_content()
    other.click()
    page.locator(".badge.good", has_text="更正已送出").wait_for()
    (told,) = kept
    number = told["line"]
    assert told["text"] == before[number]
    assert told["corrected"] == texts(page)[number] != before[number]
    assert chosen in told["corrected"]
    assert told["source"] == "desk" and told["model"] == "zh" and len(told["request_id"]) == 32
    assert told["keep_image"] is False and "image" not in told


def test_a_line_is_written_anew_and_goes_with_its_picture_where_the_person_agrees(desk):
    page = desk()
    kept = fake_feedback(page)
    put(page, SAMPLE)
    number = texts(page).index("79.80")
    page.check("#consent")
    for text in ("79.90", "79.81"):
        page.dblclick(f"[data-line='{number}'] .words")
        page.fill(f"[data-line='{number}'] input", text)
        page.keyboard.press("Enter")
        page.locator(f"[data-line='{number}'] .badge.good", has_text="更正和图片").wait_for()
    (told,) = kept  # the second took the place of the first
    assert told["corrected"] == "79.81" and told["keep_image"] is True
    crop = cv2.imdecode(np.frombuffer(base64.b64decode(told["image"]), np.uint8), 0)
    assert crop.shape[0] < 60 and 40 < crop.shape[1] < 160 and crop.min() < 90
    assert "79.81" in saved(page, "txt").decode().splitlines()
    page.click(f"[data-line='{number}'] .status .button")
    page.wait_for_function("() => !document.querySelector('.status')")
    assert kept == [] and texts(page)[number] == "79.80"


def test_what_was_read_and_corrected_is_saved_in_the_formats_of_offices(desk):
    page = desk()
    fake_feedback(page)
    put(page, GOLDEN[2][0].read_bytes(), names=("收据.png",))
    texts(page)
    page.dblclick(".words")
    page.fill(".words input", "=2026 已核")
    page.keyboard.press("Enter")
    page.locator(".line.corrected").wait_for()
    rows = list(openpyxl.load_workbook(io.BytesIO(saved(page, "xlsx"))).active.values)
    assert rows[1][:4] == ("收据.png", 1, 1, "=2026 已核")
    document = pypdfium2.PdfDocument(saved(page, "pdf"))
    assert "已核" in document[0].get_textpage().get_text_range()
    assert "'=2026 已核" in saved(page, "csv").decode("utf-8-sig")


def test_pages_of_a_document_come_one_by_one_and_the_rest_can_be_cancelled(desk):
    page = desk()
    put(page, pdf(*[sheet(f"8451{n}33") for n in range(9)]), names=("a.pdf",))
    assert texts(page) == ["8451033"]
    page.locator(".layer img[src^=blob]").wait_for()
    page.click(".rest .button")
    page.locator(".documents .far", has_text="已取消").wait_for()
    for _ in range(8):
        page.keyboard.press("]")
    page.locator(".pager", has_text="9 / 9").wait_for()
    page.locator(".state", has_text="已取消").wait_for()


def test_a_document_is_read_to_its_end(desk):
    page = desk()
    put(page, pdf(sheet("2001"), sheet("2002")), names=("b.pdf",))
    page.locator(".far", has_text="2 页 · 2 行").wait_for()
    page.keyboard.press("]")
    assert texts(page) == ["2002"]
    assert saved(page, "txt").decode() == "2001\n\f2002\n"


def test_the_strips_that_the_network_sees_are_shown(desk):
    page = desk()
    put(page, SAMPLE)
    lines = texts(page)
    page.click(".viewer-bar [aria-pressed]")
    page.locator(".seen img").first.wait_for()
    assert page.locator(".seen img").count() == len(lines)
    assert page.locator(".seen img").first.evaluate("image => image.naturalHeight") == 48
    assert page.locator(".seen figcaption").first.text_content() == lines[0]


def test_errors_say_what_happened_and_can_be_tried_again(desk):
    page = desk()
    put(page, b"hello", names=("a.txt",))
    notice = page.locator(".result .notice")
    notice.locator("text=不是可以识别的图片或文档").wait_for()
    noise = np.random.default_rng(1).integers(0, 255, (2000, 2000), np.uint8)
    put(page, png(noise), names=("big.png",))
    page.locator("[data-id]", has_text="big.png").locator(".open").click()
    notice.locator("text=文件太大").wait_for()
    assert str(MAX_BODY_BYTES) in notice.text_content()


def test_a_busy_server_is_asked_again_after_as_long_as_it_says(desk):
    page = desk()
    answers = iter([429, 429, 0])

    def busy(route: Any) -> None:
        if not next(answers):
            route.fallback()
            return
        told = {"status": 429, "title": "Too Many Requests", "detail": "full", "request_id": "1"}
        route.fulfill(status=429, json=told, headers={"Retry-After": "1"})

    page.route("**/v1/read", busy)
    put(page, png(drawn("2026-11-21")))
    page.locator(".far", has_text="秒后重试").wait_for()
    assert texts(page) == ["2026-11-21"]


def test_a_server_that_is_gone_is_told_and_found_again(desk):
    page = desk()
    page.context.set_offline(True)
    put(page, png(drawn("2026-11-21")))
    page.locator(".notice", has_text="连不上服务器").wait_for()
    page.context.set_offline(False)
    page.click(".notice .button")
    assert texts(page) == ["2026-11-21"]


def test_a_key_is_asked_for_where_the_server_wants_one_and_kept_for_the_tab(desk):
    page = desk()
    refused = {"status": 401, "title": "Unauthorized", "detail": "no key", "request_id": "1"}

    def guard(route: Any) -> None:
        if route.request.headers.get("x-api-key") == "k-1":
            route.fallback()
        else:
            route.fulfill(status=401, json=refused)

    page.route("**/v1/**", guard)
    put(page, png(drawn("2026-11-21")))
    page.fill("#api-key", "k-1")
    page.keyboard.press("Enter")
    assert texts(page) == ["2026-11-21"]
    assert page.evaluate("[sessionStorage['crnn-ocr.key'], localStorage['crnn-ocr.key']]") == [
        "k-1", None,
    ]  # fmt: skip


def test_options_go_with_the_request(desk):
    page = desk()
    put(page, png(drawn("2026-11-21")))
    texts(page)
    page.click(".result-bar .quiet")
    page.select_option("#option-decode", "lexicon")
    page.fill("#option-entries", "2026-11-27\n1999-01-01")
    page.select_option("#option-effort", "thorough")
    page.evaluate(FORMS_SENT)
    page.click("dialog .main")
    page.locator(".line .badge.warn").wait_for()
    assert texts(page) == ["2026-11-21"], (
        "an entry that is not on the paper is not put in its place"
    )
    assert page.evaluate("sent.map((form) => form.get('effort'))") == ["thorough"]


def test_a_form_is_read_with_its_template(desk, url):
    docs = ROOT / "docs" / "forms"
    page = desk()
    blank = {
        "name": "blank.png",
        "mimeType": "image/png",
        "buffer": (docs / "blank.png").read_bytes(),
    }
    made = page.request.put(f"{url}/v1/templates/claim", multipart={"blank": blank})
    assert made.ok, made.text()
    put(page, (docs / "wrong-1.jpg").read_bytes(), names=("wrong-1.jpg",))
    texts(page)
    page.click(".result-bar .quiet")
    page.select_option("#option-template", "claim")
    assert page.locator("#option-decode").is_hidden()
    page.click("dialog .main")
    page.locator(".field-name", has_text="报销日期").wait_for()
    found = dict(zip(page.locator(".field-name").all_text_contents(), texts(page), strict=False))
    assert found["报销日期"] == "2026年13月48日"
    assert found["合计小写"] == "2375.50"
    marked = page.locator(".line", has_text="报销日期").locator(".badge.warn")
    assert marked.inner_text() == "与类型不符"
    assert page.locator(".line", has_text="合计小写").locator(".badge").count() == 0
    page.request.delete(f"{url}/v1/templates/claim")


def test_history_brings_a_reading_back_and_can_be_cleared(desk):
    page = desk()
    put(page, png(drawn("2026-11-21")), names=("昨天.png",))
    texts(page)
    page.wait_for_function(KEPT)
    page.reload()
    page.locator(".recent .open", has_text="昨天.png").click()
    assert texts(page) == ["2026-11-21"]
    page.locator(".layer img[src^=blob]").wait_for()
    page.on("dialog", lambda asked: asked.accept())
    page.click(".rail-tools .only-icon")
    page.click("dialog .danger")
    page.locator("dialog .kept", has_text="还没有历史").wait_for()
    page.reload()
    page.locator(".zone button").first.wait_for()
    assert page.locator(".recent .open").count() == 0


def test_a_phone_shows_it_all_in_its_width_and_is_touched(desk):
    page = desk(**PHONE)
    put(page, SAMPLE)
    texts(page)
    page.locator("[data-line='0'] .char").first.tap()
    box = page.locator(".alternatives").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    page.keyboard.press("Escape")
    assert faults(page) == []


def test_the_keyboard_alone_reaches_everything(desk):
    page = desk(locale="en-GB")
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert seen[0] == "Skip to the content"
    assert {"Choose files", "Take a photo", "Paste", "Try a sample", "Options"} <= set(seen)
    page.get_by_role("button", name="Try a sample").focus()
    page.keyboard.press("Enter")
    lines = texts(page)
    first = lines[0]
    page.locator("[data-char]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".alternatives").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == first[1]
    assert f"is read: {len(lines)} lines" in page.locator("#spoken").text_content()


def test_dark_mode_follows_the_system_until_a_theme_is_chosen(desk):
    page = desk(color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.click("[data-tool=theme]")
    light = page.evaluate(paper)
    assert dark != light
    page.reload()
    page.locator("[data-tool=theme]").wait_for()
    assert page.evaluate(paper) == light
    page.click("[data-tool=theme]")
    assert page.evaluate(paper) == dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(desk, scheme):
    page = desk(color_scheme=scheme)
    assert faults(page) == []
    put(page, SAMPLE, b"hello", names=("a.jpg", "b.txt"))
    texts(page)
    page.locator(".far .bad").wait_for()
    assert faults(page) == []
    page.click(".result-bar .quiet")
    page.locator("dialog[open]").wait_for()
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.locator("[data-char]").first.click()
    page.locator(".alternatives").wait_for()
    assert faults(page) == []
