"""Two experts and a router learned for them: `python -m crnn.train.join PRINT HANDWRITING --out X`.

The router learns from rendered lines which of the two experts' recipes a line is of, one look at
each line. Both experts must have begun from one network whose class matrix they kept (`frozen`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from crnn.model import EXPERTS, Router
from crnn.read.tensor import WIDTH_STEPS
from crnn.spec import ModelSpec
from crnn.train import checkpoint
from crnn.train.recipe import Recipe, RecipeError, from_dict, load
from crnn.train.samples import Batch, Renderer, joined, loader

CLASSES = ("classes.weight", "classes.bias")

FIRST = 1 << 29
"""Batches from this number on: no run trains on them, and no validation reads them."""

LEAST_SHARE = 0.07
"""A pen with a smaller share is in an expert's recipe for lines that come to it by mistake."""

LINES, RATE, JUDGED = 12, 3e-3, 60
"""Lines of each expert in a batch, the peak learning rate, and batches to judge the router by."""


def main(argv: Sequence[str] | None = None) -> int:
    """Join and write."""
    parser = argparse.ArgumentParser(prog="python -m crnn.train.join", description=__doc__)
    parser.add_argument("print", type=Path, help="a checkpoint of the expert for print")
    parser.add_argument("handwriting", type=Path, help="one of the expert for handwriting")
    parser.add_argument("--recipe", type=Path, default=Path("zh"), help="kept in the result")
    parser.add_argument("--batches", type=int, default=1600, help="that the router learns from")
    parser.add_argument(
        "--router", type=Path, help="a routed checkpoint whose router is kept, and none learned"
    )
    parser.add_argument(
        "--lean", type=float, default=0.0, help="ln of the odds by which a line is rather print"
    )
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    paths = (vars(args)["print"], args.handwriting)
    like, chosen = load(args.recipe), {"keep": args.router, "lean": args.lean}
    facts = join(paths, like, args.out, batches=args.batches, **chosen)
    print(json.dumps(facts["router"]))
    return 0


def join(
    paths: Sequence[Path],
    like: Recipe,
    out: Path,
    *,
    batches: int = 0,
    keep: Path | None = None,
    lean: float = 0.0,
) -> dict[str, Any]:
    """Write the routed network of two experts as a half-precision checkpoint; its facts.

    paths: checkpoints of EXPERTS; like: the recipe of lines of both kinds, kept in the result;
    batches: how many the router learns from; keep: a routed checkpoint whose router is taken
    instead; lean: the natural logarithm of the odds by which the router then takes every line
    rather for print, of which there is more in the world, and less like what is rendered.

    Raises: RecipeError where their alphabets, sizes or class matrices differ.
    """
    made = replace(like, net=replace(like.net, routed=True, expert=""))
    spec, found = made.spec(), [checkpoint.load(path) for path in paths]
    weights = _weights([checkpoint.averaged(one) for one in found], len(spec.classes))
    told_of = [one["facts"] for one in found]
    facts = {
        **{key: max(one.get(key, 0) for one in told_of) for key in ("batches", "lines", "hours")},
        "experts": dict(zip(EXPERTS, told_of, strict=True)),
    }
    if keep is None:
        torch.manual_seed(made.seed)
        router = Router(spec.channels)
        recipes = [from_dict(one["recipe"]) for one in found]
        facts["router"] = fit(router, rendered(recipes, spec), batches)
        weights |= {f"router.{key}": value for key, value in router.state_dict().items()}
    else:
        kept = checkpoint.load(keep)
        facts["router"] = kept["facts"]["router"]
        theirs = checkpoint.averaged(kept)
        weights |= {key: value for key, value in theirs.items() if key.startswith("router.")}
    if lean:
        facts["router"]["lean"] = facts["router"].get("lean", 0.0) + lean
        weights["router.out.bias"] = weights["router.out.bias"] - lean
    checkpoint.build(made, spec).load_state_dict(weights)
    checkpoint.save_half(out, made, spec, weights, facts)
    return facts


def _weights(found: Sequence[dict[str, Tensor]], classes: int) -> dict[str, Tensor]:
    """The weights of a routed network but for its router's."""
    shapes = [{key: value.shape for key, value in one.items()} for one in found]
    if shapes[0] != shapes[1] or shapes[0].get(CLASSES[1]) != (classes,):
        raise RecipeError("experts of different sizes or alphabets cannot be joined")
    if any(not torch.equal(*(one[key].half() for one in found)) for key in CLASSES):
        raise RecipeError(
            'the experts share one class matrix: train both with frozen = ["classes"]'
        )
    made = {key: found[0][key] for key in CLASSES}
    for name, one in zip(EXPERTS, found, strict=True):
        made |= {f"experts.{name}.{key}": one[key] for key in one if key not in CLASSES}
    return made


class Mingled:
    """Batches of one width, LINES lines of each expert's recipe, the first expert's first."""

    def __init__(self, recipes: Sequence[Recipe], spec: ModelSpec) -> None:
        self.spec, self.recipes = spec, [own(one) for one in recipes]
        self.renderers = [Renderer(one, spec) for one in self.recipes]

    def batch(self, number: int) -> Batch:
        """Batch `number`."""
        rng = np.random.default_rng((self.recipes[0].seed, number))
        low, high, severity = self.recipes[0].curriculum_at(number)
        choices = [width for width in WIDTH_STEPS if low <= width <= high]
        width = choices[int(len(choices) * rng.random() ** 1.5)]  # narrow lines say the least
        lines = [
            renderer.sample(rng, width, severity)
            for renderer in self.renderers
            for _ in range(LINES)
        ]
        return joined(lines, self.spec, width)


def own(found: Recipe) -> Recipe:
    """The recipe with none but an expert's own pens."""
    total = sum(found.data.pens.values())
    pens = {pen: share for pen, share in found.data.pens.items() if share >= LEAST_SHARE * total}
    return replace(found, data=replace(found.data, pens=pens, upside_down=0.0))


def rendered(recipes: Sequence[Recipe], spec: ModelSpec) -> Iterator[Batch]:
    """Mingled batches without end, made ahead on every core."""
    train = replace(recipes[0].train, workers=os.cpu_count() or 1)
    first = replace(recipes[0], train=train)
    return loader(first, spec, FIRST, partial(Mingled, recipes, spec))


def fit(router: Router, batches: Iterator[Batch], count: int) -> dict[str, float]:
    """Train the router on so many batches; the share of lines it sends astray in JUDGED others."""
    optimizer = torch.optim.AdamW(router.parameters(), RATE)
    wanted = torch.arange(2.0).repeat_interleave(LINES)  # 1: handwriting
    router.train()
    for done in tqdm(range(count), unit="batch", mininterval=5):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (done + 1) / 50, 2 * (1 - done / count))
        value = F.binary_cross_entropy_with_logits(router(_images(next(batches))), wanted)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    router.eval()
    with torch.inference_mode():
        said = torch.stack([router(_images(next(batches))) > 0 for _ in range(JUDGED)])  # (J, 2L)
    wrong = (said != wanted.bool()).float().mean(0)
    return {
        f"{name}_astray": round(float(part.mean()), 4)
        for name, part in zip(EXPERTS, wrong.split(LINES), strict=True)
    }


def _images(batch: Batch) -> Tensor:
    images = torch.from_numpy(batch.images).float() / 255  # (N, K, H, W)
    return images.contiguous(memory_format=torch.channels_last)


if __name__ == "__main__":
    sys.exit(main())
