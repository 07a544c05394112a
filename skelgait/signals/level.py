"""What a level camera would have seen: the one turn that every length, event and angle to the vertical is measured after.

`clean` writes how far the image is turned into ``info["roll_deg"]`` (see `skelgait.signals.roll`) and leaves the points where they
are on the picture; whatever needs the vertical turns them back here.
"""

from __future__ import annotations

import math

import numpy as np

from skelgait.core.pose import PoseSequence


def roll_of(pose: PoseSequence) -> float:
    """The roll written into a pose, degrees; 0 where none is."""
    roll = pose.info.get("roll_deg")
    return float(roll) if roll and math.isfinite(roll) else 0.0


def turn_back(x: np.ndarray, y: np.ndarray, roll_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Image coordinates as a level camera would have seen them, about the image's corner.

    Examples
    --------
    >>> x, y = turn_back(np.array([1.0]), np.array([1.0]), 45)  # a level line that falls to image right is level again
    >>> bool(np.allclose([x[0], y[0]], [2**0.5, 0]))
    True
    """
    c, s = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    return c * x + s * y, c * y - s * x


def level(pose: PoseSequence) -> PoseSequence:
    """The pose as a level camera would have seen it; itself when ``info["roll_deg"]`` says nothing.

    Examples
    --------
    >>> from skelgait.walker import Camera, Walker
    >>> from skelgait.signals.clean import clean
    >>> pose = clean(Walker().film(Camera(roll_deg=5), fps=30, duration_s=4).pose)
    >>> "roll_deg" in pose.info, "roll_deg" in level(pose).info, level(pose).info["levelled_deg"] == pose.info["roll_deg"]
    (True, False, True)
    """
    roll = roll_of(pose)
    if not roll:
        return pose
    upright = pose.memory.get("level")
    if upright is None:
        info = {name: value for name, value in pose.info.items() if name != "roll_deg"}
        xy = np.stack(turn_back(pose.xy[..., 0], pose.xy[..., 1], roll), axis=-1)
        upright = pose.memory["level"] = pose.with_(xy=xy, size=None, info={**info, "levelled_deg": roll})
    return upright
