"""What the rules of gait patterns look at: each statistic against its own definition, and the zero of the foot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelgait.core.norms import CURVE_POINTS, CurveNorm, Group
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.measure import PlaneMeasurement, measure
from skelgait.gait.norms import cited_norms
from skelgait.gait.pattern_measures import CURVES, PERCENT, foot_angles, healthy_value, read_cycles, sample_curves
from skelgait.gait.reference import reference_curves
from skelgait.tasks.patterns import PatternMeasure, pattern_measures
from skelgait.walker import Walker

KNEE = reference_curves()["knee_flexion_deg"]
FLAT = CurveNorm("x_deg", np.full(CURVE_POINTS, 10.0), np.full(CURVE_POINTS, 2.0), Group(source="a test"))


def ask(phase: str, statistic: str, beyond: str = "") -> PatternMeasure:
    return replace(pattern_measures()["knee_stance"], phase=phase, statistic=statistic, beyond=beyond)


@pytest.fixture(scope="module")
def curve() -> np.ndarray:
    return np.random.default_rng(0).normal(20, 8, (6, len(PERCENT))).cumsum(axis=1) % 90


OFF = np.array([60.0, 55.0, 62.5, 70.0, 58.2, 64.9])


@pytest.mark.parametrize(
    ("statistic", "by_hand"),
    [
        ("mean", np.mean),
        ("max", np.max),
        ("min", np.min),
        ("range", np.ptp),
        ("median", np.median),
        ("upper third", lambda x: np.quantile(x, 2 / 3)),
        ("lower tenth", lambda x: np.quantile(x, 0.1)),
        ("rise", lambda x: x.max() - x[0]),
    ],
)
@pytest.mark.parametrize("phase", ["stance", "swing", "20-45"])
def test_each_statistic_is_what_its_name_says(curve: np.ndarray, phase: str, statistic: str, by_hand: object) -> None:
    found = read_cycles(curve, OFF, ask(phase, statistic), FLAT)
    for row, off in enumerate(OFF):
        part = {"stance": off >= PERCENT, "swing": off <= PERCENT, "20-45": (PERCENT >= 20) & (PERCENT <= 45)}[phase]
        assert found[row] == pytest.approx(by_hand(curve[row, part]))  # type: ignore[operator]


def test_slope_is_the_rise_of_a_straight_line_over_the_part() -> None:
    line = 0.4 * PERCENT[None] + 3
    assert read_cycles(line, np.array([60.0]), ask("10-45", "slope"), FLAT)[0] == pytest.approx(0.4 * 35)
    assert read_cycles(-line, np.array([60.0]), ask("10-45", "slope"), FLAT)[0] == pytest.approx(-0.4 * 35)


def test_times_are_percents_of_the_cycle_and_an_end_is_no_extreme() -> None:
    hill = -((PERCENT - 71.0) ** 2)[None]
    assert read_cycles(hill, np.array([60.0]), ask("50-100", "when max"), FLAT)[0] == 71
    assert read_cycles(-hill, np.array([60.0]), ask("50-100", "when min"), FLAT)[0] == 71
    assert np.isnan(read_cycles(hill, np.array([60.0]), ask("15-60", "when max"), FLAT)[0])
    assert np.isnan(read_cycles(hill, np.array([60.0]), ask("50-100", "when min"), FLAT)[0])


def test_against_the_band_a_third_of_the_time_is_a_third_of_the_time() -> None:
    """Above the band for a bit more (less) than a third of swing: positive (negative)."""
    for share, positive in ((0.38, True), (0.28, False)):
        swing = np.flatnonzero(PERCENT >= 60)
        curve = np.full((1, len(PERCENT)), 8.0)
        curve[0, swing[: round(share * len(swing))]] = 14.0
        found = read_cycles(curve, np.array([60.0]), ask("swing", "upper third", "mean+1sd"), FLAT)[0]
        assert (found > 0) == positive
        assert abs(found) in (2.0, 4.0)  # 14 - 12 or 12 - 8


def test_a_part_that_was_not_seen_gives_nothing(curve: np.ndarray) -> None:
    holed = curve.copy()
    holed[0, 25:45] = np.nan
    holed[1, 25:28] = np.nan
    found = read_cycles(holed, OFF, ask("20-45", "mean"), FLAT)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(np.nanmean(holed[1, 20:46]))
    no_off = read_cycles(curve, np.array([np.nan, *OFF[1:]]), ask("swing", "max"), FLAT)
    assert np.isnan(no_off[0])
    assert np.isfinite(no_off[1:]).all()


def test_healthy_values_agree_with_the_norms_of_the_descriptors() -> None:
    """Mean and SD of the peaks are those that `compare` uses, found there by another way."""
    measures, curves, norms = pattern_measures(), reference_curves(), cited_norms()
    for name in ("knee_contact", "knee_least", "knee_peak", "ankle_most", "ankle_swing", "thigh_least"):
        m = measures[name]
        norm = norms.number(m.descriptor, 8)
        assert norm is not None
        mean, sd = healthy_value(m, curves[m.angle])
        assert mean == pytest.approx(norm.mean, abs=0.35)
        assert sd == pytest.approx(norm.sd, abs=0.15)
    assert np.isnan(healthy_value(measures["knee_range"], KNEE)[1])


def side_view(**child: object) -> PlaneMeasurement:
    return measure(Trial("w", Walker(**child).film(fps=60, duration_s=5).pose)).planes["sagittal"]  # type: ignore[arg-type]


def test_strides_read_what_the_walker_did() -> None:
    samples = sample_curves(side_view(crouch_deg=(10.0, 35.0), stiff_knee=(0.0, 0.5)), reference_curves())
    names = [m.name for m in CURVES]
    assert samples.value.shape == (len(samples.side), len(CURVES))
    least, peak = (samples.value[:, names.index(n)] for n in ("knee_least", "knee_peak"))
    right = samples.side == "right"
    assert least[~right] == pytest.approx(10, abs=2.5)
    assert least[right] == pytest.approx(35, abs=2)
    assert peak[~right] == pytest.approx(59, abs=3)
    assert (peak[right] < 50).all()
    assert samples.near.tolist() == right.tolist()  # filmed from the right
    assert samples.weight[right].min() > samples.weight[~right].max()


def test_a_foot_that_only_seems_flat_is_not_believed() -> None:
    """A child who jumps never puts the heel down, but holds the foot still at 15 degrees."""
    plane = side_view(crouch_deg=30.0, equinus_deg=30.0)
    angles, foot = foot_angles(plane)
    assert (foot[:, plane.direction != 0] == 1).all()
    stance = plane.angles["left_shank_lean_deg"] + plane.angles["left_foot_pitch_deg"] + 3
    np.testing.assert_allclose(angles["left_ankle_dorsiflexion_deg"], stance, atol=1e-9)


def test_a_foot_seen_flat_keeps_its_own_zero() -> None:
    plane = side_view()
    angles, foot = foot_angles(plane)
    assert (foot == 0).all()
    for side in SIDES:
        np.testing.assert_allclose(angles[f"{side}_ankle_dorsiflexion_deg"], plane.angles[f"{side}_ankle_dorsiflexion_deg"])


def test_without_heels_the_line_from_ankle_to_toe_stands_for_the_foot() -> None:
    walk = Walker(crouch_deg=45.0).film(fps=60, duration_s=5)
    names = walk.pose.skeleton.names
    heels = [i for i, name in enumerate(names) if "heel" in name]
    xy = walk.pose.xy.copy()
    xy[:, heels] = np.nan
    plane = measure(Trial("w", walk.pose.with_(xy=xy))).planes["sagittal"]
    angles, foot = foot_angles(plane)
    assert (foot == 2).all()
    truth = walk.truth.angles["right_ankle_dorsiflexion_deg"].to_numpy()
    off = angles["right_ankle_dorsiflexion_deg"] - truth
    assert np.nanstd(off) < 3  # the shape is the ankle's; only the zero is a guess
    assert abs(np.nanmedian(off)) < 15


def test_a_foot_that_does_not_land_heel_first_is_believed_less() -> None:
    """Bent knees, heels hardly down: noise makes a tip-down rest look like a flat one."""
    walk = Walker(crouch_deg=30.0, equinus_deg=25.0).film(fps=30, duration_s=6, noise_px=2, random_state=0)
    plane = measure(Trial("w", walk.pose)).planes["sagittal"]
    _, foot = foot_angles(plane)
    assert (foot[:, plane.direction != 0] == 1).all()
