"""Read and write poses, whatever the format."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from skelgait.core.errors import FileError, PoseError
from skelgait.core.pose import VIEWS, PoseSequence
from skelgait.io.atomic import check_writable
from skelgait.io.formats import find_writer, read_source
from skelgait.io.people import People, check_only_person, choose_person
from skelgait.io.source import open_source

# A still and a jump are no movement.
FEWEST_FRAMES = 3
# A body smaller than this many pixels is not in pixels.
SMALLEST_PX = 4.0


def read_pose(
    path: str | Path,
    fps: float | None = None,
    view: str | None = None,
    person: str | int | None = None,
    *,
    size: tuple[int, int] | None = None,
) -> PoseSequence:
    """Read the keypoints of one person from a file or folder of any common tool.

    Parameters
    ----------
    path : str or Path
        The format is recognised by the content (`skelgait formats` lists them). Of a file that holds several recordings one is
        named after a ``#``: ``"annotations.pkl#walk07"``, ``"cameras.npz#kp_side"``, ``"session.c3d#Anna"``.
    fps : float, frames per second, optional
        Needed where the file does not say it; wins over the file, with a warning (the file's rate is kept in
        ``info["file_fps"]``). Where files
        are numbered by every n-th frame of a video, it is the rate of the video.
    view : str, optional
        One of ``sagittal``, ``sagittal_left``, ``sagittal_right``, ``frontal``, ``frontal_towards``, ``frontal_away``,
        ``oblique``; wins over the file. For C3D and 3D TRC it is the plane to project onto: by default sagittal, travelling to
        image right.
    person : {"walking", "largest", "longest"}, int or str, optional
        Whom to take where several people were seen: by default the one who walks. An index counts people as they appear; a name
        is a track of the file.
    size : (width, height) pixels, optional
        The image; needed where coordinates are shares of it (MediaPipe) and the file does not say it.

    Returns
    -------
    PoseSequence
        Raw: nothing is filled or filtered. Frames in which the person was not seen are NaN.

    Raises
    ------
    FileError
        Missing, empty, truncated, of no known format, or not what its format demands.
    NoPerson
        Nobody, or not the person asked for.
    PoseError
        No frame rate, no image size for relative coordinates, fewer than three frames, an unknown view.
    NotInstalled
        C3D without ezc3d, HDF5 without h5py.

    Notes
    -----
    Missing is NaN: (0, 0) with confidence 0 is a missing point, never a place. Scores beyond 0..1 are brought into it, noted in
    ``info["confidence"]``. A skipped frame number is a frame without anybody. 3D files are projected at right angles, one pixel a
    millimetre, with ``info["metres_per_px"]``.

    Examples
    --------
    >>> import tempfile, numpy as np, skelgait.io.poses as poses
    >>> from skelgait.core.skeleton import COCO17
    >>> walk = PoseSequence(np.random.default_rng(0).normal(100, 30, (20, 17, 2)), fps=60, skeleton=COCO17, view="sagittal_left")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     poses.write_pose(walk, f"{folder}/walk.csv")
    ...     back = poses.read_pose(f"{folder}/walk.csv")
    >>> back.fps, back.view, bool((back.xy == walk.xy).all())
    (60.0, 'sagittal_left', True)
    """
    _check_arguments(fps, view)
    source = open_source(path)
    found = read_source(source, view=view)
    if isinstance(found, PoseSequence):
        check_only_person(person, source.name)
        pose = _overrule(found, source.name, fps=fps, view=view, size=size)
    else:
        pose = _from_people(found, source.name, fps=fps, view=view, person=person, size=size)
    if pose.n_frames < FEWEST_FRAMES:
        raise PoseError(
            f"{source.name} is too short to show a movement", found=f"{pose.n_frames} frames", expected=f"{FEWEST_FRAMES} or more"
        )
    return pose


def _check_arguments(fps: float | None, view: str | None) -> None:
    if fps is not None and (isinstance(fps, bool) or not isinstance(fps, (int, float, np.number))):
        raise PoseError("fps is not a number", found=repr(fps), expected="frames per second, for example fps=60")
    if fps is not None and not (np.isfinite(fps) and fps > 0):
        raise PoseError(
            f"fps={fps} is no frame rate", expected="frames per second, for example fps=60", do="leave it out, or correct it"
        )
    if view is not None and view not in VIEWS:
        raise PoseError(f"view={view!r} is no view", expected=", ".join(VIEWS), do="leave it out: it is recognised")


def _differs(ours: float | None, theirs: float | None) -> bool:
    return ours is not None and theirs is not None and abs(ours - theirs) > 1e-3 * theirs


def _tell_overruled(where: str, theirs: float | None, ours: float | None) -> None:
    warnings.warn(f"{where} says {theirs:g} frames/s, you said {ours:g}: {ours:g} is used", UserWarning, stacklevel=4)


def _overrule(pose: PoseSequence, where: str, *, fps: float | None, view: str | None, size: tuple[int, int] | None) -> PoseSequence:
    """A pose of our own formats with what the caller knows better."""
    info = dict(pose.info)
    if _differs(fps, pose.fps):
        info["file_fps"] = pose.fps
        _tell_overruled(where, pose.fps, fps)
        pose = pose.with_(fps=fps, time_s=None)
    if view is not None and view != pose.view:
        if pose.view is not None:
            info["file_view"] = pose.view
        pose = pose.with_(view=view)
    return pose.with_(info=info, size=size or pose.size)


def _from_people(
    people: People,
    where: str,
    *,
    fps: float | None,
    view: str | None,
    person: str | int | None,
    size: tuple[int, int] | None,
) -> PoseSequence:
    """One person's pose, with the rate, view and size the caller or the file states."""
    rate = fps if fps is not None else people.fps
    if rate is None:
        raise PoseError(f"{where} does not say its frame rate", found=f"{people.n_frames} frames", do="give it, for example fps=60")
    xy, confidence, chosen = choose_person(people.with_(fps=rate), person, where)
    size = size or people.size
    info = {**people.info, **chosen}
    if _differs(fps, people.fps):
        info["file_fps"] = people.fps
        _tell_overruled(where, people.fps, fps)
    if view is not None and people.view is not None and view != people.view and "projection" not in info:
        info["file_view"] = people.view
    return PoseSequence(
        _in_pixels(xy, size, where),
        confidence,
        fps=rate / people.info.get("frame_step", 1),
        skeleton=people.skeleton,
        view=people.view if "projection" in info else view or people.view,
        time_s=None if _differs(fps, people.fps) else people.time_s,
        size=size,
        source=where,
        info=info,
    )


