"""The Edinburgh Visual Gait Score: 17 items a limb, with their limits and their words, read from two tables beside this file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import inf, nan

# The score of each band, from the lowest value to the highest.
SCORES_OF_BANDS = (2, 1, 0, 1, 2)
TIERS = ("computed", "proxy", "not assessable")


@dataclass(frozen=True)
class EvgsItem:
    """One item of the score: a row of ``evgs.csv``.

    Parameters
    ----------
    item : int
        1 to 17.
    name, abbreviation : str
    region : {"foot", "knee", "hip", "pelvis", "trunk"}
    plane : {"sagittal", "coronal", "transverse"}
        Plane of movement the score asks about.
    phase : str
        Part of the stride.
    unit : {"deg", "percent", "percent_ll"}
        ``percent_ll`` is percent of the leg length.
    tier : {"computed", "proxy", "not assessable"}
        What two-dimensional keypoints can do for it.
    low2, low1, high1, high2 : float
        Limits between the bands of score 2, 1, 0, 1, 2, from low values to high ones; infinite where there is no such band.
    error : float
        Standard deviation of the measured value about the true one that keypoints from video bring; NaN where not assessable.
    descriptor : str
        Descriptor it is read from or lives beside, without side.
    what : str
        How it is measured.
    why : str
        Why it is not assessable, or what stands in for it.
    error_source, source : str

    Examples
    --------
    >>> knee = evgs_items()[8]
    >>> knee.name, knee.edges
    ('peak_knee_extension_stance', (-10.5, -0.5, 15.5, 25.5))
    """

    item: int
    name: str
    abbreviation: str
    region: str
    plane: str
    phase: str
    unit: str
    tier: str
    low2: float
    low1: float
    high1: float
    high2: float
    error: float
    descriptor: str
    what: str
    why: str
    error_source: str
    source: str

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """The four limits, increasing."""
        return self.low2, self.low1, self.high1, self.high2

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ")


@cache
def evgs_items() -> tuple[EvgsItem, ...]:
    """The 17 items, in order.

    Returns
    -------
    tuple of EvgsItem

    Examples
    --------
    >>> [i.item for i in evgs_items() if i.tier != "computed"]
    [4, 5, 8, 15]
    """

    def number(text: str, absent: float) -> float:
        return float(text) if text else absent

    with (files("skelgait.tasks") / "evgs.csv").open(encoding="utf8") as table:
        rows = list(csv.DictReader(table))
    return tuple(
        EvgsItem(
            item=int(row.pop("item")),
            low2=number(row.pop("low2"), -inf),
            low1=number(row.pop("low1"), -inf),
            high1=number(row.pop("high1"), inf),
            high2=number(row.pop("high2"), inf),
            error=number(row.pop("error"), nan),
            **row,
        )
        for row in rows
    )


@dataclass(frozen=True)
class EvgsCriterion:
    """What an observer looks at and what makes each score: a row of ``evgs_criteria.csv``.

    Parameters
    ----------
    item : int
        1 to 17.
    look : str
        What is looked at.
    zero, one, two : str
        What scores 0, 1 and 2.

    Examples
    --------
    >>> evgs_criteria()[0].two
    'toes'
    """

    item: int
    look: str
    zero: str
    one: str
    two: str


@cache
def evgs_criteria() -> tuple[EvgsCriterion, ...]:
    """The words of the 17 items, in order, after the EVGS Reference Guide v1.0 (see ``source`` of `evgs_items`), shortened.

    Returns
    -------
    tuple of EvgsCriterion

    Examples
    --------
    >>> evgs_criteria()[8].zero
    '0 to 15 degrees flexion'
    """
    with (files("skelgait.tasks") / "evgs_criteria.csv").open(encoding="utf8") as table:
        return tuple(EvgsCriterion(item=int(row.pop("item")), **row) for row in csv.DictReader(table))
