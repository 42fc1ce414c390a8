"""Distillation: the network learns from a teacher's vectors and from true labels, off cached lines.

Three stages, each a sitting of one run:

1. `neck`: the CNN is the teacher's and stays. The BiLSTM learns the vectors z* that the teacher has
   before its class matrix W, by (z - z*) W W^T (z - z*)^T: the squared error of all scores without
   computing one (Hinton 2015, arXiv:1503.02531, with the regression of Romero 2014,
   arXiv:1412.6550).
2. `labels`: CTC on true labels, and, for lines that the teacher reads right, the divergence from
   its log-probabilities. BiLSTM and class matrix learn.
3. `whole`: the same loss from the pixels on; the CNN learns at a tenth of the rate.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from charset import BLANK_ID
from crnn.evaluate.metrics import Score
from crnn.preprocess.normalize import input_scale
from crnn.train import checkpoint, loss, mixed_precision, validate
from crnn.train import recipe as recipes
from crnn.train.begin_from_teacher import begin, first_head
from crnn.train.data.feature_cache import Cache, CachedLine
from crnn.train.models import pretrained
from crnn.train.models.crnn import Crnn
from crnn.train.models.lcnet import LCNet
from crnn.train.recipe import Recipe, RecipeError
from crnn.train.run_state import average_into

STAGES = ("neck", "labels", "whole")
WARMUP = 100
"""Batches over which the rate rises."""
EMA = 0.998
CNN_RATE, CLASSES_RATE = 0.1, 0.5
"""The rates of the CNN and of the class matrix beside the BiLSTM's."""


@dataclass(frozen=True)
class Choices:
    """How a stage learns. columns: the steps of a batch, all lines together."""

    lr: float
    columns: int
    teacher: float = 0.0
    clip: float = 2.0


CHOICES = {
    "neck": Choices(2e-3, 2600, clip=1.0),
    "labels": Choices(6e-4, 2600, teacher=0.5),
    "whole": Choices(5e-4, 1100, teacher=0.5),
}


