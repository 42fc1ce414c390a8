"""Pages with known truth: `python -m tests.bench.pages.page_generator OUT [--seed N] [--copies N]`.

Six kinds (letter, two-column article, dense form, ruled table, mixed sizes, stamped letter), each
as it is and damaged (skew, quarter turns, perspective, shadow, noise, all of a phone's at once).
Every page is a PNG and a JSON: lines in reading order with text and corners, and tables cell by
cell. The same seed gives the same pages. Fonts come from runs/sources/fonts
(crnn.train.data.fetch).
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.bench.pages.page_damage import DAMAGES

Rng = np.random.Generator
SIZE = (1240, 1754)
"""A4 at 150 dots per inch."""
INK, RED = (25, 25, 30), (205, 40, 45)
FONTS = (
    "FandolSong-Regular.otf", "FandolHei-Regular.otf", "NotoSansCJK-Regular.ttc",
    "NotoSerifCJK-Regular.ttc", "LXGWWenKai-Regular.ttf", "FandolFang-Regular.otf",
)  # fmt: skip
CLAUSES = (
    "根据贵单位来函的要求", "我们对上述材料进行了认真核对", "现将有关情况说明如下",
    "请各部门于本月二十日以前完成登记", "逾期未报的视为自动放弃", "合同一式两份双方各执一份",
    "付款方式为银行转账", "货物到达仓库后应当场清点", "如有破损须在三日内书面通知对方",
    "本办法由财务处负责解释", "自发布之日起施行", "参会人员请携带身份证件", "会议地点另行通知",
    "新建的水泵站已经通过验收", "全年用电量比上年下降百分之七", "仓库管理员应当每日检查温度",
    "所有设备均须定期保养", "违反规定的按照有关条款处理", "申请人应如实填写各项内容",
    "经研究决定同意该项目立项", "项目经费由市级财政承担", "请于收到通知后尽快办理手续",
)  # fmt: skip
_WORDS = (
    "invoice delivery station report annual pump order quality account market supply payment "
    "notice budget project review office sample system water record number engine safety"
)
WORDS = _WORDS.split()
LABELS = (
    "姓名", "性别", "出生日期", "联系电话", "通讯地址", "身份证号", "工作单位", "职务",
    "申请日期", "开户银行", "账号", "经办人", "审核意见", "部门", "项目编号", "备注",
)  # fmt: skip
NAMES = ("张伟", "王芳", "李秀英", "刘洋", "陈静", "杨敏", "赵磊", "黄勇", "周杰", "吴桂英")
GOODS = ("水泵", "阀门", "电缆", "开关", "轴承", "钢板", "螺栓", "仪表", "滤芯", "电机")


class Paper:
    """A sheet being written: its picture, its lines as (text, box), its tables."""

    def __init__(self, rng: Rng, fonts: Path) -> None:
        self.rng, self._fonts = rng, fonts
        self.picture = Image.new("RGB", SIZE, (252, 251, 248))
        self.pen = ImageDraw.Draw(self.picture)
        self.face = FONTS[int(rng.integers(len(FONTS)))]
        self.lines: list[tuple[str, tuple[int, int, int, int]]] = []
        self.tables: list[list[list[str]]] = []

    def font(self, size: int) -> ImageFont.FreeTypeFont:
        """The sheet's face at a size in pixels."""
        return ImageFont.truetype(str(self._fonts / self.face), size)

    def write(self, x: int, y: int, text: str, size: int) -> int:
        """A line from its left top corner; gives its width."""
        font = self.font(size)
        self.pen.text((x, y), text, INK, font)
        box = tuple(int(side) for side in self.pen.textbbox((x, y), text, font))
        self.lines.append((text, box))
        return box[2] - x

    def width(self, text: str, size: int) -> int:
        """How wide a text would be."""
        return int(self.font(size).getlength(text))

    def paragraph(self, x: int, y: int, width: int, size: int, text: str) -> int:
        """A text broken into lines; gives where the next one begins."""
        step = int(size * 1.55)
        while text:
            count = len(text)
            while self.width(text[:count], size) > width:
                count -= 1
            if count < len(text) and text[count].isascii() and " " in text[:count]:
                count = text[:count].rindex(" ") + 1
            self.write(x, y, text[:count].strip(), size)
            text, y = text[count:], y + step
        return y


