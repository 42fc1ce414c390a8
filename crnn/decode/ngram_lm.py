"""NgramLanguage: a model of characters from a file that `crnn.lm` writes.

States are contexts: stretches of text that the model has seen something behind. All n-grams lie in
one table at slots that a perfect hash of context and symbol gives, so a whole beam is looked up
with no search at all, and backing off is one more row of the same lookup.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crnn import weights
from crnn.decode.constraints import Classes, States
from crnn.decode.perfect_hash import displacements, slot_count, slots_of
from crnn.errors import WeightsCorrupt, WeightsMismatch

MAGIC = b"crnn-ocr language 1\n"
DIGITS = "0123456789"
"""Ten classes, one symbol: the digits of a number say nothing about each other."""

ROOT = 0
EDGE = 0


def symbol_of(alphabet: Sequence[str]) -> dict[str, int]:
    """Character -> symbol; every digit has the symbol of the first one in the alphabet."""
    first = next((n for n, char in enumerate(alphabet) if n and char in DIGITS), 0)
    return {char: first if char in DIGITS else n for n, char in enumerate(alphabet) if n}


@dataclass(frozen=True)
class Table:
    """Contexts S, n-grams in slots X.

    link, backoff: (S,) the longest shorter context, ln of the mass left to it. key, log_p, after:
    (X,) context * V + symbol or -1 where nothing is, ln P, the context after it.
    """

    link: NDArray[np.int32]
    backoff: NDArray[np.float32]
    displacement: NDArray[np.uint64]
    key: NDArray[np.int64]
    log_p: NDArray[np.float32]
    after: NDArray[np.int32]


class NgramLanguage:
    """How likely each text is. Built once, immutable, shared by threads.

    classes: the classes of the recogniser it works beside; its own alphabet where not given.
    """

    def __init__(self, data: bytes, classes: Sequence[str] | None = None) -> None:
        facts, arrays = unpacked(data)
        self.facts: dict[str, Any] = facts
        self.alphabet = "\0" + facts["alphabet"]
        self.order = int(facts["order"])
        self.table = _table(self.order, arrays)
        symbols = symbol_of(self.alphabet)
        chars = list(classes or self.alphabet)
        missing = [char for char in chars[1:] if char not in symbols]
        if missing:
            raise WeightsMismatch(
                f"the language model has no {len(missing)} of {len(chars)} classes, such as "
                f"{' '.join(missing[:8])}; build it for this charset"
            )
        self.symbols = np.array([EDGE, *(symbols[char] for char in chars[1:])], np.int64)  # (C,)
        shares = [len(DIGITS) if char in DIGITS else 1 for char in chars]
        self.within = -np.log(np.array(shares, np.float32))  # (C,)
        self._chain, self._mass = _chains(self.table, self.order)  # (S, N), (S, N)
        edge = self.follow(np.zeros(1, np.int32), np.full((1, 1), EDGE, np.int64))[0]
        self.start = int(edge[0, 0])

    @classmethod
    def load(
        cls, name: str = "lm_zh", folder: Path | None = None, classes: Sequence[str] | None = None
    ) -> NgramLanguage:
        """The published model of that name.

        Raises: WeightsMissing, WeightsCorrupt, WeightsMismatch.
        """
        return cls(weights.load_language(name, folder or weights.FOLDER).model, classes)

    @classmethod
    def open(cls, path: Path, classes: Sequence[str] | None = None) -> NgramLanguage:
        """The model in a file.

        Raises: OSError, WeightsCorrupt, WeightsMismatch.
        """
        return cls(path.read_bytes(), classes)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many symbols each context (S,) holds."""
        result: NDArray[np.int64] = np.count_nonzero(self._chain, axis=1)
        return result

    def advance(self, states: States, classes: Classes) -> tuple[States, NDArray[np.float32]]:
        """The states (B, K) after each of the classes (K,), and ln P(class | state) (B, K)."""
        after, log_p = self.follow(states, self.symbols.take(classes)[None])
        log_p += self.within.take(classes)
        return after, log_p

    def ends(self, states: States) -> NDArray[np.float32]:
        """The natural logarithm of P(the line ends | state). (B,) -> (B,)."""
        return self.follow(states, np.zeros((1, 1), np.int64))[1][:, 0]

    def follow(
        self, states: States, symbols: NDArray[np.int64]
    ) -> tuple[States, NDArray[np.float32]]:
        """States after symbols and their ln P. (B,), (B or 1, K) -> (B, K), (B, K).

        The longest context that has seen the symbol answers; each one passed over costs its
        backoff. The last, the empty one, has seen them all.
        """
        table = self.table
        first = self._chain.take(states, 0) * np.int64(len(self.alphabet))  # (B, N) of symbol 0
        keys = first[:, :, None] + symbols[:, None]  # (B, N, K)
        slots = slots_of(keys, table.displacement, len(table.key))
        seen = table.key.take(slots) == keys
        depth = seen.argmax(1)  # (B, K)
        rows = np.arange(len(keys))[:, None]
        result = slots[rows, depth, np.arange(depth.shape[1])]  # (B, K)
        log_p = table.log_p.take(result) + self._mass.take(states, 0)[rows, depth]
        return table.after.take(result), log_p


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The facts and the arrays of a file: magic line; JSON line and arrays, compressed.

    Raises: WeightsCorrupt.
    """
    try:
        if not data.startswith(MAGIC):
            raise ValueError(f"it begins with {data[:20]!r}")
        content = zlib.decompress(data[len(MAGIC) :])
        end = content.index(b"\n") + 1
        facts = json.loads(content[:end])
        arrays = {}
        for name, dtype, count in facts["arrays"]:
            arrays[name] = np.frombuffer(content, dtype, count, end)
            end += arrays[name].nbytes
    except (zlib.error, ValueError, KeyError, TypeError) as exc:
        raise WeightsCorrupt(f"this is no language model that this program reads: {exc}") from exc
    return facts, arrays


def _table(order: int, arrays: dict[str, NDArray[Any]]) -> Table:
    """Levels of n-grams spread over the slots; a level is stored by prefix, then by symbol."""
    backoff = arrays["backoff_book"][arrays["backoff"]]  # (S,)
    displacement = displacements(arrays["displacement"])
    width = arrays["symbols_1"].size
    slots = slot_count(sum(arrays[f"symbols_{n}"].size for n in range(1, order + 1)))
    link, after = np.zeros(len(backoff), np.int32), np.zeros(slots, np.int32)
    key, log_p = np.full(slots, -1, np.int64), np.zeros(slots, np.float32)
    parents, states = np.zeros(1, np.int64), 1  # contexts of the level below; contexts so far
    for n in range(1, order + 1):
        counts, symbols = arrays[f"counts_{n}"], arrays[f"symbols_{n}"]
        prefix = np.repeat(parents, counts)  # (n,) a context each
        keys = prefix * width + symbols
        shorter = np.zeros(len(keys), np.int32)
        if n > 1:
            suffixes = link[prefix].astype(np.int64) * width + symbols
            shorter = after[slots_of(suffixes, displacement, slots)]
        at = slots_of(keys, displacement, slots)
        key[at], after[at] = keys, shorter
        log_p[at] = arrays[f"book_{n}"][arrays[f"log_p_{n}"]] if n > 1 else arrays["log_p_1"]
        if n < order:
            parts = np.flatnonzero(arrays[f"counts_{n + 1}"])
            parents = np.zeros(len(keys), np.int64)
            parents[parts] = np.arange(states, states + len(parts))
            link[parents[parts]] = shorter[parts]
            after[at[parts]] = parents[parts]
            states += len(parts)
    return Table(link, backoff, displacement, key, log_p, after)


def _chains(table: Table, order: int) -> tuple[States, NDArray[np.float32]]:
    """Every context, the longest shorter one, and so on to the empty one; ln of the mass so far."""
    chain = np.zeros((len(table.link), order), np.int32)
    mass = np.zeros(chain.shape, np.float32)
    chain[:, 0] = np.arange(len(chain))
    for n in range(1, order):
        chain[:, n] = table.link[chain[:, n - 1]]
        mass[:, n] = mass[:, n - 1] + table.backoff[chain[:, n - 1]]
    return chain, mass
