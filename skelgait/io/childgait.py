"""The public poses of ChildGait (CGV): children with movement disorders who walk past four cameras' views."""

from __future__ import annotations

import os
import re
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import Trial
from skelgait.io.childgait_frames import SKELETONS, read_frames, see_heading
from skelgait.io.childgait_labels import Labels, read_labels
from skelgait.io.gmfcs_tables import Remarks
from skelgait.io.mmpose_json import CGV_VIEWS
from skelgait.io.paths import find_path

FPS = 60.0
ENDING = "_filtered_pose"
JOINS = ("child", "session", None)
_CLIP = re.compile(r"(\d+)-(\d+)_(forward|backward|left|right)_(\d+)-(\d+)")
_HEADING = {("sagittal", 1): "sagittal_right", ("sagittal", -1): "sagittal_left", ("frontal", 1): "frontal_towards"}
_HEADING |= {("frontal", -1): "frontal_away"}


@dataclass(frozen=True)
class _Clip:
    """One clip: whose, when, from where, and its pose once it is read."""

    folder: Path
    name: str
    child: int
    session: str
    view: str
    start: int
    length: int
    pose: PoseSequence | None = None
    assumed: str = ""

    @property
    def plane(self) -> str:
        return self.view.split("_")[0]


def read_childgait(
    folder: str | Path,
    *,
    labels: str | Path | None = None,
    track: int = 1,
    join: str | None = "child",
    keypoints: str = "body",
    fps: float = FPS,
    videos: str | Path | None = None,
    progress: bool = True,
) -> list[Trial]:
    r"""Read the public pose sequences of ChildGait, with the answers of the challenge: one trial a visit.

    Parameters
    ----------
    folder : str or Path
        With ``dataset/<child>/<child>-<session>_<view>_<start>-<end>_filtered_pose/frame_*.json``, or ``dataset`` itself.
    labels : str or Path, optional
        Folder with ``track1_train.json`` (34 items) and ``track2_train.json`` (gait patterns). Default: looked for in ``folder``
        and beside its ``dataset``.
    track : {1, 2}
        Whose split goes to ``covariates["split"]``.
    join : {"child", "session", None}
        What becomes one trial. ``"session"``: a clip from the side and one from the front or back of one session, the first with
        the first and so on; what is left over stays alone. ``"child"``: what is left over finds a partner in another session of the
        child. None: every clip is a trial.
    keypoints : {"body", "all"}
        The first 23 (body and feet, `COCO23`), or all 133 (`WHOLEBODY133`; five times the memory).
    fps : float, frames per second
        Of clips in which no frame states it. The cameras ran at 59 to 60.
    videos : str or Path, optional
        Folder, of any depth, with films called ``<child>-<session>_<view>_<start>-<end>.mp4``, where you have leave to use them:
        they become ``video`` of the trials.
    progress : bool
        Show a bar.

    Returns
    -------
    list of Trial
        By child, session and beginning. ``subject`` is the child's number as written (``"0001"``); ``pose`` has ``"sagittal"``,
        ``"frontal"`` or both, raw; ``name`` the clips, joined by ``+``. ``labels["evgs"]`` are 34 codes in the order of
        `tasks.EVGS_BINARY` (0 typical, 1 atypical, None where there is none), ``labels["cp_pattern"]`` the left and right pattern
        of `tasks.CP_PATTERN`; children of a test set have none. ``covariates``: ``session``, ``track``, ``split`` (``"train"`` or
        ``"test"`` of that track, absent for a child in neither), ``sagittal_film`` and ``frontal_film`` (names of the clips), and
        ``sagittal_assumed`` or ``frontal_assumed`` where rate or size had to be assumed.

    Raises
    ------
    FileError
        No clip, none that can be read, label files that are something else, or an argument that means nothing.

    Warns
    -----
    UserWarning
        Once for everything out of order, with counts and names: frames that are empty, break off or hold something else; several
        people in a frame; rates and sizes assumed; views against the walker's heading; clips longer or shorter than their name
        says; totals that are not the sum of their items; no label files.

    Notes
    -----
    *Frames.* The first person of a frame is the child (the data set's boxes were chosen by people). A number that is skipped, and
    a frame that is empty, damaged or without anybody, is a frame of NaN, so that time goes on. ``video_info`` is missing from most
    frames of about 27 % of the clips, and may stand on the last ones only: every frame is asked. Where none says it, 1920 x 1080
    and ``fps``.

    *Views.* ``forward`` is taken for towards the camera, ``backward`` for away from it, ``left`` and ``right`` for the side of the
    body that is nearer, which is the same as the side of the picture the child walks to. The walker's own heading is looked at
    (how the hips travel, where toes point, whether the body grows), and where it says otherwise it is followed, and told.

    *Labels are binary*: ask `tasks.EVGS_BINARY`, not `tasks.EVGS`, to which a 1 would mean a score of 1. The challenge joined
    scores 1 and 2. One pediatrician scored each child once: all walks of a child carry the same answers, so score with
    ``unit="subject"`` and split by child. Six of the nine test children of track 2 are training children of track 1, with their
    items published; whoever uses track 1 for track 2 must leave them out (``track=2`` and `split`).

    *Reading* takes a quarter of a millisecond a frame, one to two minutes for all 339,236.

    *Not verified*, because the poses cannot be had here: no clip was seen but five frames in a preview of the public page
    (0001-0001_backward_203-514: frame_index from 0, 312 frames, 59 a second, which may be 59.94 cut off). The rest was learnt from
    the public code of several who took part. So: what ``left`` and ``right`` mean; whether sessions of the two cameras with one
    number are the same walk; whether frames of a clip are ever left out. The two label files and a submission were seen in public
    repositories.

    References
    ----------
    Decoding Children's Gait Behavior (the CGV data set), ECCV 2026, https://pediamedai.com/ChildrenGait; poses at
    https://huggingface.co/datasets/PediaMedAI/ChildrenGait, CC BY-NC 4.0.

    Examples
    --------
    >>> import json, tempfile
    >>> import numpy as np
    >>> root = Path(tempfile.mkdtemp())
    >>> clip = root / "dataset/0001/0001-0001_left_203-222_filtered_pose"
    >>> clip.mkdir(parents=True)
    >>> film = {"video_name": "0001-0001_left_203-222.mp4", "width": 1920, "height": 1080, "fps": 59, "total_frames": 20}
    >>> for n in range(20):
    ...     child = {"keypoints": np.full((133, 2), 400.0 + n).tolist(), "keypoint_scores": [0.9] * 133}
    ...     frame = {"instance_info": [child], "video_info": film, "frame_index": n}
    ...     _ = (clip / f"frame_{n:06d}.json").write_text(json.dumps(frame))
    >>> with warnings.catch_warnings():  # of the labels that are not there
    ...     warnings.simplefilter("ignore")
    ...     trial = read_childgait(root, progress=False)[0]
    >>> trial.subject, trial.pose["sagittal"].view, trial.pose["sagittal"].fps, trial.covariates["split"]
    ('0001', 'sagittal_left', 59.0, 'train')
    """
    from tqdm.auto import tqdm

    _check(track, join, keypoints, fps)
    root, _ = find_path(folder)
    tree = root / "dataset" if (root / "dataset").is_dir() else root
    remarks = Remarks()
    clips = _list_clips(tree, remarks)
    places = [root, tree, tree.parent] if labels is None else [find_path(labels)[0]]
    answers = read_labels(places, remarks, needed=labels is not None)
    films = {} if videos is None else _list_films(find_path(videos)[0])
    read: list[_Clip] = []
    for clip in tqdm(clips, "reading", unit="clip", disable=not progress or None, leave=False):
        found = read_frames(clip.folder, clip.name, skeleton=SKELETONS[keypoints], fps=float(fps), remarks=remarks)
        if found is not None:
            read.append(_see(clip, *found, remarks))
    if not read:
        raise FileError(f"no clip of {tree} can be read", found=str(remarks), do="unpack the poses again")
    trials = [_trial(pair, answers, track, films) for pair in _join(read, join)]
    _tell(trials, answers, track, root, remarks)
    return trials


