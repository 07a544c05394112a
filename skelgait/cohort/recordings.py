"""Recordings as trials: videos estimated, keypoint files read, each filed under the plane it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import PLANES, Trial
from skelgait.io.foreign import is_video
from skelgait.io.paths import find_paths
from skelgait.io.poses import read_pose
from skelgait.io.trial_columns import read_person
from skelgait.io.trial_table import TrialRow
from skelgait.signals.clean import clean
from skelgait.signals.view import recognise_view

# Ways to choose a person that only keypoint files, or only videos, know.
_OF_FILES, _ANYWHERE = ("longest",), ("walking", "largest")

ONCE = "name a video for each recording, in their order, or none"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Reading:
    """How recordings are read.

    Parameters
    ----------
    fps : float, frames per second, optional
        As in `read_pose` and `estimate_pose`.
    view : str, optional
        Of the one recording that is read.
    size : (width, height) pixels, optional
        Of the image, where a keypoint file has shares of it.
    person : str, int or (x, y, width, height)
        Whom to take where several are seen: ``"walking"``, ``"largest"``, a number; of a keypoint file also ``"longest"`` or a
        name in it, of a video a box in its first frame.
    estimator : str
        Of videos.
    model_path : str, optional
        Of the estimator.
    keep_partial : bool
        Of a video that breaks off, keep what there is.
    progress : bool
        Show progress bars.
    """

    fps: float | None = None
    view: str | None = None
    size: tuple[int, int] | None = None
    person: str | int | tuple[float, float, float, float] = "walking"
    estimator: str = "mediapipe"
    model_path: str | None = None
    keep_partial: bool = False
    progress: bool = False

    def video(self, path: Path) -> PoseSequence:
        """The pose of a video."""
        check_person_of_video(self.person)
        from skelgait.estimation.estimate import estimate_pose

        pose = estimate_pose(
            str(path),
            self.estimator,
            subject=self.person,
            fps=self.fps,
            view=self.view,
            model_path=self.model_path,
            progress=self.progress,
            keep_partial=self.keep_partial,
        )
        assert isinstance(pose, PoseSequence)
        return pose

    def keypoints(self, path: str | Path) -> PoseSequence:
        """The pose of a keypoint file or folder."""
        if isinstance(self.person, tuple):
            raise SkelgaitError(
                "a box chooses a person of a video, not of a keypoint file",
                found=str(path),
                expected=f"{', '.join((*_ANYWHERE, *_OF_FILES))}, or a number",
            )
        return read_pose(path, fps=self.fps, view=self.view, person=self.person, size=self.size)

    def recording(self, path: str | Path) -> tuple[PoseSequence, Path | None]:
        """The pose of a recording of any kind, and its video where it is one."""
        ((where, part),) = find_paths([path])
        if where.is_file() and is_video(where, _head(where)):
            return self.video(where), where
        return self.keypoints(f"{where}#{part}" if part else where), None


def check_person_of_video(person: str | int | tuple[float, float, float, float]) -> None:
    """Refuse words that choose no person of a video, before the first is read.

    Parameters
    ----------
    person : str, int or tuple
        As in `Reading`.

    Raises
    ------
    SkelgaitError
        Other words than ``"walking"`` and ``"largest"``.
    """
    if isinstance(person, str) and person not in _ANYWHERE:
        raise SkelgaitError(
            f"{person!r} is no way to choose a person of a video",
            expected="walking, largest, a number, or a box x,y,width,height in the first frame",
            do="leave it out for the one who walks",
        )


def person_in_row(row: TrialRow, plane: str) -> str | int | tuple[float, float, float, float] | None:
    """Whom a row of a table of walks names in its video.

    Parameters
    ----------
    row : TrialRow
    plane : str
        ``"sagittal"`` or ``"frontal"``.

    Returns
    -------
    str, int, (x, y, width, height) or None
        From the column ``<plane>_person``, else from ``person``; None where the row names nobody.

    Raises
    ------
    SkelgaitError
        As `check_person_of_video`; several numbers that are no box.
    """
    told = row.cells.get(f"{plane}_person", row.cells.get("person"))
    if not told:
        return None
    person = read_person(told)
    check_person_of_video(person)
    return person


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise FileError(f"{path} cannot be read", found=error.strerror or str(error), do="check its permissions") from None


def read_walk(
    recordings: Sequence[str | Path],
    reading: Reading,
    about: Mapping[str, Any] = NOTHING,
    *,
    videos: Sequence[str | Path] = (),
) -> Trial:
    """One walk, seen by one camera or by two at once.

    Parameters
    ----------
    recordings : sequence of path
        A video, or keypoints as a file or folder; one from the side, one from the front, or both.
    reading : Reading
    about : mapping
        Of the walk: ``subject`` (default the name of the first recording), ``sex`` and the measures of `Trial`.
    videos : sequence of path
        The videos that keypoints were estimated from, one a recording; to be shown.

    Returns
    -------
    Trial

    Raises
    ------
    SkelgaitError
        More than two recordings, two of one plane, a view for two, as many videos as recordings not; and as `read_pose` and
        `estimate_pose`.
    """
    if len(recordings) > 2:
        raise SkelgaitError(
            "one walk has at most two recordings, from the side and from the front",
            found=f"{len(recordings)}",
            do="analyze each walk by itself, or list them in a table of walks for `skelgait cohort`",
        )
    _check_view(recordings, reading)
    bare = _bare_trial(recordings, about)
    poses: dict[str, PoseSequence] = {}
    films: dict[str, str] = {}
    for pose, film in _read_all(recordings, reading, videos):
        plane = _plane(pose, set(poses))
        if plane in poses:
            raise SkelgaitError(
                f"both recordings look {plane}",
                found=", ".join(map(str, recordings)),
                expected="one from the side and one from the front",
                do="analyze each by itself",
            )
        poses[plane] = pose
        if film is not None:
            films[plane] = str(film)
    return bare.with_(pose=poses, video=films)


def read_visit(
    recordings: Sequence[str | Path],
    reading: Reading,
    about: Mapping[str, Any] = NOTHING,
    *,
    videos: Sequence[str | Path] = (),
) -> list[Trial]:
    """All recordings of one subject on one occasion, from any sides.

    Parameters
    ----------
    recordings, reading, about, videos
        As in `read_walk`, but any number of recordings.

    Returns
    -------
    list of Trial
        One a recording; a single one of both planes where there are two that look from the side and from the front.

    Raises
    ------
    SkelgaitError
        As `read_walk`.
    """
    _check_view(recordings, reading)
    bare = _bare_trial(recordings, about)
    found = [(_plane(pose, set()), pose, film) for pose, film in _read_all(recordings, reading, videos)]
    if len(found) == 2 and {plane for plane, _, _ in found} == set(PLANES):  # one walk, seen by two cameras
        poses = {plane: pose for plane, pose, _ in found}
        return [bare.with_(pose=poses, video={plane: str(film) for plane, _, film in found if film is not None})]
    return [bare.with_(pose={plane: pose}, video={plane: str(film)} if film else {}) for plane, pose, film in found]


def read_walks(recordings: Sequence[str | Path], reading: Reading, about: Mapping[str, Any] = NOTHING) -> list[Trial]:
    """Several walks, one a recording.

    Parameters
    ----------
    recordings : sequence of path
    reading : Reading
    about : mapping
        Of all of them, as in `read_walk`.

    Returns
    -------
    list of Trial
        Each named after its file.

    Raises
    ------
    SkelgaitError
        As `read_pose` and `estimate_pose`.
    """
    bare = [_bare_trial([path], about).with_(name=_name_of(path)) for path in recordings]
    trials = []
    for trial, (pose, film) in zip(bare, _read_all(recordings, reading, ()), strict=True):
        walk = trial.with_(pose=pose)
        trials.append(walk if film is None else walk.with_(video=dict.fromkeys(walk.pose, str(film))))
    return trials


def _read_all(
    recordings: Sequence[str | Path], reading: Reading, videos: Sequence[str | Path]
) -> list[tuple[PoseSequence, Path | None]]:
    """Pose and video of each. What can be known beforehand is, and videos, which take minutes, come after the rest."""
    where = [path for path, _ in find_paths(recordings)]
    shown = [where for where, _ in find_paths(videos)]
    if videos and len(videos) != len(recordings):
        raise SkelgaitError(
            "give one video for each recording",
            found=f"{len(videos)} video{'s' * (len(videos) != 1)}, {len(recordings)} recording{'s' * (len(recordings) != 1)}",
            do=ONCE,
        )
    order = sorted(range(len(where)), key=lambda i: where[i].is_file() and is_video(where[i], _head(where[i])))
    found = {i: reading.recording(recordings[i]) for i in order}
    return [(found[i][0], shown[i] if shown else found[i][1]) for i in range(len(recordings))]


def _check_view(recordings: Sequence[str | Path], reading: Reading) -> None:
    if reading.view is not None and len(recordings) > 1:
        raise SkelgaitError(
            "a view speaks of one recording", found=f"{len(recordings)} recordings", do="leave it out: views are recognised"
        )


def _bare_trial(recordings: Sequence[str | Path], about: Mapping[str, Any]) -> Trial:
    """The trial before its poses are read: what is said of the walk is checked first."""
    known = {what: value for what, value in about.items() if value is not None and value != ""}
    return Trial(**{"subject": _name_of(recordings[0]), **known})


def _plane(pose: PoseSequence, taken: set[str]) -> str:
    """The plane a pose shows; where it cannot be told, the one that is free: it is measured as what it shows."""
    plane = (pose.view or recognise_view(clean(pose)).view or "").split("_")[0]
    if plane not in PLANES:
        plane = "frontal" if "sagittal" in taken else "sagittal"
    return plane


def _name_of(path: str | Path) -> str:
    """The name of a recording: of its file without the ending, or of the part after a ``#``."""
    name = Path(path).name.split("#")[-1]
    return name.split(".")[0] or name
