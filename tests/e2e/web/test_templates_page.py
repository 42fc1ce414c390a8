"""The template page in a real Chromium: zones proposed, drawn, moved, named, tried and kept."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest

from crnn.fields import FIELD_TYPES
from tests.bench.service.served import served
from tests.conftest import ROOT
from tests.fixtures.browser import chromium, faults

DOCS = ROOT / "docs" / "forms"
WAIT_MS = 120_000


def accept(dialog: Any) -> None:
    dialog.accept()


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

    page.on("dialog", accept)
    page.get_by_role("button", name="删除模板").click()
    page.wait_for_selector("#sheet .notice")
    assert page.request.get(f"{page.server}/v1/templates/claim").status == 404
    assert page.faults == []


def test_a_name_is_asked_for_nothing_is_overwritten_unasked_and_steps_are_undone(page):
    page.faults.clear()
    told, answers = [], []

    def answer(dialog: Any) -> None:
        told.append(dialog.message)
        found = answers.pop(0)
        dialog.dismiss() if found is None else dialog.accept(*([found] if found else []))

    page.remove_listener("dialog", accept)
    page.on("dialog", answer)
    page.set_input_files("#blank", str(DOCS / "blank.png"))
    page.wait_for_selector(".zone-box[aria-label='工号']")
    assert page.locator("#name").input_value() == ""
    answers += ["差旅"]
    save(page)
    assert "取什么名字" in told[-1]
    page.wait_for_function("() => document.querySelector('#name').value === '差旅'")
    before = kept(page, "差旅")["zones"]

    page.locator(".zone-box[aria-label='备注']").click()
    page.locator(".zone-box.chosen").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    assert page.locator(".zone-box").count() == 13
    answers += [None]  # there are changes: stay
    page.select_option("#known", "")
    assert "没保存" in told[-1] and page.locator(".zone-box").count() == 13
    page.locator("#undo").click()
    page.locator("#undo").click()
    assert page.locator(".zone-box").count() == 14
    assert page.locator("#undo").is_disabled()
    save(page)
    assert kept(page, "差旅")["zones"] == before

    page.select_option("#known", "")
    page.wait_for_selector("#sheet .notice")
    page.set_input_files("#blank", str(DOCS / "blank.png"))
    page.wait_for_selector(".zone-box[aria-label='工号']")
    page.fill("#name", "差旅")
    page.press("#name", "Tab")
    answers += [None, "差旅-2"]
    save(page)
    assert "覆盖" in told[-2]
    assert kept(page, "差旅-2")["zones"] == before
    page.remove_listener("dialog", answer)
    assert page.faults == [] and answers == []


def test_twenty_scans_are_read_looked_over_by_keyboard_and_written_as_one_table(page, tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(20):
        source = ("claim-1", "claim-2", "wrong-1")[number % 3 if number < 6 else number % 2]
        (folder / f"{number:02d}.jpg").write_bytes((DOCS / f"{source}.jpg").read_bytes())
    (folder / "20.jpg").write_bytes(b"no picture")
    page.set_input_files("#folder", str(folder))
    page.wait_for_selector("#batch .review-one")
    said = page.locator("#batch-said").inner_text()
    assert said == "已完成 21 / 21，失败 1"
    doubts = int(re.search(r"/ (\d+)", page.locator("#batch .review-one p").first.inner_text())[1])
    assert doubts >= 6  # three of each of the two wrong ones
    seen = []
    for _ in range(doubts):
        name = page.locator("#batch h3").evaluate("node => node.firstChild.textContent")
        says = page.locator("#batch .review-one output").inner_text()
        seen.append((name, says))
        if name == "报销日期":
            page.keyboard.press("ArrowDown")
            page.keyboard.press("ArrowUp")
            page.keyboard.press("Alt+Enter")
        else:
            page.keyboard.press("Enter")
    assert seen.count(("报销日期", "2026年13月48日")) == 2
    assert seen.count(("联系电话", "1381234567")) == 2
    page.wait_for_selector("#batch .badge.good")
    with page.expect_download() as download:
        page.get_by_role("button", name="全部导出 XLSX").click()
    rows = list(
        openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))["forms"].iter_rows(
            values_only=True
        )
    )
    assert len(rows) == 22
    at = {name: column for column, name in enumerate(rows[0])}
    third = rows[3]
    assert third[at["file"]].endswith("02.jpg")
    assert third[at["needs_review"]] is False
    assert re.fullmatch(r"2026-\d\d-\d\d", third[at["报销日期"]])  # the proposal, accepted
    assert third[at["联系电话"]] == "1381234567"
    assert (rows[1][at["姓名"]], rows[2][at["合计小写"]]) == ("陈晓东", 509)
    assert rows[21][at["error"]]
    assert faults(page) == []
    page.faults.clear()  # the picture that is none is a 415 in the console


def save(page: Any) -> None:
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        page.get_by_role("button", name="保存", exact=True).click()


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
