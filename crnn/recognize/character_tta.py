"""Test-time augmentation: a doubtful single character is looked at again, and the looks vote.

A character alone has no neighbours that would help, and costs next to nothing to read: a dozen
columns. It is shown smaller and leaning to either side as well; of what the looks say, that counts
which they are surest of together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.decode.factory import Decoder
from crnn.preprocess.crop import LINE_ASPECT, rim_level
from crnn.recognize.hypothesis import Hypothesis, hypothesis_text, mean_confidence

Grey = NDArray[np.uint8]

DOUBTFUL = 0.9
"""Sureness below which a character is looked at again."""

AUGMENTATIONS = ((0.0, 0.9), (6.0, 1.0), (-6.0, 1.0))
"""Degrees that it is turned anticlockwise, and its size beside what it was."""


def is_doubtful_character(hypothesis: Hypothesis) -> bool:
    """Whether a reading is of what may be one character, says something, and is unsure of it."""
    height, width = hypothesis.input.shape
    return width < LINE_ASPECT * height and 0.0 < mean_confidence(hypothesis) < DOUBTFUL


def augmentations(prepared: Grey) -> Iterator[Grey]:
    """The crop (H, W) a little smaller, and leaning either way; of its own shape, on its paper."""
    height, width = prepared.shape
    paper = rim_level(prepared)
    centre = ((width - 1) / 2, (height - 1) / 2)
    for degrees, scale in AUGMENTATIONS:
        matrix = cv2.getRotationMatrix2D(centre, degrees, scale)
        turned = cv2.warpAffine(prepared, matrix, (width, height), borderValue=paper)
        yield np.asarray(turned, np.uint8)


def vote(readings: Sequence[Hypothesis]) -> Hypothesis:
    """The first of those whose text has the most sureness behind it; the earlier text of equals.

    The rest are its `others`.
    """
    behind: defaultdict[str, float] = defaultdict(float)
    texts = [hypothesis_text(one) for one in readings]
    for text, one in zip(texts, readings, strict=True):
        behind[text] += mean_confidence(one) ** 2
    best = max(behind.values())
    at = next(n for n, text in enumerate(texts) if math.isclose(behind[text], best))
    return replace(readings[at], others=(*readings[:at], *readings[at + 1 :]))


def decoded(hypothesis: Hypothesis, decode: Decoder) -> Hypothesis:
    """The same with what a decoder makes of it; of several looks the decoded texts vote."""
    return vote(
        [replace(one, decoded=decode(one.scores)) for one in (hypothesis, *hypothesis.others)]
    )
