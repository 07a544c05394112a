"""Points of motion capture as a camera far away would see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skelgait.core.errors import FileError, PoseError
from skelgait.core.pose import VIEWS

# One pixel is one millimetre, and the picture has a margin.
METRES_PER_PX = 0.001
MARGIN_PX = 100.0
MARK = "export a trial in which somebody walks, with markers of the feet or the pelvis"
STAND = "export a trial in which somebody stands or walks upright, in a room whose axes are level"


def project(
    points: Mapping[str, np.ndarray], view: str | None, where: str
) -> tuple[np.ndarray, tuple[int, int], str, dict[str, Any]]:
    """Points of the laboratory projected at right angles onto a plane of the walk.

    Parameters
    ----------
    points : mapping of name to (T, 3) metres
        NaN where missing.
    view : str or None
        One of `VIEWS`. The plane stands upright on the mean direction of travel. ``"sagittal_right"`` (also None and
        ``"sagittal"``): the camera stands to the right of the walker, who travels to image right. ``"sagittal_left"``: to their
        left, travelling to image left. ``"frontal_towards"`` (also ``"frontal"``): the camera looks at their face; their left is
        at image right. ``"frontal_away"``: from behind. ``"oblique"``: from ahead and to their right, halfway.
    where : str
        The file, for errors.

    Returns
    -------
    xy : (T, K, 2) pixels
        y down; one pixel is one millimetre.
    size : (width, height) pixels
        That holds every point, with a margin.
    view : str
        The view made. A sagittal view asked for without a side stays without one when the walker turns back.
    info : dict
        ``metres_per_px`` and ``projection``, the axes in words.

    Raises
    ------
    FileError
        No upright: neither hips nor shoulders together with feet, or nobody stands.

    Notes
    -----
    Up is the laboratory axis along which hips, shoulders and head lie above ankles and heels. The direction of travel is from
    the path of the hips; where they stay in place (a treadmill, a static trial) from heel to toe. It is one direction for the
    whole recording: a walk along a curve is seen from one side throughout, as by a camera.
    """
    if view is not None and view not in VIEWS:
        raise PoseError(f"unknown view {view!r}", expected=", ".join(VIEWS), do="leave it out for the side")
    up = _up(points, where)
    forward, turned = _forward(points, up, where)
    left = np.cross(up, forward)
    across = {
        "sagittal": forward,
        "sagittal_right": forward,
        "sagittal_left": -forward,
        "frontal": left,
        "frontal_towards": left,
        "frontal_away": -left,
        "oblique": (forward + left) / np.sqrt(2),
    }[view or "sagittal"]
    made = {None: "sagittal_right", "sagittal": "sagittal_right", "frontal": "frontal_towards"}.get(view, view)
    if turned and view in (None, "sagittal"):
        made = "sagittal"
    xyz = np.stack(list(points.values()), axis=1)
    xy = np.stack([xyz @ across, -(xyz @ up)], axis=-1) / METRES_PER_PX
    xy += MARGIN_PX - np.nanmin(xy, axis=(0, 1))
    width, height = np.ceil(np.nanmax(xy, axis=(0, 1)) + MARGIN_PX).astype(int)
    travel = np.round(forward, 3).tolist()
    words = f"orthographic onto the {made} plane; 1 px = 1 mm; in the laboratory up is {_axis(up)} and travel is {travel}"
    return xy, (int(width), int(height)), str(made), {"metres_per_px": METRES_PER_PX, "projection": words}


def _axis(direction: np.ndarray) -> str:
    at = int(np.argmax(np.abs(direction)))
    return f"{'+' if direction[at] > 0 else '-'}{'XYZ'[at]}"


def _mean_of(points: Mapping[str, np.ndarray], parts: tuple[str, ...]) -> np.ndarray | None:
    """Mean of the points whose names end so, (T, 3), from what is seen in each frame."""
    chosen = [xyz for name, xyz in points.items() if name.endswith(parts)]
    if not chosen:
        return None
    stacked = np.stack(chosen)
    seen = ~np.isnan(stacked)
    count = seen.sum(axis=0)
    return np.where(count > 0, np.where(seen, stacked, 0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _up(points: Mapping[str, np.ndarray], where: str) -> np.ndarray:
    high = _mean_of(points, ("hip", "shoulder", "head", "nose"))
    if high is None:
        high = _mean_of(points, ("knee",))
    low = _mean_of(points, ("ankle", "heel", "toe"))
    rise = None if high is None or low is None else np.nanmedian(high - low, axis=0)
    if rise is None or not np.isfinite(rise).all():
        raise FileError(
            f"up and down cannot be told in {where}",
            found=", ".join(points) or "no known marker",
            expected="hips or shoulders, and ankles or heels",
            do="name the markers as Plug-in Gait or OpenSim do",
        )
    up = np.zeros(3)
    at = int(np.argmax(np.abs(rise)))
    if np.abs(rise[at]) < 2 * np.abs(np.delete(rise, at)).max():
        raise FileError(f"nobody stands upright in {where}", found=f"hips {np.round(rise, 2).tolist()} m from the feet", do=STAND)
    up[at] = np.sign(rise[at])
    return up


def _forward(points: Mapping[str, np.ndarray], up: np.ndarray, where: str) -> tuple[np.ndarray, bool]:
    """Unit vector of travel, horizontal, and whether the walker also came back."""
    level = np.eye(3) - np.outer(up, up)
    trunk = _mean_of(points, ("hip",))
    if trunk is None:
        trunk = _mean_of(points, ("shoulder", "head", "knee"))
    assert trunk is not None
    path = trunk[~np.isnan(trunk).any(axis=1)] @ level
    low = _mean_of(points, ("ankle", "heel"))
    leg = float(np.nanmedian(np.abs((trunk - low) @ up))) if low is not None else 0.8
    if len(path) >= 5:
        away = path - np.median(path[: max(1, len(path) // 20)], axis=0)
        farthest = away[int(np.argmax(np.linalg.norm(away, axis=1)))]
        reach = float(np.linalg.norm(farthest))
        if reach > 0.7 * leg:
            ends = np.median(path[-max(1, len(path) // 20) :], axis=0) - np.median(path[: max(1, len(path) // 20)], axis=0)
            turned = float(np.linalg.norm(ends)) < 0.7 * reach
            direction = farthest if turned else ends
            return direction / np.linalg.norm(direction), turned
    heels, toes = _mean_of(points, ("heel",)), _mean_of(points, ("toe",))
    if heels is None:
        heels = _mean_of(points, ("ankle",))
    if heels is not None and toes is not None:
        foot = np.nanmedian((toes - heels) @ level, axis=0)
        if np.isfinite(foot).all() and np.linalg.norm(foot) > 0.02:
            return foot / np.linalg.norm(foot), False
    if {"left_hip", "right_hip"} <= set(points):
        ahead = np.cross(np.nanmedian(points["left_hip"] - points["right_hip"], axis=0), up)
        if np.isfinite(ahead).all() and np.linalg.norm(ahead) > 0.02:
            return ahead / np.linalg.norm(ahead), False
    raise FileError(
        f"the direction of travel cannot be told in {where}", found="nobody moves and no foot or pelvis is seen", do=MARK
    )
