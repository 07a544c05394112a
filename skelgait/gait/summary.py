"""From strides and steps to one value a descriptor, with how much it rests on and, where it is missing, why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite, nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import COMPARED, DESCRIPTORS, LENGTHS, SUBTRACTED, symmetry_column
from skelgait.gait.evidence import explain
from skelgait.gait.peaks import PEAKS
from skelgait.gait.phases import USUAL_STANCE
from skelgait.gait.samples import BySide, PlaneCycles, Samples, by_side
from skelgait.gait.spatiotemporal import cadence_spm, dimensionless_cadence, dimensionless_speed
from skelgait.gait.spread import put_spread
from skelgait.gait.symmetry import INDICES, indices_of
from skelgait.signals.scale import LEG_OF_HEIGHT, metres_per_px

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

ANGLE_NAMES = frozenset(f"{p.name}_deg" for p in PEAKS)
SIDELESS = frozenset(f"{p.name}_deg" for p in PEAKS if not p.sided)
IN_METRES = {
    **{d.name.removesuffix("_m") + "_ll": d.name for d in DESCRIPTORS if d.unit == "m"},
    "speed_ll_s": "speed_m_s",
    "walk_ratio_ll_per_spm": "walk_ratio_m_per_spm",
}
COMPARISONS = tuple(
    (f"left_{name}_{unit}", f"right_{name}_{unit}", tuple((symmetry_column(name, i, unit), INDICES[i][1]) for i in indices))
    for table, indices in ((COMPARED, tuple(INDICES)), (SUBTRACTED, ("difference",)))
    for name, unit, _ in table
)
OVER_GROUND = tuple(d.name for d in DESCRIPTORS if d.plane == "sagittal" and d.unit in LENGTHS and "toe" not in d.name)
ON_MOVING_GROUND = "the ground moves in the image (a treadmill, or a camera that follows): measured against the standing feet"


@dataclass(eq=False)
class Summary:
    """Values by descriptor with their validity; see `Measurement` for the fields."""

    values: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    filled: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, value: float, count: int = 0, filled: float = nan) -> None:
        """Note a value, what it rests on, and the share of that which was interpolated."""
        self.values[name], self.counts[name], self.filled[name] = value, count, filled

    def put_all(self, names: tuple[str, ...], values: np.ndarray, counts: np.ndarray, filled: np.ndarray) -> None:
        """Note several values at once."""
        self.values.update(zip(names, values.tolist(), strict=True))
        self.counts.update(zip(names, counts.tolist(), strict=True))
        self.filled.update(zip(names, filled.tolist(), strict=True))

    def caution(self, names: Iterable[str], said: str) -> None:
        """Add a caution to what has a value."""
        for name in names:
            if isfinite(self.values.get(name, nan)):
                before = self.notes.get(name)
                self.notes[name] = f"{before}; {said}" if before else said

    def follow(self, name: str, value: float, *sources: str) -> None:
        """Note a value that follows from others: it rests on the fewest of theirs, and on the most interpolated."""
        shares = [self.filled[s] for s in sources]
        share = max(shares) if all(x == x for x in shares) else nan
        self.put(name, value, min([self.counts[s] for s in sources]), share)


def summarise(trial: Trial, planes: Mapping[str, PlaneMeasurement], failures: Mapping[str, str]) -> Summary:
    """Bring the strides of every plane down to one value a descriptor.

    Parameters
    ----------
    trial : Trial
        For the size of the subject.
    planes : mapping of plane to PlaneMeasurement
    failures : mapping of plane to str
        Why a plane could not be measured.

    Returns
    -------
    Summary
        Every descriptor of the table has a value; every NaN has a reason.

    Notes
    -----
    Times and lengths are means, angles medians over strides. Strides (and steps) over 1.6 or under 0.6 times the median
    duration are left out: a contact was missed or invented there. Times come from the side view when there is one that
    shows steps, else from the front, with a note.
    """
    summary = Summary()
    walks = {plane: PlaneCycles(measured) for plane, measured in planes.items() if plane != "oblique"}
    timed = clock_plane(walks)
    leg_m, no_scale, caution = _leg_metres(trial, walks)
    for plane, walk in walks.items():
        sampled = walk.sample(times=plane == timed)
        for samples in sampled:
            sides = by_side(samples)
            _put_sides(summary, samples, sides)
            put_spread(summary, samples, sides, walk.pose.fps)
        if plane == "sagittal":
            _put_speed(summary, sampled[0], walk.strides.duration_s)
            if walk.ground_moves:
                summary.notes.update(dict.fromkeys(OVER_GROUND, ON_MOVING_GROUND))
        else:
            _put_valgus_range(summary, sampled[2])
    _put_cadence(summary)
    _put_long_stance(summary)
    _put_scaled(summary, leg_m, caution)
    _put_symmetry(summary)
    explain(summary, planes, walks, failures, timed=timed, no_scale=no_scale)
    return summary


def clock_plane(walks: Mapping[str, PlaneCycles]) -> str:
    """The plane that times are taken from: the side view if it shows steps, else the front, else whoever shows strides."""
    for cycles in ("steps", "strides"):
        for plane in ("sagittal", "frontal"):
            if plane in walks and len(getattr(walks[plane], cycles)):
                return plane
    return next(iter(walks), "")


def _put_sides(summary: Summary, samples: Samples, sides: BySide) -> None:
    """Note left, right and the mean of both of times and lengths; medians of angles; one number for what has no side."""
    kinds = _kinds(samples.names)
    value = np.where(kinds.angles, sides.median, sides.mean)
    for row, names in enumerate((kinds.left, kinds.right)):
        summary.put_all(names, value[row, kinds.sided], sides.count[row, kinds.sided], sides.filled[row, kinds.sided])
    both = kinds.both
    count = sides.count.sum(axis=0)
    summary.put_all(kinds.both_names, 0.5 * value[:, both].sum(axis=0), count[both], 0.5 * sides.filled[:, both].sum(axis=0))
    for i, name in kinds.sideless:  # strides of one foot alone show the trunk as well
        known = np.flatnonzero(sides.count[:, i])
        if len(known):
            summary.put(name, float(value[known, i].mean()), int(count[i]), float(sides.filled[known, i].mean()))


class _Kinds(NamedTuple):
    """Which columns of samples have a side, which are given for both sides together, and which for the whole body."""

    angles: np.ndarray
    sided: np.ndarray
    left: tuple[str, ...]
    right: tuple[str, ...]
    both: np.ndarray
    both_names: tuple[str, ...]
    sideless: tuple[tuple[int, str], ...]


@lru_cache(maxsize=64)
def _kinds(names: tuple[str, ...]) -> _Kinds:
    angles = np.array([name in ANGLE_NAMES for name in names], bool)
    sided = [i for i, name in enumerate(names) if name not in SIDELESS]
    both = [i for i, name in enumerate(names) if name not in ANGLE_NAMES]
    return _Kinds(
        angles,
        np.array(sided, int),
        tuple(f"left_{names[i]}" for i in sided),
        tuple(f"right_{names[i]}" for i in sided),
        np.array(both, int),
        tuple(names[i] for i in both),
        tuple((i, name) for i, name in enumerate(names) if name in SIDELESS),
    )


def _put_cadence(summary: Summary) -> None:
    values, counts = summary.values, summary.counts
    if isfinite(values.get("step_time_s", nan)):
        summary.follow("cadence_spm", cadence_spm(values["step_time_s"]), "step_time_s")
    elif "left_stride_time_s" in values:
        one = max(SIDES, key=lambda side: counts[f"{side}_stride_time_s"])
        if counts[f"{one}_stride_time_s"]:
            summary.follow("cadence_spm", 120 / values[f"{one}_stride_time_s"], f"{one}_stride_time_s")
            summary.notes["cadence_spm"] = f"from the strides of the {one} foot alone"
    if "cadence_spm" in values and "step_length_ll" in values:
        ratio = values["step_length_ll"] / values["cadence_spm"]
        summary.follow("walk_ratio_ll_per_spm", ratio, "step_length_ll", "cadence_spm")


def _put_speed(summary: Summary, strides: Samples, duration_s: np.ndarray) -> None:
    if "stride_length_ll" not in strides.names:
        return
    length = strides.column("stride_length_ll")
    known = np.isfinite(length)
    if known.any():
        speed = float(length[known].sum() / duration_s[known].sum())
        summary.put("speed_ll_s", speed, int(known.sum()), float(strides.filled[known].mean()))


def _put_valgus_range(summary: Summary, stances: Samples) -> None:
    name = "knee_valgus_mid_stance"
    values = stances.column(f"{name}_deg")
    for side in SIDES:
        own = values[(stances.side == side) & np.isfinite(values)]
        if len(own):
            low, high = np.percentile(own, (25, 75)).tolist()
            summary.follow(f"{side}_{name}_iqr_deg", high - low, f"{side}_{name}_deg")


def _put_scaled(summary: Summary, leg_m: float, caution: str) -> None:
    """What needs metres, from what is in leg lengths."""
    if not isfinite(leg_m):
        return
    values = summary.values
    for name, in_metres in IN_METRES.items():
        if name in values:
            summary.put(in_metres, values[name] * leg_m, summary.counts[name], summary.filled[name])
            if caution:
                before = summary.notes.get(in_metres)
                summary.notes[in_metres] = f"{before}; {caution}" if before else caution
    if "speed_m_s" in values:
        summary.follow("speed_dimensionless", dimensionless_speed(values["speed_m_s"], leg_m), "speed_ll_s")
    if "cadence_spm" in values:
        summary.follow("cadence_dimensionless", dimensionless_cadence(values["cadence_spm"], leg_m), "cadence_spm")


def _put_symmetry(summary: Summary) -> None:
    values, counts, filled = summary.values, summary.counts, summary.filled
    for left, right, indices in COMPARISONS:
        if left not in values or right not in values:
            continue
        one, other = values[left], values[right]
        count = min(counts[left], counts[right])
        share = max(filled[left], filled[right]) if filled[left] + filled[right] >= 0 else nan  # nan when one of them is
        found = indices_of(one, other) if len(indices) == len(INDICES) else [rule(one, other) for _, rule in indices]
        for (column, _), value in zip(indices, found, strict=True):
            values[column], counts[column], filled[column] = value, count, share


def _leg_metres(trial: Trial, walks: Mapping[str, PlaneCycles]) -> tuple[float, str, str]:
    """Length of the leg (hip to knee to ankle) in metres, why it is not known, and a caution about it."""
    height, leg = trial.height_m, trial.leg_length_m
    walk = walks.get("sagittal") or next(iter(walks.values()), None)
    if walk is None:
        return nan, "", ""
    scale = metres_per_px(walk.pose, height_m=height, leg_length_m=leg, known=trial.metres_per_px)
    leg_m = scale.metres_per_px * walk.leg_px
    if isfinite(leg_m):
        return leg_m, "", f"the scale comes from the {scale.source} and is about {100 * scale.uncertainty:.0f} % uncertain"
    if leg is not None or height is not None:  # from the front: no scale for the image, but one for the subject
        return leg if leg is not None else LEG_OF_HEIGHT * float(height or nan), "", ""
    return nan, f"no scale: {scale.reason}", ""


def _put_long_stance(summary: Summary) -> None:
    """A caution beside a stance that few walkers reach."""
    for side in SIDES:
        share = summary.values.get(f"{side}_stance_percent", nan)
        if share > USUAL_STANCE:
            said = f"a {side} stance of {share:.0f} % is longer than the {USUAL_STANCE:.0f} % of nearly all: look at its events"
            summary.caution(
                [f"{side}_{name}" for name in ("stance_time_s", "stance_percent", "swing_time_s", "swing_percent")], said
            )
