"""Reader: the straight line from bytes to a Page."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crnn import budget, weights
from crnn.decode.constraints import Language
from crnn.decode.factory import Decoder, DecodeWishes, decoder
from crnn.decode.ngram_lm import NgramLanguage
from crnn.errors import WeightsMismatch
from crnn.inputs.image import ImageLimits, grey_image
from crnn.layout import image_coordinates, line_crops, orientation
from crnn.layout.analysis import Survey
from crnn.layout.line_crops import STANDS_ON_END, LineCrop
from crnn.options import WIDTHS, ReadOptions
from crnn.page import Box, Line, Page, in_width
from crnn.preprocess.normalize import strip
from crnn.preprocess.prepare_line import as_shown, inner_as_shown
from crnn.preprocess.trim import Trimmed, trimmed
from crnn.recognize import character_tta, confidence, tiling, tta
from crnn.recognize.hypothesis import (
    ANY_TURN,
    ON_END,
    Seen,
    evidence,
    in_crop,
    is_doubtful_text,
    is_hanzi,
    is_rather,
    may_be_turned,
    sureness,
    turns_of,
    without_unseen,
)
from crnn.recognize.instrumentation import Stage, unmeasured
from crnn.recognize.session import Session

Grey = NDArray[np.uint8]

RULED = 0.7
"""Confidence below which a line is read again as it was before rules were lifted from it."""


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
        self._serve(session, sha256)
        self.language = language
        self._stage: Stage = unmeasured
        self._is_thorough = False
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
        language: the published language model for decode "lm" and "auto".

        Raises: WeightsMissing, WeightsCorrupt, WeightsMismatch.
        """
        found = weights.load(name, folder or weights.FOLDER)
        session = Session(found.model, threads=threads)
        spoken = NgramLanguage.load(language, folder, session.spec.classes) if language else None
        return cls(
            session, limits=limits, line_threads=line_threads, sha256=found.sha256, language=spoken
        )

    def like(self, found: weights.Weights) -> Reader:
        """A reader of other weights for the same classes; limits and language are shared.

        Raises: WeightsCorrupt, WeightsMismatch.
        """
        session = Session(found.model)
        if session.spec.classes != self.spec.classes:
            read, ours = (f"{len(s.classes)} of {s.charset!r}" for s in (session.spec, self.spec))
            raise WeightsMismatch(
                f"{found.name!r} reads other classes, {read}; the service is set up for {ours}"
            )
        made = copy(self)
        made._serve(session, found.sha256)
        return made

    def _serve(self, session: Session, sha256: str) -> None:
        self.spec, self.sha256, self.charset = session.spec, sha256, session.spec.alphabet()
        self._run = budget.checked(session.run)

    def read(self, image: bytes | Grey, options: ReadOptions | None = None) -> Page:
        """Everything written in an image.

        image: an encoded file, or pixels (H, W), (H, W, 3) BGR, (H, W, 4) BGRA uint8.
        Raises: ReadError where the image or the options cannot be read.
        """
        options = options or ReadOptions()
        each = self.for_lines(options)
        with self._stage("decode_image"):
            grey = grey_image(image, self._limits)
        with self._stage("find_lines"):
            page, crops = self._crops(grey, options.mode)
        each = partial(each, turns=turns_of(len(crops) if page else 0))
        read = self._pool.map(each, crops) if self._pool else map(each, crops)
        written = [in_width(line, WIDTHS[options.width]) for line in read]
        return image_coordinates.as_page(page, written, grey.shape)

    def seen(self, image: bytes | Grey, mode: str = "auto") -> Iterator[tuple[Box, Seen]]:
        """The lines of an image in reading order: where each stands, and what of it is looked at.

        One after another: the scores of a line are large. Raises: ReadError, with the first.
        """
        grey = grey_image(image, self._limits)
        page, crops = self._crops(grey, ReadOptions(mode).mode)
        turns = turns_of(len(crops) if page else 0)
        boxes = (image_coordinates.in_image_box(page, crop.box, grey.shape) for crop in crops)
        looked = (self._upright(crop.grey, turns) for crop in crops)
        yield from zip(boxes, looked, strict=True)

    def measured(self, stage: Stage) -> Reader:
        """The same reader, whose parts are measured."""
        found = copy(self)
        found._stage = stage
        return found

    def with_effort(self, effort: str) -> Reader:
        """The same reader, which with `thorough` looks several times at what it is unsure of.

        A thorough one stays so. Raises: UnknownOption where effort is none of EFFORTS.
        """
        if ReadOptions(effort=effort).effort == "quick":
            return self
        found = copy(self)
        found._is_thorough = True
        return found

    def _crops(self, grey: Grey, mode: str) -> tuple[Survey | None, list[LineCrop]]:
        """The lines of an image (H, W), and the page they were found on; None where it is one."""
        if mode == "line":
            return None, [line_crops.all_of(grey)]
        page = line_crops.survey(grey)
        if mode == "auto" and (line := line_crops.only_line(grey, page, self._is_hanzi)):
            return None, [line]
        page = orientation.turned(page, self._sureness)
        return page, budget.lines_within(line_crops.cut(page), self._limits.max_aspect)

    def _is_hanzi(self, grey: Grey) -> bool:
        """Whether a crop (H, W) surely says one hanzi and nothing else."""
        return is_hanzi(self._seen(trimmed(grey), 0))

    def _sureness(self, grey: Grey) -> float:
        """How sure the network is of what a crop (H, W) says; 0 where that is hardly anything."""
        return evidence(self._seen(trimmed(grey), 0).found.chars)

    def for_lines(self, options: ReadOptions) -> partial[Line]:
        """`read_line` with a request's decoding, detail and effort.

        Raises: UnknownOption, GrammarError.
        """
        how, reader = options.decoding, self.with_effort(options.effort)
        decode = None if how.way == "greedy" else self.decoder(how)
        sparing = how.way == "auto"
        return partial(reader.read_line, decode=decode, detail=options.detail, sparing=sparing)

    def decoder(self, wishes: DecodeWishes) -> Decoder:
        """How scores become text. Raises: UnknownOption, GrammarError."""
        return decoder(wishes, self.charset, self.language, self.spec.calibration)

    def read_line(
        self,
        crop: LineCrop,
        decode: Decoder | None = None,
        detail: str = "lines",
        *,
        sparing: bool = False,
        turns: Collection[int] = ANY_TURN,
    ) -> Line:
        """One line; a crop on end is tried turned both ways, a doubtful one upside down too.

        sparing: `decode` is for doubtful running text alone; turns: the quarter turns it may be
        tried in, beside the way it came.
        """
        grey, seen = crop.grey, self._upright(crop.grey, turns)
        if crop.ruled is not None and sureness(seen) < RULED:
            other = self._upright(crop.ruled, turns)
            if sureness(other) > sureness(seen):
                grey, seen = crop.ruled, other

        def sure(one: Seen) -> float:
            return self._line(crop, one).confidence

        if self._is_thorough:
            seen = tta.voted(seen, grey, partial(self._upright, turns=()), sure)
        if decode and (not sparing or is_doubtful_text(seen, sure)):
            with self._stage("decoding"):
                seen = character_tta.decoded(seen, decode)
        return self._line(crop, seen, detail)

    def _upright(self, grey: Grey, turns: Collection[int]) -> Seen:
        """A crop (H, W) the way up on which it is read surest, greedily.

        A lying crop is turned only for a reading that is clearly surer or fuller, and of several
        characters: a six is a nine. What may be one character is looked at again where it is
        doubtful.
        """
        inner = trimmed(grey)
        first = self._seen(inner, 0)
        if any(height >= STANDS_ON_END * width for height, width in (grey.shape, inner.grey.shape)):
            ways = [first, *(self._seen(inner, k) for k in ON_END if k in turns)]
            return max(ways, key=lambda seen: (evidence(seen.found.chars), len(seen.found.chars)))
        if 2 in turns and may_be_turned(first):
            other = self._seen(inner, 2)
            if is_rather(other, first):
                first = other
        if character_tta.is_doubtful_character(first):
            again = partial(self._shown_again, first)
            return character_tta.voted([first, *map(again, character_tta.looks(first.shown))])
        return first

    def _seen(self, inner: Trimmed, turns: int) -> Seen:
        with self._stage("network"):
            # A line on end is seen for one, and trimmed, only once it lies.
            show = as_shown if turns in ON_END else inner_as_shown
            shown, added = show(inner.turned(turns))
            added -= inner.gone(turns)
            shown, narrower = budget.narrowed(shown)
            scores = self.scores(shown)
        with self._stage("decoding"):
            found = self._greedy(scores)
        added = round(added * narrower)
        return Seen(turns, shown, added, scores, found, stretch=narrower)

    def _shown_again(self, first: Seen, look: Grey) -> Seen:
        """What the network makes of another look (H, W) at a crop."""
        with self._stage("network"):
            scores = self.scores(look)
        with self._stage("decoding"):
            return replace(first, shown=look, scores=scores, found=self._greedy(scores))

    def scores(self, grey: Grey) -> NDArray[np.float32]:
        """The network's scores (T, C) of one upright line (H, W), before any decoding."""
        return tiling.scores(strip(np.ascontiguousarray(grey), self.spec), self.spec, self._run)

    def _line(self, crop: LineCrop, seen: Seen, detail: str = "lines") -> Line:
        found = in_crop(seen, crop.grey.shape[1], self.spec, detail)
        left, calibration = crop.box[0], self.spec.calibration
        chars = confidence.calibrated(without_unseen(found.chars), calibration)
        placed = tuple(
            replace(c, start=left + c.start, end=left + c.end) for c in confidence.share_out(chars)
        )
        whole = seen.agreed * confidence.of_line(placed, found.ln_complete, calibration)
        text = "".join(c.text for c in placed) if found.text is None else found.text
        return Line(text, whole, crop.box, placed, found.alternatives, found.match, found.field)
