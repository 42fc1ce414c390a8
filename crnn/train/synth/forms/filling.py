"""A person fills in a form: by one hand with one pen, or on a printer; truth comes with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from charset import Charset
from crnn.page import Box
from crnn.train.synth.forms.design import Design, Zone, comb_edges, inset
from crnn.train.synth.forms.printing import (
    FONTS,
    TYPED,
    Ink,
    Page,
    blank_page,
    can_set,
    lay,
    typed,
)
from crnn.train.synth.handwriting.strokes import Strokes
from crnn.train.synth.handwriting.style import Hand, new_hand
from crnn.train.synth.handwriting.synthesis import Writer
from crnn.train.synth.text.text_sources import Rng

STROKES = Path("runs/sources/ink/hanzi_strokes.npz")
INK_COLOURS = ((30, 26, 24), (96, 40, 20), (150, 60, 24), (60, 50, 46))
"""Ink as BGR: black, blue-black, blue, grey."""

Written = str | bool | list[str]
Record = Mapping[str, Written]
"""What is filled in: texts, ticks, and for a column a text for every row."""


@dataclass(frozen=True)
class Filled:
    """A filled form. page: (H, W, 3) BGR; record: what stands on it, by zone; hand: or print."""

    page: Page
    record: Record
    hand: bool


class Filler:
    """Fills in forms: `fill(rng, design, record, hand=True)`, with fonts and strokes."""

    def __init__(self, fonts: Path = FONTS, strokes: Path = STROKES) -> None:
        self._fonts = fonts
        self._writer = Writer(Strokes(strokes, Charset.load("zh").classes[1:]))
        self._blanks: dict[str, Page] = {}

    def fill(self, rng: Rng, design: Design, record: Record, *, hand: bool) -> Filled:
        """The record on the design.

        Raises: KeyError where the record names no zone, ValueError where a text cannot be written.
        """
        if design.name not in self._blanks:
            self._blanks[design.name] = blank_page(design, self._fonts)
        page = self._blanks[design.name].copy()
        zones = {zone.name: zone for zone in design.zones}
        pen = self._pen(rng, record) if hand else self._printer(rng, record)
        for name, written in record.items():
            pen.fill(rng, page, zones[name], written)
        return Filled(page, dict(record), hand)

    def _pen(self, rng: Rng, record: Record) -> Pen:
        for char in set(_texts(record)):
            if not self._writer.can_write(char):
                raise ValueError(f"no strokes for {char!r}")
        colour = INK_COLOURS[int(rng.integers(len(INK_COLOURS)))]
        return Pen(self._writer, new_hand(rng, 0.35), colour)

    def _printer(self, rng: Rng, record: Record) -> Printer:
        results = [self._fonts / name for name in TYPED]
        able = [path for path in results if path.exists() and can_set(path, _texts(record))]
        if not able:
            raise ValueError(f"no font for all of {_texts(record)!r}")
        return Printer(able[int(rng.integers(len(able)))])


class Marks:
    """How a zone is filled, whatever with: subclasses say how a text becomes ink."""

    colour: tuple[int, ...] = (25, 25, 25)

    def ink(self, rng: Rng, text: str, height: int) -> Ink:
        """A line of text about `height` pixels high, bright on black. (H, W)."""
        raise NotImplementedError

    def tick(self, rng: Rng, side: int) -> Ink:
        """A mark for a box of that side. (H, W)."""
        raise NotImplementedError

    def fill(self, rng: Rng, page: Page, zone: Zone, written: Written) -> None:
        """Write into a zone of a page (H, W, 3)."""
        if zone.kind == "checkbox":
            if written:
                self._tick(rng, page, zone.box)
        elif zone.kind == "comb":
            edges = comb_edges(zone.box, zone.cells or 1)
            for char, left, right in zip(str(written), edges, edges[1:], strict=False):
                cell = (left + 2, zone.box[1] + 3, right - 2, zone.box[3] - 3)
                self.write(rng, page, char, cell, centred=True)
        elif zone.kind == "column":
            assert isinstance(written, list)
            for text, row in zip(written, zone.row_boxes(), strict=False):
                self.write(rng, page, text, inset(row))
        elif zone.multiline:
            self._paragraph(rng, page, str(written), zone.box)
        else:
            self.write(rng, page, str(written), zone.box)

    def write(self, rng: Rng, page: Page, text: str, box: Box, *, centred: bool = False) -> None:
        """One line into a box, made smaller until it fits."""
        if not text.strip():
            return
        left, top, right, bottom = box
        space = right - left - (0 if centred else 12)
        high = bottom - top
        ink = self.ink(rng, text, round(min(0.68 * high, 40) * float(rng.uniform(0.88, 1.06))))
        scale = min(1.0, space / ink.shape[1], 0.96 * high / ink.shape[0])
        if scale < 1:
            size = (max(4, int(ink.shape[1] * scale)), max(4, int(ink.shape[0] * scale)))
            ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
        spare_x, spare_y = right - left - ink.shape[1], high - ink.shape[0]
        x = left + spare_x // 2 if centred else left + 8 + int(rng.uniform(0, 0.12) * spare_x)
        y = top + round(spare_y * float(rng.uniform(0.35, 0.65)))
        lay(page, ink, (x, y), self.colour)

    def _paragraph(self, rng: Rng, page: Page, text: str, box: Box) -> None:
        left, top, right, bottom = box
        pitch = 46
        per_line = max(4, int((right - left - 24) / 36))
        pieces = [text[at : at + per_line] for at in range(0, len(text), per_line)]
        for row, piece in enumerate(pieces[: max(1, (bottom - top) // pitch)]):
            self.write(rng, page, piece, (left, top + row * pitch, right, top + (row + 1) * pitch))

    def _tick(self, rng: Rng, page: Page, box: Box) -> None:
        side = box[2] - box[0]
        ink = self.tick(rng, side)
        away = rng.integers(-3, 4, 2)
        x = (box[0] + box[2] - ink.shape[1]) // 2 + int(away[0])
        lay(page, ink, (x, (box[1] + box[3] - ink.shape[0]) // 2 + int(away[1])), self.colour)


class Pen(Marks):
    """One hand with one pen."""

    def __init__(self, writer: Writer, hand: Hand, colour: tuple[int, ...]) -> None:
        self._writer, self._hand, self.colour = writer, hand, colour

    def ink(self, rng: Rng, text: str, height: int) -> Ink:
        """What the hand writes. (H, W)."""
        drawn = self._writer.write(rng, text, self._hand, 1e6)
        if drawn.text != text:
            raise ValueError(f"{text!r} was written as {drawn.text!r}")
        scale = height / 40  # an em of the hand is 40 pixels
        size = (
            max(4, round(drawn.ink.shape[1] * scale)),
            max(4, round(drawn.ink.shape[0] * scale)),
        )
        return cv2.resize(drawn.ink, size, interpolation=cv2.INTER_AREA)

    def tick(self, rng: Rng, side: int) -> Ink:
        """A tick, a cross or a scribbled fill. (H, W)."""
        canvas = np.zeros((2 * side, 2 * side), np.uint8)
        way = rng.random()
        spots = np.array([[0.1, 0.55], [0.4, 0.9], [1.15, 0.0]])
        if way < 0.25:
            spots = np.array([[0.1, 0.1], [0.9, 0.9], [0.5, 0.5], [0.9, 0.1], [0.1, 0.9]])
        elif way < 0.35:
            y = np.linspace(0.15, 0.85, 9)
            spots = np.stack([np.where(np.arange(9) % 2, 0.9, 0.1), y], -1)
        spots = (spots + rng.normal(0, 0.06, spots.shape) + 0.5) * side
        width = max(2, round(self._hand.pen * 36))
        track = np.round(spots * 16).astype(np.int32)
        return cv2.polylines(canvas, [track], False, 255, width, cv2.LINE_AA, 4)


class Printer(Marks):
    """One font."""

    def __init__(self, font: Path) -> None:
        self._font = font

    def ink(self, rng: Rng, text: str, height: int) -> Ink:
        """The line set in the font. (H, W)."""
        return typed(self._font, text, max(14, round(0.86 * height)))

    def tick(self, rng: Rng, side: int) -> Ink:
        """A tick of two straight strokes, or a filled square. (H, W)."""
        canvas = np.zeros((side, side), np.uint8)
        if rng.random() < 0.3:
            return cv2.rectangle(canvas, (5, 5), (side - 6, side - 6), 255, -1)
        spots = np.array([[0.15, 0.5], [0.42, 0.82], [0.88, 0.12]]) * side
        return cv2.polylines(canvas, [np.round(spots).astype(np.int32)], False, 255, 3, cv2.LINE_AA)


def _texts(record: Record) -> str:
    """All characters that are to be written."""
    results = [[written] if isinstance(written, str) else written for written in record.values()]
    return "".join(text for texts in results if isinstance(texts, list) for text in texts)
