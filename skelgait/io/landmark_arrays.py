"""MediaPipe landmarks as arrays, in an NPZ or an NPY.

Shapes met: ``(T, 33, 2 to 5)`` of x, y, z, visibility, presence; the same in one row a frame, ``(T, 132)`` for x, y, z, visibility
(99 without it, 165 with presence); and ``(T, 1662)``, the rows of MediaPipe Holistic, which begin with the body's 132 numbers. An
axis of length 1 for the person does not matter. Of three columns the third is the visibility where all of it lies between 0 and 1,
else the depth, which has both signs. A landmark of zeros is missing.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.skeleton import BLAZEPOSE33
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source

# What an NPZ calls them.
NAMES = ("landmarks", "pose_landmarks", "keypoints", "pose", "xy", "data", "arr_0")
POINTS = len(BLAZEPOSE33)
HOLISTIC = 1662
_ABOUT = ("fps", "width", "height", "size", "image_size", "time_s", "visibility")


def read_landmarks(source: Source) -> People:
    """The person in an array of landmarks.

    Parameters
    ----------
    source : Source
        Of kind ``npz`` or ``npy``.

    Raises
    ------
    FileError
        Truncated, not numbers, no array of that name, or not of 33 landmarks.
    """
    name, values, about = _load(source)
    values = _as_frames(values, name)
    scores, noted = np.asarray(about["visibility"], float) if "visibility" in about else None, {}
    if scores is None and values.shape[2] >= 4:
        scores = values[..., 3] * (values[..., 4] if values.shape[2] >= 5 else 1.0)
    elif scores is None and values.shape[2] == 3 and _is_score(values[..., 2]):
        scores, noted = values[..., 2], {"third_column": "visibility"}
    confidence, told = (None, {}) if scores is None else as_confidence(scores)
    xy = values[..., :2].copy()
    if scores is None:
        xy[(xy == 0).all(axis=2)] = np.nan
    size = about.get("size", about.get("image_size"))
    if size is None and {"width", "height"} <= set(about):
        size = (about["width"], about["height"])
    return People.one(xy, confidence, skeleton=BLAZEPOSE33).with_(
        fps=float(about["fps"]) if "fps" in about else None,
        size=None if size is None else (int(size[0]), int(size[1])),
        time_s=np.asarray(about["time_s"], float) if "time_s" in about else None,
        info={**noted, **told},
    )


def _load(source: Source) -> tuple[str, np.ndarray, dict[str, Any]]:
    """What the array is called in messages, the array, and what else is known."""
    try:
        loaded = np.load(source.path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return source.name, np.asarray(loaded, dtype=float), {}
        with loaded as archive:
            wanted = [source.part] if source.part else [name for name in NAMES if name in archive.files]
            if not wanted or wanted[0] not in archive.files:
                raise FileError(
                    f"{source.name} has no such array", found=", ".join(archive.files), do="name one of them after the #"
                )
            values = np.asarray(archive[wanted[0]], dtype=float)
            about = {name: archive[name] for name in _ABOUT if name in archive.files}
        return f"array {wanted[0]} of {source.name}", values, about
    except FileError:
        raise
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise FileError(
            f"{source.name} cannot be read",
            found=str(error).splitlines()[0][:100],
            expected="an array of numbers",
            do="copy it again, or save it without object arrays",
        ) from None


def _as_frames(values: np.ndarray, name: str) -> np.ndarray:
    """The array as (T, 33, 2 to 5)."""
    shape = values.shape
    if values.ndim == 4 and 1 in shape[:2]:
        values = values.reshape(-1, *shape[2:])
    if values.ndim == 3 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.shape[1] == HOLISTIC:
        values = values[:, : POINTS * 4]
    if values.ndim == 2 and values.shape[1] in range(2 * POINTS, 6 * POINTS, POINTS):
        values = values.reshape(len(values), POINTS, -1)
    if values.ndim != 3 or values.shape[1] != POINTS or not 2 <= values.shape[2] <= 5:
        raise FileError(
            f"{name} is not 33 landmarks a frame, and there are no names for its keypoints",
            found=f"shape {shape}",
            expected="(frames, 33, 2 to 5) or (frames, 132)",
            do="save the names too: np.savez(path, keypoints=xy, names=names, fps=fps)",
        )
    return values


def _is_score(column: np.ndarray) -> bool:
    known = column[np.isfinite(column)]
    return bool(known.size) and known.min() >= 0 and 0 < known.max() <= 1
