"""Recipe: the choices of a training run, from TOML. An unknown key is an error."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from charset import BLANK, Charset
from crnn.errors import OcrError
from crnn.spec import ModelSpec
from crnn.train.models import lcnet
from crnn.train.models.crnn import NetShape


class RecipeError(OcrError):
    """A recipe says something that does not exist, or a run cannot begin."""


RENAMED = {
    ("data", "pens"): "writers",
    ("data", "worst"): "heavy_damage_prob",
    ("train", "shelf"): "bucket_batches",
    ("train", "glimpse_until"): "cnn_only_until",
}
"""Old keys by table. A checkpoint that has them loads; a TOML file that has one is refused."""


@dataclass(frozen=True)
class DataChoices:
    """What lines are made of. `sources` holds fonts/, corpus/, text/, ink/: see docs/training.md.

    kinds: shares of fonts; writers: shares of fonts ("type"), of the stroke engine ("strokes"), and
    of real ink ("digits", "words"), and of pen fonts written anew ("scripts"); practice: the share
    of the lines of "strokes" and "scripts" that are characters for their own sake, the commonest
    and the rarest alike; running: the share of the lines of "strokes" whose hand writes parts of
    hanzi in running hand; alone: how often real digits stand alone, divided by the ems of the
    line's room; beside: how often a second one then stands beside it, a plain stroke in every other
    case, which is soon overlooked beside a seven; hanzi_alone: how often a handwritten line with
    room for one character goes to "strokes" or "scripts", whichever writer's turn it is, and how
    often these write a hanzi there before they ask what to write; narrow: the share of batches,
    beyond their turn, that have such room; upside_down: the share of printed lines that stand on
    their head, from which the network learns to read nothing; heavy_damage_prob: the share of lines
    that bear all of the stage's damage, the others a part of it; coarse: the share of printed lines
    that come from a page of 100 dpi; labels: the share of short Latin ones that are photographed
    labels;
    same_script: the share of lines that keep to the script they begin with; capitals: the share
    whose Latin letters are capitals.
    """

    text: dict[str, float]
    kinds: dict[str, float]
    sources: str = "runs/sources"
    glyph_cache: str = "runs/glyphs"
    held_out_fonts: tuple[str, ...] = ()
    writers: dict[str, float] = field(default_factory=lambda: {"type": 1.0})
    practice: float = 0.0
    running: float = 0.0
    alone: float = 0.7
    beside: float = 0.0
    hanzi_alone: float = 0.0
    narrow: float = 0.0
    upside_down: float = 0.0
    heavy_damage_prob: float = 0.6
    coarse: float = 0.0
    labels: float = 0.0
    same_script: float = 0.0
    capitals: float = 0.0


@dataclass(frozen=True)
class Stage:
    """A part of the curriculum, up to batch `until`: widths in pixels, severity of the damage."""

    until: int
    min_width: int
    max_width: int
    severity: float


@dataclass(frozen=True)
class TrainChoices:
    """How the network learns.

    bucket_batches: how many batches' lines are put in order of their widths before batches are made
    of them;
    sampled_classes: how many classes of no label are scored in a batch (0: all); near_classes: how
    many of those most like each label's are so for certain; frozen: parts of the network, by the
    names of their parameters' beginnings, that keep their weights.
    """

    lr: float = 2e-3
    warmup: int = 200
    decay_share: float = 0.25
    total_batches: int = 20_000
    weight_decay: float = 0.01
    clip: float = 5.0
    pixels_per_batch: int = 8_192
    bucket_batches: int = 8
    sampled_classes: int = 700
    near_classes: int = 0
    cnn_only_until: int = 3_000
    ctc_ramp: int = 1_500
    centre_weight: float = 1.0
    centre_until: int = 20_000
    ema: float = 0.998
    bf16: str = "auto"
    workers: int = 1
    threads: int = 0
    validate_minutes: float = 5.0
    checkpoint_minutes: float = 3.0
    patience: int = 0
    validation_lines: int = 300
    fixed_norm: bool = False
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """One training run, copied whole into its checkpoints."""

    name: str
    data: DataChoices
    curriculum: tuple[Stage, ...]
    charset: str = "zh"
    chars: str = ""
    height: int = 32
    preprocessing: str = "grey-1"
    seed: int = 1
    net: NetShape = field(default_factory=NetShape)
    train: TrainChoices = field(default_factory=TrainChoices)

    def spec(self) -> ModelSpec:
        """What a model trained by this recipe takes and gives; `chars` narrows the charset."""
        classes = Charset.load(self.charset).classes
        if self.chars:
            wanted = set(Path(self.chars).read_text("utf-8").replace("\n", "")) | {" "}
            classes = (BLANK, *(char for char in classes[1:] if char in wanted))
        stride = lcnet.STRIDE if self.net.cnn == "lcnet" else 4
        return ModelSpec(self.name, self.charset, classes, self.height, stride, self.preprocessing)

    def curriculum_at(self, number: int) -> tuple[int, int, float]:
        """(min width, max width, severity) of batch `number`; the last stage has no end."""
        for stage in self.curriculum[:-1]:
            if number < stage.until:
                return stage.min_width, stage.max_width, stage.severity
        last = self.curriculum[-1]
        return last.min_width, last.max_width, last.severity


def load(path: Path) -> Recipe:
    """A recipe from a TOML file, or by the name of one in crnn/train/recipes.

    A file with `base = "NAME"` says only what differs from that recipe.
    Raises: RecipeError for an unknown or missing key, naming it.
    """
    built: Recipe = _build(Recipe, _values(path), "recipe")
    return built


def _values(path: Path) -> dict[str, Any]:
    if not path.is_file():
        path = Path(__file__).parent / "recipes" / f"{path.stem}.toml"
    try:
        own = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as exc:
        raise RecipeError(f"{path}: {exc}") from exc
    base = own.pop("base", None)
    return own if base is None else _changed(_values(path.with_name(f"{base}.toml")), own)


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Nested values with some of them changed, tables key by key."""
    made = dict(values)
    for key, value in changes.items():
        old = made.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        made[key] = _changed(old, value) if both else value
    return made


