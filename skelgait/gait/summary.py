"""From strides and steps to one value a descriptor, with how much it rests on and, where it is missing, why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import COMPARED, CV_STEADY, DESCRIPTORS, SPREAD, SUBTRACTED, symmetry_column
from skelgait.gait.footprints import find_footprints, step_lengths, stride_lengths, toe_clearances
from skelgait.gait.peaks import PEAKS, stride_peaks
from skelgait.gait.reasons import SIDE_ONLY, PlaneEvidence, why_missing
from skelgait.gait.samples import BySide, Samples, Walk, by_side, median_rows
from skelgait.gait.spatiotemporal import (
    PHASES,
    cadence_spm,
    dimensionless_cadence,
    dimensionless_speed,
    interval_floor_s,
    stride_phases,
)
from skelgait.gait.symmetry import INDICES
from skelgait.signals.scale import metres_per_px

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

# A toe passes the floor at 1-2 % of the leg length: a leg of fewer pixels cannot show it.
LEAST_LEG_PX = 100.0
FROM_THE_FRONT = "timed from the frontal view, where contacts and above all foot-offs are less certain"


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
    walks = {plane: Walk(measured) for plane, measured in planes.items() if plane != "oblique"}
    timed = next((walks[p] for p in ("sagittal", "frontal") if p in walks and len(walks[p].steps)), None)
    timed = timed or next((walks[p] for p in ("sagittal", "frontal") if p in walks and len(walks[p].strides)), None)
    leg_m, no_scale = _leg_metres(trial, walks)
    if timed:
        _put_times(summary, timed, leg_m)
    if "sagittal" in walks:
        _put_space(summary, walks["sagittal"], leg_m)
    for plane, walk in walks.items():
        _put_angles(summary, walk, plane)
    if "frontal" in walks:
        _put_width(summary, walks["frontal"], leg_m)
    _put_symmetry(summary)
    _explain(summary, trial, planes, walks, failures, timed, no_scale)
    return summary


def _put_sides(summary: Summary, names: tuple[str, ...], sides: BySide, *, both: bool = True) -> None:
    """Note left, right and, where asked, the mean of both."""
    for row, side in enumerate(SIDES):
        columns = (sides.value[row].tolist(), sides.count[row].tolist(), sides.filled[row].tolist())
        for name, value, count, filled in zip(names, *columns, strict=True):
            summary.put(f"{side}_{name}", value, count, filled)
    if both:
        columns = (sides.value.mean(axis=0).tolist(), sides.count.sum(axis=0).tolist(), sides.filled.mean(axis=0).tolist())
        for name, value, count, filled in zip(names, *columns, strict=True):
            summary.put(name, value, count, filled)


def _put_times(summary: Summary, walk: Walk, leg_m: float) -> None:
    phases = walk.stride_samples(PHASES, stride_phases(walk.strides))
    steps = walk.step_samples(("step_time_s",), walk.steps.duration_s[:, None])
    sides = by_side(phases, "mean")
    _put_sides(summary, PHASES, sides)
    step = by_side(steps, "mean")
    _put_sides(summary, steps.names, step)
    if (step.count > 0).all():
        summary.follow("cadence_spm", cadence_spm(summary.values["step_time_s"]), "step_time_s")
    elif (sides.count[:, 0] > 0).any():
        one = SIDES[int(np.argmax(sides.count[:, 0]))]
        summary.follow("cadence_spm", 120 / summary.values[f"{one}_stride_time_s"], f"{one}_stride_time_s")
        summary.notes["cadence_spm"] = f"from the strides of the {one} foot alone"
    if "cadence_spm" in summary.values and isfinite(leg_m):
        summary.follow("cadence_dimensionless", dimensionless_cadence(summary.values["cadence_spm"], leg_m), "cadence_spm")
    _put_spread(summary, phases, walk.pose.fps)
    _put_spread(summary, steps, walk.pose.fps)


def _put_space(summary: Summary, walk: Walk, leg_m: float) -> None:
    measured, steps, strides = walk.measured, walk.steps, walk.strides
    if not len(steps):
        return
    prints = find_footprints(walk.pose, measured.events, measured.bouts, step_s=float(np.median(steps.duration_s)))
    length = walk.step_samples(("step_length_ll",), step_lengths(prints, steps)[:, None])
    per_stride = np.stack([stride_lengths(prints, strides), toe_clearances(walk.pose, prints, strides)], axis=1)
    if np.nanmedian(prints.leg_px) < LEAST_LEG_PX:
        per_stride[:, 1] = np.nan
    stride = walk.stride_samples(("stride_length_ll", "toe_clearance_ll"), per_stride)
    for samples in (length, stride):
        _put_sides(summary, samples.names, by_side(samples, "mean"))
    _put_spread(summary, length, walk.pose.fps)
    _put_spread(summary, stride, walk.pose.fps)
    known = np.isfinite(per_stride[:, 0])
    if known.any():
        speed = float(per_stride[known, 0].sum() / strides.duration_s[known].sum())
        summary.put("speed_ll_s", speed, int(known.sum()), float(stride.filled[known].mean()))
    if "cadence_spm" in summary.values:
        ratio = summary.values["step_length_ll"] / summary.values["cadence_spm"]
        summary.follow("walk_ratio_ll_per_spm", ratio, "step_length_ll", "cadence_spm")
    if not isfinite(leg_m):
        return
    lengths = ("step_length_ll", "stride_length_ll", "toe_clearance_ll")
    for name in (f"{lead}{name}" for name in lengths for lead in ("", "left_", "right_")):
        summary.follow(name.removesuffix("ll") + "m", summary.values[name] * leg_m, name)
    if "walk_ratio_ll_per_spm" in summary.values:
        summary.follow("walk_ratio_m_per_spm", summary.values["walk_ratio_ll_per_spm"] * leg_m, "walk_ratio_ll_per_spm")
    if known.any():
        summary.follow("speed_m_s", speed * leg_m, "speed_ll_s")
        summary.follow("speed_dimensionless", dimensionless_speed(speed * leg_m, leg_m), "speed_ll_s")


def _put_angles(summary: Summary, walk: Walk, plane: str) -> None:
    peaks = tuple(p for p in PEAKS if p.plane == plane)
    values = stride_peaks(walk.measured.angles, walk.pose.time_s, walk.strides, peaks)
    samples = walk.stride_samples(tuple(f"{p.name}_deg" for p in peaks), values)
    sides = by_side(samples, "median")
    sided = [i for i, p in enumerate(peaks) if p.sided]
    whole = [i for i, p in enumerate(peaks) if not p.sided]
    for chosen, both in ((sided, False), (whole, True)):
        names = tuple(samples.names[i] for i in chosen)
        part = BySide(sides.value[:, chosen], sides.count[:, chosen], sides.filled[:, chosen])
        if not both:
            _put_sides(summary, names, part, both=False)
            continue
        total = part.count.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            # The trunk has no side: strides of one foot alone show it as well.
            mean = np.nansum(part.value * (part.count > 0), axis=0) / (part.count > 0).sum(axis=0)
            filled = np.nansum(part.filled * (part.count > 0), axis=0) / (part.count > 0).sum(axis=0)
        for name, *rest in zip(names, mean.tolist(), total.tolist(), filled.tolist(), strict=True):
            summary.put(name, *rest)
    if plane == "frontal":
        column = samples.names.index("knee_valgus_mid_stance_deg")
        for row, side in enumerate(SIDES):
            own = values[samples.side == side, column]
            own = own[np.isfinite(own)]
            spread = float(np.subtract(*np.percentile(own, (75, 25)))) if len(own) else np.nan
            name = f"{side}_knee_valgus_mid_stance_iqr_deg"
            summary.put(name, spread, int(sides.count[row, column]), float(sides.filled[row, column]))


def _put_width(summary: Summary, walk: Walk, leg_m: float) -> None:
    width, steps = walk.measured.angles.get("step_width_ll"), walk.steps
    if width is None or not len(steps):
        return
    at = steps.stop_s[:, None] + np.linspace(0, 0.2, 5) * np.median(steps.duration_s)
    values = np.interp(at, walk.pose.time_s, width, right=np.nan)
    samples = walk.step_samples(("step_width_ll",), values.mean(axis=1)[:, None])
    known = np.isfinite(samples.values[:, 0])
    if known.any():
        median = float(np.median(samples.values[known, 0]))
        summary.put("step_width_ll", median, int(known.sum()), float(samples.filled[known].mean()))
        if isfinite(leg_m):
            summary.follow("step_width_m", summary.values["step_width_ll"] * leg_m, "step_width_ll")


def _put_spread(summary: Summary, samples: Samples, fps: float) -> None:
    """SD about the mean of each side and bout, robust twin, coefficient of variation and its floor."""
    wanted = {f"{name}_{unit}": (name, unit, floor) for name, unit, _, floor in SPREAD}
    columns = [i for i, name in enumerate(samples.names) if name in wanted]
    values = samples.values[:, columns]
    known = np.isfinite(values)
    if not known.any():
        return
    total = known.sum(axis=0)
    deviation, freedom = _about_means(values, known, samples.bout * 2 + (samples.side == "right"))
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt((deviation**2).sum(axis=0) / freedom)
        mean = np.where(known, values, 0.0).sum(axis=0) / total
        share = samples.filled @ known / total
    middle = by_side(samples, "median").value[:, columns]
    apart = np.abs(values - np.where((samples.side == "right")[:, None], middle[1], middle[0]))
    mad = 1.4826 * median_rows(apart, total)
    numbers = (a.tolist() for a in (np.where(freedom > 0, sd, nan), mad, mean, total, share))
    for full, *row in zip((samples.names[i] for i in columns), *numbers, strict=True):
        if row[3]:
            _put_one_spread(summary, *wanted[full], fps, *row)


def _put_one_spread(
    summary: Summary, name: str, unit: str, floor_events: int, fps: float, sd: float, mad: float, mean: float, n: int, filled: float
) -> None:
    cv = f"{name}_cv_percent"
    summary.put(f"{name}_sd_{unit}", sd, n, filled)
    summary.put(f"{name}_mad_{unit}", mad, n, filled)
    summary.put(cv, 100 * sd / mean if mean > 0 else nan, n, filled)
    cautions = [f"unsteady: {n} strides, fewer than {CV_STEADY}"] if n < CV_STEADY else []
    if floor_events:
        floor = 100 * interval_floor_s(fps) * sqrt(floor_events / 2) / mean
        summary.put(f"{name}_cv_floor_percent", floor, n, filled)
        if summary.values[cv] <= floor:
            cautions.append(f"not above what {fps:g} frames/s could show by themselves")
    if cautions:
        summary.notes[cv] = "; ".join(cautions)


def _about_means(values: np.ndarray, known: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Deviations from the mean of each group, 0 where not known, (N, C); and the degrees of freedom, (C,)."""
    groups = np.unique(group)
    belongs = (group == groups[:, None]).astype(float)
    size = belongs @ known
    mean = belongs @ np.where(known, values, 0.0) / np.maximum(size, 1)
    apart = np.where(known, values - mean[np.searchsorted(groups, group)], 0.0)
    return apart, known.sum(axis=0) - (size > 0).sum(axis=0)


