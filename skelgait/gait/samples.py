"""What the single strides and steps of one recording say, before it is brought down to one value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import Strides
from skelgait.gait.footprints import find_footprints, step_lengths, stride_lengths, toe_clearances
from skelgait.gait.medians import column_medians, middle
from skelgait.gait.peaks import PEAKS, Peak, stride_peaks
from skelgait.gait.phases import PHASES, stride_phases
from skelgait.gait.steps import Steps, believable, find_steps
from skelgait.signals.travel import leg_length_px

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

LEG_PARTS = ("hip", "knee", "ankle", "heel", "toe")
# From the front, what is read while a leg bears the body needs no whole stride: a contact and the other foot's next are enough.
STANCE_PEAKS = tuple(p for p in PEAKS if p.plane == "frontal" and p.window in ("middle", "bearing"))
STRIDE_PEAKS = {plane: tuple(p for p in PEAKS if p.plane == plane and p not in STANCE_PEAKS) for plane in ("sagittal", "frontal")}
# A toe passes the floor at 1-2 % of the leg length: a leg of fewer pixels cannot show it.
LEAST_LEG_PX = 100.0
# The width between the feet is read from a contact to this share of a step time later, when both stand.
BOTH_STAND = np.linspace(0, 0.2, 5)


@dataclass(frozen=True, eq=False)
class Samples:
    """Quantities of single strides (or steps), one row each.

    Parameters
    ----------
    names : tuple of str, length C
        With unit, without side.
    side : (N,) str
    bout : (N,) int
    values : (N, C)
    filled : (N,), 0..1
        Share of the leg's keypoints that were interpolated during it.
    """

    names: tuple[str, ...]
    side: np.ndarray
    bout: np.ndarray
    values: np.ndarray
    filled: np.ndarray

    def column(self, name: str) -> np.ndarray:
        """One quantity of all rows, (N,)."""
        return self.values[:, self.names.index(name)]


@dataclass(frozen=True, eq=False)
class BySide:
    """Samples brought down to one number a column and side, (2, C): left and right.

    Parameters
    ----------
    mean, median : (2, C)
        NaN without a sample.
    count : (2, C) int
    filled : (2, C), 0..1
        Mean share of interpolated keypoints of the samples used; NaN without one.
    """

    mean: np.ndarray
    median: np.ndarray
    count: np.ndarray
    filled: np.ndarray


class PlaneCycles:
    """The strides and steps of one plane that can be believed.

    Parameters
    ----------
    measured : PlaneMeasurement

    Attributes
    ----------
    strides, steps : Strides, Steps
        Those that last about as long as the others do.
    leg_px : float, pixels
    ground_moves : bool
        Known after `sample`: whether the ground moves in the image, on a treadmill or under a camera that follows.
    """

    def __init__(self, measured: PlaneMeasurement) -> None:
        self.measured = measured
        self.pose = measured.pose
        self.leg_px = leg_length_px(self.pose)
        self.ground_moves = False
        strides, steps = measured.strides, find_steps(measured.events)
        keep = believable(strides.duration_s)
        self.strides: Strides = strides if keep.all() else strides.select(keep)
        keep = believable(steps.duration_s)
        self.steps: Steps = steps if keep.all() else Steps(*(getattr(steps, f.name)[keep] for f in fields(steps)))

    def stances(self) -> Strides:
        """Each time a leg bears the body: from its contact to the other foot's, as strides of which nothing else is known."""
        steps = self.steps
        bearing = np.where(steps.side == "left", "right", "left")
        unknown = np.full(len(steps), np.nan)
        return Strides(bearing, steps.bout, steps.start_s, steps.stop_s, unknown, unknown, steps.stop_s)

    def sample(self, *, times: bool) -> tuple[Samples, ...]:
        """Sample every stride and every step.

        Parameters
        ----------
        times : bool
            Whether this recording is the one that times are taken from.

        Returns
        -------
        strides, steps : Samples, Samples
            From the front also ``stances`` (see there).
        """
        plane, strides, steps = self.measured.plane, self.strides, self.steps
        per_stride: list[tuple[tuple[str, ...], np.ndarray]] = []
        per_step: list[tuple[tuple[str, ...], np.ndarray]] = []
        if times:
            per_stride.append((PHASES, stride_phases(strides)))
            per_step.append((("step_time_s",), steps.duration_s[:, None]))
        if plane == "sagittal" and (len(steps) or len(strides)):
            step_s = middle(steps.duration_s) if len(steps) else 0.5 * middle(strides.duration_s)
            prints = find_footprints(self.pose, self.measured.events, self.measured.bouts, step_s=step_s)
            self.ground_moves = bool((np.abs(prints.ground_px_s) > 0).any())
            clearance = toe_clearances(self.pose, prints, strides)
            if self.leg_px < LEAST_LEG_PX:
                clearance = np.full(len(strides), np.nan)
            lengths = np.stack([stride_lengths(prints, strides), clearance], axis=1)
            per_stride.append((("stride_length_ll", "toe_clearance_ll"), lengths))
            per_step.append((("step_length_ll",), step_lengths(prints, steps)[:, None]))
        width = self.measured.angles.get("step_width_ll")
        if width is not None and len(steps):
            at = steps.stop_s[:, None] + BOTH_STAND * middle(steps.duration_s)
            mean = np.interp(at, self.pose.time_s, width, right=np.nan).mean(axis=1)
            per_step.append((("step_width_ll",), mean[:, None]))
        per_stride.append(self._read(STRIDE_PEAKS[plane], strides))
        before = _filled_before(self.pose)
        both = _join(per_stride, strides, self.pose, before), _join(per_step, steps, self.pose, before)
        if plane == "sagittal":
            return both
        stances = self.stances()
        return *both, _join([self._read(STANCE_PEAKS, stances)], stances, self.pose, before)

    def _read(self, peaks: tuple[Peak, ...], strides: Strides) -> tuple[tuple[str, ...], np.ndarray]:
        values = stride_peaks(self.measured.angles, self.pose.time_s, strides, peaks)
        return tuple(f"{p.name}_deg" for p in peaks), values


