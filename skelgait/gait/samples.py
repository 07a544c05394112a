"""What single strides and steps of one recording say, before it is brought down to one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import Strides
from skelgait.gait.spatiotemporal import Steps, believable, find_steps
from skelgait.signals.travel import leg_length_px

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

LEG_PARTS = ("hip", "knee", "ankle", "heel", "toe")


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


@dataclass(frozen=True, eq=False)
class BySide:
    """Mean or median of samples, (2, C): left and right; how many, and the share interpolated."""

    value: np.ndarray
    count: np.ndarray
    filled: np.ndarray


class Walk:
    """Strides and steps of one plane that can be believed, and what was sampled on each."""

    def __init__(self, measured: PlaneMeasurement) -> None:
        self.measured = measured
        self.pose = measured.pose
        strides, steps = measured.strides, find_steps(measured.events)
        keep = believable(strides.duration_s)
        self.strides: Strides = strides if keep.all() else strides.select(keep)
        keep = believable(steps.duration_s)
        self.steps: Steps = steps if keep.all() else Steps(*(getattr(steps, f)[keep] for f in steps.__dataclass_fields__))
        self.leg_px = leg_length_px(self.pose)
        self._filled = _filled_before(self.pose)

    def stride_samples(self, names: tuple[str, ...], values: np.ndarray) -> Samples:
        """Values of each stride, with the share of its leg's keypoints that was interpolated."""
        s = self.strides
        return Samples(names, s.side, s.bout, values, self._share(s.side, s.start_s, s.stop_s))

    def step_samples(self, names: tuple[str, ...], values: np.ndarray) -> Samples:
        """Values of each step."""
        s = self.steps
        return Samples(names, s.side, s.bout, values, self._share(s.side, s.start_s, s.stop_s))

    def _share(self, side: np.ndarray, start_s: np.ndarray, stop_s: np.ndarray) -> np.ndarray:
        frames = self.pose.n_frames
        first, last = (np.round((t - self.pose.time_s[0]) * self.pose.fps).astype(int) for t in (start_s, stop_s))
        first, last = np.clip(first, 0, frames - 1), np.clip(last, 1, frames)
        last = np.maximum(last, first + 1)
        row = (side == "right").astype(int)
        return (self._filled[row, last] - self._filled[row, first]) / (last - first)


def _filled_before(pose: PoseSequence) -> np.ndarray:
    """Running sum over time of the share of each leg's keypoints that is interpolated, (2, T + 1)."""
    out = np.zeros((2, pose.n_frames + 1))
    for row, side in enumerate(SIDES):
        at = [i for part in LEG_PARTS for i in pose.skeleton.sources(f"{side}_{part}")]
        out[row, 1:] = np.cumsum(pose.filled[:, at].mean(axis=1)) if at else 0.0
    return out


def by_side(samples: Samples, statistic: str) -> BySide:
    """Bring the samples of each side down to one number a column.

    Parameters
    ----------
    samples : Samples
    statistic : {"mean", "median"}

    Returns
    -------
    BySide
        NaN is left out; a column without a sample on a side is NaN there.
    """
    columns = len(samples.names)
    value, filled = np.full((2, columns), np.nan), np.full((2, columns), np.nan)
    count = np.zeros((2, columns), int)
    for row, side in enumerate(SIDES):
        own = samples.side == side
        values = samples.values[own]
        known = np.isfinite(values)
        count[row] = known.sum(axis=0)
        if not count[row].any():
            continue
        n = np.maximum(count[row], 1)
        if statistic == "mean":
            value[row] = np.where(known, values, 0.0).sum(axis=0) / n
        else:
            value[row] = median_rows(values, count[row])
        filled[row] = samples.filled[own] @ known / n
        value[row, count[row] == 0] = filled[row, count[row] == 0] = np.nan
    return BySide(value, count, filled)


def median_rows(values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median down each column of (N, C) values of which ``count`` (C,) are not NaN; NaN where none is."""
    if not len(values):
        return np.full(values.shape[1], np.nan)
    ordered = np.sort(values, axis=0)  # NaN goes last
    each, n = np.arange(values.shape[1]), np.maximum(count, 1)
    return 0.5 * (ordered[(n - 1) // 2, each] + ordered[n // 2, each])
