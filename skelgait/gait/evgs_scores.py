"""From a measured value to a score of 0, 1 or 2, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skelgait.tasks.evgs import SCORES_OF_BANDS


def band_scores(value: np.ndarray | float, edges: Sequence[float]) -> np.ndarray:
    """Score of the band each value lies in.

    Parameters
    ----------
    value : (...)
    edges : four limits, increasing
        Between the bands of score 2, 1, 0, 1, 2.

    Returns
    -------
    (...)
        NaN of NaN.

    Examples
    --------
    >>> band_scores(np.array([-11, 7, 15.4, 15.6, 40, np.nan]), (-10.5, -0.5, 15.5, 25.5))
    array([ 2.,  0.,  0.,  1.,  2., nan])
    """
    value = np.asarray(value, float)
    return np.where(np.isnan(value), np.nan, np.array(SCORES_OF_BANDS, float)[np.searchsorted(edges, value)])


def score_probabilities(value: np.ndarray | float, edges: Sequence[float], error: np.ndarray | float) -> np.ndarray:
    """Probability of the scores 0, 1 and 2, for values measured with an error.

    Parameters
    ----------
    value : (...)
    edges : four limits, increasing
    error : (...), standard deviation
        Of the true value about the measured one, normally spread.

    Returns
    -------
    (..., 3)
        Sums to 1; NaN of NaN.

    Examples
    --------
    >>> score_probabilities(np.array([7.5, 15.5]), (-10.5, -0.5, 15.5, 25.5), 5.0).round(2)
    array([[0.89, 0.11, 0.  ],
           [0.5 , 0.48, 0.02]])
    """
    from scipy.special import ndtr

    value = np.asarray(value, float)[..., None]
    spread = np.maximum(np.asarray(error, float)[..., None], 1e-9)
    below = ndtr((np.asarray(edges, float) - value) / spread)
    bands = np.diff(below, axis=-1, prepend=0.0, append=1.0)
    of_score = (np.array(SCORES_OF_BANDS)[:, None] == np.arange(3)).astype(float)
    return np.where(np.isnan(value), np.nan, bands @ of_score)


def margin_to(value: np.ndarray | float, edges: Sequence[float]) -> np.ndarray:
    """How far each value is from the nearest limit, (...); infinite where there is none.

    Examples
    --------
    >>> margin_to(np.array([7.0, 30.0]), (-10.5, -0.5, 15.5, 25.5))
    array([7.5, 4.5])
    """
    return np.abs(np.asarray(value, float)[..., None] - np.asarray(edges, float)).min(axis=-1)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Value with half of the weight on either side; between two values when it falls between them.

    Parameters
    ----------
    values : (N,)
        None NaN.
    weights : (N,), not negative
        All zero counts as all equal.

    Returns
    -------
    float
        With equal weights the median; NaN of nothing. For values that count whole numbers of times see
        `skelgait.gait.visit.counted_median`.

    Examples
    --------
    >>> weighted_median(np.array([9.0, 1.0, 2.0]), np.ones(3)), weighted_median(np.array([1.0, 3.0]), np.ones(2))
    (2.0, 2.0)
    """
    if not len(values):
        return float("nan")
    weights = np.asarray(weights, float) if np.sum(weights) > 0 else np.ones(len(values))
    order = np.lexsort((weights, np.round(values, 9)))  # of equal values the lighter one comes first: their order changes nothing
    middle = np.cumsum(weights[order]) - 0.5 * weights[order]
    return float(np.interp(0.5 * weights.sum(), middle, values[order]))
