"""Tops and bottoms of signals, to a part of a frame, for many windows at once."""

from __future__ import annotations

import numpy as np


def alternating_peaks(rows: np.ndarray, least: np.ndarray, apart: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Tops and bottoms of signals, by turns; the ends of a signal may be either.

    Parameters
    ----------
    rows : (R, T)
    least : (R,)
        Least prominence in each signal.
    apart : int
        Least distance of two tops, or of two bottoms, in samples.

    Returns
    -------
    row, at : (N,) int
        Which signal, and which sample of it; in this order.
    top : (N,) bool
    prominence : (N,)

    Examples
    --------
    >>> row, at, top, _ = alternating_peaks(np.sin(np.arange(20.0))[None], np.array([0.5]), 1)
    >>> at.tolist(), top[:3].tolist()
    ([0, 2, 5, 8, 11, 14, 17, 19], [False, True, False])
    """
    from scipy.signal import find_peaks

    signals, n = rows.shape
    apart = max(1, apart)
    reach = rows.max(axis=1) - rows.min(axis=1)
    # each signal and its mirror image, one after the other, with walls between them that no top reaches across
    walled = np.full((2 * signals, n + apart), -np.inf)
    walled[::2, :n], walled[1::2, :n] = rows, -rows
    line = np.concatenate([[-np.inf], walled.ravel()])
    # of two as high the earlier stays, whatever stands beside them: a billionth of the reach a signal's length decides
    peaks, _ = find_peaks(line)
    part, at = np.divmod(peaks - 1, n + apart)
    line[peaks] += reach[part // 2] * (1 - at / n) * 1e-9
    where, info = find_peaks(line, distance=apart, prominence=least.min())
    part, at = np.divmod(where - 1, n + apart)
    row, way, prominence = part // 2, 1 - 2 * (part % 2), info["prominences"]
    order = np.lexsort((at, row))
    order = order[(prominence >= least[row])[order] & (reach >= least)[row][order]]
    row, at, way, prominence = row[order], at[order], way[order], prominence[order]
    change = (way[1:] != way[:-1]) | (row[1:] != row[:-1])
    if not change.all():  # of neighbours that turn the same way the one that goes farther stays
        run = np.concatenate([[0], change.cumsum()])
        order = np.lexsort((-way * rows[row, at], run))
        keep = np.sort(order[np.concatenate([[True], run[order][1:] != run[order][:-1]])])
        row, at, way, prominence = row[keep], at[keep], way[keep], prominence[keep]
    return row, at, way > 0, np.minimum(prominence, reach[row])


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
