"""Strides of several recordings are one visit: pooled as if filmed together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement, measure
from skelgait.gait.visit import counted_median, estimate, measure_visit, metres_per_leg, pool_visit, visit_values
from skelgait.walker import Camera, Walker

CHILD = Walker(step_time_ratio=1.1, stiff_knee=(0.0, 0.3), stride_time_cv_percent=3)


@pytest.fixture(scope="module")
def visit() -> list[Measurement]:
    """The same child from the right, from the left and from the front."""
    trials = []
    for i, view in enumerate(("sagittal_right", "sagittal_left", "frontal_towards")):
        pose = CHILD.film(Camera(view=view), fps=60, duration_s=6, noise_px=1, random_state=i).pose
        plane = view.split("_")[0]
        trials.append(Trial("child07", {plane: pose}, name=f"walk {i}", height_m=CHILD.body_height_m))
    return measure_visit(trials)


def test_pooling_one_recording_changes_nothing(visit: list[Measurement]) -> None:
    both = measure(Trial("child07", {**visit[0].trial.pose, **visit[2].trial.pose}, height_m=CHILD.body_height_m))
    pooled = pool_visit([both])
    found = estimate(pooled, tuple(np.ones((1, len(s.side))) for s in pooled.samples), metres_per_leg([both]))
    shared = [n for n in found.values if np.isfinite(both.values.get(n, np.nan))]
    assert len(shared) > 150
    np.testing.assert_allclose([found.values[n][0] for n in shared], [both.values[n] for n in shared], rtol=1e-9)
    one_sided = [n for n in shared if n.startswith(("left_", "right_"))] + ["step_time_s", "speed_ll_s", "cadence_spm"]
    assert {n: sum(found.parts[n]) for n in one_sided} == {n: both.counts[n] for n in one_sided}


def test_every_stride_counts_the_same(visit: list[Measurement]) -> None:
    values, _ = visit_values(visit[:2])
    for name in ("left_step_time_s", "right_step_length_ll"):
        each, n = zip(*((m.values[name], m.counts[name]) for m in visit[:2]), strict=True)
        assert values[name] == pytest.approx(np.average(each, weights=n))
    assert values["cadence_spm"] == pytest.approx(60 / values["step_time_s"])
    assert values["step_time_ratio"] == pytest.approx(values["left_step_time_s"] / values["right_step_time_s"])


def test_planes_complete_each_other_and_times_come_from_the_side(visit: list[Measurement]) -> None:
    values, reasons = visit_values(visit)
    side, _ = visit_values(visit[:2])
    assert values["cadence_spm"] == side["cadence_spm"]
    assert np.isfinite([values["left_pelvis_up_mid_stance_deg"], values["left_knee_flexion_max_swing_deg"]]).all()
    assert all(bool(reasons.get(n)) == (not np.isfinite(v)) for n, v in values.items())


def test_a_number_too_few_strides_forbade_is_given_when_there_are_enough() -> None:
    short = [
        measure(Trial("c", Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=1.2, random_state=i).pose, name=str(i)))
        for i in range(3)
    ]
    name = "left_knee_valgus_mid_stance_deg"
    assert not any(np.isfinite(m.values[name]) for m in short)
    assert all("it needs" in m.reasons[name] for m in short)
    values, reasons = visit_values(short)
    assert values[name] == pytest.approx(0, abs=2)
    assert name not in reasons


@given(st.lists(st.tuples(st.floats(-50, 50), st.integers(0, 4)), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_counted_median_is_the_median_of_repeated_values(pairs: list[tuple[float, int]]) -> None:
    values, weights = (np.array(c) for c in zip(*pairs, strict=True))
    repeated = np.repeat(values, weights.astype(int))
    found = counted_median(values, weights[None])[0]
    assert np.isnan(found) if not len(repeated) else found == pytest.approx(np.median(repeated), abs=1e-9)


def test_what_is_refused(visit: list[Measurement]) -> None:
    with pytest.raises(SkelgaitError, match="without trials"):
        measure_visit([])
    with pytest.raises(SkelgaitError, match=r"made of trials.*PoseSequence"):
        measure_visit([visit[0].trial.pose["sagittal"]])  # type: ignore[list-item]
    with pytest.raises(SkelgaitError, match="has no pose"):
        measure_visit(Trial("child07"))
    with pytest.raises(SkelgaitError, match=r"of one subject.*ben, child07"):
        measure_visit([visit[0], visit[1].trial.with_(subject="ben")])


def test_a_recording_that_cannot_be_measured_does_not_take_the_others_with_it(visit: list[Measurement]) -> None:
    assert len(measure_visit([visit[0], Trial("child07")])) == 1
