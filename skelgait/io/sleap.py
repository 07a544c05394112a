"""SLEAP exports: the analysis HDF5, or the analysis CSV.

https://docs.sleap.ai, "Analysis HDF5 format". ``tracks`` holds x, y of every node, track and frame, stored ``(tracks, 2, nodes,
frames)`` as MATLAB reads it, or in another order named by its attribute ``dims``; ``point_scores`` ``(tracks, nodes, frames)``.
The CSV has columns ``track, frame_idx, instance.score, <node>.x, <node>.y, <node>.score``, one row a detection. Node names are
the user's own words.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.io.hdf5 import open_hdf5
from skelgait.io.names import named_skeleton
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source
from skelgait.io.table import read_table

_MATLAB = {"tracks": ("tracks", "xy", "nodes", "frames"), "point_scores": ("tracks", "nodes", "frames")}
_WORDS = {"track": "tracks", "node": "nodes", "frame": "frames", "coord": "xy", "coords": "xy", "xy": "xy", "space": "xy"}


def recognises(source: Source) -> bool:
    """Whether it has SLEAP's columns or data sets."""
    if source.kind == "table":
        header = [cell.lower() for cell in source.content[0]]
        return "frame_idx" in header and "track" in header and sum(cell.endswith(".x") for cell in header) >= 1
    if source.kind == "hdf5":
        with open_hdf5(source) as file:
            return "tracks" in file and "node_names" in file
    return False


def read(source: Source, *, view: str | None = None) -> People:
    """The tracks of a SLEAP export.

    Raises
    ------
    FileError
        Data sets whose shapes do not fit each other.
    NotInstalled
        An HDF5 without h5py.
    """
    return _read_csv(source) if source.kind == "table" else _read_hdf5(source)


def _read_csv(source: Source) -> People:
    table, header = read_table(source)
    nodes = [c[:-2] for c in table.columns if c.endswith(".x") and f"{c[:-2]}.y" in table.columns]
    xy = np.stack([table[[f"{node}.{axis}" for node in nodes]].to_numpy(float) for axis in "xy"], axis=-1)
    has_scores = all(f"{node}.score" in table.columns for node in nodes)
    scores = table[[f"{node}.score" for node in nodes]].to_numpy(float) if has_scores else None
    confidence, noted = (None, {}) if scores is None else as_confidence(scores)
    frame = table["frame_idx"].to_numpy(int)
    tracks = table["track"].astype("string")
    names = list(dict.fromkeys(tracks.dropna()))
    track = np.array([names.index(name) for name in tracks]) if tracks.notna().all() and len(names) > 1 else None
    info = {**noted, **({"first_frame": int(frame.min())} if frame.min() else {})}
    return People(
        xy, confidence, frame - frame.min(), int(np.ptp(frame)) + 1, named_skeleton(nodes, source.name),
        track=track, names=tuple(names) if track is not None else (), fps=header.get("fps"), view=header.get("view"), info=info,
    )  # fmt: skip


def _read_hdf5(source: Source) -> People:
    with open_hdf5(source) as file:
        nodes = [name.decode() if isinstance(name, bytes) else str(name) for name in np.asarray(file["node_names"])]
        xy = _ordered(file, "tracks", len(nodes), source.name)
        scores = _ordered(file, "point_scores", len(nodes), source.name) if "point_scores" in file else None
        given = (
            [n.decode() if isinstance(n, bytes) else str(n) for n in np.asarray(file["track_names"])]
            if "track_names" in file
            else []
        )
        video = file.attrs.get("fps", file["fps"][()] if "fps" in file else None)
    if xy.shape[2] != len(nodes) or (scores is not None and scores.shape != xy.shape[:3]):
        raise FileError(
            f"the data sets of {source.name} do not fit each other",
            found=f"{len(nodes)} nodes, tracks {xy.shape}" + ("" if scores is None else f", point_scores {scores.shape}"),
            expected="tracks (tracks, 2, nodes, frames)",
        )
    confidence, noted = (None, {}) if scores is None else as_confidence(scores)
    names = given if len(given) == len(xy) > 1 else ()
    people = People.several(xy, confidence, skeleton=named_skeleton(nodes, source.name), names=names)
    return people.with_(fps=None if video is None else float(video), info=noted)


def _ordered(file: Any, name: str, nodes: int, where: str) -> np.ndarray:
    """A data set as (tracks, frames, nodes[, 2]), whatever order it is stored in."""
    values = np.asarray(file[name], dtype=float)
    axes = _MATLAB[name]
    stated = file[name].attrs.get("dims")
    if stated is not None:
        words = (
            json.loads(stated)
            if isinstance(stated, (str, bytes))
            else [w.decode() if isinstance(w, bytes) else str(w) for w in stated]
        )
        named = tuple(_WORDS.get(str(word).lower().removeprefix("n_").rstrip("s"), str(word)) for word in words)
        if sorted(named) == sorted(axes):
            axes = named
    elif name == "tracks" and values.ndim == 4 and values.shape[1:3] != (2, nodes) and values.shape[1:3] == (nodes, 2):
        axes = ("frames", "nodes", "xy", "tracks")
    elif name == "point_scores" and values.ndim == 3 and values.shape[1] == nodes and file["tracks"].shape[1:3] == (nodes, 2):
        axes = ("frames", "nodes", "tracks")
    if values.ndim != len(axes):
        raise FileError(
            f"data set {name} of {where} has the wrong shape", found=str(values.shape), expected=f"axes {', '.join(axes)}"
        )
    wanted = ("tracks", "frames", "nodes", "xy")[: len(axes)]
    return np.transpose(values, [axes.index(axis) for axis in wanted])
