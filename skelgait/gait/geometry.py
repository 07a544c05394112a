"""Angles between points in the image plane: the few formulas every measurement shares."""

from __future__ import annotations

import numpy as np

from skelgait.core.pose import PoseSequence


def body_axes(pose: PoseSequence, direction: np.ndarray | int) -> np.ndarray:
    """Keypoints as complex numbers: along the body's own axis as the real part, up as the imaginary one.

    Parameters
    ----------
    pose : PoseSequence
        ``info["roll_deg"]``, when there, is how far a vertical of the world leans clockwise in the image (its top to the
        right), and is turned back.
    direction : (T,) or int
        From the side +1 where the walker goes to image right and -1 to image left: the real axis points **forwards**.
        From the front +1 towards the camera and -1 away: it points to the subject's **left**. 0 where not known.

    Returns
    -------
    (T, K) complex pixels
        NaN where a keypoint is missing or the direction is 0.

    Examples
    --------
    >>> from skelgait.core.skeleton import Skeleton
    >>> pose = PoseSequence([[[3.0, 4.0]]], fps=50, skeleton=Skeleton("one", ("nose",)))
    >>> body_axes(pose, -1)
    array([[-3.-4.j]])
    """
    d = np.broadcast_to(np.asarray(direction), len(pose))
    z = np.empty(pose.xy.shape[:2], complex)
    z.real, z.imag = pose.xy[..., 0], -pose.xy[..., 1]
    roll = float(pose.info.get("roll_deg") or 0.0)
    if roll and np.isfinite(roll):
        z *= np.exp(1j * np.radians(roll))
    z.real *= np.where(d > 0, 1.0, np.where(d < 0, -1.0, np.nan))[:, None]
    return z


def points(z: np.ndarray, pose: PoseSequence, *names: str) -> np.ndarray:
    """Named points as columns, (T, n) complex; NaN for a point the layout lacks.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = PoseSequence(np.zeros((1, 17, 2)), fps=50, skeleton=COCO17)
    >>> points(body_axes(pose, 1), pose, "mid_hip", "left_heel").shape
    (1, 2)
    """
    sources = [pose.skeleton.sources(name) for name in names]
    if all(len(at) == 1 for at in sources):
        return z[:, [at[0] for at in sources]]
    lost = np.full(len(z), np.nan + 0j)
    return np.column_stack([z[:, list(at)].mean(axis=1) if at else lost for at in sources])


def hip_to_shoulder(z: np.ndarray, pose: PoseSequence) -> np.ndarray:
    """The trunk, (T,) complex from mid-hip to mid-shoulder.

    Where one side is hardly ever seen (fewer than half as many frames), hip to shoulder of the other side alone. The two are
    never mixed: pelvis and shoulders turn against each other, and a side that flickers would make the trunk jump.
    """
    shoulders = ("left_shoulder", "right_shoulder") if pose.has("left_shoulder", "right_shoulder") else ("mid_shoulder",)
    sides = points(z, pose, *shoulders) - points(z, pose, "left_hip", "right_hip")
    middle = sides.mean(axis=1)
    known = np.isfinite(sides.real).sum(axis=0)
    if known.max() > 2 * np.isfinite(middle.real).sum():
        return sides[:, known.argmax()]
    return middle


def require_points(pose: PoseSequence, *names: str) -> None:
    """Raise `MissingKeypoint` for the first of the named points that the layout lacks."""
    for name in names:
        if not pose.has(name):
            pose.point(name)


def lean_deg(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """How far a line leans forward of the vertical, degrees in -180..180: + where ``top`` is in front of ``bottom``.

    Examples
    --------
    >>> lean_deg(np.array([1 + 1j]), np.array([0j]))
    array([45.])
    """
    v = top - bottom
    return np.degrees(np.arctan2(v.real, v.imag))


def pitch_deg(back: np.ndarray, front: np.ndarray) -> np.ndarray:
    """How far a line rises forwards of the horizontal, degrees in -180..180: + where ``front`` is higher than ``back``.

    Examples
    --------
    >>> pitch_deg(np.array([0j]), np.array([1 - 1j]))
    array([-45.])
    """
    v = front - back
    return np.degrees(np.arctan2(v.imag, v.real))


def wrap_deg(angle: np.ndarray) -> np.ndarray:
    """The same angle in -180..180 degrees.

    Examples
    --------
    >>> wrap_deg(np.array([190.0, -20.0]))
    array([-170.,  -20.])
    """
    return angle - 360 * np.round(angle / 360)


def cross_talk_deg(flexion: np.ndarray | float, turn: np.ndarray | float) -> np.ndarray:
    """The false varus or valgus a straight-aligned leg shows in a front view when it is bent and turned.

    Parameters
    ----------
    flexion : degrees
        Knee flexion, thigh and shank leaning equally.
    turn : degrees
        How far the plane of the leg is turned out of the camera's line of sight.

    Returns
    -------
    degrees
        Deviation of hip-knee-ankle from a straight line in the image, with the sign of flexion times turn.

    Notes
    -----
    ``2 atan(tan(flexion / 2) sin turn)``, from the projection of two equal segments (no source; derived here).

    Examples
    --------
    >>> float(cross_talk_deg(20, 15).round(1))
    5.2
    """
    return np.degrees(2 * np.arctan(np.tan(np.radians(flexion) / 2) * np.sin(np.radians(turn))))
