"""Video files: what is in them, their frames at their true times, and writing one back."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from skelgait.core.errors import NotInstalled, VideoError

Item = TypeVar("Item")


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
    av = _import_av()

    with _opened(path) as container:
        stream = container.streams.video[0]
        times, end, broken = _packet_times(container, stream)
        if not times.size:
            raise VideoError(
                f"{_name(path)} has no pictures", found=broken or "a video stream without frames", do="film or export it again"
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
    with closing(_decoded(path)) as pictures:
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


def read_frames(
    path: str | os.PathLike[str],
    *,
    fps: float | None = None,
    every_s: float = 0.0,
    short_side: int | None = None,
    wanted: Callable[[float], bool] | None = None,
    info: VideoInfo | None = None,
) -> Generator[tuple[np.ndarray | None, float], None, None]:
    """Read a video frame by frame, each with its true time; a thread decodes a few frames ahead.

    Parameters
    ----------
    path : path
        A video file.
    fps : float, optional
        True rate of filming, for slow motion saved at another rate; times are scaled to it.
    every_s : float, seconds of movement
        Take frames at least this far apart. When larger than 0, frames no other frame is built on are not even decoded.
    short_side : int, optional
        Shrink frames to this shorter side, pixels. Frames are never enlarged.
    wanted : callable, optional
        From a frame's time to whether its picture is needed; ``None`` is given in place of those that are not, which saves time.
    info : VideoInfo, optional
        What `read_video_info` said, when it was asked before.

    Yields
    ------
    frame : (H, W, 3) uint8, or None
        RGB, upright, square pixels.
    time_s : float
        Seconds of movement since the first frame; strictly increasing.

    Raises
    ------
    VideoError
        The file cannot be read; or, after the last good frame was given, it breaks off.

    Notes
    -----
    Only a handful of frames are in memory at any time. A frame whose time does not advance (a duplicate some screen recorders
    write) is left out.
    """
    info = info or read_video_info(path, fps=fps)
    if fps and abs(info.fps - fps) > 1e-6:
        info = read_video_info(path, fps=fps)
    yield from _ahead(_frames(info, every_s, short_side, wanted), depth=4)


def write_video(
    path: str | os.PathLike[str], frames: Iterable[np.ndarray], fps: float, *, crf: int = 20, keyframe_every: int | None = None
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

    Raises
    ------
    VideoError
        No frames, or frames of different sizes.
    """
    av = _import_av()
    target = Path(path)
    part = target.with_name(f".{target.stem}.part{target.suffix or '.mp4'}")
    rate = Fraction(fps).limit_denominator(1001)
    try:
        with av.open(str(part), "w", options={"movflags": "faststart"}) as container:
            stream, size = None, None
            for index, frame in enumerate(frames):
                if stream is None:
                    size = frame.shape
                    stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
                    if keyframe_every:
                        stream.codec_context.gop_size = keyframe_every
                    stream.height, stream.width, stream.pix_fmt = size[0] // 2 * 2, size[1] // 2 * 2, "yuv420p"
                if frame.shape != size:
                    raise VideoError(
                        f"frame {index} for {_name(path)} has another size", found=str(frame.shape), expected=str(size)
                    )
                even = np.ascontiguousarray(frame[: stream.height, : stream.width])
                picture = av.VideoFrame.from_ndarray(even, "rgb24")
                picture.pts, picture.time_base = index, 1 / rate
                container.mux(stream.encode(picture))
            if stream is None:
                raise VideoError(f"no frames to write to {_name(path)}")
            container.mux(stream.encode())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _name(path: Any) -> str:
    return f"the video {os.fspath(path)}"


def _import_av() -> Any:
    try:
        import av
    except ImportError as missing:
        raise NotInstalled("reading and writing video needs PyAV", do='pip install "skelgait[video]"') from missing
    return av


