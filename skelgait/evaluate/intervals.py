"""How sure a score is: resampling subjects, never walks."""

from __future__ import annotations

import numpy as np

CONFIDENCE = 0.95


def draw_weights(n_subjects: int, n_boot: int, random_state: int = 0) -> np.ndarray:
    """(n_boot, n_subjects) how often each subject is drawn, with replacement, in each resample."""
    random = np.random.default_rng(random_state)
    return random.multinomial(n_subjects, np.full(n_subjects, 1 / n_subjects), size=n_boot).astype(float)


def percentile_interval(resamples: np.ndarray, n_subjects: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Percentiles of resampled values (R,), widened for few subjects; NaN without two subjects.

    Notes
    -----
    A bootstrap of n subjects is too narrow by the factor sqrt((n - 1) / n), and takes normal where Student's quantiles belong.
    The percentiles are moved outwards to make up for both (the "expanded percentile" interval). Resamples in which the value is
    not defined are left out.

    References
    ----------
    Hesterberg TC. What teachers should know about the bootstrap. Am Stat 2015;69:371-386, doi:10.1080/00031305.2015.1089789.
    """
    known = resamples[np.isfinite(resamples)]
    if n_subjects < 2 or len(known) < 20:
        return float("nan"), float("nan")
    low, high = np.quantile(known, _expanded(n_subjects, confidence))
    return float(low), float(high)


def reflected_interval(
    value: float, resamples: np.ndarray, n_subjects: int, *, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The percentile interval mirrored at the value: for a value that resampling drives one way, like a calibration error."""
    low, high = percentile_interval(resamples, n_subjects, confidence=confidence)
    return 2 * value - high, 2 * value - low


def exact_interval(value: float, n_subjects: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Clopper and Pearson's limits of a share that was 0 or 1 in every one of n subjects."""
    bound = ((1 - confidence) / 2) ** (1 / max(n_subjects, 1))
    return (bound, 1.0) if value > 0.5 else (0.0, 1 - bound)


def _expanded(n: int, confidence: float) -> tuple[float, float]:
    from scipy.stats import norm, t

    tail = float(norm.cdf(-np.sqrt(n / (n - 1)) * t.ppf((1 + confidence) / 2, n - 1)))
    return tail, 1 - tail
