"""Fields of real sets, read freely and by their grammar.

`python -m tests.bench.decoding.fields DIR...`.

From folders with labels.tsv it takes the lines whose truth is a field: a date, an amount, a
telephone number, a number of digits. Prints a Markdown table: exact lines % read greedily, by a
beam, and by the grammar; lines that the grammar's margin gives back, and how many of the others
are right; and, for false accepts, the share of all other lines of the sets that a grammar believes.
`--as DIR=WISH` reads all lines of a folder as one field, scored on what --keep leaves.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

from charset import fold, normalize
from crnn.decode.factory import DecodeOptions
from crnn.evaluate.labelled_set import labelled
from crnn.fields import Grammar, compile_grammar
from crnn.options import EFFORTS, ReadOptions
from crnn.page import Line
from crnn.reader import Reader

TYPES = ("date", "amount", "phone", "percentage", "digits", "capital_amount")
Rows = list[tuple[Path, str]]


def main(argv: list[str] | None = None) -> int:
    """Read and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.decoding.fields", description=__doc__
    )
    parser.add_argument("sets", type=Path, nargs="*")
    parser.add_argument("--as", dest="forced", nargs="*", default=[], metavar="DIR=WISH")
    parser.add_argument("--keep", default="[0-9]", help="what is scored of --as: an expression")
    parser.add_argument("--others", type=int, default=60, help="lines a type for false accepts")
    parser.add_argument("--effort", choices=EFFORTS, default="quick")
    args = parser.parse_args(argv)
    reader = Reader.load("zh").with_effort(args.effort)
    rows = [row for folder in args.sets for row in labelled(folder)]
    print(
        "| field | lines | greedy % | beam % | grammar % | given back | right of the rest % |",
        end="",
    )
    print(" others believed % |\n|---|---|---|---|---|---|---|---|")
    for name, (found, others) in sorted(by_type(rows, reader).items()):
        believed = false_accepts(reader, name, others[: args.others])
        table_row(reader, name, name, found, "", believed)
    for wish in args.forced:
        folder, _, text = wish.partition("=")
        grammar = json.loads(text) if text.startswith("{") else text
        found = list(labelled(Path(folder)))
        table_row(reader, Path(folder).name, grammar, found, args.keep, "")
    return 0


def by_type(rows: Rows, reader: Reader) -> dict[str, tuple[Rows, Rows]]:
    """The lines whose truth is a field, by its first type, with the lines that are not of it."""
    fields = {name: compile_grammar(name, reader.spec.classes) for name in TYPES}
    found: dict[str, Rows] = defaultdict(list)
    for path, truth in rows:
        name = next((n for n in TYPES if fields[n].valid(normalize(truth))), "")
        found[name].append((path, truth))
    return {
        name: (found[name], [row for row in rows if not fields[name].valid(normalize(row[1]))])
        for name in TYPES
        if found[name]
    }


def table_row(
    reader: Reader, title: str, wish: object, rows: Rows, keep: str, believed: str
) -> None:
    """Print one field's figures."""
    decoders = {
        "greedy": DecodeOptions(),
        "beam": DecodeOptions("beam"),
        "grammar": DecodeOptions("grammar", grammar=Grammar(wish)),  # type: ignore[arg-type]
    }
    right: dict[str, int] = defaultdict(int)
    given_back = kept_right = 0
    for path, truth in rows:
        for way, decoding in decoders.items():
            line = read(reader, path, decoding)
            hit = scored(line.text, keep) == scored(truth, keep)
            right[way] += hit
            if way == "grammar":
                rejected = bool(line.match and line.match.rejected)
                given_back += rejected
                kept_right += hit and not rejected
    shares = [f"{100 * right[way] / len(rows):.1f}" for way in decoders]
    rest = len(rows) - given_back
    cells = (
        title,
        str(len(rows)),
        *shares,
        str(given_back),
        f"{100 * kept_right / max(1, rest):.1f}",
    )
    print(f"| {' | '.join((*cells, believed))} |", flush=True)


def false_accepts(reader: Reader, name: str, rows: Rows) -> str:
    """The share of lines that are no such field, and are believed to be one."""
    wishes = DecodeOptions("grammar", grammar=Grammar(name))
    lines = [read(reader, path, wishes) for path, _ in rows]
    believed = sum(not (line.match and line.match.rejected) for line in lines)
    return f"{100 * believed / max(1, len(rows)):.1f}"


def read(reader: Reader, path: Path, decoding: DecodeOptions) -> Line:
    """One line of a picture, empty where nothing was found."""
    page = reader.read(path.read_bytes(), ReadOptions("line", decoding=decoding))
    return page.lines[0]


def scored(text: str, keep: str) -> str:
    """The text as it is compared."""
    folded = fold(text)
    return "".join(re.findall(keep, folded)) if keep else folded


if __name__ == "__main__":
    raise SystemExit(main())
