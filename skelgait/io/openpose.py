"""OpenPose JSON: a folder with one file a frame, or all frames in one file.

https://github.com/CMU-Perceptual-Computing-Lab/openpose, doc/02_output.md. Each frame is ``{"version", "people": [{"person_id",
"pose_keypoints_2d": [x, y, confidence, ...]}]}`` (``pose_keypoints`` before version 1.3). A point that was not found is 0, 0, 0.
Sports2D and Pose2Sim write the same form with other layouts: the layout is told by the number of points. AlphaPose's ``--format
open`` is one file, ``{"12.jpg": frame, ...}``, with COCO-18 whatever its model, and ``--format cmu`` the same with other words
(``bodies``, ``joints``); its folder ``sep-json`` has a file a frame.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO18
from skelgait.io.atomic import new_folder
from skelgait.io.names import OPENPOSE_LAYOUTS, counted_skeleton
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source, place_frames

# What a frame calls its people, and what a person's points are called.
PEOPLE = ("people", "bodies")
POINTS = ("pose_keypoints_2d", "pose_keypoints", "joints")


def recognises(source: Source) -> bool:
    """Whether the documents are OpenPose frames."""
    return any(_is_frame(document) for document in _frames(source)[0][:50])


def _is_frame(document: Any) -> bool:
    people = _people(document)
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        return False
    return not people or any(name in people[0] for name in POINTS)


def _people(document: Any) -> Any:
    """The people of a frame; None where it names none."""
    return next((document[name] for name in PEOPLE if name in document), None) if isinstance(document, dict) else None


def _points(person: dict[str, Any]) -> Sequence[float]:
    return next((person[name] for name in POINTS if person.get(name)), ())


def _frames(source: Source) -> tuple[list[Any], Sequence[int | None]]:
    """The frames and the numbers they carry."""
    content = source.content
    if source.kind == "folder":
        return content, source.numbers
    if isinstance(content, list):
        return content, [None] * len(content)
    if isinstance(content, dict) and _people(content) is None:  # {"000001.jpg": frame, ...}
        return list(content.values()), [image_number(name) for name in content]
    return [content], [0]


def read(source: Source, *, view: str | None = None) -> People:
    """Everybody in an OpenPose recording.

    Raises
    ------
    FileError
        A single frame of a folder, frames that are not OpenPose's, people with different numbers of keypoints.
    """
    documents, numbers = _frames(source)
    if source.kind == "json" and len(documents) == 1:
        raise FileError(
            f"{source.name} is one frame of a recording",
            do=f"give the folder that holds all its frames: {source.path.resolve().parent}",
        )
    bad = [i for i, document in enumerate(documents) if not _is_frame(document)]
    if bad:
        raise FileError(
            f"{len(bad)} of {len(documents)} frames of {source.name} are not OpenPose's",
            found=f"frame {numbers[bad[0]] if numbers[bad[0]] is not None else bad[0]}: {str(documents[bad[0]])[:60]}",
            expected='{"people": [{"pose_keypoints_2d": [...]}]}',
        )
    frame, n_frames, info = place_frames(numbers)
    if source.empty:
        info = {**info, "empty_files": list(source.empty)}
    people = [person for document in documents for person in _people(document)]
    counts = [len(_people(document)) for document in documents]
    rows = [_points(person) for person in people]
    at = np.repeat(frame, counts)
    full = [i for i, row in enumerate(rows) if row]
    values = flat_rows([rows[i] for i in full], source.name)
    skeleton = counted_skeleton(values.shape[1], source.name, openpose=True) if len(full) else BODY25
    confidence, noted = as_confidence(values[:, : len(skeleton), 2])
    if skeleton is COCO18 and str(documents[0].get("version", "")).startswith("AlphaPose"):
        values, info = _with_own_neck(values), {**info, "neck": "half-way between the shoulders"}
    # ids, where a tracker gave them: OpenPose itself writes -1
    ids = [_person_id(person) for person in people]
    known = [ids[i] for i in full]
    track = np.unique(known, return_inverse=True)[1] if known and min(known) >= 0 else None
    return People(values[:, : len(skeleton), :2], confidence, at[full], n_frames, skeleton, track=track, info={**info, **noted})


def _with_own_neck(values: np.ndarray) -> np.ndarray:
    """Keypoints with the neck between the shoulders: AlphaPose takes its 18th point for it, which a model other than COCO's has
    elsewhere (HALPE-26 on top of the head).
    """
    neck, shoulders = COCO18.index("neck"), [COCO18.index("left_shoulder"), COCO18.index("right_shoulder")]
    values = values.copy()
    values[:, neck] = np.where((values[:, shoulders, 2] > 0).all(axis=1, keepdims=True), values[:, shoulders].mean(axis=1), 0.0)
    return values


def image_number(image: Any) -> int | None:
    """The frame number in an image's name: the last number before its ending.

    Examples
    --------
    >>> image_number("cam2_000012.jpg"), image_number(7), image_number("walk.jpg")
    (12, 7, None)
    """
    if isinstance(image, (int, float)):
        return int(image)
    digits = re.findall(r"\d+", re.sub(r"\.[A-Za-z]\w*$", "", str(image)))
    return int(digits[-1]) if digits else None


def _person_id(person: dict[str, Any]) -> int:
    given = person.get("person_id", -1)
    given = given[0] if isinstance(given, list) and given else given
    return int(given) if isinstance(given, (int, float)) else -1


def flat_rows(rows: Sequence[Sequence[float]], where: str) -> np.ndarray:
    """Rows of ``x, y, confidence`` triplets as (N, K, 3).

    Raises
    ------
    FileError
        Rows of different length, or not in triplets.
    """
    if not rows:
        return np.zeros((0, 1, 3))
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1 or lengths[0] % 3:
        raise FileError(
            f"the people of {where} have different numbers of keypoints"
            if len(lengths) > 1
            else f"the keypoints of {where} are not x, y, confidence triplets",
            found=" and ".join(f"{length} numbers" for length in lengths[:3]),
            expected="three numbers a keypoint, the same keypoints for everybody",
            do="export the recording with one model",
        )
    try:
        return np.array(rows, dtype=float).reshape(len(rows), -1, 3)
    except (TypeError, ValueError):
        odd = next((value for row in rows for value in row if not isinstance(value, int | float)), None)
        raise FileError(
            f"a keypoint of {where} is not a number",
            found=repr(odd)[:40],
            expected="three numbers a keypoint",
            do="export it again",
        ) from None


def write(pose: PoseSequence, path: Path) -> None:
    """Write an OpenPose folder, one JSON file a frame.

    Parameters
    ----------
    pose : PoseSequence
        In a layout that OpenPose's readers know by its length (BODY_25, COCO-18, COCO-17, COCO-23, HALPE-26, WholeBody-133);
        any other is written as BODY_25.
    path : Path
        The folder; it must not exist, or be empty.

    Notes
    -----
    The format holds no frame rate, view, filled mask or times: give ``fps=`` when reading it back.
    """
    if pose.skeleton not in OPENPOSE_LAYOUTS.values():
        pose = pose.map_to(BODY25)
    triplets = np.dstack([np.nan_to_num(pose.xy), pose.confidence]).reshape(pose.n_frames, -1)
    first = int(pose.info.get("first_frame", 0))
    with new_folder(path) as folder:
        for i, row in enumerate(triplets.tolist()):
            people = [{"person_id": [-1], "pose_keypoints_2d": row}] if any(row) else []
            name = f"{path.name}_{first + i:012d}_keypoints.json"
            (folder / name).write_text(json.dumps({"version": 1.3, "people": people}))