def _put_symmetry(summary: Summary) -> None:
    for table, indices in ((COMPARED, tuple(INDICES)), (SUBTRACTED, ("difference",))):
        for name, unit, _ in table:
            left, right = (f"{side}_{name}_{unit}" for side in SIDES)
            if left not in summary.values or right not in summary.values:
                continue
            pair = summary.values[left], summary.values[right]
            for index in indices:
                summary.follow(symmetry_column(name, index, unit), INDICES[index][1](*pair), left, right)


def _leg_metres(trial: Trial, walks: Mapping[str, Walk]) -> tuple[float, str]:
    """Length of the leg (hip to knee to ankle) in metres, or why it is not known."""
    for plane in ("sagittal", "frontal"):
        if plane in walks:
            pose = walks[plane].pose
            scale = metres_per_px(pose, height_m=trial.height_m, leg_length_m=trial.leg_length_m, known=trial.metres_per_px)
            leg_m = scale.metres_per_px * walks[plane].leg_px
            if isfinite(leg_m):
                return leg_m, ""
    return np.nan, "no scale: give height_m, leg_length_m or metres_per_px"


def _explain(
    summary: Summary,
    trial: Trial,
    planes: Mapping[str, PlaneMeasurement],
    walks: Mapping[str, Walk],
    failures: Mapping[str, str],
    timed: Walk | None,
    no_scale: str,
) -> None:
    """Put every descriptor in the order of the table; take back values that nothing supports; say why."""
    evidence = {plane: _evidence(walk) for plane, walk in walks.items()}
    absent = {plane: _absent(plane, planes, failures) for plane in ("sagittal", "frontal")}
    filed = next(iter([*walks, *failures]), "sagittal")
    either = next((plane for plane, walk in walks.items() if walk is timed), filed if filed in absent else "sagittal")
    computed = Summary(dict(summary.values), notes=summary.notes, counts=dict(summary.counts), filled=dict(summary.filled))
    summary.values, summary.counts, summary.filled = {}, {}, {}
    for d in DESCRIPTORS:
        plane = either if d.plane == "either" else d.plane
        value, count = computed.values.get(d.name, nan), computed.counts.get(d.name, 0)
        known = isfinite(value)
        reason = why_missing(d, plane, evidence.get(plane), absent=absent[plane], no_scale=no_scale, count=count, known=known)
        summary.put(d.name, nan if reason else value, count, computed.filled.get(d.name, nan))
        if reason:
            summary.reasons[d.name] = reason
            summary.notes.pop(d.name, None)
        elif d.plane == "either" and plane == "frontal":
            summary.notes[d.name] = "; ".join(filter(None, (summary.notes.get(d.name), FROM_THE_FRONT)))


def _absent(plane: str, planes: Mapping[str, PlaneMeasurement], failures: Mapping[str, str]) -> str:
    if plane in failures:
        return failures[plane]
    if "oblique" in planes:
        return f"the recording was taken obliquely ({planes['oblique'].view.reason}); {SIDE_ONLY[plane]}"
    return f"no {plane} recording: {SIDE_ONLY[plane]}"


def _evidence(walk: Walk) -> PlaneEvidence:
    leg = walk.leg_px
    small = f"the leg spans {leg:.0f} px in the image: the toe's height needs {LEAST_LEG_PX:.0f}" if leg < LEAST_LEG_PX else ""
    return PlaneEvidence(
        pose=walk.pose,
        bouts=len(walk.measured.bouts),
        strides={side: int((walk.strides.side == side).sum()) for side in SIDES},
        steps={side: int((walk.steps.side == side).sum()) for side in SIDES},
        angles=walk.measured.angle_reasons,
        small=small,
    )
