"""The second reading of a video: every frame cut to the square about the subject, and given to an estimator."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import local
from typing import Any, NamedTuple

import numpy as np

from skelgait.core.errors import VideoError
from skelgait.estimation.blazepose import MARGIN
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.person import Person
from skelgait.estimation.silhouettes import pack_square
from skelgait.io.video import VideoInfo
from skelgait.io.video_frames import read_parts

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
    estimates : tuple of Estimate
        What the frame may show, the likeliest first; empty where the subject is not in view or not seen.
    bits : (256, 32) uint8, optional
        The silhouette, as `Silhouettes` keeps it.
    square : (3,) pixels
        Where it is.
    """

    time_s: float
    estimates: tuple[Estimate, ...] = ()
    bits: np.ndarray | None = None
    square: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))


def find_window(region: np.ndarray, size: tuple[int, int], reach: float) -> tuple[int, int, int, int] | None:
    """Which part of a picture holds the square about the subject.

    Parameters
    ----------
    region : (3,) pixels
        Hip centre x, y and whole-body size.
    size : (width, height) pixels
        The picture.
    reach : float
        Side of the square in whole-body sizes.

    Returns
    -------
    (left, top, right, bottom) or None
        As much of the square as lies in the picture; None when the hips are out of it, or the subject is nowhere (NaN).
    """
    x, y, body = region
    if not (-0.1 * body < x < size[0] + 0.1 * body and -0.2 * body < y < size[1] + 0.2 * body):
        return None
    half = 0.5 * reach * body
    left, right = max(0, int(x - half)), min(size[0], int(np.ceil(x + half)))
    top, bottom = max(0, int(y - half)), min(size[1], int(np.ceil(y + half)))
    return (left, top, right, bottom) if right - left >= 8 and bottom - top >= 8 else None


def make_crop(image: np.ndarray, offset: tuple[int, int], region: np.ndarray, *, side: float) -> Crop:
    """A part of a frame, made smaller where it has more pixels than an estimator can use.

    Parameters
    ----------
    image : (h, w, 3) uint8
        What `find_window` found.
    offset : (x, y) pixels
        Its left upper corner in the frame.
    region : (3,) pixels
        Hip centre x, y and whole-body size in the frame.
    side : float
        Whole-body size in pixels that is large enough: twice as large is halved, and so on.

    Returns
    -------
    Crop
    """
    step = max(1, int(region[2] / side))
    if step > 1:
        import cv2

        image = image[: image.shape[0] // step * step, : image.shape[1] // step * step]
        small = (image.shape[1] // step, image.shape[0] // step)
        image = cv2.resize(image, small, interpolation=cv2.INTER_LINEAR if step == 2 else cv2.INTER_AREA)  # means either way
    return Crop(np.ascontiguousarray(image), offset, step, region)


def estimate_frames(
    info: VideoInfo,
    person: Person,
    estimators: Sequence[Any],
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
    estimators : sequence of PoseEstimator
        Opened, one or more of a kind; more run beside them when they say so.
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
    from tqdm.auto import tqdm

    first = estimators[0]
    grid = np.arange(0, info.duration_s + 1 + _GRID_S, _GRID_S)
    path = person.at(grid)

    def region_at(time_s: float) -> np.ndarray:
        return np.array([np.interp(time_s, grid, column) for column in path.T])

    def window_at(time_s: float) -> tuple[int, int, int, int] | None:
        return find_window(region_at(time_s), info.size, first.reach)

    mine, spare = local(), list(estimators)

    def work(rows: list[Seen], crops: list[Crop]) -> None:
        if not hasattr(mine, "estimator"):
            mine.estimator = spare.pop() if spare else another()
        regions = np.array([crop.inside for crop in crops])
        for row, crop, estimate in zip(rows, crops, mine.estimator.estimate([c.image for c in crops], regions), strict=True):
            row.estimates = tuple(
                replace(one, xy=(one.xy + 0.5) * crop.step - 0.5 + crop.offset, mask=None, others=())
                for one in (estimate, *estimate.others)
                if np.isfinite(one.xy).any()
            )
            if estimate.mask is not None:
                wide = crop.image.shape[1] * crop.step
                row.bits, row.square = pack_square(estimate.mask, crop.offset, np.array([*crop.region, wide]), MARGIN)

    seen: list[Seen] = []
    waiting: deque[tuple[int, Future[None]]] = deque()
    rows: list[Seen] = []
    crops: list[Crop] = []
    breaks_off = ""
    bar = tqdm(total=info.frames, desc=os.path.basename(info.path), unit="frame", disable=not progress or None)
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
            with closing(read_parts(info, window_at)) as parts:
                for image, time_s in parts:
                    seen.append(Seen(time_s))
                    region, window = region_at(time_s), window_at(time_s)
                    if image is None or window is None:
                        bar.update(1)
                        continue
                    rows.append(seen[-1])
                    crops.append(make_crop(image, window[:2], region, side=first.side))
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
