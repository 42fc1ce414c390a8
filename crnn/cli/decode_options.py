"""Options of `crnn-ocr read` that say how scores become text, and what they add to its output."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from charset import Charset
from crnn.decode.constrained.constrained import LEXICON
from crnn.decode.factory import METHODS, DecodeOptions
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.lexicon.lexicon_search import MAX_MARGIN
from crnn.errors import UnknownOption
from crnn.fields import Grammar
from crnn.page import Line


def add(read: argparse.ArgumentParser) -> None:
    """The options of a command that reads."""
    read.add_argument("--decode", choices=METHODS, help="lexicon with --lexicon, else greedy")
    read.add_argument("--n-best", type=int, default=1, metavar="N", help="tell N texts of a line")
    read.add_argument(
        "--lexicon", type=Path, metavar="FILE", help="texts a line may say: lines, CSV or .npz"
    )
    read.add_argument("--lexicon-column", default="", metavar="NAME", help="the column of a CSV")
    read.add_argument(
        "--lexicon-mode",
        choices=("only", "prefer"),
        default="only",
        help="free text where no entry",
    )
    read.add_argument("--max-margin", type=float, default=MAX_MARGIN, metavar="M")
    read.add_argument(
        "--grammar", default="", metavar="WISH", help="a field type, or a wish as a JSON object"
    )
    read.add_argument(
        "--language", default="lm_zh", metavar="NAME", help="model of --decode lm or auto"
    )


def decode_options(args: argparse.Namespace, charset: Charset) -> DecodeOptions:
    """What the options ask for.

    Raises: UnknownOption, BadLexicon, OSError.
    """
    lexicon = None
    if args.lexicon:
        lexicon = Lexicon.from_file(args.lexicon, charset, args.lexicon_column)
        if lexicon.skipped_count:
            shown = ", ".join(lexicon.skipped[:5])
            print(f"crnn-ocr: {lexicon.skipped_count} entries left out: {shown}", file=sys.stderr)
    return DecodeOptions(
        method=args.decode or ("lexicon" if lexicon else "grammar" if args.grammar else "greedy"),
        n_best=args.n_best,
        lexicon=lexicon,
        prefer=args.lexicon_mode == "prefer",
        max_margin=args.max_margin,
        grammar=Grammar(_grammar(args.grammar)) if args.grammar else None,
    )


def _grammar(grammar: str) -> str | dict[str, object]:
    if not grammar.startswith("{"):
        return grammar
    try:
        result: dict[str, object] = json.loads(grammar)
    except ValueError as exc:
        raise UnknownOption(f"--grammar is no JSON object: {exc}") from exc
    return result


def print_extras(path: Path, line: Line) -> None:
    """Alternatives below the text, and on stderr the lines that say no entry."""
    for alternative in line.alternatives:
        print(f"\t{alternative.log_prob:.2f}\t{alternative.text}")
    if line.match and line.match.rejected:
        print(f"{path}: not what was asked; it says {line.match.free_text!r}", file=sys.stderr)
    if line.field and line.field.type != LEXICON:
        print(f"\t{json.dumps(line.field.value, ensure_ascii=False)}")
