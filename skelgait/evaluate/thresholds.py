"""From which probability on an item is answered with the level that is not the reference."""

from __future__ import annotations

import numpy as np

from skelgait.core.errors import SkelgaitError

CRITERIA = ("balanced_accuracy", "f1", "s1")
EVEN = 0.5
MOST_CANDIDATES = 199
SWEEPS = 4  # over all items, of a search that goes item by item


def choose_thresholds(probabilities: np.ndarray, codes: np.ndarray, by: str = "balanced_accuracy") -> np.ndarray:
    """The threshold of each item that would have served best on walks that took no part in training.

    Parameters
    ----------
    probabilities : (n, I)
        Of the level that is not the reference; NaN is no answer. Out of fold: those of walks the model learnt from are too sure.
    codes : (n, I) int
        1 where that level is true, 0 where the reference is, -1 where nobody knows.
    by : {"balanced_accuracy", "f1", "s1"}
        What is to be greatest: mean of sensitivity and specificity of each item; F1 of the level; or of all items together accuracy
        less the error of their sum (root mean square over the number of items), the first score of the CGV challenge but for a
        constant, found item by item.

    Returns
    -------
    (I,)
        Half-way between two probabilities that occur; of equals the one nearest to 0.5. 0.5 where an item has one level only.

    Raises
    ------
    SkelgaitError
        An unknown criterion, or shapes that do not fit.

    Examples
    --------
    >>> choose_thresholds(np.array([[0.1], [0.2], [0.3], [0.4]]), np.array([[0], [0], [1], [1]])).round(2)
    array([0.25])
    """
    p, codes = np.asarray(probabilities, float), np.asarray(codes)
    if by not in CRITERIA:
        raise SkelgaitError(f"thresholds are not chosen by {by!r}", expected=", ".join(CRITERIA))
    if p.ndim != 2 or p.shape != codes.shape:
        raise SkelgaitError("there is not one probability an answer", found=f"{p.shape} and {codes.shape}", expected="(n, I) both")
    known = np.isfinite(p) & (codes >= 0)
    limits = np.full(p.shape[1], EVEN)
    both = [i for i in range(p.shape[1]) if len(np.unique(codes[known[:, i], i])) == 2]
    candidates = {i: _candidates(p[known[:, i], i]) for i in both}
    if by == "s1":
        return _search_total(p, codes == 1, known, limits, candidates)
    for i in both:
        said, true = p[known[:, i], i] >= candidates[i][:, None], codes[known[:, i], i] == 1
        limits[i] = _best(candidates[i], _gain(said, true, by))
    return limits


def _candidates(p: np.ndarray) -> np.ndarray:
    """Half-way between probabilities that occur, 199 at most, and 0.5."""
    values = np.unique(p)
    between = (values[1:] + values[:-1]) / 2
    if len(between) > MOST_CANDIDATES:
        between = np.quantile(between, np.linspace(0, 1, MOST_CANDIDATES))
    return np.append(between, EVEN)


def _gain(said: np.ndarray, true: np.ndarray, by: str) -> np.ndarray:
    """(C,) criterion of each candidate's answers (C, n)."""
    found, wrong = (said & true).sum(1), (said & ~true).sum(1)
    if by == "f1":
        return 2 * found / (found + wrong + true.sum())
    return (found / true.sum() + 1 - wrong / (~true).sum()) / 2


def _best(candidates: np.ndarray, gain: np.ndarray) -> float:
    best = candidates[gain >= gain.max() - 1e-12]
    return float(best[np.abs(best - EVEN).argmin()])


def _search_total(
    p: np.ndarray, true: np.ndarray, known: np.ndarray, limits: np.ndarray, candidates: dict[int, np.ndarray]
) -> np.ndarray:
    """Thresholds item by item, each with the others as they are, until nothing changes."""
    items = p.shape[1]
    said = (p >= limits) & known
    true = true & known
    for _ in range(SWEEPS):
        before = limits.copy()
        for i, tried in candidates.items():
            other = (said.sum(1) - said[:, i]) - true.sum(1)
            mine = (p[:, i] >= tried[:, None]) & known[:, i]
            error = np.sqrt(((other + mine) ** 2).mean(1)) / items
            right = ((mine == true[:, i]) & known[:, i]).sum(1) / known.sum()
            limits[i] = _best(tried, right - error)
            said[:, i] = (p[:, i] >= limits[i]) & known[:, i]
        if np.array_equal(before, limits):
            break
    return limits
