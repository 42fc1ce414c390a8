"""Reader: the straight line from bytes to a Page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charset import SPACIOUS
from crnn.errors import UnknownOption
from crnn.read import lines, tiles, weights
from crnn.read.decode.choose import Decoded, Decoder, DecodeWishes, decoder
from crnn.read.image import ImageLimits, grey_image
from crnn.read.lines import STANDS_ON_END, LineCrop
from crnn.read.page import Char, Line, Page
from crnn.read.session import Session
from crnn.read.tensor import strip

Grey = NDArray[np.uint8]

MODES = ("auto", "line", "page")


@dataclass(frozen=True)
class ReadOptions:
    """The wishes of one request. decoding: how scores become text."""

    mode: str = "auto"
    decoding: DecodeWishes = field(default_factory=DecodeWishes)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UnknownOption(f"mode is {self.mode!r}; expected one of {', '.join(MODES)}")


class Reader:
    """Reads images. Built once, immutable, shared by threads: `Reader.load("zh").read(data)`."""

    def __init__(
        self,
        session: Session,
        *,
        limits: ImageLimits | None = None,
        line_threads: int = 1,
        sha256: str = "",
    ) -> None:
        self.spec, self.sha256 = session.spec, sha256
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
    ) -> Reader:
        """The reader with the published weights of that name.

        Each line is computed on `threads` cores, and `line_threads` lines of a page side by side.

        Raises: WeightsMissing, WeightsCorrupt, WeightsMismatch.
        """
        found = weights.load(name, folder or weights.FOLDER)
        session = Session(found.model, threads=threads)
        return cls(session, limits=limits, line_threads=line_threads, sha256=found.sha256)

    def read(self, image: bytes | Grey, options: ReadOptions | None = None) -> Page:
        """Everything written in an image.

        image: an encoded file, or pixels (H, W), (H, W, 3) BGR, (H, W, 4) BGRA uint8.
        Raises: ReadError where the image or the options cannot be read.
        """
        options = options or ReadOptions()
        decode = decoder(options.decoding, self.charset)
        grey = grey_image(image, self._limits)
        height, width = grey.shape
        boxes = [] if options.mode == "line" else lines.find_boxes(grey)
        mode = options.mode
        if mode == "auto":
            mode = "line" if lines.is_single_line(grey, boxes) else "page"
        if mode == "line":
            crops = [LineCrop(grey, (0, 0, width, height))]
        else:
            crops = [crop for crop in lines.cut(grey, boxes) if self._within_aspect(crop)]
        each = partial(self.read_line, decode=decode)
        read = self._pool.map(each, crops) if self._pool else map(each, crops)
        return Page(tuple(read), width, height, mode)

    def read_line(self, crop: LineCrop, decode: Decoder | None = None) -> Line:
        """One line; a crop on end is read upright and turned both ways, and the surest wins."""
        height, width = crop.grey.shape
        decode = decode or self._greedy
        readings = [self._decode(crop.grey, decode)]
        if height >= STANDS_ON_END * width:
            turned = [self._decode(np.rot90(crop.grey, k), decode) for k in (1, 3)]
            readings += [replace(r, chars=tuple(replace_spans(r.chars, width))) for r in turned]
        best = max(readings, key=lambda found: (_evidence(found.chars), len(found.chars)))
        return _line(crop, best)

    def scores(self, grey: Grey) -> NDArray[np.float32]:
        """The network's scores (T, C) of one upright line (H, W), before any decoding."""
        return tiles.scores(strip(np.ascontiguousarray(grey), self.spec), self.spec, self._run)

    def _decode(self, grey: Grey, decode: Decoder) -> Decoded:
        """What an upright line says, spans in pixels of the crop."""
        found = decode(self.scores(grey))
        scale = self.spec.stride * grey.shape[0] / self.spec.height
        width = float(grey.shape[1])
        chars = [
            replace(c, start=min(c.start * scale, width), end=min(c.end * scale, width))
            for c in found.chars
        ]
        return replace(found, chars=tuple(chars))

    def _within_aspect(self, crop: LineCrop) -> bool:
        return bool(max(crop.grey.shape) <= self._limits.max_aspect * min(crop.grey.shape))


def replace_spans(chars: Sequence[Char], width: int) -> list[Char]:
    """Characters of a turned line: each spans the whole width of its upright crop."""
    return [replace(c, start=0.0, end=float(width)) for c in chars]


def _line(crop: LineCrop, found: Decoded) -> Line:
    left, seen = crop.box[0], without_unseen(found.chars)
    placed = tuple(replace(c, start=left + c.start, end=left + c.end) for c in seen)
    text = "".join(c.text for c in placed) if found.text is None else found.text
    sure = confidence(placed)
    return Line(text, sure, crop.box, placed, found.alternatives, found.match)


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


def confidence(chars: Sequence[Char]) -> float:
    """The geometric mean of the characters' confidences; 0 where there are none."""
    if not chars:
        return 0.0
    return math.exp(sum(math.log(max(c.confidence, 1e-9)) for c in chars) / len(chars))


def _evidence(chars: Sequence[Char]) -> float:
    return confidence(chars) * min(1.0, len(chars) / 2)
