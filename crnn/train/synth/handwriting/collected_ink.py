"""Real ink: digits and signs of many writers set side by side, and words of one writer in a row.

The files are found in sources/ink under the names of docs/training.md; what is not there is not
used. `python -m crnn.train.synth.handwriting.collected_ink OUT` writes test sets from the parts
that training never sees.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.train.synth.fonts.glyphs import EM
from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.text.text_sources import Rng

Ink = NDArray[np.uint8]

HELD_OUT_WRITERS = frozenset({26, 27, 28, 29, 30})
SIGNS = {"plus": "+", "minus": "-", "slash": "/", "dot": "."}
EMPTY = Drawn(np.zeros((EM, EM), np.uint8), "", np.zeros(0, np.float32))


class Digits:
    """Isolated digits and signs, (N, 28, 28) bright on black, by character."""

    def __init__(self, folder: Path) -> None:
        results: dict[str, list[Ink]] = {}
        if (folder / "mnist.npz").exists():
            data = np.load(folder / "mnist.npz")
            images, labels = data["x_train"], data["y_train"]
            for digit in range(10):
                results.setdefault(str(digit), []).append(images[labels == digit])
        if (folder / "bhmsds.npz").exists():
            data = np.load(folder / "bhmsds.npz")
            images, labels = 255 - data["x"], data["y"]
            for name in np.unique(labels):
                char = SIGNS.get(str(name), str(name))
                results.setdefault(char, []).append(images[labels == name])
        self._sets = results

    def __bool__(self) -> bool:
        return bool(self._sets)

    def chars(self) -> set[str]:
        """The characters there is ink of."""
        return set(self._sets)

    def one(self, rng: Rng, char: str) -> Ink:
        """Some writer's character, (28, 28); every source alike often."""
        images = self._sets[char][int(rng.integers(len(self._sets[char])))]
        picked: Ink = images[int(rng.integers(len(images)))]
        return picked

    def draw(self, rng: Rng, text: str, budget: float) -> Drawn:
        """A line of digits as if one hand had written them. (H, W) bright on black."""
        size = EM * 1.4 * float(rng.uniform(0.85, 1.15)) / 28
        gap = float(rng.choice((rng.uniform(-0.22, 0.05), rng.uniform(0.0, 0.4)))) * EM
        slant, wander = float(rng.normal(0.05, 0.15)), float(rng.uniform(0, 0.07)) * EM
        tall = float(np.exp(rng.normal(0.05, 0.15)))
        canvas = np.zeros((EM * 3, int(budget) + 3 * EM), np.uint8)
        left, after = (float(v) * EM for v in rng.uniform(0.03, 0.45, 2))
        pen, right, centres, kept = left, 0.0, [], []
        weight = float(np.exp(rng.normal(0, 0.4)))
        for char in text:
            own = size * 0.22 if char == "." else size
            glyph = _shaped(rng, self.one(rng, char), own, slant, tall)
            h, w = glyph.shape
            if kept and (pen + w > budget or pen + w + 2 > canvas.shape[1]):
                break
            y = round(EM * 2 - _foot(char, h) + rng.normal(0, wander))
            y = min(max(y, 0), 3 * EM - h)
            spot = canvas[y : y + h, round(pen) : round(pen) + w]
            np.maximum(spot, glyph, out=spot)
            kept.append(char)
            centres.append(pen + w / 2)
            right = pen + w
            pen = max(pen + 2, right + gap + float(rng.normal(0, 0.04)) * EM)
        ink = canvas[:, : int(right + after)]
        ink = cv2.LUT(ink, (255 * (np.arange(256) / 255) ** weight).astype(np.uint8))
        return _cropped(rng, ink, "".join(kept), np.array(centres, np.float32))

    def alone(self, rng: Rng, char: str) -> Drawn:
        """One character with the paper it was collected with. (H, W) bright on black."""
        picked, size = self.one(rng, char), EM * float(rng.uniform(0.9, 1.3))
        height, width = picked.shape
        turn, slant = float(rng.normal(0, 0.12)), float(rng.normal(0, 0.12))
        wide, tall = (size / 28 * float(np.exp(rng.normal(0, 0.08))) for _ in range(2))
        shape = np.array(
            [[wide * np.cos(turn), wide * (slant - np.sin(turn))],
             [tall * np.sin(turn), tall * np.cos(turn)]]
        )  # fmt: skip
        middle = np.array([width - 1, height - 1]) / 2
        shift = size / 2 + rng.normal(0, 0.03, 2) * size - shape @ middle
        matrix = np.hstack([shape, shift[:, None]]).astype(np.float32)
        side = round(size)
        ink = cv2.warpAffine(picked, matrix, (side, side), flags=cv2.INTER_CUBIC)
        return Drawn(np.asarray(ink, np.uint8), char, np.array([side / 2], np.float32))


def _shaped(rng: Rng, glyph: Ink, size: float, slant: float, tall: float) -> Ink:
    """One character trimmed, sheared and sized."""
    rows, columns = np.flatnonzero(glyph.max(1) > 40), np.flatnonzero(glyph.max(0) > 40)
    if not rows.size:
        return glyph[:1, :1]
    glyph = glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    own = size * float(np.exp(rng.normal(0, 0.06)))
    h = min(2 * EM, max(3, round(glyph.shape[0] * own * tall)))
    w = max(3, round(glyph.shape[1] * own))
    lean = slant * h
    grow = round(abs(lean))
    matrix = np.array([[w / glyph.shape[1], -lean / glyph.shape[0], max(lean, 0)],
                       [0, h / glyph.shape[0], 0]], np.float32)  # fmt: skip
    return cv2.warpAffine(glyph, matrix, (w + grow, h), flags=cv2.INTER_CUBIC)


