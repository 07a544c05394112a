"""From probabilities to answers, and how many of them are right: for every model of this room."""

from __future__ import annotations

from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import NOT_KNOWN, Task


def decide_levels(task: Task, probabilities: np.ndarray, thresholds: np.ndarray | None, least: float = 0.0) -> np.ndarray:
    """Codes of the levels that are answered.

    Parameters
    ----------
    task : Task
    probabilities : (n, L) or (n, I, L)
    thresholds : (I,), optional
        For two levels: from which probability of the level that is not the reference it is answered. Default: the likelier.
    least : float
        No answer where the likeliest level has less.

    Returns
    -------
    (n,) or (n, I) int
        -1 where there is no answer, as where there is no probability.
    """
    codes = probabilities.argmax(-1)
    if thresholds is not None:
        base = task.levels.index(task.reference)
        codes = np.where(probabilities[..., 1 - base] >= thresholds, 1 - base, base)
    return np.where(probabilities.max(-1) >= least, codes, NOT_KNOWN)


def share_right(codes: np.ndarray, said: np.ndarray, sample_weight: Any = None) -> float:
    """Mean accuracy over the items (n, I) that were scored; no answer is not right."""
    weight = np.ones(len(codes)) if sample_weight is None else np.asarray(sample_weight, float)
    weight = np.where(codes != NOT_KNOWN, weight[:, None], 0.0)
    if not weight.sum() > 0:
        raise SkelgaitError("no trial has a known answer that counts", do="y, trial.labels, or weights above zero")
    return float(((said == codes) * weight).sum() / weight.sum())
