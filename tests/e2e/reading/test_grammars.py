"""The published weights, a beam that a grammar steers, and scans that greedy decoding misreads."""

import cv2
import numpy as np
import pytest

from crnn.decode import text_of
from crnn.evaluate.labelled_set import labelled
from crnn.fields import choose, compile_grammar, crosscheck
from tests.conftest import drawn
from tests.fixtures import check_digits
from tests.golden.test_golden import LINES
from tests.oracle.prefix_beam import readings

WISHES = {
    "00.png": {"sequence": [{"expression": "价税合计"}, "capital_amount"]},
    "05.png": {"sequence": [{"expression": "统一社会信用代码[:：]"}, "uscc"]},
    "08.png": {"sequence": [{"expression": "联系电话[:：]"}, "phone"]},
}
SET = {
    path.name: (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), text) for path, text in labelled(LINES)
}
SHARES = (1.0, 0.4, 0.33, 0.28)


def poor(grey: np.ndarray, share: float) -> np.ndarray:
    """A line (H, W) at a share of its size, noisy: as a fax or a small thumbnail has it."""
    if share == 1:
        return grey
    small = cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(0).normal(0, 12, small.shape)
    return np.clip(small + noise, 0, 255).astype(np.uint8)


def test_a_grammar_reads_poor_scans_that_greedy_misreads(zh_reader):
    classes = zh_reader.spec.classes
    greedy, steered = [], []
    for name, wish in WISHES.items():
        grey, truth = SET[name]
        field = compile_grammar(wish, classes)
        meant = field.value(truth)
        for share in SHARES:
            scores = zh_reader.scores(poor(grey, share))
            greedy.append(field.value(text_of(scores, classes)) == meant)
            n_best = readings(scores, classes, field.constraint)
            assert all(field.valid(text) for text, _ in n_best)
            steered.append(bool(n_best) and choose(n_best, field).value == meant)
        assert steered[-len(SHARES)], f"{name} at its own size"
    assert sum(steered) > sum(greedy), (greedy, steered)
    assert all(b or not a for a, b in zip(greedy, steered, strict=True)), "none is made worse"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("id_card", check_digits.id_card("35020320000229000")),
        ("bank_card", check_digits.luhn("622202123456789012")),
        ("amount", "1,234,567.80"),
        ("date", "2026-11-21"),
        ("phone", "0592-5551234"),
    ],
)
def test_drawn_fields_are_read_by_their_grammar(zh_reader, name, text):
    field = compile_grammar(name, zh_reader.spec.classes)
    n_best = readings(zh_reader.scores(drawn(text)), zh_reader.spec.classes, field.constraint)
    assert choose(n_best, field).value == field.value(text)


def test_two_amounts_of_one_form_are_read_as_one(zh_reader):
    classes = zh_reader.spec.classes
    capital = compile_grammar(WISHES["00.png"]["sequence"][1], classes)
    amount = compile_grammar("amount", classes)
    labelled_capital = compile_grammar(WISHES["00.png"], classes)
    grey = poor(SET["00.png"][0], 0.4)
    first = readings(zh_reader.scores(grey), classes, labelled_capital.constraint)
    first = [(text.removeprefix("价税合计"), score) for text, score in first]
    second = readings(zh_reader.scores(drawn("12,300.00")), classes, amount.constraint)
    found = crosscheck(first, second, (capital, amount))
    assert (found.agrees, found.value) == (True, "12300.00")
