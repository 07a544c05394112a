"""The sagittal deviation score by hand, on walkers of known truth and on recorded walks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import CurveNorm, Group, Norms
from skelgait.core.trial import Trial
from skelgait.gait.deviation import VARIABLES, root_mean_square, sagittal_deviation, visit_curves
from skelgait.gait.measure import Measurement, PlaneMeasurement, measure
from skelgait.gait.reference import reference_curves
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="module")
def healthy() -> Measurement:
    return measure(Trial("child07", Walker().film(fps=60, duration_s=6).pose, age_years=8))


def scores(given: object, **settings: object) -> pd.DataFrame:
    return sagittal_deviation(given, **settings).set_index(["side", "variable"])  # type: ignore[arg-type]


def moved(measured: Measurement, change: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]) -> Measurement:
    plane: PlaneMeasurement = measured.planes["sagittal"]
    angles = {**plane.angles, **change(dict(plane.angles))}
    return dataclasses.replace(measured, planes={"sagittal": dataclasses.replace(plane, angles=angles)})


def test_root_mean_square_by_hand() -> None:
    np.testing.assert_allclose(root_mean_square(np.array([[3.0, 4.0], [1.0, 1.0]])), [np.sqrt(12.5), 1])


def test_score_is_the_distance_to_the_reference(healthy: Measurement) -> None:
    table = scores(healthy)
    knee = visit_curves([healthy])["left"]["knee_flexion_deg"].mean(axis=0) - reference_curves()["knee_flexion_deg"].mean
    row = table.loc["left", "knee"]
    assert row.deviation_deg == pytest.approx(np.sqrt((knee**2).mean()))
    assert row.bias_deg == pytest.approx(knee.mean())
    assert row.deviation_deg**2 == pytest.approx(row.bias_deg**2 + row.shape_deg**2)
    assert row.ratio == pytest.approx(row.deviation_deg / reference_curves()["knee_flexion_deg"].typical_deg)


def test_an_offset_is_all_bias(healthy: Measurement) -> None:
    before = scores(healthy).loc["left", "knee"]
    after = scores(moved(healthy, lambda a: {"left_knee_flexion_deg": a["left_knee_flexion_deg"] + 10})).loc["left", "knee"]
    assert after.bias_deg == pytest.approx(before.bias_deg + 10)
    assert after.shape_deg == pytest.approx(before.shape_deg)


def test_summaries_are_root_mean_squares(healthy: Measurement) -> None:
    d = scores(healthy).deviation_deg
    assert d["left", "legs"] == pytest.approx(root_mean_square(d["left"][["hip", "knee", "ankle"]].to_numpy()))
    assert d["left", "all"] == pytest.approx(root_mean_square(d["left"][list(VARIABLES)].to_numpy()))
    assert d["both", "legs"] == pytest.approx(root_mean_square(np.array([d["left", "legs"], d["right", "legs"]])))
    assert d["both", "knee"] == pytest.approx(root_mean_square(np.array([d["left", "knee"], d["right", "knee"]])))


def test_a_healthy_walker_is_typical_and_pathology_is_found_where_it_is(healthy: Measurement) -> None:
    assert scores(healthy).ratio["both", "legs"] < 0.75
    stiff = scores(Trial("c", Walker(stiff_knee=(0.0, 0.8)).film(fps=60, duration_s=6).pose))
    assert stiff.ratio["right", "knee"] > 1.5 > 0.75 > stiff.ratio["left", "knee"]
    assert stiff.bias_deg["right", "knee"] < -5
    crouch = scores(Trial("c", Walker(crouch_deg=35).film(fps=60, duration_s=6).pose))
    assert crouch.ratio["both", "knee"] > 2.5
    assert crouch.bias_deg["both"].isna().all()
    lean = scores(Trial("c", Walker(trunk_lean_deg=25).film(fps=60, duration_s=6).pose))
    assert lean.deviation_deg["left", "trunk"] == pytest.approx(25 - 1.3, abs=2)
    assert lean.ratio["both", "legs"] < 0.7


def test_mirror_child_has_mirrored_scores() -> None:
    walker = Walker(crouch_deg=(0.0, 25.0))
    one = scores(Trial("c", walker.film(Camera(view="sagittal_right"), fps=60, duration_s=6).pose)).deviation_deg
    other = scores(Trial("c", walker.mirrored().film(Camera(view="sagittal_left"), fps=60, duration_s=6).pose)).deviation_deg
    assert other["left", "knee"] == pytest.approx(one["right", "knee"], abs=0.3)
    assert other["right", "legs"] == pytest.approx(one["left", "legs"], abs=0.3)


def test_strides_of_both_directions_are_pooled(healthy: Measurement) -> None:
    back = measure(Trial("child07", Walker().film(Camera(view="sagittal_left"), fps=60, duration_s=6).pose))
    table = scores([healthy, back])
    assert table.cycles["left", "knee"] == scores(healthy).cycles["left", "knee"] + scores(back).cycles["left", "knee"]


def test_hip_to_the_trunk_and_slow_reference(healthy: Measurement) -> None:
    assert scores(healthy, hip="trunk").angle["left", "hip"] == "hip_flexion_deg"
    assert scores(healthy, speed="very slow").deviation_deg["both", "legs"] > scores(healthy).deviation_deg["both", "legs"] + 3


def test_own_norms_replace_the_reference_and_are_named(healthy: Measurement) -> None:
    group = Group(source="our laboratory")
    flat = np.zeros(51)
    own = Norms(
        (), tuple(CurveNorm(n, flat, flat + 5, group) for n in ("knee_flexion_deg", "hip_flexion_to_pelvis_deg", "pelvic_tilt_deg"))
    )
    table = scores(healthy, norms=own)
    knee = visit_curves([healthy])["left"]["knee_flexion_deg"].mean(axis=0)
    assert table.deviation_deg["left", "knee"] == pytest.approx(root_mean_square(knee))
    assert table.reference["left", "hip"] == "our laboratory: hip flexion minus pelvic tilt"
    assert "Schwartz" in table.reference["left", "ankle"]


def test_an_adult_is_told_that_the_reference_is_of_children(healthy: Measurement) -> None:
    adult = sagittal_deviation(healthy.trial.with_(age_years=40))
    assert "this subject of 40 years is not of their age (4-17)" in adult.reference[0]
    assert "not of their age" not in sagittal_deviation(healthy).reference[0]


def test_what_is_missing_says_why(healthy: Measurement) -> None:
    tiptoe = scores(Trial("c", Walker(equinus_deg=(40.0, 0.0)).film(fps=60, duration_s=6).pose))
    assert np.isnan(tiptoe.deviation_deg["left", "ankle"])
    assert "foot never flat" in tiptoe.reason["left", "ankle"]
    assert np.isnan(tiptoe.deviation_deg["left", "legs"])
    assert tiptoe.reason["both", "all"].startswith("left all: left ankle: foot never flat")
    assert np.isfinite(tiptoe.deviation_deg["right", "legs"])
    front = scores(Trial("c", Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=4).pose))
    assert front.deviation_deg.isna().all()
    assert front.reason["left", "knee"] == "no sagittal recording: it is measured from the side"
    with pytest.raises(SkelgaitError, match=r"unknown hip.*'vertical' or 'trunk'"):
        sagittal_deviation(healthy, hip="pelvis")


def test_recorded_healthy_walks_are_typical_and_crouch_is_not(recorded_walks: list) -> None:
    ratios, knee = {}, {}
    for walk in recorded_walks:
        table = scores(Trial(walk.name, walk.pose("kp_sag_ortho")))
        ratios[walk.name], knee[walk.name] = table.ratio["both", "legs"], table.deviation_deg["both", "knee"]
    children = [r for name, r in ratios.items() if name.startswith("walkNorm")]
    assert len(children) == 9
    assert 0.8 < np.median(children) < 1.2
    assert max(children) < 1.5
    assert knee["c3dorg_crouchwalk"] > 50
    assert max(v for name, v in knee.items() if name != "c3dorg_crouchwalk") < 13
