"""Real recordings as poses, read straight from their arrays (the readers are tested elsewhere)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, Skeleton


@pytest.fixture(scope="session")
def reference(data: Path) -> Callable[..., list[PoseSequence]]:
    """Projected motion capture walks: ``reference(kind, step=1, noise=0, static=False)``."""

    def read(kind: str, step: int = 1, noise: float = 0.0, static: bool = False) -> list[PoseSequence]:
        poses = []
        for path in sorted(data.glob("c3d_*/ref/*.npz")):
            if ("static" in path.stem) != static:
                continue
            with np.load(path) as file:
                points = file[kind][::step]
                skeleton = Skeleton("reference", tuple(map(str, file["names"])))
                fps = float(file["fps"]) / step
            xy = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
            xy = xy + noise * np.random.default_rng(len(poses)).standard_normal(xy.shape)
            poses.append(PoseSequence(xy, fps=fps, skeleton=skeleton, source=path.stem))
        return poses

    return read


@pytest.fixture(scope="session")
def child(data: Path) -> PoseSequence:
    """A child in front of a panning camera, as a real estimator saw it: swaps, gaps, jumps."""
    files = sorted((data / "mobile_gaitlab_cp_child" / "openpose_json").glob("*.json"))
    points = np.zeros((len(files), 25, 3))
    for points_of_frame, file in zip(points, files, strict=True):
        people = json.loads(file.read_text())["people"]
        if people:
            points_of_frame[:] = np.reshape(people[0]["pose_keypoints_2d"], (25, 3))
    xy = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    return PoseSequence(xy, points[..., 2], fps=29.97, skeleton=BODY25, size=(320, 480), source="child")
