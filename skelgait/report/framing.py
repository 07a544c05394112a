"""The window through which the player shows a walk: it follows the walker, at one size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.gait.measure import PlaneMeasurement
from skelgait.report.pictures import visible_bones
from skelgait.signals.filters import low_pass
from skelgait.signals.travel import body_size, leg_length_px

FOLLOW_HZ = 0.5  # the window follows the walk, not the bobbing and swaying of the hips: those belong to the gait
NARROWEST, WIDEST = 0.6, 1.7  # half its width, in legs
HEAD_ROOM, FLOOR_ROOM = 0.32, 0.1  # the top of the head is no keypoint


@dataclass(frozen=True, eq=False)
class Framing:
    """Where the window is in every frame.

    Parameters
    ----------
    centre : (T, 2) pixels
        Of the recording: a slow course of the hips.
    unit : (T,) pixels
        One leg length as the camera saw it.
    wide, top, bottom : float, leg lengths
        The window reaches ``wide`` to either side of the centre, and from ``top`` (negative) to ``bottom``.
    """

    centre: np.ndarray
    unit: np.ndarray
    wide: float
    top: float
    bottom: float

    @property
    def shape(self) -> tuple[float, float]:
        """Width and height, leg lengths."""
        return 2 * self.wide, self.bottom - self.top

    def place(self, xy: np.ndarray) -> np.ndarray:
        """Points of the recording, (T, K, 2) pixels, about the centre of the window, in leg lengths."""
        return (xy - self.centre[:, None]) / self.unit[:, None, None]


def frame_walk(m: PlaneMeasurement) -> Framing:
    """Find the window for a recording.

    Parameters
    ----------
    m : PlaneMeasurement

    Returns
    -------
    Framing
        Seen from the side it has one size; from the front it grows with the walker who comes nearer.

    Examples
    --------
    >>> from skelgait.gait.measure import measure_plane
    >>> from skelgait.walker import Walker
    >>> framing = frame_walk(measure_plane(Walker().film(fps=60, duration_s=4).pose))
    >>> framing.centre.shape, bool(framing.wide < 1.7), bool(framing.top < -1 < 1 < framing.bottom)
    ((240, 2), True, True)
    """
    pose = m.pose
    unit = body_size(pose) if m.plane == "frontal" else np.full(len(pose), leg_length_px(pose))
    framing = Framing(_slow(pose.point("mid_hip"), pose.fps), unit, NARROWEST, -1.6, 1.2)
    points = sorted({k for bone in visible_bones(pose) for k in bone[:2]})
    xy = framing.place(pose.xy[:, points])
    x, y = (xy[..., axis][np.isfinite(xy[..., axis])] for axis in (0, 1))
    if not len(x):
        return framing
    wide = float(np.clip(np.percentile(np.abs(x), 99.5) + 0.08, NARROWEST, WIDEST))
    top, bottom = np.percentile(y, [0.5, 99.5])
    return Framing(framing.centre, unit, wide, float(top) - HEAD_ROOM, float(bottom) + FLOOR_ROOM)


def _slow(hips: np.ndarray, fps: float) -> np.ndarray:
    """The slow course of the hips, (T, 2); the first pixel of the image where they were never seen."""
    known = np.isfinite(hips[:, 0])
    frames = np.arange(len(hips))
    if not known.any():
        return np.zeros((len(hips), 2))
    course = np.stack([np.interp(frames, frames[known], hips[known, axis]) for axis in (0, 1)], axis=1)
    if len(course) > 1.5 * fps / FOLLOW_HZ:
        return low_pass(course, fps, FOLLOW_HZ)
    at = np.linspace(-1, 1, len(course))  # too short to filter: a straight line
    return np.stack([np.polyval(np.polyfit(at, course[:, axis], min(1, len(course) - 1)), at) for axis in (0, 1)], axis=1)
