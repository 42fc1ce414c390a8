"""The example page of docs/embedding.md, on another origin than the service, in a real browser."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from service.routes.operation.web import web_files
from tests.bench.service.served import served
from tests.conftest import ROOT, png
from tests.conftest import drawn as typed
from tests.fixtures.browser import chromium, faults, replay
from tests.fixtures.pen_tracks import drawn

EXAMPLE = ROOT / "docs" / "embedding" / "expenses.html"
SERVICE = "http://127.0.0.1:8000"
"""Where the example takes the service to be."""

GIVE = """(field, [bytes, kind]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "a.png", { type: "image/png" }));
  const options = { clipboardData: data, dataTransfer: data, cancelable: true };
  const event = kind === "paste" ? new ClipboardEvent("paste", options)
    : new DragEvent("drop", options);
  field.dispatchEvent(event);
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, without a word."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def places(browser: Any, tmp_path_factory: Any) -> Iterator[tuple[str, str]]:
    """Addresses of the service and of the example, which is served from elsewhere."""
    folder = tmp_path_factory.mktemp("office")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as office:
        origin = f"http://127.0.0.1:{office.server_address[1]}"
        threading.Thread(target=office.serve_forever, daemon=True).start()
        allowed = {"OCR_CORS_ORIGINS": origin, "OCR_EMBED_ORIGINS": origin}
        with served(OCR_THREADS="1", OCR_LANGUAGE="", **allowed) as found:
            text = EXAMPLE.read_text("utf-8")
            assert SERVICE in text
            (folder / "expenses.html").write_text(text.replace(SERVICE, found.url), "utf-8")
            yield found.url, f"{origin}/expenses.html"
        office.shutdown()


@pytest.fixture
def office(browser: Any, places: tuple[str, str]) -> Iterator[Any]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1000, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(places[1])
    page.get_by_role("button", name="识别图片").first.wait_for()
    yield page
    context.close()
    assert wrong == []


def test_a_field_is_read_from_a_file_and_filled_once_a_person_says_so(office):
    with office.expect_file_chooser() as chosen:
        office.get_by_role("button", name="识别图片").first.click()
    picture = png(typed("2026-11-20"))
    chosen.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": picture})
    use = office.get_by_role("button", name="填入")
    use.wait_for(timeout=20_000)
    assert office.locator("#date").input_value() == ""
    assert "%" in office.locator("dialog [role=status]").inner_text()
    assert faults(office) == []
    use.click()
    assert office.locator("#date").input_value() == "2026-11-20"
    assert office.locator("#seen").inner_text().startswith("date: 2026-11-20")


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_field_takes_what_is_pasted_or_dropped_and_keeps_to_its_grammar(office, kind):
    field = office.locator("#code")
    field.evaluate(GIVE, [list(png(typed("AB-1234"))), kind])
    field_of_answer = office.get_by_label("识别结果").get_by_role("textbox")
    field_of_answer.wait_for(timeout=20_000)
    field_of_answer.fill("AB-9999")
    office.get_by_role("button", name="填入").click()
    assert field.input_value() == "AB-9999"


def test_what_is_not_of_the_field_is_not_offered_and_the_dialog_says_why(office):
    field = office.locator("#code")
    field.evaluate(GIVE, [list(png(typed("No code at all"))), "paste"])
    office.locator("dialog .bad", has_text="未填入").wait_for(timeout=20_000)
    assert "code at all" in office.locator("dialog output").inner_text()
    assert office.get_by_role("button", name="填入").count() == 0
    assert office.get_by_label("识别结果").get_by_role("textbox").count() == 0
    assert faults(office) == []
    office.get_by_role("button", name="取消").click()
    assert field.input_value() == ""