class Distiller:
    """One run: network, moving average, the lines of a cache, the teacher's class matrix."""

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        cache: Cache,
        start: Path | None,
        classes_rate: float = CLASSES_RATE,
    ) -> None:
        self.classes_rate = classes_rate
        self.recipe, self.folder, self.cache, self.spec = recipe, folder, cache, recipe.spec()
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        model = checkpoint.build(recipe, self.spec)
        if not isinstance(model.cnn, LCNet):
            raise RecipeError("distillation needs a recipe whose net.cnn is lcnet")
        self.model = model
        self.facts: dict[str, object] = {"batches": 0, "lines": 0, "hours": 0.0}
        file = pretrained.fetch(Path(recipe.data.sources))
        self.head = first_head(recipe, self.spec, file)
        if start:
            content = checkpoint.load(start)
            model.load_state_dict(checkpoint.averaged(content))
            self.facts |= content.get("facts", {})
        else:
            begin(model, file, self.head, cache)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model.to(self.device, memory_format=torch.channels_last)
        self.weight = torch.from_numpy(self.head.weight).to(self.device)  # (C, B)
        self.bias = torch.from_numpy(self.head.bias).to(self.device)
        metric = self.weight.T @ self.weight
        self.metric = metric / metric.diagonal().mean()  # (B, B)
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.bf16 = mixed_precision.use_bf16(recipe.train.bf16, self.device)

    def run(
        self, stage: str, minutes: float, sets: Sequence[validate.ValidationSet], lr: float = 0.0
    ) -> None:
        """One stage for so many minutes, the rate falling to nothing; then validate and save.

        lr: a peak rate in place of the stage's.
        """
        choices, model = CHOICES[stage], self.model
        peak = lr or choices.lr
        self.ema = {name: value.detach().clone() for name, value in model.state_dict().items()}
        parts = learning(model, stage, self.classes_rate)
        optimizer = torch.optim.AdamW(
            [{"params": params, "share": share} for params, share in parts if params],
            peak,
            (0.9, 0.98),
            weight_decay=1e-4,
            fused=True,
        )
        seed = (self.recipe.seed, int(self.facts["batches"]))  # type: ignore[call-overload]
        batches = self.cache.batches(np.random.default_rng(seed), choices.columns)
        started = saved = validated = time.monotonic()
        done, sums, model = 0, 0.0, model.train()
        while (now := time.monotonic()) < started + minutes * 60:
            progress = (now - started) / (minutes * 60)
            rate = peak * min(1.0, (done + 1) / WARMUP) * max(0.01, 1 - progress)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["share"]
            lines = next(batches)
            value = self._loss(stage, lines, choices.teacher)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), choices.clip)
            optimizer.step()
            average_into(self.ema, model, min(EMA, (1 + done) / (10 + done)))
            done += 1
            sums += value.item()
            self._count(len(lines), time.monotonic() - now)
            if done % 100 == 0:
                print(json.dumps({"batch": done, "loss": round(sums / 100, 4)}), flush=True)
                sums = 0.0
            if time.monotonic() - saved > 300:
                self._save("last.half.pt")
                saved = time.monotonic()
            if time.monotonic() - validated > 900:
                self._validate(stage, sets)
                validated = time.monotonic()
        self._validate(stage, sets)
        self._save("best.half.pt")

    def _loss(self, stage: str, lines: Sequence[CachedLine], share: float) -> Tensor:
        vectors = torch.from_numpy(np.stack([line.vectors for line in lines])).to(self.device)
        vectors = vectors.float()  # (N, T, B)
        made = self._vectors(stage, lines)  # (N, T, B)
        if stage == "neck":
            apart = made - vectors
            return ((apart @ self.metric) * apart).sum(-1).mean()
        labels = torch.tensor([label for line in lines for label in line.labels])
        lengths = torch.tensor([len(line.labels) for line in lines])
        matrix = self.model.classes
        near = loss.nearest(labels, matrix, self.recipe.train.near_classes)
        sample = loss.sample_classes(
            labels, matrix.out_features, self.recipe.train.sampled_classes, self.generator, near
        )
        log_probs = loss.scores(made, matrix, sample)  # (N, T, S)
        value = loss.ctc(log_probs, sample.labels, lengths)
        if share:
            teacher = F.linear(vectors, self.weight[sample.ids], self.bias[sample.ids])
            teacher = (teacher + sample.log_weight).log_softmax(-1)  # (N, T, S)
            right = reads_right(teacher.argmax(-1), sample.labels, lengths)  # (N,)
            divergence = F.kl_div(log_probs, teacher, log_target=True, reduction="none")
            per_line = divergence.sum((1, 2)) / lengths.clamp(min=1)  # (N,)
            value = value + share * (per_line * right).mean()
        return value

    def _vectors(self, stage: str, lines: Sequence[CachedLine]) -> Tensor:
        """What the class matrix is multiplied with: from cached columns, or from pixels."""
        if stage == "whole":
            images = torch.from_numpy(np.stack([line.image for line in lines]))[:, None]
            scale, offset = input_scale(self.spec)
            images = images.to(self.device).float() * scale + offset  # (N, 1, H, W)
            images = images.contiguous(memory_format=torch.channels_last)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                columns = self.model.cnn_features(images)
                return self.model.rnn_features(columns).float()
        columns = torch.from_numpy(np.stack([line.columns for line in lines], axis=1)).float()
        standard = self.model.standardize(columns.to(self.device))  # (T, N, D)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return self.model.rnn_features(standard).float()

    def _count(self, lines: int, seconds: float) -> None:
        facts = self.facts
        facts["batches"] += 1  # type: ignore[operator]
        facts["lines"] += lines  # type: ignore[operator]
        facts["hours"] += seconds / 3600  # type: ignore[operator]

    def _validate(self, stage: str, sets: Sequence[validate.ValidationSet]) -> None:
        averaged = checkpoint.build(self.recipe, self.spec)
        averaged.load_state_dict(self.ema)
        averaged.to(self.device)
        scores: dict[str, Score] = {
            one.name: validate.validate(averaged, self.spec, one, self.device) for one in sets
        }
        self.facts["cer"] = {name: round(score.cer, 4) for name, score in scores.items()}
        row = {"stage": stage, **self.facts}
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)

    def _save(self, name: str) -> None:
        facts = {**self.facts, "hours": round(float(self.facts["hours"]), 3)}  # type: ignore[arg-type]
        facts["pretrained"] = pretrained.FACTS
        checkpoint.save_half(self.folder / name, self.recipe, self.spec, self.ema, facts)


