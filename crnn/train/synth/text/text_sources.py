"""What training lines say: weighted sources of prose and words from files, fields from grammars.

Every source is a function of a random generator alone, so that line k of a seed is always the same
line.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from charset import Charset, normalize
from crnn.train.recipe import RecipeError
from crnn.train.synth.text import form_values
from crnn.train.synth.text.business_text import statement
from crnn.train.synth.text.digit_strings import written_number
from crnn.train.synth.text.ngram_text import (
    Balanced,
    CommonWords,
    Confused,
    Replayed,
    Running,
)
from crnn.train.synth.text.terminal_labels import terminal

Rng = np.random.Generator
Source = Callable[[Rng], str]

FILES: dict[str, tuple[str, ...]] = {
    "prose_zh": ("corpus/prose_zh.txt",),
    "prose_en": ("corpus/prose_en.txt",),
    "words_en": ("corpus/words_en.txt",),
    "glosses_en": ("corpus/glosses_en.txt",),
    "terms_en": ("corpus/terms_en.txt",),
    "document": ("text/lines_document.txt.gz",),
    "words_zh": ("text/words_zh.txt.gz",),
    "addresses": ("text/addresses.txt.gz",),
    "companies": ("text/companies.txt.gz",),
    "office": ("text/lexicon_caijing.txt.gz", "text/lexicon_law.txt.gz", "text/lexicon_it.txt.gz"),
    "domain": tuple(
        f"text/lexicon_{name}.txt.gz" for name in ("medical", "diming", "food", "car", "animal")
    ),
    "names": ("text/lexicon_lishimingren.txt.gz",),
    "idioms": ("text/lexicon_chengyu.txt.gz", "text/lexicon_poem.txt.gz"),
}
REAL = ("prose_zh", "document", "prose_en")
"""Those whose lines are whole text."""

COUNTED, COUNTED_EN = "corpus/counted_zh.txt", "corpus/counted_en.txt"
"""Words, each with how often it was seen."""

CONFUSIONS = "confusions.txt"
"""What crnn.train.data.confusions writes, in the folder of the sources."""

GRAMMARS: dict[str, Source] = {
    "amounts": form_values.amount,
    "dates": form_values.date,
    "numbers": form_values.number,
    "codes": form_values.code,
    "terminals": terminal,
    "headings": form_values.heading,
    "form_fields": form_values.form_field,
    "emails": form_values.email,
    "english_fields": form_values.english_field,
    "pen_numbers": written_number,
    "statements": statement,
}


@dataclass(frozen=True)
class Sentences:
    """Lines of a file; asked for one, it gives a whole line or a stretch from inside a long one."""

    lines: Sequence[str]

    def __call__(self, rng: Rng) -> str:
        """One piece of one line."""
        line = self.lines[int(rng.integers(len(self.lines)))]
        if len(line) > 12 and rng.random() < 0.5:
            line = line[int(rng.integers(len(line) - 8)) :]
        return line


@dataclass(frozen=True)
class RandomChars:
    """Characters drawn alike from a charset, so that the rarest are seen; `share` of them hanzi."""

    hanzi: Sequence[str]
    signs: Sequence[str]
    share: float = 0.75

    def __call__(self, rng: Rng) -> str:
        """One to eight characters."""
        count = int(rng.integers(1, 9))
        pools = [self.hanzi if rng.random() < self.share else self.signs for _ in range(count)]
        return "".join(pool[int(rng.integers(len(pool)))] for pool in pools)


def _confused(path: Path, charset: Charset) -> Confused | None:
    """The source that crnn.train.data.confusions wrote; None where it did not."""
    result = [row.rpartition("\t") for row in rows(path)] if path.exists() else []
    kept = [(pair, int(count)) for pair, _, count in result if not charset.missing(pair)]
    if not kept:
        return None
    weights = np.sqrt([count for _, count in kept])
    return Confused([pair for pair, _ in kept], np.cumsum(weights / weights.sum()))


class Texts:
    """A weighted mixture of sources: `line(rng, length)` gives about that many ems of text.

    same_script: so many lines keep to the script they begin with, Chinese or Latin, where a few
    pieces hold one of it. capitals: so many lines have their Latin letters in capitals, as
    headings of forms and tables do.
    """

    def __init__(
        self,
        sources: dict[str, Source],
        weights: dict[str, float],
        same_script: float = 0.0,
        capitals: float = 0.0,
    ) -> None:
        unknown = set(weights) - set(sources)
        if unknown:
            reason = f"no text source {sorted(unknown)}; there are {sorted(sources)}"
            raise RecipeError(
                f"{reason}. python -m crnn.train.data.fetch fetches those of packages"
            )
        self.names = [name for name, weight in weights.items() if weight > 0]
        self._sources = [sources[name] for name in self.names]
        total = sum(weights[name] for name in self.names)
        self._cumulative = np.cumsum([weights[name] / total for name in self.names])
        self._same_script, self._capitals = same_script, capitals

    def piece(self, rng: Rng) -> str:
        """One piece from one source."""
        index = int(np.searchsorted(self._cumulative, rng.random(), side="right"))
        return self._sources[min(index, len(self._sources) - 1)](rng)

    def line(self, rng: Rng, length: float) -> str:
        """Pieces joined until they fill that many ems, as table rows and run-on text join them."""
        text = normalize(self.piece(rng))
        keeps = self._same_script > 0 and rng.random() < self._same_script
        shouts = self._capitals > 0 and rng.random() < self._capitals
        while ems(text) < length:
            more = normalize(self.piece(rng))
            for _ in range(SAME_SCRIPT_TRIES if keeps else 0):
                if is_latin(more) == is_latin(text):
                    break
                more = normalize(self.piece(rng))
            latin = is_latin(text[-1:] + more[:1])
            joints = LATIN_JOINTS if latin else JOINTS
            text = f"{text}{joints[int(rng.integers(len(joints)))]}{more}"
        return normalize(text.upper() if shouts else text)


HANZI = "\u2e80"
"""Characters from here on are Chinese, or stand among them."""

SAME_SCRIPT_TRIES = 5
"""Pieces drawn anew, at most, for one of the script that a line keeps to."""

JOINTS = ("  ", " ", "", "，", "、", "。", "：", "；", "/")
LATIN_JOINTS = ("  ", " ", " ", " ", ", ", ". ", ": ", "; ", "/", " - ")
"""What stands between two pieces of a line: Chinese punctuation only beside Chinese."""


def is_first_level(char: str) -> bool:
    """Whether it is one of the 3,755 hanzi of GB 2312's first level, those in common use."""
    try:
        return "\xb0" <= char.encode("gb2312").decode("latin-1")[0] <= "\xd7"
    except UnicodeEncodeError:
        return False


