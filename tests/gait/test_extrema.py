from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelgait.gait.extrema import alternating_peaks, gather, highest_peak, span


def test_tops_and_bottoms_take_turns_and_the_ends_count():
    row = np.cos(np.linspace(0, 6 * np.pi, 301))
    _, at, top, prominence = alternating_peaks(row[None], np.array([0.5]), 10)
    assert at.tolist() == [0, 50, 100, 150, 200, 250, 300]
    assert top.tolist() == [True, False, True, False, True, False, True]
    assert prominence == pytest.approx(np.full(7, 2.0))


def test_of_two_tops_in_a_row_the_higher_stays():
    row = np.array([0, 1.0, 0.7, 1.2, 0, -1, 0])  # the dip between the tops is no bottom
    _, at, top, _ = alternating_peaks(row[None], np.array([0.4]), 1)
    assert [(int(a), bool(t)) for a, t in zip(at, top, strict=True)] == [(0, False), (3, True), (5, False), (6, True)]


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=60), st.floats(0.1, 3))
def test_any_signal_gives_turns_by_turns(values, least):
    _, at, top, prominence = alternating_peaks(np.array(values)[None], np.array([least]), 1)
    assert (np.diff(at) >= 0).all()
    assert (top[1:] != top[:-1]).all()
    assert (prominence >= least).all()


@given(
    st.integers(3, 60).flatmap(lambda n: st.lists(st.lists(st.floats(-5, 5), min_size=n, max_size=n), min_size=2, max_size=4)),
    st.lists(st.floats(0.1, 3), min_size=4, max_size=4),
    st.integers(1, 8),
)
def test_signals_do_not_change_each_other(values, least, apart):
    rows, least = np.array(values), np.array(least)[: len(values)]
    row, *found = alternating_peaks(rows, least, apart)
    for i in range(len(rows)):
        alone = alternating_peaks(rows[i : i + 1], least[i : i + 1], apart)
        for together, one in zip(found, alone[1:], strict=True):
            assert together[row == i].tolist() == one.tolist()


@pytest.mark.parametrize("shift", [-0.4, 0.0, 0.3])
def test_the_top_of_a_parabola_is_found_between_samples(shift):
    x = np.arange(9.0)
    at, height = highest_peak(5 - (x - 4 - shift)[None] ** 2, np.ones((1, 9), bool))
    assert at == pytest.approx([4 + shift])
    assert height == pytest.approx([5 - shift**2])


def test_no_top_inside_is_no_peak():
    rising = np.arange(6.0)[None]
    outside = np.array([[1.0, 3, 1, 0, 0, 0]])
    assert np.isnan(highest_peak(rising, np.ones((1, 6), bool))[0]).all()
    assert np.isnan(highest_peak(outside, np.array([[False, False, True, True, True, True]]))[0]).all()


def test_windows_know_where_the_signal_ends():
    rows = np.array([[0.0, 1, 2, 3], [10, 11, 12, 13]])
    window, inside, first = gather(rows, np.array([1, 0]), np.array([0.4, 3.0]), np.arange(-1, 2))
    assert window.tolist() == [[10, 10, 11], [2, 3, 3]]
    assert inside.tolist() == [[False, True, True], [True, True, False]]
    assert first.tolist() == [-1, 2]


@pytest.mark.parametrize(("fps", "width"), [(25, 5), (100, 11)])
def test_a_window_has_at_least_two_frames_on_each_side(fps, width):
    assert len(span(fps, 0.05, 0.05)) == width