def from_dict(values: dict[str, Any]) -> Recipe:
    """A recipe from plain values, as TOML or a checkpoint has them."""
    built: Recipe = _build(Recipe, _with_new_keys(values), "recipe")
    return built


def _with_new_keys(values: dict[str, Any]) -> dict[str, Any]:
    """A recipe's plain values with the keys of today."""
    made = dict(values)
    for (table, old), new in RENAMED.items():
        if old in made.get(table, {}):
            part = dict(made[table])
            made[table] = {**part, new: part.pop(old)} if new not in part else part
            made[table].pop(old, None)
    return made


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Plain values that `from_dict` takes back."""
    return asdict(recipe)


def _build(kind: Any, values: dict[str, Any], where: str) -> Any:
    known = {f.name: f for f in fields(kind)}
    table = where.rpartition(".")[2]
    for key in values:
        if (table, key) in RENAMED:
            new = RENAMED[table, key]
            raise RecipeError(f"{where}: the key {key!r} is now called {new!r}")
        if key not in known:
            raise RecipeError(f"{where}: unknown key {key!r}; known are {', '.join(known)}")
    for key, spec in known.items():
        required = spec.default is MISSING and spec.default_factory is MISSING
        if required and key not in values:
            raise RecipeError(f"{where}: {key!r} is missing")
    hints = get_type_hints(kind)
    made = {key: _value(hints[key], value, f"{where}.{key}") for key, value in values.items()}
    return kind(**made)


def _value(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(hint):
        return _build(hint, value, where)
    if isinstance(value, list | tuple):
        inner = getattr(hint, "__args__", (None,))[0]
        if is_dataclass(inner):
            return tuple(_build(inner, item, f"{where}[{i}]") for i, item in enumerate(value))
        return tuple(value)
    return value
