"""A visit: the recordings of one subject on one occasion, their strides and steps pooled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement, measure
from skelgait.gait.samples import PlaneCycles, Samples
from skelgait.gait.spatiotemporal import dimensionless_cadence, dimensionless_speed
from skelgait.gait.summary import ANGLE_NAMES, COMPARISONS, IN_METRES, SIDELESS, clock_plane

# A reason that more strides can cure.
_TOO_FEW = re.compile(r"^\d+ cycles?\b.*it needs \d+$")


def measure_visit(trials: Trial | Measurement | Iterable[Trial | Measurement]) -> list[Measurement]:
    """Measure the recordings of one visit.

    Parameters
    ----------
    trials : Trial or Measurement, or iterable of them
        Of one subject. What is measured already is not measured again.

    Returns
    -------
    list of Measurement
        Of the recordings that could be measured.

    Raises
    ------
    SkelgaitError
        No trial, something that is not one, trials of different subjects, or none that could be measured.
    """
    return measure_each(trials)[0]


def measure_each(trials: Trial | Measurement | Iterable[Trial | Measurement]) -> tuple[list[Measurement], list[str]]:
    """`measure_visit`, and why the other recordings could not be measured.

    Parameters
    ----------
    trials : Trial or Measurement, or iterable of them
        Of one subject.

    Returns
    -------
    measurements : list of Measurement
    failures : list of str
        One for each recording that could not be measured.

    Raises
    ------
    SkelgaitError
        As `measure_visit`.
    """
    chosen = list(trials) if isinstance(trials, Iterable) else [trials]
    if not chosen:
        raise SkelgaitError("a visit without trials", found="no trial", do="pass the trials of one subject on one occasion")
    for one in chosen:
        if not isinstance(one, Trial | Measurement):
            raise SkelgaitError(
                "a visit is made of trials",
                found=type(one).__name__,
                expected="only trials",
                do='wrap a pose: sg.Trial("child07", pose), or pass a list',
            )
    subjects = sorted({(one if isinstance(one, Trial) else one.trial).subject for one in chosen})
    if len(subjects) > 1:
        raise SkelgaitError("a visit is of one subject", found=", ".join(subjects), do="pass one subject's trials at a time")
    done: list[Measurement] = []
    errors: list[SkelgaitError] = []
    for one in chosen:
        try:
            if isinstance(one, Trial) and not one.pose:
                raise SkelgaitError(
                    f"trial {one.name!r} has no pose", do="read one with sg.read_pose(path) or estimate it from its video"
                )
            done.append(one if isinstance(one, Measurement) else measure(one))
        except SkelgaitError as error:
            errors.append(error)
    if not done:
        raise errors[0]
    return done, [str(error) for error in errors]


# What is sampled of a walk, in the order of `PlaneCycles.sample`.
KINDS = ("strides", "steps", "stances")


@dataclass(frozen=True, eq=False)
class Pool:
    """The strides, steps and stances of a visit, from all its recordings.

    Parameters
    ----------
    samples : tuple of Samples
        One a kind, in the order of `KINDS`; a quantity that a recording does not show is NaN in its rows.
    duration_s : (number of strides,)
    recording : tuple of (number of samples,) int
        Which measurement each came from, a kind.
    plane : tuple of (number of samples,) str
        Which plane it was seen from, a kind.
    """

    samples: tuple[Samples, ...]
    duration_s: np.ndarray
    recording: tuple[np.ndarray, ...]
    plane: tuple[np.ndarray, ...]


@dataclass(eq=False)
class Estimates:
    """Descriptors of a visit under several weightings of its strides: the first is the visit itself.

    Parameters
    ----------
    values : dict of descriptor to (W,)
    parts : dict of descriptor to (left count, right count)
        How many strides or steps of each side it rests on.
    """

    values: dict[str, np.ndarray] = field(default_factory=dict)
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def put(self, name: str, values: np.ndarray, left: int, right: int) -> None:
        """Note a descriptor."""
        self.values[name], self.parts[name] = values, (left, right)

    def follow(self, name: str, values: np.ndarray, *sources: str) -> None:
        """Note a descriptor that follows from others: it rests on the fewest of theirs."""
        parts = [self.parts[s] for s in sources]
        self.put(name, values, min(p[0] for p in parts), min(p[1] for p in parts))


def pool_visit(measured: Sequence[Measurement]) -> Pool:
    """Pool the strides and steps of a visit.

    Parameters
    ----------
    measured : sequence of Measurement

    Returns
    -------
    Pool
        Times come from the side views where one shows steps, as in a single measurement; lengths and sagittal angles from the side,
        frontal angles from the front.
    """
    walks = [{p: PlaneCycles(x) for p, x in m.planes.items() if p != "oblique"} for m in measured]
    clocks = [clock_plane(w) for w in walks]
    best = "sagittal" if "sagittal" in clocks else "frontal"
    kinds: tuple[list[Samples], ...] = tuple([] for _ in KINDS)
    numbers: tuple[list[np.ndarray], ...] = tuple([] for _ in KINDS)
    planes: tuple[list[np.ndarray], ...] = tuple([] for _ in KINDS)
    lasts: list[np.ndarray] = []
    for number, (own, clock) in enumerate(zip(walks, clocks, strict=True)):
        for plane, walk in own.items():
            for kind, samples in enumerate(walk.sample(times=plane == clock == best)):
                kinds[kind].append(samples)
                numbers[kind].append(np.full(len(samples.side), number))
                planes[kind].append(np.full(len(samples.side), plane, "U8"))
            lasts.append(walk.strides.duration_s)
    recording = tuple(np.concatenate([np.empty(0, int), *of]) for of in numbers)
    seen_from = tuple(np.concatenate([np.empty(0, "U8"), *of]) for of in planes)
    return Pool(tuple(_stack(kind) for kind in kinds), np.concatenate([np.empty(0), *lasts]), recording, seen_from)


def _stack(parts: list[Samples]) -> Samples:
    names = tuple(dict.fromkeys(n for p in parts for n in p.names))
    values = np.full((sum(len(p.side) for p in parts), len(names)), nan)
    row = 0
    for p in parts:
        values[row : row + len(p.side), [names.index(n) for n in p.names]] = p.values
        row += len(p.side)
    side, bout, filled = (np.concatenate([np.empty(0, k), *(getattr(p, c) for p in parts)]) for c, k in _COLUMNS)
    return Samples(names, side, bout, values, filled)


_COLUMNS: tuple[tuple[str, Any], ...] = (("side", "U5"), ("bout", int), ("filled", float))


def visit_values(measured: Sequence[Measurement]) -> tuple[dict[str, float], dict[str, str]]:
    """Every descriptor of a visit, and why it is missing where it is.

    Parameters
    ----------
    measured : sequence of Measurement

    Returns
    -------
    values : dict of descriptor to float
        A single recording keeps its own values. Of several, every stride and step counts the same, from whichever recording it
        comes; variability is not pooled (a spread over recordings is not one over strides) but averaged.
    reasons : dict of descriptor to str
        For every NaN.
    """
    if len(measured) == 1:
        return dict(measured[0].values), dict(measured[0].reasons)
    pooled = pool_visit(measured)
    found = estimate(pooled, tuple(np.ones((1, len(s.side))) for s in pooled.samples), metres_per_leg(measured))
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for d in DESCRIPTORS:
        value = float(found.values[d.name][0]) if d.name in found.values else nan
        single = [m.values[d.name] for m in measured if isfinite(m.values[d.name])]
        if d.group == "variability" or d.name not in found.values:
            value = float(np.mean(single)) if single else nan
        else:
            enough = sum(found.parts[d.name]) >= d.min_cycles
            curable = any(_TOO_FEW.match(m.reasons.get(d.name, "")) for m in measured)
            if not single and not (curable and enough):
                value = nan
        values[d.name] = value
        if not isfinite(value):
            reasons[d.name] = next((m.reasons[d.name] for m in measured if d.name in m.reasons), "not seen in any recording")
    return values, reasons


def metres_per_leg(measured: Sequence[Measurement]) -> float:
    """Length of the leg in metres that a visit's recordings agree on (their median); NaN without a scale.

    Parameters
    ----------
    measured : sequence of Measurement

    Returns
    -------
    float, metres
    """
    ratios = [
        m.values[metres] / m.values[name]
        for m in measured
        for name, metres in IN_METRES.items()
        if isfinite(m.values[metres]) and m.values[name]
    ]
    return float(np.median(ratios)) if ratios else nan


def estimate(pooled: Pool, weights: tuple[np.ndarray, ...], leg_m: float = nan) -> Estimates:
    """Bring pooled strides down to descriptors, under each weighting of them.

    Parameters
    ----------
    pooled : Pool
    weights : tuple of (W, number of samples)
        How often each counts, a kind.
    leg_m : float, metres
        For lengths and speeds in metres.

    Returns
    -------
    Estimates
        Times, lengths and widths are means, angles medians, as in `summary`; the mean of both sides; what follows from them
        (cadence, speed, walk ratio, metres, symmetry). No spreads.
    """
    out = Estimates()
    for samples, w in zip(pooled.samples, weights, strict=True):
        known = np.isfinite(samples.values)
        for column, name in enumerate(samples.names):
            sides, counts = [], []
            for side in SIDES:
                rows = np.flatnonzero((samples.side == side) & known[:, column])
                own, values = w[:, rows], samples.values[rows, column]
                sides.append(counted_median(values, own) if name in ANGLE_NAMES else _weighted_mean(values, own))
                counts.append(len(rows))
            if not any(counts):
                continue
            if name in SIDELESS:
                seen = [s for s, n in zip(sides, counts, strict=True) if n]
                out.put(name, np.mean(seen, axis=0), counts[0], counts[1])
                continue
            out.put(f"left_{name}", sides[0], counts[0], 0)
            out.put(f"right_{name}", sides[1], 0, counts[1])
            if name not in ANGLE_NAMES and all(counts):
                out.put(name, 0.5 * (sides[0] + sides[1]), counts[0], counts[1])
    _follow(out, pooled, weights[0], leg_m)
    return out


def _follow(out: Estimates, pooled: Pool, weights: np.ndarray, leg_m: float) -> None:
    values = out.values
    if "step_time_s" in values:
        out.follow("cadence_spm", 60 / values["step_time_s"], "step_time_s")
    strides = pooled.samples[0]
    if "stride_length_ll" in strides.names:
        length = strides.column("stride_length_ll")
        known = np.isfinite(length)
        if known.any():
            left = int((strides.side[known] == "left").sum())
            with np.errstate(invalid="ignore", divide="ignore"):
                speed = (weights[:, known] @ length[known]) / (weights[:, known] @ pooled.duration_s[known])
            out.put("speed_ll_s", speed, left, int(known.sum()) - left)
    if "cadence_spm" in values and "step_length_ll" in values:
        out.follow("walk_ratio_ll_per_spm", values["step_length_ll"] / values["cadence_spm"], "step_length_ll", "cadence_spm")
    if isfinite(leg_m):
        for name, metres in IN_METRES.items():
            if name in values:
                out.follow(metres, values[name] * leg_m, name)
        if "speed_m_s" in values:
            out.follow("speed_dimensionless", dimensionless_speed(values["speed_m_s"], leg_m), "speed_m_s")  # type: ignore[arg-type]
        if "cadence_spm" in values:
            rate = dimensionless_cadence(values["cadence_spm"], leg_m)  # type: ignore[arg-type]
            out.follow("cadence_dimensionless", rate, "cadence_spm")  # type: ignore[arg-type]
    for left_name, right_name, indices in COMPARISONS:
        if left_name in values and right_name in values:
            n = out.parts[left_name][0], out.parts[right_name][1]
            for name, rule in indices:
                with np.errstate(invalid="ignore"):
                    both = np.frompyfunc(rule, 2, 1)(values[left_name], values[right_name])
                out.put(name, both.astype(float), *n)


def _weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weights @ values) / weights.sum(axis=1)


def counted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Median of values that count so many times each, as if each were written so many times.

    Parameters
    ----------
    values : (N,)
    weights : (W, N) whole numbers
        How often each value counts, in each of W weightings.

    Returns
    -------
    (W,)
        NaN where nothing counts.

    Examples
    --------
    >>> counted_median(np.array([3.0, 1.0, 2.0]), np.array([[1, 1, 1], [2, 1, 1], [0, 0, 0]]))
    array([2. , 2.5, nan])
    """
    if not len(values):
        return np.full(len(weights), nan)
    order = np.argsort(values)
    ordered, before = values[order], np.cumsum(weights[:, order], axis=1)
    total = before[:, -1]
    low = (before > ((total - 1) // 2)[:, None]).argmax(axis=1)
    high = (before > (total // 2)[:, None]).argmax(axis=1)
    return np.where(total > 0, 0.5 * (ordered[low] + ordered[high]), nan)
