"""A walk seen from the child instead of from the camera: where it is zero, how long one is, which way is forward."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.signals.travel import body_size, leg_length_px, travel_direction
from skelgait.signals.windows import block_medians, local_lines

ORIGINS = ("course", "frame", "walk")
COURSE_S = 1.0  # the course of the pelvis is a straight line over this long on either side: about two strides
BLOCK_S = 0.1
LEG_TO_TRUNK = 1.7  # thigh and shank together, by hip to shoulder: 0.491 and 0.288 of body height (Drillis and Contini, 1966)


class BodyFrame(NamedTuple):
    """How a walk is brought from pixels into the child's own measure.

    Attributes
    ----------
    origin : (T, 2) pixels
    unit : (T,) pixels
        Length of the leg, as the camera saw it.
    forward : (T,) int8
        -1 where the picture is to be turned over, so that everybody walks the same way.
    """

    origin: np.ndarray
    unit: np.ndarray
    forward: np.ndarray


def find_body_frame(pose: PoseSequence, *, plane: str, origin: str = "course", one_way: bool = True) -> BodyFrame:
    """Origin, unit and direction of a clean pose.

    Parameters
    ----------
    pose : PoseSequence
        Clean, at an even rate, any layout.
    plane : {"sagittal", "frontal"}
        Where the camera stood. From the front the unit follows the child as it grows in the picture; from the side it is the
        same for the whole walk.
    origin : {"course", "frame", "walk"}
        Zero is the mid-hip: its smoothed course (a straight line over one second on either side), the mid-hip of each frame, or
        the median of the whole walk.
    one_way : bool
        Turn the picture over where the child walks to image left (from the side) or away from the camera (from the front).

    Returns
    -------
    BodyFrame

    Raises
    ------
    SkelgaitError
        Nothing to measure the body by was seen, or the walk cannot be read (upside down).

    Notes
    -----
    Why the course: with the mid-hip of each frame as zero the rise and fall of the pelvis, its sway from side to side and its
    surge within a stride are gone, all of which a clinician looks at, and the noise of two keypoints is added to all others. With
    one zero for the whole walk the numbers say where in the picture the child was and, over ground, grow with the length of
    the clip, which tells a treadmill from a corridor and little else. The course keeps what is faster than a stride and takes
    away what is slower.

    The unit is the median thigh plus the median shank, which bending the knees does not change. Without legs it is 1.7 times
    the trunk.

    Examples
    --------
    >>> from skelgait.walker import Camera, Walker
    >>> frame = find_body_frame(Walker().film(Camera(view="sagittal_left"), fps=30, duration_s=3).pose, plane="sagittal")
    >>> frame.origin.shape, set(frame.forward.tolist())
    ((90, 2), {-1})
    """
    if origin not in ORIGINS:
        raise SkelgaitError(f"there is no origin {origin!r}", expected=", ".join(ORIGINS))
    hips = _centre(pose)
    if origin == "walk":
        where = np.broadcast_to(np.nanmedian(hips, axis=0), hips.shape)
    else:
        course = smooth_course(hips, pose.fps)
        where = course if origin == "course" else np.where(np.isnan(hips), course, hips)
    return BodyFrame(where, _unit(pose, plane), _forward(pose, plane) if one_way else np.ones(len(pose), np.int8))


def smooth_course(values: np.ndarray, fps: float) -> np.ndarray:
    """(T, C) as straight lines over `COURSE_S` on either side see it; gaps are bridged, the ends go on.

    Examples
    --------
    >>> t = np.arange(120) / 30
    >>> sway = 0.1 * np.sin(2 * np.pi * t)
    >>> bool(np.abs(smooth_course((2 * t + sway)[:, None], 30)[:, 0] - 2 * t)[30:90].max() < 0.02)
    True
    """
    frames = len(values)
    block = max(1, round(BLOCK_S * fps))
    level, _ = local_lines(block_medians(values.T, block), max(1, round(COURSE_S * fps / block)))
    # the last block may be shorter than the others: its middle is where its frames are
    middle = np.minimum(np.arange(level.shape[1]) * block + (block - 1) / 2, frames - 1)
    out = np.empty((frames, len(level)))
    for channel, row in enumerate(level):
        known = np.isfinite(row)
        if known.sum() < 2:  # hardly seen: as good a place as any
            out[:, channel] = np.nanmedian(values[:, channel])
            continue
        x, y = middle[known], row[known]
        out[:, channel] = np.interp(np.arange(frames), x, y)
        first, last = np.arange(frames) < x[0], np.arange(frames) > x[-1]
        out[first, channel] += (np.flatnonzero(first) - x[0]).clip(-block) * (y[1] - y[0]) / (x[1] - x[0])
        out[last, channel] += (np.flatnonzero(last) - x[-1]).clip(None, block) * (y[-1] - y[-2]) / (x[-1] - x[-2])
    return out


def _centre(pose: PoseSequence) -> np.ndarray:
    """(T, 2) middle of the body: between the hips, or the shoulders, or of whatever is seen."""
    for name in ("mid_hip", "neck"):
        if pose.has(name) and np.isfinite(place := pose.point(name)).all(axis=1).any():
            return place
    seen = np.isfinite(pose.xy[..., 0])
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    place = np.where(seen[..., None], pose.xy, 0.0).sum(axis=1) / count
    place[~seen.any(axis=1)] = np.nan
    return place


def _unit(pose: PoseSequence, plane: str) -> np.ndarray:
    if pose.has(*(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle"))):
        unit = body_size(pose) if plane == "frontal" else np.full(len(pose), leg_length_px(pose))
        if np.isfinite(unit).all() and unit.min() > 0:
            return unit
    if pose.has("mid_shoulder", "mid_hip"):
        trunk = LEG_TO_TRUNK * np.linalg.norm(pose.point("mid_shoulder") - pose.point("mid_hip"), axis=1)
        if np.isfinite(trunk).any() and np.nanmedian(trunk) > 0:
            size = smooth_course(trunk[:, None], pose.fps)[:, 0] if plane == "frontal" else trunk
            return np.maximum(size, 0.2 * np.nanmedian(trunk)) if plane == "frontal" else np.full(len(pose), np.nanmedian(trunk))
    raise SkelgaitError(
        "neither a leg nor the trunk was seen, so there is no measure of the body",
        found=f"{100 * pose.missing_share:.0f} % of keypoints missing, layout {pose.skeleton.name}",
        expected="hip, knee and ankle of one side, or hips and shoulders",
    )


def _forward(pose: PoseSequence, plane: str) -> np.ndarray:
    """(T,) int8: direction of the nearest stretch of straight walking; 1 where nobody walks."""
    view = pose.view if pose.plane == plane else plane
    direction = travel_direction(pose.with_(view=view))
    walking = np.flatnonzero(direction)
    if not len(walking):
        return np.ones(len(pose), np.int8)
    at = np.arange(len(pose))
    after = np.searchsorted(walking, at).clip(max=len(walking) - 1)
    before = (after - 1).clip(min=0)
    nearer = np.where(np.abs(walking[after] - at) < np.abs(walking[before] - at), after, before)
    return direction[walking[nearer]]
