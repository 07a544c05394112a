"""MediaPipe pose landmarks, as CSV, NPZ or NPY, and any table with an x and a y column a keypoint.

MediaPipe has no file format of its own; these are the habits met: columns ``x_0 y_0 z_0 visibility_0 ...`` (or ``x0``, ``0_x``,
from 0 or from 1), columns named after the landmark (``LEFT_HIP_x``, ``left_hip.x``, ``x_left_hip``), and arrays, see
`skelgait.io.landmark_arrays`. The score of a landmark is its visibility, times its presence where both are given. MediaPipe's
coordinates are shares of the image: they need the image's size, from columns ``width`` and ``height``, from the NPZ, or given.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from skelgait.core.errors import FileError
from skelgait.core.skeleton import Skeleton
from skelgait.io import landmark_arrays
from skelgait.io.names import counted_skeleton, named_skeleton
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source, place_frames
from skelgait.io.table import clock, read_table, stated_size

FIELDS = {
    **dict.fromkeys(("x", "x_px", "px_x"), "x"),
    **dict.fromkeys(("y", "y_px", "px_y"), "y"),
    **dict.fromkeys(("z", "z_px"), "z"),
    **dict.fromkeys(("visibility", "vis", "v", "confidence", "conf", "c", "score", "likelihood", "p"), "score"),
    **dict.fromkeys(("presence", "pres"), "presence"),
}
_FIELD = "|".join(sorted(FIELDS, key=len, reverse=True))
_PATTERNS = [
    re.compile(rf"(?i)^(?P<point>.+?)[_. :/-]+(?P<field>{_FIELD})$"),
    re.compile(rf"(?i)^(?P<field>{_FIELD})[_. :/-]*(?P<point>\d+|.+)$"),
]


def wide_columns(columns: list[str]) -> dict[str, dict[str, str]]:
    """Columns of each point: ``{"left_hip": {"x": "left_hip_x", "y": ...}}``, only points with both x and y."""
    points: dict[str, dict[str, str]] = {}
    for column in columns:
        for pattern in _PATTERNS:
            match = pattern.match(column.strip())
            if match and not (pattern is _PATTERNS[1] and column[1:2].isalpha() and len(match["field"]) == 1):
                points.setdefault(match["point"].strip("_. "), {}).setdefault(FIELDS[match["field"].lower()], column)
                break
    return {point: found for point, found in points.items() if {"x", "y"} <= set(found)}


def recognises(source: Source) -> bool:
    """Whether a table has x and y columns of several points, or there is an array and no names."""
    if source.kind == "table":
        return len(source.content) > 1 and len(wide_columns(source.content[0])) >= 3
    if source.kind == "npz" and "names" not in source.content and "keypoint_names" not in source.content:
        return any(name in source.content for name in landmark_arrays.NAMES)
    return source.kind == "npy"


def read(source: Source, *, view: str | None = None) -> People:
    """The person in a landmark table or array.

    Raises
    ------
    FileError
        No array of landmarks, columns that are not numbers, a number of landmarks without a layout.
    """
    return _read_table(source) if source.kind == "table" else landmark_arrays.read_landmarks(source)


def _read_table(source: Source) -> People:
    table, header = read_table(source)
    points = wide_columns([str(column) for column in table.columns])
    names = list(points)
    xy = np.stack([_numbers(table, [points[name][axis] for name in names], source.name) for axis in "xy"], axis=-1)
    scores = None
    if all("score" in found for found in points.values()):
        scores = _numbers(table, [points[name]["score"] for name in names], source.name)
    if all("presence" in found for found in points.values()):
        presence = _numbers(table, [points[name]["presence"] for name in names], source.name)
        scores = presence if scores is None else scores * presence
    if scores is None:
        xy[(xy == 0).all(axis=2)] = np.nan
    skeleton, order = _wide_skeleton(names, source.name)
    confidence, noted = (None, {}) if scores is None else as_confidence(scores[:, order])
    time_s, fps, frame_numbers = clock(table, source.name)
    frame, n_frames, info = place_frames(frame_numbers)
    people = People.one(xy[:, order], confidence, skeleton=skeleton)
    return people.with_(
        frame=frame[people.frame],
        n_frames=n_frames,
        fps=header.get("fps", fps),
        time_s=time_s if n_frames == len(table) else None,
        size=header.get("size") or stated_size(table),
        view=header.get("view"),
        info={**info, **noted},
    )


def _numbers(table: pd.DataFrame, columns: list[str], where: str) -> np.ndarray:
    try:
        return table[columns].to_numpy(float, na_value=np.nan).copy()
    except (TypeError, ValueError):
        odd = next(c for c in columns if not pd.api.types.is_numeric_dtype(table[c]))
        raise FileError(f"column {odd} of {where} holds text", found=repr(table[odd].iloc[0]), expected="numbers") from None


def _wide_skeleton(names: list[str], where: str) -> tuple[Skeleton, list[int]]:
    """Layout and order of the points: numbered points by their number, named ones as they come."""
    numbers = [re.fullmatch(r"(?i)(?:landmark|lm|keypoint|kp|point|pose|joint)?[_. ]*(\d+)", name) for name in names]
    if all(numbers):
        order = sorted(range(len(names)), key=lambda i: int(numbers[i][1]))  # type: ignore[index]
        skeleton = counted_skeleton(len(names), where)
        return skeleton, order[: len(skeleton)]
    return named_skeleton(names, where), list(range(len(names)))