def _in_pixels(xy: np.ndarray, size: tuple[int, int] | None, where: str) -> np.ndarray:
    """Coordinates in pixels; shares of the image are multiplied by its size."""
    seen = xy[~np.isnan(xy).any(axis=2)]
    if np.percentile(np.abs(seen), 99) > SMALLEST_PX:
        return xy
    if np.percentile(seen, 5) < -0.5 and np.percentile(seen, 95) <= 1.5:
        raise PoseError(f"the coordinates of {where} are not pixels", found="numbers from -1 to 1", do="export them in pixels")
    if size is None:
        raise PoseError(
            f"the coordinates of {where} are shares of the image, not pixels",
            found=f"numbers from {seen.min():.2f} to {seen.max():.2f}",
            do="give the image's size, for example size=(1920, 1080), or add columns width and height",
        )
    return xy * np.asarray(size, float)


def write_pose(pose: PoseSequence, path: str | Path) -> None:
    """Write a pose in the format of the path's ending.

    Parameters
    ----------
    pose : PoseSequence
    path : str or Path
        ``.npz`` (keeps everything), ``.csv`` or ``.parquet`` (tidy; keep everything), ``.trc`` (planar), or no ending: an OpenPose
        folder.

    Raises
    ------
    FileError
        An ending that is not written, a folder that does not exist, an OpenPose folder that is not empty.

    Notes
    -----
    A file is written beside its place and then renamed: nobody ever finds half of it.

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.walker import Walker
    >>> pose = Walker().film(fps=60, duration_s=1).pose
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_pose(pose, Path(folder) / "walk.npz")
    ...     read_pose(Path(folder) / "walk.npz").n_frames
    60
    """
    if not isinstance(pose, PoseSequence):
        raise FileError(f"only a pose can be written to {Path(path).name}", found=type(pose).__name__, expected="PoseSequence")
    path = Path(path).expanduser()
    find_writer(path).load().write(pose, path)


def check_pose_path(path: str | Path) -> None:
    """Make sure that a pose can be written to a path, before the video it comes from is read.

    Parameters
    ----------
    path : str or Path
        As for `write_pose`.

    Raises
    ------
    FileError
        As `write_pose`.
    """
    path = Path(path).expanduser()
    check_writable(path, folder=find_writer(path).extensions[0] == "folder")
