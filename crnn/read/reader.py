"""Reader: the straight line from bytes to a Page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charset import SPACIOUS, full_width, half_width
from crnn.errors import UnknownOption
from crnn.read import confidence, lines, tiles, weights
from crnn.read.decode.choose import Decoded, Decoder, DecodeWishes, decoder
from crnn.read.decode.ngram import NgramLanguage
from crnn.read.decode.steer import Language
from crnn.read.image import ImageLimits, grey_image
from crnn.read.lines import STANDS_ON_END, LineCrop
from crnn.read.page import Char, Line, Page
from crnn.read.session import Session
from crnn.read.tensor import strip
from crnn.read.tight import tightened

Grey = NDArray[np.uint8]

MODES = ("auto", "line", "page")
DETAILS = ("lines", "chars")
WIDTHS: dict[str, Callable[[str], str]] = {
    "as_read": str,
    "half": half_width,
    "full": full_width,
}

Stage = Callable[[str], AbstractContextManager[object]]
"""Measures a part of reading by its name: decode_image, find_lines, network, decoding."""

DOUBTFUL, CLEARLY_SURER = 0.7, 0.2
"""Confidence below which a line is tried upside down, and how much surer it must then be."""


def unmeasured(_: str) -> AbstractContextManager[object]:
    """No measuring."""
    return nullcontext()


@dataclass(frozen=True)
class ReadOptions:
    """The wishes of one request.

    detail: `chars` adds what else each character may be; decoding: how scores become text; width:
    `half` or `full` gives signs one width, beside the raw text.
    """

    mode: str = "auto"
    detail: str = "lines"
    decoding: DecodeWishes = field(default_factory=DecodeWishes)
    width: str = "as_read"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UnknownOption(f"mode is {self.mode!r}; expected one of {', '.join(MODES)}")
        if self.detail not in DETAILS:
            raise UnknownOption(f"detail is {self.detail!r}; expected one of {', '.join(DETAILS)}")
        if self.width not in WIDTHS:
            raise UnknownOption(f"width is {self.width!r}; expected one of {', '.join(WIDTHS)}")


@dataclass(frozen=True)
class Seen:
    """A crop after some quarter turns: its size (H, W) without loose paper, scores (T, C), text."""

    turns: int
    size: tuple[int, ...]
    scores: NDArray[np.float32]
    found: Decoded


class Reader:
    """Reads images. Built once, immutable, shared by threads: `Reader.load("zh").read(data)`."""

    def __init__(
        self,
        session: Session,
        *,
        limits: ImageLimits | None = None,
        line_threads: int = 1,
        sha256: str = "",
        language: Language | None = None,
    ) -> None:
        self.spec, self.sha256 = session.spec, sha256
        self._language = language
        self._stage: Stage = unmeasured
        self.charset = session.spec.alphabet()
        self._run = session.run
        self._greedy = decoder(DecodeWishes(), self.charset)
        self._limits = limits or ImageLimits()
        self._pool = ThreadPoolExecutor(line_threads, "line") if line_threads > 1 else None

    @classmethod
    def load(
        cls,
        name: str = "zh",
        folder: Path | None = None,
        *,
        limits: ImageLimits | None = None,
        threads: int = 1,
        line_threads: int = 1,
        language: str = "",
    ) -> Reader:
        """The reader with the published weights of that name.

        Each line is computed on `threads` cores, and `line_threads` lines of a page side by side.
        language: the published language model for decode "lm".

        Raises: WeightsMissing, WeightsCorrupt, WeightsMismatch.
        """
        found = weights.load(name, folder or weights.FOLDER)
        session = Session(found.model, threads=threads)
        model = None
        if language:
            model = NgramLanguage.load(language, folder, session.spec.classes)
        return cls(
            session,
            limits=limits,
            line_threads=line_threads,
            sha256=found.sha256,
            language=model,
        )

    def read(self, image: bytes | Grey, options: ReadOptions | None = None) -> Page:
        """Everything written in an image.

        image: an encoded file, or pixels (H, W), (H, W, 3) BGR, (H, W, 4) BGRA uint8.
        Raises: ReadError where the image or the options cannot be read.
        """
        options = options or ReadOptions()
        decode = None
        if options.decoding.way != "greedy":
            decode = self.decoder(options.decoding)
        with self._stage("decode_image"):
            grey = grey_image(image, self._limits)
        height, width = grey.shape
        with self._stage("find_lines"):
            mode, crops = self._crops(grey, options.mode)
        each = partial(self.read_line, decode=decode, detail=options.detail)
        read = self._pool.map(each, crops) if self._pool else map(each, crops)
        written = tuple(_in_width(line, WIDTHS[options.width]) for line in read)
        return Page(written, width, height, mode)

    def seen(self, image: bytes | Grey, mode: str = "auto") -> list[tuple[LineCrop, int]]:
        """The crops of an image in reading order, each with the quarter turns it is read after.

        Raises: ReadError.
        """
        grey = grey_image(image, self._limits)
        _, crops = self._crops(grey, ReadOptions(mode).mode)
        return [(crop, self._upright(crop.grey).turns) for crop in crops]

    def measured(self, stage: Stage) -> Reader:
        """The same reader, whose parts are measured."""
        found = copy(self)
        found._stage = stage
        return found

    def _crops(self, grey: Grey, mode: str) -> tuple[str, list[LineCrop]]:
        """The lines of an image (H, W), and whether it was taken as a line or as a page."""
        height, width = grey.shape
        boxes = [] if mode == "line" else lines.find_boxes(grey)
        if mode == "auto":
            mode = "line" if lines.is_single_line(grey, boxes) else "page"
        if mode == "line":
            return mode, [LineCrop(grey, (0, 0, width, height))]
        return mode, [crop for crop in lines.cut(grey, boxes) if self._within_aspect(crop)]

    def decoder(self, wishes: DecodeWishes) -> Decoder:
        """How scores become text. Raises: UnknownOption, GrammarError."""
        return decoder(wishes, self.charset, self._language)

    def read_line(
        self,
        crop: LineCrop,
        decode: Decoder | None = None,
        detail: str = "lines",
        *,
        is_upright: bool = False,
    ) -> Line:
        """One line; a crop on end is tried turned both ways, a doubtful one upside down too.

        is_upright: whether it is known to be, and is not turned.
        """
        seen = self._seen(crop.grey, 0) if is_upright else self._upright(crop.grey)
        found = seen.found
        if decode:
            with self._stage("decoding"):
                found = decode(seen.scores)
        found = self._placed(found, seen, detail)
        width = crop.grey.shape[1]
        if seen.turns % 2:
            found = replace(found, chars=tuple(replace_spans(found.chars, width)))
        elif seen.turns:
            chars = [replace(c, start=width - c.end, end=width - c.start) for c in found.chars]
            found = replace(found, chars=tuple(chars))
        return self._line(crop, found)

    def _upright(self, grey: Grey) -> Seen:
        """A crop (H, W) the way up on which it is read surest, greedily.

        A lying crop is turned only for a reading that is clearly surer.
        """
        first = self._seen(grey, 0)
        if grey.shape[0] >= STANDS_ON_END * grey.shape[1]:
            ways = [first, *(self._seen(grey, k) for k in (1, 3))]
            return max(ways, key=lambda seen: (_evidence(seen.found.chars), len(seen.found.chars)))
        chars = first.found.chars
        if chars and confidence.geometric_mean(chars) < DOUBTFUL:
            other = self._seen(grey, 2)
            turned = other.found.chars
            gained = confidence.geometric_mean(turned) - confidence.geometric_mean(chars)
            if gained > CLEARLY_SURER and len(turned) >= len(chars) - 2:
                return other
        return first

    def _seen(self, grey: Grey, turns: int) -> Seen:
        with self._stage("network"):
            tight = tightened(np.ascontiguousarray(np.rot90(grey, turns)))
            scores = self.scores(tight)
        with self._stage("decoding"):
            return Seen(turns, tight.shape, scores, self._greedy(scores))

    def scores(self, grey: Grey) -> NDArray[np.float32]:
        """The network's scores (T, C) of one upright line (H, W), before any decoding."""
        return tiles.scores(strip(np.ascontiguousarray(grey), self.spec), self.spec, self._run)

    def _placed(self, found: Decoded, seen: Seen, detail: str) -> Decoded:
        """What a crop says, not calibrated, spans in pixels of the crop as it was turned."""
        classes, chars = self.spec.classes, found.chars
        missed = 0.0
        if self.spec.calibration:
            missed = confidence.ln_complete(seen.scores, chars, classes)
        if detail == "chars":
            chars = tuple(confidence.with_alternatives(chars, seen.scores, classes))
        scale = self.spec.stride * seen.size[0] / self.spec.height
        width = float(seen.size[1])
        placed = tuple(
            replace(c, start=min(c.start * scale, width), end=min(c.end * scale, width))
            for c in chars
        )
        return replace(found, chars=placed, ln_complete=missed)

    def _line(self, crop: LineCrop, found: Decoded) -> Line:
        left, calibration = crop.box[0], self.spec.calibration
        chars = confidence.calibrated(without_unseen(found.chars), calibration)
        placed = tuple(
            replace(c, start=left + c.start, end=left + c.end) for c in confidence.share_out(chars)
        )
        whole = confidence.of_line(placed, found.ln_complete, calibration)
        text = "".join(c.text for c in placed) if found.text is None else found.text
        return Line(text, whole, crop.box, placed, found.alternatives, found.match, found.field)

    def _within_aspect(self, crop: LineCrop) -> bool:
        return bool(max(crop.grey.shape) <= self._limits.max_aspect * min(crop.grey.shape))


def replace_spans(chars: Sequence[Char], width: int) -> list[Char]:
    """Characters of a turned line: each spans the whole width of its upright crop."""
    return [replace(c, start=0.0, end=float(width)) for c in chars]


def _in_width(line: Line, change: Callable[[str], str]) -> Line:
    """The line with its text changed, and what was read beside it where that differs."""
    text = change(line.text)
    return line if text == line.text else replace(line, text=text, raw_text=line.text)


def without_unseen(chars: Sequence[Char]) -> list[Char]:
    """Characters less the spaces that `charset.normalize` takes out of every text."""
    kept: list[Char] = []
    for char in chars:
        after_gap = not kept or kept[-1].text == " " or kept[-1].text in SPACIOUS
        if char.text == " " and after_gap:
            continue
        if char.text in SPACIOUS and kept and kept[-1].text == " ":
            kept.pop()
        kept.append(char)
    if kept and kept[-1].text == " ":
        kept.pop()
    return kept


def _evidence(chars: Sequence[Char]) -> float:
    return confidence.geometric_mean(chars) * min(1.0, len(chars) / 2)
