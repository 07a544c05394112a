"""Norms are numbers with a group and a source, and the narrowest group that fits is chosen."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import CurveNorm, Group, Norm, Norms, parse_norms

HERE = "our laboratory"


def row(**cells: str) -> dict[str, str]:
    return {"name": "cadence_spm", "mean": "120", "sd": "8", "source": HERE, **cells}


def test_band_is_two_standard_deviations_unless_published() -> None:
    norms = parse_norms([row(), row(name="stance_percent", mean="", sd="", low="58", high="62")], "ours.csv")
    assert (norms.number("cadence_spm").low, norms.number("cadence_spm").high) == (104, 136)
    stance = norms.number("stance_percent")
    assert (stance.mean, stance.low, stance.high) == (60, 58, 62)
    assert np.isnan(stance.sd)


def test_ages_are_half_open_and_an_unknown_age_fits_only_all_ages() -> None:
    norms = parse_norms([row(age_from="6", age_to="8")], "ours.csv")
    assert norms.number("cadence_spm", 6) is not None
    assert norms.number("cadence_spm", 8) is None
    assert norms.number("cadence_spm") is None
    assert parse_norms([row()], "ours.csv").number("cadence_spm") is not None


def test_narrowest_group_of_the_right_sex_with_a_spread_comes_first() -> None:
    rows = [
        row(mean="1", age_from="4", age_to="12", n="500"),
        row(mean="2", age_from="6", age_to="8", n="10"),
        row(mean="3", age_from="6", age_to="8", n="20"),
        row(mean="4", age_from="7", age_to="8", sd=""),
        row(mean="5", age_from="4", age_to="12", sex="female"),
    ]
    norms = parse_norms(rows, "ours.csv")
    assert norms.number("cadence_spm", 7).mean == 3
    assert norms.number("cadence_spm", 7, "male").mean == 3
    assert norms.number("cadence_spm", 7, "female").mean == 5
    assert norms.number("cadence_spm", 10).mean == 1
    assert norms.ages("cadence_spm") == [(4, 12)]


def test_a_side_in_the_name_is_dropped() -> None:
    assert parse_norms([row(name="left_step_time_s")], "ours.csv").number("step_time_s") is not None


def test_points_of_a_curve_are_brought_to_51() -> None:
    rows = [row(name="knee_flexion_deg", percent=str(p), mean=str(2 * p), sd="5") for p in range(0, 101, 10)]
    (curve,) = parse_norms(rows[::-1], "ours.csv").curves
    np.testing.assert_allclose(curve.mean, np.arange(51) * 4)
    assert curve.typical_deg == 5


def test_typical_is_the_root_mean_square_of_the_sd() -> None:
    sd = np.r_[np.full(17, 1.0), np.full(34, 4.0)]
    assert CurveNorm("knee_flexion_deg", np.zeros(51), sd, Group(source=HERE)).typical_deg == pytest.approx(np.sqrt(11))


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ({"source": ""}, "line 2: a norm without a source.*can check it"),
        ({"mean": "fast"}, "line 2: mean is not a number.*'fast'"),
        ({"mean": "inf"}, "line 2: mean is not finite"),
        ({"mean": ""}, "has no mean"),
        ({"name": ""}, "a norm without a name"),
        ({"sd": "0"}, "has no spread"),
        ({"sex": "m"}, "unknown sex.*female, male or nothing"),
        ({"age_from": "8", "age_to": "6"}, "end before they begin.*8 to 6 years"),
        ({"low": "130", "high": "110"}, "ends before it begins.*130 to 110"),
        ({"percent": "0"}, "does not cover the cycle.*11 or more"),
    ],
)
def test_what_is_refused(cells: dict[str, str], text: str) -> None:
    with pytest.raises(SkelgaitError, match=text):
        parse_norms([row(**cells)], "ours.csv")


def test_curves_of_another_shape_or_with_gaps_are_refused() -> None:
    with pytest.raises(SkelgaitError, match=r"wrong shape.*\(50,\)"):
        CurveNorm("knee_flexion_deg", np.zeros(50), np.ones(51), Group(source=HERE))
    with pytest.raises(SkelgaitError, match="gap, or no spread"):
        CurveNorm("knee_flexion_deg", np.full(51, np.nan), np.ones(51), Group(source=HERE))


def test_with_ages_says_who_they_hold_for() -> None:
    norms = Norms((Norm("cadence_spm", 120, 8, Group(source=HERE)),)).with_ages(6, 12)
    assert norms.number("cadence_spm", 5) is None
    assert norms.number("cadence_spm", 11.9) is not None
