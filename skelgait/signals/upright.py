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
    legs = [tuple(pose.skeleton.sources(f"{side}_{joint}")[:1] for joint in ("hip", "ankle")) for side in SIDES]
    hip, ankle = ([leg[end][0] for leg in legs if all(leg)] for end in (0, 1))
    rows = slice(None, None, max(1, pose.n_frames // ENOUGH_FRAMES))
    xy, confidence = pose.xy[rows], pose.confidence[rows]
    line = xy[:, ankle] - xy[:, hip]
    length = np.hypot(line[..., 0], line[..., 1])
    known = (confidence[:, ankle] >= SEEN) & (confidence[:, hip] >= SEEN) & (length > 0)
    y, length = line[known, 1], length[known]
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
