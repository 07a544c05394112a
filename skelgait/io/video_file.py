"""Video files as containers: opened, walked through packet by packet, decoded; what is wrong with one said plainly."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import NotInstalled, VideoError


def name_video(path: Any) -> str:
    """What an error calls the file."""
    return f"the video {os.fspath(path)}"


def import_av() -> Any:
    """PyAV, or an error that says how to get it."""
    try:
        import av
    except ImportError as missing:
        raise NotInstalled("reading and writing video needs PyAV", do='pip install "skelgait[video]"') from missing
    return av


def open_video(path: str | os.PathLike[str]) -> Any:
    """An open container with a video stream, or an error that names the file."""
    av = import_av()
    where = Path(path)
    if not where.exists():
        raise VideoError(f"{name_video(path)} does not exist", do="check the path")
    if where.is_dir():
        raise VideoError(f"{name_video(path)} is a folder", expected="a video file", do="give one video at a time")
    if where.stat().st_size == 0:
        raise VideoError(f"{name_video(path)} is empty (0 bytes)", do="copy it from the camera again")
    try:
        container = av.open(str(where))
    except (av.error.FFmpegError, OSError) as fault:
        try:
            with where.open("rb") as file:
                head = file.read(12)
        except OSError as closed:
            raise VideoError(f"{name_video(path)} cannot be opened", found=str(closed), do="check who may read it") from closed
        if head[4:8] == b"ftyp":
            raise VideoError(
                f"{name_video(path)} breaks off: its index, which comes last, is missing",
                found=f"{where.stat().st_size:,} bytes without an index",
                do="copy it from the camera again; recording or copying was interrupted",
            ) from fault
        raise VideoError(
            f"{name_video(path)} is not a video that can be read",
            found=f"it starts with the text {head.decode()!r}"
            if head.isascii() and head.decode().isprintable()
            else f"bytes {head[:8].hex(' ')} at its start",
            expected="mp4, mov, avi, mkv, webm ...",
            do="convert it to mp4 (H.264), or give keypoints to sg.read_pose",
        ) from fault
    stream = picture_stream(container)
    if stream is None:
        container.close()
        raise VideoError(f"{name_video(path)} has no pictures", found="sound only", do="choose the file with the film")
    stream.thread_type = "AUTO"
    return container


def picture_stream(container: Any) -> Any:
    """The stream of moving pictures: the first that is no cover picture of a sound file; None where there is none."""
    cover = import_av().stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & cover), None)


def packet_times(container: Any, stream: Any) -> tuple[np.ndarray, float, str]:
    """Sorted times of the pictures in the file, the end of the last packet of any stream, and why it breaks off if it does."""
    import av

    times, end, broken = [], 0.0, ""
    try:
        for packet in container.demux():
            if packet.pts is None or not packet.size:
                continue
            at = float(packet.pts * packet.time_base)
            end = max(end, at + float((packet.duration or 0) * packet.time_base))
            if packet.stream is stream and not packet.is_corrupt and not packet.is_discard:
                times.append(at)
    except av.error.FFmpegError as fault:
        broken = str(fault)
    return np.unique(times), end, broken


def decode_pictures(path: str | os.PathLike[str], *, sparse: bool = False) -> Generator[tuple[Any, float], None, None]:
    """Decoded pictures and their times in the file; `VideoError` where decoding stops."""
    import av

    with open_video(path) as container:
        stream = picture_stream(container)
        if sparse:
            stream.codec_context.skip_frame = "NONREF"
        counted = container.format.name == "avi" and not sparse and stream.average_rate  # times of its B-frames are out of order
        last = None
        try:
            for k, picture in enumerate(container.decode(stream)):
                time = k / float(stream.average_rate) if counted else picture.time
                if time is None or (last is not None and time <= last):
                    continue
                last = time
                yield picture, time
        except av.error.FFmpegError as fault:
            if last is None:
                raise VideoError(
                    f"{name_video(path)} cannot be decoded", found=str(fault), do="convert it to mp4 (H.264)"
                ) from fault
            raise VideoError(
                f"{name_video(path)} breaks off after {last:.2f} s",
                found=str(fault),
                do="copy it from the camera again, or pass keep_partial=True",
            ) from fault
        if last is None:
            raise VideoError(f"{name_video(path)} has no pictures that can be decoded", do="convert it to mp4 (H.264)")
