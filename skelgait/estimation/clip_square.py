"""The square that follows a person through a video, moving and growing smoothly with them."""

from __future__ import annotations

import numpy as np

from skelgait.core.errors import NoPerson, SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.estimation.person import smooth_path
from skelgait.io.video import VideoInfo

# Heights of joints in body heights (Drillis and Contini 1966): two of them tell how tall somebody is in the picture.
SHOULDER, HIP, KNEE, ANKLE = 0.818, 0.530, 0.285, 0.039
MIDDLES = {"hips": 0.0, "knees": HIP - KNEE}  # of the square: how far below the hips, in body heights
SURE = 0.3  # least confidence of a joint by which somebody is placed
APART_S = 0.05  # the path is smooth: sightings this far apart tell it
UNSEEN_S = 0.5  # between sightings further apart than this nobody is there, as far as is known
EDGE = 0.1  # body heights: hips nearer than this to a side of the picture belong to a body it cuts in two


class FollowingSquare:
    """Where the square about somebody is at any time.

    Parameters
    ----------
    found : PoseSequence or SilhouetteSequence
        Where they are in the video, in its pixels.
    info : VideoInfo
    margin : float
        Side of the square, in body heights.
    below : float
        How far its middle is below the hips, in body heights.

    Raises
    ------
    SkelgaitError
        A pose of another picture, longer than the video, or that nobody is found in.
    """

    def __init__(self, found: PoseSequence | SilhouetteSequence, info: VideoInfo, margin: float, below: float) -> None:
        size = found.size if isinstance(found, PoseSequence) else None
        if size is not None and tuple(size) != tuple(info.size):
            raise SkelgaitError(
                f"the pose is not of {info.path}",
                found=f"a picture of {size[0]} x {size[1]} pixels",
                expected=f"{info.size[0]} x {info.size[1]}",
                do="give the pose of this video, in its pixels",
            )
        body = _body(found)
        seen = np.isfinite(body).all(axis=1) & np.isfinite(found.time_s) & (body[:, 2] > 0)
        if not seen.any():
            raise NoPerson(
                f"nothing tells where the person is in {info.path}",
                found=f"no frame with hips and an ankle in {found.source or 'the pose'}"
                if isinstance(found, PoseSequence)
                else "silhouettes without boxes or times",
                do="film the person from head to foot, or leave pose= out to have it estimated",
            )
        self.times = found.time_s[seen]
        if self.times[-1] > info.duration_s + 0.5:
            raise SkelgaitError(
                f"the pose is longer than {info.path}",
                found=f"{self.times[-1]:.2f} s",
                expected=f"{info.duration_s:.2f} s",
                do="give the pose of this video, and fps= where it is slow motion",
            )
        first_of_each = np.unique((self.times / APART_S).astype(int), return_index=True)[1]
        read_at = self.times[first_of_each]
        self.grid = np.unique([*read_at, self.times[-1]])
        self.region = smooth_path(read_at, body[seen][first_of_each], self.grid)
        self.margin, self.below, self.fps = margin, below, info.fps
        edges = found.info.get("picture_px", (0, 0, *info.size)) if isinstance(found, PoseSequence) else (0, 0, *info.size)
        self.picture = [round(float(edge)) for edge in edges]  # left, top, right, bottom

    def square_at(self, time_s: float) -> tuple[int, int, int] | None:
        """Left, top and side in whole pixels; None where nobody is seen."""
        after = int(np.searchsorted(self.times, time_s))
        near = self.times[max(after - 1, 0) : after + 1]
        seen = np.abs(near - time_s).min() < 0.75 / self.fps
        if not (seen or (len(near) == 2 and near[1] - near[0] <= UNSEEN_S)):
            return None
        x, y, size = (float(np.interp(time_s, self.grid, column)) for column in self.region.T)
        wide = max(2, round(self.margin * size))
        if not self.picture[0] + EDGE * size <= x <= self.picture[2] - EDGE * size:
            return None
        return round(x - wide / 2), round(y + self.below * size - wide / 2), wide


def _body(found: PoseSequence | SilhouetteSequence) -> np.ndarray:
    """(T, 3) hip centre x, y and body height in pixels; NaN where not known."""
    if isinstance(found, SilhouetteSequence):
        left, top, width, height = found.boxes.T
        return np.stack([left + width / 2, top + (1 - HIP) * height, height], axis=1)

    def sure(name: str) -> np.ndarray:
        if not found.has(name):
            return np.full((found.n_frames, 2), np.nan)
        return np.where(found.point_confidence(name)[:, None] >= SURE, found.point(name), np.nan)

    hip = sure("mid_hip")
    lowest = np.fmax(sure("left_ankle")[:, 1], sure("right_ankle")[:, 1])
    tall = (lowest - (sure("left_shoulder")[:, 1] + sure("right_shoulder")[:, 1]) / 2) / (SHOULDER - ANKLE)
    height = np.where(np.isfinite(tall), tall, (lowest - hip[:, 1]) / (HIP - ANKLE))
    return np.concatenate([hip, height[:, None]], axis=1)