def prose(rng: Rng, clauses: int) -> str:
    """Sentences; one in five of them English."""
    parts = []
    for _ in range(clauses):
        if rng.random() < 0.2:
            parts.append(" ".join(rng.choice(WORDS, 5)).capitalize() + ". ")
        else:
            parts.append(str(rng.choice(CLAUSES)) + ("，" if rng.random() < 0.5 else "。"))
    return "".join(parts).strip()


def letter(paper: Paper) -> None:
    """A title, paragraphs, a name and a date at the right."""
    rng, size = paper.rng, int(paper.rng.integers(22, 30))
    title = "关于" + str(rng.choice(CLAUSES))[:8] + "的通知"
    paper.write((SIZE[0] - paper.width(title, 2 * size)) // 2, 130, title, 2 * size)
    y = 130 + 4 * size
    for _ in range(4):
        text = prose(rng, 7)
        y = paper.paragraph(130, y, SIZE[0] - 260, size, text) + size
    paper.write(800, y + size, f"某某市第{rng.integers(1, 9)}水务公司", size)
    date = f"2026年{rng.integers(1, 13)}月{rng.integers(1, 29)}日"
    paper.write(820, y + 3 * size, date, size)


def article(paper: Paper) -> None:
    """A headline over two columns of prose."""
    rng, size = paper.rng, int(paper.rng.integers(20, 25))
    paper.write(160, 110, str(rng.choice(CLAUSES)), 2 * size)
    wide = (SIZE[0] - 200 - 50) // 2
    for x in (100, 100 + wide + 50):
        y = 260
        for _ in range(4):
            y = paper.paragraph(x, y, wide, size, prose(rng, 6)) + int(0.4 * size)


def form(paper: Paper) -> None:
    """A dense form: labels and values in ruled boxes, two pairs to a row."""
    rng, size = paper.rng, int(paper.rng.integers(20, 26))
    paper.write(430, 90, "人员信息登记表", 2 * size)
    high, y = int(1.9 * size), 190
    edges = (90, 260, 620, 790, 1150)
    cells, drawn = [], []
    for row in range(18):
        texts = []
        for pair in range(2):
            label = LABELS[(2 * row + pair) % len(LABELS)]
            value = _value(rng, label)
            texts += [label, value]
        for column, text in enumerate(texts):
            top = y + row * high + (high - size) // 2 - 3
            paper.write(edges[column] + 12, top, text, size)
        drawn.append(texts)
        cells.append(y + row * high)
    _grid(paper, edges, [*cells, y + 18 * high], int(rng.integers(1, 4)))
    paper.tables.append(drawn)


def _value(rng: Rng, label: str) -> str:
    if label in ("联系电话", "身份证号", "账号", "项目编号"):
        return "".join(str(d) for d in rng.integers(0, 10, 11))
    if "日期" in label:
        return f"19{rng.integers(60, 99)}-{rng.integers(10, 13)}-{rng.integers(10, 29)}"
    if label in ("姓名", "经办人"):
        return str(rng.choice(NAMES))
    return str(rng.choice(CLAUSES))[:6]


def table(paper: Paper) -> None:
    """A ruled table of goods with a heading above and a remark below."""
    rng, size = paper.rng, int(paper.rng.integers(20, 27))
    paper.write(120, 110, "材料采购明细表", 2 * size)
    edges = (100, 190, 420, 640, 850, 1140)
    high, y, count = int(rng.uniform(1.8, 2.6) * size), 230, int(rng.integers(10, 16))
    rows = [["序号", "名称", "规格", "数量", "金额"]]
    for number in range(1, count):
        code = f"DN{rng.integers(15, 400)}"
        amount = f"{rng.integers(100, 99999):,}.{rng.integers(10, 99)}"
        rows.append([str(number), str(rng.choice(GOODS)), code, str(rng.integers(2, 500)), amount])
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            left = edges[column] + 14
            if column >= 3 and row:
                left = edges[column + 1] - 14 - paper.width(text, size)
            paper.write(left, y + row * high + (high - size) // 2 - 3, text, size)
    bottom = y + count * high
    _grid(paper, edges, [y + row * high for row in range(count)] + [bottom], 2)
    paper.tables.append(rows)
    paper.paragraph(110, bottom + 2 * size, SIZE[0] - 230, size, "备注：" + prose(rng, 5))


def _grid(paper: Paper, columns: tuple[int, ...], rows: list[int], thick: int) -> None:
    for x in columns:
        paper.pen.line((x, rows[0], x, rows[-1]), INK, thick)
    for y in rows:
        paper.pen.line((columns[0], y, columns[-1], y), INK, thick)


def mixed(paper: Paper) -> None:
    """A poster-size heading, large, usual and small print together."""
    rng = paper.rng
    paper.write(150, 90, "一年工作总结"[: int(rng.integers(4, 7))], 110)
    paper.write(160, 260, str(rng.choice(CLAUSES)), 52)
    y = 380
    for size, clauses in ((28, 8), (24, 6), (17, 9), (36, 4), (15, 8)):
        y = paper.paragraph(140, y, SIZE[0] - 280, size, prose(rng, clauses)) + 30
    paper.write(420, y + 20, f"¥{rng.integers(1000, 99999):,}.00", 80)


def stamped(paper: Paper) -> None:
    """A letter with a round red stamp over its signature and a square one beside it."""
    letter(paper)
    (_, box), layer = paper.lines[-2], Image.new("L", SIZE, 0)
    pen = ImageDraw.Draw(layer)
    x, y, r = (box[0] + box[2]) // 2, box[3], 120
    pen.ellipse((x - r, y - r, x + r, y + r), outline=255, width=9)
    star = [
        (x + d * np.sin(k * np.pi / 5), y - d * np.cos(k * np.pi / 5))
        for k, d in enumerate((40, 16) * 5)
    ]
    pen.polygon(star, fill=255)
    pen.text((x - 52, y + 48), "财务专用", 255, paper.font(26))
    pen.rectangle((430, y - 20, 520, y + 70), outline=255, width=6)
    pen.text((440, y - 14), str(paper.rng.choice(NAMES))[:2], 255, paper.font(36))
    solid = layer.point(lambda level: int(level * 0.85))
    inked = np.asarray(paper.picture, np.float32)
    share = np.asarray(solid, np.float32)[:, :, None] / 255
    colour = 255 - share * (255 - np.array(RED, np.float32))
    paper.picture = Image.fromarray((inked * colour / 255).astype(np.uint8))


KINDS: dict[str, Callable[[Paper], None]] = {
    "letter": letter,
    "article": article,
    "form": form,
    "table": table,
    "mixed": mixed,
    "stamped": stamped,
}


def sheet(kind: str, damage: str, seed: int, fonts: Path) -> tuple[np.ndarray, dict]:
    """The picture (H, W, 3) RGB and the truth of one page."""
    rng = np.random.default_rng((seed, zlib.crc32(kind.encode())))
    paper = Paper(rng, fonts)
    KINDS[kind](paper)
    boxes = np.array([box for _, box in paper.lines], np.float64)
    quads = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    harm = np.random.default_rng((seed, zlib.crc32(f"{kind} {damage}".encode())))
    picture, quads = DAMAGES[damage](harm, np.asarray(paper.picture), quads)
    lines = [
        {"text": text, "corners": np.round(quad, 1).tolist()}
        for (text, _), quad in zip(paper.lines, quads, strict=True)
    ]
    return picture, {"lines": lines, "tables": paper.tables}


def main(argv: list[str] | None = None) -> int:
    """Write every kind with every damage."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.pages.page_generator", description=__doc__
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--damages", nargs="*", default=list(DAMAGES))
    parser.add_argument("--fonts", type=Path, default=Path("runs/sources/fonts"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in range(args.seed, args.seed + args.copies):
        for kind in args.kinds:
            for damage in args.damages:
                picture, truth = sheet(kind, damage, seed, args.fonts)
                stem = args.out / f"{kind}_{damage}_{seed}"
                Image.fromarray(picture).save(stem.with_suffix(".png"))
                text = json.dumps(truth, ensure_ascii=False)
                stem.with_suffix(".json").write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
