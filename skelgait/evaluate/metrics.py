"""Metrics of a confusion matrix, of any number of them at once.

A confusion matrix is (..., L, L): true level by rows, answered level by columns, counts or weights. Leading axes are whatever the
caller stacks (resamples, runs, items). A value that is not defined (a level that never occurs, no walks at all) is NaN.
"""

from __future__ import annotations

import numpy as np


def share_of(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part of a whole, NaN of nothing."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def mean_known(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is defined."""
    known = np.isfinite(values)
    return share_of(np.where(known, values, 0).sum(axis=-1), known.sum(axis=-1))


def _diagonal(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Share of answers that are right."""
    return share_of(_diagonal(confusion).sum(axis=-1), confusion.sum(axis=(-2, -1)))


def sensitivity(confusion: np.ndarray) -> np.ndarray:
    """(..., L) share of each level's walks that are given that level (recall)."""
    return share_of(_diagonal(confusion), confusion.sum(axis=-1))


def specificity(confusion: np.ndarray) -> np.ndarray:
    """(..., L) share of the walks of all other levels that are not given this one."""
    total = confusion.sum(axis=(-2, -1))[..., None]
    others = total - confusion.sum(axis=-1)
    return share_of(others - (confusion.sum(axis=-2) - _diagonal(confusion)), others)


def precision(confusion: np.ndarray) -> np.ndarray:
    """(..., L) share of the walks given a level that have it; 0 where a level that occurs is never given."""
    given = confusion.sum(axis=-2)
    values = share_of(_diagonal(confusion), given)
    return np.where((given == 0) & (confusion.sum(axis=-1) > 0), 0.0, values)


def f1(confusion: np.ndarray) -> np.ndarray:
    """(..., L) harmonic mean of precision and sensitivity; NaN for a level that does not occur."""
    true, given = confusion.sum(axis=-1), confusion.sum(axis=-2)
    return np.where(true > 0, share_of(2 * _diagonal(confusion), true + given), np.nan)


def _over_levels(values: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    return mean_known(np.where(confusion.sum(axis=-1) > 0, values, np.nan))


def balanced_accuracy(confusion: np.ndarray) -> np.ndarray:
    """Mean sensitivity over the levels that occur; the same as macro recall."""
    return mean_known(sensitivity(confusion))


def macro_precision(confusion: np.ndarray) -> np.ndarray:
    """Mean precision over the levels that occur."""
    return _over_levels(precision(confusion), confusion)


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 over the levels that occur."""
    return _over_levels(f1(confusion), confusion)


def pooled(confusion: np.ndarray, negative: int) -> np.ndarray:
    """(..., 2, 2) confusion of "any other level" (second) against one level (first)."""
    other = np.arange(confusion.shape[-1]) != negative
    join = np.stack([~other, other]).astype(float)
    return join @ confusion @ join.T


def level_distance(levels: int, power: int) -> np.ndarray:
    """(L, L) steps between levels to a power; power 0: 1 wherever they differ."""
    steps = np.abs(np.subtract.outer(np.arange(levels), np.arange(levels))).astype(float)
    return (steps > 0).astype(float) if power == 0 else steps**power


def kappa(confusion: np.ndarray, power: int = 0) -> np.ndarray:
    """Cohen's kappa: unweighted (0), linearly (1) or quadratically (2) weighted.

    Notes
    -----
    One minus observed over expected disagreement; NaN when no disagreement could be expected (one level in both).
    """
    cost = level_distance(confusion.shape[-1], power)
    total = confusion.sum(axis=(-2, -1))
    expected = confusion.sum(axis=-1)[..., :, None] * confusion.sum(axis=-2)[..., None, :]
    return 1 - share_of((cost * confusion).sum(axis=(-2, -1)) * total, (cost * expected).sum(axis=(-2, -1)))


def mean_absolute_error(confusion: np.ndarray) -> np.ndarray:
    """Mean number of levels between the answer and the truth."""
    return share_of((level_distance(confusion.shape[-1], 1) * confusion).sum(axis=(-2, -1)), confusion.sum(axis=(-2, -1)))
