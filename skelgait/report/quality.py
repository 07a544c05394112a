"""How well a recording could be read: what was seen, filled in, exchanged, and how the sides were told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.measure import PlaneMeasurement
from skelgait.report.keypoint_map import GAIT_POINTS
from skelgait.report.numbers import percent
from skelgait.report.words import ENGLISH, Texts

# A keypoint less sure than this is unsure; so often, and the reader must know.
UNSURE, MOST_UNSURE = 0.5, 0.2


def quality_rows(m: PlaneMeasurement, *, texts: Texts = ENGLISH) -> list[dict[str, Any]]:
    """Shares seen and filled in and the mean confidence of each joint, left and right, as text."""
    pose = m.pose
    rows = []
    for joint in dict.fromkeys(name.removeprefix("left_").removeprefix("right_") for name in GAIT_POINTS):
        names = [f"{side}_{joint}" for side in SIDES]
        if not all(pose.has(name) and name in GAIT_POINTS for name in names):
            continue
        at = [list(pose.skeleton.sources(name)) for name in names]
        filled = [float(pose.filled[:, k].any(axis=1).mean()) for k in at]
        known = [float(np.isfinite(pose.xy[:, k, 0]).all(axis=1).mean()) for k in at]
        sure = [pose.confidence[:, k].min(axis=1) for k in at]
        cells = [f"{100 * max(0.0, k - f):.0f} %" for k, f in zip(known, filled, strict=True)]
        cells += [f"{100 * f:.0f} %" for f in filled]
        cells += [f"{float(c[c > 0].mean()):.2f}" if (c > 0).any() else "–" for c in sure]
        rows.append({"label": texts(f"point.{joint}").capitalize(), "cells": cells})
    return rows


@dataclass(frozen=True)
class Reading:
    """How well the legs could be read while the person walked.

    Parameters
    ----------
    frames : int
        Of walking; of the whole recording where nobody walks.
    put_back, filled, unseen : int
        Frames in which left and right leg were exchanged back; in which a point of a leg was filled in; in which one is missing.
    told_by : {"tracker", "height", "names"}
        What tells left from right: what the tracker called them; which foot stands lower in the image; or, after the tracker's
        names jumped from leg to leg, what it called them most of the time.
    sure : float, 0.5..1
        That left is left; NaN where nothing but the tracker says so.
    roll_deg : float, degrees
        How far the image is turned clockwise; NaN where it is level or cannot be told.
    """

    frames: int
    put_back: int
    filled: int
    unseen: int
    told_by: str
    sure: float
    roll_deg: float


def read_legs(m: PlaneMeasurement) -> Reading:
    """Count what was mended in a recording.

    Examples
    --------
    >>> from skelgait.gait.measure import measure_plane
    >>> from skelgait.walker import Walker
    >>> reading = read_legs(measure_plane(Walker().film(fps=60, duration_s=4, swaps=1, random_state=1).pose))
    >>> reading.frames, reading.put_back > 0, reading.told_by
    (240, True, 'tracker')
    """
    pose, walking = m.pose, _walking(m)
    names = [f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle", "heel", "toe")]
    at = sorted({k for name in names for k in pose.skeleton.sources(name)})
    needed = sorted({k for name in names if not name.endswith(("heel", "toe")) for k in pose.skeleton.sources(name)})
    told = pose.info.get("sides")
    told = told if isinstance(told, Mapping) else {}
    return Reading(
        frames=int(walking.sum()),
        put_back=int((pose.swapped & walking).sum()),
        filled=int((pose.filled[:, at].any(axis=1) & walking).sum()),
        unseen=int((np.isnan(pose.xy[:, needed, 0]).any(axis=1) & walking).sum()),
        told_by=str(told.get("told_by", "tracker")),
        sure=float(told.get("confidence", np.nan)),
        roll_deg=float(pose.info.get("roll_deg") or np.nan),
    )


def unsure_points(m: PlaneMeasurement) -> list[str]:
    """Points of the legs that were unsure, or filled in, in more than a fifth of the walk: names with their side.

    Examples
    --------
    >>> from skelgait.gait.measure import measure_plane
    >>> from skelgait.walker import Walker
    >>> unsure_points(measure_plane(Walker().film(fps=60, duration_s=4).pose))
    []
    """
    pose, walking = m.pose, _walking(m)
    points = []
    for name in (f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle", "heel", "toe")):
        at = list(pose.skeleton.sources(name)) if pose.has(name) else []
        confidence = pose.confidence[walking][:, at]
        if at and (confidence > 0).any() and (confidence.min(axis=1) < UNSURE).mean() > MOST_UNSURE:
            points.append(name)
    return points


def _walking(m: PlaneMeasurement) -> np.ndarray:
    """Frames of walking, (T,) bool; all of a recording in which nobody walks."""
    walking = np.zeros(m.pose.n_frames, bool)
    for bout in m.bouts:
        walking[bout.start : bout.stop] = True
    return walking if walking.any() else ~walking


def quality_notes(m: PlaneMeasurement, *, texts: Texts = ENGLISH) -> list[str]:
    """How a recording was read, in sentences: the sides, what was mended, the camera, and what the frame rate allows."""
    reading = read_legs(m)
    known = f"sides.{reading.told_by}" in texts
    by = texts(f"sides.{reading.told_by}" if known else "sides.other", by=reading.told_by)
    fps = m.raw.fps
    interval_ms = 1000 / (fps * np.sqrt(6))
    lines = [by if np.isnan(reading.sure) else texts("sides.sure", by=by.rstrip("."), p=percent(reading.sure))]
    for what in ("put_back", "filled", "unseen"):
        n = getattr(reading, what)
        fields = {"n": n, "of": reading.frames, "share": _share(n, reading.frames)}
        lines.append(texts(f"reading.{what}", **fields) if n else texts(f"reading.no_{what}", **fields))
    if np.isfinite(reading.roll_deg):
        way = texts("roll.clockwise" if reading.roll_deg > 0 else "roll.anticlockwise")
        lines.append(texts("reading.roll", n=f"{abs(reading.roll_deg):.1f}", way=way))
    lines.append(texts("quality.frame_rate", fps=f"{fps:g}", interval=f"{interval_ms:.1f}"))
    return lines


def _share(n: int, of: int) -> str:
    percent = 100 * n / max(of, 1)
    return "< 1 %" if 0 < percent < 1 else f"{percent:.0f} %"
