"""Area under the receiver operating curve, for many weightings of the same walks at once."""

from __future__ import annotations

import numpy as np


def weighted_auc(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Chance that a positive walk has a higher score than a negative one, ties counting half.

    Parameters
    ----------
    scores : (n,)
    positive : (n,) bool
    weights : (R, n)
        How often each walk counts.

    Returns
    -------
    (R,)
        NaN where there is no positive or no negative walk.
    """
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.r_[0, np.flatnonzero(np.diff(ranked) > 0) + 1].astype(int) if len(ranked) else np.empty(0, int)
    if not len(starts):
        return np.full(len(weights), np.nan)
    sorted_weights = weights[:, order]
    up = np.add.reduceat(sorted_weights * positive[order], starts, axis=1)
    down = np.add.reduceat(sorted_weights * ~positive[order], starts, axis=1)
    below = np.cumsum(down, axis=1) - down / 2
    pairs = up.sum(axis=1) * down.sum(axis=1)
    return np.divide((up * below).sum(axis=1), pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def macro_auc(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over levels of each level against the rest, (R,); for two levels that of the second.

    Parameters
    ----------
    scores : (n, L)
    truth : (n,) int
    weights : (R, n)

    Notes
    -----
    Levels without a walk, or with every walk, are left out of the mean.
    """
    levels = [1] if scores.shape[1] == 2 else range(scores.shape[1])
    each = np.stack([weighted_auc(scores[:, level], truth == level, weights) for level in levels])
    known = np.isfinite(each)
    count = known.sum(axis=0)
    return np.divide(np.where(known, each, 0).sum(axis=0), count, out=np.full(len(weights), np.nan), where=count > 0)
