"""Knock-knee, bow-leg, or neither: the limits by age, read from ``alignment.csv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import inf

# From the most varus to the most valgus.
ALIGNMENTS = ("genu varum", "neutral", "genu valgum")
# How far a reading of the hip-knee-ankle angle in the image is from the one of another day: standard error of measurement of the
# frontal plane projection angle between days, 2.72 to 3.01 degrees (Munro et al. 2012, doi:10.1123/jsr.21.1.7).
ERROR_DEG = 2.9
# A stance knee bent more than this is bent enough to look knock-kneed or bow-legged when it is turned: 5 degrees at a turn of 15.
MOST_FLEXION_DEG = 20.0
FEWEST_STEPS = 3
AXIS_WARNING = (
    "the line from hip over knee to ankle (mechanical axis), not the tibio-femoral angle of goniometer and most norms of children "
    "(anatomical axes), which reads 5 to 7 degrees more valgus"
)


@dataclass(frozen=True)
class AlignmentLimits:
    """Between which angles a knee is neutral at an age: a row of ``alignment.csv``, degrees, valgus +.

    Parameters
    ----------
    age_from, age_to : float, years
        Half-open.
    centre : float
        Mean of healthy children of the age.
    low, high : float
        Below ``low`` genu varum, above ``high`` genu valgum.
    source, how : str
        Where the numbers come from, and how the limits follow from them.
    """

    age_from: float
    age_to: float
    centre: float
    low: float
    high: float
    source: str
    how: str

    def name(self, valgus_deg: float) -> str:
        """The alignment an angle means.

        Examples
        --------
        >>> alignment_limits(9).name(4.0)
        'genu valgum'
        """
        return ALIGNMENTS[1 + (valgus_deg > self.high) - (valgus_deg < self.low)]

    def margin(self, valgus_deg: float) -> float:
        """Degrees from an angle to the nearer limit."""
        return min(abs(valgus_deg - self.low), abs(valgus_deg - self.high))


@cache
def alignment_rows() -> tuple[AlignmentLimits, ...]:
    """All limits, by age.

    Returns
    -------
    tuple of AlignmentLimits

    Examples
    --------
    >>> [(row.age_from, row.centre) for row in alignment_rows()]
    [(1.0, -3.6), (2.0, 2.5), (3.0, 2.0), (5.0, 1.0), (7.0, 0.0)]
    """
    with (files("skelgait.tasks") / "alignment.csv").open(encoding="utf8") as table:
        rows = list(csv.DictReader(table))
    return tuple(
        AlignmentLimits(
            age_from=float(row["age_from"]),
            age_to=float(row["age_to"] or inf),
            centre=float(row["centre"]),
            low=float(row["low"]),
            high=float(row["high"]),
            source=row["source"],
            how=row["how"],
        )
        for row in rows
    )


def alignment_limits(age_years: float | None) -> AlignmentLimits | None:
    """Limits for an age.

    Parameters
    ----------
    age_years : float or None
        None when it is not known: the limits from 7 years on.

    Returns
    -------
    AlignmentLimits or None
        None below the youngest age with a norm.

    Examples
    --------
    >>> alignment_limits(4).high, alignment_limits(None).high, alignment_limits(0.5)
    (6.0, 3.0, None)
    """
    rows = alignment_rows()
    if age_years is None:
        return rows[-1]
    return next((row for row in rows if row.age_from <= age_years < row.age_to), None)
