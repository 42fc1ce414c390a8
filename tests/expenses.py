"""Draws the pictures of docs/forms.md: `python -m tests.expenses PRINT_FONT PEN_FONT`.

They are committed in docs/forms, so that reading them needs no fonts: the blank of an expense
claim, and claims of people who do not exist, as a scanner gave them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.conftest import ROOT
from tests.sheets import scanned

FOLDER = ROOT / "docs" / "forms"
SIZE = (1240, 900)

RULED = (
    (60, 150, 200, 205), (200, 150, 520, 205), (520, 150, 660, 205), (660, 150, 1180, 205),
    (60, 205, 200, 260), (200, 205, 520, 260), (520, 205, 660, 260), (660, 205, 1180, 260),
    (60, 260, 200, 315), (200, 260, 1180, 315),
    (60, 315, 760, 365), (760, 315, 1180, 365),
    *((left, 365 + 52 * row, right, 417 + 52 * row) for row in range(4)
      for left, right in ((60, 760), (760, 1180))),
    (60, 573, 240, 628), (240, 573, 760, 628), (760, 573, 900, 628), (900, 573, 1180, 628),
    (60, 690, 200, 800), (200, 690, 1180, 800),
)  # fmt: skip
PRINTED = (
    ("差旅费报销单", 480, 40, 44), ("编号 BX-07　本单一式两联，由财务部留存", 440, 104, 22),
    ("姓　名", 84, 162, 28), ("报销日期", 534, 162, 28), ("联系电话", 74, 217, 28),
    ("身份证号", 534, 217, 28), ("出差事由", 74, 272, 28), ("费用项目", 340, 325, 28),
    ("金额（元）", 900, 325, 28), ("合计（大写）", 66, 585, 26), ("合计小写", 772, 585, 28),
    ("付款方式", 74, 642, 28), ("现金", 284, 642, 28), ("转账", 444, 642, 28),
    ("工号", 720, 642, 28), ("备　注", 84, 728, 28),
    ("填表须知：金额须与票据一致，涂改无效。", 60, 826, 22), ("经办人：", 760, 826, 24),
)  # fmt: skip
SQUARES = ((246, 646), (406, 646))
COMB = (800, 638, 1180, 682, 8)

CLAIMS = (
    {
        "姓名": "陈晓东", "日期": "2026年11月18日", "电话": "13812345678",
        "身份证": "350203199003070014", "事由": "赴厦门参加项目验收",
        "项目": ("机票", "住宿", "餐费"), "金额": ("1280.00", "960.00", "135.50"),
        "大写": "贰仟叁佰柒拾伍元伍角整",
        "小写": "2375.50", "付款": 1, "工号": "20180427", "备注": "发票附后",
    },
    {
        "姓名": "林秀英", "日期": "2026-11-20", "电话": "0592-5551234",
        "身份证": "350203198511020027", "事由": "客户现场培训", "项目": ("高铁", "出租车"),
        "金额": ("423.00", "86.00"), "大写": "伍佰零玖元整", "小写": "509.00",
        "付款": 0, "工号": "20210316", "备注": "",
    },
)  # fmt: skip
DAMAGE = ({"angle": 1.3, "scale": 0.97}, {"angle": 181.0, "tilt": 0.03})


class Drawer:
    """Draws text of two fonts."""

    def __init__(self, page: np.ndarray, font: Path) -> None:
        self._picture = Image.fromarray(page)
        self._pen, self._font = ImageDraw.Draw(self._picture), font

    def text(self, said: str, left: float, top: float, size: int, ink: int = 30) -> None:
        """Text with its upper left corner there."""
        self._pen.text((left, top), said, fill=ink, font=ImageFont.truetype(self._font, size))

    @property
    def page(self) -> np.ndarray:
        """What was drawn, (H, W)."""
        return np.asarray(self._picture).copy()


def blank(font: Path) -> np.ndarray:
    """The empty claim (H, W)."""
    page = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    for left, top, right, bottom in RULED:
        cv2.rectangle(page, (left, top), (right, bottom), 40, 2)
    for left, top in SQUARES:
        cv2.rectangle(page, (left, top), (left + 26, top + 26), 40, 2)
    left, top, right, bottom, cells = COMB
    for cell in range(cells):
        step = (right - left) / cells
        corner = (round(left + step * cell), top)
        cv2.rectangle(page, corner, (round(left + step * (cell + 1)), bottom), 40, 2)
    cv2.line(page, (860, 862), (1160, 862), 40, 2)
    drawer = Drawer(page, font)
    for said, x, y, size in PRINTED:
        drawer.text(said, x, y, size)
    return drawer.page


def filled(page: np.ndarray, claim: dict, font: Path) -> np.ndarray:
    """A claim (H, W) with its values written in."""
    drawer = Drawer(page, font)
    places = {
        "姓名": (225, 158), "日期": (690, 158), "电话": (225, 213), "身份证": (690, 213),
        "事由": (225, 268), "大写": (250, 582), "小写": (930, 582), "备注": (230, 725),
    }  # fmt: skip
    for name, (x, y) in places.items():
        drawer.text(claim[name], x, y, 34, 60)
    for row, (item, amount) in enumerate(zip(claim["项目"], claim["金额"], strict=True)):
        drawer.text(item, 100, 371 + 52 * row, 34, 60)
        drawer.text(amount, 930, 371 + 52 * row, 34, 60)
    left, top, right, _, cells = COMB
    for at, sign in enumerate(claim["工号"]):
        drawer.text(sign, left + (right - left) / cells * at + 13, top, 36, 60)
    page = drawer.page
    x, y = SQUARES[claim["付款"]]
    tick = np.array([[x + 3, y + 13], [x + 11, y + 24], [x + 31, y - 5]])
    cv2.polylines(page, [tick], False, 60, 3, cv2.LINE_AA)
    return page


def main(argv: list[str]) -> int:
    """Write docs/forms/blank.png and the claims."""
    printed, pen = map(Path, argv)
    FOLDER.mkdir(exist_ok=True)
    page = blank(printed)
    cv2.imwrite(str(FOLDER / "blank.png"), page, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    for number, (claim, damage) in enumerate(zip(CLAIMS, DAMAGE, strict=True), 1):
        scan = scanned(filled(page, claim, pen), noise=2.0, seed=number, **damage).grey
        cv2.imwrite(str(FOLDER / f"claim-{number}.jpg"), scan, [cv2.IMWRITE_JPEG_QUALITY, 70])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
