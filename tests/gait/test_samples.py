"""Samples of strides brought down by side, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import measure
from skelgait.gait.medians import column_medians
from skelgait.gait.samples import PlaneCycles, Samples, by_side
from skelgait.walker import Camera, Walker

SIDE = np.array(["left", "right", "left", "left", "right"])
VALUES = np.array([[1.0, 10.0], [5.0, np.nan], [2.0, np.nan], [6.0, 40.0], [7.0, np.nan]])
SAMPLES = Samples(("a", "b"), SIDE, np.zeros(5, int), VALUES, np.array([0.0, 0.1, 0.3, 0.6, 0.3]))


def test_mean_median_and_count_of_each_side() -> None:
    sides = by_side(SAMPLES)
    np.testing.assert_allclose(sides.mean, [[3, 25], [6, np.nan]])
    np.testing.assert_allclose(sides.median, [[2, 25], [6, np.nan]])
    assert sides.count.tolist() == [[3, 2], [2, 0]]
    # only the samples that have a value count for what was interpolated
    np.testing.assert_allclose(sides.filled, [[0.3, 0.3], [0.2, np.nan]])


def test_a_column_by_name() -> None:
    assert SAMPLES.column("a").tolist() == [1, 5, 2, 6, 7]


def test_nothing_sampled_is_nan() -> None:
    none = by_side(Samples(("a",), SIDE[:0], np.zeros(0, int), np.empty((0, 1)), np.zeros(0)))
    assert np.isnan(none.mean).all()
    assert none.count.tolist() == [[0], [0]]


def test_median_leaves_nan_out() -> None:
    values = np.array([[3.0, np.nan], [1.0, np.nan], [np.nan, np.nan], [8.0, 2.0]])
    np.testing.assert_allclose(column_medians(values, np.array([3, 1])), [3, 2])


@pytest.fixture(scope="module")
def walk() -> PlaneCycles:
    pose = Walker(cadence_spm=112).film(Camera(), fps=60, duration_s=6).pose
    return PlaneCycles(measure(Trial("child", pose)).planes["sagittal"])


def test_times_are_sampled_where_they_are_wanted(walk: PlaneCycles) -> None:
    with_times, without = walk.sample(times=True), walk.sample(times=False)
    assert "stride_time_s" in with_times[0].names
    assert "step_time_s" in with_times[1].names
    assert "stride_time_s" not in without[0].names
    assert without[1].names == ("step_length_ll",)
    for samples, rows in zip(with_times, (walk.strides, walk.steps), strict=True):
        assert samples.values.shape == (len(rows), len(samples.names))


def test_a_missed_contact_is_left_out() -> None:
    pose = Walker(cadence_spm=112).film(Camera(), fps=60, duration_s=8).pose
    measured = measure(Trial("child", pose)).planes["sagittal"]
    events = measured.events
    third = np.flatnonzero(events.where("left", "initial_contact"))[2]
    keep = np.arange(len(events)) != third
    fewer = type(events)(events.side[keep], events.event[keep], events.time_s[keep], events.frame[keep], bout=events.bout[keep])
    again = measure(Trial("child", pose, events={"sagittal": fewer}))
    assert again.values["left_stride_time_s"] == pytest.approx(120 / 112, abs=0.02)
    assert again.values["cadence_spm"] == pytest.approx(112, abs=1)
