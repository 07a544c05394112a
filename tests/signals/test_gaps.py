from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from skelgait.signals.gaps import bridge_rows, fill_rows, find_runs


def fill(x: np.ndarray, max_gap: int) -> np.ndarray:
    """Signals (T,) or (T, C) with their gaps filled."""
    rows = np.array(np.atleast_2d(x.T)[:, None])
    fill_rows(rows, np.isnan(rows[:, 0]), max_gap)
    return rows[:, 0].T.reshape(x.shape)


def test_short_gaps_are_filled_by_pchip() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(300, 5)).cumsum(axis=0)
    x[rng.random(x.shape) < 0.3] = np.nan
    x[[0, -1]] = 0.0  # scipy's rule for the end slopes differs from ours where a gap touches the first or last pair
    x[[1, -2]] = 1.0
    filled = fill(x, 300)
    assert not np.isnan(filled).any()
    t = np.arange(300)
    for column, got in zip(x.T, filled.T, strict=True):
        known = ~np.isnan(column)
        np.testing.assert_allclose(got[2:-2], PchipInterpolator(t[known], column[known])(t)[2:-2], atol=0.2)
        inner = slice(10, -10)
        np.testing.assert_allclose(got[inner], PchipInterpolator(t[known], column[known])(t)[inner], atol=1e-9)


@given(gap=st.integers(1, 12), limit=st.integers(0, 12))
@settings(max_examples=30, deadline=None)
def test_only_gaps_within_the_limit_are_filled(gap: int, limit: int) -> None:
    x = np.arange(40.0)
    x[10 : 10 + gap] = np.nan
    out = fill(x, limit)
    if gap <= limit:
        np.testing.assert_allclose(out, np.arange(40.0), atol=1e-9)
    else:
        np.testing.assert_array_equal(out, x)


def test_gaps_at_the_ends_are_never_filled() -> None:
    x = np.arange(20.0)
    x[:2] = x[-2:] = np.nan
    np.testing.assert_array_equal(fill(x, 10), x)


def test_runs_and_bridges() -> None:
    on = np.random.default_rng(6).random((20, 50)) < 0.5
    row, start, stop = find_runs(on)
    again = np.zeros_like(on)
    for r, a, b in zip(row, start, stop, strict=True):
        again[r, a:b] = True
        assert a == 0 or not on[r, a - 1]
        assert b == 50 or not on[r, b]
    assert np.array_equal(again, on)
    rows = np.array([[np.nan, 1, np.nan, np.nan, 4, np.nan], [np.nan] * 6])
    assert bridge_rows(rows).tolist() == [[1, 1, 2, 3, 4, 4], [0] * 6]
    points = np.stack([rows, 2 * rows], axis=1)
    assert bridge_rows(points)[0].tolist() == [[1, 1, 2, 3, 4, 4], [2, 2, 4, 6, 8, 8]]
    filled = fill_rows(points, np.isnan(points[:, 0]), 2)
    assert [a.tolist() for a in filled] == [[0], [2], [4]]
    np.testing.assert_allclose(points[0, 1, 1:5], [2, 4, 6, 8])
