"""Gait patterns as rules: which measures, on which side of which limit, read from three tables beside this file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import nan
from types import MappingProxyType
from typing import TypeVar

import numpy as np

Number = TypeVar("Number", float, np.ndarray)

KINDS = ("gait pattern", "joint pattern")
# A criterion must hold ("all"), is one of which `at_least` must hold ("some"), or only stands beside the others ("shown").
ROLES = ("all", "some", "shown")
RELATIONS = MappingProxyType({">": 1, "<": -1})


@dataclass(frozen=True)
class PatternMeasure:
    """One quantity that rules speak of: a row of ``pattern_measures.csv``.

    Parameters
    ----------
    name, label : str
        Its name, and its name in words.
    unit : {"deg", "percent", "ratio"}
    plane : {"sagittal", "frontal", "either"}
    angle : str
        Curve it is read from, without side; empty for one that is not read from a curve.
    phase : str
        Part of the stride: ``stance``, ``swing``, one percent or two (``20-45``).
    statistic : str
        What is read off that part: ``mean``, ``max``, ``min``, ``range``, ``at``, ``when max`` or ``when min`` (percent of the
        cycle), ``rise`` (first to greatest), ``slope`` (of a straight line, times its length), or a quantile (``median``,
        ``upper third``, ``lower tenth``). ``sides`` compares the legs; ``descriptor`` is one.
    beyond : str
        Edge of the healthy band that is subtracted from the curve first: ``mean-1sd``, ``mean+1sd`` or nothing.
    zero : str
        What its zero rests on, where it is not the body alone: ``foot`` (flat on the ground) or ``pelvis`` (its mean tilt).
    error : float
        Standard deviation of the measured value about the true one that keypoints from video bring.
    descriptor : str
        Descriptor it is or lives beside, without side.
    error_source : str

    Examples
    --------
    >>> knee = pattern_measures()["knee_stance"]
    >>> knee.label, knee.phase, knee.error
    ('knee flexion in mid-stance', '20-45', 7.0)
    """

    name: str
    label: str
    unit: str
    plane: str
    angle: str
    phase: str
    statistic: str
    beyond: str
    zero: str
    error: float
    descriptor: str
    error_source: str


@dataclass(frozen=True)
class Criterion:
    """One condition of a pattern: a row of ``pattern_criteria.csv``.

    Parameters
    ----------
    pattern, role : str
        Of which pattern, and how it counts (`ROLES`).
    measure : str
    relation : {">", "<"}
    limit : str
        A number in the unit of the measure, or an edge of the healthy band: ``mean+1sd``, ``mean-1sd``.
    source : str
        Where the limit comes from.

    Examples
    --------
    >>> Criterion("stiff_knee", "all", "knee_peak", "<", "45", "").edge(59.2, 5.9), Criterion(
    ...     "crouch", "all", "knee_stance", ">", "mean+1sd", ""
    ... ).edge(10.0, 5.5)
    (45.0, 15.5)
    """

    pattern: str
    role: str
    measure: str
    relation: str
    limit: str
    source: str

    @property
    def sign(self) -> int:
        """+1 where the pattern lies above the limit, -1 below."""
        return RELATIONS[self.relation]

    def edge(self, mean: float = nan, sd: float = nan) -> float:
        """The limit as a number, given mean and SD of healthy people."""
        return band_edge(self.limit, mean, sd) if self.limit.startswith("mean") else float(self.limit)


@dataclass(frozen=True)
class Pattern:
    """One pattern: a row of ``patterns.csv`` with its criteria.

    Parameters
    ----------
    name : str
    kind : {"gait pattern", "joint pattern"}
        Of the whole leg, or of one joint in one phase.
    code : str
        The abbreviation of a joint pattern in its source.
    at_least : int
        How many of the criteria that are ``some`` must hold.
    what : str
        One sentence.
    source, caution : str
        Where it comes from; what else can look like it.
    criteria : tuple of Criterion

    Examples
    --------
    >>> [(c.measure, c.relation, c.limit) for c in pattern_rules()["crouch"].criteria]
    [('ankle_stance', '>', 'mean+1sd'), ('knee_stance', '>', 'mean+1sd')]
    """

    name: str
    kind: str
    code: str
    at_least: int
    what: str
    source: str
    caution: str
    criteria: tuple[Criterion, ...]

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ")


def band_edge(words: str, mean: Number, sd: Number) -> Number:
    """An edge of the healthy band from its words.

    Parameters
    ----------
    words : str
        ``mean+1sd``, ``mean-1sd``, ``mean+2sd``, ...
    mean, sd : float or array
        Of a number, or over the cycle.

    Returns
    -------
    float or array

    Examples
    --------
    >>> band_edge("mean-2sd", 10.0, 3.0)
    4.0
    """
    return mean + float(words.removeprefix("mean").removesuffix("sd")) * sd


def _rows(table: str) -> list[dict[str, str]]:
    with (files("skelgait.tasks") / table).open(encoding="utf8") as lines:
        return list(csv.DictReader(lines))


@cache
def pattern_measures() -> Mapping[str, PatternMeasure]:
    """Every quantity that rules speak of, by name.

    Returns
    -------
    mapping of str to PatternMeasure

    Examples
    --------
    >>> pattern_measures()["ankle_range"].error
    9.3
    """
    rows = _rows("pattern_measures.csv")
    return MappingProxyType({r["name"]: PatternMeasure(error=float(r.pop("error")), **r) for r in rows})  # type: ignore[arg-type]


@cache
def pattern_rules() -> Mapping[str, Pattern]:
    """Every pattern with its criteria, by name, in the order of the table.

    Returns
    -------
    mapping of str to Pattern

    Examples
    --------
    >>> [name for name, rule in pattern_rules().items() if rule.kind == "gait pattern"][:5]
    ['flexed_knee', 'equinus', 'true_equinus', 'jump', 'apparent_equinus']
    """
    criteria = [Criterion(**row) for row in _rows("pattern_criteria.csv")]
    rules = {}
    for row in _rows("patterns.csv"):
        own = tuple(c for c in criteria if c.pattern == row["name"])
        rules[row["name"]] = Pattern(at_least=int(row.pop("at_least")), criteria=own, **row)  # type: ignore[arg-type]
    return MappingProxyType(rules)
