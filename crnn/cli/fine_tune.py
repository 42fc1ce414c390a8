"""From a folder of corrections to a candidate: fine-tune, export, gate, place (needs torch)."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crnn import weights
from crnn.calibration import Calibration
from crnn.cli import train
from crnn.deploy import check_name, place
from crnn.errors import OcrError
from crnn.evaluate.gate import Verdict, gate
from crnn.evaluate.labelled_set import labelled, part
from crnn.reader import Reader
from crnn.train import checkpoint
from crnn.train.data import labelled_mix
from export import publish

REPLAY_LINES = 1000
INTERPOLATIONS = (1.0, 0.5, 0.35, 0.25)
"""How far to go from the old weights towards those learned: less far while an old set is read worse
than it may be. What was learned is kept longer on the way back than what was forgotten."""


@dataclass(frozen=True)
class Plan:
    """What to improve, by what, and where it goes. regression_sets: what may not get worse."""

    base: str
    candidate: str
    folders: tuple[Path, ...]
    weights_dir: Path
    candidates: Path
    work: Path
    replay: tuple[Path, ...] = ()
    regression_sets: tuple[Path, ...] = ()
    minutes: float = 5.0
    share: float = 0.5
    tolerance: float = 0.005


def improve(plan: Plan) -> Verdict:
    """Every step up to a candidate that a service can load; it is placed where the gate opens.

    Raises: OcrError, ParityError.
    """
    check_name(plan.candidate, plan.candidates)
    half, calibration = published(plan.base, plan.weights_dir)
    plan = with_replay(plan, half)
    learned = fine_tune(plan, half)
    for weight in INTERPOLATIONS:
        blended = plan.work / f"{weight:g}.half.pt"
        checkpoint.blend(half, learned, blended, weight)
        export(plan, blended, calibration)
        verdict = judged(plan)
        for one in verdict.facts()["sets"]:
            print(json.dumps({"way": weight, **one}), flush=True)
        if verdict.passed:
            results = {"gate": verdict.facts() | {"way": weight}}
            place(plan.candidate, plan.work / "weights", plan.candidates, results)
            break
        if not any(one.learned and one.passes(plan.tolerance) for one in verdict.sets):
            break  # less of nothing is nothing
    return verdict


def published(name: str, root: Path) -> tuple[Path, Calibration | None]:
    """The checkpoint of published weights and their calibration.

    Raises: WeightsError, OcrError.
    """
    reader = Reader.load(name, root)
    half = root / weights.manifest(root)[name].get("checkpoint", "")
    if not half.is_file():
        raise OcrError(f"{half} is not there: only weights with their checkpoint can be improved")
    return half, reader.spec.calibration


def with_replay(plan: Plan, half: Path) -> Plan:
    """The plan with a set of rendered lines, made here where lines can be rendered."""
    recipe = checkpoint.recipe_of(checkpoint.load(half))
    if plan.replay or not labelled_mix.has_sources(recipe):
        return plan
    out = plan.work / "replay"
    if not out.exists():
        labelled_mix.write_replay(recipe, recipe.spec(), out, REPLAY_LINES)
    return replace(plan, replay=(out,))


def fine_tune(plan: Plan, half: Path) -> Path:
    """The checkpoint that was learned."""
    recipe = replace(checkpoint.recipe_of(checkpoint.load(half)), name=plan.candidate)
    rendered = () if labelled_mix.has_sources(recipe) else plan.replay
    mix = labelled_mix.Mix(plan.folders, rendered, plan.share)
    args = Namespace(resume=False, start=half, validate=(), minutes=plan.minutes, anneal=True)
    facts = train.run(labelled_mix.fine_tune_recipe(recipe), plan.work / "run", args, mix)
    print(json.dumps(facts), flush=True)
    if "stopped" in facts:
        raise OcrError("told to stop while learning: nothing was exported")
    if facts["mixed_with"] == labelled_mix.NOTHING:
        print(
            "no fonts, no replay set: nothing old is mixed in, and much may be forgotten; "
            "judge by sets of your own (--old)",
            file=sys.stderr,
        )
    return plan.work / "run" / checkpoint.BEST


def export(plan: Plan, learned: Path, calibration: Calibration | None) -> None:
    """INT8, through the parity ladder, by the labelled lines and the replay set."""
    spec = publish.spec_of(learned)
    lines = publish.from_folders((*plan.folders, *plan.replay), spec, calibration)
    publish.publish(learned, plan.candidate, plan.work / "weights", lines)


def judged(plan: Plan) -> Verdict:
    """The gate: held-out lines of what was learned, of the replay set, and whole sets kept."""
    old = Reader.load(plan.base, plan.weights_dir)
    new = Reader.load(plan.candidate, plan.work / "weights")
    return gate(
        old,
        new,
        learned=held_out(plan.folders),
        kept=held_out(plan.replay)
        | {folder.name: list(labelled(folder)) for folder in plan.regression_sets},
        tolerance=plan.tolerance,
    )


def held_out(folders: Sequence[Path]) -> dict[str, list[tuple[Path, str]]]:
    """The held-out lines of folders by name."""
    return {folder.name: part(folder, held_out=True) for folder in folders}


def facts(plan: Plan, verdict: Verdict) -> dict[str, Any]:
    """What is told at the end."""
    where = str(plan.candidates / plan.candidate) if verdict.passed else None
    return {"candidate": plan.candidate, "passed": verdict.passed, "placed": where}
