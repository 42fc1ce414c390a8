"""Pen tracks through the board's own code: `python -m tests.bench.service.drawings`.

Tracks are made by tests/fixtures/pen_tracks.py. Prints a Markdown table: how many drawings of each
kind are right as a whole, read by the digits weights as digits, and by the default weights as any
text.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from crnn.reader import Reader
from service.drawing.read_drawing import Board, By, Ink
from service.engine import Engine
from service.request_options import ReadRequestOptions
from service.storage.lexicons import Lexicons
from tests.fixtures.pen_tracks import Track, drawn

WORDS = [
    "中国",
    "人口",
    "工人",
    "大人",
    "山水",
    "日本",
    "三十",
    "中山",
    "上山",
    "大小",
    "天山",
    "木工",
    "一天",
]
Rng = np.random.Generator


def main(argv: list[str] | None = None) -> int:
    """Draw, read, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.service.drawings", description=__doc__
    )
    parser.add_argument("--count", type=int, default=100, help="drawings of each kind")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(argv)
    reader = Reader.load("zh", language="lm_zh")
    engine = Engine(reader, threads=1, queue_size=1, timeout_s=60)
    board = Board(engine, Reader.load("digits"), Lexicons(None, reader.charset))
    print("| drawings | as digits % | as any text % |\n|---|---|---|")
    for kind in ("a digit", "a phone number", "a sum", "a Chinese word"):
        rng = np.random.default_rng(args.seed)
        tracks = list(_tracks(kind, rng, args.count))
        shares = [_right(board, By("", reader), tracks, reads) for reads in ("digits", "text")]
        as_digits = "" if kind == "a Chinese word" else f"{100 * shares[0]:.0f}"
        print(f"| {kind} | {as_digits} | {100 * shares[1]:.0f} |", flush=True)
    engine.close()
    return 0


def _tracks(kind: str, rng: Rng, count: int) -> Iterator[tuple[str, list[Track]]]:
    for number in range(count):
        text = _text(kind, rng, number)
        yield text, drawn(text, rng, height=float(rng.uniform(40, 200)), left=20, top=20)


def _text(kind: str, rng: Rng, number: int) -> str:
    if kind == "a digit":
        return str(number % 10)
    if kind == "a phone number":
        return "1" + "".join(map(str, rng.integers(0, 10, 10)))
    if kind == "a sum":
        return f"{rng.integers(1, 99)}{rng.choice(list('+-×÷'))}{rng.integers(1, 99)}="
    return WORDS[number % len(WORDS)]


def _right(board: Board, by: By, drawings: list[tuple[str, list[Track]]], reads: str) -> float:
    decode = {"decode": "lm"} if reads == "text" else {}
    wishes = ReadRequestOptions.model_validate({"mode": "line", **decode})
    inks = [Ink.model_validate({"strokes": tracks, "reads": reads}) for _, tracks in drawings]
    found = [board.read(ink, wishes, by).page.text for ink in inks]
    return sum(a == b for a, (b, _) in zip(found, drawings, strict=True)) / len(drawings)


if __name__ == "__main__":
    raise SystemExit(main())
