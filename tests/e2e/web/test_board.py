"""The drawing board in a real browser, before the real service."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from tests.bench.service.served import served
from tests.fixtures.browser import PHONE, chromium, faults, replay, touch, write
from tests.fixtures.pen_tracks import Track, drawn

TEXT = "#answer:not(.stale) #text"
WAIT_MS = 20_000
SIZES = (40, 80, 140, 220, 300)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def url(browser: Any) -> Iterator[str]:
    with served(OCR_THREADS="1") as found:
        yield found.url
        assert "Traceback" not in found.output, found.output[-3000:]


@pytest.fixture
def opened(browser: Any, url: str) -> Iterator[Any]:
    """Opens the board in a context of its own; at the end nothing foreign was asked for."""
    contexts, asked, wrong = [], [], []

    def board(query: str = "", *, stream: bool = True, **options: Any) -> Any:
        context = browser.new_context(**{"locale": "en-GB"} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        if not stream:
            page.add_init_script(
                "window.WebSocket = class { constructor() { throw Error('no'); } }"
            )
        page.goto(f"{url}/board{query}")
        page.locator("#clear button").wait_for()
        return page

    yield board
    for context in contexts:
        context.close()
    hosts = {urlsplit(one).netloc for one in asked if one.startswith(("http", "ws"))}
    assert hosts <= {urlsplit(url).netloc}
    assert wrong == []


def reading(page: Any) -> str:
    """What the board shows once it is up to date."""
    found = page.locator(TEXT)
    found.wait_for(timeout=WAIT_MS)
    return str(found.inner_text())


def hand(text: str, seed: int, *, height: float, left: float, top: float) -> list[Track]:
    return drawn(text, np.random.default_rng(seed), height=height, left=left, top=top)


def test_a_hundred_digits_of_every_size_and_place_are_read(opened):
    page = opened(viewport={"width": 1280, "height": 860})
    box = page.locator("#paper").bounding_box()
    rng = np.random.default_rng(2026)
    wrong = []
    for number in range(100):
        digit, size = str(number % 10), SIZES[number // 10 % len(SIZES)] * rng.uniform(0.85, 1.15)
        tracks = drawn(digit, rng, height=size, left=0, top=0)
        inked = np.array([point for track in tracks for point in track])
        low, room = inked.min(0), (box["width"], box["height"]) - np.ptp(inked, 0) - 8
        shift = 4 - low + rng.uniform(0, 1, 2) * np.maximum(room, 0)
        replay(page, [(np.array(track) + shift).tolist() for track in tracks])
        found = reading(page)
        if found != digit:
            wrong.append((number, digit, found))
        page.keyboard.press("Delete")
    assert len(wrong) <= 2, wrong


def test_phone_numbers_are_read(opened):
    page = opened(viewport={"width": 1280, "height": 800})
    wrong = []
    for seed, number in enumerate(("13800138000", "02164371120", "18626907135", "95588")):
        replay(page, hand(number, seed, height=70, left=30, top=160))
        found = reading(page)
        if found != number:
            wrong.append((number, found))
        page.keyboard.press("Delete")
    assert len(wrong) <= 1, wrong


def test_a_sum_is_written_with_a_finger_on_a_phone(opened):
    page = opened(**PHONE)
    touch(page, hand("12+34=", 1, height=70, left=24, top=120))
    assert reading(page) == "12+34="
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faults(page) == []


def test_a_chinese_word_is_read_as_any_text(opened):
    page = opened("?reads=text", viewport={"width": 1280, "height": 800}, locale="zh-CN")
    read = []
    for seed in range(3, 11):
        page.locator("#clear").click()
        write(page, hand("中山", seed, height=180, left=60, top=80))
        read.append(reading(page))
    assert read.count("中山") >= 6, read  # hands at random, some of them hardly legible
    assert page.locator("#answer .candidate").count() >= 2
    assert page.locator("#link").get_attribute("data-way") == "stream"


def test_the_answer_tells_how_sure_it_is_and_shows_what_the_model_saw(opened):
    page = opened()
    write(page, hand("47", 5, height=150, left=60, top=80))
    assert reading(page) == "47"
    assert page.locator("#answer .headline .badge").inner_text().endswith("% sure")
    data = page.locator("#answer img.seen").get_attribute("src").partition(",")[2]
    seen = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert seen.shape[0] == 96
    assert 0.01 < (seen < 128).mean() < 0.5
    shares = page.locator("#answer .candidate .number").all_inner_texts()
    assert shares
    assert all(one.endswith("%") for one in shares)


def test_keys_take_strokes_back_and_clear(opened):
    page = opened()
    write(page, hand("11", 2, height=150, left=60, top=80))
    assert reading(page) == "11"
    before = page.locator("#paper").get_attribute("aria-label")
    page.keyboard.press("Control+z")
    page.locator("#paper").and_(page.locator(f'[aria-label="{before}"]')).wait_for(state="detached")
    page.keyboard.press("Delete")
    assert page.locator(TEXT).count() == 0
    assert page.locator("#undo button").is_disabled()
    assert "strokes: 0" in page.locator("#paper").get_attribute("aria-label")


def test_without_a_stream_each_drawing_is_a_request(opened):
    page = opened(stream=False)
    with page.expect_response("**/v1/drawing") as answered:
        write(page, hand("7", 4, height=150, left=60, top=80))
    assert answered.value.ok
    assert reading(page) == "7"
    assert page.locator("#link").get_attribute("data-way") == "post"


def test_a_stream_that_opens_and_dies_is_given_up(opened):
    page = opened()
    page.route_web_socket("**/v1/stream", lambda socket: socket.close(code=1013))
    write(page, hand("3", 4, height=150, left=60, top=80))
    assert reading(page) == "3"
    assert page.locator("#link").get_attribute("data-way") == "post"


def test_a_busy_service_and_a_dead_line_are_told_and_tried_again(opened):
    page = opened(stream=False)
    problem = {"status": 503, "title": "Busy", "detail": "not read in time", "request_id": "x1"}
    told = {"status": 503, "content_type": "application/problem+json", "body": json.dumps(problem)}
    page.route("**/v1/drawing", lambda route: route.fulfill(**told))
    write(page, hand("2", 4, height=150, left=60, top=80))
    alert = page.locator("#answer [role=alert]")
    alert.wait_for()
    assert "not read in time" in alert.inner_text()
    assert "x1" in alert.inner_text()
    page.unroute("**/v1/drawing")
    page.context.set_offline(True)
    alert.get_by_role("button").click()
    page.locator("#answer [role=alert]", has_text="reach").wait_for()
    page.context.set_offline(False)
    alert.get_by_role("button").click()
    assert reading(page) == "2"


def test_a_correction_goes_to_feedback_with_its_picture_only_where_allowed(opened):
    page = opened()
    sent = []

    def take(route: Any) -> None:
        sent.append(json.loads(route.request.post_data))
        body = {"id": "f1", "created_at": "2026-11-21T00:00:00Z", "kept_image": len(sent) > 1}
        route.fulfill(status=201, json=body)

    page.route("**/v1/feedback", take)
    for keeps in (False, True):
        write(page, hand("5", 6, height=150, left=60, top=80))
        read = reading(page)
        page.locator("[data-act=wrong]").click()
        page.locator("#corrected").fill("S")
        page.locator(".correction [type=checkbox]").set_checked(keeps)
        with page.expect_response("**/v1/feedback"):
            page.locator(".correction [type=submit]").click()
        page.locator("#answer .badge.good", has_text="S").wait_for()
        told = sent[-1]
        assert (told["source"], told["text"], told["corrected"]) == ("board", read, "S")
        assert told["model"] == "digits"
        assert told["request_id"]
        assert told["keep_image"] is keeps
        assert ("image" in told) is keeps
        page.keyboard.press("Delete")
    picture = cv2.imdecode(
        np.frombuffer(base64.b64decode(sent[-1]["image"]), np.uint8), cv2.IMREAD_GRAYSCALE
    )
    assert picture.max() == 255
    assert picture.min() < 50


def test_drawings_stay_in_this_browser_until_they_are_cleared(opened):
    page = opened()
    write(page, hand("8", 7, height=150, left=60, top=80))
    assert reading(page) == "8"
    page.locator(".past .drawing").wait_for()
    page.wait_for_timeout(300)
    page.reload()
    page.locator(".past .drawing").click()
    assert reading(page) == "8"
    page.wait_for_timeout(300)  # what was put back is kept, too
    page.locator("#forget button").click()
    page.locator("#no-past").wait_for()
    assert page.locator(".past .drawing").count() == 0
    page.reload()
    page.locator("#no-past").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_ink_stands_out(opened, scheme):
    page = opened(color_scheme=scheme, locale="zh-CN")
    assert faults(page) == []
    write(page, hand("12", 7, height=150, left=60, top=80))
    assert reading(page) == "12"
    page.locator("[data-act=wrong]").click()
    assert faults(page) == []
    style = "getComputedStyle(document.querySelector('#paper'))"
    ink, paper = (page.evaluate(f"{style}.{name}") for name in ("color", "backgroundColor"))
    light = [np.mean([float(v) for v in one[4:-1].split(",")[:3]]) for one in (ink, paper)]
    assert bool(light[0] > light[1]) == (scheme == "dark")
    assert abs(light[0] - light[1]) > 120
