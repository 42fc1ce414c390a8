"""How well a model foretells text: bits a character, the edge of the line included."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from charset import normalize
from crnn.decode.ngram_lm import DIGITS, EDGE, NgramLanguage, symbol_of

LINES_AT_ONCE = 512


def bits_per_char(language: NgramLanguage, lines: Sequence[str]) -> float:
    """-log2 P(lines) over their characters; lines with characters it lacks are left out."""
    symbols = symbol_of(language.alphabet)
    texts = sorted((normalize(line) for line in lines), key=len)
    texts = [text for text in texts if text and all(char in symbols for char in text)]
    nats, chars = 0.0, 0
    for first in range(0, len(texts), LINES_AT_ONCE):
        some = texts[first : first + LINES_AT_ONCE]
        nats -= log_p(language, [[symbols[char] for char in text] for text in some])
        nats += math.log(10) * sum(char in DIGITS for text in some for char in text)
        chars += sum(map(len, some))
    return nats / math.log(2) / max(1, chars)


def log_p(language: NgramLanguage, lines: Sequence[Sequence[int]]) -> float:
    """The natural logarithm of P(lines of symbols), summed; lines in ascending order of length."""
    states = np.full(len(lines), language.start, np.int32)
    total, ended = 0.0, 0
    for n in range(len(lines[-1]) + 1):
        column = np.array([line[n] if n < len(line) else EDGE for line in lines[ended:]])
        after, said = language.follow(states, column[:, None])
        total += float(said.sum())
        states = after[column != EDGE, 0]
        ended += int((column == EDGE).sum())
    return total
