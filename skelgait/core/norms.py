"""Norms: what healthy people measure, each number with its age, its group and its source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from skelgait.core.errors import SkelgaitError

CURVE_POINTS = 51  # every 2 % of the gait cycle, as gait scores are defined
SEXES = ("", "female", "male")
# Columns of a norm file. ``percent`` is empty for a number and 0 to 100 for a point of a curve.
COLUMNS = ("name", "percent", "sex", "age_from", "age_to", "n", "mean", "sd", "low", "high", "source", "who")
# Angles of three-dimensional gait analysis that the profile score is made of, Plug-in-Gait signs.
PROFILE_VARIABLES = (
    "pelvic_tilt_deg",
    "pelvic_obliquity_deg",
    "pelvic_rotation_deg",
    "hip_flexion_to_pelvis_deg",
    "hip_adduction_to_pelvis_deg",
    "hip_rotation_deg",
    "knee_flexion_deg",
    "ankle_dorsiflexion_deg",
    "foot_progression_deg",
)


@dataclass(frozen=True)
class Group:
    """Who a norm speaks of.

    Parameters
    ----------
    age_from, age_to : float, years
        Half-open: 6-7 years olds are 6 to 8.
    sex : {"", "female", "male"}
        Empty for both.
    n : int
        How many were measured; 0 when that is not known.
    source : str
        Where the numbers come from.
    who : str
        The group, in words.
    """

    age_from: float = -math.inf
    age_to: float = math.inf
    sex: str = ""
    n: int = 0
    source: str = ""
    who: str = ""

    def __post_init__(self) -> None:
        if self.sex not in SEXES:
            raise SkelgaitError("a norm of an unknown sex", found=repr(self.sex), expected="female, male or nothing")
        if not self.age_from < self.age_to:
            found = f"{self.age_from:g} to {self.age_to:g} years"
            raise SkelgaitError("a norm whose ages end before they begin", found=found, expected="age_from < age_to (half-open)")
        if not self.source.strip():
            raise SkelgaitError("a norm without a source", do="say where it comes from, so that a reader can check it")

    def fits(self, age_years: float | None, sex: str | None) -> bool:
        """Whether a person belongs to it. An unknown age belongs only to a group of all ages, an unknown sex to one of both."""
        bounded = math.isfinite(self.age_from) or math.isfinite(self.age_to)
        aged = not bounded if age_years is None else self.age_from <= age_years < self.age_to
        return aged and (not self.sex or self.sex == sex)

    @property
    def cited(self) -> str:
        """Source and group in one line."""
        count = f"{self.n} " if self.n and self.who else ""
        return f"{self.source}: {count}{self.who}" if self.who else self.source


@dataclass(frozen=True)
class Norm:
    """What a number measures in healthy people.

    Parameters
    ----------
    name : str
        Descriptor, without its side: both sides share a norm.
    mean, sd : float
        NaN where not published.
    group : Group
    low, high : float, optional
        The band called normal, where it is published; default mean ± 2 SD.

    Examples
    --------
    >>> norm = Norm("cadence_spm", 126.0, 8.0, Group(6, 8, source="our laboratory, 2024"))
    >>> norm.low, norm.high
    (110.0, 142.0)
    """

    name: str
    mean: float
    sd: float
    group: Group
    low: float = math.nan
    high: float = math.nan

    def __post_init__(self) -> None:
        if self.sd <= 0:
            raise SkelgaitError(f"the norm of {self.name} has no spread", found=f"sd {self.sd:g}", expected="sd > 0, or empty")
        for edge, sign in (("low", -2), ("high", 2)):
            if math.isnan(getattr(self, edge)):
                object.__setattr__(self, edge, self.mean + sign * self.sd)
        if self.low > self.high:
            raise SkelgaitError(f"the norm of {self.name} ends before it begins", found=f"{self.low:g} to {self.high:g}")


@dataclass(frozen=True, eq=False)
class CurveNorm:
    """What an angle does over the gait cycle in healthy people.

    Parameters
    ----------
    name : str
        Angle, without its side.
    mean, sd : (51,) degrees
        Every 2 % of the cycle, from contact to contact; ``sd`` between people, NaN where not known.
    group : Group
    """

    name: str
    mean: np.ndarray
    sd: np.ndarray
    group: Group

    def __post_init__(self) -> None:
        for column in ("mean", "sd"):
            values = np.array(getattr(self, column), float)
            if values.shape != (CURVE_POINTS,):
                found = f"{column} of shape {values.shape}"
                raise SkelgaitError(
                    f"the norm curve of {self.name} has the wrong shape", found=found, expected="51 points, 0 to 100 %"
                )
            values.setflags(write=False)
            object.__setattr__(self, column, values)
        if np.isnan(self.mean).any() or (self.sd <= 0).any():
            raise SkelgaitError(
                f"the norm curve of {self.name} has a gap, or no spread", do="give a mean at every point and sd > 0"
            )

    @property
    def typical_deg(self) -> float:
        """How far healthy people are from their own mean: root mean square over points of the SD between them."""
        return float(np.sqrt((self.sd**2).mean()))


@dataclass(frozen=True)
class Norms:
    """A collection of norms: numbers and curves.

    Parameters
    ----------
    numbers : tuple of Norm
    curves : tuple of CurveNorm
    name : str
        Where they come from, for messages.

    Examples
    --------
    >>> own = Norms((Norm("cadence_spm", 126.0, 8.0, Group(6, 8, source="our laboratory, 2024")),))
    >>> own.number("cadence_spm", 7).mean, own.number("cadence_spm", 9)
    (126.0, None)
    """

    numbers: tuple[Norm, ...] = ()
    curves: tuple[CurveNorm, ...] = ()
    name: str = ""

    def number(self, name: str, age_years: float | None = None, sex: str | None = None) -> Norm | None:
        """The norm of a number for a person: with an SD, of their sex, of the narrowest ages, most people first."""
        return _narrowest([n for n in self.numbers if n.name == name and n.group.fits(age_years, sex)])

    def curve(self, name: str, age_years: float | None = None, sex: str | None = None) -> CurveNorm | None:
        """The norm of a curve for a person, chosen in the same way."""
        return _narrowest([c for c in self.curves if c.name == name and c.group.fits(age_years, sex)])

    def ages(self, name: str) -> list[tuple[float, float]]:
        """Ages (from, to) in years that a number has norms for, overlapping groups joined."""
        joined: list[tuple[float, float]] = []
        for low, high in sorted((n.group.age_from, n.group.age_to) for n in self.numbers if n.name == name):
            if joined and low <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
            else:
                joined.append((low, high))
        return joined

    def with_ages(self, age_from: float, age_to: float) -> Norms:
        """The same norms, said to hold for these ages."""
        numbers = (replace(n, group=replace(n.group, age_from=age_from, age_to=age_to)) for n in self.numbers)
        curves = (replace(c, group=replace(c.group, age_from=age_from, age_to=age_to)) for c in self.curves)
        return Norms(tuple(numbers), tuple(curves), self.name)


_Kind = TypeVar("_Kind", Norm, CurveNorm)


def _narrowest(found: list[_Kind]) -> _Kind | None:
    def order(norm: _Kind) -> tuple[bool, bool, float, int]:
        group = norm.group
        return bool(np.isnan(norm.sd).any()), not group.sex, group.age_to - group.age_from, -group.n

    return min(found, key=order, default=None)


def parse_norms(rows: Iterable[Mapping[str, str]], name: str) -> Norms:
    """Make norms from rows of text with the columns of a norm file.

    Parameters
    ----------
    rows : iterable of mapping of column to text
        Columns as in `COLUMNS`; only ``name``, ``mean`` and ``source`` are required. Rows with a ``percent`` that share name, group
        and source are the points of one curve.
    name : str
        Where they come from, for messages.

    Returns
    -------
    Norms

    Raises
    ------
    SkelgaitError
        A number that cannot be read, a row without a mean or source, a curve that does not run from 0 to 100 %.

    Examples
    --------
    >>> rows = [{"name": "cadence_spm", "mean": "126", "sd": "8", "age_from": "6", "age_to": "8", "source": "our laboratory"}]
    >>> parse_norms(rows, "ours.csv").number("cadence_spm", 7.5).high
    142.0
    """
    numbers: list[Norm] = []
    points: dict[tuple[str, Group], list[tuple[float, float, float]]] = {}
    for line, row in enumerate(rows, start=2):
        where = f"{name}, line {line}"
        cell = {column: (row.get(column) or "").strip() for column in COLUMNS}
        cell["name"] = cell["name"].removeprefix("left_").removeprefix("right_")
        if not cell["name"]:
            raise SkelgaitError(f"{where}: a norm without a name")
        value = {c: _number(cell[c], c, where) for c in ("percent", "age_from", "age_to", "n", "mean", "sd", "low", "high")}
        if math.isnan(value["mean"]):
            value["mean"] = 0.5 * (value["low"] + value["high"])
        if math.isnan(value["mean"]):
            raise SkelgaitError(f"{where}: the norm of {cell['name']} has no mean", expected="a mean, or a low and a high")
        try:
            known = {c: value[c] for c in ("age_from", "age_to") if value[c] == value[c]}
            count = int(value["n"]) if value["n"] == value["n"] else 0
            group = Group(**known, sex=cell["sex"], n=count, source=cell["source"], who=cell["who"])
            if value["percent"] == value["percent"]:
                points.setdefault((cell["name"], group), []).append((value["percent"], value["mean"], value["sd"]))
            else:
                numbers.append(Norm(cell["name"], value["mean"], value["sd"], group, value["low"], value["high"]))
        except SkelgaitError as error:
            raise SkelgaitError(f"{where}: {error.problem}", found=error.found, expected=error.expected, do=error.do) from None
    curves = tuple(resample_curve(key[0], np.array(sorted(p)), key[1], name) for key, p in points.items())
    return Norms(tuple(numbers), curves, name)


def resample_curve(curve: str, points: np.ndarray, group: Group, name: str) -> CurveNorm:
    """A norm curve at 51 points from points at other percents.

    Parameters
    ----------
    curve : str
        Name of the angle.
    points : (P, 3)
        Percent (increasing, 0 to 100), mean and SD in degrees.
    group : Group
    name : str
        Where they come from, for messages.

    Returns
    -------
    CurveNorm
    """
    percent = points[:, 0]
    if len(points) < 11 or percent[0] > 0 or percent[-1] < 100 or (np.diff(percent) <= 0).any():
        found = f"{len(points)} points from {percent[0]:g} to {percent[-1]:g} %"
        raise SkelgaitError(
            f"{name}: the norm curve of {curve} does not cover the cycle", found=found, expected="11 or more, 0 to 100 %"
        )
    at = np.linspace(0, 100, CURVE_POINTS)
    return CurveNorm(curve, np.interp(at, percent, points[:, 1]), np.interp(at, percent, points[:, 2]), group)


def _number(text: str, column: str, where: str) -> float:
    if not text:
        return math.nan
    try:
        value = float(text.replace(",", "."))  # with a decimal point or comma, as in a table of walks
    except ValueError:
        raise SkelgaitError(f"{where}: {column} is not a number", found=repr(text)) from None
    if math.isinf(value):
        raise SkelgaitError(f"{where}: {column} is not finite", found=repr(text), do="leave it empty")
    return value
