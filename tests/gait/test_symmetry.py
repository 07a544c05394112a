"""Symmetry indices: the published test vector, signs, and what happens at the edges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.gait.symmetry import INDICES, indices_of

# An asymmetry-indices table prints these for 0.39 and 0.25; the last two rows of it follow from the formulas.
PUBLISHED = {
    "difference": 0.14,
    "ratio": 1.56,
    "difference_of_left": 35.90,
    "difference_of_larger": 35.90,
    "symmetry_index": 43.75,
    "normalised_difference": 21.88,
    "left_share": 60.94,
    "symmetry_angle": -13.71,
    "gait_asymmetry": 44.47,
}
SYMMETRIC = {"ratio": 1.0, "left_share": 50.0}
positive = st.floats(0.01, 100)


def test_every_index_has_its_published_value() -> None:
    assert {name: round(rule(0.39, 0.25), 2) for name, (_, rule) in INDICES.items()} == PUBLISHED


@given(left=st.floats(-5, 5) | st.just(math.nan), right=st.floats(-5, 5) | st.just(math.nan))
def test_all_at_once_are_the_single_ones(left: float, right: float) -> None:
    each = [rule(left, right) for _, rule in INDICES.values()]
    assert indices_of(left, right) == pytest.approx(each, rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize("index", list(INDICES))
def test_equal_sides_are_symmetric(index: str) -> None:
    assert INDICES[index][1](0.7, 0.7) == pytest.approx(SYMMETRIC.get(index, 0.0), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(left=positive, right=positive)
def test_exchanging_the_sides_changes_the_sign(left: float, right: float) -> None:
    for name in ("difference", "symmetry_index", "normalised_difference", "difference_of_larger", "symmetry_angle"):
        rule = INDICES[name][1]
        assert rule(left, right) == pytest.approx(-rule(right, left), abs=1e-9)
    assert INDICES["gait_asymmetry"][1](left, right) == pytest.approx(INDICES["gait_asymmetry"][1](right, left))
    assert INDICES["ratio"][1](left, right) * INDICES["ratio"][1](right, left) == pytest.approx(1)
    assert abs(INDICES["symmetry_index"][1](left, right)) < 200


@settings(max_examples=30, deadline=None)
@given(left=positive, right=positive, scale=positive)
def test_all_but_the_difference_know_no_unit(left: float, right: float, scale: float) -> None:
    for unit, rule in INDICES.values():
        factor = scale if not unit else 1.0
        assert rule(left * scale, right * scale) == pytest.approx(factor * rule(left, right), rel=1e-6, abs=1e-6)


def test_positive_means_more_on_the_left_but_in_the_symmetry_angle() -> None:
    signs = {name: math.copysign(1, rule(2.0, 1.0)) for name, (_, rule) in INDICES.items()}
    assert [name for name, sign in signs.items() if sign < 0] == ["symmetry_angle"]


@pytest.mark.parametrize("index", [name for name in INDICES if name not in ("difference", "symmetry_angle")])
@pytest.mark.parametrize("pair", [(0.5, -0.1), (0.0, 0.5), (math.nan, 0.5), (0.5, math.nan)])
def test_what_needs_two_positive_sides_is_nan_without_them(index: str, pair: tuple[float, float]) -> None:
    assert math.isnan(INDICES[index][1](*pair))


def test_symmetry_angle_takes_negative_sides() -> None:
    angle = INDICES["symmetry_angle"][1]
    # opposite sides of equal size are as asymmetric as can be
    assert abs(angle(1.0, -1.0)) == pytest.approx(100)
    assert angle(-1.0, -1.0) == pytest.approx(0)
    assert math.isnan(angle(0.0, 0.0))
