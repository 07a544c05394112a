"""From a value to a score and its probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.gait.evgs_scores import band_scores, margin_to, score_probabilities, weighted_median
from skelgait.tasks.evgs import evgs_items

KNEE = (-10.5, -0.5, 15.5, 25.5)
SCORED = [i for i in evgs_items() if np.isfinite(i.error)]


@given(value=st.floats(-120, 160), item=st.sampled_from(SCORED), error=st.floats(0.1, 30))
@settings(max_examples=60, deadline=None)
def test_probabilities_are_those_of_many_true_values(value: float, item, error: float) -> None:
    p = score_probabilities(value, item.edges, error)
    assert p.sum() == pytest.approx(1)
    assert (p >= 0).all()
    true = value + error * np.random.default_rng(0).normal(size=20_000)
    counted = [(band_scores(true, item.edges) == k).mean() for k in (0, 1, 2)]
    assert p == pytest.approx(counted, abs=0.02)


@given(value=st.floats(-60, 60), item=st.sampled_from(SCORED))
@settings(max_examples=40, deadline=None)
def test_without_error_the_band_is_certain(value: float, item) -> None:
    if margin_to(value, item.edges) > 1e-6:
        assert score_probabilities(value, item.edges, 0.0)[int(band_scores(value, item.edges))] == pytest.approx(1)


def test_on_a_limit_both_scores_are_as_likely() -> None:
    p = score_probabilities(15.5, KNEE, 3.0)
    assert p[0] == pytest.approx(0.5, abs=1e-3)
    assert p[1] == pytest.approx(0.5, abs=1e-3)


def test_an_unknown_value_has_no_score() -> None:
    assert np.isnan(band_scores(np.nan, KNEE))
    assert np.isnan(score_probabilities(np.nan, KNEE, 5.0)).all()


def test_margin_is_the_way_to_the_nearest_limit() -> None:
    assert margin_to(np.array([15.0, -30.0]), KNEE).tolist() == [0.5, 19.5]


@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_equal_weights_give_the_median(values: list[float]) -> None:
    for weight in (0.0, 0.4, 1.0):
        found = weighted_median(np.array(values), np.full(len(values), weight))
        assert found == pytest.approx(float(np.median(values)), abs=1e-9)


def test_a_heavy_stride_draws_the_median_to_itself() -> None:
    values = np.array([0.0, 10.0, 20.0])
    assert weighted_median(values, np.array([1.0, 1.0, 5.0])) > 15
    assert np.isnan(weighted_median(np.array([]), np.array([])))


def test_the_order_of_equal_values_does_not_matter():
    values, weights = np.array([1.0, 2.0, 2.0 + 1e-13, 3.0]), np.array([0.4, 0.9, 0.2, 0.3])
    back = np.array([0, 2, 1, 3])
    swapped = np.array([1.0, 2.0 + 1e-13, 2.0, 3.0])
    assert weighted_median(values, weights) == pytest.approx(weighted_median(swapped, weights), abs=1e-9)
    assert weighted_median(values[back], weights[back]) == pytest.approx(weighted_median(values, weights), abs=1e-9)
