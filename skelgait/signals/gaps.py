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
    row, column = edges.nonzero()
    return row[::2], column[::2], column[1::2]


def spread_ranges(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every index inside the given half-open ranges, and the number of the range it belongs to."""
    length = stop - start
    run = np.arange(len(start)).repeat(length)
    first = length.cumsum() - length
    return np.arange(len(run)) + (start - first)[run], run


def fill_rows(rows: np.ndarray, missing: np.ndarray, max_gap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fill short gaps in place by shape-preserving cubic interpolation (PCHIP); longer ones and the ends stay NaN.

    Parameters
    ----------
    rows : (C, D, T)
        Points over time; changed in place.
    missing : (C, T) bool
        Where all D coordinates of a point are missing.
    max_gap : int, frames
        Longest gap that is filled.

    Returns
    -------
    row, start, stop : (R,) int
        The gaps that were filled, half-open.

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
    >>> x = np.array([[[0.0, 1, np.nan, 3, 4, np.nan, np.nan]]])
    >>> _ = fill_rows(x, np.isnan(x[:, 0]), 2)
    >>> x[0, 0].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, nan, nan]
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
    # both edges of all gaps at once: the last known sample before and the first one after, and the one beyond either
    edge, beyond = np.array([start - 1, stop]), np.array([before, after])
    h = (edge[1] - edge[0]).astype(float)[:, None]
    y = rows[row, :, edge]
    d = (y[1] - y[0]) / h
    slope = _pchip_slopes(rows[row, :, beyond] - y, np.abs(edge - beyond).astype(float)[..., None], d, h)
    slope = np.where((beyond < 0)[..., None], d, slope)
    at, gap = spread_ranges(start, stop)
    h = h[gap]
    u = (at - edge[0, gap])[:, None] / h
    v = 1 - u
    curve = (1 + 2 * u) * v * v * y[0, gap] + u * v * v * h * slope[0, gap]
    rows[row[gap], :, at] = curve + u * u * (3 - 2 * u) * y[1, gap] + -u * u * v * h * slope[1, gap]
    return row, start, stop


def _pchip_slopes(rise: np.ndarray, h2: np.ndarray, d: np.ndarray, h: np.ndarray) -> np.ndarray:
    """PCHIP slopes at both edges of gaps, (2, R, D): from the gap's own slope ``d`` over ``h`` and the rise to the next sample.

    ``rise`` (2, R, D) is that of the sample before the first edge and of the one after the second, ``h2`` away (2, R, 1).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        d2 = np.array([-1.0, 1.0])[:, None, None] * rise / h2
        w1, w2 = 2 * h + h2, h + 2 * h2
        return np.where(d * d2 > 0, (w1 + w2) / (w1 / d2 + w2 / d), 0.0)


def bridge_rows(rows: np.ndarray, missing: np.ndarray | None = None) -> np.ndarray:
    """Rows (C, T), or points (C, D, T), with every gap crossed by a straight line and the ends held; what is never known is 0.

    ``missing`` (C, T) is found where it is not given.
    """
    missing = np.isnan(rows if rows.ndim == 2 else rows[:, 0]) if missing is None else missing
    out = rows.copy()
    row, start, stop = find_runs(missing)
    if not len(row):
        return out
    points = out if rows.ndim == 3 else out[:, None]
    frames = rows.shape[-1]
    left, right = np.where(start > 0, start - 1, stop), np.where(stop < frames, stop, start - 1)
    none = (start == 0) & (stop == frames)
    left[none] = right[none] = 0
    y0, y1 = points[row, :, left], points[row, :, right]
    y0[none] = y1[none] = 0.0
    at, gap = spread_ranges(start, stop)
    share = (at - start[gap] + 1) / (stop - start + 1)[gap]
    points[row[gap], :, at] = y0[gap] + share[:, None] * (y1 - y0)[gap]
    return out
