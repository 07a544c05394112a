"""Tops and bottoms of signals, to a part of a frame, for many windows at once."""

from __future__ import annotations

import numpy as np


def alternating_peaks(row: np.ndarray, least: float, apart: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tops and bottoms of a signal, by turns; its ends may be either.

    Parameters
    ----------
    row : (T,)
    least : float
        Least prominence.
    apart : int
        Least distance of two tops, or of two bottoms, in samples.

    Returns
    -------
    at : (N,) int
    top : (N,) bool
    prominence : (N,)

    Examples
    --------
    >>> at, top, _ = alternating_peaks(np.sin(np.arange(20.0)), 0.5, 1)
    >>> at.tolist(), top[:3].tolist()
    ([0, 2, 5, 8, 11, 14, 17, 19], [False, True, False])
    """
    from scipy.signal import find_peaks

    reach = row.max() - row.min()
    if not reach >= least:
        return np.zeros(0, int), np.zeros(0, bool), np.zeros(0)
    # the signal and then its mirror image, with walls before, between and behind that no top reaches across
    n, apart = len(row), max(1, apart)
    walled = np.full(2 * n + apart + 2, -np.inf)
    walled[1 : n + 1], walled[-n - 1 : -1] = row, -row
    where, info = find_peaks(walled, distance=apart, prominence=least)
    way, prominence = np.where(where <= n, 1, -1), info["prominences"]
    where = np.where(where <= n, where, where - n - apart) - 1
    order = np.argsort(where, kind="stable")
    where, way, prominence = where[order], way[order], prominence[order]
    change = way[1:] != way[:-1]
    if not change.all():  # of neighbours that turn the same way the one that goes farther stays
        run = np.concatenate([[0], np.cumsum(change)])
        order = np.lexsort((-way * row[where], run))
        keep = np.sort(order[np.concatenate([[True], run[order][1:] != run[order][:-1]])])
        where, way, prominence = where[keep], way[keep], prominence[keep]
    return where, way > 0, np.minimum(prominence, reach)


def span(fps: float, before_s: float, after_s: float) -> np.ndarray:
    """Columns from ``before_s`` before to ``after_s`` after, at least two on each side: (W,) int."""
    return np.arange(-max(2, round(before_s * fps)), max(2, round(after_s * fps)) + 1)


def gather(
    rows: np.ndarray, which: np.ndarray, around: np.ndarray, offset: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows of signals.

    Parameters
    ----------
    rows : (R, T)
        Signals.
    which : (N,) int
        The row of each window.
    around : (N,) columns
        Its middle.
    offset : (W,) int
        Columns from there.

    Returns
    -------
    window : (N, W)
    inside : (N, W) bool
        False beyond the ends, where the window repeats the end sample.
    first : (N,) int
        Its first column.

    Examples
    --------
    >>> window, inside, first = gather(np.arange(6.0)[None], np.array([0]), np.array([4.2]), np.arange(-1, 3))
    >>> window.tolist(), inside.tolist(), first.tolist()
    ([[3.0, 4.0, 5.0, 5.0]], [[True, True, True, False]], [3])
    """
    near = np.rint(around).astype(int)
    at = near[:, None] + offset
    columns = rows.shape[1]
    held = np.minimum(np.maximum(at, 0), columns - 1)
    return rows.ravel().take(columns * which[:, None] + held), at == held, near + offset[0]


def highest_peak(window: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place (N,) and height (N,) of the highest local maximum of each window, by a parabola; NaN where there is none."""
    middle = window[:, 1:-1]
    top = (middle >= window[:, :-2]) & (middle > window[:, 2:]) & inside[:, :-2] & inside[:, 2:]
    at = np.where(top, middle, -np.inf).argmax(axis=1)
    n = np.arange(len(window))
    before, here, after = window[n, at], window[n, at + 1], window[n, at + 2]
    none = ~top[n, at]
    bend = 2 * here - before - after
    bend[none] = here[none] = np.nan
    return at + 1 + 0.5 * (after - before) / bend, here
