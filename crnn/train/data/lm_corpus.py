"""What weights/lm_zh learns from: the sources of training lines, whole, and what is held out.

Every 50th line of a file and grammar lines of other draws are never learned from.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from charset import Charset
from crnn.train.recipe import RecipeError
from crnn.train.synth.text.text_sources import GRAMMARS, Rng, Sentences, sources

HELD_OUT_EVERY, HELD_OUT_FIELDS = 50, 400
LINE_CHARS = (12, 44)
"""Prose is cut into lines this long, as paper cuts it."""

SHARES = {
    "prose_zh": 1.0,
    "document": 1.0,
    "words_zh": 1.0,
    "addresses": 1.0,
    "companies": 1.0,
    "office": 1.0,
    "domain": 1.0,
    "names": 1.0,
    "idioms": 1.0,
    "prose_en": 0.5,
    "words_en": 0.5,
}
"""Of a file's lines, the share that is learned from."""

THUOCL, LANGDATA = "thunlp/THUOCL (MIT)", "tesseract-ocr/langdata (Apache-2.0)"
FROM = {
    "prose_zh": "Debian documentation in Chinese (GPL, GFDL, MPL and others, by package)",
    "prose_en": "LibreOffice help (MPL-2.0)",
    "words_en": "Debian wamerican (SCOWL, permissive)",
    "document": "FudanVI/benchmarking-chinese-text-recognition (MIT)",
    "words_zh": LANGDATA,
    "addresses": "modood/Administrative-divisions-of-China (WTFPL)",
    "companies": "wainshine/Company-Names-Corpus (Apache-2.0)",
    "office": THUOCL,
    "domain": THUOCL,
    "names": THUOCL,
    "idioms": THUOCL,
}
"""Where a source comes from, and its licence."""

FIELDS = {
    "amounts": 12_000,
    "dates": 12_000,
    "numbers": 24_000,
    "codes": 24_000,
    "headings": 8_000,
    "form_fields": 24_000,
    "emails": 4_000,
    "english_fields": 16_000,
}
"""How many lines of a grammar are learned from."""


def texts(root: Path, charset: Charset) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Lines by source: to learn from, and held out."""
    result = sources(root, charset)
    learned: dict[str, list[str]] = {}
    held_out: dict[str, list[str]] = {}
    for number, (name, share) in enumerate(SHARES.items()):
        source = result.get(name)
        if not isinstance(source, Sentences):
            raise RecipeError(f"no text source {name!r} in {root}: see docs/training.md")
        rng = np.random.default_rng((1, number))
        rows = [row for n, row in enumerate(source.lines) if n % HELD_OUT_EVERY]
        learned[name] = [cut for row in rows if rng.random() < share for cut in lines_of(rng, row)]
        rows = list(source.lines[::HELD_OUT_EVERY])
        held_out[name] = [cut for row in rows for cut in lines_of(rng, row)]
    for number, (name, count) in enumerate(FIELDS.items()):
        grammar = GRAMMARS[name]
        rng = np.random.default_rng((2, number))
        learned[name] = [grammar(rng) for _ in range(count)]
        held_out[name] = [grammar(rng) for _ in range(HELD_OUT_FIELDS)]
    return learned, held_out


def lines_of(rng: Rng, text: str) -> list[str]:
    """A text cut into lines."""
    lines = []
    while len(text) > LINE_CHARS[1]:
        at = int(rng.integers(*LINE_CHARS))
        lines.append(text[:at])
        text = text[at:]
    return [*lines, text]
