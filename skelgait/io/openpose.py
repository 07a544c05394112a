"""OpenPose JSON: a folder with one file a frame, or all frames in one file.

https://github.com/CMU-Perceptual-Computing-Lab/openpose, doc/02_output.md. Each frame is ``{"version", "people": [{"person_id",
"pose_keypoints_2d": [x, y, confidence, ...]}]}`` (``pose_keypoints`` before version 1.3). A point that was not found is 0, 0, 0.
Sports2D, Pose2Sim and AlphaPose write the same form with other layouts: the layout is told by the number of points.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25
from skelgait.io.atomic import new_folder
from skelgait.io.names import OPENPOSE_LAYOUTS, counted_skeleton
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source, place_frames

POINTS = ("pose_keypoints_2d", "pose_keypoints")


def recognises(source: Source) -> bool:
    """Whether the documents are OpenPose frames."""
    return any(_is_frame(document) for document in _frames(source)[0][:50])


def _is_frame(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("people"), list):
        return False
    return all(isinstance(person, dict) for person in document["people"]) and (
        not document["people"] or any(name in document["people"][0] for name in POINTS)
    )


def _frames(source: Source) -> tuple[list[Any], Sequence[int | None]]:
    """The frames and the numbers they carry."""
    content = source.content
    if source.kind == "folder":
        return content, source.numbers
    if isinstance(content, list):
        return content, [None] * len(content)
    if isinstance(content, dict) and "people" not in content:  # {"000001.jpg": frame, ...}, AlphaPose's OpenPose form
        digits = ["".join(c for c in str(name).rsplit(".", 1)[0] if c.isdigit()) for name in content]
        return list(content.values()), [int(d) if d else None for d in digits]
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
    counts = [len(document["people"]) for document in documents]
    rows = [person.get(POINTS[0], person.get(POINTS[1], ())) for document in documents for person in document["people"]]
    at = np.repeat(frame, counts)
    full = [i for i, row in enumerate(rows) if row]
    values = flat_rows([rows[i] for i in full], source.name)
    skeleton = counted_skeleton(values.shape[1], source.name, openpose=True) if len(full) else BODY25
    confidence, noted = as_confidence(values[:, : len(skeleton), 2])
    # ids, where a tracker gave them: OpenPose itself writes -1
    ids = [_person_id(person) for document in documents for person in document["people"]]
    known = [ids[i] for i in full]
    track = np.unique(known, return_inverse=True)[1] if known and min(known) >= 0 else None
    return People(values[:, : len(skeleton), :2], confidence, at[full], n_frames, skeleton, track=track, info={**info, **noted})


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
        raise FileError(f"a keypoint of {where} is not a number", expected="three numbers a keypoint") from None


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
