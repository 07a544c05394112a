"""Pickled poses of OpenGait and PySKL, read without running anything in them.

OpenGait (datasets/pretreatment_pose.py): an array ``(T, K, 3)`` of x, y, confidence, one walk a file. PySKL and MMAction2: a
list of annotations, or ``{"split", "annotations"}``, each ``{"frame_dir", "label", "img_shape", "total_frames", "keypoint" (M,
T, K, 2), "keypoint_score" (M, T, K)}``; name one with ``path.pkl#frame_dir``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.io.names import counted_skeleton
from skelgait.io.people import People, as_confidence
from skelgait.io.plain_pickle import load_plain
from skelgait.io.source import Source


def recognises(source: Source) -> bool:
    """Every pickle comes here: what is in it is seen when it is read."""
    return source.kind == "pickle"


def read(source: Source, *, view: str | None = None) -> People:
    """The people of one walk in a pickle.

    Raises
    ------
    FileError
        Not arrays and plain values, no array of keypoints, or several walks and none named.
    """
    content = load_plain(source.path.read_bytes(), source.name)
    if isinstance(content, dict) and "annotations" in content:
        content = content["annotations"]
    if isinstance(content, dict) and "keypoint" in content:
        content = [content]
    if isinstance(content, list) and content and all(isinstance(entry, dict) and "keypoint" in entry for entry in content):
        return _read_annotation(_named(content, source), source.name)
    return _read_walk(content, source.name)


def _named(annotations: list[dict[str, Any]], source: Source) -> dict[str, Any]:
    """The annotation asked for with ``#name``, or the only one."""
    names = [str(entry.get("frame_dir", entry.get("filename", i))) for i, entry in enumerate(annotations)]
    if source.part is None and len(annotations) == 1:
        return annotations[0]
    if source.part in names:
        return annotations[names.index(source.part)]
    first = source.path.name
    raise FileError(
        f"{first} holds {len(annotations)} walks" if source.part is None else f"{first} has no walk {source.part!r}",
        found=", ".join(names[:6]) + (", ..." if len(names) > 6 else ""),
        do=f'name one: "{first}#{names[0]}"',
    )


def _read_annotation(entry: dict[str, Any], where: str) -> People:
    keypoint = np.asarray(entry["keypoint"], dtype=float)
    if keypoint.ndim == 3:
        keypoint = keypoint[None]
    if keypoint.ndim != 4 or keypoint.shape[-1] not in (2, 3):
        raise FileError(
            f"the keypoints of {where} have the wrong shape", found=str(keypoint.shape), expected="(people, frames, keypoints, 2)"
        )
    scores = entry.get("keypoint_score")
    if scores is None and keypoint.shape[-1] == 3:
        if keypoint.shape[2] == 25:
            raise FileError(
                f"{where} holds 3D joints of a depth camera (NTU, 25 joints)", expected="2D keypoints", do="use the 2D annotation"
            )
        scores = keypoint[..., 2]
    skeleton = counted_skeleton(keypoint.shape[2], where)
    scores = None if scores is None else np.asarray(scores, float).reshape(keypoint.shape[:3])[:, :, : len(skeleton)]
    confidence, noted = (None, {}) if scores is None else as_confidence(scores)
    xy = keypoint[:, :, : len(skeleton), :2].copy()
    if confidence is None:
        xy[(xy == 0).all(axis=-1)] = np.nan
    shape = entry.get("original_shape", entry.get("img_shape"))
    kept = {name: entry[name] for name in ("frame_dir", "label") if isinstance(entry.get(name), (str, int))}
    people = People.several(xy, confidence, skeleton=skeleton)
    # the order of people in an annotation is by score, frame by frame: no identity
    return people.with_(
        track=None if len(xy) > 1 else people.track, size=(int(shape[1]), int(shape[0])) if shape else None, info={**noted, **kept}
    )


def _read_walk(content: Any, where: str) -> People:
    """An OpenGait walk: an array, or a list of frames."""
    try:
        values = np.asarray(content, dtype=float)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.ndim == 4 and values.shape[0] == 1:
        values = values[0]
    if values.ndim == 3 and values.shape[1:] in ((64, 64), (64, 44), (128, 128), (128, 88)):
        raise FileError(
            f"{where} holds silhouettes, not keypoints", found=f"shape {values.shape}", do="give the pose pickle of this walk"
        )
    if values.ndim != 3 or values.shape[2] not in (2, 3):
        raise FileError(
            f"{where} holds no keypoints in a form known",
            found=f"an array {values.shape}" if values.size else type(content).__name__,
            expected="OpenGait: (frames, keypoints, 3); PySKL: annotations with keypoint (people, frames, keypoints, 2)",
        )
    skeleton = counted_skeleton(values.shape[1], where)
    values = values[:, : len(skeleton)]
    confidence, noted = as_confidence(values[..., 2]) if values.shape[2] == 3 else (None, {})
    xy = values[..., :2].copy()
    if confidence is None:
        xy[(xy == 0).all(axis=-1)] = np.nan
    return People.one(xy, confidence, skeleton=skeleton).with_(info=noted)
