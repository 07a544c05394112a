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
from skelgait.estimation.crops import Seen, estimate_frames
from skelgait.estimation.estimators import make_estimator
from skelgait.estimation.silhouettes import Silhouettes
from skelgait.estimation.subject import find_subject
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
        found = find_subject(info, subject, model_path=task, progress=progress, keep_partial=keep_partial)
        seen, breaks_off = estimate_frames(info, found.person, first, another, progress=progress, keep_partial=keep_partial)
        skeleton = first.skeleton if any(row.xy is not None for row in seen) else None
    finally:
        for copy in opened:
            copy.close()
    if skeleton is None or not any(row.xy is not None and np.isfinite(row.xy).any() for row in seen):
        raise NoPerson(
            f"somebody seems to be in {info.path}, but {kind} found no pose",
            do="check that the whole person is in view; choose another with subject=",
        )
    xy, confidence = _arrays(seen, skeleton, found.picture)
    times = np.array([row.time_s for row in seen])
    off = np.abs(times - np.arange(len(times)) / info.fps).max()
    steady = off < 0.02 / info.fps + 0.0011  # what is left is the rounding of the file's clock
    notes: dict[str, Any] = {
        "people": found.listed,
        "subject": found.number,
        "codec": info.codec,
        "rotation_deg": info.rotation_deg,
        "time_scale": info.time_scale,
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
    bits, squares = (np.array([getattr(row, name) for row in seen]) for name in ("bits", "square"))
    return pose, Silhouettes(bits, squares, pose.time_s, info.size)


def _arrays(seen: list[Seen], skeleton: Skeleton, picture: tuple[float, float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, K, 2) and confidence (T, K) in pixels of the video; NaN outside the picture."""
    xy = np.full((len(seen), len(skeleton), 2), np.nan)
    confidence = np.zeros((len(seen), len(skeleton)))
    for k, row in enumerate(seen):
        if row.xy is not None:
            xy[k], confidence[k] = row.xy, row.confidence
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
