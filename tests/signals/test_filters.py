from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from skelgait.signals.filters import low_pass, low_pass_rows, outlier_rows


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize(("fps", "cutoff"), [(25, 6), (60, 6), (100, 8), (240, 8)])
def test_cut_off_is_that_of_both_passes_together(order: int, fps: float, cutoff: float) -> None:
    t = np.arange(int(60 * fps)) / fps
    out = low_pass(np.sin(2 * np.pi * cutoff * t), fps, cutoff, order=order)
    middle = out[len(t) // 4 : -len(t) // 4]
    assert np.sqrt(2 * (middle**2).mean()) == pytest.approx(np.sqrt(0.5), rel=0.02)


def test_low_pass_equals_the_textbook_filter() -> None:
    x = np.random.default_rng(0).normal(size=(300, 4)).cumsum(axis=0)
    pad = 10
    sos = butter(2, 2 / np.pi * np.arctan(np.tan(np.pi * 6 / 60) / 0.802), output="sos")  # 0.802 is Winter's constant
    want = sosfiltfilt(sos, x, axis=0, padtype="odd", padlen=pad)
    np.testing.assert_allclose(low_pass(x, 60, 6), want, atol=2e-3)


def test_low_pass_has_no_lag_and_keeps_lines_and_ends() -> None:
    t = np.arange(120) / 60
    line = 300 + 250 * t
    np.testing.assert_allclose(low_pass(line, 60, 6), line, atol=1e-6)
    pulse = np.exp(-(((t - 1) / 0.1) ** 2))
    assert low_pass(pulse, 60, 6).argmax() == 60


def test_gaps_stay_gaps_and_runs_are_filtered_on_their_own() -> None:
    rng = np.random.default_rng(1)
    x = 200 + rng.normal(size=(400, 6)).cumsum(axis=0)
    x[50:80, 0] = x[200:300, 0] = x[:40, 3] = x[-7:, 4] = np.nan
    out = low_pass(x, 60, 6)
    assert np.array_equal(np.isnan(out), np.isnan(x))
    for column, part in ((0, slice(0, 50)), (0, slice(80, 200)), (3, slice(40, 400)), (4, slice(0, 393))):
        alone = low_pass(x[part, column], 60, 6)
        np.testing.assert_allclose(out[part, column], alone, atol=5e-3)
    np.testing.assert_allclose(out[:, 1], low_pass(x[:, 1], 60, 6))


def test_what_is_too_short_or_too_slow_to_filter_is_left_alone() -> None:
    x = np.random.default_rng(2).normal(size=40)
    x[10:] = np.nan
    np.testing.assert_array_equal(low_pass(x, 60, 6), x)
    np.testing.assert_array_equal(low_pass(x[:10], 12, 6), x[:10])


def test_many_shapes() -> None:
    x = np.random.default_rng(3).normal(size=(50, 3, 2))
    np.testing.assert_allclose(low_pass(x, 60, 6)[:, 1, 0], low_pass(x[:, 1, 0], 60, 6), atol=1e-12)
    assert low_pass(x[:, 0, 0], 60, 6).shape == (50,)


@pytest.mark.parametrize("fps", [25, 30, 60, 120])
def test_jumps_are_outliers_and_a_fast_foot_is_not(fps: float) -> None:
    t = np.arange(int(6 * fps)) / fps
    stride = 0.6  # 200 steps a minute
    foot = 150 * t / stride - 12 * np.sin(4 * np.pi * t / stride) + 36 * np.sin(2 * np.pi * t / stride)
    assert not outlier_rows(foot[None], fps, least=15).any()
    jumps = np.arange(fps, len(t) - fps, fps, dtype=int)
    spoiled = foot.copy()
    spoiled[jumps] += 60
    assert np.flatnonzero(outlier_rows(spoiled[None], fps, least=15)).tolist() == jumps.tolist()


def test_noise_is_no_outlier_and_a_gap_does_not_hide_one() -> None:
    x = np.random.default_rng(5).normal(0, 2, (3, 2000))
    assert outlier_rows(x, 60, least=0).mean() < 1e-3
    y = np.zeros(100)
    y[50] = 80
    y[48:50] = y[51:53] = np.nan
    assert np.flatnonzero(outlier_rows(y[None], 60, least=10)).tolist() == [50]


@pytest.mark.parametrize("frames", range(1, 40))
def test_a_short_straight_course_has_no_outliers(frames: int) -> None:
    x = 20.0 * np.arange(frames)[None]
    for least in (0.0, 5.0):
        assert not outlier_rows(x, 60, least=least).any()
    x[0, frames // 2] += 900  # nor has one whose jump nobody stands beside to tell
    assert outlier_rows(x, 60, least=5).any() == (frames > 6)


def test_points_are_rows_two_by_two() -> None:
    points = np.random.default_rng(6).normal(0, 50, (5, 2, 300)).cumsum(axis=2)
    points[0, :, 40:60] = points[3, :, :5] = np.nan
    points[2, 1, 100] += 4000
    rows = points.reshape(10, 300)
    assert np.array_equal(outlier_rows(points, 60, least=50).reshape(10, 300), outlier_rows(rows, 60, least=50))
    both = low_pass_rows(points[:, 0] + 1j * points[:, 1], 60, 6)
    np.testing.assert_array_equal(np.stack([both.real, both.imag], axis=1).reshape(10, 300), low_pass_rows(rows, 60, 6))
