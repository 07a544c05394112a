"""Video in, silhouettes out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np

from skelgait.core.errors import NoPerson, SkelgaitError, VideoError
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.estimation.blazepose import MARGIN
from skelgait.estimation.crops import estimate_frames
from skelgait.estimation.estimate import estimate_pose
from skelgait.estimation.segmenters import OnnxSegmenter
from skelgait.estimation.silhouettes import SIDE, Silhouettes, pack_square
from skelgait.estimation.subject import find_subject
from skelgait.io.masks import silhouettes_from_masks
from skelgait.io.video import read_video_info

SPECK = 0.01  # a piece of a mask smaller than this share of the body is none of it
CORE = 0.2 * SIDE  # half-width of the square about the hips in which the body is looked for: a quarter of its height
EDGE = 2  # a body that comes this near to an edge of the picture, in points of the mask, is cut off by it


def extract_silhouettes(
    video: str | os.PathLike[str],
    *,
    subject: str | int | tuple[float, float, float, float] = "walking",
    segmenter: str | os.PathLike[str] | Mapping[Any, Mapping[str, Any]] = "mediapipe",
    view: str | None = None,
    whole: bool = True,
    fps: float | None = None,
    progress: bool = True,
) -> SilhouetteSequence:
    """Extract the silhouettes of one person, the subject, from a video.

    Parameters
    ----------
    video : path
        A video file.
    subject : {"walking", "largest"}, int or (x, y, width, height)
        Whom, as in `estimate_pose`.
    segmenter : {"mediapipe"}, path or {path: settings}
        What tells the person from the background: mediapipe's bundled network, offline, or an ONNX model of a local file, with its
        ``size``, ``mean``, ``std`` and ``person`` (see `skelgait.estimation.segmenters.OnnxSegmenter`; the defaults are those of
        PP-HumanSeg v2).
    view : str, optional
        What the camera saw (see `PoseSequence`), when known. `Trial` needs it to know the plane.
    whole : bool
        Leave out the frames in which an edge of the picture cuts the body off: a part of a body, stretched to the height of a
        whole one, is not its silhouette. False keeps them, as OpenGait does.
    fps : float, frames per second, optional
        Rate of filming, for slow motion saved at another rate.
    progress : bool
        Show a progress bar.

    Returns
    -------
    SilhouetteSequence
        64 x 44 as OpenGait makes them (see `silhouettes_from_masks`). ``frame`` are frames of the video, ``boxes`` the part of it
        that each picture shows, ``empty`` the frames that are left out; ``info`` tells the segmenter, everybody found, which of
        the empty ones are ``cut_off``, and ``outside_percent``.

    Raises
    ------
    VideoError
        The file is missing, empty, not a video, or breaks off.
    NoPerson
        Nobody, or not the person asked for, is in it; no frame shows the whole body.
    FileError
        The ONNX model is missing or no such model.

    Warns
    -----
    UserWarning
        An edge of the picture cuts the body off in more than half of the frames, or in any with ``whole=False``.

    Notes
    -----
    As in the paper: the subject is followed, the square about them is segmented, the masks are brought to one size. Ours: the
    tracker is the one of `estimate_pose` in place of ByteTrack (camera motion taken out, the walker chosen by travel); with
    mediapipe, frames count in which the pose, too, is seen to be the subject's; of a mask the piece about the hips counts and
    what lies above, below or in it, but specks below 1 % of it do not; frames cut off by an edge are left out. OpenGait keeps both.

    References
    ----------
    Zhou Z et al. Gait Patterns as Biomarkers: A Video-Based Approach for Classifying Scoliosis. MICCAI 2024, arXiv 2407.05726.

    Examples
    --------
    >>> import skelgait as sg
    >>> sg.extract_silhouettes("no_such_walk.mp4")
    Traceback (most recent call last):
        ...
    skelgait.core.errors.VideoError: the video no_such_walk.mp4 does not exist. What to do: check the path.
    """
    if isinstance(segmenter, str) and segmenter == "mediapipe":
        pose, masks = estimate_pose(video, subject=subject, segment=True, fps=fps, progress=progress)
        seen = np.isfinite(pose.xy).any(axis=(1, 2))
        rate, source, notes = pose.fps, pose.source, {name: pose.info[name] for name in ("people", "subject", "picture_px")}
        name = "mediapipe"
    else:
        network = make_segmenter(segmenter)
        masks, rate, source, notes = _segment(video, network, subject, fps, progress)
        seen = masks.bits.any(axis=(1, 2))
        name = network.path.name
    found = bring_to_size(masks, fps=rate, seen=seen, whole=whole, view=view, source=source, picture=notes["picture_px"])
    return found.with_(info={"segmenter": name, **notes, **found.info})


def bring_to_size(
    masks: Silhouettes,
    *,
    fps: float,
    seen: np.ndarray | None = None,
    whole: bool = True,
    view: str | None = None,
    source: str = "",
    picture: Sequence[float] | None = None,
) -> SilhouetteSequence:
    """Silhouettes as networks take them, from what `estimate_pose` gives with ``segment=True``.

    Parameters
    ----------
    masks : Silhouettes
        Of T frames.
    fps : float, frames per second
    seen : (T,) bool, optional
        Frames in which the subject is known to be there; default those with a mask.
    whole, view
        As in `extract_silhouettes`.
    source : str
        The video.
    picture : (left, top, right, bottom) pixels, optional
        The part of the video that is picture (``pose.info["picture_px"]``). Default: all of it.

    Returns
    -------
    SilhouetteSequence

    Raises
    ------
    NoPerson
        No mask has enough of a person in it, or, with ``whole``, all are cut off.
    """
    where = source or "the video"
    there = masks.bits.any(axis=(1, 2)) if seen is None else np.asarray(seen, bool)
    bodies = [keep_body(masks.crop(k)) if there[k] else np.zeros((SIDE, SIDE), bool) for k in range(len(masks))]
    edges = np.array([0, 0, *masks.size] if picture is None else picture, float)
    cut = np.array([there[k] and _is_cut_off(bodies[k], masks.squares[k], edges) for k in range(len(masks))])
    told = f"an edge of the picture cuts the body off in {int(cut.sum())} of {int(there.sum())} frames of {where}"
    if whole:
        if there.any() and not (there & ~cut).any():
            raise NoPerson(
                f"no frame of {where} shows the whole body",
                found=told,
                do="film the whole person, or pass whole=False to have parts of a body stretched to its height",
            )
        for k in np.flatnonzero(cut):
            bodies[k] = np.zeros((SIDE, SIDE), bool)
        if 2 * cut.sum() > there.sum():
            warnings.warn(f"{told}; these are left out: look at what is left", stacklevel=3)
    elif cut.any():
        warnings.warn(f"{told}; these show a part of the body, stretched to the height of a whole one", stacklevel=3)
    try:
        sized = silhouettes_from_masks(bodies, fps=fps, view=view, time_s=masks.time_s, source=source)
    except SkelgaitError as fault:
        raise NoPerson(
            f"no silhouette of the subject was found in {where}", found=fault.found, do="film the whole person"
        ) from fault
    squares = masks.squares[sized.frame]
    boxes = sized.boxes * (squares[:, 2:] / SIDE) + np.pad(squares[:, :2], ((0, 0), (0, 2)))
    return sized.with_(boxes=boxes, info={**sized.info, "cut_off": np.flatnonzero(cut).tolist()})


def keep_body(mask: np.ndarray) -> np.ndarray:
    """Of a mask of the square about the subject, what belongs to the subject.

    Parameters
    ----------
    mask : (256, 256) bool
        Hips in the middle.

    Returns
    -------
    (256, 256) bool
        The piece with most of its points near the hips (the largest where none is near), with every other piece that is not a
        speck and has its middle between the left and right end of that one.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((256, 256), bool)
    >>> mask[50:200, 110:150] = mask[60:200, 200:250] = True  # the subject, and somebody larger beside them
    >>> int(keep_body(mask).sum())
    6000
    """
    import cv2

    count, pieces, boxes, middles = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 2:
        return mask.copy()
    start, stop = round(SIDE / 2 - CORE), round(SIDE / 2 + CORE)
    near = np.bincount(pieces[start:stop, start:stop].ravel(), minlength=count)[1:]
    areas = boxes[1:, cv2.CC_STAT_AREA]
    body = int(np.argmax(near if near.any() else areas))
    left = boxes[body + 1, cv2.CC_STAT_LEFT]
    right = left + boxes[body + 1, cv2.CC_STAT_WIDTH]
    kept = (areas >= SPECK * areas[body]) & (middles[1:, 0] >= left) & (middles[1:, 0] < right)
    return np.concatenate([[False], kept])[pieces]


def make_segmenter(part: str | os.PathLike[str] | Mapping[Any, Mapping[str, Any]]) -> OnnxSegmenter:
    """A segmenter from the path of an ONNX model, or ``{path: settings}``.

    Raises
    ------
    SkelgaitError
        Not the path of an ONNX model, or an unknown setting.
    """
    settings: dict[str, Any] = {}
    if isinstance(part, Mapping):
        if len(part) != 1:
            raise SkelgaitError(
                "a segmenter is one file with its settings", found=str(dict(part)), expected="{path: {setting: value}}"
            )
        part, given = next(iter(part.items()))
        settings.update(given or {})
    if not isinstance(part, (str, os.PathLike)) or not os.fspath(part).lower().endswith(".onnx"):
        raise SkelgaitError(f"unknown segmenter {part!r}", expected='"mediapipe", or the path of an .onnx model')
    known = [name for name in signature(OnnxSegmenter).parameters if name != "path"]
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise SkelgaitError(f"an ONNX segmenter has no setting {', '.join(unknown)}", expected=", ".join(known))
    return OnnxSegmenter(part, **settings)


def _segment(
    video: str | os.PathLike[str], network: OnnxSegmenter, subject: Any, fps: float | None, progress: bool
) -> tuple[Silhouettes, float, str, dict[str, Any]]:
    """Masks of the subject of a video, its rate, its name, and who was found in it."""
    info = read_video_info(video, fps=fps)
    if info.breaks_off:
        raise VideoError(f"the video {info.path} breaks off", found=info.breaks_off, do="copy it from the camera again")
    network.open()  # a missing model is told before any frame is read
    try:
        found = find_subject(info, subject, progress=progress)
        rows, _ = estimate_frames(info, found.person, [network], lambda: network, progress=progress)
    finally:
        network.close()
    nothing = pack_square(None, (0, 0), np.zeros(4), MARGIN)[0]
    bits = np.array([nothing if row.bits is None else row.bits for row in rows])
    times = np.array([row.time_s for row in rows])
    masks = Silhouettes(bits, np.array([row.square for row in rows]), times, info.size)
    notes = {"people": found.listed, "subject": found.number, "picture_px": [float(edge) for edge in found.picture]}
    return masks, info.fps, info.path, notes


def _is_cut_off(body: np.ndarray, square: np.ndarray, edges: np.ndarray) -> bool:
    """Whether a body reaches an edge (left, top, right, bottom) of the picture."""
    step = square[2] / SIDE
    at = square[:2] + (np.arange(SIDE)[:, None] + 0.5) * step  # (256, 2): x of each column, y of each row
    near = (at < edges[:2] + EDGE * step) | (at > edges[2:] - EDGE * step)
    return bool(body[:, near[:, 0]].any() or body[near[:, 1]].any())
