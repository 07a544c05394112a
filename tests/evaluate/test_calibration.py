"""Brier's score against scikit-learn, calibration error by hand and against what a calibrated model shows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from skelgait.evaluate.calibration import bin_of, brier, calibration_error, error_if_calibrated, gather_bins


def test_brier_of_two_and_of_many_levels() -> None:
    random = np.random.default_rng(0)
    p, truth = random.random(50), random.integers(0, 2, 50)
    assert brier(np.c_[1 - p, p], truth).mean() == pytest.approx(brier_score_loss(truth, p))
    many = random.dirichlet(np.ones(4), 50)
    answer = random.integers(0, 4, 50)
    by_hand = [sum((row[level] - (level == a)) ** 2 for level in range(4)) for row, a in zip(many, answer, strict=True)]
    np.testing.assert_allclose(brier(many, answer), by_hand)
    assert brier(np.eye(4), np.array([1, 1, 3, 3])).tolist() == [2, 0, 2, 0]


def test_bins_hold_their_upper_edge() -> None:
    assert bin_of(np.array([0.0, 0.05, 0.1, 0.1001, 0.3, 0.7, 0.95, 1.0])).tolist() == [0, 0, 0, 1, 2, 6, 9, 9]


def test_error_by_hand() -> None:
    sure, right = np.array([0.95, 0.95, 0.95, 0.55]), np.array([1, 1, 0, 1])
    table = gather_bins(sure, right, np.array([0, 0, 1, 1]), 2)
    assert table.shape == (2, 10, 3)
    assert calibration_error(table.sum(axis=0)) == pytest.approx(0.75 * abs(0.95 - 2 / 3) + 0.25 * abs(0.55 - 1))
    assert np.isnan(calibration_error(np.zeros((10, 3))))


def test_what_a_calibrated_model_shows_falls_with_the_walks() -> None:
    random = np.random.default_rng(1)
    few, many = (error_if_calibrated(0.4 + 0.5 * random.random(n), random) for n in (50, 5000))
    assert 0.05 < few < 0.2
    assert many < 0.02
    shown = []
    for _ in range(40):
        sure = 0.4 + 0.5 * random.random(50)
        shown.append(calibration_error(gather_bins(sure, random.random(50) < sure, np.zeros(50, int), 1)[0]))
    assert few == pytest.approx(np.mean(shown), abs=0.03)
    assert np.isnan(error_if_calibrated(np.empty(0), random))