def _foot(char: str, height: int) -> float:
    """Rows from the character's top to the baseline: signs stand in the middle of digits."""
    return height + {"-": 0.32, "+": 0.12}.get(char, 0.0) * EM


def _cropped(rng: Rng, ink: Ink, text: str, centres: NDArray[np.float32]) -> Drawn:
    rows = np.flatnonzero(ink.max(axis=1) > 40)
    if not rows.size or not text:
        return EMPTY
    top, bottom = (int(rng.uniform(-0.02, 0.25) * EM) for _ in range(2))
    low, high = max(0, int(rows[0]) - top), min(len(ink), int(rows[-1]) + 1 + bottom)
    if high - low < EM // 2:
        low, high = max(0, low - EM // 4), min(len(ink), high + EM // 4)
    return Drawn(np.ascontiguousarray(ink[low:high]), text, centres)


class Words:
    """Words of a place-name collection, by writer: those to learn from, or those held out."""

    def __init__(self, folder: Path, *, held_out: bool = False) -> None:
        self._by_writer: list[list[tuple[NDArray[np.uint8], str]]] = []
        path = folder / "latin_words.npz"
        if not path.exists():
            return
        data = np.load(path)
        self._data, self._offsets = data["webp"], data["offsets"]
        results: dict[int, list[tuple[NDArray[np.uint8], str]]] = {}
        for row, (text, writer) in enumerate(
            zip(data["text"].tolist(), data["writer"].tolist(), strict=True)
        ):
            if (writer in HELD_OUT_WRITERS) == held_out:
                coded = self._data[self._offsets[row] : self._offsets[row + 1]]
                results.setdefault(writer, []).append((coded, text))
        self._by_writer = list(results.values())

    def __bool__(self) -> bool:
        return bool(self._by_writer)

    def pictures(self) -> list[tuple[Ink, str]]:
        """Every word as its picture (H, W), dark on light."""
        return [
            (cv2.imdecode(c, cv2.IMREAD_GRAYSCALE), t) for own in self._by_writer for c, t in own
        ]

    def draw(self, rng: Rng, budget: float) -> Drawn:
        """Some words of one writer on one line. (H, W) bright on black; centres are guessed."""
        own = self._by_writer[int(rng.integers(len(self._by_writer)))]
        parts: list[Ink] = []
        texts: list[str] = []
        used = 0
        height = EM + int(rng.integers(0, 10))
        while used < budget:
            coded, text = own[int(rng.integers(len(own)))]
            ink = trimmed(255 - cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), height)
            space = int(rng.uniform(0.35, 0.9) * EM)
            if parts and used + space + ink.shape[1] > budget * height / EM:
                break
            parts += [np.zeros((height, space if parts else 8), np.uint8), ink]
            texts.append(text)
            used += parts[-1].shape[1] + parts[-2].shape[1]
        text = " ".join(texts)
        line = np.hstack([*parts, np.zeros((height, 8), np.uint8)])
        centres = 8 + (np.arange(len(text)) + 0.5) * (line.shape[1] - 16) / len(text)
        return Drawn(line, text, centres.astype(np.float32))


def trimmed(ink: Ink, height: int) -> Ink:
    """A word cut to its ink with some paper around, at that height. (H, W)."""
    contrast = np.clip(ink.astype(np.int32) * 255 // max(40, int(ink.max())), 0, 255).astype(
        np.uint8
    )
    rows, columns = np.flatnonzero(contrast.max(1) > 90), np.flatnonzero(contrast.max(0) > 90)
    if not rows.size:
        return contrast[:height]
    low, high = max(0, int(rows[0]) - 4), int(rows[-1]) + 5
    cut = contrast[low:high, max(0, int(columns[0]) - 2) : int(columns[-1]) + 3]
    width = max(4, round(cut.shape[1] * height / cut.shape[0]))
    return cv2.resize(cut, (min(width, 40 * height), height), interpolation=cv2.INTER_AREA)


def write_set(folder: Path, pictures: Sequence[tuple[Ink, str]]) -> None:
    """A labelled folder: pictures and labels.tsv."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for row, (picture, text) in enumerate(pictures):
        cv2.imwrite(str(folder / f"{row:05d}.png"), picture)
        rows.append(f"{row:05d}.png\t{text}\n")
    (folder / "labels.tsv").write_text("".join(rows), "utf-8")


def main(argv: list[str] | None = None) -> int:
    """Write the sets `latin_words` (held-out writers) and `ink_chars`, `mnist` where found."""
    parser = argparse.ArgumentParser(
        prog="python -m crnn.train.synth.handwriting.collected_ink", description=__doc__
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--ink", type=Path, default=Path("runs/sources/ink"))
    args = parser.parse_args(argv)
    words = Words(args.ink, held_out=True).pictures()
    sets = {"latin_words": words}
    if (args.ink / "val_ink_chars.npz").exists():
        data = np.load(args.ink / "val_ink_chars.npz")
        sets["ink_chars"] = list(zip(data["x"], data["y"].tolist(), strict=True))
    if (args.ink / "mnist.npz").exists():
        data = np.load(args.ink / "mnist.npz")
        sets["mnist"] = [
            (255 - x, str(y)) for x, y in zip(data["x_test"], data["y_test"], strict=True)
        ]
    for name, pictures in sets.items():
        write_set(args.out / name, pictures)
        print(f"{args.out / name}: {len(pictures)} pictures")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
