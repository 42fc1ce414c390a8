"""Lines of text -> a language model of a charset, alone or added to another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from charset import Charset, normalize
from crnn.decode.ngram_lm import NgramLanguage, symbol_of
from crnn.lm.file_format import pack
from crnn.lm.interpolate import mixed
from crnn.lm.kneser_ney import smooth
from crnn.lm.ngram_counts import EDGE, Flags, Level, count, joined, select
from crnn.lm.prune import to_budget, worth


@dataclass(frozen=True)
class Built:
    """A model file, and how much of it there is by order."""

    data: bytes
    n_grams: tuple[int, ...]
    lines: int
    lines_left_out: int


def build(
    lines: Iterable[str], charset: Charset, *, order: int = 5, max_bytes: float = 5e6
) -> Built:
    """A model of the lines, pruned to about that many bytes.

    Lines with a character outside the charset are left out.
    """
    encoded, left_out = encode(lines, charset.classes)
    levels = count(joined(encoded), order, len(charset))
    smoothed = smooth(levels, known(charset.classes))
    keep = to_budget(levels, worth(levels, smoothed), max_bytes - fixed_bytes(charset.classes))
    p = [result.p[wanted] for result, wanted in zip(smoothed, keep, strict=True)]
    return _built(select(levels, keep), p, charset.classes, len(encoded), left_out)


def extend(base: NgramLanguage, lines: Iterable[str], *, weight: float = 0.5) -> Built:
    """Base and a model of the lines in one: (1 - weight) P(base) + weight P(lines).

    Lines with a character that base does not know are left out.
    """
    alphabet = base.alphabet
    encoded, left_out = encode(lines, alphabet)
    levels = count(joined(encoded), base.order, len(alphabet))
    own = pack(levels, [result.p for result in smooth(levels, known(alphabet))], alphabet[1:])
    levels, p = mixed(base, NgramLanguage(own), weight)
    return _built(levels, p, alphabet, len(encoded), left_out)


def _built(
    levels: list[Level], p: Sequence[np.ndarray], alphabet: Sequence[str], lines: int, left: int
) -> Built:
    data = pack(levels, list(p), "".join(alphabet[1:]))
    return Built(data, tuple(len(level.symbol) for level in levels), lines, left)


def encode(lines: Iterable[str], alphabet: Sequence[str]) -> tuple[list[list[int]], int]:
    """The symbols of each line that has some, and how many lines hold a character without one."""
    symbols, encoded, left_out = symbol_of(alphabet), [], 0
    for line in lines:
        text = normalize(line)
        if all(char in symbols for char in text):
            if text:
                encoded.append([symbols[char] for char in text])
        else:
            left_out += 1
    return encoded, left_out


def known(alphabet: Sequence[str]) -> Flags:
    """The symbols (V,) that a text may hold: the edge, and what some character has."""
    flags = np.zeros(len(alphabet), bool)
    flags[[EDGE, *symbol_of(alphabet).values()]] = True
    return flags


def fixed_bytes(alphabet: Sequence[str]) -> int:
    """What a file takes whatever it has learned: its alphabet and level 1."""
    return 6 * len(alphabet)
