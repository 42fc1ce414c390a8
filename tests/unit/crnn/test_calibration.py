import json
import math
from dataclasses import replace

import numpy as np
import pytest

from charset import BLANK
from crnn.calibration import Calibration, char_evidence, log_odds, logistic
from crnn.decode import greedy
from crnn.errors import WeightsMismatch
from crnn.page import Char
from crnn.recognize.confidence import (
    calibrated,
    geometric_mean,
    ln_complete,
    of_line,
    share_out,
    with_alternatives,
)
from crnn.spec import ModelSpec

SPEC = ModelSpec("t", "digits", (BLANK, "a", "b", " "))
FITTED = Calibration((-0.2, 0.9, 0.1), (0.1, 1.1))
CHARS = [Char("a", 0.9, 0, 1), Char("b", 0.6, 2, 3)]


def logs(*rows: list[float]) -> np.ndarray:
    return np.log(np.array(rows, np.float32))


def test_a_calibration_survives_its_journey_through_json():
    spec = replace(SPEC, calibration=FITTED)
    assert ModelSpec.from_json(spec.to_json()) == spec


def test_a_spec_without_calibration_is_written_as_it_always_was():
    fields = json.loads(SPEC.to_json())
    assert "calibration" not in fields
    assert ModelSpec.from_json(json.dumps(fields)).calibration is None


@pytest.mark.parametrize(
    "found",
    [
        {"char": [0, 1], "line": [0, 1]},
        {"char": [0, 1, 0], "line": [0, -1]},
        {"char": [0, 1, 0], "line": [0, float("nan")]},
        {"char": [0, 1, 0]},
        {"char": [0, 1, "x"], "line": [0, 1]},
        [1, 2],
        "identity",
    ],
)
def test_what_is_no_calibration_is_refused(found):
    fields = json.loads(SPEC.to_json()) | {"calibration": found}
    with pytest.raises(WeightsMismatch):
        ModelSpec.from_json(json.dumps(fields))


def test_without_calibration_everything_is_as_the_network_says():
    assert calibrated(CHARS, None) == CHARS
    assert of_line(CHARS, -5.0, None) == geometric_mean(CHARS) == pytest.approx(0.54**0.5)
    assert of_line([], 0.0, FITTED) == 0.0


def test_the_identity_gives_peaks_back_and_multiplies_them():
    identity = Calibration((0.0, 1.0, 0.0), (0.0, 1.0))
    assert [c.confidence for c in calibrated(CHARS, identity)] == pytest.approx([0.9, 0.6])
    assert of_line(CHARS, math.log(0.5), identity) == pytest.approx(0.9 * 0.6 * 0.5)


def test_spaces_do_not_count_in_a_lines_confidence():
    identity = Calibration((0.0, 1.0, 0.0), (0.0, 1.0))
    with_space = [CHARS[0], Char(" ", 0.1, 1, 2), CHARS[1]]
    assert of_line(with_space, 0.0, identity) == pytest.approx(0.9 * 0.6)


def test_a_character_alone_is_its_own_neighbour():
    assert char_evidence([0.8]) == [(log_odds(0.8), log_odds(0.8))]
    assert char_evidence([]) == []


def test_log_odds_and_logistic_undo_each_other_and_never_overflow():
    for probability in (0.001, 0.5, 0.999):
        assert logistic(log_odds(probability)) == pytest.approx(probability)
    assert 0 < logistic(-1e9) < logistic(1e9) < 1
    assert math.isfinite(log_odds(0.0)) and math.isfinite(log_odds(1.0))


def test_a_blank_that_nearly_was_a_character_shows_in_completeness():
    sure = logs([0.98, 0.01, 0.005, 0.005], [0.01, 0.97, 0.01, 0.01], [0.98, 0.01, 0.005, 0.005])
    doubt = logs([0.55, 0.01, 0.43, 0.01], [0.01, 0.97, 0.01, 0.01], [0.98, 0.01, 0.005, 0.005])
    found = [ln_complete(s, greedy(s, SPEC.classes), SPEC.classes) for s in (sure, doubt)]
    assert found[0] > math.log(0.98)
    assert found[1] == pytest.approx(math.log(0.55 / 0.98) + found[0], abs=0.02)


def test_the_rim_of_a_character_and_white_space_are_no_missed_characters():
    rim = logs([0.55, 0.43, 0.01, 0.01], [0.01, 0.97, 0.01, 0.01], [0.55, 0.01, 0.01, 0.43])
    assert ln_complete(rim, greedy(rim, SPEC.classes), SPEC.classes) == 0.0
    assert ln_complete(rim[:0], [], SPEC.classes) == 0.0


def test_alternatives_share_what_the_character_leaves():
    scores = logs([0.1, 0.6, 0.27, 0.03])
    (char,) = share_out(with_alternatives(greedy(scores, SPEC.classes), scores, SPEC.classes))
    assert char.text == "a"
    assert [text for text, _ in char.alternatives] == ["b", " "]
    assert [share for _, share in char.alternatives] == pytest.approx([0.27, 0.03], abs=1e-5)


def test_alternatives_follow_the_calibrated_confidence():
    scores = logs([0.1, 0.6, 0.27, 0.03])
    raw = with_alternatives(greedy(scores, SPEC.classes), scores, SPEC.classes)
    (char,) = share_out([replace(raw[0], confidence=0.8)])
    assert char.alternatives[0][1] == pytest.approx(0.2 * 0.27 / 0.4, abs=1e-5)
