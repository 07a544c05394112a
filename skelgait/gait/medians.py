"""Medians of short arrays, without what `numpy.median` spends on being general."""

from __future__ import annotations

import numpy as np


def middle(values: np.ndarray) -> float:
    """Median of some numbers.

    Parameters
    ----------
    values : (N,)

    Returns
    -------
    float
        NaN without a number.

    Examples
    --------
    >>> middle(np.array([3.0, 1.0, 2.0, 10.0]))
    2.5
    """
    ordered, n = np.sort(values), len(values)
    return 0.5 * float(ordered[(n - 1) // 2] + ordered[n // 2]) if n else np.nan


def column_medians(values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median down each column, NaN left out.

    Parameters
    ----------
    values : (N, C)
    count : (C,) int
        How many of each column are not NaN.

    Returns
    -------
    (C,)
        NaN where none is.
    """
    if not len(values):
        return np.full(values.shape[1], np.nan)
    ordered = np.sort(values, axis=0)  # NaN goes last
    each, n = np.arange(values.shape[1]), np.maximum(count, 1)
    return 0.5 * (ordered[(n - 1) // 2, each] + ordered[n // 2, each])
