"""A crop as the network was shown it, and what it said put back into the crop's own pixels."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charset import SPACIOUS, count_hanzi, without_hanzi
from crnn.decode.factory import Decoded
from crnn.page import Char
from crnn.recognize import confidence
from crnn.spec import ModelSpec

DOUBTFUL, SHORT, LESS, LEAST_DOUBTFUL = 0.8, 3, 0.05, 0.6
"""Sureness below which a line of so many characters is tried upside down, and how much less of it
is enough for each one more, down to the last: what stands on its head says little, and the more it
says the less surely."""

SPARSE, MANY = 1.3, 12
"""A line wider than so many heights a character is tried as well, if it says no more than so many:
what stands on its head is mostly passed over, and of N1141 an N is left, for certain."""

ONE_ASPECT = 1.25
"""A crop as shown, with its paper, less wide than that in heights, may hold one character only."""

TEXT_HANZI, TEXT_WORDS = 2, 3
"""A line is running text from so many hanzi or so many words on: one word written by hand is often
read as two."""

OF_NUMBERS = str.maketrans(
    "", "", "〇零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟元圆角分整年月日号时"
)
"""Hanzi that amounts and dates are made of: what is said by those alone is no running text."""

_WORD = re.compile(r"[\W_]*[^\W\d_](?:[^\W\d_]|['’&.,/-])*[^\W\d_][\W_]*")
"""Two letters or more, and signs."""

CONFIDENT_TEXT = 0.9
"""Confidence, calibrated where a model is, from which on a language model hardly ever changes what
running text says."""

ON_END, ANY_TURN = (1, 3), (1, 2, 3)
"""Quarter turns that a line may be tried in: on a page that was found upright, and anywhere."""
SEVERAL = 3
"""So many lines say between them which way up a page is."""

SURE, CLEARLY_SURER = 0.6, 5.0
"""How sure a line upside down must be, and how many times the odds of the other way."""

SURE_TOO, FULLER = 0.7, 1.0
"""How sure it must be where it is only no less sure than the other way, but says that much more: in
characters, each as much as it is sure."""


@dataclass(frozen=True)
class Hypothesis:
    """A crop after some quarter turns, with the paper that the network was shown.

    input: (H, W); x_offset: pixels of paper added to its left, below 0 where some were cut off
    there;
    stretch: columns of shown for each of the crop's; scores: (T, C); others: what it is seen as
    besides, where it was looked at several times (crnn.recognize.character_tta); vote_share: the
    share of what several looks at a line vouch for that is behind this one (crnn.recognize.tta).
    """

    turns: int
    input: NDArray[np.uint8]
    x_offset: int
    scores: NDArray[np.float32]
    decoded: Decoded
    others: tuple[Hypothesis, ...] = ()
    stretch: float = 1.0
    vote_share: float = 1.0


def hypothesis_text(hypothesis: Hypothesis) -> str:
    """The text of a reading."""
    return (
        hypothesis.decoded.text or "".join(char.text for char in hypothesis.decoded.chars).strip()
    )


def is_doubtful_text(hypothesis: Hypothesis, sure: Callable[[Hypothesis], float]) -> bool:
    """Whether a language model may mend a line. sure: with what confidence it is right."""
    return is_running_text(hypothesis) and sure(hypothesis) < CONFIDENT_TEXT


def is_running_text(hypothesis: Hypothesis) -> bool:
    """Whether a line is one that a language model knows about: no code, amount, date or lone word.

    Nobody knows whether a line is print or handwriting, so print needs as many words as
    handwriting does, and a lone word of print, such as a form's label, is none.
    """
    text = hypothesis_text(hypothesis)
    if count_hanzi(text.translate(OF_NUMBERS)) >= TEXT_HANZI:
        return True
    words = sum(map(bool, map(_WORD.fullmatch, without_hanzi(text).split())))
    return words >= TEXT_WORDS


def mean_confidence(hypothesis: Hypothesis) -> float:
    """How sure a greedy reading is, by the geometric mean of its characters."""
    return confidence.geometric_mean(hypothesis.decoded.chars)


def odds(hypothesis: Hypothesis) -> float:
    """How many times as probable as not that is: 0 for a reading that says nothing."""
    sure = mean_confidence(hypothesis)
    return sure / max(1e-4, 1.0 - sure)


def may_be_turned(hypothesis: Hypothesis) -> bool:
    """Whether a lying line is to be tried upside down: nobody is sure, or it says little.

    One character in a crop with room for no more is not: upside down it may read as several.
    """
    said = len(hypothesis.decoded.chars)
    height, width = hypothesis.input.shape
    if said == 1 and width < ONE_ASPECT * height:
        return False
    doubtful = max(LEAST_DOUBTFUL, DOUBTFUL - LESS * max(0, said - SHORT))
    is_sparse = said <= MANY and width > SPARSE * height * said
    return is_sparse or mean_confidence(hypothesis) < doubtful


def turns_of(lines: int) -> Collection[int]:
    """The quarter turns that a line may be tried in. lines: of its page, 0 where it is no page."""
    return ANY_TURN if lines < SEVERAL else ON_END


def is_better(other: Hypothesis, hypothesis: Hypothesis) -> bool:
    """Whether a line is what it says upside down, rather than what it says the way it came."""
    said, surely = len(other.decoded.chars), mean_confidence(other)
    if said < max(2, len(hypothesis.decoded.chars) - 2):
        return False
    if surely > SURE and odds(other) > CLEARLY_SURER * odds(hypothesis):
        return True
    return (
        surely > SURE_TOO
        and odds(other) > odds(hypothesis)
        and expected_chars(other) > expected_chars(hypothesis) + FULLER
    )


def is_hanzi(hypothesis: Hypothesis) -> bool:
    """Whether a reading is surely one hanzi; many a stain looks like a sign or a letter."""
    said = [char.text for char in hypothesis.decoded.chars]
    return len(said) == 1 and count_hanzi(said[0]) == 1 and mean_confidence(hypothesis) > SURE


def expected_chars(hypothesis: Hypothesis) -> float:
    """How many characters a reading says, each counted as much as it is sure."""
    return sum(char.confidence for char in hypothesis.decoded.chars)


def evidence(chars: Sequence[Char]) -> float:
    """The same, less for a single character, which many a stain looks like."""
    return confidence.geometric_mean(chars) * min(1.0, len(chars) / 2)


def in_crop(hypothesis: Hypothesis, width: int, spec: ModelSpec, detail: str) -> Decoded:
    """What a crop says, not calibrated, its characters' spans in pixels of the crop.

    width: the crop's; the characters of a line on end each span all of it.
    """
    classes, chars = spec.classes, hypothesis.decoded.chars
    missed = confidence.ln_complete(hypothesis.scores, chars, classes) if spec.calibration else 0.0
    if detail == "chars":
        chars = tuple(confidence.with_alternatives(chars, hypothesis.scores, classes))
    scale = spec.stride * hypothesis.input.shape[0] / spec.height

    def span(char: Char) -> tuple[float, float]:
        if hypothesis.turns % 2:
            return 0.0, float(width)
        prepared = (scale * step - hypothesis.x_offset for step in (char.start, char.end))
        start, end = (min(max(0.0, at / hypothesis.stretch), width) for at in prepared)
        return (width - end, width - start) if hypothesis.turns else (start, end)

    placed = [(char, *span(char)) for char in chars]
    moved = tuple(replace(char, start=start, end=end) for char, start, end in placed)
    return replace(hypothesis.decoded, chars=moved, ln_complete=missed)


def without_extra_spaces(chars: Sequence[Char]) -> list[Char]:
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
