"""Checkpoints: a whole one to go on from exactly, a half-precision one small enough for git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from crnn.spec import ModelSpec
from crnn.train.models.crnn import Crnn
from crnn.train.recipe import Recipe, RecipeError, from_dict, to_dict

LAST, BEST = "last.pt", "best.half.pt"


def build(recipe: Recipe, spec: ModelSpec) -> Crnn:
    """A new network of a recipe's shape."""
    return Crnn(len(spec.classes), spec.height, spec.channels, recipe.net)


def save(path: Path, state: dict[str, Any]) -> None:
    """Write through a scratch file, so that a kill leaves the old checkpoint or the new one."""
    scratch = path.with_suffix(".scratch")
    torch.save(state, scratch)
    scratch.replace(path)


def save_half(
    path: Path, recipe: Recipe, spec: ModelSpec, weights: dict[str, Tensor], facts: dict[str, Any]
) -> None:
    """What is published: weights in half precision with recipe, spec and facts of the training."""
    half = {name: w.half() if w.is_floating_point() else w for name, w in weights.items()}
    save(path, {"spec": spec.to_json(), "recipe": to_dict(recipe), "weights": half, "facts": facts})


def load(path: Path) -> dict[str, Any]:
    """A checkpoint's content; only plain values and tensors are unpickled."""
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def recipe_of(content: dict[str, Any]) -> Recipe:
    """The recipe that a checkpoint was trained by.

    Raises: RecipeError where it holds several networks, as those of older versions may.
    """
    values: dict[str, Any] = content["recipe"]
    net = dict(values.get("net", {}))
    if net.pop("routed", False):
        raise RecipeError(
            "the checkpoint holds two networks and a router, which this version cannot use; "
            "take a checkpoint of one network"
        )
    net.pop("expert", None)
    return from_dict(values | {"net": net})


def averaged(content: dict[str, Any]) -> dict[str, Tensor]:
    """The weights to read with, in single precision: the moving average where there is one."""
    weights: dict[str, Tensor] = content.get("ema") or content["weights"]
    return {name: w.float() if w.is_floating_point() else w for name, w in weights.items()}


def load_model(path: Path) -> tuple[Crnn, ModelSpec, Recipe]:
    """The network of a checkpoint, in evaluation mode and single precision."""
    content = load(path)
    recipe, spec = recipe_of(content), ModelSpec.from_json(content["spec"])
    model = build(recipe, spec)
    model.load_state_dict(averaged(content))
    return model.eval(), spec, recipe


def take_over(model: Crnn, spec: ModelSpec, path: Path) -> dict[str, Any]:
    """Load another run's weights, class rows matched by character; the facts of its training.

    A network with more residual blocks says at first what theirs says; one with fewer leaves out
    the last of a stage. A checkpoint of another alphabet is a beginning, not a place in this run:
    it gives no facts. Raises: RecipeError where it holds several networks.
    """
    content = load(path)
    theirs, shape = ModelSpec.from_json(content["spec"]), recipe_of(content).net
    rows = {char: row for row, char in enumerate(theirs.classes)}
    weights, fresh = averaged(content), model.state_dict()
    facts: dict[str, Any] = content.get("facts", {}) if theirs.classes == spec.classes else {}
    for name in ("classes.weight", "classes.bias"):
        merged = fresh[name].clone()
        for row, char in enumerate(spec.classes):
            if char in rows:
                merged[row] = weights[name][rows[char]]
        weights[name] = merged
    _unpair(weights, fresh)
    _move_blocks(weights, shape.blocks, model)
    model.load_state_dict(weights)
    return facts


def blend(start: Path, learned: Path, out: Path, share: float) -> None:
    """Weights that share of the way from one checkpoint to another, as a half-precision one.

    What was learned in few steps is kept in part, and so is what was forgotten meanwhile
    (Wortsman 2022, arXiv:2109.01903). The second may have residual blocks more, which then begin
    where a run from the first would have begun them.
    """
    second = load(learned)
    spec, recipe = ModelSpec.from_json(second["spec"]), recipe_of(second)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = build(recipe, spec)
    take_over(model, spec, start)
    olds, news = model.state_dict(), averaged(second)
    mixed = {
        name: torch.lerp(olds[name], new, share) if new.is_floating_point() else new
        for name, new in news.items()
    }
    save_half(out, recipe, spec, mixed, {**second.get("facts", {}), "way": share})


def _unpair(weights: dict[str, Tensor], fresh: dict[str, Tensor]) -> None:
    """From a network with a column in eight pixels to one in four: the left half of each pair.

    The CNN of the new one then says what the old one's said; the BiLSTM, which sees twice the
    columns, keeps its weights but adds nothing at first.
    """
    size = len(fresh["direct.bias"])
    if len(weights["direct.bias"]) != 2 * size:
        return
    for name in ("weight", "bias"):
        weights[f"direct.{name}"] = weights[f"direct.{name}"][:size]
        weights[f"bottleneck.{name}"] = torch.zeros_like(fresh[f"bottleneck.{name}"])


def _move_blocks(weights: dict[str, Tensor], theirs: tuple[int, ...], model: Crnn) -> None:
    """From a network with that many residual blocks a stage to one with more or fewer of them.

    New ones stand last in their stage and begin as the identity (Chen 2016, Net2Net,
    arXiv:1511.05641): the scale of their batch normalisation is zero. Fewer: the last are left out.
    """
    if theirs == model.blocks:
        return
    homes = {place: number for number, place in _places(model.blocks).items()}
    moved = {
        f"cnn.{number}.": f"cnn.{homes[place]}."
        for number, place in _places(theirs).items()
        if place in homes
    }
    old = {name: weights.pop(name) for name in list(weights) if name.startswith("cnn.")}
    for name, value in model.state_dict().items():
        if name.startswith("cnn."):
            is_scale = name.endswith("conv.1.weight")
            weights[name] = torch.zeros_like(value) if is_scale else value.clone()
    for name, value in old.items():
        home = f"cnn.{name.split('.')[1]}."
        if home in moved:
            weights[name.replace(home, moved[home], 1)] = value


def _places(blocks: tuple[int, ...]) -> dict[int, str]:
    """What stands where in `Crnn.cnn`, of that which has weights."""
    places, at = {0: "first"}, 2
    for stage, count in enumerate(blocks):
        places[at] = f"{stage}: smaller"
        places |= {at + 2 + n: f"{stage}: {n}" for n in range(count)}
        at += 2 + count
    return places
