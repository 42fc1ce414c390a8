"""The pictures in docs/board.md.

`python -m tests.bench.service.board_pictures` draws on a board.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.service.served import served
from tests.conftest import ROOT
from tests.fixtures.browser import PHONE, chromium, replay
from tests.fixtures.pen_tracks import drawn

FOLDER = ROOT / "docs" / "board"
DESK: dict[str, Any] = {"viewport": {"width": 1200, "height": 760}, "color_scheme": "light"}
NIGHT = DESK | {"color_scheme": "dark", "locale": "en-GB"}
SHOTS: tuple[tuple[str, dict[str, Any], str, str, dict[str, float]], ...] = (
    ("sum", DESK, "digits", "12+34=", {"height": 130, "left": 90, "top": 190}),
    ("word", NIGHT, "text", "中山", {"height": 175, "left": 170, "top": 110}),
    ("phone", PHONE, "digits", "10086", {"height": 74, "left": 40, "top": 140}),
)


def main() -> int:
    """Draw, wait for the reading, keep the picture."""
    FOLDER.mkdir(exist_ok=True)
    with served() as service, chromium() as browser:
        for name, options, reads, text, place in SHOTS:
            context = browser.new_context(**{"locale": "zh-CN"} | options)
            page = context.new_page()
            page.goto(f"{service.url}/board?reads={reads}")
            page.locator("#clear button").wait_for()
            replay(page, drawn(text, np.random.default_rng(11), **place))
            page.locator("#answer:not(.stale) #text").wait_for(timeout=60_000)
            page.locator(".past .drawing").wait_for()
            shown = page.locator("#text").inner_text()
            print(f"{name}: drawn {text}, read {shown}", flush=True)
            _keep(page, FOLDER / f"{name}.png")
            context.close()
    return 0


def _keep(page: Any, path: Path) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=path, scale="css")


if __name__ == "__main__":
    raise SystemExit(main())
