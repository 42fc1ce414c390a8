"""The template page in a real Chromium: zones proposed, drawn, moved, named, tried and kept."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crnn.read.decode.grammar import FIELD_TYPES
from tests.bench.served import served
from tests.browser import chromium
from tests.conftest import ROOT

DOCS = ROOT / "docs" / "forms"
WAIT_MS = 120_000


@pytest.fixture(scope="module")
def page() -> Any:
    with served(OCR_LANGUAGE="", OCR_TIMEOUT_S="120") as server, chromium() as browser:
        found = browser.new_page(viewport={"width": 1360, "height": 900}, locale="zh-CN")
        found.set_default_timeout(WAIT_MS)
        found.faults = []
        found.on("pageerror", lambda error: found.faults.append(str(error)))
        found.on("console", lambda told: found.faults.append(told.text) if told.type == "error"
                 else None)  # fmt: skip
        found.goto(f"{server.url}/templates")
        found.server = server.url
        yield found


def kept(page: Any, name: str) -> dict[str, Any]:
    return page.request.get(f"{page.server}/v1/templates/{name}").json()


def test_a_template_is_made_tried_and_forgotten(page):
    page.set_input_files("#blank", str(DOCS / "blank.png"))
    page.wait_for_selector(".zone-box[aria-label='工号']")
    assert page.locator(".zone-box").count() == 14

    svg = page.locator("svg.zones").bounding_box()
    scale = svg["width"] / 1240
    start, end = (420, 826), (700, 876)
    page.mouse.move(svg["x"] + start[0] * scale, svg["y"] + start[1] * scale)
    page.mouse.down()
    page.mouse.move(svg["x"] + 500 * scale, svg["y"] + 850 * scale)
    page.mouse.move(svg["x"] + end[0] * scale, svg["y"] + end[1] * scale)
    page.mouse.up()
    assert page.locator(".zone-box").count() == 15
    page.fill("#editor input[name=name]", "盖章")
    page.press("#editor input[name=name]", "Tab")
    page.select_option("#editor select[name=type]", "plate")
    page.locator(".zone-box.chosen").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    page.fill("#name", "claim")
    page.press("#name", "Tab")
    page.set_input_files("#filled", str(DOCS / "claim-2.jpg"))
    page.wait_for_selector("#tried:not([hidden])")
    said = page.locator("#tried").inner_text()
    assert "林秀英" in said
    assert "509.00" in said

    told = {zone["name"]: zone for zone in kept(page, "claim")["zones"]}
    drawn = told["盖章"]
    assert drawn["type"] == "plate"
    assert all(abs(a - b) <= 3 for a, b in zip(drawn["box"], (422, 826, 702, 876), strict=True))

    page.locator(".zone-box[aria-label='备注']").click()
    page.locator(".zone-box.chosen").focus()
    page.keyboard.press("Delete")
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        page.get_by_role("button", name="保存", exact=True).click()
    assert page.locator(".zone-box").count() == 14
    assert "备注" not in {zone["name"] for zone in kept(page, "claim")["zones"]}

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="删除模板").click()
    page.wait_for_selector("#sheet .notice")
    assert page.request.get(f"{page.server}/v1/templates/claim").status == 404
    assert page.faults == []


def test_a_file_that_is_no_picture_is_said_to_be_none(page):
    page.faults.clear()
    page.set_input_files("#blank", str(ROOT / "pyproject.toml"))
    page.wait_for_selector(".toast.bad")
    assert "不是可以识别的图片" in page.locator(".toast.bad").first.inner_text()


def test_the_page_offers_the_types_that_there_are():
    words = (ROOT / "service" / "web" / "templates" / "words.js").read_text("utf-8")
    block = re.search(r"TYPES = \[(.*?)\]", words, re.DOTALL)[1]
    assert set(re.findall(r'"(\w+)"', block)) == set(FIELD_TYPES)
    chinese, english = (
        set(re.findall(r'"(forms\.[\w.]+)":', part)) for part in words.split("  en: {")
    )
    assert chinese == english
    scripts = "".join(p.read_text("utf-8") for p in (ROOT / "service/web/templates").glob("*.js"))
    assert set(re.findall(r't\("(forms\.[\w.]+)"', scripts)) <= chinese
