"""Whether probabilities mean what they say."""

from __future__ import annotations

import numpy as np

BINS = 10  # of equal width, of the probability of the level answered


def brier(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(n,) squared distance of the probabilities (n, L) from the truth, summed over levels; halved for two levels.

    Notes
    -----
    Brier's own sum, 0 to 2 for three levels or more; for two levels the usual 0 to 1, as scikit-learn does.
    """
    levels = probabilities.shape[-1]
    score = ((probabilities - (truth[:, None] == np.arange(levels))) ** 2).sum(axis=-1)
    return score / 2 if levels == 2 else score


def bin_of(confidence: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Which of the bins (low, high] a probability falls in; 0 belongs to the first."""
    return np.clip(np.ceil(np.asarray(confidence) * bins - 1e-9).astype(int) - 1, 0, bins - 1)


def gather_bins(confidence: np.ndarray, right: np.ndarray, group: np.ndarray, groups: int, bins: int = BINS) -> np.ndarray:
    """(groups, bins, 3): walks, sum of confidence and number right, by group (subject) and bin."""
    table = np.zeros((groups, bins, 3))
    np.add.at(table, (group, bin_of(confidence, bins)), np.stack([np.ones(len(confidence)), confidence, right], axis=-1))
    return table


def calibration_error(table: np.ndarray) -> np.ndarray:
    """Expected calibration error of tables (..., bins, 3): mean gap between confidence and accuracy, by walks in each bin."""
    total = table[..., 0].sum(axis=-1)
    gap = np.abs(table[..., 1] - table[..., 2]).sum(axis=-1)
    return np.divide(gap, total, out=np.full(total.shape, np.nan), where=total > 0)


def error_if_calibrated(confidence: np.ndarray, random: np.random.Generator, *, bins: int = BINS, draws: int = 200) -> float:
    """Calibration error that as many walks of a perfectly calibrated model would show by chance."""
    if not len(confidence):
        return float("nan")
    place = bin_of(confidence, bins)
    gap = confidence - (random.random((draws, len(confidence))) < confidence)
    sums = gap @ (place[:, None] == np.arange(bins)).astype(float)
    return float(np.abs(sums).sum(axis=1).mean() / len(confidence))