def _check(track: int, join: str | None, keypoints: str, fps: float) -> None:
    for what, given, known in (("track", track, (1, 2)), ("join", join, JOINS), ("keypoints", keypoints, tuple(SKELETONS))):
        if given not in known:  # type: ignore[operator]
            raise FileError(f"{what}={given!r} means nothing here", expected=" or ".join(map(repr, known)), do="give one of these")
    if not 0 < fps < float("inf"):
        raise FileError(f"fps={fps!r} is no frame rate", do="give frames per second, for example 60")


def _list_clips(tree: Path, remarks: Remarks) -> list[_Clip]:
    """The clips of a tree, by child, session and beginning."""
    clips = []
    for home in sorted(p for p in tree.iterdir() if p.is_dir() and p.name.isdigit()) if tree.is_dir() else ():
        for path in sorted(p for p in home.iterdir() if p.is_dir() and not p.name.startswith(".")):
            name = path.name.removesuffix(ENDING)
            match = _CLIP.fullmatch(name)
            if not match:
                remarks.add("folders passed over whose name is no clip's", f"{home.name}/{path.name}")
            elif int(match[1]) != int(home.name):
                remarks.add("clips passed over that name another child than their folder", f"{home.name}/{path.name}")
            else:
                start, stop = int(match[4]), int(match[5])
                clips.append(_Clip(path, name, int(home.name), match[2], CGV_VIEWS[match[3]], start, stop - start + 1))
    if not clips:
        inside = sorted(p.name for p in tree.iterdir())[:6] if tree.is_dir() else []
        raise FileError(
            f"there is no clip in {tree}",
            found=", ".join(inside) or "nothing" if tree.is_dir() else "a file",
            expected="<child>/<child>-<session>_<view>_<start>-<end>_filtered_pose/frame_*.json; forward, backward, left, right",
            do="give the folder that holds dataset/, unpacked from dataset.tar.bz2",
        )
    return sorted(clips, key=lambda c: (c.child, c.session, c.start, c.name))


