"""Answers with their resamples, and the limits they give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.answers import Answers
from skelgait.evaluate.intervals import draw_weights, exact_interval, percentile_interval
from skelgait.evaluate.scores import Counts, Scores

FEW = 10  # subjects under whom an interval says little


@dataclass(frozen=True, eq=False)
class Sample:
    """Answers, their counts and their resamples, made once for a table.

    Parameters
    ----------
    answers : Answers
    counts : Counts
    once, drawn : Scores
        As they are, and resampled.
    """

    answers: Answers
    counts: Counts
    once: Scores
    drawn: Scores


def take_sample(answers: Answers, n_boot: int, random_state: int) -> Sample:
    """Answers with their resamples of subjects."""
    counts = Counts(answers)
    if not len(counts.subjects):
        raise SkelgaitError(
            "there is nothing to score",
            found=f"{int((answers.truth >= 0).sum())} known answers, {int((answers.predicted >= 0).sum())} given ones",
            expected="walks whose true answer is known and that the model answered",
        )
    weights = draw_weights(len(counts.subjects), n_boot, random_state)
    return Sample(answers, counts, counts.once, counts.by(weights))


def limits_of(value: float, drawn: np.ndarray, subjects: int, *, share: bool = False) -> tuple[float, float, str]:
    """Interval and a note, if one is needed."""
    if np.isnan(value):
        return float("nan"), float("nan"), ""
    if subjects < 2:
        return float("nan"), float("nan"), "one subject: no interval"
    if share and value in (0.0, 1.0):
        return *exact_interval(value, subjects), f"exact limits over {subjects} subjects"
    low, high = percentile_interval(drawn, subjects)
    if np.isnan(low):
        return low, high, "hardly any resample has a value"
    if low == high:
        return low, high, "every resample has this value: the interval says nothing"
    return min(low, value), max(high, value), f"only {subjects} subjects" if subjects < FEW else ""
