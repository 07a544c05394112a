"""Reference curves over the gait cycle, kept as a few harmonics, and the numbers that are read off them."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from importlib.resources import files

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import CURVE_POINTS, CurveNorm, Group, Norm
from skelgait.gait.cycles import Strides
from skelgait.gait.peaks import PEAKS, Peak, stride_peaks, stride_windows

SPEEDS = ("very slow", "slow", "free", "fast")
# Where the published curves have opposite foot-off, opposite contact and foot-off, share of the cycle.
OPPOSITE_OFF, OPPOSITE_CONTACT, OFF = 0.10, 0.50, 0.60
TABLES = "norm_tables"
_ALONG = np.linspace(0, 1, 1001)


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of one of the package's tables of norms.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    list of dict of column to text
    """
    text = files("skelgait.gait").joinpath(TABLES, name).read_text(encoding="utf8")
    return list(csv.DictReader(text.splitlines()))


@cache
def citations() -> dict[str, str]:
    """Every source named in the tables, with where it is printed and its doi."""
    rows = read_table("sources.csv")
    return {r["source"]: ", ".join(filter(None, (r["source"], r["where"], r["doi"] and f"doi:{r['doi']}"))) for r in rows}


def sum_harmonics(terms: tuple[float, ...], share: np.ndarray) -> np.ndarray:
    """Mean, then cosine and sine of each harmonic of the cycle, summed.

    Parameters
    ----------
    terms : tuple of float
    share : (P,) 0..1
        Share of the cycle.

    Returns
    -------
    (P,)

    Examples
    --------
    >>> sum_harmonics((1.0, 2.0, 0.0), np.array([0.0, 0.5]))
    array([ 3., -1.])
    """
    angle = 2 * np.pi * share[:, None] * np.arange(1, len(terms) // 2 + 1)
    return terms[0] + np.cos(angle) @ np.array(terms[1::2]) + np.sin(angle) @ np.array(terms[2::2])


@cache
def _harmonics(speed: str) -> dict[str, tuple[Group, dict[str, tuple[float, ...]]]]:
    found: dict[str, tuple[Group, dict[str, tuple[float, ...]]]] = {}
    for row in read_table("curves.csv"):
        if row["speed"] in ("", speed):
            own = row["source"] == "own measurement"
            who = "healthy walkers of 8-25 years" if own else f"healthy children of 4-17 years, {speed} speed"
            group = Group(float(row["age_from"]), float(row["age_to"]), "", int(row["n"]), row["source"], who)
            terms = found.setdefault(row["curve"], (group, {}))[1]
            terms[row["statistic"]] = tuple(float(term) for term in row["harmonics"].split())
    return found


def _sample(speed: str, share: np.ndarray) -> dict[str, tuple[Group, np.ndarray, np.ndarray]]:
    """Group, mean and SD of each angle at ``share`` of the cycle; the hip to the trunk is thigh plus trunk."""
    curves = {
        name: (group, sum_harmonics(terms["mean"], share), sum_harmonics(terms["sd"], share))
        for name, (group, terms) in _harmonics(speed).items()
    }
    (thigh, mean, sd), (trunk, lean, lean_sd) = curves["thigh_flexion_deg"], curves["trunk_lean_deg"]
    both = Group(
        max(thigh.age_from, trunk.age_from),
        min(thigh.age_to, trunk.age_to),
        "",
        min(thigh.n, trunk.n),
        f"{thigh.source} and {trunk.source}",
        f"healthy walkers (the trunk; {thigh.n} children for the thigh), thigh and trunk added as if independent",
    )
    curves["hip_flexion_deg"] = both, mean + lean, np.hypot(sd, lean_sd)
    return curves


def reference_curves(speed: str = "free") -> dict[str, CurveNorm]:
    """Mean and SD between healthy people of the sagittal angles over the gait cycle.

    Parameters
    ----------
    speed : {"very slow", "slow", "free", "fast"}
        Walking speed of the reference group.

    Returns
    -------
    dict of angle to CurveNorm
        ``thigh_flexion_deg`` (to vertical), ``knee_flexion_deg``, ``ankle_dorsiflexion_deg``, ``trunk_lean_deg`` and
        ``hip_flexion_deg`` (to the trunk), at 51 points.

    Raises
    ------
    SkelgaitError
        An unknown speed.

    Notes
    -----
    Thigh, knee and ankle: our own harmonics, fitted by least squares to the curves Schwartz et al. published of 83 children of 4
    to 17 years; their largest misfit is 0.5 degrees (ankle), 0.3 elsewhere, and stands in the table. What we measure is not what
    they measured, so two things are derived:

    * Thigh to vertical is their hip flexion minus their pelvic tilt. For the mean that is exact. Its SD is the square root of
      the difference of the two variances, which holds if a child's pelvic tilt says nothing about its thigh: 3.6 degrees, where
      eleven healthy walkers recorded in other laboratories have 3.2.
    * The trunk was not published. Its curve is our own measurement of six healthy walkers, which is few: it is the same at all
      speeds.

    References
    ----------
    Schwartz MH, Rozumalski A, Trost JP. J Biomech 2008;41:1639-1650. doi:10.1016/j.jbiomech.2008.03.015

    Examples
    --------
    >>> knee = reference_curves()["knee_flexion_deg"]
    >>> int(knee.mean.argmax()) * 2, round(knee.mean.max()), round(knee.typical_deg, 1)
    (72, 59, 6.4)
    """
    if speed not in SPEEDS:
        raise SkelgaitError("no reference curves for this speed", found=repr(speed), expected=", ".join(SPEEDS))
    share = np.linspace(0, 1, CURVE_POINTS)
    return {name: CurveNorm(name, mean, sd, group) for name, (group, mean, sd) in _sample(speed, share).items()}


def angle_norms() -> tuple[Norm, ...]:
    """Norms of the descriptors that are read off the sagittal curves.

    Returns
    -------
    tuple of Norm
        Peaks, values at contact and means; ranges have none, since their SD does not follow from the curves.

    Notes
    -----
    Read off the mean curve at free speed in the same way as off a stride (`peaks.PEAKS`), with the SD at that moment. The peak of a
    mean curve is a little lower than the mean of peaks. In 39 boys whose curves are published (Olshen et al. 1989) by 0.2 degrees
    for knee flexion in swing, 1.8 for the least in stance, 0.8 and 0.5 for the hip; the SD of their peaks was 1 to 18 %
    smaller than the SD of the curve there.
    """
    stride = Strides(["left"], [0], [0.0], [1.0], [OFF], [OPPOSITE_OFF], [OPPOSITE_CONTACT])  # type: ignore[arg-type]
    curves = _sample("free", _ALONG)
    peaks = tuple(p for p in PEAKS if p.angle in curves and p.statistic != "range")
    values = stride_peaks({f"left_{name}": mean for name, (_, mean, _) in curves.items()}, _ALONG, stride, peaks)[0]
    windows = {name: (float(first[0]), float(last[0])) for name, (first, last) in stride_windows(stride).items()}
    norms = []
    for peak, value in zip(peaks, values.tolist(), strict=True):
        group, mean, sd = curves[peak.angle]
        norms.append(Norm(f"{peak.name}_deg", value, _spread(peak, mean, sd, *windows[peak.window]), _read_off(group)))
    return tuple(norms)


def _spread(peak: Peak, mean: np.ndarray, sd: np.ndarray, first: float, last: float) -> float:
    inside = np.flatnonzero((first <= _ALONG) & (last >= _ALONG))
    if peak.statistic == "at" or not len(inside):
        return float(np.interp(first, _ALONG, sd))
    if peak.statistic in ("max", "min"):
        at = inside[mean[inside].argmax() if peak.statistic == "max" else mean[inside].argmin()]
        return float(sd[at])
    return float(sd[inside].mean())


def _read_off(group: Group) -> Group:
    return replace(group, who=f"{group.who}; read off the mean curve")
