"""A pose and silhouettes brought into the pictures of a clip: its times, its pixels."""

from __future__ import annotations

import numpy as np

from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.silhouettes import HEIGHT, WIDTH, SilhouetteSequence

NEAR = 0.75  # frames of the pose: further from a picture in time it says nothing of it
INSIDE = 0.1  # share of the points that lie in the pictures, at least, of a pose that is of this clip


def pose_in_clip(pose: PoseSequence, clip: Clip) -> np.ndarray:
    """A pose in the pixels of a clip, at its pictures.

    Parameters
    ----------
    pose : PoseSequence
        Of the video the clip was cut from: its pixels, its seconds.
    clip : Clip
        With ``boxes``.

    Returns
    -------
    (T, K, 3) float32
        x and y in pixels of the clip's pictures, 0 being the middle of the first, and confidence. NaN, and confidence 0, where a
        keypoint is missing, where nobody knows which part of the video a picture shows, and where no frame of the pose is within
        0.75 of its frames of the picture's time.

    Raises
    ------
    SkelgaitError
        The clip does not tell which part of the video it shows; pose and clip have no time in common; hardly any point lies in
        the pictures: it is of another video, or of this one at another size.

    Notes
    -----
    The frame nearest in time is taken as it is: a knee estimated between two frames was seen in neither.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = PoseSequence(np.full((10, 17, 2), 100.0), fps=50, skeleton=COCO17)
    >>> clip = Clip(np.zeros((5, 64, 64, 3), np.uint8), fps=25, boxes=[[37, 5, 128, 128]] * 5)
    >>> pose_in_clip(pose, clip)[0, 0].tolist()
    [31.25, 47.25, 1.0]
    """
    left, top, scale = _placed(clip)
    at, near = _nearest(pose.time_s, 1 / pose.fps, clip.time_s, "pose")
    corner = np.stack([left, top], 1)[:, None]
    xy = (pose.xy[at] + 0.5 - corner) * scale[:, None] - 0.5
    xy[~near] = np.nan
    size = np.array(clip.frames.shape[2:0:-1])
    seen = np.isfinite(xy[..., 0])
    inside = ((xy > -0.5) & (xy < size - 0.5)).all(-1)
    if seen.any() and inside.sum() < INSIDE * seen.sum():
        raise SkelgaitError(
            "the pose is not of this clip",
            found=f"{100 * inside.sum() / seen.sum():.0f} % of its points lie in the pictures",
            expected="most of them",
            do="give the pose of the video that the clip was cut from, in the pixels of that video",
        )
    sure = np.where(seen, pose.confidence[at], 0.0)
    return np.concatenate([xy, sure[..., None]], axis=-1).astype(np.float32)


def figure_in_clip(silhouettes: SilhouetteSequence, clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Silhouettes at the pictures of a clip, and where each lies in them.

    Parameters
    ----------
    silhouettes : SilhouetteSequence
        Of the video the clip was cut from, with ``boxes`` in its pixels and times in its seconds.
    clip : Clip
        With ``boxes``.

    Returns
    -------
    figure : (T, 64, 44) uint8
        The silhouette nearest in time; 0 where there is none.
    box : (T, 4) float32
        Left, top, width and height in pixels of the clip's pictures, from edge to edge: 0 is the left edge of the first pixel. NaN
        where no silhouette is within 0.75 of its frames of the picture's time, and where a box is not known.

    Raises
    ------
    SkelgaitError
        The clip, or the silhouettes, do not tell which part of the video they show, or when; they have no time in common.

    Examples
    --------
    >>> walk = SilhouetteSequence(np.full((10, 64, 44), 255, np.uint8), fps=25, boxes=[[60, 20, 88, 128]] * 10)
    >>> clip = Clip(np.zeros((12, 64, 64, 3), np.uint8), fps=25, boxes=[[24, 4, 160, 160]] * 12)
    >>> figure, box = figure_in_clip(walk, clip)
    >>> figure.shape, box[0].round().tolist(), int(np.isnan(box[:, 0]).sum())
    ((12, 64, 44), [14.0, 6.0, 35.0, 51.0], 2)
    """
    left, top, scale = _placed(clip)
    known = np.isfinite(silhouettes.boxes).all(axis=1) & np.isfinite(silhouettes.time_s)
    if not known.any():
        raise SkelgaitError(
            "these silhouettes do not tell where and when they are in the video",
            found="no boxes" if np.isfinite(silhouettes.time_s).any() else "no times",
            do="make them from the video with sg.extract_silhouettes(video)",
        )
    rows = np.flatnonzero(known)
    times = silhouettes.time_s[rows]
    frame_s = 1 / silhouettes.fps
    if np.isnan(frame_s):
        frame_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    at, near = _nearest(times, frame_s, clip.time_s, "silhouettes")
    at = rows[at]
    corner = np.stack([left, top], 1)
    boxes = silhouettes.boxes[at]
    box = np.concatenate([(boxes[:, :2] - corner) * scale, boxes[:, 2:] * scale], axis=1)
    box[~near] = np.nan
    figure = np.zeros((len(clip), HEIGHT, WIDTH), np.uint8)
    shown = np.isfinite(box).all(axis=1)
    figure[shown] = silhouettes.frames_at(at[shown])
    return figure, np.where(shown[:, None], box, np.nan).astype(np.float32)


def _placed(clip: Clip) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left and top (T,) of what each picture shows, and (T, 2) pixels of it in one of the video, in x and y."""
    if not np.isfinite(clip.boxes).all(axis=1).any():
        raise SkelgaitError(
            f"the clip{f' of {clip.source}' if clip.source else ''} does not tell which part of the video its pictures show",
            do="cut it with sg.extract_clip(video), or give boxes=",
        )
    left, top, width, height = clip.boxes.T
    with np.errstate(divide="ignore"):
        scale = np.array(clip.frames.shape[2:0:-1]) / np.stack([width, height], 1)
    return left, top, np.where(scale > 0, scale, np.nan)


def _nearest(times: np.ndarray, frame_s: float, wanted: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Which of some times is nearest to each that is wanted, and whether it is near enough."""
    at = np.searchsorted((times[1:] + times[:-1]) / 2, wanted - 1e-9)
    near = np.abs(times[at] - wanted) <= NEAR * frame_s + 1e-9
    if not near.any():
        raise SkelgaitError(
            f"{what} and clip have no time in common",
            found=f"{times[0]:.2f} to {times[-1]:.2f} s, and {wanted[0]:.2f} to {wanted[-1]:.2f} s",
            do=f"give {what} of the same video; both count seconds from its start",
        )
    return at, near
