"""Fitting recovers a known truth from lines whose network lies about it in a known way."""

import math

import numpy as np
import pytest

from crnn.calibration import Calibration, line_evidence, log_odds, logistic
from crnn.evaluate.labelled_set import LABELS
from crnn.evaluate.reliability import calibration_error
from export.calibrate import Evidence, fit, logistic_fit, real, visible
from tests.conftest import drawn, png


def lying_lines(count: int, stretch: float, shift: float) -> list[Evidence]:
    """Lines whose characters are right with logistic(stretch * log-odds of the peak + shift)."""
    rng = np.random.default_rng(5)
    lines = []
    for _ in range(count):
        peaks = [logistic(x) for x in rng.normal(3, 2, int(rng.integers(1, 9)))]
        right = [bool(rng.random() < logistic(stretch * log_odds(p) + shift)) for p in peaks]
        complete = bool(rng.random() < 0.9)
        exact = complete and all(right)
        lines.append(Evidence(peaks, [True] * len(peaks), right, math.log(0.9), exact))
    return lines


def test_fitting_recovers_how_a_network_lies():
    found = fit(lying_lines(6000, stretch=0.6, shift=-0.5))
    assert found.char[0] == pytest.approx(-0.5, abs=0.12)
    assert found.char[1] == pytest.approx(0.6, abs=0.05)
    assert found.char[2] == pytest.approx(0.0, abs=0.04)
    assert found.line == pytest.approx((0.0, 1.0), abs=0.12)


def test_what_was_miscalibrated_is_calibrated_on_lines_never_fitted_on():
    lines = lying_lines(6000, stretch=0.6, shift=-0.5)
    found, unseen = fit(lines[:3000]), lines[3000:]
    right = [one for line in unseen for one in line.right]
    before = [peak for line in unseen for peak in line.peaks]
    after = [one for line in unseen for one in found.chars(line.peaks)]
    assert calibration_error(before, right) > 0.08
    assert calibration_error(after, right) < 0.02
    exact = [line.exact for line in unseen]
    whole = [found.whole(visible(found, line), line.ln_complete) for line in unseen]
    assert calibration_error(whole, exact) < 0.04


def test_an_honest_network_is_left_as_it_is():
    found = fit(lying_lines(6000, stretch=1.0, shift=0.0))
    assert found.char == pytest.approx((0.0, 1.0, 0.0), abs=0.12)


def test_a_slope_below_zero_is_left_out_and_the_rest_fitted_again():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (4000, 2))
    y = (rng.random(4000) < 1 / (1 + np.exp(-(1.5 * x[:, 0] - x[:, 1])))).astype(float)
    bias, first, second = logistic_fit(x, y)
    assert second == 0.0
    assert first > 0.8
    both_wrong = logistic_fit(-x[:, :1], y)
    assert both_wrong[1] == 0.0
    assert bias == pytest.approx(0, abs=0.15)


def test_line_evidence_is_what_independence_says():
    assert logistic(line_evidence([0.9, 0.8], math.log(0.5))) == pytest.approx(0.36)
    assert Calibration((0, 1, 0), (0, 1)).whole([0.9, 0.8], math.log(0.5)) == pytest.approx(0.36)


def test_lines_of_a_folder_are_read_as_they_are_in_serving(tmp_path, zh_reader):
    line = np.pad(drawn("Invoice No. 20260917"), ((60, 60), (20, 20)), constant_values=250)
    pictures = {"loose.png": line, "turned.png": line[::-1, ::-1]}
    for name, picture in pictures.items():
        (tmp_path / name).write_bytes(png(np.ascontiguousarray(picture)))
    rows = (f"{name}\tInvoice No. 20260917\n" for name in pictures)
    (tmp_path / LABELS).write_text("".join(rows), "utf-8")
    found = list(real(zh_reader, tmp_path))
    assert [one.exact for one in found] == [True, True]
    assert all(all(right in (True, None) for right in one.right) for one in found)
