"""Training learns, resumes exactly, and renders the same lines for everybody."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch

from crnn.preprocess.prepare_line import prepare_line
from crnn.train import checkpoint
from crnn.train.data import samples
from crnn.train.data.samples import Renderer, loader
from crnn.train.loop import Trainer
from crnn.train.models.crnn import NetShape
from crnn.train.recipe import DataChoices, Recipe, RecipeError, Stage, TrainChoices
from crnn.train.validate import from_renderer
from export.publish import publish

FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
CURRICULUM = (Stage(0, 64, 96, 0.2),)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of sources with the one font that matplotlib brings along."""
    made = tmp_path_factory.mktemp("sources")
    (made / "fonts").mkdir()
    shutil.copy(FONT, made / "fonts" / FONT.name)
    return made


@pytest.fixture
def recipe(folder) -> Recipe:
    data = DataChoices({"random_signs": 1.0}, {"latin": 1.0}, str(folder), str(folder / "glyphs"))
    train = TrainChoices(
        warmup=5,
        total_batches=1000,
        pixels_per_batch=1024,
        workers=0,
        cnn_only_until=4,
        ctc_ramp=4,
        centre_until=100,
        bf16="never",
        validation_lines=12,
        validate_minutes=1000,
        checkpoint_minutes=1000,
    )
    net = NetShape((8, 8, 16, 16), hidden=24, bottleneck=16, dropout=0.1)
    return Recipe("t", data, CURRICULUM, charset="digits", net=net, train=train)


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def test_batch_k_of_a_seed_is_the_same_bytes_for_any_number_of_workers(recipe):
    spec = recipe.spec()
    two = dataclasses.replace(
        recipe, train=dataclasses.replace(recipe.train, workers=2, bucket_batches=2)
    )
    direct = [Renderer(two, spec).batch(k) for k in range(1, 7)]
    loaded = loader(two, spec, 1)  # from the middle of a shelf
    for batch in direct:
        found = next(loaded)
        assert np.array_equal(batch.images, found.images)
        assert np.array_equal(batch.labels, found.labels)
        assert np.array_equal(batch.centres, found.centres)


def test_lines_are_shown_as_the_reader_shows_them(recipe, monkeypatch):
    crops, shown = [], []
    strip = samples.normalize_line
    monkeypatch.setattr(
        samples, "prepare_line", lambda crop: crops.append(crop) or prepare_line(crop)
    )
    monkeypatch.setattr(
        samples, "normalize_line", lambda crop, *a: shown.append(crop.shape) or strip(crop, *a)
    )
    Renderer(recipe, recipe.spec()).batch(1)
    assert shown == [prepare_line(crop)[0].shape for crop in crops]
    assert any(crop.shape != size for crop, size in zip(crops, shown, strict=True))


def test_lines_on_one_shelf_are_padded_little(recipe, monkeypatch):
    monkeypatch.setattr(samples, "collate", lambda lines, _, width: (lines, width))

    def filled(shelf: int) -> float:
        train = dataclasses.replace(recipe.train, bucket_batches=shelf)
        renderer = Renderer(dataclasses.replace(recipe, train=train), recipe.spec())
        batches = [renderer.batch(number) for number in range(24)]
        inked = sum(line.strip.shape[2] for lines, _ in batches for line in lines)
        return inked / sum(len(lines) * width for lines, width in batches)

    assert filled(1) + 0.05 < filled(24)


def test_another_seed_gives_other_lines(recipe):
    other = dataclasses.replace(recipe, seed=2)
    a, b = (Renderer(r, r.spec()).batch(0) for r in (recipe, other))
    assert a.images.shape != b.images.shape or not np.array_equal(a.images, b.images)


def test_labels_fit_their_lines(recipe):
    renderer = Renderer(recipe, recipe.spec())
    for number in range(6):
        batch = renderer.batch(number)
        assert batch.lengths.sum() == len(batch.labels) == len(batch.centres)
        assert batch.centres.max() < batch.images.shape[3]
        assert (batch.lengths * 2 <= recipe.spec().steps(batch.images.shape[3])).all()
        assert batch.images.reshape(len(batch.images), -1).max(1).min() > 100  # no line is empty


def test_resuming_gives_what_an_uninterrupted_run_gives(recipe, tmp_path):
    torch.set_num_threads(1)
    whole = Trainer(recipe, tmp_path / "whole")
    whole.run(until=10)
    Trainer(recipe, tmp_path / "parts").run(until=6)
    resumed = Trainer(recipe, tmp_path / "parts", resume=True)  # it validated in between
    assert resumed.state.batches == 6
    resumed.run(until=10)
    assert same(whole.state.model.state_dict(), resumed.state.model.state_dict())
    assert same(whole.state.ema, resumed.state.ema)