def reads_right(best: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    """Which lines a teacher reads as labelled. best: (N, T) class ids -> (N,) 0 or 1."""
    right, start = torch.zeros(len(best)), 0
    for number, (row, length) in enumerate(zip(best.cpu(), lengths.tolist(), strict=True)):
        said = torch.unique_consecutive(row)
        said = said[said != BLANK_ID]
        right[number] = float(torch.equal(said, labels[start : start + length].cpu()))
        start += length
    return right.to(best.device)


def learning(
    model: Crnn, stage: str, classes_rate: float = CLASSES_RATE
) -> list[tuple[list[nn.Parameter], float]]:
    """The parameters that a stage trains, each group with its share of the rate."""
    cnn, classes = list(model.cnn.parameters()), list(model.classes.parameters())
    theirs = {id(one) for one in (*cnn, *classes)}
    neck = [one for one in model.parameters() if id(one) not in theirs]
    for one in cnn:
        one.requires_grad_(stage == "whole")
    for one in classes:
        one.requires_grad_(stage != "neck")
    return [
        (neck, 1.0),
        (classes if stage != "neck" else [], classes_rate),
        (cnn if stage == "whole" else [], CNN_RATE),
    ]


def main(argv: list[str] | None = None) -> int:
    """Run stages one after the other: `python -m crnn.train.distill zh CACHE neck=12 labels=8`."""
    parser = argparse.ArgumentParser(prog="python -m crnn.train.distill", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument(
        "cache", type=Path, help="a folder that crnn.train.data.feature_cache wrote"
    )
    parser.add_argument("stages", nargs="+", metavar="STAGE=MINUTES", help=", ".join(STAGES))
    parser.add_argument("--out", type=Path, help="the run folder; runs/NAME where not given")
    parser.add_argument("--start", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--validate", type=Path, nargs="+", default=[], metavar="DIR")
    parser.add_argument("--lr", type=float, default=0.0, help="a peak rate in place of the stage's")
    parser.add_argument(
        "--classes-rate", type=float, default=CLASSES_RATE, help="of the class matrix, beside it"
    )
    args = parser.parse_args(argv)
    recipe = recipes.load(args.recipe)
    spec = recipe.spec()
    plan = list(_plan(args.stages))
    cache = Cache.open(args.cache, spec.alphabet(), with_images=any(s == "whole" for s, _ in plan))
    folder = args.out or Path("runs") / recipe.name
    run = Distiller(recipe, folder, cache, args.start, args.classes_rate)
    lines = recipe.train.validation_lines
    sets = [validate.from_folder(one, spec, lines) for one in args.validate]
    for stage, minutes in plan:
        run.run(stage, minutes, sets, args.lr)
    return 0


def _plan(stages: Sequence[str]) -> Iterator[tuple[str, float]]:
    for one in stages:
        name, _, minutes = one.partition("=")
        if name not in STAGES or not minutes:
            raise RecipeError(f"{one!r} is no stage; expected NAME=MINUTES of {', '.join(STAGES)}")
        yield name, float(minutes)


if __name__ == "__main__":
    raise SystemExit(main())