def _opened(path: str | os.PathLike[str]) -> Any:
    """An open container with a video stream, or an error that names the file."""
    av = _import_av()
    where = Path(path)
    if not where.exists():
        raise VideoError(f"{_name(path)} does not exist", do="check the path")
    if where.is_dir():
        raise VideoError(f"{_name(path)} is a folder", expected="a video file", do="give one video at a time")
    if where.stat().st_size == 0:
        raise VideoError(f"{_name(path)} is empty (0 bytes)", do="copy it from the camera again")
    try:
        container = av.open(str(where))
    except (av.error.FFmpegError, OSError) as fault:
        with where.open("rb") as file:
            head = file.read(12)
        if head[4:8] == b"ftyp":
            raise VideoError(
                f"{_name(path)} breaks off: its index, which comes last, is missing",
                found=f"{where.stat().st_size:,} bytes without an index",
                do="copy it from the camera again; recording or copying was interrupted",
            ) from fault
        raise VideoError(
            f"{_name(path)} is not a video that can be read",
            found=f"it starts with the text {head.decode()!r}"
            if head.isascii() and head.decode().isprintable()
            else f"bytes {head[:8].hex(' ')} at its start",
            expected="mp4, mov, avi, mkv, webm ...",
        ) from fault
    if not container.streams.video:
        container.close()
        raise VideoError(f"{_name(path)} has no pictures", found="sound only")
    container.streams.video[0].thread_type = "AUTO"
    return container


def _packet_times(container: Any, stream: Any) -> tuple[np.ndarray, float, str]:
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


def _noted_time_scale(noted: str | None, rate: float) -> float:
    """Seconds of movement in a second of file, from the capture rate an Android phone notes in slow motion; else 1."""
    try:
        capture = float(noted) if noted else 0.0
    except ValueError:
        capture = 0.0
    return rate / capture if capture > 1.5 * rate else 1.0


def _decoded(path: str | os.PathLike[str], *, sparse: bool = False) -> Generator[tuple[Any, float], None, None]:
    """Decoded pictures and their times in the file; `VideoError` where decoding stops."""
    import av

    with _opened(path) as container:
        stream = container.streams.video[0]
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
                raise VideoError(f"{_name(path)} cannot be decoded", found=str(fault), do="convert it to mp4 (H.264)") from fault
            raise VideoError(
                f"{_name(path)} breaks off after {last:.2f} s",
                found=str(fault),
                do="copy it from the camera again, or pass keep_partial=True",
            ) from fault
        if last is None:
            raise VideoError(f"{_name(path)} has no pictures that can be decoded", do="convert it to mp4 (H.264)")


def _frames(
    info: VideoInfo, every_s: float, short_side: int | None, wanted: Callable[[float], bool] | None
) -> Generator[tuple[np.ndarray | None, float], None, None]:
    shrink = min(1.0, short_side / min(info.size)) if short_side else 1.0
    shown = [max(2, round(side * shrink)) for side in info.size]
    width, height = shown[::-1] if info.rotation_deg % 180 else shown
    start, due = None, 0.0
    for picture, time in _decoded(info.path, sparse=every_s > 0):
        start = time if start is None else start
        time_s = (time - start) * info.time_scale
        if time_s < due - 1e-6:
            continue
        due = max(due + every_s, time_s + every_s / 2)
        if wanted is not None and not wanted(time_s):
            yield None, time_s
            continue
        frame = picture.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA" if shrink < 1 else "BILINEAR")
        if info.rotation_deg:
            frame = np.ascontiguousarray(np.rot90(frame, info.rotation_deg // 90))
        yield frame, time_s
    if info.breaks_off:
        raise VideoError(
            f"{_name(info.path)} breaks off after {time_s:.2f} s",
            found=info.breaks_off,
            do="copy it from the camera again, or pass keep_partial=True",
        )


def _ahead(items: Generator[Item, None, None], depth: int) -> Generator[Item, None, None]:
    """The same items, made up to ``depth`` ahead by a thread, so that decoding and estimating overlap."""
    line: queue.Queue[tuple[str, Any]] = queue.Queue(depth)
    stop = threading.Event()

    def put(what: tuple[str, Any]) -> bool:
        while not stop.is_set():
            with suppress(queue.Full):
                line.put(what, timeout=0.1)
                return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(("item", item)):
                    return
            put(("end", None))
        except BaseException as fault:
            put(("fault", fault))
        finally:
            items.close()

    thread = threading.Thread(target=work, name="skelgait-decode", daemon=True)
    thread.start()
    try:
        while True:
            kind, what = line.get()
            if kind == "end":
                return
            if kind == "fault":
                raise what
            yield what
    finally:
        stop.set()
        thread.join()
