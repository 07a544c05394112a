"""Gaps: where they are, filling the short ones, crossing them all. Whole arrays at once, time along axis 0 or in rows."""

from __future__ import annotations

import numpy as np


def to_rows(values: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    """Time-first values as contiguous rows of channels, (C, T), and the trailing shape to go back."""
    values = np.asarray(values, dtype=float)
    return np.ascontiguousarray(values.reshape(len(values), -1).T), values.shape[1:]


def from_rows(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`to_rows` undone."""
    return np.ascontiguousarray(rows.T).reshape(rows.shape[1], *shape)


def find_runs(on: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unbroken stretches of True along each row.

    Parameters
    ----------
    on : (C, T) bool
        Rows of flags.

    Returns
    -------
    row, start, stop : (R,) int
        One entry a run, half-open, ordered by row and start.

    Examples
    --------
    >>> [a.tolist() for a in find_runs(np.array([[True, False, True, True], [False] * 4]))]
    [[0, 0], [0, 2], [1, 4]]
    """
    rows, frames = on.shape
    edges = np.zeros((rows, frames + 1), bool)
    edges[:, 0] = on[:, 0]
    edges[:, -1] = on[:, -1]
    np.not_equal(on[:, 1:], on[:, :-1], out=edges[:, 1:-1])
    at = np.flatnonzero(edges)
    row, column = np.divmod(at, frames + 1)
    return row[::2], column[::2], column[1::2]


def spread_ranges(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every index inside the given half-open ranges, and the number of the range it belongs to."""
    length = stop - start
    run = np.repeat(np.arange(len(start)), length)
    first = np.cumsum(length) - length
    return np.arange(len(run)) - first[run] + start[run], run


def fill_gaps(values: np.ndarray, max_gap: int) -> np.ndarray:
    """Fill short gaps by shape-preserving cubic interpolation (PCHIP); longer ones and the ends stay NaN.

    Parameters
    ----------
    values : (T, ...)
        Signals over time; NaN where missing.
    max_gap : int, frames
        Longest gap that is filled.

    Returns
    -------
    (T, ...)
        Same shape; known samples are untouched.

    Notes
    -----
    The same curve as ``scipy.interpolate.PchipInterpolator`` over the known samples, evaluated only inside the gaps. A sample
    with known neighbours on one side only takes the slope of the gap itself.

    References
    ----------
    Fritsch FN, Butland J. A method for constructing local monotone piecewise cubic interpolants. SIAM J Sci Stat Comput 1984;
    5:300-304. doi:10.1137/0905021

    Examples
    --------
    >>> fill_gaps(np.array([0.0, 1, np.nan, 3, 4, np.nan, np.nan]), 2).tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, nan, nan]
    """
    rows, shape = to_rows(values)
    fill_rows(rows[:, None], np.isnan(rows), max_gap)
    return from_rows(rows, shape)


def fill_rows(rows: np.ndarray, missing: np.ndarray, max_gap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`fill_gaps` in place on points that already lie in rows, (C, D, T), missing in all D coordinates at once (C, T).

    Returns the gaps that were filled: row, start and stop (half-open).
    """
    frames = rows.shape[2]
    row, start, stop = find_runs(missing)
    inner = (start > 0) & (stop < frames) & (stop - start <= max_gap)
    if not inner.any():
        return row[:0], start[:0], stop[:0]
    # the known sample before each gap's left edge and after its right edge, where there is one: the neighbouring gap decides
    before = np.where(start > 1, start - 2, -1)
    after = np.where(stop < frames - 1, stop + 1, -1)
    touching = (row[1:] == row[:-1]) & (stop[:-1] == start[1:] - 1)  # one known sample between two gaps
    before[1:][touching] = start[:-1][touching] - 1
    after[:-1][touching] = np.where(stop[1:][touching] < frames, stop[1:][touching], -1)
    row, start, stop, before, after = (a[inner] for a in (row, start, stop, before, after))
    left, right = start - 1, stop
    h = (right - left).astype(float)
    at, gap = spread_ranges(start, stop)
    u = (at - left[gap]) / h[gap]
    v = 1 - u
    weights = (1 + 2 * u) * v * v, u * v * v * h[gap], u * u * (3 - 2 * u), -u * u * v * h[gap]
    for axis in range(rows.shape[1]):
        course = rows[:, axis]
        y0, y1 = course[row, left], course[row, right]
        d = (y1 - y0) / h
        slope0 = _pchip_slope(course, row, before, left, y0, d, h, -1)
        slope1 = _pchip_slope(course, row, after, right, y1, d, h, 1)
        course[row[gap], at] = sum(w * y[gap] for w, y in zip(weights, (y0, slope0, y1, slope1), strict=True))
    return row, start, stop


def _pchip_slope(
    rows: np.ndarray, row: np.ndarray, far: np.ndarray, near: np.ndarray, y: np.ndarray, d: np.ndarray, h: np.ndarray, side: int
) -> np.ndarray:
    """PCHIP slope at the gap's edge ``near`` from the gap's own slope ``d`` and the next known sample ``far`` (-1: none)."""
    h2 = np.abs(near - far).astype(float)
    d2 = side * (rows[row, far] - y) / h2
    with np.errstate(divide="ignore", invalid="ignore"):
        w1, w2 = 2 * h + h2, h + 2 * h2
        slope = np.where(d * d2 > 0, (w1 + w2) / (w1 / d2 + w2 / d), 0.0)
    return np.where(far < 0, d, slope)


def bridge_rows(rows: np.ndarray, missing: np.ndarray | None = None) -> np.ndarray:
    """Rows with every gap crossed by a straight line and the ends held; a row never known is 0."""
    missing = np.isnan(rows) if missing is None else missing
    out = rows.copy()
    row, start, stop = find_runs(missing)
    if not len(row):
        return out
    frames = rows.shape[1]
    left, right = np.where(start > 0, start - 1, stop), np.where(stop < frames, stop, start - 1)
    none = (start == 0) & (stop == frames)
    y0 = np.where(none, 0.0, rows[row, np.clip(left, 0, frames - 1)])
    y1 = np.where(none, 0.0, rows[row, np.clip(right, 0, frames - 1)])
    at, gap = spread_ranges(start, stop)
    share = (at - start[gap] + 1) / (stop - start + 1)[gap]
    out[row[gap], at] = y0[gap] + share * (y1 - y0)[gap]
    return out
