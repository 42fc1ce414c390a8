"""What a field's own words add: `python -m tests.bench.decoding.domain_lm`; needs runs/sources.

A model of every source but the domain words (medicine, places, food, cars, animals) is a user's
base; their lists are a user's text. Prints bits a character on held-out domain words and held-out
document lines, by weight of what was added.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from charset import Charset
from crnn.decode.ngram_lm import NgramLanguage
from crnn.lm import build, extend
from crnn.lm.perplexity import bits_per_char
from crnn.train.data.lm_corpus import texts

DOMAIN, REST = "domain", "document"


def main() -> int:
    """A row a weight."""
    charset = Charset.load("zh")
    learned, held_out = texts(Path("runs/sources"), charset)
    lines = [line for name, rows in learned.items() if name != DOMAIN for line in rows]
    base = NgramLanguage(build(lines, charset, max_bytes=4e6).data)
    show(0.0, base, held_out)
    for weight in (0.1, 0.3, 0.5, 0.8):
        show(weight, NgramLanguage(extend(base, learned[DOMAIN], weight=weight).data), held_out)
    return 0


def show(weight: float, language: NgramLanguage, held_out: dict[str, list[str]]) -> None:
    """Bits of a character in both kinds of text."""
    bits = {name: round(bits_per_char(language, held_out[name]), 2) for name in (DOMAIN, REST)}
    print(json.dumps({"weight": weight} | bits), flush=True)


if __name__ == "__main__":
    sys.exit(main())
