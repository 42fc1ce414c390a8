"""A routed network with an expert for numbers in one file: who is asked reads, in one alphabet."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from charset import BLANK, Charset
from crnn.calibration import Calibration
from crnn.errors import WeightsMismatch, WeightsMissing
from crnn.model import EXPERTS, Crnn
from crnn.read import tiles
from crnn.read.decode import log_softmax
from crnn.read.decode.choose import DecodeWishes
from crnn.read.lines import LineCrop
from crnn.read.reader import Reader
from crnn.read.session import HAND, NUMBER, PRINT, UNKNOWN, Session
from crnn.read.weights import FOLDER, Weights
from crnn.spec import ModelSpec
from crnn.train import checkpoint
from export import publish as publishing
from export.parity import ParityError, check_carried
from export.publish import Numbers, fp32_model
from export.publish import publish as publish_checkpoint
from export.to_int8 import network_to_int8
from export.to_onnx import to_onnx
from tests.learning.test_routed import lines, recipe
from tests.shelves import publish
from tests.tiny import SHAPE, network, onnx_bytes, routed_network, spec

FEW = dataclasses.replace(spec(), name="few")
WHOLE = ModelSpec("tiny", "t", (BLANK, *"A收", *reversed(FEW.classes[1:])))


def numbers_model() -> Crnn:
    return network(FEW, dataclasses.replace(SHAPE, bottleneck=8))


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return to_onnx(routed_network(WHOLE), WHOLE, to_onnx(numbers_model(), FEW))


@pytest.fixture(scope="module")
def session(model) -> Session:
    return Session(model.SerializeToString())


@pytest.mark.parametrize("level", [0.1, 0.8])
@pytest.mark.parametrize("width", [32, 96, 1024])
def test_whoever_is_asked_reads_and_the_router_says_what_it_sees(session, level, width):
    net, x = routed_network(WHOLE), lines(level, 1, width)
    with torch.inference_mode():
        theirs = [net.classes(net.experts[name].features(x))[0].numpy() for name in (PRINT, HAND)]
        said, plain = float(net.router(x)), net(x)[0].numpy()
    for name, truth in zip((PRINT, HAND), theirs, strict=True):
        found, written = session.ask(x.numpy(), name)
        assert np.abs(found - truth).max() < 1e-4
        assert written == pytest.approx(said, abs=1e-4)
    assert np.abs(session.ask(x.numpy())[0] - plain).max() < 1e-4
    assert np.abs(session.run(x.numpy()) - plain).max() < 1e-4


@pytest.mark.parametrize("width", [32, 96, 1024])
def test_numbers_are_spelled_in_the_classes_of_the_whole(session, width):
    x = lines(0.8, 1, width)
    with torch.inference_mode():
        truth = log_softmax(numbers_model()(x)[0].numpy())
    found, _ = session.ask(x.numpy(), NUMBER)
    assert found.shape == (WHOLE.steps(width), len(WHOLE.classes))
    places = [WHOLE.classes.index(char) for char in FEW.classes]
    assert np.abs(found[:, places] - truth).max() < 1e-4
    others = np.delete(found, places, axis=1)
    assert (others == np.float32(UNKNOWN)).all()


def test_who_may_be_asked_is_known_from_the_file(session):
    assert session.experts == {PRINT, HAND, NUMBER}
    assert Session(to_onnx(routed_network(WHOLE), WHOLE).SerializeToString()).experts == {
        PRINT,
        HAND,
    }
    alone = Session(onnx_bytes())
    assert alone.experts == frozenset()
    x = lines(0.5, 1).numpy()
    scores, written = alone.ask(x)
    assert np.array_equal(scores, alone.run(x))
    assert written == 0.0


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(FEW, height=40),
        dataclasses.replace(FEW, preprocessing="flat-1"),
        dataclasses.replace(FEW, classes=(*FEW.classes, "据")),
        dataclasses.replace(FEW, classes=FEW.classes[:-1]),
    ],
)
def test_what_takes_or_says_something_else_is_not_carried(other: ModelSpec):
    shape = dataclasses.replace(SHAPE, bottleneck=8)
    with pytest.raises(WeightsMismatch, match="few"):
        to_onnx(routed_network(WHOLE), WHOLE, to_onnx(network(other, shape), other))


def test_one_network_carries_none():
    with pytest.raises(WeightsMismatch, match="one network"):
        to_onnx(network(WHOLE), WHOLE, to_onnx(numbers_model(), FEW))


def carried(root: Path) -> Numbers:
    """Published weights of a folder that may be carried."""
    half = root / "few" / "few.half.pt"
    model = numbers_model()
    made = dataclasses.replace(recipe(bottleneck=8), name="few")
    half.parent.mkdir(parents=True)
    checkpoint.save_half(half, made, FEW, model.state_dict(), {})
    told = {"checkpoint": "few/few.half.pt", "checkpoint_sha256": "5"}
    publish(root, "few", to_onnx(model, FEW).SerializeToString(), **told)
    return Numbers.named("few", root)


def test_published_weights_say_what_they_carry(tmp_path):
    found = carried(tmp_path)
    publish(tmp_path, "whole", onnx_bytes(), numbers=found.facts())
    assert Numbers.of("whole", tmp_path) == found
    assert Numbers.of("few", tmp_path) is None
    publish(tmp_path, "whole", onnx_bytes(), numbers=found.facts() | {"checkpoint_sha256": "6"})
    with pytest.raises(WeightsMissing, match="other weights"):
        Numbers.of("whole", tmp_path)


def test_weights_to_carry_are_looked_for_where_one_publishes_and_in_the_program(tmp_path):
    assert Numbers.named("digits", tmp_path).root == FOLDER
    with pytest.raises(WeightsMissing, match="nothing_like_it"):
        Numbers.named("nothing_like_it", tmp_path)
    publish(tmp_path, "few", onnx_bytes())
    with pytest.raises(WeightsMissing, match="checkpoint"):
        Numbers.named("few", tmp_path)


def test_the_single_precision_model_carries_them_too(tmp_path):
    found = carried(tmp_path)
    path = tmp_path / "whole.half.pt"
    made = dataclasses.replace(recipe(routed=True), charset="t")
    checkpoint.save_half(path, made, WHOLE, routed_network(WHOLE).state_dict(), {})
    assert Session(fp32_model(path).SerializeToString()).experts == {PRINT, HAND}
    whole = Session(fp32_model(path, found).SerializeToString())
    assert whole.experts == {PRINT, HAND, NUMBER}
    check_carried(whole, Session(found.fp32().SerializeToString()), [lines(0.3, 1).numpy()])
    other = Session(to_onnx(network(FEW), FEW).SerializeToString())
    with pytest.raises(ParityError, match="few"):
        check_carried(whole, other, [lines(0.3, 1).numpy()])


def test_nothing_is_written_where_they_do_not_fit(tmp_path):
    found = carried(tmp_path)
    path = tmp_path / "plain.half.pt"
    checkpoint.save_half(path, recipe(), spec(), network(spec()).state_dict(), {})
    with pytest.raises(WeightsMismatch, match="one network"):
        publish_checkpoint(path, "plain", tmp_path, numbers=found)
    assert not (tmp_path / "plain").exists()


def test_int8_experts_carry_them_within_seven_bits():
    model = routed_network(WHOLE)
    inputs = [lines(level, 1, 64).numpy() for level in (0.1, 0.8) for _ in range(3)]
    alone = network_to_int8(numbers_model(), FEW, inputs)
    made = network_to_int8(model, WHOLE, inputs, alone)
    check_carried(Session(made.SerializeToString()), Session(alone.SerializeToString()), inputs)
    assert Session(made.SerializeToString()).spec == WHOLE


def test_many_threads_may_ask_at_once(session):
    tensors = [lines(0.1 * n, 1, 64).numpy() for n in range(1, 9)]
    asks = [(tensor, name) for tensor in tensors for name in ("", PRINT, HAND, NUMBER)]
    one_by_one = [session.ask(*ask) for ask in asks]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda ask: session.ask(*ask), asks))
    for (found, said), (truth, told) in zip(at_once, one_by_one, strict=True):
        assert np.array_equal(found, truth)
        assert said == told


def test_each_tile_of_a_long_line_is_read_by_whoever_is_asked(session):
    dark, light = (lines(level, 1, 1024).numpy()[0] for level in (0.1, 0.8))
    strip = (255 * np.concatenate([dark, light], axis=2)).astype(np.uint8)
    found, written = tiles.asked(strip, WHOLE, partial(session.ask, expert=HAND))
    alone = tiles.scores(strip, WHOLE, lambda tensor: session.ask(tensor, HAND)[0])
    assert np.array_equal(found, alone)
    said = [
        session.ask(tiles.as_input(tiles.pad(part, session.spec), session.spec))[1]
        for part in tiles_of(strip)
    ]
    assert written == pytest.approx(np.mean(said), abs=1e-4)


def tiles_of(strip: np.ndarray) -> list[np.ndarray]:
    step = tiles.MAX_WIDTH - tiles.OVERLAP
    lefts = range(0, strip.shape[2] - tiles.OVERLAP, step)
    return [strip[:, :, left : left + tiles.MAX_WIDTH] for left in lefts]


def answering(session: Session, answers: dict[str, str], sure: float, written: float) -> Reader:
    """A reader whose experts say what they are told, and whose router is of two minds."""
    reader, classes = Reader(session), WHOLE.classes

    def ask(tensor, expert=""):
        text = answers[expert]
        scores = np.full((tensor.shape[3] // 4, len(classes)), -30.0, np.float32)
        scores[:, 0] = 0.0
        certain = sure if not expert else 0.95
        for n, char in enumerate(text):
            scores[4 * n + 2] = np.log((1 - certain) / (len(classes) - 1))
            scores[4 * n + 2, classes.index(char)] = np.log(certain)
        return scores, written

    reader._ask = ask
    return reader


def crop(width: int = 300) -> LineCrop:
    grey = np.full((40, width), 250, np.uint8)
    cv2.putText(grey, "1234567", (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 3)
    return LineCrop(grey, (0, 0, width, 40))


def test_a_reader_seeks_opinions_of_a_doubtful_line_only(session):
    answers = {"": "74", PRINT: "x.w", HAND: "x,w", NUMBER: "712"}
    assert answering(session, answers, 0.95, 0.5).read_line(crop(), turns=()).text == "74"
    assert answering(session, answers, 0.85, 3.0).read_line(crop(), turns=()).text == "712"
    assert answering(session, answers, 0.5, 0.5).read_line(crop(), turns=()).text == "x.w"
    assert answering(session, answers, 0.5, -0.5).read_line(crop(), turns=()).text == "x,w"


def test_a_crop_that_was_turned_is_shown_to_others_as_it_was_turned(session):
    reader, shown = Reader(session), []
    ask = reader._ask

    def kept(tensor, expert=""):
        shown.append((expert, tensor))
        scores, _ = ask(tensor, expert)
        said = np.zeros_like(scores)
        said[:, 0], said[3, 1] = 5.0, 5.1  # nobody is sure of anything
        return said, 0.5

    reader._ask = kept
    grey = np.ascontiguousarray(np.rot90(crop().grey))
    reader.read_line(LineCrop(grey, (0, 0, *grey.shape[::-1])))
    named = [tensor for expert, tensor in shown if not expert]
    others = [tensor for expert, tensor in shown if expert in (PRINT, HAND)]
    assert len(others) == 1
    for tensor in others:
        assert any(np.array_equal(tensor, one) for one in named)


def test_a_grammar_is_asked_of_whom_the_reader_believes(session):
    answers = {"": "74", PRINT: "x.w", HAND: "x,w", NUMBER: "712"}
    reader = answering(session, answers, 0.85, 3.0)
    two = reader.decoder(DecodeWishes("grammar", grammar={"regex": "[0-9]{3}"}))
    assert reader.read_line(crop(), two, turns=()).text == "712"


def test_a_grammar_finds_the_letter_that_a_number_has_no_class_for(session):
    answers = {"": "417", PRINT: "417", HAND: "417", NUMBER: "417"}
    reader = answering(session, answers, 0.85, 3.0)
    ask, classes = reader._ask, WHOLE.classes

    def doubting(tensor, expert=""):
        scores, written = ask(tensor, expert)
        if not expert:
            scores[2, classes.index("A")] = np.log(0.14)
        else:
            scores[:, [classes.index(char) for char in "A收"]] = UNKNOWN
        return scores, written

    reader._ask = doubting
    letter = reader.decoder(DecodeWishes("grammar", grammar={"regex": "[A-Z][0-9]{2}"}))
    line = reader.read_line(crop(), letter, turns=())
    assert line.text == "A17"
    assert reader.read_line(crop(), turns=()).text == "417"


def test_the_experts_of_a_file_are_those_of_the_network():
    assert EXPERTS == (PRINT, HAND)


def test_the_alphabet_of_numbers_is_in_that_of_everything():
    assert set(Charset.load("digits").classes) <= set(Charset.load("zh").classes)


def test_a_reader_of_other_weights_asks_whom_those_have(session, model):
    routed, alone = Reader(session), to_onnx(network(WHOLE), WHOLE).SerializeToString()
    plain = routed.like(Weights("plain", alone, "1"))
    scores = plain.scores(crop().grey)
    assert np.array_equal(scores, Reader(Session(alone)).scores(crop().grey))
    assert not np.array_equal(scores, routed.scores(crop().grey))
    asked: list[str] = []

    def asking(reader: Reader) -> Reader:
        ask = reader._ask
        reader._ask = lambda tensor, expert="": asked.append(expert) or ask(tensor, expert)
        return reader

    asking(plain).read_line(crop())
    assert asked == []
    asking(plain.like(Weights("routed", model.SerializeToString(), "2"))).read_line(crop())
    assert asked


def test_confidences_fitted_anew_leave_what_is_carried(tmp_path, monkeypatch, model):
    made = dataclasses.replace(recipe(routed=True), charset="t")
    told = {
        "checkpoint": "whole.half.pt",
        "numbers": {"name": "few", "checkpoint_sha256": "5"},
        "fp32_bytes": 10**6,
        "training": {},
        "parity": dict.fromkeys(
            [
                "lines",
                "cer_int8",
                "cer_fp32",
                "int8_step_agreement",
                "int8_text_agreement",
                "fp32_log_prob_difference",
            ],
            0,
        ),
    }
    weights = routed_network(WHOLE).state_dict()
    checkpoint.save_half(tmp_path / "whole.half.pt", made, WHOLE, weights, {})
    publish(tmp_path, "whole", model.SerializeToString(), **told)
    fitted = Calibration((0.1, 0.9, 0.0), (0.0, 1.0))
    monkeypatch.setattr(publishing, "calibrate", lambda *_: fitted)
    entry = publishing.recalibrate("whole", tmp_path)
    assert entry["numbers"] == told["numbers"]
    kept = Session((tmp_path / entry["file"]).read_bytes())
    assert kept.spec.calibration == fitted
    told_bytes = f"{(tmp_path / entry['file']).stat().st_size:,}"
    assert told_bytes in (tmp_path / "whole" / "CARD.md").read_text("utf-8")
    assert kept.experts == {PRINT, HAND, NUMBER}
