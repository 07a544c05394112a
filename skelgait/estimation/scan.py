"""A quick look through a video, two to three small pictures a second: who is in it, where, and how the camera moved."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np

from skelgait.core.errors import VideoError
from skelgait.estimation.camera_motion import CameraMotion
from skelgait.estimation.linking import link_people, merge_detections
from skelgait.estimation.person import Person
from skelgait.io.video import VideoInfo
from skelgait.io.video_frames import read_frames

EVERY_S = 0.4  # a walker moves about a third of the body height meanwhile, and what lies between is smooth
TILE = 256  # pixels; the detector sees 224
_KEPT = 24  # small pictures kept for a closer look afterwards


@dataclass(frozen=True, eq=False)
class Scan:
    """What a quick look found.

    Parameters
    ----------
    people : list of Person
        Everybody, in order of appearance, then from left to right; places in pixels of the video.
    pictures : list of (time_s, (h, w, 3) uint8)
        Some of the small pictures.
    shrink : float
        Side of a small picture over the side of the video.
    picture : (left, top, right, bottom) pixels
        The part of the video that is picture: bars of one colour at its edges are not.
    """

    people: list[Person]
    pictures: list[tuple[float, np.ndarray]]
    shrink: float
    picture: tuple[float, float, float, float]


def scan_people(
    info: VideoInfo,
    detectors: Sequence[Any],
    *,
    finer: bool = False,
    progress: bool = False,
    keep_partial: bool = False,
) -> Scan:
    """Look through a video for people.

    Parameters
    ----------
    info : VideoInfo
        The video.
    detectors : sequence of callable
        Detectors, each: image -> (N, 4) of score, hip centre x, y and whole-body size, pixels. They work side by side.
    finer : bool
        Look for people half as large, at four times the cost.
    progress : bool
        Show a progress bar.
    keep_partial : bool
        Take a video that breaks off as it is.

    Returns
    -------
    Scan
        The people and a few small pictures.
    """
    from tqdm.auto import tqdm

    every_s = min(EVERY_S, max(info.duration_s / 8, 1e-3))
    times: list[float] = []
    found: list[np.ndarray] = []
    pictures: list[tuple[float, np.ndarray]] = []
    activity: list[np.ndarray] = []
    views: list[np.ndarray] = []  # 3x3, this picture -> first picture
    camera = CameraMotion()
    keep = 1
    bar = tqdm(
        total=round(info.duration_s, 1),
        desc=f"{os.path.basename(info.path)}: who is there",
        bar_format="{l_bar}{bar}| {n:.1f}/{total} s",
        leave=False,
        disable=not progress or None,
    )
    with bar, _Detectors(detectors) as looking, closing(_small(info, every_s, finer, keep_partial)) as frames:
        for time_s, image, rows in looking.over(frames):
            bar.update(min(time_s, info.duration_s) - bar.n)
            seen = merge_detections(rows)
            change = camera.step(image, seen)
            views.append(views[-1] @ change if views else change)
            activity.append(camera.leg_activity(seen))
            times.append(time_s)
            found.append(seen)
            if (len(times) - 1) % keep == 0:
                pictures.append((time_s, image))
                if len(pictures) > 2 * _KEPT:
                    pictures, keep = pictures[::2], keep * 2
    shrink = pictures[0][1].shape[0] / info.size[1] if pictures else 1.0
    ground = [_moved(rows[:, 1:], view) / shrink for rows, view in zip(found, views, strict=True)]
    scaled = [np.column_stack([rows[:, 0], rows[:, 1:] / shrink]) for rows in found]
    return Scan(
        people=link_people(times, scaled, ground, activity),
        pictures=pictures,
        shrink=shrink,
        picture=_without_bars(pictures, shrink, info.size),
    )


def _without_bars(
    pictures: list[tuple[float, np.ndarray]], shrink: float, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is not a bar: rows and columns at the edges that have one colour in every picture.

    A plain wall is no bar: what is beside a bar has another colour along most of it, and only a head stands out from a wall.
    """
    if len(pictures) < 2:
        return 0.0, 0.0, size[0] - 1.0, size[1] - 1.0
    stack = np.array([picture for _, picture in pictures])
    least, most = stack.min(axis=0), stack.max(axis=0)

    def bars(axis: int) -> tuple[int, int]:
        plain = (most.max(axis=1 - axis) - least.min(axis=1 - axis) <= 10).all(axis=1)
        inside = np.flatnonzero(~plain)
        if inside.size <= 0.3 * plain.size:
            return 0, plain.size
        first, last = int(inside[0]), int(inside[-1])
        lines = np.moveaxis(stack, 1 + axis, 0).astype(int)
        step = [np.abs(lines[near] - lines[bar]).max(axis=-1) > 10 for bar, near in ((0, first + 1), (-1, last - 1))]
        return first if step[0].mean() > 0.5 else 0, last + 1 if step[1].mean() > 0.5 else plain.size

    (top, bottom), (left, right) = bars(0), bars(1)
    height, width = stack.shape[1:3]
    return (
        (left + 0.5) / shrink if left else 0.0,
        (top + 0.5) / shrink if top else 0.0,
        (right - 0.5) / shrink - 1 if right < width else size[0] - 1.0,
        (bottom - 0.5) / shrink - 1 if bottom < height else size[1] - 1.0,
    )


