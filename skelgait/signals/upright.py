"""Whether the head of the recording is up: y grows downwards, so feet lie below hips."""

from __future__ import annotations

import numpy as np

from skelgait.core.errors import PoseError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES

OVER_HEAD = -0.3  # ankles below hips, as a share of the distance between them; upright people have 0.9, those who lie about 0
SEEN = 0.2  # points below this confidence say nothing
ENOUGH_FRAMES = 600  # a long recording is looked at in this many frames


def require_upright(pose: PoseSequence) -> None:
    """Make sure the feet lie below the hips in the image.

    Parameters
    ----------
    pose : PoseSequence
        Raw or clean.

    Raises
    ------
    PoseError
        In the middle of all frames the ankles lie above the hips, by more than 0.3 of the distance between them.

    Notes
    -----
    A pose without hips and ankles, or in which they are never seen, passes: others say what it lacks.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> xy = np.zeros((5, 17, 2))
    >>> xy[:, COCO17.index("left_hip"), 1] = 100
    >>> try:
    ...     require_upright(PoseSequence(xy, fps=30, skeleton=COCO17))
    ... except PoseError as error:
    ...     print(error.problem)
    the feet lie above the hips: the recording is upside down, or y points up
    """
    rows = slice(None, None, max(1, pose.n_frames // ENOUGH_FRAMES))
    below, apart = [], []
    for side in SIDES:
        hip, ankle = (pose.skeleton.sources(f"{side}_{joint}") for joint in ("hip", "ankle"))
        if not hip or not ankle:
            continue
        line = pose.xy[rows, ankle[0]] - pose.xy[rows, hip[0]]
        sure = (pose.confidence[rows, ankle[0]] >= SEEN) & (pose.confidence[rows, hip[0]] >= SEEN)
        line = line[sure & np.isfinite(line).all(axis=1)]
        below.append(line[:, 1])
        apart.append(np.hypot(line[:, 0], line[:, 1]))
    y, length = (np.concatenate(parts) if parts else np.zeros(0) for parts in (below, apart))
    y, length = y[length > 0], length[length > 0]
    if not len(y):
        return
    share = np.sort(y / length)[len(y) // 2]
    if share < OVER_HEAD:
        raise PoseError(
            "the feet lie above the hips: the recording is upside down, or y points up",
            found=f"ankles {np.median(-y):.0f} px above the hips",
            expected="image coordinates, y downwards",
            do="rotate the video, or give y downwards",
        )
