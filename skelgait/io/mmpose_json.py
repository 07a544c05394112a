"""Prediction JSON of MMPose, Sapiens and RTMLib: one file, or a folder with one file a frame.

Forms read (a frame is a list of instances, an instance has ``keypoints`` (K, 2 or 3) and ``keypoint_scores`` (K)):

- ``{"meta_info": {...}, "instance_info": [{"frame_id", "instances": [...]}, ...]}``: MMPose's demos, a whole video.
- ``[{"frame_id", "instances": [...]}, ...]`` and ``{"predictions": [[instance, ...], ...]}``: MMPose's inferencer, a whole video.
- ``[[instance, ...], ...]`` and ``[{"keypoints": (N, K, 2), "scores": (N, K)}, ...]``: RTMLib results as they come, a frame each.
- a folder with ``{"instance_info": [instance, ...], "video_info": {...}, "frame_index"}`` a frame: Sapiens, and the public
  sequences of CGV. There ``video_info`` is missing from most frames: the size and rate of any frame that has it are used.

The view comes from a folder named ``{patient}-{session}_{view}_{start}-{end}...`` as in CGV: ``left`` and ``right`` are the side
nearer to the camera, ``forward`` walks towards it (the front is seen), ``backward`` away from it. An argument overrules it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO17, Skeleton
from skelgait.io.names import counted_skeleton, named_skeleton, our_names
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source, place_frames

SCORES = ("keypoint_scores", "scores", "keypoints_scores")
CGV_VIEWS = {"left": "sagittal_left", "right": "sagittal_right", "forward": "frontal_towards", "backward": "frontal_away"}


def recognises(source: Source) -> bool:
    """Whether the documents hold instances with keypoints and scores."""
    content = source.content
    if source.kind == "folder":
        return any(isinstance(document, dict) and "instance_info" in document for document in content)
    if isinstance(content, dict):
        return isinstance(_entries(content), list)
    if not (isinstance(content, list) and content):
        return False
    probe = next((frame for frame in content if frame), content[0])
    if isinstance(probe, dict):
        return "instances" in probe or ("keypoints" in probe and "image_id" not in probe)
    return isinstance(probe, list) and bool(probe) and isinstance(probe[0], dict) and "keypoints" in probe[0]


def read(source: Source, *, view: str | None = None) -> People:
    """Everybody in a prediction file or folder.

    Raises
    ------
    FileError
        Instances without keypoints, people with different numbers of keypoints, a layout without names.
    """
    frames, numbers, meta = _frames(source)
    frame, n_frames, info = place_frames(numbers)
    counts = [len(instances) for instances in frames]
    people = [instance for instances in frames for instance in instances]
    keypoints, scores = _stack(people, source.name)
    skeleton = _skeleton(meta, keypoints.shape[1], source.name) if len(people) else COCO17
    confidence, noted = (None, {}) if scores is None else as_confidence(scores[:, : len(skeleton)])
    ids = [instance.get("track_id", instance.get("instance_id", -1)) for instance in people]
    known = ids and all(isinstance(i, int) and i >= 0 for i in ids)
    video = _video_info(source)
    return People(
        keypoints[:, : len(skeleton), :2],
        confidence,
        np.repeat(frame, counts),
        n_frames,
        skeleton,
        track=np.unique(ids, return_inverse=True)[1] if known else None,
        fps=video.get("fps"),
        size=video.get("size"),
        view=_folder_view(source),
        info={**info, **noted},
    )


def _frames(source: Source) -> tuple[list[list[dict[str, Any]]], list[int | None], dict[str, Any]]:
    """Instances of each frame, the frames' numbers, and the description of the keypoints."""
    content = source.content
    if source.kind == "folder":
        frames = [
            _instances(document.get("instance_info"), source.name) if isinstance(document, dict) else [] for document in content
        ]
        meta = next((d["meta_info"] for d in content if isinstance(d, dict) and isinstance(d.get("meta_info"), dict)), {})
        return frames, list(source.numbers), meta
    meta = content.get("meta_info", {}) if isinstance(content, dict) else {}
    entries = _entries(content)
    if entries and all(isinstance(entry, dict) and "keypoints" in entry and _depth(entry["keypoints"]) == 2 for entry in entries):
        if isinstance(content, dict):
            raise FileError(
                f"{source.name} is one frame of a recording",
                found=f"{len(entries)} people, no list of frames",
                do=f"give the folder that holds all its frames: {source.path.resolve().parent}",
            )
        return [[entry] for entry in entries], [_number(entry) for entry in entries], meta
    frames = [_instances(entry, source.name) for entry in entries]
    return frames, [_number(entry) for entry in entries], meta if isinstance(meta, dict) else {}


