"""Angles between points in the image plane: the few formulas every measurement shares."""

from __future__ import annotations

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.signals.level import roll_of, turn_back


def body_points(pose: PoseSequence, direction: np.ndarray | int, *parts: str) -> tuple[np.ndarray, ...]:
    """Left and right points as complex numbers: along the body's own axis as the real part, up as the imaginary one.

    Parameters
    ----------
    pose : PoseSequence
        ``info["roll_deg"]``, when there, is how far a vertical of the world leans clockwise in the image (its top to the
        right), and is turned back.
    direction : (T,) or int
        From the side +1 where the walker goes to image right and -1 to image left: the real axis points **forwards**.
        From the front +1 towards the camera and -1 away: it points to the subject's **left**. 0 where not known.
    *parts : str
        ``"hip"``, ``"knee"``, ...; the neck stands for the shoulders of a layout without them.

    Returns
    -------
    tuple of (T, 2) complex pixels, one a part
        Left and right. NaN where a point is missing, the layout lacks it, or the direction is 0.

    Examples
    --------
    >>> from skelgait.core.skeleton import Skeleton
    >>> pose = PoseSequence([[[3.0, 4.0]]], fps=50, skeleton=Skeleton("one", ("left_hip",)))
    >>> body_points(pose, -1, "hip")[0]
    array([[-3. -4.j, nan+nanj]])
    """
    at = [_sources(pose, part, side) for part in parts for side in SIDES]
    xy = pose.xy.transpose(1, 2, 0)[[k[0] if k else 0 for k in at]]  # whole courses lie together
    for row, k in enumerate(at):
        if len(k) != 1:
            xy[row] = pose.xy[:, list(k)].mean(axis=1).T if k else np.nan
    z = np.empty((len(at), len(pose)), complex)
    z.real, z.imag = xy[:, 0], -xy[:, 1]
    if roll := roll_of(pose):
        z.real, up = turn_back(z.real, -z.imag, roll)
        np.negative(up, out=z.imag)
    d = np.asarray(direction)
    z.real *= np.where(d > 0, 1.0, np.where(d < 0, -1.0, np.nan))
    np.copyto(z.imag, np.nan, where=np.isnan(z.real))
    return tuple(z[2 * i : 2 * i + 2].T for i in range(len(parts)))


def _sources(pose: PoseSequence, part: str, side: str) -> tuple[int, ...]:
    found = pose.skeleton.sources(f"{side}_{part}")
    return found or (pose.skeleton.sources("neck") if part == "shoulder" else ())


def middle_line(bottom: np.ndarray, top: np.ndarray) -> np.ndarray:
    """From the middle of two bottom points to the middle of two top points, (T,) complex: hips to shoulders is the trunk.

    Where one side is hardly ever seen (fewer than half as many frames), the line of the other side alone. The two are never
    mixed: pelvis and shoulders turn against each other, and a side that flickers would make the trunk jump.
    """
    sides = top - bottom
    middle = 0.5 * (sides[:, 0] + sides[:, 1])
    known = np.isfinite(sides.real).sum(axis=0)
    if known.max() > 2 * np.isfinite(middle.real).sum():
        return sides[:, known.argmax()]
    return middle


def require_legs(pose: PoseSequence) -> None:
    """Raise `MissingKeypoint` for the first hip, knee or ankle that the layout lacks."""
    for part in ("hip", "knee", "ankle"):
        for side in SIDES:
            if not pose.has(f"{side}_{part}"):
                pose.point(f"{side}_{part}")


def lean_deg(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """How far a line leans forward of the vertical, degrees in -180..180: + where ``top`` is in front of ``bottom``.

    NaN for a line without length, as for a missing end.

    Examples
    --------
    >>> lean_deg(np.array([1 + 1j]), np.array([0j]))
    array([45.])
    """
    v = top - bottom
    return np.degrees(np.arctan2(np.where(v == 0, np.nan, v.real), v.imag))


def pitch_deg(back: np.ndarray, front: np.ndarray) -> np.ndarray:
    """How far a line rises forwards of the horizontal, degrees in -180..180: + where ``front`` is higher than ``back``.

    NaN for a line without length, as for a missing end.

    Examples
    --------
    >>> pitch_deg(np.array([0j]), np.array([1 - 1j]))
    array([-45.])
    """
    v = front - back
    return np.degrees(np.arctan2(np.where(v == 0, np.nan, v.imag), v.real))


def wrap_deg(angle: np.ndarray) -> np.ndarray:
    """The same angle in -180..180 degrees.

    Examples
    --------
    >>> wrap_deg(np.array([190.0, -20.0]))
    array([-170.,  -20.])
    """
    return angle - 360 * np.rint(angle / 360)


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
