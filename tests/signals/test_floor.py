from __future__ import annotations

import math

import numpy as np
import pytest

from skelgait.signals.floor import Stances, compare_heights, find_stances, floor_course, medians

T = np.arange(180) / 30


def step(t: np.ndarray) -> np.ndarray:
    """Place of a foot that stands for half of each second and then goes one leg length on."""
    return np.floor(t) + np.clip(2 * (t % 1) - 1, 0, 1)


FEET = np.stack([step(T), step(T + 0.5) - 0.5])


@pytest.mark.parametrize("pan", [0.0, -0.5, -1.0, -1.9])
def test_the_floor_moves_as_the_camera_does(pan: float) -> None:
    noise = 0.004 * np.random.default_rng(0).standard_normal(FEET.shape)
    course = floor_course(FEET + pan * T + noise, T * (1 + pan), 30)
    assert np.diff(course).mean() * 30 == pytest.approx(pan, abs=0.08)


def test_a_foot_that_turns_does_not_stand_on_a_floor_at_rest() -> None:
    """Quick steps before a camera that follows: the feet hardly move while they turn round, and the hips do not move at all."""
    quick = np.stack([0.3 * np.sin(2 * np.pi * 1.5 * T), -0.3 * np.sin(2 * np.pi * 1.5 * T)])
    assert floor_course(quick, 0 * T, 30)[-1] < -1


def test_feet_are_compared_where_they_stand() -> None:
    ankles = 100 * np.stack([np.stack([f, np.full(len(T), y)]) for f, y in zip(FEET, (1.00, 1.03), strict=True)])
    runs = np.array([0, 45, 90, 135]), np.array([45, 90, 135, 180])
    found = find_stances(ankles, 100 * T, 0 * T, np.ones(len(T)), runs, 30, 100.0)
    assert set(found.near.tolist()) == {-1.0, 1.0}
    lower, error, odds = compare_heights(found, np.zeros(4, bool), np.full(3, 5.0))
    assert lower == pytest.approx(0.03, abs=0.003)
    assert lower > 3 * error
    assert (np.sign(odds) == np.sign(odds[0])).all()


def test_nothing_to_compare() -> None:
    none = Stances(np.zeros(0), np.zeros(0, int), *(np.zeros(0) for _ in range(3)))
    lower, error, odds = compare_heights(none, np.zeros(2, bool), np.zeros(1))
    assert (lower, error) == (0.0, math.inf)
    assert (odds == 0).all()
    assert medians(np.array([[1.0, np.nan], [3.0, 5.0]])).tolist() == [2.0, 5.0]
