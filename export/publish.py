"""A checkpoint -> weights/<name>/: INT8 model, half-precision checkpoint, card, manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from crnn.calibration import Calibration
from crnn.deploy import enter
from crnn.evaluate.labelled_set import part
from crnn.preprocess.normalize import as_input, pad_width
from crnn.reader import Reader
from crnn.recognize.session import SPEC_KEY, Session
from crnn.spec import ModelSpec
from crnn.train import checkpoint
from crnn.train.data.samples import Renderer
from crnn.train.recipe import Recipe
from crnn.train.validate import HELD_OUT, ValidationSet, from_renderer, from_rows
from crnn.weights import manifest
from export import parity
from export.calibrate import calibrate, fit, real
from export.model_card import card
from export.to_int8 import to_int8
from export.to_onnx import to_onnx

QUANTISATION_LINES, OF_A_BATCH = 256, 8
"""Lines that a network is quantised by; so few of one batch, whose lines are of one width."""
PARITY_LINES, PARITY_LINES_OF_FOLDERS = 640, 400
ORIGIN_KEY = "origin"
"""The key of the metadata under which a model names what it is derived from."""
MIN_CALIBRATION_LINES = 150
MAX_CER_LOSS_FEW = 0.01
"""On a few hundred lines 0.3 % are a few signs; crnn.evaluate.gate judges a candidate as INT8."""
MAX_SIZE_SHARE = 0.3


@dataclass(frozen=True)
class Published:
    """What was written, and what was measured on the way."""

    folder: Path
    facts: dict[str, Any]


def fp32_model(source: Path) -> onnx.ModelProto:
    """The single-precision ONNX model of a checkpoint. Raises: WeightsMismatch, RecipeError."""
    model, spec, _ = checkpoint.load_model(source)
    return to_onnx(model, spec)


def spec_of(source: Path) -> ModelSpec:
    """What the model of a checkpoint takes and gives."""
    return ModelSpec.from_json(checkpoint.load(source)["spec"])


def interpolated(start: Path, learned: Path, weight: float) -> Path:
    """A checkpoint beside the learned one, so far from the start."""
    out = learned.with_name(f"{learned.name.partition('.')[0]}-{weight:g}.half.pt")
    checkpoint.blend(start, learned, out, weight)
    return out


@dataclass(frozen=True)
class Lines:
    """Lines that a model is quantised by, compared on, and calibrated with.

    calibrate: gives None to leave confidences as the network has them.
    """

    quantise: Sequence[NDArray[np.float32]]
    compare: ValidationSet
    calibrate: Callable[[Session], Calibration | None]
    max_cer_loss: float = parity.MAX_CER_LOSS


def rendered(recipe: Recipe, spec: ModelSpec) -> Lines:
    """Lines of the training distribution that training never sees."""
    renderer = Renderer(recipe, spec)
    held_out = from_renderer(renderer, PARITY_LINES)
    result = quantisation_lines(renderer)
    return Lines(result, held_out, lambda session: calibrate(session, recipe))


def from_folders(
    folders: Sequence[Path], spec: ModelSpec, calibration: Calibration | None = None
) -> Lines:
    """Lines of labels.tsv folders, for a place that cannot render; all but the first held out.

    calibration: what is kept where too few are held out to fit one.
    Raises: FileNotFoundError, ReadError.
    """
    learned, held_out = (
        [row for folder in folders for row in part(folder, held_out=side)] for side in (False, True)
    )
    shown = from_rows("learned", learned, spec, QUANTISATION_LINES)
    judged = from_rows("held out", held_out, spec, PARITY_LINES_OF_FOLDERS)

    def fitted(session: Session) -> Calibration | None:
        if len(held_out) < MIN_CALIBRATION_LINES:
            return calibration
        reader = Reader(session)
        return fit([one for folder in folders for one in real(reader, folder, held_out=True)])

    inputs = [as_input(pad_width(image, spec), spec) for image in shown.strips]
    return Lines(inputs, judged, fitted, MAX_CER_LOSS_FEW)


def publish(source: Path, name: str, root: Path, lines: Lines | None = None) -> Published:
    """Export a checkpoint under a name, through the parity ladder and the CER gate.

    lines: in place of rendered ones. Raises: ParityError where INT8 does not read as well as fp32,
    RecipeError where the checkpoint holds several networks.
    """
    folder = root / name
    half = folder / f"{name}.half.pt"
    training = _keep(source, name, half)
    model, spec, recipe = checkpoint.load_model(half)
    fp32 = to_onnx(model, spec)
    lines = lines or rendered(recipe, spec)
    int8 = to_int8(fp32, list(lines.quantise))
    inputs = [as_input(pad_width(image, spec), spec) for image in lines.compare.strips]
    if origin := training.get("pretrained"):
        set_metadata(int8, ORIGIN_KEY, json.dumps(origin))
    blob = int8.SerializeToString()
    ladder = parity.climb(
        model, Session(fp32.SerializeToString()), Session(blob), inputs, lines.compare.truths
    )
    ladder.check(lines.max_cer_loss)
    calibration = lines.calibrate(Session(blob))
    facts = {
        **_write_model(root, name, with_calibration(int8, calibration) if calibration else int8),
        "fp32_bytes": fp32.ByteSize(),
        "checkpoint": f"{name}/{name}.half.pt",
        "checkpoint_sha256": hashlib.sha256(half.read_bytes()).hexdigest(),
        "parity": ladder.facts(),
        "training": training,
    }
    write_manifest(root, name, facts)
    _write_card(root, name, facts, recipe)
    return Published(folder, facts)


def recalibrate(name: str, root: Path, folders: Sequence[Path] = ()) -> dict[str, Any]:
    """Fit the calibration of published weights anew; write it into model, manifest and card.

    Returns the manifest's new entry. folders: real lines to fit on beside the rendered ones.
    """
    entry = manifest(root)[name]
    model = onnx.load(root / entry["file"])
    _, _, recipe = checkpoint.load_model(root / entry["checkpoint"])
    result = calibrate(Session(model.SerializeToString()), recipe, folders)
    entry |= _write_model(root, name, with_calibration(model, result))
    write_manifest(root, name, entry)
    _write_card(root, name, entry, recipe)
    return entry


def with_calibration(model: onnx.ModelProto, calibration: Calibration) -> onnx.ModelProto:
    """A copy of the model whose spec holds the calibration."""
    spec = Session(model.SerializeToString()).spec
    made = onnx.ModelProto()
    made.CopyFrom(model)
    calibrated = dataclasses.replace(spec, calibration=calibration)
    set_metadata(made, SPEC_KEY, calibrated.to_json())
    return made


def set_metadata(model: onnx.ModelProto, key: str, value: str) -> None:
    """Set one entry of a model's metadata; the others stay."""
    entries = {entry.key: entry.value for entry in model.metadata_props}
    onnx.helper.set_model_props(model, entries | {key: value})