def tiles(width: int, height: int, side: int) -> list[tuple[int, int]]:
    """Left upper corners of squares of a side that cover an image, overlapping by half or more where one is not enough."""

    def starts(length: int) -> list[int]:
        count = 1 if length <= 1.15 * side else int(np.ceil(2 * (length - side) / side)) + 1
        return [round((length - side) * k / max(count - 1, 1)) if length > side else 0 for k in range(count)]

    return [(x, y) for y in starts(height) for x in starts(width)]


def worker_count() -> int:
    """How many networks run at once: the processors this process may use, up to 8."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(8, allowed))


def _small(info: VideoInfo, every_s: float, finer: bool, keep_partial: bool) -> Generator[tuple[Any, float], None, None]:
    side = TILE * (2 if finer else 1)
    try:
        yield from read_frames(info.path, info=info, every_s=every_s, short_side=side)
    except VideoError:
        if not keep_partial:
            raise


class _Detectors:
    """Several detectors at work over a stream of pictures, whose results come in order."""

    def __init__(self, detectors: Sequence[Any]) -> None:
        self._pool = ThreadPoolExecutor(len(detectors), "skelgait-people")
        self._free: SimpleQueue[Any] = SimpleQueue()
        for detector in detectors:
            self._free.put(detector)
        self._ahead = 2 * len(detectors)

    def __enter__(self) -> _Detectors:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _look(self, image: np.ndarray) -> np.ndarray:
        detector = self._free.get()
        try:
            height, width = image.shape[:2]
            places = tiles(width, height, TILE)
            return np.concatenate([detector(image[y : y + TILE, x : x + TILE]) + [0, x, y, 0] for x, y in places])
        finally:
            self._free.put(detector)

    def over(self, frames: Iterator[tuple[np.ndarray, float]]) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
        waiting: deque[tuple[float, np.ndarray, Future[np.ndarray]]] = deque()
        for image, time_s in frames:
            waiting.append((time_s, image, self._pool.submit(self._look, image)))
            while len(waiting) > self._ahead:
                time, picture, rows = waiting.popleft()
                yield time, picture, rows.result()
        while waiting:
            time, picture, rows = waiting.popleft()
            yield time, picture, rows.result()


def _moved(region: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Regions (N, 3) mapped by a 3x3 similarity."""
    grown = float(np.sqrt(abs(np.linalg.det(view[:2, :2]))))
    return np.column_stack([region[:, :2] @ view[:2, :2].T + view[:2, 2], region[:, 2] * grown])
