"""The frames of one clip of the ChildGait poses: a JSON file each, put together to one pose."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO23, WHOLEBODY133, Skeleton
from skelgait.io.gmfcs_tables import Remarks
from skelgait.io.people import as_confidence
from skelgait.io.source import place_frames

POINTS = len(WHOLEBODY133)
SIZE = (1920, 1080)
FEWEST = 3  # frames that show a movement
# What tells a heading: how far the hips went, in body heights, or how far toes lie before heels; or how much the body grew.
TRAVELLED, POINTED, GREW = 0.5, 0.03, 1.15
_NUMBER = re.compile(r"(\d+)\D*$")


class Unreadable(Exception):
    """What is wrong with a frame, in words that stand after "because"."""


@dataclass(frozen=True)
class Told:
    """What the frames of a clip say of the film: None where none of them says it."""

    fps: float | None
    size: tuple[int, int] | None
    film: str


def read_frames(folder: Path, name: str, *, skeleton: Skeleton, fps: float, remarks: Remarks) -> tuple[PoseSequence, str] | None:
    """The pose of a clip, without a view, and what had to be assumed.

    Parameters
    ----------
    folder : Path
        With ``frame_*.json``.
    name : str
        Of the clip, for remarks.
    skeleton : Skeleton
        `COCO23` or `WHOLEBODY133`: the first keypoints of the 133, or all.
    fps : float, frames per second
        Where no frame says it.
    remarks : Remarks
        What is out of order is added.

    Returns
    -------
    pose : PoseSequence
    assumed : str
        Rate and size that no frame states; empty where all is said.
        Nothing at all where no pose can be read; why is in the remarks.
    """
    with os.scandir(folder) as entries:
        files = sorted(e.name for e in entries if e.name.startswith("frame_") and e.name.endswith(".json"))
    documents: list[Any] = []
    people: list[tuple[int, Any]] = []
    faults: Counter[str] = Counter()
    several = 0
    for number, file in enumerate(files):
        document = None
        try:
            document = _document(folder / file)
            persons = document.get("instance_info") or []
            several += len(persons) > 1
            if persons:
                people.append((number, _person(persons[0], len(skeleton))))
        except Unreadable as fault:
            faults[str(fault)] += 1
        documents.append(document if isinstance(document, dict) else {})
    if several:
        remarks.add("clips with several people in a frame: the first is taken", name)
    if not people:
        why = faults.most_common(1)[0][0] if faults else "nobody is in any frame" if files else "there is no frame_*.json"
        remarks.add(f"clips passed over because {why}", name)
        return None
    for why in faults:
        remarks.add(f"clips with frames left out because {why}", name)
    numbers = _numbers(files, documents, name, remarks)
    place, length, info = place_frames(numbers.tolist())
    if length < FEWEST:
        remarks.add(f"clips passed over because they have fewer than {FEWEST} frames", name)
        return None
    return _pose(people, place, length, dict(info), _told(documents, name, remarks), name, skeleton=skeleton, fps=fps)


def _document(path: Path) -> dict[str, Any]:
    raw = path.read_bytes()
    if not raw.strip():
        raise Unreadable("they are empty")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreadable("they break off or are no JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("instance_info", []), list):
        raise Unreadable("they have no list instance_info")
    return document


def _person(person: Any, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints (count, 2) and scores (count,) of one instance."""
    points = person.get("keypoints") if isinstance(person, dict) else None
    if not isinstance(points, list) or len(points) != POINTS:
        found = f"{len(points)}" if isinstance(points, list) else "no"
        raise Unreadable(f"they hold {found} keypoints, not {POINTS}")
    scores = person.get("keypoint_scores")
    try:
        xy = np.asarray(points[:count], float)
        given = np.ones(count) if scores is None else np.asarray(scores[:count], float)
        if xy.shape == (count, 2) and given.shape == (count,):
            return xy, given
    except (TypeError, ValueError):
        pass
    raise Unreadable("their keypoints or scores are not numbers of one shape")


def _numbers(files: list[str], documents: list[Any], name: str, remarks: Remarks) -> np.ndarray:
    """The number of each frame: that in its file's name, shifted to frame_index where they run side by side."""
    digits = [_NUMBER.search(file.removesuffix(".json")) for file in files]
    named = np.array([int(d[1]) if d else -1 for d in digits])
    if (named < 0).any():
        named = np.arange(len(files))
    said = [d.get("frame_index") for d in documents]
    known = np.array([isinstance(s, int) and not isinstance(s, bool) for s in said])
    if not known.any():
        return named
    index = np.array([s if k else 0 for s, k in zip(said, known, strict=True)])
    apart = index[known] - named[known]
    if (apart == apart[0]).all():
        return named + apart[0]
    if known.all() and (np.diff(index) > 0).all():
        return index
    remarks.add("clips whose frame_index and names of files disagree: the names are followed", name)
    return named