def _join(
    parts: list[tuple[tuple[str, ...], np.ndarray]], rows: Strides | Steps, pose: PoseSequence, before: np.ndarray
) -> Samples:
    first, last = (((t - pose.time_s[0]) * pose.fps + 0.5).astype(int) for t in (rows.start_s, rows.stop_s))
    first, last = np.minimum(first, pose.n_frames - 1), np.minimum(last, pose.n_frames)
    row = (rows.side == "right").astype(int)
    share = (before[row, last] - before[row, first]) / np.maximum(last - first, 1)
    names = tuple(name for part in parts for name in part[0])
    values = np.concatenate([part[1] for part in parts], axis=1) if parts else np.empty((len(rows), 0))
    return Samples(names, rows.side, rows.bout, values, share)


def _filled_before(pose: PoseSequence) -> np.ndarray:
    """Running sum over time of the share of each leg's keypoints that is interpolated, (2, T + 1)."""
    out = np.zeros((2, pose.n_frames + 1))
    if not pose.filled.any():
        return out
    for row, side in enumerate(SIDES):
        at = [i for part in LEG_PARTS for i in pose.skeleton.sources(f"{side}_{part}")]
        if at:
            np.cumsum(np.add.reduce(pose.filled.T[at], axis=0, dtype=float) / len(at), out=out[row, 1:])
    return out


def by_side(samples: Samples) -> BySide:
    """Bring the samples of each side down to mean and median.

    Parameters
    ----------
    samples : Samples

    Returns
    -------
    BySide
        NaN is left out; a column without a sample on a side is NaN there.
    """
    own = np.array([samples.side == side for side in SIDES])
    known = np.isfinite(samples.values)
    seen, belongs = known.astype(float), own.astype(float)
    count = belongs @ seen
    n = np.where(count > 0, count, np.nan)
    mean = belongs @ np.where(known, samples.values, 0.0) / n
    filled = (belongs * samples.filled) @ seen / n
    count = count.astype(int)
    median = np.array([column_medians(samples.values[own[row]], count[row]) for row in (0, 1)])
    return BySide(mean, median, count, filled)
