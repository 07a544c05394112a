"""Intervals hold the truth as often as they say, and are never narrower than camera and keypoints allow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import measure
from skelgait.gait.spatiotemporal import interval_floor_s
from skelgait.gait.uncertainty import interval, uncertainty
from skelgait.gait.visit import pool_visit
from skelgait.walker import Walker


@pytest.fixture(scope="module")
def child() -> Trial:
    walk = Walker(stride_time_cv_percent=3, step_time_ratio=1.1).film(fps=60, duration_s=8, noise_px=1)
    return Trial("child07", walk.pose, height_m=walk.walker.body_height_m)


@pytest.fixture(scope="module")
def table(child: Trial) -> pd.DataFrame:
    return uncertainty(child).set_index("descriptor")


@pytest.mark.parametrize(("n", "low", "high"), [(3, 0.92, 0.98), (5, 0.92, 0.97), (12, 0.92, 0.97)])
def test_interval_of_normal_values_covers_95_percent(n: int, low: float, high: float) -> None:
    random = np.random.default_rng(0)
    hits = []
    for _ in range(800):
        values = random.normal(size=n)
        draws = random.multinomial(n, np.full(n, 1 / n), size=400) @ values / n
        edges = interval(draws, values.mean(), n)
        hits.append(edges[0] < 0 < edges[1])
    assert low < np.mean(hits) < high


def test_true_cadence_and_step_times_lie_in_their_intervals() -> None:
    """Walks of unequal strides, each with its own true mean over the strides that were filmed."""
    hits = []
    for seed in range(10):
        walker = Walker(stride_time_cv_percent=4, rhythm_seed=seed, cadence_spm=120)
        row = uncertainty(Trial("c", walker.film(fps=60, duration_s=8, noise_px=1, random_state=seed).pose), resamples=500)
        row = row.set_index("descriptor").loc["cadence_spm"]
        hits.append(row.low < 120 < row.high)
    assert sum(hits) >= 8


def test_standard_error_of_a_mean_by_hand(child: Trial, table: pd.DataFrame) -> None:
    steps = pool_visit([measure(child)]).samples[1]
    own = steps.column("step_time_s")[steps.side == "left"]
    row = table.loc["left_step_time_s"]
    assert (row.value, row.n) == (pytest.approx(own.mean()), len(own))
    assert row.sd == pytest.approx(own.std(ddof=1))
    assert row.se == pytest.approx(own.std(ddof=1) / np.sqrt(len(own)), rel=0.06)
    assert row.frame_floor == pytest.approx(interval_floor_s(60) / np.sqrt(len(own)))
    both = table.loc["step_time_s"]
    right = table.loc["right_step_time_s"]
    assert both.se == pytest.approx(0.5 * np.hypot(row.se, right.se), rel=0.06)


def test_what_follows_carries_the_error_to_first_order(table: pd.DataFrame) -> None:
    step, cadence = table.loc["step_time_s"], table.loc["cadence_spm"]
    assert cadence.se == pytest.approx(cadence.value * step.se / step.value, rel=0.05)
    assert cadence.frame_floor == pytest.approx(cadence.value * step.frame_floor / step.value)
    left, right, difference = (table.loc[n] for n in ("left_step_time_s", "right_step_time_s", "step_time_difference_s"))
    assert difference.se == pytest.approx(np.hypot(left.se, right.se), rel=0.06)
    assert difference.frame_floor == pytest.approx(np.hypot(left.frame_floor, right.frame_floor))
    metres, legs = table.loc["step_length_m"], table.loc["step_length_ll"]
    assert metres.se / metres.value == pytest.approx(legs.se / legs.value, rel=1e-6)
    assert metres.sd / metres.value == pytest.approx(legs.sd / legs.value)


def test_spreads_have_the_chi_square_interval(child: Trial, table: pd.DataFrame) -> None:
    from scipy.stats import chi2

    row = table.loc["step_time_sd_s"]
    freedom = row.n - 2  # one bout, two sides
    assert row.low == pytest.approx(row.value * np.sqrt(freedom / chi2.ppf(0.975, freedom)))
    assert row.high == pytest.approx(row.value * np.sqrt(freedom / chi2.ppf(0.025, freedom)))


def test_never_surer_than_the_camera() -> None:
    """Strides that all fall alike on the frames have no spread at all."""
    walk = Walker(cadence_spm=120).film(fps=30, duration_s=8)
    table = uncertainty(Trial("c", walk.pose)).set_index("descriptor")
    row = table.loc["stride_time_s"]
    assert row.limited_by == "frame rate"
    assert row.se == row.frame_floor
    assert row.high - row.low >= 2 * 1.96 * row.frame_floor * 0.999


def test_never_surer_than_the_keypoints(table: pd.DataFrame) -> None:
    measured = table[table.keypoint_floor.notna() & table.low.notna()]
    assert len(measured) > 40
    assert (measured.se >= measured.keypoint_floor - 1e-12).all()
    assert (measured.low <= measured.value).all()
    assert (measured.value <= measured.high).all()


def test_more_strides_tell_more(child: Trial, table: pd.DataFrame) -> None:
    again = Walker(stride_time_cv_percent=3, step_time_ratio=1.1, rhythm_seed=1).film(
        fps=60, duration_s=8, noise_px=1, random_state=1
    )
    more = uncertainty([child, child.with_(pose={"sagittal": again.pose}, name="second")]).set_index("descriptor")
    assert more.n["step_time_s"] == pytest.approx(2 * table.n["step_time_s"], abs=2)
    assert more.se["left_step_time_s"] < table.se["left_step_time_s"]


def test_two_strides_have_no_interval() -> None:
    walk = Walker(cadence_spm=110).film(fps=60, duration_s=2.6)
    table = uncertainty(Trial("c", walk.pose)).set_index("descriptor")
    row = table.loc["left_stride_time_s"]
    assert 0 < row.n < 3
    assert np.isnan([row.low, row.high, row.se]).all()
    assert "an interval needs 3" in row.reason


def test_same_seed_same_table_and_every_descriptor_is_in_it(child: Trial, table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        uncertainty(child, random_state=5, resamples=200), uncertainty(child, random_state=5, resamples=200)
    )
    assert table.index.tolist() == [d.name for d in DESCRIPTORS]
    assert ((table.low.isna()) == (table.reason != "")).all()
    assert table.reason["speed_m_s"] == ""
    assert "frontal recording" in table.reason["left_knee_valgus_mid_stance_deg"]


def test_too_few_resamples_are_refused(child: Trial) -> None:
    with pytest.raises(SkelgaitError, match=r"too few resamples.*100 or more"):
        uncertainty(child, resamples=10)