def _entries(content: Any) -> Any:
    """The list of frames of a document: MMPose's demos call it instance_info, its inferencer predictions."""
    return content.get("instance_info", content.get("predictions")) if isinstance(content, dict) else content


def _number(entry: Any) -> int | None:
    """The frame number an entry carries."""
    if not isinstance(entry, dict):
        return None
    number = next((entry[name] for name in ("frame_id", "frame_index", "frame_idx", "frame") if name in entry), None)
    return int(number) if isinstance(number, (int, float)) else None


def _instances(entry: Any, where: str) -> list[dict[str, Any]]:
    """The people of a frame, each with keypoints (K, 2 or 3) and scores (K)."""
    if isinstance(entry, dict) and "instances" in entry:
        entry = entry["instances"]
    if isinstance(entry, dict) and "keypoints" in entry:  # arrays over people
        scores = next((entry[name] for name in SCORES if name in entry), None)
        points = entry["keypoints"]
        if _depth(points) == 2:
            points, scores = [points], None if scores is None else [scores]
        return [{"keypoints": p, "keypoint_scores": s} for p, s in zip(points, scores or [None] * len(points), strict=True)]
    if entry is None:
        return []
    if not isinstance(entry, list) or not all(isinstance(instance, dict) and "keypoints" in instance for instance in entry):
        raise FileError(
            f"a frame of {where} holds no list of instances with keypoints",
            found=str(entry)[:80],
            expected='[{"keypoints": [[x, y], ...], "keypoint_scores": [...]}, ...]',
            do="export it again",
        )
    return entry


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list) and value:
        value, depth = value[0], depth + 1
    return depth


def _stack(people: list[dict[str, Any]], where: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Keypoints (N, K, 2) and scores (N, K) of all people."""
    if not people:
        return np.zeros((0, 1, 2)), None
    counts = Counter(len(person["keypoints"]) for person in people)
    if len(counts) > 1:
        raise FileError(
            f"the people of {where} have different numbers of keypoints",
            found=" and ".join(map(str, counts)),
            do="export with one model",
        )
    scores = [next((person[name] for name in SCORES if person.get(name) is not None), None) for person in people]
    try:
        keypoints = np.array([person["keypoints"] for person in people], dtype=float)
        keypoints = keypoints.reshape(len(people), next(iter(counts)), -1)
        given = None if any(s is None for s in scores) else np.array(scores, dtype=float).reshape(keypoints.shape[:2])
    except (TypeError, ValueError):
        raise FileError(
            f"the keypoints of {where} are not numbers of one shape",
            expected="keypoints (K, 2) and keypoint_scores (K) a person",
            do="export it again with one model",
        ) from None
    if given is None and keypoints.shape[2] >= 3:
        given = keypoints[..., 2]
    return keypoints, given


def _skeleton(meta: dict[str, Any], count: int, where: str) -> Skeleton:
    """The layout, by the names in the file when it has them, else by the number of keypoints."""
    listed = meta.get("keypoint_id2name") or {}
    names = [listed.get(str(i), listed.get(i)) for i in range(count)] if isinstance(listed, dict) else list(listed)
    if len(names) == count and all(names):
        if count == 133 and our_names(names)[:17] == COCO17.names:
            return counted_skeleton(133, where)
        return named_skeleton(names, where)
    return counted_skeleton(count, where)


def _video_info(source: Source) -> dict[str, Any]:
    """Rate and size, from whichever frame states them."""
    documents = source.content if isinstance(source.content, list) else [source.content]
    stated = [d["video_info"] for d in documents if isinstance(d, dict) and isinstance(d.get("video_info"), dict)]
    result: dict[str, Any] = {}
    for info in stated:
        fps, width, height = (info.get(name) for name in ("fps", "width", "height"))
        if isinstance(fps, (int, float)) and fps > 0:
            result.setdefault("fps", float(fps))
        if width and height:
            result.setdefault("size", (int(width), int(height)))
    return result


def _folder_view(source: Source) -> str | None:
    """The view in the name of a CGV folder or of the video it came from."""
    documents = source.content if isinstance(source.content, list) else [source.content]
    names = [source.path.name]
    names += [
        str(d["video_info"].get("video_name", ""))
        for d in documents
        if isinstance(d, dict) and isinstance(d.get("video_info"), dict)
    ][:1]
    for name in names:
        match = re.match(r"\d+-\d+_(left|right|forward|backward)_\d+-\d+", name)
        if match:
            return CGV_VIEWS[match.group(1)]
    return None
