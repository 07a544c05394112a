"""Pickled poses of OpenGait and PySKL, read without running anything in them.

OpenGait (datasets/pretreatment_pose.py): an array ``(T, K, 3)`` of x, y, confidence, one walk a file. PySKL and MMAction2: a
list of annotations, or ``{"split", "annotations"}``, each ``{"frame_dir", "label", "img_shape", "total_frames", "keypoint" (M,
T, K, 2), "keypoint_score" (M, T, K)}``; name one with ``path.pkl#frame_dir``.

A pickle is a program. This reader runs only the words that rebuild numpy arrays and plain values (numbers, text, lists, tuples,
dicts, sets); any other is refused before it is looked up.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.io.names import counted_skeleton
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source


def _latin(text: str, encoding: str = "latin1") -> bytes:
    """What Python 2 pickles call ``_codecs.encode`` for: the bytes of an array."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"encoding {encoding!r}")
    return text.encode("latin1")


def _array(kind: type, shape: tuple[int, ...], code: bytes) -> np.ndarray:
    """An empty array for the pickle to fill; pickles ask for ``ndarray, (0,), b"b"``."""
    if kind is not np.ndarray or tuple(shape) != (0,):
        raise pickle.UnpicklingError("an array of an unusual make")
    return np.ndarray.__new__(np.ndarray, (0,), np.dtype("b"))


def _scalar(kind: np.dtype, raw: Any = None) -> Any:
    """One number."""
    if kind.hasobject or not isinstance(raw, bytes):
        raise pickle.UnpicklingError("a scalar of an unusual make")
    return np.frombuffer(raw, dtype=kind, count=1)[0]


def _from_buffer(buffer: Any, kind: np.dtype, shape: Any, order: str) -> np.ndarray:
    """An array, as protocol 5 writes it."""
    return np.frombuffer(buffer, dtype=kind).reshape(shape, order=order)


_NUMPY: dict[str, Any] = {
    "multiarray._reconstruct": _array,
    "multiarray.scalar": _scalar,
    "numeric._frombuffer": _from_buffer,
}
ALLOWED: dict[tuple[str, str], Any] = {
    **{(f"numpy.{core}.{name.split('.')[0]}", name.split(".")[1]): f for core in ("core", "_core") for name, f in _NUMPY.items()},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _latin,
    **{(module, name): kind for module in ("builtins", "__builtin__") for name, kind in (("set", set), ("frozenset", frozenset))},
    ("collections", "OrderedDict"): dict,
}


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows arrays and plain values only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise _Refused(f"{module}.{name}")
        found = ALLOWED[module, name]
        # a pickle may set attributes on what it is given: types of C refuse that, a function of ours is lent as a throw-away
        return found if isinstance(found, type) else lambda *arguments: found(*arguments)

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused("a persistent reference")


class _Refused(pickle.UnpicklingError):
    """The pickle asks for something that is neither an array nor a plain value."""


def load_plain(raw: bytes, where: str) -> Any:
    """What a pickle holds, if it holds numpy arrays and plain values only; nothing in it is run.

    Raises
    ------
    FileError
        It asks for anything else, or breaks off.

    Examples
    --------
    >>> load_plain(pickle.dumps({"fps": 30}), "a.pkl")
    {'fps': 30}
    """
    try:
        return _PlainUnpickler(io.BytesIO(raw)).load()
    except _Refused as error:
        raise FileError(
            f"{where} is refused: this pickle would run code of its own",
            found=str(error),
            expected="numpy arrays, numbers, text, lists and dicts only",
            do="save the arrays with np.savez instead, if you trust the file",
        ) from None
    except Exception as error:  # a broken pickle may raise anything
        raise FileError(
            f"{where} is a pickle that breaks off or cannot be read",
            found=f"{type(error).__name__}: {str(error)[:80]}",
            do="copy or export it again",
        ) from None


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