def is_latin(text: str) -> bool:
    """Whether no character of it is Chinese or stands among Chinese ones."""
    return max(text, default=" ") < HANZI


def ems(text: str) -> float:
    """The width of a text in ems, roughly: ASCII counts half."""
    return sum(0.5 if char < HANZI else 1.0 for char in text)


def sources(root: Path, charset: Charset) -> dict[str, Source]:
    """Every source whose files are in the folder, by name.

    Lines with characters outside the charset are left out.
    """
    results: dict[str, Source] = dict(GRAMMARS)
    for name in FILES:
        lines = _lines(root, name, charset)
        if lines:
            results[name] = Sentences(lines)
    pairs = _pairs(root)
    results |= _in_context(root, charset, results, pairs)
    hanzi = [char for char in charset.classes[1:] if char >= "\u3400"]
    signs = [char for char in charset.classes[1:] if char < "\u3400" and char != " "]
    if hanzi:
        results["random_hanzi"] = RandomChars(hanzi, signs or hanzi, share=0.97)
        results["common_hanzi"] = RandomChars(_by_frequency(pairs, hanzi), signs or hanzi, 0.97)
        first = [char for char in hanzi if is_first_level(char)]
        results["first_hanzi"] = RandomChars(first or hanzi, signs or hanzi, 1.0)
    results["random_signs"] = RandomChars(hanzi or signs, signs, share=0.2 if hanzi else 0.0)
    ascii_signs = [char for char in signs if "!" <= char <= "~"]
    results["random_ascii"] = RandomChars(ascii_signs, ascii_signs)
    return results


def _in_context(
    root: Path, charset: Charset, whole: dict[str, Source], pairs: Counter[str]
) -> dict[str, Source]:
    """The sources that need another one's lines or counts, where their files are."""
    results: dict[str, Source] = {}
    confused = _confused(root / CONFUSIONS, charset)
    if confused:
        results["confusions"] = confused
        real = [source.lines for name in REAL if isinstance(source := whole.get(name), Sentences)]
        replayed = Replayed.of(confused.chars(), list(chain.from_iterable(real)))
        if replayed:
            results["replayed"] = replayed
    spelled = _counted(root / COUNTED, charset)
    running, balanced = Running.of(spelled, pairs), Balanced.of(spelled)
    if running and balanced:
        results |= {"running_zh": running, "balanced_zh": balanced}
    common = CommonWords.of(_counted(root / COUNTED_EN, charset))
    return results | ({"common_en": common} if common else {})


def _counted(path: Path, charset: Charset) -> list[str]:
    known = frozenset(charset.classes)
    result = rows(path) if path.exists() else []
    return [row for row in result if known.issuperset(row.partition(" ")[0])]


def _lines(root: Path, name: str, charset: Charset) -> list[str]:
    return [line for file in FILES[name] for line in _read(root / file, charset)]


def _read(path: Path, charset: Charset) -> list[str]:
    if not path.exists():
        return []
    cleaned = (normalize(line) for line in rows(path))
    return [line for line in cleaned if line and not charset.missing(line)]


def rows(path: Path) -> list[str]:
    """The lines of a text file, unpacked where its name ends in .gz."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8").splitlines()


def hanzi_counts(root: Path) -> Counter[str]:
    """How often each character stands in the pairs of text/bigrams_zh; empty without the file."""
    return _of_each(_pairs(root))


def _of_each(pairs: Counter[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for pair, times in pairs.items():
        for char in pair:
            counts[char] += times
    return counts


def _pairs(root: Path) -> Counter[str]:
    """How often each pair of characters stands in text/bigrams_zh; empty without the file."""
    path = root / "text/bigrams_zh.txt.gz"
    results = [row.rpartition(" ") for row in (rows(path) if path.exists() else ())]
    return Counter({pair: int(times) for pair, _, times in results})


def _by_frequency(pairs: Counter[str], hanzi: list[str]) -> list[str]:
    """Hanzi repeated by the square root of their share in common words, at most 40 times."""
    counts = _of_each(pairs)
    top = max(counts.values(), default=1)
    return [char for char in hanzi for _ in range(1 + int(40 * (counts[char] / top) ** 0.5))]
