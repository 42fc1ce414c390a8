"""How much the scores of a line speak against a text that a constraint wants.

A lexicon or a grammar may choose among what the scores support, never replace it. Of a text that it
proposes in place of the free reading one number decides: the probability of the surest thing in the
free reading that the proposal changes. That is the highest of

- the confidence of each character that is replaced or left out, and
- p / (p + q), where p and q are the probabilities of the free reading and of the proposal over all
  their alignments. It counts what is put in as well: a digit where nothing is written costs the
  blanks that stand there.

Both pass the calibration of the model, so the limit means the same for other weights.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from crnn.calibration import Calibration, logistic

MAX_AGAINST = 0.9
"""Up to this a proposal is taken.

`python -m tests.bench.forms.forms` prints the table it is chosen by:
the share of proposals that are right, by this number."""

Sure = tuple[str, float]
"""A character and its softmax peak."""


def against(
    free: Sequence[Sure], wanted: str, lost: float, calibration: Calibration | None
) -> float:
    """The probability of the surest thing in a free reading that a wanted text changes.

    free: its characters without spaces; lost: ln(p / q) as above.
    """
    peaks = [peak for _, peak in free]
    sure = calibration.chars(peaks) if calibration else peaks
    together = logistic(lost)
    if calibration:
        (together,) = calibration.chars([together])
    return max([together, *(sure[at] for at in changed([text for text, _ in free], wanted))])


def changed(free: Sequence[str], wanted: str) -> list[int]:
    """Which characters of a free reading a wanted text replaces or leaves out."""
    matcher = difflib.SequenceMatcher(None, list(free), list(wanted), autojunk=False)
    results: list[int] = []
    for tag, start, end, *_ in matcher.get_opcodes():
        if tag in ("replace", "delete"):
            results += range(start, end)
    return results
