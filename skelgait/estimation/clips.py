"""Video in, clips cut to the person out; kept in a folder, each made once."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.clip import ENDING, SIDE, Clip
from skelgait.core.errors import FileError, NoPerson, SkelgaitError, VideoError
from skelgait.core.pose import PoseSequence
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.trial import Trial
from skelgait.estimation.clip_square import MIDDLES, FollowingSquare
from skelgait.estimation.estimate import estimate_pose
from skelgait.io.video import VideoInfo, read_video_info
from skelgait.io.video_frames import read_parts

_VERSION = 1  # of how a clip is cut: another makes clips anew
_ABANDONED_S = 86_400  # what a run that was killed had half written is taken away after a day


def extract_clip(
    video: str | os.PathLike[str],
    *,
    pose: PoseSequence | SilhouetteSequence | None = None,
    side: int = SIDE,
    margin: float = 1.25,
    middle: str = "hips",
    channels: int = 3,
    subject: str | int | tuple[float, float, float, float] = "walking",
    view: str | None = None,
    fps: float | None = None,
    progress: bool = True,
) -> Clip:
    """Cut a video to one person: a square that moves and grows smoothly with them, brought to one size.

    Parameters
    ----------
    video : path
        A video file.
    pose : PoseSequence or SilhouetteSequence, optional
        Of that video, in its pixels: tells where the person is. Default: a pose is estimated, with mediapipe.
    side : int, pixels
        Of the square pictures.
    margin : float
        Side of the square in body heights.
    middle : {"hips", "knees"}
        What is in its middle. ``middle="knees"`` with ``margin=0.7`` shows the legs, as large as they can be, and no face.
    channels : {3, 1}
        RGB or brightness.
    subject : {"walking", "largest"}, int or (x, y, width, height)
        Whom, as in `estimate_pose`; only where no pose is given.
    view : str, optional
        What the camera saw (see `PoseSequence`), when known; default what the pose says.
    fps : float, frames per second, optional
        Rate of filming, for slow motion saved at another rate. A pose of as many frames as the video tells it.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Clip
        From where the person is first seen to where they are last seen. ``time_s`` are true times of the video, ``boxes`` whole
        pixels of it; ``info`` tells ``outside_percent``, the share of all squares that lies outside the picture and is black.

    Raises
    ------
    VideoError
        The file is missing, empty, not a video, or breaks off.
    NoPerson
        Nobody is in it, or no frame shows hips and an ankle.
    SkelgaitError
        The pose is of another video: another picture size, or longer.

    Notes
    -----
    The published networks do not say how they cut; all of this is ours. The square follows the hips, because they move evenly
    while arms and legs swing; the knees are taken to be 0.245 body heights below. The height is told by shoulders and the lower
    ankle, or by hips and ankle where the shoulders are not seen. Both are smoothed over time (straight lines through 0.35 to 1
    s), so that the square does not shake, and its sides are equal, so that nobody is stretched. Left out are gaps of more than
    0.5 s in which nobody was seen, and frames in which the left or right edge of the picture comes within a tenth of a body
    height of the hips. Bars of one colour about a picture are no picture, where the pose tells them (``info["picture_px"]``). The
    video is decoded once, a few frames in memory at a time; pictures go to a temporary file.

    References
    ----------
    Drillis R, Contini R. Body segment parameters. Technical report 1166.03, New York University 1966 (heights of joints).

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.io.video_writing import write_video
    >>> from skelgait.walker import Camera, Walker
    >>> walk = Walker().film(Camera(size=(320, 180)), fps=25, duration_s=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_video(f"{folder}/walk.mp4", walk.frames(), 25)
    ...     extract_clip(f"{folder}/walk.mp4", pose=walk.pose, side=64, progress=False).frames.shape
    (25, 64, 64, 3)
    """
    if channels not in (1, 3) or not 8 <= side <= 1024 or not 0.2 <= margin <= 10 or middle not in MIDDLES:
        raise SkelgaitError(
            "these are no settings of a clip",
            found=f"side={side}, margin={margin}, middle={middle!r}, channels={channels}",
            expected="side of 8 to 1024 pixels, margin of 0.2 to 10 body heights, middle hips or knees, channels 3 or 1",
        )
    if pose is not None and not isinstance(pose, (PoseSequence, SilhouetteSequence)):
        raise SkelgaitError(
            "pose is neither a pose nor silhouettes",
            found=type(pose).__name__,
            do="read it with sg.read_pose(path), or leave it out",
        )
    info = read_video_info(video, fps=fps)
    if info.breaks_off:
        raise VideoError(f"the video {info.path} breaks off", found=info.breaks_off, do="copy it from the camera again")
    found = estimate_pose(video, subject=subject, fps=fps, view=view, progress=progress) if pose is None else pose
    same_frames = isinstance(found, PoseSequence) and abs(found.n_frames - info.frames) <= 0.02 * info.frames + 2
    if fps is None and same_frames and abs(found.fps / info.fps - 1) > 0.02:
        info = read_video_info(video, fps=found.fps)
    path = FollowingSquare(found, info, margin, MIDDLES[middle])
    with tempfile.TemporaryFile() as file:
        times, boxes = [], []
        for picture, time_s, box in _pictures(info, path, side, channels, progress=progress):
            file.write(picture.tobytes())
            times.append(time_s)
            boxes.append(box)
        if not times:
            raise NoPerson(f"the person is in no frame of {info.path}", do="check that the pose is of this video")
        file.flush()
        frames = np.memmap(file, np.uint8, "r", shape=(len(times), side, side, channels))
    corners = np.array(boxes, float)
    edges = np.array(path.picture)
    inside = np.clip(np.minimum(corners[:, :2] + corners[:, 2:], edges[2:]) - np.maximum(corners[:, :2], edges[:2]), 0, None)
    return Clip(
        frames,
        fps=info.fps,
        time_s=np.array(times),
        boxes=corners,
        view=view or found.view,
        source=info.path,
        info={
            "margin": float(margin),
            "middle": middle,
            "outside_percent": round(100 * float(1 - (inside.prod(axis=1) / corners[:, 2:].prod(axis=1)).mean()), 1),
        },
    )


def extract_clips(
    trials: Iterable[Trial],
    folder: str | os.PathLike[str],
    *,
    side: int = SIDE,
    margin: float = 1.25,
    middle: str = "hips",
    channels: int = 3,
    n_jobs: int = 1,
    progress: bool = True,
) -> list[Trial]:
    """Clips of every video of some walks, each kept in a file and made only once.

    Parameters
    ----------
    trials : iterable of Trial
        With ``video``. A plane's pose, or else its silhouettes, tell where the person is; else a pose is estimated.
    folder : path
        Where the files are kept; made when it is not there.
    side, margin, middle, channels
        As in `extract_clip`.
    n_jobs : int
        Processes that cut, as joblib counts; -1 uses all cores. Each makes whole files; the files are the same whatever the number.
    progress : bool
        Show a bar: of the frames of each video, or with several processes of the videos.

    Returns
    -------
    list of Trial
        The same walks, with the paths of their clips in ``clips``.

    Raises
    ------
    SkelgaitError
        No walk has a video; no clip could be made; ``n_jobs`` is no number of processes.
    FileError
        The folder cannot be written to.

    Warns
    -----
    UserWarning
        Of some videos no clip can be made: their walks come back without.

    Notes
    -----
    Each process has one clip open at a time, and that as a map of a file. A file has one writer and takes its name when it is
    whole, so a run may be killed at any moment and started again: what is there is passed over. The name tells what a clip was
    made of (the video's place, size and date, the pose, the settings), so another pose or another size makes another file.

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.io.video_writing import write_video
    >>> from skelgait.walker import Camera, Walker
    >>> walk = Walker().film(Camera(size=(320, 180)), fps=25, duration_s=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_video(f"{folder}/walk.mp4", walk.frames(), 25)
    ...     trial = Trial("anna", walk.pose, video={"sagittal": f"{folder}/walk.mp4"})
    ...     len(extract_clips([trial], f"{folder}/clips", side=64, progress=False)[0].clip())
    25
    """
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, (int, np.integer)) or n_jobs == 0:
        raise SkelgaitError("n_jobs is no number of processes", found=repr(n_jobs), expected="1 or more, or -1 for all cores")
    walks, kept = list(trials), Path(folder).expanduser()
    wanted = [(n, plane) for n, walk in enumerate(walks) for plane in walk.video]
    if not wanted:
        raise SkelgaitError("none of these walks has a video", do='give video={"frontal": path}, or a column frontal_video')
    try:
        kept.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise FileError(f"folder {kept} cannot be made", found=fault.strerror or str(fault), do="choose another") from fault
    for old in kept.glob(f".*{ENDING}-*"):
        if time.time() - old.stat().st_mtime > _ABANDONED_S:
            old.unlink(missing_ok=True)
    settings: dict[str, Any] = {"side": side, "margin": margin, "channels": channels}
    settings |= {"middle": middle} if middle != "hips" else {}  # clips made before there was a choice keep their names
    targets: dict[tuple[int, str], Path] = {}
    faults: dict[tuple[int, str], str] = {}
    jobs: dict[Path, tuple[Any, ...]] = {}  # a file that several walks share is made once
    for n, plane in wanted:
        walk = walks[n]
        try:
            by, view = find_guide(walk, plane)
            name = re.sub(r"[^0-9A-Za-z-]+", "_", walk.name)[:50]
            target = kept / f"{name}_{plane}_{_key(walk.video[plane], by, settings)}{ENDING}"
        except SkelgaitError as fault:
            faults[n, plane] = str(fault)
            continue
        targets[n, plane] = target
        if not target.exists():
            jobs[target] = (walk.video[plane], target, by, view, settings)
    said = dict(zip(jobs, _cut_all(list(jobs.values()), n_jobs, progress=progress), strict=True))
    faults |= {place: fault for place, target in targets.items() if (fault := said.get(target))}
    told = [f"{walks[n].name} ({plane}): {faults[n, plane]}" for n, plane in wanted if (n, plane) in faults]
    if len(faults) == len(wanted):
        raise SkelgaitError("no clip could be made of these walks", found="; ".join(told[:5]), do="look at these videos")
    if faults:
        warnings.warn(f"no clip could be made of {len(told)} of {len(wanted)} videos: {'; '.join(told[:5])}", stacklevel=2)
    made: list[dict[str, str | Clip]] = [dict(walk.clips) for walk in walks]
    for (n, plane), target in targets.items():
        if (n, plane) not in faults:
            made[n][plane] = str(target.resolve())
    return [walk.with_(clips=clips) for walk, clips in zip(walks, made, strict=True)]


def find_guide(walk: Trial, plane: str) -> tuple[PoseSequence | SilhouetteSequence | None, str]:
    """What tells where the person is in a walk's video, its pose or else its silhouettes; and the view of the clip."""
    by = walk.pose.get(plane) or (walk.silhouette_sequence(plane) if plane in walk.silhouettes else None)
    return by, by.view if by is not None and by.view else plane


def _cut_all(jobs: list[tuple[Any, ...]], n_jobs: int, *, progress: bool) -> list[str]:
    """What is wrong with each video, in their order; nothing where its clip was written."""
    if n_jobs == 1 or len(jobs) < 2:
        return [_cut_one(*job, progress=progress) for job in jobs]
    from joblib import Parallel, delayed
    from tqdm.auto import tqdm

    done = Parallel(n_jobs=n_jobs, return_as="generator", batch_size=1)(delayed(_cut_one)(*job) for job in jobs)
    return list(tqdm(done, "cutting clips", total=len(jobs), unit="video", disable=not progress or None))


def _cut_one(
    video: str,
    target: Path,
    by: PoseSequence | SilhouetteSequence | None,
    view: str,
    settings: dict[str, Any],
    *,
    progress: bool = False,
) -> str:
    """Cut one video and write its clip; or say what is wrong with it."""
    try:
        clip = extract_clip(video, pose=by, view=view, progress=progress, **settings)
    except SkelgaitError as fault:
        return str(fault)
    clip.save(target)  # a full disk ends the run: the next clip would fail as well
    return ""


def _pictures(
    info: VideoInfo, path: FollowingSquare, side: int, channels: int, *, progress: bool
) -> Iterator[tuple[np.ndarray, float, tuple[int, int, int, int]]]:
    """Picture (side, side, channels), time and box of every frame that shows the person."""
    import cv2
    from tqdm.auto import tqdm

    def part_at(time_s: float) -> tuple[int, int, int, int] | None:
        square = path.square_at(time_s)
        if square is None:
            return None
        left, top, wide = square
        edges = path.picture
        part = max(left, edges[0]), max(top, edges[1]), min(left + wide, edges[2]), min(top + wide, edges[3])
        return part if part[2] > part[0] and part[3] > part[1] else None

    bar = tqdm(total=info.frames, desc=os.path.basename(info.path), unit="frame", disable=not progress or None)
    with bar, closing(read_parts(info, part_at)) as parts:
        for image, time_s in parts:
            bar.update(1)
            square = path.square_at(time_s)
            if image is None or square is None:
                continue
            left, top, wide = square
            if image.shape[:2] != (wide, wide):
                whole = np.zeros((wide, wide, 3), np.uint8)
                y, x = max(path.picture[1] - top, 0), max(path.picture[0] - left, 0)
                whole[y : y + image.shape[0], x : x + image.shape[1]] = image
                image = whole
            picture = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if wide > side else cv2.INTER_LINEAR)
            if channels == 1:
                picture = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            yield picture, time_s, (left, top, wide, wide)


def _key(video: str, by: PoseSequence | SilhouetteSequence | None, settings: dict[str, Any]) -> str:
    """Twelve letters that tell what a clip is made of."""
    path = os.path.realpath(video)
    try:
        state = os.stat(path)
    except OSError as fault:
        raise VideoError(f"the video {video} does not exist", found=fault.strerror or "", do="check the path") from fault
    told = hashlib.sha256(json.dumps([_VERSION, path, state.st_size, state.st_mtime_ns, settings], sort_keys=True).encode())
    if by is not None:
        places = (by.xy, by.confidence) if isinstance(by, PoseSequence) else (by.boxes,)
        for array in (by.time_s, *places):
            told.update(np.ascontiguousarray(array).tobytes())
        told.update(repr((by.view, by.info.get("picture_px"))).encode())
    return told.hexdigest()[:12]