def _list_films(folder: Path) -> dict[str, str]:
    return {
        p.stem: str(p)
        for p in sorted(folder.rglob("*"))
        if p.suffix.lower() in (".mp4", ".mov", ".avi") and _CLIP.fullmatch(p.stem)
    }


def _see(clip: _Clip, pose: PoseSequence, assumed: str, remarks: Remarks) -> _Clip:
    """The clip with its pose, and the view that its walker shows."""
    heading = see_heading(pose, clip.plane)
    view = _HEADING.get((clip.plane, heading), clip.view)
    if view != clip.view:
        remarks.add("clips whose name says another view than the walker's heading: the heading is followed", clip.name)
    if assumed:
        remarks.add(f"clips in which no frame states it are taken to have {assumed}", clip.name)
    if pose.n_frames * pose.info.get("frame_step", 1) != clip.length:
        remarks.add("clips that do not have as many frames as their name says", clip.name)
    return replace(clip, pose=pose.with_(view=view), view=view, assumed=assumed)


def _join(clips: Sequence[_Clip], join: str | None) -> list[tuple[_Clip, ...]]:
    """Clips of one trial: a side view, a view from the front or back, or both."""
    if join is None:
        return [(clip,) for clip in clips]
    pairs: list[tuple[_Clip, ...]] = []
    left: dict[int, list[_Clip]] = defaultdict(list)
    sessions: dict[tuple[int, str], list[_Clip]] = defaultdict(list)
    for clip in clips:
        sessions[clip.child, clip.session].append(clip)
    for (child, _), own in sessions.items():
        some, over = _pair(own)
        pairs += some
        left[child] += over
    for own in left.values():
        some, over = _pair(own) if join == "child" else ([], own)
        pairs += [*some, *((clip,) for clip in over)]
    return sorted(pairs, key=lambda p: (p[0].child, min(c.session for c in p), min(c.start for c in p), p[0].name))


def _pair(clips: Sequence[_Clip]) -> tuple[list[tuple[_Clip, ...]], list[_Clip]]:
    """Side views with views from the front or back, in their order, and those without a partner."""
    side, front = ([c for c in clips if c.plane == plane] for plane in ("sagittal", "frontal"))
    both = min(len(side), len(front))
    return list(zip(side, front, strict=False)), [*side[both:], *front[both:]]


def _trial(pair: tuple[_Clip, ...], answers: Labels, track: int, films: Mapping[str, str]) -> Trial:
    first = pair[0]
    covariates: dict[str, Any] = {"session": ", ".join(dict.fromkeys(c.session for c in pair)), "track": track}
    if split := answers.split(first.child, track):
        covariates["split"] = split
    for clip in pair:
        covariates[f"{clip.plane}_film"] = clip.name
        if clip.assumed:
            covariates[f"{clip.plane}_assumed"] = clip.assumed
    return Trial(
        first.folder.parent.name,
        {c.plane: c.pose for c in pair if c.pose is not None},
        name="+".join(c.name for c in pair),
        video={c.plane: films[c.name] for c in pair if c.name in films},
        labels=answers.of(first.child),
        covariates=covariates,
    )


def _tell(trials: Sequence[Trial], answers: Labels, track: int, root: Path, remarks: Remarks) -> None:
    """Everything out of order, once."""
    there = {int(t.subject) for t in trials}
    known = answers.evgs if track == 1 else answers.pattern
    if track in answers.found:
        if absent := sorted(set(known) - there):
            remarks.add("children with labels and without a clip", *map(str, absent))
        bare = sorted(child for child in there - set(known) if answers.split(child, track) == "train")
        if bare:
            remarks.add("training children without labels", *map(str, bare))
    if remarks.about:
        warnings.warn(f"{os.fspath(root)}: {remarks}", stacklevel=3)
