"""What a video file holds: size, rate, length, whether it is whole."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from skelgait.core.errors import VideoError
from skelgait.io.video_file import decode_pictures, import_av, name_video, open_video, packet_times, picture_stream


@dataclass(frozen=True)
class VideoInfo:
    """What a video file holds, after rotation and slow motion are taken into account.

    Parameters
    ----------
    path : str
        The file.
    size : (width, height) pixels
        As a viewer shows it: turned upright, square pixels.
    fps : float
        Frames a second of the *movement*: the median rate, times the slow-motion factor.
    frames : int
        Number of pictures in the file.
    duration_s : float
        Length of the movement in seconds.
    codec : str
        Name of the compression (``"h264"``).
    rotation_deg : int
        Counter-clockwise turn the file asks a viewer to make (0, 90, 180 or -90).
    variable_rate : bool
        Whether frames are unevenly spaced (by more than 5 % of a frame and more than the clock of the file rounds).
    time_scale : float
        Seconds of movement in one second of the file: 1, or 1/8 for 240 fps saved as 30.
    breaks_off : str
        Why the file is thought to be incomplete; empty when it is whole.
    """

    path: str
    size: tuple[int, int]
    fps: float
    frames: int
    duration_s: float
    codec: str
    rotation_deg: int
    variable_rate: bool
    time_scale: float
    breaks_off: str


def read_video_info(path: str | os.PathLike[str], *, fps: float | None = None) -> VideoInfo:
    """Read what a video holds, from its index and packet times; nothing is decoded but the first frame.

    Parameters
    ----------
    path : path
        A video file.
    fps : float, optional
        True rate of filming, for slow motion saved at another rate. Default: what the file says, including the capture rate
        that Android phones note in slow-motion files.

    Returns
    -------
    VideoInfo
        Size, rate, length, and whether the file breaks off.

    Raises
    ------
    VideoError
        No such file, an empty file, not a video, or no picture in it.
    """
    av = import_av()

    with open_video(path) as container:
        stream = picture_stream(container)
        times, end, broken = packet_times(container, stream)
        if not times.size:
            raise VideoError(
                f"{name_video(path)} has no pictures", found=broken or "a video stream without frames", do="film or export it again"
            )
        said = stream.frames
        length = float(container.duration or 0) / av.time_base
        if not broken and said and times.size < 0.98 * said - 2:
            broken = f"{times.size} of the {said} frames its index speaks of"
        elif not broken and not said and length and end < length - max(0.5, 0.02 * length):
            broken = f"{end:.1f} of {length:.1f} s"
        tick = float(stream.time_base or 0)
        codec = stream.codec_context.name
        noted = container.metadata.get("com.android.capture.fps") or stream.metadata.get("com.android.capture.fps")
        aspect = float(stream.sample_aspect_ratio or 1)
        said_rate = float(stream.average_rate or 0)
    steps = np.diff(times)
    rate = 1 / float(np.median(steps)) if steps.size else float(stream.average_rate or fps or 30)
    scale = rate / fps if fps else _noted_time_scale(noted, rate)
    uneven = bool(steps.size) and float(np.abs(steps - np.median(steps)).max()) > max(1.5 * tick, 0.05 / rate)
    if not uneven and steps.size:
        rate = steps.size / float(times[-1] - times[0])  # exact where the median carries the rounding of the file's clock
        if said_rate and abs(rate / said_rate - 1) < 2e-3:
            rate = said_rate
    with closing(decode_pictures(path)) as pictures:
        first, _ = next(pictures)
    width, height = round(first.width * (aspect if 0.2 < aspect < 5 else 1)), first.height
    turn = round((first.rotation or 0) / 90) * 90
    return VideoInfo(
        path=os.fspath(path),
        size=(height, width) if turn % 180 else (width, height),
        fps=float(fps) if fps else rate / scale,
        frames=int(times.size),
        duration_s=(float(times[-1] - times[0]) + 1 / rate) * scale,
        codec=codec,
        rotation_deg=turn,
        variable_rate=uneven,
        time_scale=scale,
        breaks_off=broken,
    )


def _noted_time_scale(noted: str | None, rate: float) -> float:
    """Seconds of movement in a second of file, from the capture rate an Android phone notes in slow motion; else 1."""
    try:
        capture = float(noted) if noted else 0.0
    except ValueError:
        capture = 0.0
    return rate / capture if capture > 1.5 * rate else 1.0
