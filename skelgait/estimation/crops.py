"""The second reading of a video: every frame cut to the square about the subject, and given to an estimator."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from threading import local
from typing import Any, NamedTuple

import numpy as np

from skelgait.core.errors import VideoError
from skelgait.estimation.blazepose import MARGIN
from skelgait.estimation.person import Person
from skelgait.estimation.silhouettes import pack_square
from skelgait.io.video import VideoInfo, read_frames

_GRID_S = 0.02  # the subject's path is smooth: read this often, straight in between


class Crop(NamedTuple):
    """Part of a frame.

    Parameters
    ----------
    image : (h, w, 3) uint8
        RGB; ``step`` times smaller where there are more pixels than an estimator can use.
    offset : (x, y) pixels
        Its left upper corner in the frame.
    step : int
        Pixels of the frame to one of the image.
    region : (3,) pixels
        The subject's hip centre x, y and whole-body size in the frame.
    """

    image: np.ndarray
    offset: tuple[int, int]
    step: int
    region: np.ndarray

    @property
    def inside(self) -> np.ndarray:
        """(3,) the region in pixels of the image."""
        return (self.region - [*self.offset, 0]) / self.step


@dataclass(eq=False)
class Seen:
    """What was seen in one frame, in pixels of the video.

    Parameters
    ----------
    time_s : float
        When.
    xy : (K, 2), optional
        Joints; None where the subject is not in view.
    confidence : (K,), optional
        0..1.
    bits, square : arrays
        The silhouette, as `Silhouettes` keeps it.
    """

    time_s: float
    xy: np.ndarray | None = None
    confidence: np.ndarray | None = None
    bits: np.ndarray = field(default_factory=lambda: pack_square(None, (0, 0), np.zeros(4), MARGIN)[0])
    square: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))


def cut_crop(frame: np.ndarray, region: np.ndarray, *, reach: float, side: float) -> Crop | None:
    """Cut the square about the subject out of a frame.

    Parameters
    ----------
    frame : (H, W, 3) uint8
        The whole picture.
    region : (3,) pixels
        Hip centre x, y and whole-body size.
    reach : float
        Side of the square in whole-body sizes.
    side : float
        Whole-body size in pixels that is large enough: twice as large is halved, and so on.

    Returns
    -------
    Crop or None
        As much of the square as lies in the picture; None when that is next to nothing.
    """
    height, width = frame.shape[:2]
    x, y, size = region
    half = 0.5 * reach * size
    left, right = max(0, int(x - half)), min(width, int(np.ceil(x + half)))
    top, bottom = max(0, int(y - half)), min(height, int(np.ceil(y + half)))
    if right - left < 8 or bottom - top < 8:
        return None
    step = max(1, int(size / side))
    part = frame[top:bottom, left:right]
    if step > 1:
        import cv2

        part = part[: part.shape[0] // step * step, : part.shape[1] // step * step]
        small = (part.shape[1] // step, part.shape[0] // step)
        part = cv2.resize(part, small, interpolation=cv2.INTER_LINEAR if step == 2 else cv2.INTER_AREA)  # means either way
    return Crop(np.ascontiguousarray(part), (left, top), step, region)


def estimate_frames(
    info: VideoInfo,
    person: Person,
    first: Any,
    another: Callable[[], Any],
    *,
    progress: bool = False,
    keep_partial: bool = False,
) -> tuple[list[Seen], str]:
    """Estimate every frame of a video.

    Parameters
    ----------
    info : VideoInfo
        The video.
    person : Person
        Where the subject is.
    first : PoseEstimator
        Opened; more of its kind run beside it when it says so.
    another : callable
        Gives one more, opened.
    progress : bool
        Show a progress bar.
    keep_partial : bool
        Keep what came before the video breaks off.

    Returns
    -------
    seen : list of Seen
        One a frame, in order.
    breaks_off : str
        Why the video breaks off; empty when it does not.

    Raises
    ------
    VideoError
        It breaks off, and that was not to be kept.
    """
    from tqdm import tqdm

    grid = np.arange(0, info.duration_s + 1 + _GRID_S, _GRID_S)
    path = person.at(grid)

    def region_at(time_s: float) -> np.ndarray | None:
        region = np.array([np.interp(time_s, grid, column) for column in path.T])
        room = np.array([0.1, 0.2]) * region[2]
        in_view = (-room < region[:2]).all() and (region[:2] < np.array(info.size) + room).all()
        return region if in_view else None

    mine, spare = local(), [first]

    def work(rows: list[Seen], crops: list[Crop]) -> None:
        if not hasattr(mine, "estimator"):
            mine.estimator = spare.pop() if spare else another()
        regions = np.array([crop.inside for crop in crops])
        for row, crop, estimate in zip(rows, crops, mine.estimator.estimate([c.image for c in crops], regions), strict=True):
            row.xy = (estimate.xy + 0.5) * crop.step - 0.5 + crop.offset
            row.confidence = estimate.confidence
            if estimate.mask is not None:
                wide = crop.image.shape[1] * crop.step
                row.bits, row.square = pack_square(estimate.mask, crop.offset, np.array([*crop.region, wide]), MARGIN)

    seen: list[Seen] = []
    waiting: deque[tuple[int, Future[None]]] = deque()
    rows: list[Seen] = []
    crops: list[Crop] = []
    breaks_off = ""
    bar = tqdm(total=info.frames, desc=os.path.basename(info.path), unit="frame", disable=not progress)
    pool = ThreadPoolExecutor(first.workers, "skelgait-pose")

    def send() -> None:
        nonlocal rows, crops
        if rows:
            waiting.append((len(rows), pool.submit(work, rows, crops)))
        rows, crops = [], []

    def finish(but: int) -> None:
        while len(waiting) > but:
            count, job = waiting.popleft()
            job.result()
            bar.update(count)

    try:
        try:
            with closing(read_frames(info.path, info=info, wanted=lambda t: region_at(t) is not None)) as frames:
                for frame, time_s in frames:
                    seen.append(Seen(time_s))
                    region = region_at(time_s)
                    crop = None
                    if frame is not None and region is not None:
                        crop = cut_crop(frame, region, reach=first.reach, side=first.side)
                    if crop is None:
                        bar.update(1)
                        continue
                    rows.append(seen[-1])
                    crops.append(crop)
                    if len(rows) >= first.batch:
                        send()
                        finish(2 * first.workers)
        except VideoError as fault:
            if not (keep_partial and seen):
                raise
            breaks_off = fault.found or str(fault)
        send()
        finish(0)
    finally:
        bar.close()
        pool.shutdown(cancel_futures=True)
    return seen, breaks_off
