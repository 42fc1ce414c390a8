"""Whole pages, ours beside the others': `python -m tests.bench.pages.pages DIR... [--engines ...]`.

DIR holds images and NAME.json with their true lines: a list of {text, box}, or what
tests.bench.pages.page_generator writes. Every page goes to each engine in turn (ours, thorough,
ppocr4, ppocr6, tesseract; one thread each), so that times compare whatever else the machine does.
For each true
line: the engine's lines that lie in it for the most part, or hold most of it. Prints a row an
engine and page or, with --sum, an engine and kind of page: true lines, % found (half covered),
% read (at most one character in five wrong), % exact, CER % as the sets are scored, characters told
where nothing is written, % of neighbours told one after the other, cells of tables told right,
processor and wall ms.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from charset import fold
from crnn.errors import ReadError
from crnn.evaluate.metrics import edit_distance
from crnn.options import ReadOptions
from crnn.page import Page
from crnn.reader import Reader
from tests.bench.lines import peers

Told = list[tuple[np.ndarray, str]]
BOXES = str.maketrans("☐", "□")
"""Two signs of one look: the empty box to tick."""


@dataclass
class Tally:
    """Sums over pages."""

    lines: int = 0
    found: int = 0
    read: int = 0
    exact: int = 0
    chars: int = 0
    wrong: int = 0
    extra: int = 0
    pairs: int = 0
    ordered: int = 0
    cells: int = 0
    cells_right: int = 0
    cpu_ms: float = 0
    ms: float = 0

    def __iadd__(self, other: Tally) -> Tally:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))
        return self

    def row(self) -> str:
        """The figures as cells of a Markdown row."""
        share = 100 / max(1, self.lines)
        order = f"{100 * self.ordered / self.pairs:.1f}" if self.pairs else "-"
        cells = f"{self.cells_right}/{self.cells}" if self.cells else "-"
        return (
            f"{self.lines} | {share * self.found:.1f} | {share * self.read:.1f} | "
            f"{share * self.exact:.1f} | {100 * self.wrong / max(1, self.chars):.2f} | "
            f"{self.extra} | {order} | {cells} | {self.cpu_ms:.0f} | {self.ms:.0f}"
        )


def main(argv: list[str] | None = None) -> int:
    """Read every page with every engine."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages.pages", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--engines", nargs="*", default=["ours"], metavar="ENGINE")
    parser.add_argument("--environments", type=Path, default=Path("runs/peers"))
    parser.add_argument("--sum", action="store_true", help="one row a kind, not one a page")
    parser.add_argument("--only", default="", help="pages whose name matches this expression")
    args = parser.parse_args(argv)
    engines = {name: engine(name, args.environments) for name in args.engines}
    print("| page | engine | lines | found % | read % | exact % | CER % | extra | order % "
          "| cells | cpu ms | ms |")  # fmt: skip
    print("|---" * 12 + "|")
    sums: dict[tuple[str, str], Tally] = {}
    for truth_file in (f for folder in args.folders for f in sorted(folder.glob("*.json"))):
        if not re.search(args.only, truth_file.stem):
            continue
        image = next(p for p in truth_file.parent.glob(truth_file.stem + ".*") if p != truth_file)
        for name, ask in engines.items():
            tally = measure(truth_file, image, ask)
            if not args.sum:
                print(f"| {image.stem} | {name} | {tally.row()} |", flush=True)
            for group in (image.stem.split("_")[0], *image.stem.split("_")[1:2], "all"):
                sums.setdefault((group, name), Tally())
                sums[group, name] += tally
    for (group, name), tally in sorted(sums.items()):
        if args.sum or group == "all":
            print(f"| {group} | {name} | {tally.row()} |", flush=True)
    return 0


Answer = tuple[Told, list, float, float]
"""Lines, tables, processor and wall milliseconds."""


OURS = {"ours": "quick", "thorough": "thorough"}
"""Engines that are ours, each with its effort."""


def engine(name: str, environments: Path) -> Callable[[Path], Answer]:
    """Something that reads a page from a file."""
    if name in OURS:
        return _ours(Reader.load("zh").with_effort(OURS[name]))
    python = Path(sys.executable)
    if name == "tesseract":
        assert shutil.which(name), "no tesseract here"
    else:
        python = peers.environment(environments / name, peers.PACKAGES[name])
    ask = peers.worker(f"{name}-page", python)

    def read(path: Path) -> Answer:
        answer = ask(path)
        told = [(np.array(corners, np.float32), text) for corners, text in answer["lines"]]
        return told, [], answer["cpu_ms"], answer["ms"]

    return read


