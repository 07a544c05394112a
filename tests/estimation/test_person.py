from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.estimation.person import Person, smooth_path


def person(time_s: np.ndarray, region: np.ndarray, **given: np.ndarray) -> Person:
    n = len(time_s)
    return Person(time_s, region, given.get("score", np.ones(n)), given.get("ground", region), given.get("activity", np.zeros(n)))


def walker(rng: np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray]:
    time = np.arange(0, 6, 0.4)
    region = np.column_stack([100 + 200 * time, np.full(time.size, 300.0), 400 * 1.02**time])
    if rng is not None:
        region *= 1 + np.column_stack([np.zeros((time.size, 2)), rng.normal(0, 0.1, time.size)])
        region[:, :2] += rng.normal(0, 20, (time.size, 2))
    return time, region


def test_a_straight_path_is_kept_and_read_between_sightings() -> None:
    time, region = walker()
    at = np.arange(0, 5.6, 0.033)
    path = smooth_path(time, region, at)
    np.testing.assert_allclose(path, np.column_stack([100 + 200 * at, np.full(at.size, 300), 400 * 1.02**at]), rtol=1e-3)


def test_noise_and_single_wrong_sightings_hardly_matter() -> None:
    time, region = walker(np.random.default_rng(0))
    region[7] = 1600, 100, 900
    at = np.arange(0.2, 5.4, 0.1)
    path = smooth_path(time, region, at)
    assert np.abs(path[:, 0] - (100 + 200 * at)).max() < 45
    assert np.abs(path[:, 1] - 300).max() < 30
    assert np.abs(np.log(path[:, 2] / (400 * 1.02**at))).max() < 0.12


@given(shift=st.floats(-1e4, 1e4), scale=st.floats(0.1, 10))
@settings(max_examples=20, deadline=None)
def test_smoothing_moves_and_grows_with_the_picture(shift: float, scale: float) -> None:
    time, region = walker(np.random.default_rng(1))
    at = np.linspace(-0.5, 6, 50)
    moved = smooth_path(time, region * scale + [shift, shift, 0], at)
    np.testing.assert_allclose(moved, smooth_path(time, region, at) * scale + [shift, shift, 0], rtol=1e-4, atol=1e-2)


def test_out_of_view_is_nan_shortly_after_the_last_sighting() -> None:
    time, region = walker()
    there = person(time + 2, region).at(np.array([1.3, 1.5, 3.0, 8.0, 8.4]))
    np.testing.assert_array_equal(np.isfinite(there).all(axis=1), [False, True, True, True, False])
    assert there[1, 0] == pytest.approx(0, abs=2)  # carried on: half a second before it was first seen


def test_few_sightings_do() -> None:
    one = person(np.array([1.0]), np.array([[10.0, 20.0, 30.0]]))
    np.testing.assert_allclose(one.at(np.array([1.0, 1.2])), [[10, 20, 30]] * 2)
    assert one.travel == 0


def test_travel_counts_crossing_the_picture_and_coming_nearer() -> None:
    time, region = walker()
    assert person(time, region).travel == pytest.approx(1120 / 420 + 0.22, rel=0.05)
    coming = np.column_stack([np.full(time.size, 500.0), np.full(time.size, 300.0), np.geomspace(200, 400, time.size)])
    assert person(time, coming).travel == pytest.approx(2 * np.log(2), rel=0.1)
    assert person(time, region, ground=np.full((time.size, 3), 300.0)).travel < 0.01  # a camera that follows does not fool it


def test_resizing_moves_the_hips_in_body_sizes() -> None:
    time, region = walker()
    larger = person(time, region).resized(1.5, (0.0, -0.1))
    np.testing.assert_allclose(larger.region[:, 2], 1.5 * region[:, 2])
    np.testing.assert_allclose(larger.region[:, 1], region[:, 1] - 0.1 * region[:, 2])
    assert larger.size == pytest.approx(1.5 * person(time, region).size)
