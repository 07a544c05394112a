"""How well a recording could be read: what was seen, filled in, exchanged, and how the sides were told."""

from __future__ import annotations

from typing import Any

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.measure import PlaneMeasurement
from skelgait.report.pictures import GAIT_POINTS
from skelgait.report.words import ENGLISH, Texts


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


def quality_notes(m: PlaneMeasurement, *, texts: Texts = ENGLISH) -> list[str]:
    """What was exchanged by the tracker, and what the frame rate allows, in sentences."""
    swapped = int(m.pose.swapped.sum())
    fps = m.raw.fps
    frame_ms, interval_ms = 1000 / fps, 1000 / (fps * np.sqrt(6))
    return [
        texts("quality.swaps", n=swapped, of=m.pose.n_frames),
        texts("quality.frame_rate", fps=f"{fps:g}", frame=f"{frame_ms:.1f}", interval=f"{interval_ms:.1f}"),
    ]
