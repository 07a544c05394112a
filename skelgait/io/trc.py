"""TRC (track row column), of OpenSim, Vicon and Motion Analysis in 3D, and of Sports2D in the plane of the image.

Five header lines (``DataRate CameraRate NumFrames NumMarkers Units ...``; marker names; ``X1 Y1 Z1 ...``), then ``frame, time,
x, y, z, ...``, separated by tabs. A file whose third coordinate never changes is planar: its x and y are taken as they are.
Sports2D writes ``m`` in the header of its pixel files too, so metres are believed only where a leg is of a human's length; y is
turned down when the feet lie below. Any other file is 3D and is projected onto a plane of the walk.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.io.atomic import new_file
from skelgait.io.c3d import UNITS_M
from skelgait.io.mocap import people_from_markers
from skelgait.io.names import named_skeleton
from skelgait.io.people import People
from skelgait.io.projection import METRES_PER_PX
from skelgait.io.source import Source, text_encoding
from skelgait.io.table import steady_times, tidy_rate

# A body taller than this is not in metres, whatever the header says.
TALLEST_M = 4.0


def recognises(source: Source) -> bool:
    """Whether the file begins as a TRC does."""
    return source.kind == "trc"


def read(source: Source, *, view: str | None = None) -> People:
    """The markers of a TRC, projected when they are 3D.

    Raises
    ------
    FileError
        Truncated, a header that does not fit the columns, no marker of a known name.
    """
    header, labels, values, time_s = _read_file(source)
    points = values.reshape(len(values), -1, 3)[:, : len(labels)]
    points = np.where((points == 0).all(axis=2, keepdims=True), np.nan, points)
    unit = str(header.get("Units", "mm")).strip().lower()
    fps = _rate(header, time_s)
    seen = ~np.isnan(points[..., 2])
    highest, lowest = np.where(seen, points[..., 2], -np.inf).max(axis=0), np.where(seen, points[..., 2], np.inf).min(axis=0)
    if (highest - lowest).max(initial=0.0) < 1e-9:
        people = _planar(points[..., :2].copy(), labels, unit, source.name)
    elif unit not in UNITS_M:
        raise FileError(f"the unit of {source.name} is not known", found=repr(unit), expected=", ".join(UNITS_M))
    else:
        people = people_from_markers(
            labels, np.moveaxis(points, 0, 1) * UNITS_M[unit], view=view, where=source.name, only=source.part
        )
    return people.with_(fps=fps, time_s=None if time_s is None or fps is None else steady_times(time_s, fps))


def _read_file(source: Source) -> tuple[dict[str, str], list[str], np.ndarray, np.ndarray | None]:
    """Header, marker names, coordinates (T, 3 M) and times."""
    encoding = text_encoding(source.path)
    with source.path.open(encoding=encoding, errors="replace") as file:
        lines = [file.readline().rstrip("\r\n") for _ in range(5)]
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    if "NumMarkers" not in header or not lines[3].strip():
        raise FileError(
            f"the header of {source.name} is not a TRC's",
            found=lines[1][:80] or "nothing",
            expected="DataRate, ..., NumMarkers, Units",
        )
    labels = [cell.strip() for cell in lines[3].split("\t")[2:] if cell.strip()]
    try:
        table = pd.read_csv(source.path, sep="\t", header=None, skiprows=5, encoding=encoding, skip_blank_lines=True, dtype=float)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise FileError(
            f"the rows of {source.name} are not numbers, or break off", found=str(error)[:100], do="export it again"
        ) from None
    columns = 2 + 3 * len(labels)
    if table.shape[1] < columns or len(labels) != int(float(header["NumMarkers"])):
        raise FileError(
            f"the columns of {source.name} do not fit its header",
            found=f"{table.shape[1]} columns, {len(labels)} names, NumMarkers {header['NumMarkers']}",
            expected=f"{columns} columns: frame, time and three a marker",
        )
    stated = int(float(header.get("NumFrames") or len(table)))
    if len(table) < stated:
        raise FileError(
            f"{source.name} breaks off",
            found=f"{len(table)} frames",
            expected=f"{stated}, by its header",
            do="copy or export it again",
        )
    time_s = table[1].to_numpy(float)
    good = np.isfinite(time_s).all() and len(time_s) > 1 and (np.diff(time_s) > 0).all()
    return header, labels, table.iloc[:, 2:columns].to_numpy(float), time_s if good else None


def _rate(header: dict[str, str], time_s: np.ndarray | None) -> float | None:
    """Frames per second: the header's, unless the times say clearly otherwise."""
    try:
        stated = float(header.get("DataRate") or "nan")
    except ValueError:
        stated = np.nan
    if time_s is not None:
        measured = tidy_rate(np.diff(time_s))
        if not stated > 0 or abs(measured - stated) > 0.02 * stated:
            return measured
    return stated if stated > 0 else None


def _planar(xy: np.ndarray, labels: list[str], unit: str, where: str) -> People:
    skeleton = named_skeleton(labels, where)
    top = [i for name in ("left_hip", "right_hip", "mid_hip", "neck", "head", "nose") for i in skeleton.sources(name)]
    low = [i for name in ("left_ankle", "right_ankle", "left_heel", "right_heel") for i in skeleton.sources(name)]
    feet, trunk = (points[~np.isnan(points)] for points in (xy[:, low, 1], xy[:, top, 1]))
    if len(feet) and len(trunk) and np.median(feet) < np.median(trunk):
        xy[..., 1] *= -1
    rows = xy[~np.isnan(xy[..., 1]).all(axis=1), :, 1]
    tall = float(np.median(np.nanmax(rows, axis=1) - np.nanmin(rows, axis=1))) if len(rows) else 0.0
    info: dict[str, object] = {}
    if unit in UNITS_M and tall * UNITS_M[unit] <= TALLEST_M:
        xy *= UNITS_M[unit] / METRES_PER_PX
        info["metres_per_px"] = METRES_PER_PX
    return People.one(xy, None, skeleton=skeleton).with_(info=info)


def write(pose: PoseSequence, path: Path) -> None:
    """Write a planar TRC in pixels (y down as in the image, z 0), or in metres (y up) where the pose knows its scale.

    Parameters
    ----------
    pose : PoseSequence
        ``info["metres_per_px"]`` sets the scale.
    path : Path
        Ends in ``.trc``.

    Notes
    -----
    A missing point is an empty cell. The format holds no confidence, view or filled mask. Metres come back from `read` as
    millimetre pixels.
    """
    scale = pose.info.get("metres_per_px")
    xy, unit = (pose.xy, "px") if not scale else (pose.xy * (float(scale), -float(scale)), "m")
    names = pose.skeleton.names
    rate = f"{pose.fps:.10g}"
    title = "\t".join(
        ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame", "OrigNumFrames")
    )
    numbers = "\t".join(map(str, (rate, rate, pose.n_frames, len(names), unit, rate, 1, pose.n_frames)))
    axes = "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(names) + 1))
    table = np.concatenate([xy, np.where(np.isnan(xy[..., :1]), np.nan, 0.0)], axis=2).reshape(pose.n_frames, -1)
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(f"PathFileType\t4\t(X/Y/Z)\t{path.name}\n{title}\n{numbers}\n")
        file.write("Frame#\tTime\t" + "\t\t\t".join(names) + f"\t\t\n\t\t{axes}\n\n")
        frame = pd.DataFrame(table)
        frame.insert(0, "time", pose.time_s)
        frame.insert(0, "frame", np.arange(1, pose.n_frames + 1))
        frame.to_csv(file, sep="\t", header=False, index=False, lineterminator="\n")
