"""The recording behind a pose: its frames on the pose's clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.io.video import VideoInfo, read_video_info
from skelgait.io.video_frames import read_frames


def match_clock(video: str | Path, pose: PoseSequence) -> VideoInfo:
    """Read what a video holds, on the clock of the pose that was estimated from it.

    Parameters
    ----------
    video : path
    pose : PoseSequence
        Estimated from it.

    Returns
    -------
    VideoInfo
        Its ``time_scale`` stretches slow motion where only that makes the video as long as the pose.

    Raises
    ------
    VideoError
        The video cannot be read.
    """
    info = read_video_info(video)
    stretched = info.duration_s * info.fps / pose.fps
    if abs(stretched - pose.duration_s) < 0.5 * abs(info.duration_s - pose.duration_s):
        return read_video_info(video, fps=pose.fps)
    return info


def frames_of(info: VideoInfo, *, short_side: int | None = None) -> Iterator[tuple[np.ndarray, float]]:
    """Frames and their times in seconds, one at a time; ends quietly where the file breaks off."""
    from skelgait.core.errors import VideoError

    frames = read_frames(info.path, info=info, short_side=short_side)
    while True:
        try:
            yield next(frames)
        except (StopIteration, VideoError):
            return


def frames_at(info: VideoInfo, times_s: np.ndarray) -> list[np.ndarray | None]:
    """The frame nearest each moment; None where the video has none within a frame and a half.

    Parameters
    ----------
    info : VideoInfo
    times_s : (n,) seconds

    Returns
    -------
    list of (H, W, 3) uint8 RGB or None
        In the order of ``times_s``.
    """
    times = np.asarray(times_s, float)
    best: list[np.ndarray | None] = [None] * len(times)
    gap = np.full(len(times), 1.5 / info.fps)
    for image, t in frames_of(info):
        away = np.abs(times - t)
        for i in np.flatnonzero(away < gap):
            best[i], gap[i] = image, away[i]
        if len(times) == 0 or t > times.max() + 1.5 / info.fps:
            break
    return best


def frames_nearest(info: VideoInfo, times_s: np.ndarray, *, short_side: int | None = None) -> Iterator[np.ndarray | None]:
    """The frame nearest each of many moments, one at a time; None where the video has none within a frame and a half.

    Parameters
    ----------
    info : VideoInfo
    times_s : (n,) seconds
        Increasing.
    short_side : int, optional
        Frames are shrunk to this shorter side, pixels.

    Yields
    ------
    (H, W, 3) uint8 RGB or None
    """
    frames = frames_of(info, short_side=short_side)
    before: tuple[np.ndarray | None, float] = (None, -np.inf)
    after = before
    for t in times_s:
        while after[1] < t:
            found = next(frames, None)
            before, after = after, (None, np.inf) if found is None else found
        image, at = min(before, after, key=lambda frame: abs(frame[1] - t))
        yield image if abs(at - t) < 1.5 / info.fps else None
