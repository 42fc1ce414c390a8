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
from crnn.decode.factory import DecodeOptions, Decoder, decoder
from crnn.decode.ngram_lm import NgramLanguage
from crnn.errors import WeightsMismatch
from crnn.inputs.image import ImageLimits, grey_image
from crnn.layout import image_coordinates, line_crops, orientation
from crnn.layout.analysis import Survey
from crnn.layout.line_crops import ON_END_ASPECT, LineCrop
from crnn.options import WIDTHS, ReadOptions
from crnn.page import Box, Line, Page, in_width
from crnn.preprocess.normalize import normalize_line
from crnn.preprocess.prepare_line import prepare_line, prepare_trimmed_line
from crnn.preprocess.trim import Trimmed, trim_whitespace
from crnn.recognize import character_tta, confidence, tiling, tta
from crnn.recognize.hypothesis import (
    ANY_TURN,
    ON_END,
    Hypothesis,
    evidence,
    in_crop,
    is_better,
    is_doubtful_text,
    is_hanzi,
    may_be_turned,
    mean_confidence,
    turns_of,
    without_extra_spaces,
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
        self._greedy = decoder(DecodeOptions(), self.charset)
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
        loaded = weights.load(name, folder or weights.FOLDER)
        session = Session(loaded.model, threads=threads)
        spoken = NgramLanguage.load(language, folder, session.spec.classes) if language else None
        return cls(
            session, limits=limits, line_threads=line_threads, sha256=loaded.sha256, language=spoken
        )

    def with_weights(self, loaded: weights.Weights) -> Reader:
        """A reader of other weights for the same classes; limits and language are shared.

        Raises: WeightsCorrupt, WeightsMismatch.
        """
        session = Session(loaded.model)
        if session.spec.classes != self.spec.classes:
            read, ours = (f"{len(s.classes)} of {s.charset!r}" for s in (session.spec, self.spec))
            raise WeightsMismatch(
                f"{loaded.name!r} reads other classes, {read}; the service is set up for {ours}"
            )
        made = copy(self)
        made._serve(session, loaded.sha256)
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
        lines = [in_width(line, WIDTHS[options.width]) for line in read]
        return image_coordinates.as_page(page, lines, grey.shape)

    def hypotheses(
        self, image: bytes | Grey, mode: str = "auto"
    ) -> Iterator[tuple[Box, Hypothesis]]:
        """The lines of an image in reading order: where each stands, and what of it is looked at.

        One after another: the scores of a line are large. Raises: ReadError, with the first.
        """
        grey = grey_image(image, self._limits)
        page, crops = self._crops(grey, ReadOptions(mode).mode)
        turns = turns_of(len(crops) if page else 0)
        boxes = (image_coordinates.in_image_box(page, crop.box, grey.shape) for crop in crops)
        hypotheses = (self._upright(crop.grey, turns) for crop in crops)
        yield from zip(boxes, hypotheses, strict=True)

    def with_tracer(self, stage: Stage) -> Reader:
        """The same reader, whose parts are measured."""
        result = copy(self)
        result._stage = stage
        return result

    def with_effort(self, effort: str) -> Reader:
        """The same reader, which with `thorough` looks several times at what it is unsure of.

        A thorough one stays so. Raises: UnknownOption where effort is none of EFFORTS.
        """
        if ReadOptions(effort=effort).effort == "quick":
            return self
        result = copy(self)
        result._is_thorough = True
        return result

    def _crops(self, grey: Grey, mode: str) -> tuple[Survey | None, list[LineCrop]]:
        """The lines of an image (H, W), and the page they were found on; None where it is one."""
        if mode == "line":
            return None, [line_crops.all_of(grey)]
        page = line_crops.survey(grey)
        if mode == "auto" and (line := line_crops.only_line(grey, page, self._is_hanzi)):
            return None, [line]
        page = orientation.turned(page, self._evidence)
        return page, budget.lines_within(line_crops.cut(page), self._limits.max_aspect)

    def _is_hanzi(self, grey: Grey) -> bool:
        """Whether a crop (H, W) surely says one hanzi and nothing else."""
        return is_hanzi(self._hypothesis(trim_whitespace(grey), 0))

    def _evidence(self, grey: Grey) -> float:
        """How sure the network is of what a crop (H, W) says; 0 where that is hardly anything."""
        return evidence(self._hypothesis(trim_whitespace(grey), 0).decoded.chars)

    def for_lines(self, options: ReadOptions) -> partial[Line]:
        """`read_line` with a request's decoding, detail and effort.

        Raises: UnknownOption, GrammarError.
        """
        how, reader = options.decoding, self.with_effort(options.effort)
        decode = None if how.method == "greedy" else self.decoder(how)
        sparing = how.method == "auto"
        return partial(reader.read_line, decode=decode, detail=options.detail, sparing=sparing)

    def decoder(self, options: DecodeOptions) -> Decoder:
        """How scores become text. Raises: UnknownOption, GrammarError."""
        return decoder(options, self.charset, self.language, self.spec.calibration)

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
        grey, best = crop.grey, self._upright(crop.grey, turns)
        if crop.ruled is not None and mean_confidence(best) < RULED:
            other = self._upright(crop.ruled, turns)
            if mean_confidence(other) > mean_confidence(best):
                grey, best = crop.ruled, other

        def sure(one: Hypothesis) -> float:
            return self._line(crop, one).confidence

        if self._is_thorough:
            best = tta.vote(best, grey, partial(self._upright, turns=()), sure)
        if decode and (not sparing or is_doubtful_text(best, sure)):
            with self._stage("decoding"):
                best = character_tta.decoded(best, decode)
        return self._line(crop, best, detail)

    def _upright(self, grey: Grey, turns: Collection[int]) -> Hypothesis:
        """A crop (H, W) the way up on which it is read surest, greedily.

        A lying crop is turned only for a reading that is clearly surer or fuller, and of several
        characters: a six is a nine. What may be one character is looked at again where it is
        doubtful.
        """
        inner = trim_whitespace(grey)
        first = self._hypothesis(inner, 0)
        if any(height >= ON_END_ASPECT * width for height, width in (grey.shape, inner.grey.shape)):
            tried = [first, *(self._hypothesis(inner, k) for k in ON_END if k in turns)]
            return max(
                tried, key=lambda best: (evidence(best.decoded.chars), len(best.decoded.chars))
            )
        if 2 in turns and may_be_turned(first):
            other = self._hypothesis(inner, 2)
            if is_better(other, first):
                first = other
        if character_tta.is_doubtful_character(first):
            ask = partial(self._shown_again, first)
            return character_tta.vote([first, *map(ask, character_tta.augmentations(first.input))])
        return first

    def _hypothesis(self, inner: Trimmed, turns: int) -> Hypothesis:
        with self._stage("network"):
            # A line on end is seen for one, and trimmed, only once it lies.
            show = prepare_line if turns in ON_END else prepare_trimmed_line
            prepared, x_offset = show(inner.turned(turns))
            x_offset -= inner.left_offset(turns)
            prepared, narrower = budget.narrowed(prepared)
            scores = self.scores(prepared)
        with self._stage("decoding"):
            result = self._greedy(scores)
        x_offset = round(x_offset * narrower)
        return Hypothesis(turns, prepared, x_offset, scores, result, stretch=narrower)

    def _shown_again(self, first: Hypothesis, variant: Grey) -> Hypothesis:
        """What the network makes of another look (H, W) at a crop."""
        with self._stage("network"):
            scores = self.scores(variant)
        with self._stage("decoding"):
            return replace(first, input=variant, scores=scores, decoded=self._greedy(scores))

    def scores(self, grey: Grey) -> NDArray[np.float32]:
        """The network's scores (T, C) of one upright line (H, W), before any decoding."""
        image = normalize_line(np.ascontiguousarray(grey), self.spec)
        return tiling.scores(image, self.spec, self._run)

    def _line(self, crop: LineCrop, best: Hypothesis, detail: str = "lines") -> Line:
        result = in_crop(best, crop.grey.shape[1], self.spec, detail)
        left, calibration = crop.box[0], self.spec.calibration
        chars = confidence.calibrated(without_extra_spaces(result.chars), calibration)
        placed = tuple(
            replace(c, start=left + c.start, end=left + c.end) for c in confidence.share_out(chars)
        )
        whole = best.vote_share * confidence.of_line(placed, result.ln_complete, calibration)
        text = "".join(c.text for c in placed) if result.text is None else result.text
        return Line(text, whole, crop.box, placed, result.alternatives, result.match, result.field)
