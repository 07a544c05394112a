"""Writing a video that browsers and phones play."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from skelgait.core.errors import VideoError
from skelgait.io.atomic import new_file
from skelgait.io.video_file import import_av, name_video


def write_video(
    path: str | os.PathLike[str],
    frames: Iterable[np.ndarray],
    fps: float,
    *,
    crf: int = 20,
    keyframe_every: int | None = None,
    repeatable: bool = False,
) -> None:
    """Write frames as an H.264 video that browsers and phones play.

    Parameters
    ----------
    path : path
        Where to, ``.mp4``. The file appears when it is complete.
    frames : iterable of (H, W, 3) uint8
        RGB frames of one size. An odd last row or column is left out, as H.264 asks.
    fps : float
        Frames a second.
    crf : int
        Quality: 17 looks lossless, 28 is small.
    keyframe_every : int, optional
        Frames between pictures a player can jump to; the fewer, the quicker it scrubs and the larger the file. Default: 250.
    repeatable : bool
        Whether the same frames must give the same bytes; the file is then a third to a half larger. Otherwise x264's weighing of
        blocks by what later frames take from them (``mbtree``) may differ a little from one time to the next, on processors with
        AVX-512 and where pictures are not a multiple of 128 pixels wide.

    Raises
    ------
    VideoError
        No frames, or frames of different sizes.
    FileError
        The file cannot be written there.
    """
    av = import_av()
    rate = Fraction(fps).limit_denominator(1001)
    with new_file(Path(path)) as part, av.open(str(part), "w", options={"movflags": "faststart"}) as container:
        stream, size = None, None
        for index, frame in enumerate(frames):
            if stream is None:
                size = frame.shape
                options = {"crf": str(crf), "preset": "veryfast", **({"x264-params": "mbtree=0"} if repeatable else {})}
                stream = container.add_stream("libx264", rate=rate, options=options)
                if keyframe_every:
                    stream.codec_context.gop_size = keyframe_every
                stream.height, stream.width, stream.pix_fmt = size[0] // 2 * 2, size[1] // 2 * 2, "yuv420p"
            if frame.shape != size:
                raise VideoError(
                    f"frame {index} for {name_video(path)} has another size", found=str(frame.shape), expected=str(size)
                )
            even = np.ascontiguousarray(frame[: stream.height, : stream.width])
            picture = av.VideoFrame.from_ndarray(even, "rgb24")
            picture.pts, picture.time_base = index, 1 / rate
            container.mux(stream.encode(picture))
        if stream is None:
            raise VideoError(f"no frames to write to {name_video(path)}", expected="one or more", do="give at least one frame")
        container.mux(stream.encode())
