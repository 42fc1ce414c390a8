"""The loop that closes: a tiny network learns a new hand from labelled lines and keeps the old."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
import torch

from charset import Charset
from crnn import weights
from crnn.cli import main
from crnn.cli.fine_tune import INTERPOLATIONS
from crnn.deploy import place
from crnn.errors import OcrError
from crnn.evaluate.labelled_set import LABELS, part
from crnn.reader import Reader
from crnn.train import average_weights, checkpoint
from crnn.train.data.labelled_mix import Mix, Mixed, fine_tune_recipe, lines, write_replay
from crnn.train.loop import Trainer
from crnn.train.models.crnn import NetShape
from crnn.train.recipe import DataChoices, Recipe, RecipeError, Stage, TrainChoices
from crnn.train.synth.damage.augment import scan
from crnn.train.synth.fonts.glyphs import EM
from crnn.train.synth.handwriting.style import new_hand
from crnn.train.synth.handwriting.writers import writer
from export import publish

FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
BATCHES = 500


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("room")
    (made / "sources/fonts").mkdir(parents=True)
    shutil.copy(FONT, made / "sources/fonts" / FONT.name)
    hand(made / "hand", 120)
    return made


@pytest.fixture(scope="module")
def recipe(room) -> Recipe:
    data = DataChoices(
        {"pen_numbers": 1.0}, {"latin": 1.0}, str(room / "sources"), str(room / "glyphs")
    )
    train = TrainChoices(
        lr=4e-3, warmup=5, total_batches=100_000, pixels_per_batch=1024, workers=0,
        cnn_only_until=150, ctc_ramp=50, centre_until=300, bf16="never", validation_lines=60,
        sampled_classes=0, validate_minutes=1000, checkpoint_minutes=1000, ema=0.99, threads=1,
    )  # fmt: skip
    net = NetShape((8, 16, 16, 32), hidden=24, bottleneck=24, dropout=0.0)
    return Recipe("base", data, (Stage(0, 64, 96, 0.2),), charset="digits", net=net, train=train)


@pytest.fixture(scope="module")
def base(room, recipe) -> Path:
    """Weights that read the one font, published with their checkpoint."""
    trainer = Trainer(recipe, room / "base")
    trainer.run(until=BATCHES)
    found = publish.from_folders([replay(room, recipe)], recipe.spec())
    publish.publish(room / "base" / checkpoint.BEST, "base", room / "weights", found)
    return room / "weights"


def replay(room: Path, recipe: Recipe) -> Path:
    out = room / "replay"
    if not out.exists():
        write_replay(recipe, recipe.spec(), out, 150)
    return out


def hand(out: Path, count: int) -> None:
    """Numbers in one hand of the stroke engine: a labels.tsv folder."""
    pen = writer(Path("nowhere"), Charset.load("digits"))
    one = new_hand(np.random.default_rng(2), 0.6)
    (out / "images").mkdir(parents=True)
    rows = []
    for number in range(count):
        rng = np.random.default_rng((2, number))
        text = "".join(str(digit) for digit in rng.integers(10, size=rng.integers(2, 5)))
        drawn = pen.write(rng, text, one, 8 * EM)
        cv2.imwrite(str(out / f"images/{number}.png"), scan(rng, drawn, 0.1)[0])
        rows.append(f"images/{number}.png\t{drawn.text}\n")
    (out / LABELS).write_text("".join(rows), "utf-8")


def improved(base: Path, room: Path, name: str, *more: str) -> tuple[int, Path]:
    torch.set_num_threads(1)
    command = ["fine-tune", "base", "--with", str(room / "hand"), "--as", name]
    command += ["--weights-dir", str(base), "--to", str(room / "placed" / name)]
    command += ["--work", str(room / name), "--minutes", "0.6", *more]
    return main(command), room / "placed" / name


def test_a_new_hand_is_learned_and_print_is_not_forgotten(base, room, recipe, capsys):
    code, placed = improved(base, room, "office", "--tolerance", "0.03", "--minutes", "1.5")
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    found = {row["set"]: row for row in rows if row.get("way") == 1.0}
    new, old = found["hand"], found["replay"]
    assert new["cer_new"] < 0.6 * new["cer_old"], found
    assert new["surely"] >= 0.9
    assert old["cer_new"] <= old["cer_old"] + 0.03, found
    assert code == 0
    assert Reader.load("office", placed).spec.name == "office"
    told = weights.manifest(placed)["office"]["gate"]
    assert (told["passed"], told["way"]) == (True, 1.0)


def test_what_forgot_too_much_goes_part_of_the_way_back_or_is_not_placed(base, room, capsys):
    code, placed = improved(base, room, "strict", "--tolerance", "-1")  # nothing passes
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    ways = list(dict.fromkeys(row["way"] for row in rows if "way" in row))
    assert (code, ways) == (1, list(INTERPOLATIONS[: len(ways)])) and len(ways) > 1
    is_learned = [
        any(row["learned"] and row["passes"] for row in rows if row.get("way") == way)
        for way in ways
    ]
    assert all(is_learned[:-1])  # the way back ends where nothing is left of what was learned
    assert len(ways) == len(INTERPOLATIONS) or not is_learned[-1]
    assert not placed.exists()


def test_without_fonts_old_lines_come_from_the_replay_set(base, room, recipe, capsys):
    set_ = replay(room, recipe)
    away = room / "sources-away"
    (room / "sources").rename(away)
    try:
        improved(base, room, "far", "--replay", str(set_), "--tolerance", "0.05")
        told = capsys.readouterr()
        assert "replayed lines" in told.out
        improved(base, room, "alone", "--old", str(set_), "--minutes", "0.05")
        told = capsys.readouterr()
        assert '"mixed_with": "nothing"' in told.out
        assert "may be forgotten" in told.err
    finally:
        away.rename(room / "sources")


def test_the_gate_refuses_what_reads_worse(base, room, capsys):
    command = [
        "compare",
        "base",
        "--from",
        str(base),
        "--against",
        "base",
        "--weights-dir",
        str(base),
    ]
    assert main([*command, "--new", str(room / "hand")]) == 1  # no better than itself
    *sets, verdict = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert verdict["passed"] is False
    assert [(one["difference"], one["better"], one["worse"]) for one in sets] == [(0.0, 0, 0)]


def test_held_out_lines_are_never_learned_from(room, recipe, tmp_path):
    kept = part(room / "hand", held_out=True)
    learned = part(room / "hand", held_out=False)
    assert len(kept) + len(learned) == 120
    assert 10 <= len(kept) <= 40
    mixed = Mixed(fine_tune_recipe(recipe), recipe.spec(), Mix((room / "hand",)))
    assert len(mixed) == len(learned)
    only = tmp_path / "only"
    only.mkdir()
    rows = [f"{path.name}\t{text}\n" for path, text in kept]
    for path, _ in kept:
        shutil.copy(path, only)
    (only / LABELS).write_text("".join(rows), "utf-8")
    assert lines([only], recipe.spec()) == []  # whatever the folder is called


def test_batch_k_is_the_same_bytes_and_has_its_share_of_labelled_lines(room, recipe):
    known = {text for _, text in part(room / "hand", held_out=False)}
    alphabet = recipe.spec().alphabet()
    for share in (0.25, 1.0):
        mix = Mix((room / "hand",), share=share)
        one, two = (Mixed(fine_tune_recipe(recipe), recipe.spec(), mix).batch(7) for _ in range(2))
        assert np.array_equal(one.images, two.images)
        assert np.array_equal(one.labels, two.labels)
        ends = np.cumsum(one.lengths)
        texts = [alphabet.decode(row.tolist()) for row in np.split(one.labels, ends[:-1])]
        count = round(share * len(texts))
        assert set(texts[:count]) <= known
        assert (set(texts[count:]) <= known) is (share == 1.0)
        assert one.images.reshape(len(texts), -1).max(1).min() > 100  # no line is empty


def test_fixed_norm_keeps_the_statistics_of_before(room, recipe, tmp_path):
    train = dataclasses.replace(fine_tune_recipe(recipe).train, pixels_per_batch=512)
    plain = dataclasses.replace(recipe, train=train)
    start = room / "base" / checkpoint.BEST
    if not start.exists():
        Trainer(recipe, room / "short").run(until=2)
        start = room / "short" / checkpoint.BEST
    before = checkpoint.averaged(checkpoint.load(start))
    trainer = Trainer(plain, tmp_path / "run", start=start, mix=Mix((room / "hand",)))
    trainer.run(until=trainer.state.batches + 2)
    after = trainer.state.model.state_dict()
    names = [name for name in after if "running_mean" in name]
    assert names
    assert all(torch.equal(after[name], before[name]) for name in names)
    assert any(not torch.equal(after[name], before[name]) for name in after if "weight" in name)


def test_what_cannot_be_learned_from_is_told(room, recipe, tmp_path):
    (tmp_path / LABELS).write_text("", "utf-8")
    with pytest.raises(RecipeError, match="can be learned"):
        Mixed(recipe, recipe.spec(), Mix((tmp_path,)))
    with pytest.raises(OcrError, match="no name"):
        place("../x", tmp_path, tmp_path)


def test_a_blend_lies_between_both(room, recipe, tmp_path):
    torch.manual_seed(1)
    paths = [tmp_path / "a.half.pt", tmp_path / "b.half.pt"]
    for path in paths:
        model = checkpoint.build(recipe, recipe.spec())
        checkpoint.save_half(path, recipe, recipe.spec(), model.state_dict(), {})
    checkpoint.blend(paths[0], paths[1], tmp_path / "c.half.pt", 0.25)
    one, two, mixed = (
        checkpoint.averaged(checkpoint.load(path))["classes.weight"]
        for path in (*paths, tmp_path / "c.half.pt")
    )
    assert torch.allclose(mixed, 0.75 * one + 0.25 * two, atol=2e-3)


def test_legs_are_averaged_and_go_on_from_there(room, recipe, tmp_path, capsys):
    run, legs = tmp_path / "run", [tmp_path / "a", tmp_path / "b"]
    Trainer(recipe, run).run(until=2)
    told = [str(folder) for folder in (run, *legs)]
    assert average_weights.main(told) == 0
    for seed, leg in enumerate(legs):
        of_leg = dataclasses.replace(recipe, seed=seed + 5)
        Trainer(of_leg, leg, resume=True).run(until=5 + seed)
    found = [checkpoint.load(leg / checkpoint.LAST) for leg in legs]
    begun = checkpoint.load(run / checkpoint.LAST)
    assert average_weights.main(told) == 0
    made = [checkpoint.load(folder / checkpoint.LAST) for folder in (run, *legs)]
    assert "9 batches" in capsys.readouterr().out  # 2, and 3 and 4 after them
    for content in made:
        for name, value in content["weights"].items():
            if not value.is_floating_point():
                continue
            mean = (found[0]["weights"][name].double() + found[1]["weights"][name].double()) / 2
            torch.testing.assert_close(value.double(), mean, rtol=1e-5, atol=1e-6)
        moved = content["optimizer"]["state"][0]["exp_avg"]
        both = [leg["optimizer"]["state"][0]["exp_avg"] for leg in found]
        torch.testing.assert_close(moved, (both[0] + both[1]) / 2)
        assert content["counters"]["batches"] == 9
        assert content["counters"]["lines"] == begun["counters"]["lines"] + sum(
            leg["counters"]["lines"] - begun["counters"]["lines"] for leg in found
        )
    assert [content["recipe"]["seed"] for content in made] == [5, 5, 6]
    Trainer(dataclasses.replace(recipe, seed=5), legs[0], resume=True).run(until=10)


def test_a_leg_from_elsewhere_is_refused(room, recipe, tmp_path):
    run, leg = tmp_path / "run", tmp_path / "leg"
    Trainer(recipe, run).run(until=3)
    Trainer(recipe, leg).run(until=2)
    with pytest.raises(RecipeError, match="stands before"):
        average_weights.average(run / checkpoint.LAST, [leg / checkpoint.LAST])


def test_checkpoints_are_averaged_to_publish(room, recipe, tmp_path, capsys):
    run = tmp_path / "run"
    Trainer(recipe, run).run(until=2)
    first = shutil.copy(run / checkpoint.LAST, tmp_path / "first.pt")
    Trainer(recipe, run, resume=True).run(until=6)
    out = tmp_path / "mean.half.pt"
    assert average_weights.main([str(run / checkpoint.LAST), str(first), "--half", str(out)]) == 0
    assert "2 checkpoints" in capsys.readouterr().out
    model, _, _ = checkpoint.load_model(out)
    ends = [checkpoint.averaged(checkpoint.load(Path(end))) for end in (first, run / "last.pt")]
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            mean = (ends[0][name] + ends[1][name]) / 2
            torch.testing.assert_close(value, mean, rtol=2e-3, atol=2e-3)
    facts = checkpoint.load(out)["facts"]
    assert (facts["batches"], facts["mean_of"]) == (6, 2)
    train = dataclasses.replace(recipe.train, frozen=("classes",))
    kept = tmp_path / "kept"
    Trainer(dataclasses.replace(recipe, train=train), kept, start=Path(first)).run(until=9)
    assert (
        average_weights.main(
            [str(kept / checkpoint.LAST), str(run / "last.pt"), "--half", str(out)]
        )
        == 0
    )
    found, begun = (checkpoint.averaged(checkpoint.load(path)) for path in (out, Path(first)))
    assert torch.equal(found["classes.weight"], begun["classes.weight"].half().float())
    assert not torch.equal(found["direct.weight"], begun["direct.weight"].half().float())
    smaller = dataclasses.replace(recipe, net=dataclasses.replace(recipe.net, hidden=16))
    Trainer(smaller, tmp_path / "other").run(until=1)
    with pytest.raises(RecipeError, match="no mean"):
        average_weights.mean_of([first, tmp_path / "other" / checkpoint.LAST], out)