def _ours(reader: Reader) -> Callable[[Path], Answer]:
    def read(path: Path) -> Answer:
        data = path.read_bytes()
        started, worked = time.perf_counter(), time.process_time()
        try:
            page = reader.read(data, ReadOptions(mode="page"))
        except ReadError:  # a page refused is a page of which nothing is told
            page = Page((), 0, 0, "page")
        spent = 1000 * (time.process_time() - worked), 1000 * (time.perf_counter() - started)
        told = [(_corners(line), line.text) for line in page.lines if line.text]
        return told, [table.rows() for table in getattr(page, "tables", ())], *spent

    return read


def _corners(line) -> np.ndarray:
    if getattr(line, "corners", None):
        return np.array(line.corners, np.float32)
    return quad(line.box)


def quad(box: list[int] | tuple[int, ...]) -> np.ndarray:
    """The corners (4, 2) of a box."""
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def measure(truth_file: Path, image: Path, ask: Callable[[Path], Answer]) -> Tally:
    """One page read by one engine."""
    truth = json.loads(truth_file.read_text("utf-8"))
    entries = truth if isinstance(truth, list) else truth["lines"]
    told, tables, cpu_ms, ms = ask(image)
    tally = Tally(lines=len(entries), cpu_ms=cpu_ms, ms=ms)
    places, used = [], set()
    for entry in entries:
        corners = np.array(entry.get("corners", quad(entry.get("box", (0, 0, 0, 0)))), np.float32)
        touching = [n for n, (c, _) in enumerate(told) if shared(corners, c) > 0.5 * area(c)]
        around = [n for n, (c, _) in enumerate(told) if shared(corners, c) > 0.5 * area(corners)]
        text = spelling(entry["text"])
        distance = judged(text, [told[n] for n in touching], [told[n] for n in around])
        tally.found += bool(touching or around)
        tally.read += distance <= 0.2 * len(text)
        tally.exact += distance == 0
        tally.chars += len(text)
        tally.wrong += min(distance, len(text))
        used |= {*touching, *around}
        places.append(min([*around, *touching], default=None))
    tally.extra = sum(len(spelling(text)) for n, (_, text) in enumerate(told) if n not in used)
    if isinstance(truth, dict):
        pairs = [(a, b) for a, b in zip(places, places[1:]) if a is not None and b is not None]  # noqa: B905
        rank = {place: n for n, place in enumerate(sorted({p for p in places if p is not None}))}
        tally.pairs = len(pairs)
        tally.ordered = sum(rank[b] - rank[a] in (0, 1) for a, b in pairs)
        tally.cells, tally.cells_right = cells_right(truth["tables"], tables)
    return tally


def cells_right(truth: list, told: list) -> tuple[int, int]:
    """How many cells the true tables have, and how many stand in their place in the best told."""
    cells = right = 0
    for table in truth:
        wanted = {
            (r, c): spelling(text) for r, row in enumerate(table) for c, text in enumerate(row)
        }
        cells += len(wanted)
        hits = [
            sum(
                spelling(row[c]) == wanted.get((r, c))
                for r, row in enumerate(rows)
                for c in range(len(row))
            )
            for rows in told
        ]
        right += max(hits, default=0)
    return cells, right


def spelling(text: str) -> str:
    """A text as the sets are scored, the two empty boxes alike."""
    return fold(text).translate(BOXES)


def judged(truth: str, touching: Told, around: Told) -> int:
    """The edit distance of a true line to what an engine says in its place."""
    spelled = spelling("".join(text for _, text in sorted(touching, key=lambda one: one[0][0, 0])))
    in_order = spelling("".join(text for _, text in touching))
    distance = min(edit_distance(spelled, truth), edit_distance(in_order, truth))
    for _, whole in around:  # a line that holds more than the true one
        text = spelling(whole)
        windows = range(max(1, len(text) - len(truth) + 1))
        distance = min(
            [distance, *(edit_distance(text[w : w + len(truth)], truth) for w in windows)]
        )
    return distance


def shared(a: np.ndarray, b: np.ndarray) -> float:
    """The area that two quadrangles (4, 2) share."""
    apart = np.maximum(a.min(0), b.min(0)) >= np.minimum(a.max(0), b.max(0))
    return 0.0 if apart.any() else float(cv2.intersectConvexConvex(a, b)[0])


def area(corners: np.ndarray) -> float:
    """The area of a quadrangle."""
    return float(abs(cv2.contourArea(corners)))


if __name__ == "__main__":
    sys.exit(main())
