"""Renders the golden lines with our own engine: `python -m tests.golden.make` (needs runs/sources).

The pictures are committed, so that tests need no fonts; made again only when they should change.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from crnn.train import recipe
from crnn.train.synth.damage.augment import scan
from crnn.train.synth.fonts.glyphs import EM
from crnn.train.synth.handwriting import writers

FOLDER = Path(__file__).parent / "lines"

TEXTS = (
    ("NotoSerifCJK-Regular", 0.0, "价税合计（大写）：壹万贰仟叁佰元整"),
    ("FandolSong-Regular", 0.0, "本公司董事会及全体董事保证公告内容真实、准确和完整。"),
    ("FandolHei-Regular", 0.0, "2026年11月20日 14:35"),
    ("LiberationSerif-Regular", 0.0, "Received by: J. R. Smith, Accounts Department"),
    ("LiberationMono-Regular", 0.0, "INV-2026/004817  1,234.50"),
    ("FandolKai-Regular", 0.0, "统一社会信用代码：91350100M000100Y43"),
    ("FandolFang-Regular", 0.1, "福建省厦门市思明区软件园二期观日路"),
    ("uming", 0.4, "一、申请事项 □新增 ☑变更 □注销"),
    ("wqy-zenhei", 0.7, "联系电话：0592-5551234 转 806"),
    ("NotoSansCJK-Bold", 0.7, "②营业收入同比增长12.6%，净利润为-3.45万元"),
    ("LXGWWenKai-Regular", 0.4, "魑魅魍魉饕餮耄耋踌躇"),
    ("ma-shan-zheng", 0.2, "天道酬勤"),
)


def main() -> int:
    """Write lines/NN.png and labels.tsv."""
    setter = writers.setter(recipe.load(Path("zh")))
    faces = {face.name: face for face in setter._all}
    FOLDER.mkdir(exist_ok=True)
    rows = []
    for number, (name, severity, text) in enumerate(TEXTS):
        rng = np.random.default_rng((11, number))
        style = setter.style(rng, text)
        style = style.__class__(
            **{**style.__dict__, "face": faces[name], "latin": None, "track": 0.0, "neighbour": 0}
        )
        drawn = setter.draw(rng, text, style, 60 * EM)
        crop, _ = scan(rng, drawn, severity)
        cv2.imwrite(str(FOLDER / f"{number:02d}.png"), crop)
        rows.append(f"{number:02d}.png\t{drawn.text}")
    (FOLDER / "labels.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
