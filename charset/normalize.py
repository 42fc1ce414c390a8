"""The one place where text is normalised.

Labels, lexicons and answers all pass through `normalize`, so that one printed sign has one class.
The looser folding that benchmarks use to compare readings is `fold`, and is never applied to
answers.
"""

from __future__ import annotations

import re
import unicodedata

# Signs that look the same in a scan get one code point. Full-width letters and digits become ASCII;
# full-width punctuation keeps its own classes, because its width is visible on paper.
_SAME_SIGN = {
    "¥": "￥",
    "～": "~",
    "∼": "~",
    "˜": "~",
    "•": "·",
    "･": "·",
    "・": "·",
    "‧": "·",
    "∙": "·",
    "―": "—",
    "─": "—",
    "–": "-",
    "‐": "-",
    "‑": "-",
    "−": "-",
    "－": "-",
    "∶": ":",
    "＇": "'",
    "＂": '"',
    "µ": "μ",
    "✔": "✓",
    "✘": "✗",
    "✕": "×",
    "〜": "~",
    "⋯": "…",
    "∅": "Ø",
}
_FULL_WIDTH_ALNUM = {
    chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F) if chr(code).isalnum()
}
# Full-width forms of signs that Chinese text does not set full width often enough to learn apart.
_FULL_WIDTH_SIGNS = {chr(ord(c) + 0xFEE0): c for c in "#$%&*+/<=>@\\^_`{|}"}
_TABLE = str.maketrans({**_FULL_WIDTH_ALNUM, **_FULL_WIDTH_SIGNS, **_SAME_SIGN})

_FOLD = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "—": "-",
        "–": "-",
        "·": ".",
        "•": ".",
        "～": "~",
        "∼": "~",
        "˜": "~",
        "〜": "~",
    }
)


# Full-width punctuation brings its own white space: a space beside it cannot be seen.
SPACIOUS = frozenset("，。、；：？！…（）《》〈〉「」『』【】〔〕〖〗")
_NO_SPACE = re.compile(f" ?([{''.join(sorted(SPACIOUS))}]) ?")


def normalize(text: str) -> str:
    """The spelling under which a text is stored, learned and answered.

    NFC, one code point for signs that print the same, every run of white space one space, none at
    the ends and none beside full-width punctuation. Idempotent.
    """
    composed = unicodedata.normalize("NFC", text).translate(_TABLE)
    return _NO_SPACE.sub(r"\1", " ".join(composed.split()))


def fold(text: str) -> str:
    """The spelling to compare two readings by: NFKC, plain quotes and dashes, no spaces."""
    folded = unicodedata.normalize("NFKC", text.translate(_FOLD)).translate(_FOLD)
    return unicodedata.normalize("NFKC", "".join(folded.split()))