def _told(documents: list[Any], name: str, remarks: Remarks) -> Told:
    """What any frame says of the film: most have nothing to say in a quarter of the clips."""
    stated = [info for d in documents if isinstance(info := d.get("video_info"), dict) and info]
    rates = Counter(float(i["fps"]) for i in stated if isinstance(i.get("fps"), (int, float)) and 0 < i["fps"] < np.inf)
    sizes = Counter(
        (int(i["width"]), int(i["height"]))
        for i in stated
        if all(isinstance(i.get(k), int) and i[k] > 0 for k in ("width", "height"))
    )
    if len(rates) > 1 or len(sizes) > 1:
        remarks.add("clips whose frames name several rates or sizes: the most frequent is taken", name)
    film = next((str(i["video_name"]) for i in stated if i.get("video_name")), "")
    return Told(
        rates.most_common(1)[0][0] if rates else None,
        sizes.most_common(1)[0][0] if sizes else None,
        film,
    )


def _pose(
    people: list[tuple[int, Any]],
    place: np.ndarray,
    length: int,
    info: dict[str, Any],
    told: Told,
    name: str,
    *,
    skeleton: Skeleton,
    fps: float,
) -> tuple[PoseSequence, str]:
    at = place[[n for n, _ in people]]
    confidence, noted = as_confidence(np.stack([scores for _, (_, scores) in people]))
    points = np.stack([xy for _, (xy, _) in people])
    points[~np.isfinite(points).all(axis=2) | ((points == 0).all(axis=2) & ~(confidence > 0))] = np.nan
    xy, sure = np.full((length, len(skeleton), 2), np.nan), np.zeros((length, len(skeleton)))
    xy[at], sure[at] = points, confidence
    rate, size = told.fps or fps, told.size or SIZE
    assumed = [f"{rate:g} frames a second"] * (told.fps is None) + [f"{size[0]} x {size[1]} pixels"] * (told.size is None)
    info |= noted | ({"film": told.film} if told.film else {})
    pose = PoseSequence(
        xy, sure, fps=rate / info.get("frame_step", 1), skeleton=skeleton, size=size, source=name, info=info
    )  # fmt: skip
    return pose, ", ".join(assumed)


def see_heading(pose: PoseSequence, plane: str) -> int:
    """Which way somebody walks in a clip of one way: +1 to the right of the image or towards the camera, -1 the other, 0 unknown.

    Parameters
    ----------
    pose : PoseSequence
        With the keypoints of COCO23.
    plane : {"sagittal", "frontal"}

    Returns
    -------
    int

    Notes
    -----
    From the side: how far the hips went between the first and the last third; of somebody who stays in the picture's middle (a
    camera that turns along), where the toes point. From the front: whether the body grew.
    """
    hips, shoulders, ankles = (
        0.5 * (pose.point(f"left_{part}") + pose.point(f"right_{part}")) for part in ("hip", "shoulder", "ankle")
    )
    tall = ankles[:, 1] - shoulders[:, 1]
    seen = np.flatnonzero(np.isfinite(hips[:, 0]) & (tall > 0))
    if len(seen) < FEWEST:
        return 0
    first, last = np.array_split(seen, 3)[0], np.array_split(seen, 3)[-1]
    if plane == "frontal":
        grew = np.median(tall[last]) / np.median(tall[first])
        return int(grew > GREW) - int(grew < 1 / GREW)
    went = (np.median(hips[last, 0]) - np.median(hips[first, 0])) / np.median(tall[seen])
    if abs(went) > TRAVELLED:
        return int(np.sign(went))
    feet = sum(pose.point(f"{side}_big_toe")[seen, 0] - pose.point(f"{side}_heel")[seen, 0] for side in ("left", "right"))
    known = feet[np.isfinite(feet)]
    ahead = np.median(known) / np.median(tall[seen]) if len(known) else 0.0
    return int(np.sign(ahead)) if abs(ahead) > POINTED else 0


SKELETONS = {"body": COCO23, "all": WHOLEBODY133}
