"""Video in, pose out."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from threading import local
from typing import Any

import numpy as np

from skelgait.core.errors import NoPerson, SkelgaitError, VideoError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import Skeleton
from skelgait.estimation.blazepose import MARGIN
from skelgait.estimation.estimators import Estimate, make_estimator
from skelgait.estimation.person import Person
from skelgait.estimation.silhouettes import Silhouettes, pack_square
from skelgait.estimation.subject import find_subject
from skelgait.io.video import VideoInfo, read_frames, read_video_info


def estimate_pose(
    video: str | os.PathLike[str],
    estimator: str | type | Mapping[Any, Mapping[str, Any]] = "mediapipe",
    *,
    subject: str | int | tuple[float, float, float, float] = "walking",
    segment: bool = False,
    progress: bool = True,
    model_path: str | None = None,
    fps: float | None = None,
    view: str | None = None,
    keep_partial: bool = False,
) -> Any:
    """Estimate the pose of one person, the subject, in every frame of a video.

    Parameters
    ----------
    video : path
        A video file: any rotation, constant or varying frame rate.
    estimator : str, class or {name: settings}
        ``"mediapipe"`` (default, offline), ``"rtmlib"`` or ``"mmpose"``; or a class that keeps
        `skelgait.estimation.estimators.PoseEstimator`'s promises.
    subject : {"walking", "largest"}, int or (x, y, width, height)
        Whom to measure: who travels most relative to the background (default; where nobody travels, as on a treadmill, whose legs
        move most), who is largest, a place in ``pose.info["people"]`` (order of first appearance, then left to right), or who is
        in this box of the first frame, pixels.
    segment : bool
        Give silhouettes too.
    progress : bool
        Show a progress bar.
    model_path : str, optional
        The estimator's model file: a ``.task`` file for mediapipe, an ``.onnx`` file for rtmlib.
    fps : float, frames per second, optional
        Rate of filming, for slow motion saved at another rate (240 fps saved as 30). Android phones note it in the file, and then
        it is used without being given.
    view : str, optional
        What the camera saw (see `PoseSequence`), when known.
    keep_partial : bool
        Keep what was estimated when the video breaks off, with a warning and ``pose.info["breaks_off"]``, instead of raising.

    Returns
    -------
    PoseSequence, or (PoseSequence, Silhouettes) with ``segment=True``
        One pose a frame, in pixels of the video as a viewer shows it. Frames where the subject is not in view are NaN with
        confidence 0, and so are points outside the picture, which an estimator can only guess.

    Raises
    ------
    VideoError
        The file is missing, empty, not a video, or breaks off.
    NoPerson
        Nobody, or not the person asked for, is in it.
    NotInstalled
        The estimator's package is not there.

    Notes
    -----
    The video is read twice, a few frames in memory at a time. The first time everybody is found in small pictures, 2.5 a second,
    and followed; the motion of the camera is taken out to tell who travels. The second time the estimator sees only the square
    about the subject, which moves smoothly with them, so a bystander cannot attract it. A pose whose hips lie elsewhere is
    dropped. Networks run on all processors; the result does not depend on how many there are.

    References
    ----------
    Bazarevsky et al. 2020, BlazePose, arXiv 2006.10204. Jiang et al. 2023, RTMPose, arXiv 2303.07399.

    Examples
    --------
    >>> import skelgait as sg
    >>> sg.estimate_pose("no_such_walk.mp4")
    Traceback (most recent call last):
        ...
    skelgait.core.errors.VideoError: the video no_such_walk.mp4 does not exist. What to do: check the path.
    """
    info = read_video_info(video, fps=fps)
    if info.breaks_off and not keep_partial:
        raise VideoError(
            f"the video {info.path} breaks off",
            found=info.breaks_off,
            do="copy it from the camera again, or pass keep_partial=True",
        )
    first = make_estimator(estimator, model_path=model_path)
    if segment and not first.segments:
        raise SkelgaitError(f"{type(first).__name__} gives no silhouettes", do='use estimator="mediapipe" with segment=True')
    first.open(segment=segment)  # a missing model is told before any frame is read
    task = model_path if model_path and str(model_path).endswith(".task") else getattr(first, "model_path", None)
    opened = [first]
    try:
        found = find_subject(info, subject, model_path=task, keep_partial=keep_partial)

        def another() -> Any:
            copy = make_estimator(estimator, model_path=model_path)
            copy.open(segment=segment)
            opened.append(copy)
            return copy

        rows, breaks_off = _estimate(info, found.person, first, another, progress=progress, keep_partial=keep_partial)
    finally:
        for copy in opened:
            copy.close()
    times = np.array([row.time_s for row in rows])
    skeleton = first.skeleton if rows and any(row.estimate is not None for row in rows) else None
    if skeleton is None or not any(row.estimate is not None and np.isfinite(row.estimate.xy).any() for row in rows):
        raise NoPerson(
            f"somebody seems to be in {info.path}, but {type(first).__name__} found no pose",
            do="check that the whole person is in view; choose another with subject=",
        )
    xy, confidence = _arrays(rows, skeleton, found.picture)
    uniform = np.arange(len(times)) / info.fps
    steady = np.abs(times - uniform).max() < 0.02 / info.fps + 0.0011  # what is left is the rounding of the file's clock
    notes: dict[str, Any] = {
        "people": found.listed,
        "subject": found.number,
        "video": {
            "codec": info.codec,
            "rotation_deg": info.rotation_deg,
            "variable_rate": info.variable_rate,
            "time_scale": info.time_scale,
        },
    }
    if breaks_off:
        notes["breaks_off"] = breaks_off
        warnings.warn(f"{info.path} breaks off after {times[-1]:.2f} s; what came before is kept ({breaks_off})", stacklevel=2)
    pose = PoseSequence(
        xy,
        confidence,
        fps=info.fps,
        skeleton=skeleton,
        view=view,
        time_s=None if steady else times,
        size=info.size,
        source=info.path,
        steps=(f"estimate_pose({type(first).__name__}, subject={subject!r})",),
        info=notes,
    )
    if not segment:
        return pose
    bits, squares = zip(*(pack_square(*row.silhouette()) for row in rows), strict=True)
    return pose, Silhouettes(np.array(bits), np.array(squares), pose.time_s, info.size)


class _Row:
    """One frame on its way: where its crop lies, and what was seen in it."""

    __slots__ = ("estimate", "offset", "region", "time_s", "wide")

    def __init__(self, time_s: float) -> None:
        self.time_s = time_s
        self.estimate: Estimate | None = None
        self.offset, self.region, self.wide = (0, 0), np.full(3, np.nan), 0

    def silhouette(self) -> tuple[np.ndarray | None, tuple[int, int], np.ndarray, float]:
        mask = None if self.estimate is None else self.estimate.mask
        return mask, self.offset, np.array([*self.region, self.wide]), MARGIN


def _estimate(
    info: VideoInfo, person: Person, first: Any, another: Callable[[], Any], *, progress: bool, keep_partial: bool
) -> tuple[list[_Row], str]:
    """The second reading: every frame's crop to one of the estimator's copies (``first``, then ``another()`` a thread), results
    in order.
    """
    from tqdm import tqdm

    mine = local()
    spare = [first]

    def work(rows: list[_Row], crops: list[np.ndarray]) -> None:
        if not hasattr(mine, "estimator"):
            mine.estimator = spare.pop() if spare else another()
        regions = np.array([row.region - [*row.offset, 0] for row in rows])
        for row, estimate in zip(rows, mine.estimator.estimate(crops, regions), strict=True):
            row.estimate = estimate

    grid = np.arange(0, info.duration_s + 1.02, 0.02)
    path = person.at(grid)

    def region_at(time_s: float) -> np.ndarray | None:
        region = np.array([np.interp(time_s, grid, column) for column in path.T])
        room = np.array([0.1, 0.2]) * region[2]
        inside = (-room < region[:2]).all() and (region[:2] < np.array(info.size) + room).all()
        return region if inside else None

    rows: list[_Row] = []
    waiting: deque[tuple[int, Future[None]]] = deque()
    batch: tuple[list[_Row], list[np.ndarray]] = ([], [])
    breaks_off = ""
    bar = tqdm(total=info.frames, desc=os.path.basename(info.path), unit="frame", disable=not progress)
    pool = ThreadPoolExecutor(first.workers, "skelgait-pose")

    def send() -> None:
        nonlocal batch
        if batch[0]:
            waiting.append((len(batch[0]), pool.submit(work, *batch)))
        batch = ([], [])
        while len(waiting) > 2 * first.workers:
            _finish()

    def _finish() -> None:
        count, job = waiting.popleft()
        job.result()
        bar.update(count)

    try:
        with closing(_read(info, lambda time_s: region_at(time_s) is not None)) as frames:
            for frame, time_s in frames:
                row = _Row(time_s)
                rows.append(row)
                region = region_at(time_s)
                crop = None if frame is None or region is None else _crop(frame, row, region, first.reach)
                if crop is None:
                    bar.update(1)
                    continue
                batch[0].append(row)
                batch[1].append(crop)
                if len(batch[0]) >= first.batch:
                    send()
        send()
        while waiting:
            _finish()
    except VideoError as fault:
        if not (keep_partial and rows):
            raise
        breaks_off = fault.found or str(fault)
        send()
        while waiting:
            _finish()
    finally:
        bar.close()
        pool.shutdown(cancel_futures=True)
    return rows, breaks_off


def _read(info: VideoInfo, wanted: Callable[[float], bool]) -> Generator[tuple[np.ndarray | None, float], None, None]:
    yield from read_frames(info.path, info=info, wanted=wanted)


def _crop(frame: np.ndarray, row: _Row, region: np.ndarray, reach: float) -> np.ndarray | None:
    """The part of the frame about the subject; None where too little of it is in the picture."""
    height, width = frame.shape[:2]
    x, y, size = region
    half = 0.5 * reach * size
    left, right = max(0, int(x - half)), min(width, int(np.ceil(x + half)))
    top, bottom = max(0, int(y - half)), min(height, int(np.ceil(y + half)))
    if right - left < 8 or bottom - top < 8:
        return None
    row.region, row.offset, row.wide = region, (left, top), right - left
    return np.ascontiguousarray(frame[top:bottom, left:right])


def _arrays(rows: list[_Row], skeleton: Skeleton, picture: tuple[float, float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, K, 2) and confidence (T, K) in pixels of the video; NaN outside the picture."""
    xy = np.full((len(rows), len(skeleton), 2), np.nan)
    confidence = np.zeros((len(rows), len(skeleton)))
    for k, row in enumerate(rows):
        if row.estimate is not None:
            xy[k] = row.estimate.xy + row.offset
            confidence[k] = row.estimate.confidence
    with np.errstate(invalid="ignore"):
        xy[((xy < picture[:2]) | (xy > picture[2:])).any(axis=2)] = np.nan
    if _trunk_is_invented(xy, skeleton):
        below = ("hip", "knee", "ankle", "heel", "toe", "foot_index")
        xy[:, [k for k, name in enumerate(skeleton.names) if not name.endswith(below)]] = np.nan
    confidence[np.isnan(xy).any(axis=2)] = 0
    return xy, np.clip(confidence, 0, 1)


def _trunk_is_invented(xy: np.ndarray, skeleton: Skeleton) -> bool:
    """Whether shoulders sit on the hips: where the picture ends at the waist, a network squeezes a whole body into what it sees."""
    needed = [f"{side}_{point}" for side in ("left", "right") for point in ("shoulder", "hip", "ankle")]
    if not set(needed) <= set(skeleton.names):
        return False
    shoulders, hips, ankles = (xy[:, [skeleton.index(name) for name in needed[k::3]]].mean(axis=1) for k in range(3))
    trunk, leg = np.hypot(*(shoulders - hips).T), np.hypot(*(hips - ankles).T)
    both = np.isfinite(trunk + leg)
    return bool(both.sum() > 0.2 * np.isfinite(leg).sum() and np.median(trunk[both]) < 0.42 * np.median(leg[both]))
