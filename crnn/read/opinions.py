"""A second opinion: a doubtful line is read by another expert of the same file.

The router says by a glance who reads a line, and errs on one in ten. Where it is not certain and
the reading is doubtful, the other expert reads the line too, and what the router saw, how sure both
are and how much they say decide together; nobody is asked what an empty line says. A doubtful
number that was written by hand is read by the expert for numbers, which knows nothing else, and so
is any number that a field's grammar found in a doubtful line. A line that is read surely costs what
it did.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from charset import Charset
from crnn import calibration
from crnn.read.decode.choose import Decoder
from crnn.read.decode.score import log_softmax
from crnn.read.seen import Seen, fullness, sureness
from crnn.read.session import HAND, NUMBER, PRINT, UNKNOWN

DOUBTFUL, NEAR = 0.7, 2.0
"""Sureness below which the other expert reads a line too, and how near to even the router must be,
in log odds."""

SURENESS, MORE = 2.0, 0.5
"""What one log odds of sureness, and one character more, count beside one log odds of the router's.
"""

LEAST_SURE = 0.3
"""Sureness below which another expert is not believed, whatever the first one says."""

DOUBTFUL_NUMBER, HARDLY_PRINT = 0.9, -1.0
"""Sureness below which a number is read by the expert for numbers, and the least log odds that it
is handwriting: a printed O or S is no number to be."""

LESS = 4.0
"""So much less probable, in natural logarithm, is what a number holds beside digits and signs."""

OF_NUMBERS = frozenset(Charset.load("digits").classes[1:])

Ask = Callable[[str], Seen]
"""What one of the experts sees of a line."""


def sought(first: Seen, experts: Collection[str], ask: Ask) -> Seen:
    """The reading of a line that is to be believed; others are asked for where it is doubtful."""
    seen = first
    expert = HAND if seen.written <= 0 else PRINT
    if expert in experts and 0 < sureness(seen) < DOUBTFUL and abs(seen.written) < NEAR:
        other = ask(expert)
        if is_believed(other, seen):
            seen = other
    if NUMBER in experts and is_doubtful_number(seen):
        other = ask(NUMBER)
        if is_surer_number(other, seen):
            return with_others_letters(other, seen)
    return seen


def in_field(seen: Seen, experts: Collection[str], ask: Ask, decode: Decoder) -> Seen:
    """The reading of a field by a grammar that is to be believed. seen: as decoded already.

    A doubtful number is read by the expert for numbers too, whoever the router says wrote it.
    """
    if NUMBER not in experts or seen.expert == NUMBER or not is_doubtful_field(seen):
        return seen
    other = with_others_letters(ask(NUMBER), seen)
    other = replace(other, found=decode(other.scores), others=())
    return other if is_rather_field(other, seen) else seen


def is_doubtful_field(seen: Seen) -> bool:
    """Whether a line that was read as a field says a number, but not surely.

    What says something else is not asked about: the expert for numbers would find one in it.
    """
    found = seen.found
    if found.field is None or found.match is None or found.match.rejected:
        return False
    is_sure = found.field.valid and sureness(seen) >= DOUBTFUL_NUMBER
    return not is_sure and says_a_number(seen)


def is_rather_field(other: Seen, seen: Seen) -> bool:
    """Whether a field is what the expert for numbers says, with its grammar.

    Not if the line hardly says that; if it alone is valid; else as of any number.
    """
    found, before = other.found, seen.found
    if found.field is None or found.match is None or found.match.rejected:
        return False
    if before.field is not None and found.field.valid != before.field.valid:
        return found.field.valid
    return is_surer_number(other, seen)


def is_believed(other: Seen, seen: Seen) -> bool:
    """Whether a line is what the expert says that its router did not name."""
    if sureness(other) < LEAST_SURE:
        return False
    surer = log_odds(other) - log_odds(seen)
    more = fullness(other) - fullness(seen)
    return SURENESS * surer + MORE * more > abs(seen.written)


def is_doubtful_number(seen: Seen) -> bool:
    """Whether a doubtful line holds nothing but the signs of numbers, written by hand."""
    if seen.written < HARDLY_PRINT or sureness(seen) >= DOUBTFUL_NUMBER:
        return False
    return says_a_number(seen)


def says_a_number(seen: Seen) -> bool:
    """Whether a reading has digits, and signs that numbers have, and nothing else."""
    said = {char.text for char in seen.found.chars}
    return said <= OF_NUMBERS and any(char.isdigit() for char in said)


def is_surer_number(other: Seen, seen: Seen) -> bool:
    """Whether the expert for numbers is surer, and leaves out one sign at most."""
    fewer = len(seen.found.chars) - len(other.found.chars)
    return fewer <= 1 and sureness(other) > sureness(seen)


def with_others_letters(number: Seen, seen: Seen) -> Seen:
    """A number whose scores have the other reading's, lowered, for what it knows no class of.

    So a grammar or a lexicon that wants a letter there finds it. Left as it is where a line read in
    tiles was joined elsewhere by the two.
    """
    if number.scores.shape != seen.scores.shape:
        return number
    unknown = (number.scores == np.float32(UNKNOWN)).all(axis=0)  # (C,)
    scores = np.where(unknown, log_softmax(seen.scores) - np.float32(LESS), number.scores)
    return replace(number, scores=scores)


def log_odds(seen: Seen) -> float:
    """How sure a reading is, in log odds; what says nothing is as unsure as can be."""
    return calibration.log_odds(min(max(sureness(seen), 1e-4), 1 - 1e-4))
