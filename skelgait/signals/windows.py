"""Medians and straight lines over stretches of a signal with gaps: what the slow questions (heading, size, view) are asked of."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def quantile(values: np.ndarray, share: float = 0.5) -> float:
    """Quantile of known values, without what `numpy.quantile` spends on being general; NaN of none.

    Examples
    --------
    >>> quantile(np.array([3.0, 1.0, 2.0, 10.0])), quantile(np.arange(11.0), 0.6)
    (2.5, 6.0)
    """
    if not len(values):
        return float("nan")
    ordered = np.sort(values)
    at = share * (len(values) - 1)
    low = int(at)
    first, second = float(ordered[low]), float(ordered[min(low + 1, len(values) - 1)])
    return first + (at - low) * (second - first)


def block_medians(values: np.ndarray, block: int) -> np.ndarray:
    """Medians over blocks of frames, leaving NaN out: (C, T) to (C, ceil(T / block)); all-NaN blocks are NaN."""
    channels, frames = values.shape
    n = -(-frames // block)
    if n * block != frames:
        values = np.concatenate([values, np.full((channels, n * block - frames), np.nan)], axis=1)
    if block == 1:
        return np.array(values)
    ordered = np.sort(values.reshape(-1, block), axis=1)  # NaN goes last
    out = 0.5 * (ordered[:, (block - 1) // 2] + ordered[:, block // 2])
    gaps = np.isnan(ordered[:, -1]).nonzero()[0]
    if len(gaps):
        known = block - np.isnan(ordered[gaps]).sum(axis=1)
        low, high = np.maximum((known - 1) // 2, 0), np.minimum(known // 2, block - 1)
        out[gaps] = 0.5 * (ordered[gaps, low] + ordered[gaps, high])
    return out.reshape(channels, n)


@lru_cache(maxsize=128)
def windows(n: int, half: int) -> tuple[np.ndarray, np.ndarray]:
    """First and one-past-last index of the window round each of n samples, cut off at the ends."""
    at = np.arange(n)
    return np.maximum(at - half, 0), np.minimum(at + half + 1, n)


def box_sums(values: np.ndarray, half: int) -> np.ndarray:
    """Sums over +- ``half`` samples along the last axis, cut off at the ends: same shape.

    Examples
    --------
    >>> box_sums(np.ones((1, 5)), 1).tolist()
    [[2.0, 3.0, 3.0, 3.0, 2.0]]
    """
    first, stop = windows(values.shape[-1], half)
    total = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    values.cumsum(axis=-1, out=total[..., 1:])
    return total.take(stop, axis=-1) - total.take(first, axis=-1)


def local_lines(values: np.ndarray, half: int) -> tuple[np.ndarray, np.ndarray]:
    """Straight line through a window round each sample, leaving NaN out: its value there and its slope a sample.

    Parameters
    ----------
    values : (C, N)
        Signals in rows.
    half : int
        Samples on either side; the window is cut off at the ends, the line is not bent by it.

    Returns
    -------
    level, slope : (C, N), (C, N)
        NaN where fewer than two samples are known.

    Examples
    --------
    >>> level, slope = local_lines(np.arange(6.0)[None] * 2, 2)
    >>> level[0].round(9).tolist(), slope[0].round(9).tolist()
    ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [2.0, 2.0, 2.0, 2.0, 2.0, 2.0])
    """
    n = values.shape[1]
    known = np.isfinite(values)
    at = np.arange(n) - (n - 1) / 2
    y = np.where(known, values, 0.0)
    offset = y.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    y = np.where(known, y - offset, 0.0)
    w = known.astype(float)
    s0, s1, s2, sy, sty = box_sums(np.array([w, w * at, w * at * at, y, y * at]), half)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_t, mean_y = s1 / s0, sy / s0
        spread = s2 / s0 - mean_t**2
        slope = np.where((s0 >= 2) & (spread > 1e-9), (sty / s0 - mean_t * mean_y) / spread, np.nan)
    return mean_y + offset + slope * (at - mean_t), slope


def local_spread(values: np.ndarray, half: int) -> np.ndarray:
    """Standard deviation within a window round each sample, leaving NaN out, (C, N)."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    y = np.where(known, values, 0.0)
    y = np.where(known, y - y.sum(axis=1, keepdims=True) / count, 0.0)
    s0, s1, s2 = box_sums(np.array([known, y, y * y]), half)
    s0 = np.maximum(s0, 1)
    return np.sqrt(np.maximum(s2 / s0 - (s1 / s0) ** 2, 0))
