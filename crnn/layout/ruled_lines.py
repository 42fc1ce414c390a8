"""Ruled lines: found, told from the strokes of large characters, lifted off what they cross."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.layout.binarize import Grey, Labelled

RULE_LENGTH = 2.2
"""A straight run this many text heights long is longer than a stroke of the usual text."""
LARGEST_CHARACTER = 8
"""Text heights; ink that is higher and wider is a frame, not a character."""


@dataclass(frozen=True)
class Rules:
    """The rules of a page as masks: lying ones, standing ones. (H, W) each."""

    across: Grey
    down: Grey

    @property
    def both(self) -> Grey:
        """255 on every rule. (H, W)."""
        return np.asarray(cv2.bitwise_or(self.across, self.down), np.uint8)


def find_rules(ink: Grey, result: Labelled, height: int) -> Rules:
    """The rules among ink (H, W): straight runs longer than any character's stroke.

    result: the pieces of that ink.
    """
    length = max(12, round(RULE_LENGTH * height)) | 1  # OpenCV shifts what even kernels open
    runs = [
        np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8)), np.uint8)
        for shape in ((1, length), (length, 1))
    ]
    strokes = large_characters(result, height) if any(run.any() for run in runs) else None
    if strokes is not None:
        runs = [np.asarray(cv2.bitwise_and(run, cv2.bitwise_not(strokes))) for run in runs]
    grown = [np.asarray(cv2.dilate(run, np.ones((3, 3), np.uint8)), np.uint8) for run in runs]
    return Rules(*grown)


def large_characters(result: Labelled, height: int) -> Grey | None:
    """Ink (H, W) of pieces about as high as wide and larger than the text: a heading's, no frame's.

    None where there are none.
    """
    stats = result.stats
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    low, large = np.minimum(wide, high), np.maximum(wide, high)
    alike = (low >= 0.3 * large) & (large >= RULE_LENGTH * height)
    alike &= large <= LARGEST_CHARACTER * height
    alike &= stats[:, cv2.CC_STAT_AREA] >= 0.1 * wide * high
    alike[0] = False
    if not alike.any():
        return None
    return result.only(alike)


def lifted(ink: Grey, strokes: Grey, rules: Rules) -> Grey:
    """255 where a rule may be lifted off ink without eating the strokes that cross or touch it.

    ink, strokes: (H, W), with rules and without. A stroke that arrives at a rule is continued
    through it at its own width.
    """
    kept = np.zeros_like(ink)
    for mask, shape in ((rules.across, (9, 1)), (rules.down, (1, 9))):
        reached = cv2.dilate(strokes, np.ones(shape, np.uint8))
        kept |= np.asarray(cv2.bitwise_and(mask, reached), np.uint8)
    kept &= ink
    return np.asarray(cv2.bitwise_and(rules.both, cv2.bitwise_not(kept)), np.uint8)


def standing(rules: Rules, height: int) -> Grey:
    """The long upright rules: no line of text crosses them. (H, W)."""
    kernel: NDArray[np.uint8] = np.ones((2 * height + 1, 1), np.uint8)
    return np.asarray(cv2.morphologyEx(rules.down, cv2.MORPH_OPEN, kernel), np.uint8)
