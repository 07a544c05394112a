"""Video in, pose out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from skelgait.core.errors import NoPerson, SkelgaitError, VideoError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import Skeleton
from skelgait.estimation.blazepose import MARGIN
from skelgait.estimation.crops import Seen, estimate_frames
from skelgait.estimation.estimators import make_estimator
from skelgait.estimation.looks import choose_over_time
from skelgait.estimation.silhouettes import Silhouettes, pack_square
from skelgait.estimation.subject import Subject, find_subject
from skelgait.estimation.trust import DOUBT, drop_others, drop_outside, find_doubtful
from skelgait.io.video import read_video_info


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
        confidence 0, and so are points outside the picture, which an estimator can only guess. Points that are there and cannot be
        right (a body squeezed into the part of it that is seen, a leg cut off by the edge) keep their place with a confidence of
        0.2 at most, less than `skelgait.clean` takes.

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
    dropped. Unclear frames are looked at more than once, and what makes the most likely movement is kept. Networks run on all
    processors; the result does not depend on how many there are.

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
    kind = type(first).__name__
    if segment and not first.segments:
        raise SkelgaitError(f"{kind} gives no silhouettes", do='use estimator="mediapipe" with segment=True')
    first.open(segment=segment)  # a missing model is told before any frame is read
    opened = [first]

    def another() -> Any:
        copy = make_estimator(estimator, model_path=model_path)
        copy.open(segment=segment)
        opened.append(copy)
        return copy

    try:
        task = getattr(first, "model_path", None)
        idle = list(getattr(first, "nets", []))
        if idle and first.workers > 1:
            idle += another().nets
        found = find_subject(info, subject, model_path=task, nets=idle, progress=progress, keep_partial=keep_partial)
        seen, breaks_off = estimate_frames(info, found.person, opened, another, progress=progress, keep_partial=keep_partial)
        skeleton = first.skeleton if any(row.estimates for row in seen) else None
    finally:
        for copy in opened:
            copy.close()
    if skeleton is None:
        raise _no_pose(info.path, kind)
    times = np.array([row.time_s for row in seen])
    xy, confidence = _believed(seen, times, skeleton, found)
    if not np.isfinite(xy).any():
        raise _no_pose(info.path, kind)
    off = np.abs(times - np.arange(len(times)) / info.fps).max()
    steady = off < 0.02 / info.fps + 0.0011  # what is left is the rounding of the file's clock
    notes: dict[str, Any] = {
        "people": found.listed,
        "subject": found.number,
        "codec": info.codec,
        "rotation_deg": info.rotation_deg,
        "time_scale": info.time_scale,
        "picture_px": [float(edge) for edge in found.picture],  # left, top, right, bottom: bars of one colour are no picture
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
        time_s=None if steady else times,  # type: ignore[arg-type]
        size=info.size,
        source=info.path,
        steps=(f"estimate_pose({kind}, subject={subject!r})",),
        info=notes,
    )
    if not segment:
        return pose
    nothing = pack_square(None, (0, 0), np.zeros(4), MARGIN)[0]
    bits = np.array([nothing if row.bits is None else row.bits for row in seen])
    return pose, Silhouettes(bits, np.array([row.square for row in seen]), pose.time_s, info.size)


def _believed(seen: list[Seen], time_s: np.ndarray, skeleton: Skeleton, found: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, K, 2) and confidence (T, K): of all that was seen, what moves as a body does and can be in the picture."""
    regions = found.person.at(time_s)
    others = np.array([person.at(time_s, beyond_s=0.2) for person in found.others])
    chosen = choose_over_time(drop_others([row.estimates for row in seen], regions, others, skeleton), regions, time_s, skeleton)
    xy, confidence = np.full((len(seen), len(skeleton), 2), np.nan), np.zeros((len(seen), len(skeleton)))
    for k, estimate in enumerate(chosen):
        if estimate is not None:
            xy[k], confidence[k] = estimate.xy, estimate.confidence
    xy = drop_outside(xy, skeleton, found.picture)
    confidence[find_doubtful(xy, skeleton, regions, time_s, found.picture)] *= DOUBT
    return xy, np.where(np.isnan(xy).any(axis=2), 0.0, np.clip(confidence, 0, 1))


def _no_pose(path: str, kind: str) -> NoPerson:
    return NoPerson(
        f"somebody seems to be in {path}, but {kind} found no pose",
        do="check that the whole person is in view; choose another with subject=",
    )