def _write_model(root: Path, name: str, model: onnx.ModelProto) -> dict[str, Any]:
    blob = model.SerializeToString()
    file = f"{name}/{name}.int8.onnx"
    (root / file).write_bytes(blob)
    return {
        "file": file,
        "sha256": hashlib.sha256(blob).hexdigest(),
        "bytes": len(blob),
        "spec": Session(blob).spec.facts(),
    }


def _write_card(root: Path, name: str, facts: dict[str, Any], recipe: Recipe) -> None:
    (root / name / "CARD.md").write_text(card(name, facts, recipe), "utf-8")


def _keep(source: Path, name: str, half: Path) -> dict[str, Any]:
    """Write the half-precision checkpoint that all else is made from; facts of its training."""
    content = checkpoint.load(source)
    recipe = checkpoint.recipe_of(content)
    result = ModelSpec.from_json(content["spec"])
    spec = dataclasses.replace(result, name=name)
    training: dict[str, Any] = content.get("facts", {})
    half.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save_half(half, recipe, spec, checkpoint.averaged(content), training)
    return training


def quantisation_lines(renderer: Renderer) -> list[NDArray[np.float32]]:
    """Lines of the training distribution that training never sees, each (1, K, H, W)."""
    inputs: list[NDArray[np.float32]] = []
    number = HELD_OUT * 2
    while len(inputs) < QUANTISATION_LINES:
        images = renderer.batch(number).images[:OF_A_BATCH]
        inputs += [as_input(image, renderer.spec) for image in images]
        number += 1
    return inputs[:QUANTISATION_LINES]


def write_manifest(root: Path, name: str, facts: dict[str, Any], kind: str = "weights") -> None:
    """Enter facts under a name among the recognisers, or the languages; the rest stays."""
    enter(root, name, facts, kind)
