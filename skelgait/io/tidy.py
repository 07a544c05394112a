"""Tidy CSV: one row a frame and keypoint; skelgait's own, and any long table that is built so.

Ours is `PoseSequence.to_frame` (``frame time_s keypoint x_px y_px confidence filled``) with a column ``swapped`` and one comment
line above it, ``# {"skelgait_pose": 1, "fps": 60.0, "view": "sagittal_left", ...}``, so that pandas reads it with
``comment="#"``. Other long tables need a column for the keypoint (name, or number of a known layout), one for x and one for y,
and one that counts frames or tells the time; ``person`` tells several people apart.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SKELETONS, Skeleton
from skelgait.io.atomic import new_file
from skelgait.io.names import counted_skeleton, in_known_order, named_skeleton
from skelgait.io.npz import MARK, VERSION, describe_pose
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source, place_frames
from skelgait.io.table import CLOCKS, FRAMES, clock, first_text, read_table, stated_size

KEYPOINT = (
    "keypoint",
    "keypoint_name",
    "landmark",
    "landmark_name",
    "name",
    "bodypart",
    "joint",
    "marker",
    "point",
    "landmark_id",
    "landmark_index",
    "keypoint_id",
    "id",
)
X, Y = ("x_px", "x", "x_pixel", "px_x"), ("y_px", "y", "y_pixel", "px_y")
SCORE = ("confidence", "likelihood", "score", "visibility", "conf", "c", "probability")
PERSON = ("person", "person_id", "track", "track_id", "individual", "subject_id")


def _find(columns: list[str], names: tuple[str, ...]) -> str | None:
    lower = {column.lower().strip(): column for column in reversed(columns)}
    return next((lower[name] for name in names if name in lower), None)


def recognises(source: Source) -> bool:
    """Whether there is a column for the keypoint, for x, for y, and for frame or time."""
    return source.kind == "table" and has_columns(source.content[0])


def has_columns(columns: list[str]) -> bool:
    """Whether there is a column for the keypoint, for x, for y, and for frame or time."""
    return all(_find(columns, names) for names in (KEYPOINT, X, Y, (*FRAMES, *CLOCKS)))


def read(source: Source, *, view: str | None = None) -> People | PoseSequence:
    """The pose or poses in a long table.

    Raises
    ------
    FileError
        A keypoint twice in a frame, cells that are not numbers, no name of a point of the leg.
    """
    return read_long(*read_table(source), source)


def read_long(table: pd.DataFrame, header: dict, source: Source) -> People | PoseSequence:
    """The pose or poses in a long table; ``header`` is what our own files say beside it."""
    columns = [str(column) for column in table.columns]
    table.columns = columns
    if MARK in header:
        return _ours(table, header, source)
    frame_column, keypoint, x, y = (_find(columns, names) for names in ((*FRAMES, *CLOCKS), KEYPOINT, X, Y))
    assert frame_column is not None
    score, person = _find(columns, SCORE), _find(columns, PERSON)
    time_s, fps, _ = clock(table, source.name)
    counted = _find(columns, FRAMES)
    if counted:
        frame, n_frames, info = place_frames(table[counted].astype(int).tolist())
    else:
        frame, info = np.unique(table[frame_column].to_numpy(), return_inverse=True)[1], {}
        n_frames = int(frame.max()) + 1
    points = list(dict.fromkeys(table[keypoint]))
    if all(isinstance(point, (int, np.integer)) for point in points):
        points = sorted(points)
        skeleton = counted_skeleton(len(points), source.name)
    else:
        points = in_known_order([str(point) for point in points], points)
        skeleton = named_skeleton([str(point) for point in points], source.name)
    k = table[keypoint].map({point: i for i, point in enumerate(points)}).to_numpy()
    people = list(dict.fromkeys(table[person])) if person else [0]
    who = table[person].map({name: i for i, name in enumerate(people)}).to_numpy() if person else np.zeros(len(table), int)
    slots = (who * n_frames + frame) * len(points) + k
    if len(np.unique(slots)) < len(slots):
        values, counts = np.unique(slots, return_counts=True)
        at = int(np.flatnonzero(slots == values[counts > 1][0])[0])
        raise FileError(
            f"{source.name} has a keypoint twice in one frame",
            found=f"{table[keypoint].iloc[at]} in frame {table[frame_column].iloc[at]}",
            do="keep one row a frame and keypoint" + ("" if person else ", or add a column person"),
        )
    xy = np.full((len(people) * n_frames * len(points), 2), np.nan)
    try:
        xy[slots] = table[[x, y]].to_numpy(float)
        scores = None
        if score:
            scores = np.zeros(len(xy))
            scores[slots] = table[score].to_numpy(float)
    except (TypeError, ValueError):
        cells = table[[name for name in (x, y, score) if name]]
        raise FileError(
            f"a coordinate of {source.name} is not a number",
            found=first_text(cells) or f"columns {x}, {y}",
            expected="numbers, and nothing where a point was not seen",
            do="leave the cell empty",
        ) from None
    shape = (len(people), n_frames, len(points))
    confidence, noted = (None, {}) if scores is None else as_confidence(scores.reshape(shape)[:, :, : len(skeleton)])
    xy = xy.reshape(*shape, 2)[:, :, : len(skeleton)]
    several = People.several(xy, confidence, skeleton=skeleton, names=[str(name) for name in people] if person else ())
    return several.with_(
        fps=header.get("fps", fps),
        view=header.get("view"),
        size=header.get("size") or stated_size(table),
        time_s=_frame_times(time_s, frame, n_frames),
        info={**info, **noted},
    )


def _frame_times(time_s: np.ndarray | None, frame: np.ndarray, n_frames: int) -> np.ndarray | None:
    """Time of each frame, from the time of each row; None when a frame has none."""
    if time_s is None:
        return None
    times = np.full(n_frames, np.nan)
    times[frame] = time_s
    return times if np.isfinite(times).all() else None


def _ours(table: pd.DataFrame, header: dict, source: Source) -> PoseSequence:
    if header[MARK] > VERSION:
        raise FileError(f"{source.name} was written by a newer skelgait", found=f"version {header[MARK]}", do="update skelgait")
    names = tuple(dict.fromkeys(table["keypoint"]))
    known = SKELETONS.get(header["skeleton"])
    if known is not None and set(known.names) == set(names):
        names = known.names
    if (table["keypoint"].to_numpy() != np.resize(np.array(names, object), len(table))).any() or (
        np.diff(table["frame"]) < 0
    ).any():
        table = table.assign(_at=table["keypoint"].map({name: i for i, name in enumerate(names)}))
        table = table.sort_values(["frame", "_at"], kind="stable")  # somebody sorted the rows otherwise
    frames, left = divmod(len(table), len(names))
    if left:
        raise FileError(
            f"{source.name} breaks off",
            found=f"{len(table)} rows",
            expected=f"{len(names)} rows a frame",
            do="write or copy it again",
        )
    shape = (frames, len(names))

    def column(name: str, kind: type) -> np.ndarray:
        try:
            return table[name].to_numpy(kind).reshape(shape)
        except (TypeError, ValueError, KeyError):
            raise FileError(
                f"column {name} of {source.name} is missing or holds something else",
                expected=f"{kind.__name__} in every row",
                do="export it again with write_pose; a file that was edited may leave out the first line",
            ) from None

    return PoseSequence(
        np.stack([column("x_px", float), column("y_px", float)], axis=-1),
        column("confidence", float),
        fps=header["fps"],
        skeleton=Skeleton(header["skeleton"], names, tuple(map(tuple, header["bones"]))),
        view=header["view"],
        filled=column("filled", bool),
        swapped=column("swapped", bool)[:, 0] if "swapped" in table else None,
        time_s=column("time_s", float)[:, 0],
        size=tuple(header["size"]) if header["size"] else None,
        source=header["source"],
        steps=tuple(header["steps"]),
        info=header["info"],
    )


def write(pose: PoseSequence, path: Path) -> None:
    """Write one row a frame and keypoint, under a comment line with everything else; reading it back gives an equal pose.

    Parameters
    ----------
    pose : PoseSequence
    path : Path
        Ends in ``.csv``.
    """
    table, meta = long_table(pose)
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {json.dumps(meta)}\n")
        table.to_csv(file, index=False)


def long_table(pose: PoseSequence) -> tuple[pd.DataFrame, dict]:
    """The pose as rows of a frame and keypoint, and everything that has no place in them.

    Parameters
    ----------
    pose : PoseSequence

    Returns
    -------
    DataFrame
    dict
    """
    table = pose.to_frame()
    table["swapped"] = np.repeat(pose.swapped, len(pose.skeleton))
    meta = describe_pose(pose)
    return table, {MARK: meta.pop("version"), **meta}
