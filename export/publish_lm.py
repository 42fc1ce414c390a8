"""weights/lm_zh from the sources of training lines: `python -m export.publish_lm`.

Prints bits a character on held-out lines of each source: every character alike, single characters,
the published model, and the same model unpruned.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from pathlib import Path
from typing import Any

from charset import Charset
from crnn.decode.ngram_lm import NgramLanguage
from crnn.lm import Built, build
from crnn.lm.perplexity import bits_per_char
from crnn.train.data.lm_corpus import FIELDS, FROM, SHARES, texts
from export.publish import write_manifest

Lines = dict[str, list[str]]


def main(argv: list[str] | None = None) -> int:
    """Build, publish, measure."""
    parser = argparse.ArgumentParser(prog="python -m export.publish_lm", description=__doc__)
    parser.add_argument("--sources", type=Path, default=Path("runs/sources"))
    parser.add_argument("--out", type=Path, default=Path("weights"))
    parser.add_argument("--name", default="lm_zh")
    parser.add_argument("--charset", default="zh")
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--max-bytes", type=float, default=4e6)
    args = parser.parse_args(argv)
    charset = Charset.load(args.charset)
    learned, held_out = texts(args.sources, charset)
    lines = [line for rows in learned.values() for line in rows]
    built = build(lines, charset, order=args.order, max_bytes=args.max_bytes)
    bits = measured(built, lines, held_out, charset)
    for source, row in bits.items():
        print(json.dumps({"source": source, **row}))
    publish(built, bits, args)
    return 0


def measured(
    built: Built, lines: list[str], held_out: Lines, charset: Charset
) -> dict[str, dict[str, float]]:
    """Bits a character of each source by model."""
    models = {
        "unigram": build(lines, charset, order=1),
        "published": built,
        "unpruned": build(lines, charset, order=len(built.n_grams), max_bytes=math.inf),
    }
    results = {source: {"uniform": round(math.log2(len(charset) - 1), 2)} for source in held_out}
    for name, model in models.items():
        language = NgramLanguage(model.data)
        for source, rows in held_out.items():
            results[source][name] = round(bits_per_char(language, rows), 2)
    results["bytes"] = {name: len(model.data) for name, model in models.items()}
    return results


def publish(built: Built, bits: dict[str, dict[str, float]], args: argparse.Namespace) -> None:
    """The file, its entry in the manifest, its card."""
    folder = args.out / args.name
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{args.name}/{args.name}.ngrams"
    (args.out / file).write_bytes(built.data)
    facts: dict[str, Any] = {
        "file": file,
        "sha256": hashlib.sha256(built.data).hexdigest(),
        "bytes": len(built.data),
        "charset": args.charset,
        "n_grams": list(built.n_grams),
        "lines": built.lines,
    }
    write_manifest(args.out, args.name, facts, kind="languages")
    (folder / "CARD.md").write_text(card(args.name, facts, bits), "utf-8")


def card(name: str, facts: dict[str, Any], bits: dict[str, dict[str, float]]) -> str:
    """What it is, what it learned from, under which licences, what it measured."""
    rows = "\n".join(
        f"| {source} | {SHARES.get(source, 1):.0%} | {FROM.get(source, 'form_values.py')} | "
        f"{result['unigram']} | {result['published']} | {result['unpruned']} |"
        for source, result in bits.items()
        if source != "bytes"
    )
    uniform = next(iter(bits.values()))["uniform"]
    sizes = ", ".join(f"{count:,}" for count in facts["n_grams"])
    return f"""# Language model `{name}`

A character {len(facts["n_grams"])}-gram model for charset `{facts["charset"]}`: interpolated \
modified Kneser-Ney, pruned, `{facts["file"]}`,
{facts["bytes"]:,} bytes ({bits["bytes"]["unpruned"]:,} unpruned). N-grams by length: {sizes}. \
Learned from {facts["lines"]:,} lines.
The ten digits are one symbol to it: it knows where a digit stands, never which.
`python -m export.publish_lm` makes everything here again (needs the sources of docs/training.md).

Bits a character on held-out lines, the end of the line included; every character alike would be \
{uniform}:

| source | share learned | from | single characters | published | unpruned |
|---|---|---|---|---|---|
{rows}

The file holds probabilities of stretches of at most {len(facts["n_grams"])} characters, no text.
Grammars give {sum(FIELDS.values()):,} lines.
"""


if __name__ == "__main__":
    sys.exit(main())
