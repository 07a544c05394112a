"""Some frames of a walk as small JPEG pictures, faces blurred."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import Trial
from skelgait.io.video import read_video_info
from skelgait.report.faces import hide_faces
from skelgait.report.footage import frames_at, match_clock

ROOM = 0.25  # about the child, in body heights
QUALITY = 85


def has_film(trial: Trial) -> list[str]:
    """Planes of which there is a video or a clip."""
    return [plane for plane in ("sagittal", "frontal") if plane in trial.video or plane in trial.clips]


def take_pictures(
    trial: Trial, plane: str, *, frames: int, step_s: float | None, side: int, blur_faces: bool
) -> list[tuple[float, bytes]]:
    """Frames of a walk, each with its time since the first.

    Parameters
    ----------
    trial : Trial
    plane : {"sagittal", "frontal"}
    frames : int
        How many.
    step_s : float, seconds, optional
        Between frames, round the middle of the walk. Default: spread over all of it.
    side : int, pixels
        Longer side of a picture.
    blur_faces : bool
        Blur everything but the walker's body below the neck, see `skelgait.report.faces`; it takes the pose.

    Returns
    -------
    list of (seconds, JPEG)

    Raises
    ------
    SkelgaitError
        Faces cannot be blurred because no pose tells where they are; the film cannot be read.
    """
    pose = trial.pose.get(plane)
    if blur_faces and pose is None:
        raise SkelgaitError(
            f"faces in trial {trial.name!r} cannot be blurred", found="no pose that tells where they are",
            do="estimate one with sg.estimate_pose(video); blur_faces=False sends faces",
        )  # fmt: skip
    images, times = _from_video(trial, plane, pose, frames, step_s, blur_faces) if plane in trial.video else _from_clip(
        trial, plane, pose, frames, step_s, blur_faces
    )  # fmt: skip
    if not images:
        raise SkelgaitError(f"the film of trial {trial.name!r} has no picture when somebody walks")
    return [(float(t - times[0]), _as_jpeg(image, side)) for image, t in zip(images, times, strict=True)]


def _moments(first: float, last: float, frames: int, step_s: float | None) -> np.ndarray:
    """Times of the frames between two."""
    if step_s is None:
        return first + (np.arange(frames) + 0.5) / frames * (last - first)
    times = 0.5 * (first + last) + (np.arange(frames) - 0.5 * (frames - 1)) * step_s
    return times[(times >= first) & (times <= last)]


def _seen(pose: PoseSequence) -> tuple[float, float]:
    """When somebody is seen, first and last."""
    at = np.flatnonzero(np.isfinite(pose.xy).any(axis=(1, 2)))
    if not len(at):
        raise SkelgaitError("nobody is seen in the pose")
    return float(pose.time_s[at[0]]), float(pose.time_s[at[-1]])


def _frame_of(pose: PoseSequence, time_s: float) -> int | None:
    """The frame of the pose nearest a moment, if there is one within a frame and a half and somebody is in it."""
    k = int(np.abs(pose.time_s - time_s).argmin())
    near = abs(pose.time_s[k] - time_s) < 1.5 / pose.fps
    return k if near and np.isfinite(pose.xy[k]).any() else None


def _from_video(
    trial: Trial, plane: str, pose: PoseSequence | None, frames: int, step_s: float | None, blur_faces: bool
) -> tuple[list[np.ndarray], list[float]]:
    info = read_video_info(trial.video[plane]) if pose is None else match_clock(trial.video[plane], pose)
    first, last = (0.0, info.duration_s) if pose is None else _seen(pose)
    times = _moments(first, last, frames, step_s)
    kept = [(image, float(t)) for image, t in zip(frames_at(info, times), times, strict=True) if image is not None]
    if pose is None:
        return [image for image, _ in kept], [t for _, t in kept]
    where = [_frame_of(pose, t) for _, t in kept]
    parts = _parts(pose, where, info.size)
    images = [hide_faces(image, pose, k) if blur_faces else image for (image, _), k in zip(kept, where, strict=True)]
    cut = [image[top:bottom, left:right] for image, (left, top, right, bottom) in zip(images, parts, strict=True)]
    return cut, [t for _, t in kept]


def _parts(pose: PoseSequence, where: list[int | None], size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Part of each picture about the child, as large in all of them: left, top, right, bottom."""
    known = [n for n, k in enumerate(where) if k is not None]
    if not known:
        return [(0, 0, *size)] * len(where)
    points = pose.xy[[k for k in where if k is not None]] * (np.array(size) / np.array(pose.size or size))
    low, high = np.nanmin(points, axis=1), np.nanmax(points, axis=1)
    span = np.minimum(np.ceil((high - low).max(axis=0) + 2 * ROOM * (high - low)[:, 1].max()), size)
    middle = np.stack([np.interp(np.arange(len(where)), known, 0.5 * (low + high)[:, axis]) for axis in (0, 1)], axis=1)
    first = np.clip(np.round(middle - 0.5 * span), 0, size - span).astype(int)
    return [(left, top, left + int(span[0]), top + int(span[1])) for left, top in first.tolist()]


def _from_clip(
    trial: Trial, plane: str, pose: PoseSequence | None, frames: int, step_s: float | None, blur_faces: bool
) -> tuple[list[np.ndarray], list[float]]:
    clip = trial.clip(plane)
    times = _moments(float(clip.time_s[0]), float(clip.time_s[-1]), frames, step_s)
    index = np.unique(np.abs(clip.time_s[:, None] - times).argmin(axis=0)) if len(times) else np.empty(0, int)
    pictures = clip.frames_at(index)
    images = [np.repeat(p, 3, axis=2) if clip.channels == 1 else p for p in pictures]
    moments = clip.time_s[index].tolist()
    if blur_faces:
        assert pose is not None
        boxes = clip.boxes[index]
        if len(boxes) and not np.isfinite(boxes).all():
            raise SkelgaitError(
                f"faces in trial {trial.name!r} cannot be blurred",
                found="a clip that does not say which part of the film it shows",
                do="make it with sg.extract_clip(video), or give the video",
            )
        images = [_blur_in_clip(image, pose, _frame_of(pose, t), box) for image, t, box in zip(images, moments, boxes, strict=True)]
    return images, moments


def _blur_in_clip(image: np.ndarray, pose: PoseSequence, frame: int | None, box: np.ndarray) -> np.ndarray:
    """`hide_faces` in a picture that shows a box of the film."""
    height, width = image.shape[:2]
    at = [0 if frame is None else frame]
    xy = (pose.xy[at] - box[:2]) * np.array([width, height]) / box[2:]
    there = PoseSequence(xy, pose.confidence[at], fps=pose.fps, skeleton=pose.skeleton, size=(width, height))
    return hide_faces(image, there, None if frame is None else 0)


def _as_jpeg(image: np.ndarray, side: int) -> bytes:
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(image))
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
