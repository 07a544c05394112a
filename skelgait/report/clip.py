"""The recording as a small clip that follows the walker, to be played beside the curves."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.report.faces import hide_faces
from skelgait.report.framing import Framing, frame_walk
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    from skelgait.io.video import VideoInfo
    from skelgait.report.visit import Recording

MOST_FPS, MOST_FRAMES = 30.0, 1500
TALLEST_PX = 480
MOST_BYTES = 3_200_000  # of all clips of a page: a third more as text
QUALITIES = ((1.0, 25), (0.7, 30))  # share of the height, and H.264's rate factor: tried in this order
PLAIN = 238  # grey beyond the edge of the recording


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip of a recording, or why there is none.

    Parameters
    ----------
    data : bytes
        An MP4 file (H.264, no sound); empty where there is none.
    width, height : int
        Pixels.
    why : str
        What the reader is told: that faces are blurred; or why there is no video.
    """

    data: bytes = b""
    width: int = 0
    height: int = 0
    why: str = ""

    @property
    def uri(self) -> str:
        """The clip as a data URI; empty without one."""
        return "data:video/mp4;base64," + base64.b64encode(self.data).decode("ascii") if self.data else ""


def player_frames(pose: PoseSequence) -> np.ndarray:
    """Which frames the player shows: those with the walker in sight, at most 30 a second and 1500 in all, evenly spaced.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> player_frames(PoseSequence(np.zeros((7, 17, 2)), fps=60, skeleton=COCO17)).tolist()
    [0, 2, 4, 6]
    """
    seen = np.flatnonzero(np.isfinite(pose.xy[..., 0]).any(axis=1))
    first, last = (int(seen[0]), int(seen[-1])) if len(seen) else (0, pose.n_frames - 1)
    step = max(1, ceil(pose.fps / MOST_FPS - 1e-6), ceil((last + 1 - first) / MOST_FRAMES))
    return np.arange(first, last + 1, step)


def make_clip(recording: Recording, *, most_bytes: int = MOST_BYTES, faces: bool = False, texts: Texts = ENGLISH) -> Clip:
    """Cut a clip of a recording: frame for frame what the player shows, in its window.

    Parameters
    ----------
    recording : Recording
    most_bytes : int
        A clip that does not fit is made smaller once, then left out.
    faces : bool
        As they are. By default only the walker's body below the neck stays sharp; see `hide_faces`.
    texts : Texts

    Returns
    -------
    Clip

    Notes
    -----
    At most 480 pixels high, without sound, and without anything the file of the recording says about itself. A moment the recording
    has no frame of is grey.
    """
    from skelgait.io.video_writing import write_video
    from skelgait.report.footage import match_clock

    if not recording.video:
        return Clip(why=texts("player.no_video"))
    m = recording.measured
    at = player_frames(m.pose)
    rate = m.pose.fps / (at[1] - at[0] if len(at) > 1 else 1)
    framing = frame_walk(m)
    if not np.isfinite(framing.unit).all():
        return Clip(why=texts("player.no_body"))
    try:
        info = match_clock(recording.video, m.raw)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.mp4"
            for share, crf in QUALITIES:
                width, height = _size_of(framing, m.pose, info, share)
                pictures = _pictures(m.pose, info, framing, at, (width, height), faces)
                write_video(path, pictures, rate, crf=crf, keyframe_every=max(1, round(rate / 2)))
                if (size := path.stat().st_size) <= most_bytes:
                    return Clip(path.read_bytes(), width, height, "" if faces else texts("player.blurred"))
    except SkelgaitError as error:
        return Clip(why=texts("player.unreadable", why=str(error).rstrip(".")))
    return Clip(why=texts("player.too_large", mb=f"{size / 1e6:.1f}"))


def _size_of(framing: Framing, pose: PoseSequence, info: VideoInfo, share: float) -> tuple[int, int]:
    """Width and height of the clip: even, and never larger than the walker is in the recording."""
    wide, tall = framing.shape
    seen = tall * float(np.median(framing.unit)) * info.size[0] / (pose.size or info.size)[0]
    height = 2 * max(24, round(share * min(TALLEST_PX, seen) / 2))
    return 2 * max(24, round(height * wide / tall / 2)), height


def _pictures(
    pose: PoseSequence, info: VideoInfo, framing: Framing, at: np.ndarray, size: tuple[int, int], faces: bool
) -> Iterator[np.ndarray]:
    from skelgait.report.footage import frames_nearest

    tall = framing.shape[1]
    corner = framing.centre[at] + np.stack([-framing.wide * framing.unit[at], framing.top * framing.unit[at]], axis=1)
    per_px = size[1] / (tall * framing.unit[at])  # pixels of the clip in one of the pose
    to_full = info.size[0] / (pose.size or info.size)[0]
    needed = min(1.0, float(per_px.max()) / to_full)
    for i, image in zip(
        range(len(at)), frames_nearest(info, pose.time_s[at], short_side=ceil(needed * min(info.size))), strict=True
    ):
        if image is None:
            yield np.full((size[1], size[0], 3), PLAIN, np.uint8)
            continue
        k = image.shape[1] / (pose.size or info.size)[0]
        cut = _cut(image, corner[i] * k, tuple(np.array(size) / per_px[i] * k), size)
        if not faces:
            body = PoseSequence((pose.xy[at[i]][None] - corner[i]) * per_px[i], fps=pose.fps, skeleton=pose.skeleton, size=size)
            cut = hide_faces(cut, body, 0)
        yield cut


def _cut(image: np.ndarray, corner: np.ndarray, extent: tuple[float, ...], size: tuple[int, int]) -> np.ndarray:
    """A part of a picture, which may reach beyond its edge, at another size."""
    from PIL import Image

    (x, y), (wide, tall) = corner, extent
    left, top = int(np.floor(x)), int(np.floor(y))
    piece = Image.new("RGB", (ceil(wide) + 2, ceil(tall) + 2), (PLAIN, PLAIN, PLAIN))
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + piece.width, width), min(top + piece.height, height)
    if x1 > x0 and y1 > y0:
        piece.paste(Image.fromarray(np.ascontiguousarray(image[y0:y1, x0:x1])), (x0 - left, y0 - top))
    part = piece.resize(size, Image.Resampling.BILINEAR, box=(x - left, y - top, x - left + wide, y - top + tall))
    return np.asarray(part)
