"""NPZ: skelgait's own, which keeps everything, and any other that names its keypoints.

Ours holds every field of a `PoseSequence`. Others are read when they hold ``names`` (or ``keypoint_names``) and an array
``(T, K, 2 or 3)`` called ``xy``, ``keypoints``, ``kp...`` or named with ``path.npz#array``; a third column is the confidence.
``fps``, ``view``, ``size``, ``time_s`` and ``confidence`` are used when they are there.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import Skeleton
from skelgait.io.atomic import new_file
from skelgait.io.names import named_skeleton
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source

MARK = "skelgait_pose"
VERSION = 1
_NAMES = ("names", "keypoint_names", "node_names", "bodyparts")
_POINTS = ("xy", "keypoints", "kp", "points", "pose", "data")


def recognises(source: Source) -> bool:
    """Whether it is ours, or names its keypoints."""
    return source.kind == "npz" and (MARK in source.content or any(name in source.content for name in _NAMES))


def read(source: Source, *, view: str | None = None) -> People | PoseSequence:
    """The pose in an NPZ.

    Raises
    ------
    FileError
        Truncated, of a newer version, no array of keypoints, or several and none named.
    """
    try:
        with np.load(source.path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files if archive[name].dtype != object}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise FileError(
            f"{source.name} cannot be read", found=str(error)[:100], do="copy it again, or save it without object arrays"
        ) from None
    return _ours(arrays, source) if MARK in arrays else _others(arrays, source)


def _ours(arrays: dict[str, np.ndarray], source: Source) -> PoseSequence:
    meta = json.loads(str(arrays[MARK]))
    if meta["version"] > VERSION:
        raise FileError(
            f"{source.name} was written by a newer skelgait",
            found=f"version {meta['version']}",
            expected=f"version {VERSION}",
            do="update skelgait",
        )
    return PoseSequence(
        arrays["xy"],
        arrays["confidence"],
        fps=meta["fps"],
        skeleton=Skeleton(meta["skeleton"], tuple(arrays["names"].tolist()), tuple(map(tuple, meta["bones"]))),
        view=meta["view"],
        filled=arrays["filled"],
        swapped=arrays["swapped"],
        time_s=arrays["time_s"],
        size=tuple(meta["size"]) if meta["size"] else None,
        source=meta["source"],
        steps=tuple(meta["steps"]),
        info=meta["info"],
    )


def _others(arrays: dict[str, np.ndarray], source: Source) -> People:
    names = next(arrays[name] for name in _NAMES if name in arrays)
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in np.ravel(names).tolist()]
    fitting = [
        name
        for name, values in arrays.items()
        if values.ndim == 3 and values.shape[1] == len(names) and values.shape[2] in (2, 3) and values.dtype.kind in "fiu"
    ]
    wanted = (
        [source.part]
        if source.part
        else [n for n in _POINTS if n in fitting] or [n for n in fitting if n.startswith("kp")] or fitting
    )
    if source.part and source.part not in fitting:
        raise FileError(
            f"{source.path.name} has no keypoints called {source.part!r}",
            found=", ".join(fitting) or ", ".join(arrays),
            do="name one of these after the #",
        )
    if not wanted:
        raise FileError(
            f"{source.name} holds no keypoints",
            found=", ".join(f"{name} {values.shape}" for name, values in list(arrays.items())[:8]),
            expected=f"an array (frames, {len(names)}, 2 or 3) for its {len(names)} names",
        )
    if len(wanted) > 1 and wanted[0] not in _POINTS:
        raise FileError(
            f"{source.path.name} holds keypoints of {len(wanted)} cameras",
            found=", ".join(wanted),
            do=f'name one: "{source.path.name}#{wanted[0]}"',
        )
    values = np.asarray(arrays[wanted[0]], dtype=float)
    scores = values[..., 2] if values.shape[2] == 3 else arrays.get("confidence", arrays.get("scores"))
    confidence, noted = (None, {}) if scores is None else as_confidence(scores)
    xy = values[..., :2].copy()
    if scores is None:
        xy[(xy == 0).all(axis=-1)] = np.nan
    size = arrays.get("size", arrays.get("image_size"))
    return People.one(xy, confidence, skeleton=named_skeleton(names, source.name)).with_(
        fps=float(arrays["fps"]) if "fps" in arrays else None,
        view=str(arrays["view"]) if "view" in arrays and arrays["view"].size == 1 else None,
        size=None if size is None else (int(size[0]), int(size[1])),
        time_s=np.asarray(arrays["time_s"], float) if "time_s" in arrays else None,
        info=noted,
    )


def write(pose: PoseSequence, path: Path) -> None:
    """Write everything a pose holds; reading it back gives an equal pose.

    Parameters
    ----------
    pose : PoseSequence
    path : Path
        Ends in ``.npz``.
    """
    with new_file(path) as temporary:
        np.savez_compressed(
            temporary,
            xy=pose.xy,
            confidence=pose.confidence,
            filled=pose.filled,
            swapped=pose.swapped,
            time_s=pose.time_s,
            names=np.array(pose.skeleton.names),
            **{MARK: np.array(json.dumps(describe_pose(pose)))},
        )


def describe_pose(pose: PoseSequence) -> dict[str, Any]:
    """What a pose holds besides its arrays, as plain data; what JSON cannot hold in ``info`` is written as text."""
    return {
        "version": VERSION,
        "fps": pose.fps,
        "view": pose.view,
        "size": list(pose.size) if pose.size else None,
        "skeleton": pose.skeleton.name,
        "bones": [list(bone) for bone in pose.skeleton.bones],
        "source": pose.source,
        "steps": list(pose.steps),
        "info": json.loads(json.dumps(dict(pose.info), default=_plain)),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return str(value)
