"""Runs side by side, averaged now and then: `python -m crnn.train.average_weights RUN LEG LEG`.

Two trainings of one thread each get further on two cores than one of two threads, whose threads
wait for each other at every step; and weights averaged over runs read what is unlike the training
lines better than those of any of them. Local SGD (Stich 2019, arXiv:1805.09767), by hand: a leg is
a run folder with a recipe of its own, which differs in its seed. The first call begins every leg
where RUN stands. Train each for a while with --resume, stop them, and call again: RUN and every leg
get the mean of the legs' weights, moving averages and moments.

With --half OUT the checkpoints named are only averaged, into a half-precision one to publish: some
of one run from hour to hour, or of several with one beginning (Wortsman 2022, arXiv:2203.05482).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from crnn.spec import ModelSpec
from crnn.train import checkpoint
from crnn.train.recipe import RecipeError

OWN = ("recipe", "generator", "torch_random", "cuda_random")
"""What a leg keeps for itself of a checkpoint."""


def main(argv: list[str] | None = None) -> int:
    """Begin the legs, or average them."""
    parser = argparse.ArgumentParser(
        prog="python -m crnn.train.average_weights", description=__doc__
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("legs", type=Path, nargs="+")
    parser.add_argument("--half", type=Path, metavar="OUT")
    args = parser.parse_args(argv)
    if args.half:
        mean_of([args.run, *args.legs], args.half)
        print(f"{args.half}: the mean of {1 + len(args.legs)} checkpoints")
        return 0
    lasts = [branch / checkpoint.LAST for branch in args.legs]
    if not any(last.exists() for last in lasts):
        for last in lasts:
            last.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(args.run / checkpoint.LAST, last)
        print(f"{len(lasts)} legs begin where {args.run} stands")
        return 0
    facts = average(args.run / checkpoint.LAST, lasts)
    print(f"{args.run}: {facts['batches']} batches, {facts['lines']} lines by {len(lasts)} legs")
    return 0


def average(run: Path, branches: Sequence[Path]) -> dict[str, Any]:
    """Write the mean of the legs' checkpoints into them and into the run's; its facts.

    Batches and lines are those of all legs since the run's checkpoint, hours those of the longest.
    Raises: RecipeError where a leg did not begin at the run's checkpoint.
    """
    begun, result = checkpoint.load(run), [checkpoint.load(branch) for branch in branches]
    counters = _counters(begun["counters"], [branch["counters"] for branch in result])
    shared = {
        "weights": _mean([branch["weights"] for branch in result]),
        "ema": _mean([branch["ema"] for branch in result]),
        "optimizer": _mean([branch["optimizer"] for branch in result]),
        "counters": counters,
        "facts": {
            **begun["facts"],
            "batches": counters["batches"],
            "lines": counters["lines"],
            "hours": round(counters["seconds"] / 3600, 3),
            "cer": {},
        },
    }
    owners = [*result, {**begun, "recipe": result[0]["recipe"]}]
    for path, own in zip([*branches, run], owners, strict=True):
        checkpoint.save(path, {**begun, **{name: own[name] for name in OWN}, **shared})
    facts: dict[str, Any] = shared["facts"]
    return facts


def mean_of(paths: Sequence[Path], out: Path) -> None:
    """Write the mean of checkpoints, with the recipe and the facts of the one trained longest.

    What its recipe freezes is its own, and no mean.

    Raises: RecipeError where their networks or alphabets differ.
    """
    results = sorted(map(checkpoint.load, paths), key=lambda content: content["facts"]["lines"])
    last = results[-1]
    recipe, spec = checkpoint.recipe_of(last), ModelSpec.from_json(last["spec"])
    weights = [checkpoint.averaged(content) for content in results]
    shapes = [{name: value.shape for name, value in one.items()} for one in weights]
    if any(shape != shapes[-1] for shape in shapes) or len({one["spec"] for one in results}) > 1:
        raise RecipeError("checkpoints of different networks have no mean")
    facts = {**last["facts"], "mean_of": len(results)}
    mean, frozen = _mean(weights), recipe.train.frozen
    mean |= {name: value for name, value in weights[-1].items() if name.startswith(frozen)}
    checkpoint.save_half(out, recipe, spec, mean, facts)


def _counters(begun: dict[str, Any], branches: Sequence[dict[str, Any]]) -> dict[str, Any]:
    progress = {
        name: [branch[name] - begun[name] for branch in branches]
        for name in ("batches", "lines", "seconds")
    }
    if min(map(min, progress.values())) < 0:
        raise RecipeError("a leg stands before the run it is to be averaged into")
    counted = {name: begun[name] + sum(progress[name]) for name in ("batches", "lines")}
    return {**begun, **counted, "seconds": begun["seconds"] + max(progress["seconds"])}


def _mean(parts: Sequence[Any]) -> Any:
    """The mean of nested values: tensors of numbers are averaged, all else is the first's."""
    first = parts[0]
    if isinstance(first, Tensor):
        if not first.is_floating_point():
            return first
        return torch.stack([part.float() for part in parts]).mean(0).to(first.dtype)
    if isinstance(first, dict):
        return {name: _mean([part[name] for part in parts]) for name in first}
    return first


if __name__ == "__main__":
    sys.exit(main())
