"""Checkpoints side by side: `python -m tests.bench.lines.checkpoints FILE... --sets DIR...`.

Single precision, crops framed, greedy, no tries upside down. Prints a Markdown table: CER % and
exact lines % of at most 300 lines of each set. It chooses between checkpoints; it judges none.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from crnn.train import checkpoint, validate

LINES = 300


def main(argv: list[str] | None = None) -> int:
    """Print a row for each checkpoint."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lines.checkpoints")
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--sets", type=Path, nargs="+", required=True)
    args = parser.parse_args(argv)
    print("| checkpoint | " + " | ".join(folder.name for folder in args.sets) + " |")
    print("|---" * (1 + len(args.sets)) + "|")
    for path in args.checkpoints:
        model, spec, _ = checkpoint.load_model(path)
        cells = []
        for folder in args.sets:
            lines = validate.from_folder(folder, spec, LINES)
            score = validate.validate(model, spec, lines, torch.device("cpu"))
            cells.append(f"{score.cer:.2%}, {score.line_accuracy:.1%}")
        print(f"| {path} | " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
