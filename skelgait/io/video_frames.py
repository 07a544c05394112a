"""The frames of a video, upright, each at its true time; whole, or the part of them that is needed."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np

from skelgait.core.errors import VideoError
from skelgait.io.video import VideoInfo, read_video_info
from skelgait.io.video_file import decode_pictures, import_av, name_video

Item = TypeVar("Item")
Part = tuple[int, int, int, int]


def read_frames(
    path: str | os.PathLike[str],
    *,
    fps: float | None = None,
    every_s: float = 0.0,
    short_side: int | None = None,
    info: VideoInfo | None = None,
) -> Generator[tuple[np.ndarray, float], None, None]:
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
    info : VideoInfo, optional
        What `read_video_info` said, when it was asked before.

    Yields
    ------
    frame : (H, W, 3) uint8
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
    shrink = min(1.0, short_side / min(info.size)) if short_side else 1.0
    width, height = (max(2, round(side * shrink)) for side in info.size)

    def frames() -> Generator[tuple[np.ndarray, float], None, None]:
        for picture, time_s in _pictures(info, every_s):
            yield _whole(picture, info, (width, height)), time_s

    yield from _ahead(frames(), depth=4)


def read_parts(info: VideoInfo, part: Callable[[float], Part | None]) -> Generator[tuple[np.ndarray | None, float], None, None]:
    """Read of every frame only the part that is needed, which saves turning the rest into colours; a thread decodes ahead.

    Parameters
    ----------
    info : VideoInfo
        What `read_video_info` said.
    part : callable
        From a frame's time to left, top, right and bottom (half-open) of what is needed of it, pixels of the picture as a viewer
        shows it; or None where nothing is.

    Yields
    ------
    image : (bottom - top, right - left, 3) uint8, or None
        RGB, upright, square pixels: the same as that part of what `read_frames` gives.
    time_s : float
        Seconds of movement since the first frame; strictly increasing.

    Raises
    ------
    VideoError
        As `read_frames`.
    """

    def parts() -> Generator[tuple[np.ndarray | None, float], None, None]:
        for picture, time_s in _pictures(info):
            where = part(time_s)
            yield None if where is None else _cut(picture, info, where), time_s

    yield from _ahead(parts(), depth=4)


def _pictures(info: VideoInfo, every_s: float = 0.0) -> Generator[tuple[Any, float], None, None]:
    """Decoded pictures and the times of movement they were taken at; then, where the file breaks off, the error that says so."""
    start, due, time_s = None, 0.0, 0.0
    for picture, time in decode_pictures(info.path, sparse=every_s > 0):
        start = time if start is None else start
        time_s = (time - start) * info.time_scale
        if time_s < due - 1e-6:
            continue
        due = max(due + every_s, time_s + every_s / 2)
        yield picture, time_s
    if info.breaks_off:
        raise VideoError(
            f"{name_video(info.path)} breaks off after {time_s:.2f} s",
            found=info.breaks_off,
            do="copy it from the camera again, or pass keep_partial=True",
        )


def _whole(picture: Any, info: VideoInfo, size: tuple[int, int]) -> np.ndarray:
    """The picture in RGB, upright, at a size (width, height)."""
    width, height = size[::-1] if info.rotation_deg % 180 else size
    smooth = "AREA" if size[0] < info.size[0] else "BILINEAR"
    return _upright(picture.to_ndarray(format="rgb24", width=width, height=height, interpolation=smooth), info)


def _upright(frame: np.ndarray, info: VideoInfo) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(frame, info.rotation_deg // 90)) if info.rotation_deg else frame


def _cut(picture: Any, info: VideoInfo, part: Part) -> np.ndarray:
    """A part of the picture in RGB, upright.

    In nearly all videos one pixel of colour goes with two by two of brightness. There the part is cut out before it is turned into
    RGB; it begins and ends at even pixels then, and what that is too much is cut off afterwards.
    """
    left, top, right, bottom = part
    stored = (info.size[1], info.size[0]) if info.rotation_deg % 180 else info.size
    plain = picture.format.name in ("yuv420p", "yuvj420p") and (picture.width, picture.height) == stored
    if not plain or any(side % 2 for side in stored):
        return np.ascontiguousarray(_whole(picture, info, info.size)[top:bottom, left:right])
    x0, y0, x1, y1 = left - left % 2, top - top % 2, right + right % 2, bottom + bottom % 2
    image = _upright(_colour(picture, _stored((x0, y0, x1, y1), info)), info)
    return np.ascontiguousarray(image[top - y0 : bottom - y0, left - x0 : right - x0])


def _stored(part: Part, info: VideoInfo) -> Part:
    """Where a part of the upright picture lies in the picture as it is stored."""
    left, top, right, bottom = part
    width, height = info.size
    return {
        0: part,
        1: (height - bottom, left, height - top, right),
        2: (width - right, height - bottom, width - left, height - top),
        3: (top, width - right, bottom, width - left),
    }[info.rotation_deg // 90 % 4]


def _colour(picture: Any, part: Part) -> np.ndarray:
    """A part of a stored 4:2:0 picture, which begins and ends at even pixels, in RGB."""
    x0, y0, x1, y1 = part
    piece = import_av().VideoFrame(x1 - x0, y1 - y0, picture.format.name)
    for index, step in enumerate((1, 2, 2)):
        _plane(piece, index)[:] = _plane(picture, index)[y0 // step : y1 // step, x0 // step : x1 // step]
    piece.colorspace, piece.color_range = picture.colorspace, picture.color_range
    return piece.to_ndarray(format="rgb24", interpolation="BILINEAR")


def _plane(picture: Any, index: int) -> np.ndarray:
    """(h, w) one plane of a picture, not copied."""
    plane = picture.planes[index]
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


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
