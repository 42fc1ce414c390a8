"""A real Chromium for the pages: Debian's, steered by Playwright; who has none is told so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.pens import Track

CHROMIUM = os.environ.get("CRNN_TEST_CHROMIUM") or shutil.which("chromium")
HEADLESS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
WORST = ("serious", "critical")


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: no page tested")
    if not CHROMIUM:
        pytest.skip("NO CHROMIUM: no page is tested; apt-get install chromium")
    with playwright.sync_playwright() as found:
        browser = found.chromium.launch(executable_path=CHROMIUM, args=list(HEADLESS))
        try:
            yield browser
        finally:
            browser.close()


def write(page: Any, tracks: list[Track], canvas: str = "#paper") -> None:
    """Strokes with the mouse, from the canvas's corner."""
    box = page.locator(canvas).bounding_box()
    for track in tracks:
        points = [(box["x"] + x, box["y"] + y) for x, y in track]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()


REPLAY = """([selector, tracks, kind]) => {
  const canvas = document.querySelector(selector);
  const { left, top } = canvas.getBoundingClientRect();
  const tell = (name, [x, y, pressure = 0.5]) => canvas.dispatchEvent(new PointerEvent(name, {
    clientX: left + x, clientY: top + y, pressure, pointerId: 7, pointerType: kind }));
  for (const track of tracks) {
    tell("pointerdown", track[0]);
    for (const point of track.slice(1)) tell("pointermove", point);
    tell("pointerup", track.at(-1));
  }
}"""


def replay(page: Any, tracks: list[Track], kind: str = "pen", canvas: str = "#paper") -> None:
    """Strokes as pointer events that a script sends: all at once, and with pressure."""
    page.evaluate(REPLAY, [canvas, tracks, kind])


def touch(page: Any, tracks: list[Track], canvas: str = "#paper") -> None:
    """Strokes with a finger."""
    box = page.locator(canvas).bounding_box()
    session = page.context.new_cdp_session(page)

    def tell(kind: str, points: list[dict[str, float]]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for track in tracks:
        points = [{"x": box["x"] + x, "y": box["y"] + y} for x, y in track]
        tell("touchStart", points[:1])
        for point in points[1:]:
            tell("touchMove", [point])
        tell("touchEnd", [])
    session.detach()


def faults(page: Any) -> list[str]:
    """What axe finds that is serious: its rule and the elements."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes']][:5]}"
        for one in found
        if one["impact"] in WORST
    ]
