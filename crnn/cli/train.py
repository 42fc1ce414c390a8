"""crnn-ocr train: a recipe from nothing, from a checkpoint, or with an office's own lines."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crnn.train.data.labelled_mix import Mix
    from crnn.train.recipe import Recipe


def add(commands: Any) -> None:
    """What `train` takes."""
    train = commands.add_parser("train", help="train a recipe (needs the train extra)")
    train.add_argument(
        "recipe", type=Path, metavar="RECIPE", help="a TOML file, or a name in crnn/train/recipes"
    )
    train.add_argument(
        "--minutes", type=float, default=math.inf, metavar="M", help="stop after M minutes"
    )
    train.add_argument(
        "--resume", action="store_true", help="go on from the run folder's last checkpoint"
    )
    train.add_argument(
        "--anneal", action="store_true", help="let the learning rate fall to nothing over M minutes"
    )
    train.add_argument("--start", type=Path, metavar="CHECKPOINT", help="begin with these weights")
    train.add_argument("--lr", type=float, help="a peak learning rate in place of the recipe's")
    train.add_argument(
        "--validate",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="labels.tsv folders to validate on",
    )
    train.add_argument(
        "--out", type=Path, metavar="DIR", help="the run folder; runs/NAME where not given"
    )
    train.add_argument(
        "--with",
        type=Path,
        nargs="+",
        default=[],
        dest="folders",
        metavar="DIR",
        help="learn from these labels.tsv folders too, among the recipe's lines",
    )
    train.add_argument(
        "--replay",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="with --with: mix with lines of make-replay-set instead of rendered ones",
    )
    train.add_argument(
        "--share", type=float, default=0.4, help="with --with: their share of every batch"
    )
    train.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> int:
    from crnn.train import recipe

    chosen = recipe.load(args.recipe)
    if args.anneal and not math.isfinite(args.minutes):
        print("crnn-ocr: --anneal needs --minutes to know when to arrive", file=sys.stderr)
        return 2
    folder = args.out or Path("runs") / chosen.name
    chosen, mix = mixed(chosen, args.folders, args.replay, args.share)
    if args.lr:
        chosen = replace(chosen, train=replace(chosen.train, lr=args.lr))
    print(json.dumps(run(chosen, folder, args, mix)))
    return 0


def mixed(
    recipe: Recipe, folders: list[Path], replay: list[Path], share: float
) -> tuple[Recipe, Mix | None]:
    """The recipe with gentle choices, and the mix, where there are labelled folders."""
    from crnn.train.data.labelled_mix import Mix, fine_tune_recipe
    from crnn.train.recipe import RecipeError

    if not folders:
        if replay:
            raise RecipeError("--replay says what the lines of --with are mixed with")
        return recipe, None
    if not 0 < share <= 1:
        raise RecipeError(f"--share is {share}; expected more than 0 and at most 1")
    return fine_tune_recipe(recipe), Mix(tuple(folders), tuple(replay), share)


def run(recipe: Recipe, folder: Path, args: argparse.Namespace, mix: Mix | None) -> dict[str, Any]:
    """Train; what came of it.

    args: resume, start, validate, minutes, anneal.
    """
    from crnn.train.loop import Trainer

    trainer = Trainer(
        recipe, folder, resume=args.resume, start=args.start, validation=args.validate, mix=mix
    )
    facts = {}
    if mix:
        facts = trainer.mix_facts()
        print(json.dumps(facts), file=sys.stderr)
    best = trainer.run(args.minutes, anneal=args.anneal)
    cer = round(best, 5) if math.isfinite(best) else None
    results = {"run": str(folder), "best_cer": cer, "batches": trainer.state.batches, **facts}
    return results | ({"stopped": True} if trainer.stopping else {})