def test_what_was_changed_to_fit_the_field_is_shown_beside_what_was_read(office):
    field = {"type": "expression", "valid": True, "status": "corrected", "read": "A8-1234",
             "value": {}, "reasons": [], "proposal": None}  # fmt: skip
    line = {"text": "AB-1234", "free_text": "A8-1234", "rejected": False, "field": field}
    told = ANSWER | {"text": "AB-1234", "confidence": 0.97, "lines": [line]}
    office.route("**/ocr", lambda route: route.fulfill(json=told, headers=OPEN))
    code = office.locator("#code")
    code.evaluate("field => { field.dataset.ocrConfirm = 'doubtful'; }")
    code.evaluate(GIVE, [list(png(typed("x"))), "paste"])
    office.locator("dialog [role=status]", has_text="A8-1234").wait_for(timeout=20_000)
    assert code.input_value() == ""
    office.get_by_role("button", name="填入").click()
    assert code.input_value() == "AB-1234"


def test_what_a_person_puts_right_goes_to_feedback_where_the_field_says_so(office, places):
    sent = []

    def take(route: Any) -> None:
        if route.request.method == "POST":
            sent.append(json.loads(route.request.post_data))
        route.fulfill(status=201, json={"id": "f"}, headers={"Access-Control-Allow-Origin": "*"})

    office.route("**/v1/feedback", take)
    office.route("**/ocr", lambda route: route.fulfill(json=ANSWER, headers=OPEN))
    office.locator("#motto").evaluate(GIVE, [list(png(typed("x"))), "paste"])
    office.get_by_label("识别结果").get_by_role("textbox").fill("出差")
    office.get_by_role("button", name="填入").click()
    assert office.locator("#motto").input_value() == "出差"
    office.wait_for_timeout(200)
    (told,) = sent
    assert (told["source"], told["text"], told["corrected"]) == ("form", "出羌", "出差")
    assert "image" not in told


def test_a_fault_is_told_and_the_field_stays_as_it_was(office):
    office.locator("#date").fill("before")
    office.locator("#date").evaluate(GIVE, [[1, 2, 3], "paste"])
    office.locator("dialog .bad", has_text="识别失败").wait_for(timeout=20_000)
    office.get_by_role("button", name="取消").click()
    assert office.locator("#date").input_value() == "before"


def test_a_sum_is_written_on_the_board_in_a_frame(office, places):
    office.get_by_role("button", name="手写").click()
    frame = next(one for one in _frames(office) if one.url.startswith(f"{places[0]}/board"))
    frame.locator("#clear button").wait_for(timeout=20_000)
    assert frame.locator(".site").is_hidden()
    replay(frame, drawn("47", np.random.default_rng(5), height=130, left=60, top=60))
    frame.locator("#answer:not(.stale) #text").wait_for(timeout=20_000)
    frame.locator("[data-act=use]").click()
    office.locator("dialog").wait_for(state="detached")
    assert office.locator("#amount").input_value() == "47"


def test_only_named_sites_may_frame_and_only_with_embed(places):
    url, office = places
    origin = office.rsplit("/", 1)[0]
    framed = httpx.get(f"{url}/board?embed=1")
    assert f"frame-ancestors 'self' {origin};" in framed.headers["content-security-policy"] + ";"
    assert "x-frame-options" not in framed.headers
    for path in ("/board", "/board?embed=0", "/"):
        plain = httpx.get(url + path)
        assert "frame-ancestors 'none'" in plain.headers["content-security-policy"]
        assert plain.headers["x-frame-options"] == "DENY"


def test_a_result_from_anywhere_else_fills_no_field(office, places):
    office.get_by_role("button", name="手写").click()
    message = '{"type": "crnn-ocr", "text": "forged"}'
    office.evaluate(f"window.postMessage({message}, '*')")
    office.wait_for_timeout(300)
    assert office.locator("#amount").input_value() == ""


def test_the_script_may_be_loaded_from_anywhere_and_is_short(places):
    answer = httpx.get(f"{places[0]}/embed.js")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text.count("\n") < 300
    assert answer.content == web_files()["embed/embed.js"].content


OPEN = {"Access-Control-Allow-Origin": "*"}
ANSWER = {
    "success": True, "text": "出羌", "confidence": 0.4, "time_used_ms": 1, "lines": [],
    "mode": "line", "model": "zh", "request_id": "r7",
}  # fmt: skip


def _frames(page: Any) -> list[Any]:
    page.locator("iframe").wait_for()
    page.wait_for_timeout(500)
    return list(page.frames)
