"""crnn-ocr lm: a language model from text files, alone or added to a published one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from charset import Charset
from crnn.decode.ngram_lm import NgramLanguage
from crnn.lm.builder import build, extend
from crnn.lm.perplexity import bits_per_char

HELD_OUT_EVERY = 20


def add(commands: Any) -> None:
    """The command with its options."""
    lm = commands.add_parser("lm", help="make a language model from text files")
    lm.add_argument("texts", nargs="+", type=Path, metavar="TEXT", help="UTF-8, a line a line")
    lm.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write it")
    lm.add_argument("--base", metavar="NAME", help="add to this published model, such as lm_zh")
    lm.add_argument("--weight", type=float, default=0.5, help="share of the texts beside --base")
    lm.add_argument("--weights-dir", type=Path, help="folder with manifest.json")
    lm.add_argument("--charset", default="zh", help="without --base: the charset")
    lm.add_argument("--order", type=int, default=5, help="without --base: longest n-gram")
    lm.add_argument("--max-bytes", type=float, default=4e6, help="without --base: size of the file")
    lm.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build, write, and print what a model of the other lines says of every 20th line."""
    lines = [line for path in args.texts for line in path.read_text("utf-8").splitlines()]
    held_out = lines[::HELD_OUT_EVERY]
    learned = [line for n, line in enumerate(lines) if n % HELD_OUT_EVERY]
    facts: dict[str, Any] = {"file": str(args.out)}
    if args.base:
        base = NgramLanguage.load(args.base, args.weights_dir)
        facts["bits_per_char_base"] = round(bits_per_char(base, held_out), 3)
        trial = extend(base, learned, weight=args.weight)
        built = extend(base, lines, weight=args.weight)
    else:
        build_options = {"order": args.order, "max_bytes": args.max_bytes}
        trial = build(learned, Charset.load(args.charset), **build_options)
        built = build(lines, Charset.load(args.charset), **build_options)
    facts["bits_per_char"] = round(bits_per_char(NgramLanguage(trial.data), held_out), 3)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(built.data)
    facts |= {"bytes": len(built.data), "n_grams": built.n_grams, "lines": built.lines}
    print(json.dumps(facts | {"lines_left_out": built.lines_left_out}, ensure_ascii=False))
    return 0
