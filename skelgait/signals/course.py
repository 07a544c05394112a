"""Where a point should be, from what it does round about: a curve that does not mind if a quarter of its samples are wrong."""

from __future__ import annotations

import numpy as np

ROUNDS = 8


def courses(rows: np.ndarray, half: int, near: float) -> np.ndarray:
    """Smooth courses through samples of which some are badly wrong.

    Parameters
    ----------
    rows : (C, T)
        Signals in rows; NaN where missing.
    half : int, samples
        The course at a sample is told from so many on either side.
    near : float
        Samples this far off count for little, in the unit of ``rows``.

    Returns
    -------
    (C, T)
        NaN where fewer than four samples are known round about.

    Notes
    -----
    A parabola through each window by iteratively reweighted least squares: first nearly by least absolute deviations, then with
    the weights of Cauchy's distribution squared, which leave out what is far away.

    References
    ----------
    Cleveland WS. Robust locally weighted regression and smoothing scatterplots. J Am Stat Assoc 1979;74:829-836.
    doi:10.2307/2286407

    Examples
    --------
    >>> x = np.arange(30.0) ** 2
    >>> x[[10, 11, 14]] += 400
    >>> bool(np.abs(courses(x[None], 6, 5.0)[0, 9:16] - np.arange(9, 16) ** 2).max() < 1)
    True
    """
    t = np.arange(-half, half + 1) / half
    powers = np.stack([np.ones_like(t), t, t * t], axis=1)
    edge = np.full((len(rows), half), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([edge, rows, edge], axis=1), 2 * half + 1, axis=1)
    known = ~np.isnan(windows)
    values = np.where(known, windows, 0.0)
    base = known * np.exp(-(t**2) / 2)
    weights = base
    for k in range(ROUNDS):
        square = np.einsum("ctw,wi,wj->ctij", weights, powers, powers, optimize=True) + 1e-6 * np.eye(3)
        level = np.einsum("ctw,wi,ctw->cti", weights, powers, values, optimize=True)
        fit = np.linalg.solve(square, level[..., None])[..., 0]
        off = np.abs(values - fit @ powers.T) / near
        weights = base / (1 + off) if k == 0 else base / (1 + off**2) ** 2
    return np.where(known.sum(axis=2) >= 4, fit[..., 0], np.nan)
