"""Walks recorded with force plates or annotated contacts, seen by virtual cameras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.events import EVENTS, GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO23, SIDES, Skeleton
from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement, measure
from skelgait.walker import Camera, Walker

SOURCES = ("forceplate_measured", "c3d", "grf_threshold_5pct")  # best first; the estimated ones are no reference
CHATTER_S = 0.1


@dataclass(frozen=True)
class RecordedWalk:
    """One walk: its keypoints in each camera, and the contacts somebody measured, rows (side, event, seconds)."""

    name: str
    laboratory: str
    truth: tuple[tuple[str, str, float], ...]
    arrays: dict[str, np.ndarray]

    def pose(self, camera: str, *, fps: float | None = None, noise_px: float = 0.0) -> PoseSequence:
        """What a camera saw, at another frame rate or with noise if asked; a missing point stays missing."""
        points = self.arrays[camera].astype(float)
        xy, rate = np.where(points[..., 2:] > 0, points[..., :2], np.nan), float(self.arrays["fps"])
        if fps:
            at = np.arange(0, len(xy) - 1, rate / fps)
            before, share = at.astype(int), (at % 1)[:, None, None]
            xy, rate = (1 - share) * xy[before] + share * xy[before + 1], fps
        if noise_px:
            xy = xy + np.random.default_rng(0).normal(0, noise_px, xy.shape)
        names = tuple(self.arrays["names"].astype(str))
        bones = tuple(bone for bone in COCO23.bones if set(bone) <= set(names))
        return PoseSequence(xy, fps=rate, skeleton=Skeleton("coco17_feet", names, bones), source=self.name)


def _truth(rows: np.ndarray) -> tuple[tuple[str, str, float], ...]:
    """The best source's events, and those of lesser plates where it has none; a plate's chatter ends what it tells of a foot."""
    parts = [row.split(",") for row in rows.astype(str)]
    kinds = dict(zip(("IC", "TO"), EVENTS, strict=True))
    by_source = {s: [(p[0].lower(), kinds[p[1]], float(p[2])) for p in parts if p[4] == s] for s in SOURCES}
    if by_source["c3d"]:
        return tuple(by_source["c3d"])
    out = list(by_source["forceplate_measured"])
    for side in SIDES:
        plate = sorted((t, kind) for s, kind, t in by_source["grf_threshold_5pct"] if s == side)
        times = [t for t, _ in plate]
        end = min((a for a, b in pairwise(times) if b - a < CHATTER_S), default=np.inf)
        known = [(kind, t) for s, kind, t in out if s == side]
        out += [(side, kind, t) for t, kind in plate if t < end and not any(k == kind and abs(u - t) < CHATTER_S for k, u in known)]
    return tuple(out)


@pytest.fixture(scope="session")
def recorded_walks(data: Path) -> list[RecordedWalk]:
    """Every recorded walk with a reference; standing trials aside."""
    walks = []
    for file in sorted(data.glob("c3d_*/ref/*.npz")):
        if "static" not in file.stem:
            arrays = dict(np.load(file, allow_pickle=False))
            walks.append(RecordedWalk(file.stem, file.stem.split("_")[0], _truth(arrays["events"]), arrays))
    return walks


@dataclass(frozen=True)
class Agreement:
    """Errors in seconds of the events found (one to one, nearest first), and how many were missed or invented."""

    errors_s: np.ndarray
    missed: int
    false: int

    @property
    def median_ms(self) -> float:
        """Median absolute error."""
        return float(np.median(np.abs(self.errors_s)) * 1000)

    @property
    def found_percent(self) -> float:
        """Share of the reference that was found."""
        return 100 * len(self.errors_s) / (len(self.errors_s) + self.missed)

    @property
    def false_percent(self) -> float:
        """Events that match nothing, as a share of the reference."""
        return 100 * self.false / (len(self.errors_s) + self.missed)


def agreement(
    pairs: list[tuple[GaitEvents, tuple[tuple[str, str, float], ...]]], event: str, *, within_s: float = 0.1
) -> Agreement:
    """Compare detected events with the reference, pooled over recordings.

    A detected event counts as false when it lies between the first and last reference event of its foot and matches none.
    """
    errors: list[float] = []
    missed = false = 0
    for found, truth in pairs:
        for side in SIDES:
            known = np.array(sorted(t for s, kind, t in truth if s == side and kind == event))
            times = found.times(side, event)
            gap = np.abs(times[:, None] - known[None])
            used = np.zeros(len(times), bool)
            matched = 0
            while gap.size and gap.min() <= within_s:
                i, j = np.unravel_index(gap.argmin(), gap.shape)
                errors.append(float(times[i] - known[j]))
                used[i] = True
                gap[i, :] = gap[:, j] = np.inf
                matched += 1
            missed += len(known) - matched
            span = [t for s, _, t in truth if s == side]
            if span:
                false += int(((times > min(span)) & (times < max(span)) & ~used).sum())
    return Agreement(np.array(errors), missed, false)


@pytest.fixture(scope="session")
def compare() -> Callable[..., Agreement]:
    """`agreement` as a fixture, since tests do not import each other."""
    return agreement


@pytest.fixture(scope="session")
def steady_pose() -> PoseSequence:
    """A walk of 14 s, long enough for contacts a test makes up."""
    return Walker(cadence_spm=112, leg_length_m=0.6).film(Camera(), fps=50, duration_s=14).pose


def with_contacts(pose: PoseSequence, left: list[float], right: list[float], **known: float) -> Measurement:
    """The walk measured by these contacts, in seconds."""
    time = np.array(left + right)
    side = ["left"] * len(left) + ["right"] * len(right)
    events = GaitEvents(side, ["initial_contact"] * len(time), time, time * 50)  # type: ignore[arg-type]
    return measure(Trial("child", pose, events={"sagittal": events}, **known))  # type: ignore[arg-type]
