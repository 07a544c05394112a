"""Peaks, ranges and instants read off curves that were drawn to have them."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.gait.cycles import Strides
from skelgait.gait.peaks import PEAKS, WINDOWS, Peak, stride_peaks, stride_windows

FPS, T = 50, 201
TIME = np.arange(T) / FPS
# left strides from 0.5 and 1.5 s, a right one from 1.0 s; stance 60 %, the other foot lands at 50 % and leaves at 10 %
START = np.array([0.5, 1.5, 1.0])
STRIDES = Strides(["left", "left", "right"], [0, 0, 0], START, START + 1, START + 0.6, START + 0.1, START + 0.5)  # type: ignore[arg-type]


def read(curve: np.ndarray, window: str, statistic: str, *, name: str = "left_knee_flexion_deg", **more: bool) -> np.ndarray:
    peak = Peak("x", name.removeprefix("left_").removeprefix("right_"), window, statistic, "", **more)  # type: ignore[arg-type]
    return stride_peaks({name: curve}, TIME, STRIDES, (peak,))[:, 0]


def test_each_statistic_on_a_straight_line() -> None:
    line = 100 * TIME
    assert read(line, "stance", "min")[:2] == pytest.approx([50, 150])
    assert read(line, "stance", "max")[:2] == pytest.approx([110, 210])
    assert read(line, "stride", "range")[:2] == pytest.approx([100, 100])
    assert read(line, "stride", "mean")[:2] == pytest.approx([100, 200])
    assert read(line, "bearing", "middle")[:2] == pytest.approx([75, 175])
    assert read(line, "contact", "at")[:2] == pytest.approx([50, 150])
    assert read(line, "terminal", "at")[:2] == pytest.approx([148.5, 248.5])


def test_a_peak_belongs_to_its_phase_only() -> None:
    bump = np.zeros(T)
    bump[int(0.8 * FPS)] = 40  # 30 % of the first stride: stance
    bump[int(2.3 * FPS)] = 70  # 80 % of the second: swing
    assert read(bump, "stance", "max")[:2].tolist() == [40, 0]
    assert read(bump, "swing", "max")[:2].tolist() == [0, 70]


def test_an_instant_between_two_frames_is_interpolated() -> None:
    late = Strides(["left"], [0], [0.511], [1.5], [1.1], [0.6], [1.0])  # type: ignore[arg-type]
    peak = Peak("x", "knee_flexion_deg", "contact", "at", "")
    assert stride_peaks({"left_knee_flexion_deg": 100 * TIME}, TIME, late, (peak,)) == pytest.approx(51.1)


def test_a_stride_reads_its_own_side() -> None:
    assert np.isnan(read(TIME, "stride", "max")[2])
    assert read(TIME, "stride", "max", name="right_knee_flexion_deg")[2] == pytest.approx(2.0)


def test_a_curve_of_no_side_serves_both_and_turns_towards_the_side() -> None:
    lean = np.full(T, 4.0)
    assert read(lean, "stride", "mean", name="trunk_left_lean_deg").tolist() == [4, 4, 4]
    assert read(lean, "stride", "mean", name="trunk_left_lean_deg", towards_side=True).tolist() == [4, 4, -4]


def test_too_little_of_a_window_gives_nothing() -> None:
    holes = np.ones(T)
    holes[int(0.5 * FPS) : int(0.75 * FPS)] = np.nan  # 40 % of the first stance
    assert np.isnan(read(holes, "stance", "max")[0])
    assert read(holes, "stance", "max")[1] == 1


def test_a_gated_curve_needs_two_frames_only() -> None:
    gated = np.full(T, np.nan)
    gated[[35, 36, 85]] = 5, 7, 9
    assert read(gated, "bearing", "middle")[0] == pytest.approx(6)
    assert np.isnan(read(gated, "bearing", "middle")[1])


def test_a_stride_without_foot_off_keeps_what_does_not_need_it() -> None:
    half = Strides(["left"], [0], [0.5], [1.5], [np.nan], [np.nan], [np.nan])  # type: ignore[arg-type]
    windows = stride_windows(half)
    assert list(windows) == list(WINDOWS)
    curve = {"left_knee_flexion_deg": TIME}
    for window in WINDOWS:
        peak = Peak("x", "knee_flexion_deg", window, "at" if window in ("contact", "terminal") else "max", "")
        known = np.isfinite(stride_peaks(curve, TIME, half, (peak,)))[0, 0]
        assert known == (window in ("stride", "contact", "terminal")), window


def test_nothing_to_read_gives_an_empty_or_missing_table() -> None:
    none = STRIDES.select(np.zeros(3, bool))
    assert stride_peaks({"left_knee_flexion_deg": TIME}, TIME, none).shape == (0, len(PEAKS))
    assert np.isnan(stride_peaks({}, TIME, STRIDES)).all()


def test_the_table_names_windows_and_statistics_that_exist() -> None:
    assert {p.window for p in PEAKS} <= set(WINDOWS)
    assert {p.statistic for p in PEAKS} <= {"max", "min", "range", "mean", "middle", "at"}
    assert len({p.name for p in PEAKS}) == len(PEAKS)
