"""The training loop: one run folder, one recipe, as many sittings as it takes.

A run folder holds recipe.json, log.jsonl, curve.png, last.pt (everything, to resume exactly) and
best.half.pt (the EMA weights that validated best, to keep and to export).
"""

from __future__ import annotations

import contextlib
import json
import math
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from crnn.evaluate.labelled_set import part
from crnn.evaluate.metrics import Score
from crnn.preprocess.normalize import input_scale
from crnn.train import checkpoint, loss, mixed_precision, validate
from crnn.train.data.labelled_mix import Mix, Mixed
from crnn.train.data.samples import Batch, Renderer, loader
from crnn.train.learning_curve import draw_curve
from crnn.train.recipe import Recipe, RecipeError, to_dict
from crnn.train.run_state import State, average_into


class Trainer:
    """Trains a recipe in a run folder until time is up, the recipe is done or CER stops falling."""

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        *,
        resume: bool = False,
        start: Path | None = None,
        validation: Sequence[Path] = (),
        mix: Mix | None = None,
    ) -> None:
        self.recipe, self.folder, self.spec, self.mix = recipe, folder, recipe.spec(), mix
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if recipe.train.threads:
            torch.set_num_threads(recipe.train.threads)
        last = folder / checkpoint.LAST
        if resume != last.exists() or (resume and start):
            raise RecipeError(refusal(folder, resume, start))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "recipe.json").write_text(
            json.dumps(to_dict(recipe), ensure_ascii=False, indent=1), "utf-8"
        )
        self.stopping = False
        self.losses: list[float] = []
        self.state = State.new(recipe, self.spec, self.device, start)
        if resume:
            self.state.restore(checkpoint.load(last), self.device)
        if self.state.bf16 is None:
            self.state.bf16 = mixed_precision.use_bf16(recipe.train.bf16, self.device)
        self.first_batch = 0 if resume else self.state.batches
        self.sets = self._validation_sets(validation)
        self.state.judge([f"{result.name} {len(result.strips)}" for result in self.sets])

    def run(
        self, minutes: float = math.inf, *, anneal: bool = False, until: int | None = None
    ) -> float:
        """Train up to batch `until`; the best validation CER so far.

        `anneal` lets the rate fall to nothing over the minutes.
        """
        with self._stopping_on_signals():
            self._train_until(minutes, anneal, until)
        self._validate()
        self.state.save(self.folder / checkpoint.LAST, self.recipe, self.spec)
        return self.state.best_cer

    def mix_facts(self) -> dict[str, Any]:
        """How many labelled lines are learned from, and what they are mixed with."""
        assert self.mix is not None
        result = Mixed(self.recipe, self.spec, self.mix)
        return {"lines": len(result), "share": self.mix.share, "mixed_with": result.others}

    def _train_until(self, minutes: float, anneal: bool, until: int | None) -> None:
        """One sitting: batches up to a limit, validation and checkpoints between them."""
        choices, state = self.recipe.train, self.state
        started = checked = saved = time.monotonic()
        deadline = started + minutes * 60
        last = choices.total_batches if until is None else min(until, choices.total_batches)
        make = partial(Mixed, self.recipe, self.spec, self.mix) if self.mix else None
        batches = loader(self.recipe, self.spec, state.batches, make)
        timed = math.isfinite(minutes)
        total, unit = (round(minutes * 60), "s") if timed else (last, "batch")
        bar = tqdm(total=total, initial=0 if timed else state.batches, unit=unit, mininterval=5)
        while state.batches < last and not self._given_up():
            now = time.monotonic()
            progress = (now - started) / (minutes * 60) if anneal else 0.0
            self.losses.append(self._step(next(batches), self._rate(progress)))
            bar.update(round(min(time.monotonic() - started, total)) - bar.n if timed else 1)
            state.seconds += time.monotonic() - now
            if now - checked > choices.validate_minutes * 60:
                self._validate()
                checked = time.monotonic()
            if now - saved > choices.checkpoint_minutes * 60:
                state.save(self.folder / checkpoint.LAST, self.recipe, self.spec)
                saved = time.monotonic()
            if time.monotonic() > deadline or self.stopping:
                break
        bar.close()

    @contextlib.contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT end the sitting after the batch in hand, with everything saved."""

        def stop(number: int, frame: object) -> None:
            self.stopping = True

        heard = (signal.SIGTERM, signal.SIGINT)
        if threading.current_thread() is not threading.main_thread():
            heard = ()
        before = {number: signal.signal(number, stop) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _step(self, batch: Batch, rate: float) -> float:
        """One batch: forward, loss, backward, update; the loss per character."""
        choices, state = self.recipe.train, self.state
        state.model.train()
        if choices.fixed_norm:  # a few lines of one hand are no sample of what all lines are like
            for layer in state.model.modules():
                if isinstance(layer, torch.nn.BatchNorm2d):
                    layer.eval()
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        scale, offset = input_scale(self.spec)
        images = torch.from_numpy(batch.images).to(self.device).float()
        images = images * scale + offset  # (N, K, H, W)
        labels, lengths, centres = (
            torch.from_numpy(array).to(self.device)
            for array in (batch.labels, batch.lengths, batch.centres)
        )
        value = self._loss(images, labels, lengths, centres)
        state.optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), choices.clip)
        state.optimizer.step()
        decay = min(choices.ema, (1 + state.batches) / (10 + state.batches))  # quick at first
        average_into(state.ema, state.model, decay)
        state.batches += 1
        state.lines += len(lengths)
        return float(value.detach())

    def _loss(self, images: Tensor, labels: Tensor, lengths: Tensor, centres: Tensor) -> Tensor:
        """The CNN alone at first, by centres; then the BiLSTM by centres, and CTC ever more."""
        choices, state = self.recipe.train, self.state
        negatives = choices.sampled_classes
        matrix = state.model.classes
        near = loss.nearest(labels, matrix, choices.near_classes) if choices.near_classes else None
        sample = loss.sample_classes(labels, matrix.out_features, negatives, state.generator, near)
        guided, free = self._mixture()
        images = images.contiguous(memory_format=torch.channels_last)
        with self._precision():
            cnn_only: Tensor | None = None
            features: Tensor | None = None
            if guided:
                columns = state.model.cnn_features(images)
                cnn_only = state.model.cnn_only_features(columns)
                features = state.model.rnn_features(columns) if free else None
            else:
                features = state.model.features(images)
        value = images.new_zeros(())
        if cnn_only is not None:
            early = loss.at_centres(cnn_only, lengths, centres, self.spec.stride)  # (L, B)
            early = loss.scores(early, state.model.classes, sample)  # (L, S)
            value = value + guided * loss.centre(early, sample.labels)
        if features is not None:
            log_probs = loss.scores(features, state.model.classes, sample)  # (N, T, S)
            late = loss.at_centres(log_probs, lengths, centres, self.spec.stride)  # (L, S)
            value = value + guided * loss.centre(late, sample.labels)
            value = value + free * loss.ctc(log_probs, sample.labels, lengths)
        return value

    def _mixture(self) -> tuple[float, float]:
        """Weights of the losses at known centres and of CTC for the next batch."""
        choices, done = self.recipe.train, self.state.batches
        if done < choices.cnn_only_until:
            return 1.0, 0.0
        free = min(1.0, 0.02 + (done - choices.cnn_only_until) / max(1, choices.ctc_ramp))
        return choices.centre_weight * max(0.0, 1 - done / max(1, choices.centre_until)), free

    def _rate(self, anneal_progress: float) -> float:
        """Warm up, hold, decay: over the recipe's last part, or this sitting when it anneals."""
        choices, done = self.recipe.train, self.state.batches
        rate = choices.lr * min(1.0, (done - self.first_batch + 1) / choices.warmup)
        left = (choices.total_batches - done) / max(
            1.0, choices.decay_share * choices.total_batches
        )
        return rate * max(0.005, min(1.0, left, 1.5 * (1.0 - anneal_progress)))

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        if self.state.bf16:
            return torch.autocast(self.device.type, torch.bfloat16)
        return contextlib.nullcontext()

    def _validate(self) -> None:
        """Score the averaged weights, log, draw, and keep them where they are the best."""
        state = self.state
        with torch.random.fork_rng():  # a new network draws weights; dropout must not notice
            averaged = checkpoint.build(self.recipe, self.spec).to(self.device)
        averaged.load_state_dict(state.ema)
        scores = {s.name: validate.validate(averaged, self.spec, s, self.device) for s in self.sets}
        row = self._log_row(scores)
        state.history.append(row)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        tqdm.write(json.dumps(row))
        draw_curve(state.history, self.folder / "curve.png")
        first = next(iter(scores.values())).cer
        state.stale = 0 if first < state.best_cer else state.stale + 1
        if first < state.best_cer or self.mix:  # a few dozen lines choose by luck: the last is kept
            state.best_cer = first
            best = self.folder / checkpoint.BEST
            checkpoint.save_half(best, self.recipe, self.spec, state.ema, state.facts())

    def _log_row(self, scores: dict[str, Score]) -> dict[str, Any]:
        state, losses = self.state, self.losses
        self.losses = []
        return {
            "batches": state.batches,
            "lines": state.lines,
            "minutes": round(state.seconds / 60, 2),
            "lines_per_s": round(state.lines / max(1e-9, state.seconds), 1),
            "rate": state.optimizer.param_groups[0]["lr"],
            "loss": round(sum(losses) / len(losses), 4) if losses else None,
            "cer": {name: round(result.cer, 4) for name, result in scores.items()},
        }

    def _given_up(self) -> bool:
        return bool(self.recipe.train.patience) and self.state.stale >= self.recipe.train.patience

    def _validation_sets(self, folders: Sequence[Path]) -> list[validate.ValidationSet]:
        lines = self.recipe.train.validation_lines
        if self.mix:
            held_out = [part(folder, held_out=True) for folder in self.mix.folders]
            rows = [row for result in held_out for row in result]
            judged = [validate.from_rows("held_out", rows, self.spec, lines)] if rows else []
            return [*judged, *(validate.from_folder(one, self.spec, lines) for one in folders)]
        if folders:
            return [validate.from_folder(folder, self.spec, lines) for folder in folders]
        return [validate.from_renderer(Renderer(self.recipe, self.spec), lines)]


def refusal(folder: Path, resume: bool, start: Path | None) -> str:
    """Why a run does not begin: it would overwrite one, or there is none to go on from."""
    if resume and start:
        return "--resume goes on from the run's own checkpoint and --start from another: give one"
    if resume:
        return f"{folder} holds no {checkpoint.LAST} to resume from"
    return f"{folder} holds a run already; go on with --resume, or choose another --out"
