import math

import pytest

from crnn.evaluate.reliability import at_most, brier, buckets, calibration_error, interval


def test_every_answer_is_in_one_bucket():
    found = buckets([0.0, 0.05, 0.95, 1.0], [False, True, True, False])
    assert [bucket.count for bucket in found] == [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (found[0].accuracy, found[-1].accuracy) == (0.5, 0.5)
    assert found[-1].confidence == pytest.approx(0.975)


def test_promises_kept_have_no_error_and_broken_ones_have():
    assert calibration_error([0.75] * 4, [True, True, True, False]) == 0
    assert calibration_error([0.9] * 10, [False] * 10) == pytest.approx(0.9)
    assert calibration_error([], []) == 0


def test_brier_is_the_mean_squared_distance():
    assert brier([1.0, 0.5], [True, False]) == pytest.approx(0.125)


def test_the_interval_is_the_exact_one():
    low, high = interval(0, 300)
    assert (low, high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 300), rel=1e-6))
    low, high = interval(3, 100)
    assert at_most(3, 100, high) == pytest.approx(0.025, rel=1e-4)
    assert 1 - at_most(2, 100, low) == pytest.approx(0.025, rel=1e-4)
    assert interval(5, 5)[1] == 1.0
    assert interval(0, 0) == (0.0, 1.0)


def test_the_tail_is_the_binomial_sum():
    exact = sum(math.comb(20, k) * 0.1**k * 0.9 ** (20 - k) for k in range(4))
    assert at_most(3, 20, 0.1) == pytest.approx(exact)
    assert at_most(3, 20, 0.0) == 1.0
    assert at_most(3, 20, 1.0) == 0.0