def test_eight_lines_are_learned_by_heart(recipe, tmp_path):
    trainer = Trainer(recipe, tmp_path / "heart")
    batch = trainer_batch(recipe, 8)
    trainer.state.model.dropout.p = 0.0
    for step in range(400):
        trainer._step(batch, 3e-3 * min(1.0, (step + 1) / 20))
    model = trainer.state.model.eval()
    with torch.inference_mode():
        best = model(torch.from_numpy(batch.images).float() / 255).argmax(-1)
    read = [[i for i in torch.unique_consecutive(row).tolist() if i] for row in best]
    truth = np.split(batch.labels, np.cumsum(batch.lengths)[:-1])
    assert read == [labels.tolist() for labels in truth]


def test_lines_to_judge_by_are_of_many_widths_each_with_its_truth(recipe):
    """The lines of a batch are of one width, and narrow ones hold hardly a character."""
    wide = dataclasses.replace(recipe, curriculum=(Stage(0, 32, 512, 0.2),))
    renderer = Renderer(dataclasses.replace(wide, train=_of_pixels(recipe, 8192)), recipe.spec())
    found = from_renderer(renderer, 100)
    assert len(found.strips) == len(found.truths) == 100
    widths = np.array([one.shape[2] for one in found.strips])
    assert len(set(widths.tolist())) >= 6
    lengths = np.array([len(one) for one in found.truths])
    assert np.corrcoef(widths, lengths)[0, 1] > 0.8


def _of_pixels(recipe: Recipe, count: int) -> TrainChoices:
    return dataclasses.replace(recipe.train, pixels_per_batch=count)


def trainer_batch(recipe: Recipe, lines: int):
    batch = Renderer(recipe, recipe.spec()).batch(3)
    size = int(batch.lengths[:lines].sum())
    return dataclasses.replace(
        batch,
        images=batch.images[:lines],
        labels=batch.labels[:size],
        lengths=batch.lengths[:lines],
        centres=batch.centres[:size],
    )


def test_a_run_leaves_recipe_log_curve_and_checkpoints_and_can_be_exported(recipe, tmp_path):
    Trainer(recipe, tmp_path / "run").run(until=8)
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert left >= {"recipe.json", "log.jsonl", "curve.png", checkpoint.LAST, checkpoint.BEST}
    row = json.loads((tmp_path / "run" / "log.jsonl").read_text("utf-8").splitlines()[-1])
    assert row["batches"] == 8
    published = publish(tmp_path / "run" / checkpoint.BEST, "t", tmp_path / "weights")
    assert published.facts["parity"]["fp32_log_prob_difference"] < 2e-3
    from crnn.reader import Reader

    assert Reader.load("t", tmp_path / "weights").spec.name == "t"


def test_a_run_is_neither_overwritten_nor_resumed_from_nothing(recipe, tmp_path):
    with pytest.raises(RecipeError, match="no last.pt"):
        Trainer(recipe, tmp_path / "run", resume=True)
    Trainer(recipe, tmp_path / "run").run(until=1)
    with pytest.raises(RecipeError, match="--resume"):
        Trainer(recipe, tmp_path / "run")


def test_runs_add_up_from_a_published_checkpoint(recipe, tmp_path):
    first = Trainer(recipe, tmp_path / "a")
    first.run(until=5)
    second = Trainer(recipe, tmp_path / "b", start=tmp_path / "a" / checkpoint.BEST)
    assert (second.state.batches, second.state.lines) == (5, first.state.lines)


def test_training_that_stops_getting_better_gives_up(recipe, tmp_path):
    hopeless = dataclasses.replace(recipe.train, lr=0.0, patience=2, validate_minutes=0.0)
    trainer = Trainer(dataclasses.replace(recipe, train=hopeless), tmp_path / "run")
    trainer.run(until=50)
    assert trainer.state.batches < 10


def test_weights_of_another_alphabet_are_taken_over_by_character(recipe, tmp_path):
    Trainer(recipe, tmp_path / "a").run(until=2)
    (tmp_path / "chars.txt").write_text("0123456789", "utf-8")
    fewer = dataclasses.replace(recipe, chars=str(tmp_path / "chars.txt"))
    start = tmp_path / "a" / checkpoint.BEST
    theirs, spec, _ = checkpoint.load_model(start)
    ours = Trainer(fewer, tmp_path / "b", start=start)
    for char in "059":
        row, old = ours.spec.classes.index(char), spec.classes.index(char)
        assert torch.equal(ours.state.model.classes.weight[row], theirs.classes.weight[old])
