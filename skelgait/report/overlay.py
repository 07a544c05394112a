"""The walk as a video with the skeleton on it: sides coloured, contacts flashing, knee angles and time below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import NotInstalled, SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.report.canvas import Canvas, fit_canvas
from skelgait.report.faces import hide_faces
from skelgait.report.pictures import visible_bones
from skelgait.report.strip import Strip
from skelgait.report.style import FILLED, SIDE_COLOURS, colour_of
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    import pandas as pd

FLASH_S = 0.14  # how long a contact or foot-off is ringed
FASTEST_FPS = 60.0


def overlay_frames(
    pose: PoseSequence,
    events: GaitEvents | None = None,
    angles: Mapping[str, np.ndarray] | pd.DataFrame | None = None,
    *,
    images: Iterable[tuple[np.ndarray | None, float]] | None = None,
    canvas: Canvas | None = None,
    faces: bool = False,
    texts: Texts = ENGLISH,
) -> Iterator[np.ndarray]:
    """Draw the overlay picture by picture; nothing is kept.

    Parameters
    ----------
    pose : PoseSequence
        The cleaned pose.
    events : GaitEvents, optional
        Contacts and foot-offs to flash and to show in the strip.
    angles : mapping of name to (T,) degrees, or DataFrame, optional
        Printed below: knee flexion in a side view, varus/valgus in a front view.
    images : iterable of ((H, W, 3) uint8 RGB or None, time_s), optional
        The recording on the pose's clock, as `read_frames` gives it; None is a plain background. Default: a plain background at
        every frame of the pose.
    canvas : Canvas, optional
        Where to draw; default `fit_canvas`.
    faces : bool
        Show the recording as it is. By default only the walker's body stays sharp; see `hide_faces`.
    texts : Texts
        The words of the strip.

    Yields
    ------
    (height + strip, width, 3) uint8 RGB

    Raises
    ------
    NotInstalled
        OpenCV is missing.

    Notes
    -----
    A picture further than three quarters of a frame from any pose frame shows no skeleton.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=30, duration_s=1)
    >>> next(overlay_frames(walk.pose, walk.truth.events)).dtype
    dtype('uint8')
    """
    cv2 = _opencv()
    canvas = canvas or fit_canvas(pose)
    strip = Strip(pose, events, angles, canvas.width, texts)
    bones = visible_bones(pose)
    flashes = _flashes(pose, events)
    for image, time_s in ((None, float(t)) for t in pose.time_s) if images is None else images:
        picture = np.full((canvas.height, canvas.width, 3), 255 if image is None else 238, np.uint8)
        frame = int(np.abs(pose.time_s - time_s).argmin())
        seen = abs(pose.time_s[frame] - time_s) <= 0.75 / pose.fps
        if image is not None:
            image = image if faces else hide_faces(image, pose, frame if seen else None)
            fits = image.shape[1::-1] == canvas.image
            smooth = cv2.INTER_AREA if image.shape[1] > canvas.image[0] else cv2.INTER_CUBIC
            shown = image if fits else cv2.resize(image, canvas.image, interpolation=smooth)
            picture[: canvas.image[1], canvas.left : canvas.left + canvas.image[0]] = shown
        if seen:
            xy = canvas.place(pose.xy[frame])
            _draw_skeleton(cv2, picture, pose, frame, xy, bones, on_video=image is not None)
            for side, kind, at, point in flashes:
                if 0 <= time_s - at < FLASH_S and np.isfinite(xy[point]).all():
                    _draw_flash(cv2, picture, xy[point], side, kind, 1 - (time_s - at) / FLASH_S)
        yield np.concatenate([picture, strip.draw(time_s, frame if seen else None)])


def write_overlay(
    pose: PoseSequence,
    to: str | Path,
    *,
    events: GaitEvents | None = None,
    angles: Mapping[str, np.ndarray] | pd.DataFrame | None = None,
    video: str | Path | None = None,
    speed: float = 1.0,
    faces: bool = False,
    texts: Texts = ENGLISH,
    progress: bool = False,
) -> Path:
    """Write the overlay video (H.264), frame by frame, on the recording or on a plain background.

    Parameters
    ----------
    pose : PoseSequence
        The cleaned pose.
    to : path
        The ``.mp4`` to write.
    events : GaitEvents, optional
        Contacts and foot-offs.
    angles : mapping of name to (T,) degrees, or DataFrame, optional
        As `joint_angles` gives them.
    video : path, optional
        The recording the pose was estimated from.
    speed : float
        1 plays in real time, 0.5 at half speed.
    faces : bool
        Show the recording as it is. By default only the walker's body stays sharp; see `hide_faces`.
    texts : Texts
        The words of the strip.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    NotInstalled
        OpenCV or PyAV is missing.
    VideoError
        The recording cannot be read.
    SkelgaitError
        ``speed`` is not positive, or the pose has no point at all.

    Notes
    -----
    Played at no more than 60 pictures a second: of a 240 fps recording every fourth frame is shown at real time. A recording
    with a varying frame rate is evened out by showing its last frame again.

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=30, duration_s=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_overlay(walk.pose, folder + "/overlay.mp4", events=walk.truth.events).stat().st_size > 1000
    True
    """
    from skelgait.io.video_writing import write_video
    from skelgait.report.footage import frames_of, match_clock

    if not speed > 0:
        raise SkelgaitError("the overlay cannot play at this speed", found=f"speed={speed}", expected="more than 0; 1 is real time")
    rate = min(pose.fps * speed, FASTEST_FPS)
    if video is None:
        canvas = fit_canvas(pose)
        source: Iterable[tuple[np.ndarray | None, float]] = ((None, float(t)) for t in pose.time_s)
        length_s = pose.duration_s
    else:
        info = match_clock(video, pose)
        canvas = fit_canvas(pose, size=info.size)
        source = frames_of(info, short_side=min(canvas.image))
        length_s = info.duration_s
    pictures = overlay_frames(pose, events, angles, images=_paced(source, speed / rate), canvas=canvas, faces=faces, texts=texts)
    if progress:
        from tqdm.auto import tqdm

        words, total = f"drawing {Path(to).name}", round(length_s * rate / speed)
        pictures = tqdm(pictures, words, total=total, unit="frame", leave=False, disable=None)
    write_video(to, pictures, rate, crf=22)
    return Path(to)


def _paced(source: Iterable[tuple[np.ndarray | None, float]], step_s: float) -> Iterator[tuple[np.ndarray | None, float]]:
    """One picture every ``step_s`` of movement: the latest there is by then."""
    last: tuple[np.ndarray | None, float] | None = None
    due = 0.0
    for image, time_s in source:
        if last is None:
            due = time_s
        while last is not None and due + 0.25 * step_s < time_s:
            yield last
            due += step_s
        last = image, time_s
    if last is not None and due < last[1] + 0.25 * step_s:
        yield last


def _draw_skeleton(
    cv2: Any, picture: np.ndarray, pose: PoseSequence, frame: int, xy: np.ndarray, bones: list, *, on_video: bool
) -> None:
    at = np.where(np.isfinite(xy), np.clip(xy, -1e4, 1e4) * 16, 0).astype(int)
    known = np.isfinite(xy).all(axis=1)
    thick = max(2, round(picture.shape[0] / 240))
    for a, b, colour in bones:
        if known[a] and known[b]:
            if on_video:
                cv2.line(picture, at[a].tolist(), at[b].tolist(), (255, 255, 255), thick + 3, cv2.LINE_AA, 4)
            cv2.line(picture, at[a].tolist(), at[b].tolist(), _rgb(colour), thick, cv2.LINE_AA, 4)
    for k in sorted({k for bone in bones for k in bone[:2]}):
        if known[k]:
            colour = FILLED if pose.filled[frame, k] else colour_of(pose.skeleton.names[k])
            cv2.circle(picture, at[k].tolist(), (thick + 2) * 16, (255, 255, 255), -1, cv2.LINE_AA, 4)
            cv2.circle(picture, at[k].tolist(), (thick + 1) * 16, _rgb(colour), -1, cv2.LINE_AA, 4)


def _flashes(pose: PoseSequence, events: GaitEvents | None) -> list[tuple[str, str, float, int]]:
    """(side, event, time, keypoint to ring) of every event: the heel lands, the toe leaves, else the ankle."""
    if events is None:
        return []
    points = {}
    for side in SIDES:
        for event, name in (("initial_contact", "heel"), ("foot_off", "toe")):
            at = pose.skeleton.sources(f"{side}_{name}") or pose.skeleton.sources(f"{side}_ankle")
            points[side, event] = at[0]
    return [
        (str(s), str(e), float(t), points[str(s), str(e)]) for s, e, t in zip(events.side, events.event, events.time_s, strict=True)
    ]


def _draw_flash(cv2: Any, picture: np.ndarray, at: np.ndarray, side: str, kind: str, strength: float) -> None:
    radius = picture.shape[0] / 34 * (1.6 - 0.6 * strength)
    centre = (np.clip(at, -1e4, 1e4) * 16).astype(int).tolist()
    thick = 4 if kind == "initial_contact" else 2
    cv2.circle(picture, centre, int(radius * 16), (255, 255, 255), thick + 3, cv2.LINE_AA, 4)
    cv2.circle(picture, centre, int(radius * 16), _rgb(SIDE_COLOURS[side]), thick, cv2.LINE_AA, 4)


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))  # type: ignore[return-value]


def _opencv() -> Any:
    try:
        import cv2
    except ImportError as error:
        raise NotInstalled("drawing on video needs OpenCV", do='pip install "skelgait[video]"') from error
    return cv2
