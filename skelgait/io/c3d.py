"""C3D motion capture (c3d.org), read with ezc3d: joint centres and markers projected onto a plane of the walk, and gait events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError, NotInstalled
from skelgait.io.c3d_layout import check_layout
from skelgait.io.mocap import people_from_markers
from skelgait.io.people import People
from skelgait.io.source import Source

UNITS_M = {"mm": 0.001, "cm": 0.01, "dm": 0.1, "m": 1.0, "in": 0.0254, "inch": 0.0254}


def recognises(source: Source) -> bool:
    """Whether the file begins as a C3D does."""
    return source.kind == "c3d"


def open_c3d(path: Path) -> Any:
    """The file as ezc3d gives it.

    Raises
    ------
    NotInstalled
        No ezc3d.
    FileError
        Truncated, or not C3D.
    """
    try:
        import ezc3d
    except ImportError:
        raise NotInstalled(f"{path.name} is a C3D file, and ezc3d is not installed", do='pip install "skelgait[mocap]"') from None
    stated = check_layout(path)
    try:
        file = ezc3d.c3d(str(path))
    except Exception as error:  # ezc3d raises what its C++ threw
        raise FileError(
            f"{path.name} breaks off or is no C3D file",
            found=str(error).strip().splitlines()[0][:100] if str(error) else "",
            do="copy or export it again",
        ) from None
    frames = int(file["data"]["points"].shape[2])  # ezc3d silently gives those that are there
    if frames < stated:
        raise FileError(
            f"{path.name} breaks off", found=f"{frames} frames", expected=f"{stated}, by its header", do="copy or export it again"
        )
    return file


def parameter(file: Any, group: str, name: str, default: Any = None) -> Any:
    """A parameter's value; the default when it is not there. Lists too long for one parameter go on in ``NAME2``, ``NAME3``."""
    parameters = file["parameters"].get(group, {})
    if name not in parameters:
        return default
    value = parameters[name]["value"]
    number = 2
    while isinstance(value, list) and f"{name}{number}" in parameters:
        value = value + parameters[f"{name}{number}"]["value"]
        number += 1
    return value


def frame_rate(file: Any) -> float | None:
    """Frames per second of the points."""
    rate = parameter(file, "POINT", "RATE")
    rate = float(rate[0]) if rate is not None and len(rate) else float(file["header"]["points"]["frame_rate"])
    return rate if rate > 0 else None


def read(source: Source, *, view: str | None = None) -> People:
    """The subjects of a C3D, projected.

    Raises
    ------
    NotInstalled
        No ezc3d.
    FileError
        Truncated, no points, no marker of a known name.
    """
    file = open_c3d(source.path)
    points = np.moveaxis(np.asarray(file["data"]["points"], float)[:3], 0, -1)  # (labels, T, 3)
    labels = list(parameter(file, "POINT", "LABELS", []))[: len(points)]
    if not points.size:
        raise FileError(f"{source.name} holds no points", found=f"shape {points.shape}", do="export the trajectories too")
    residuals = np.asarray(file["data"]["meta_points"]["residuals"], float)[0]
    points[(residuals < 0) | (points == 0).all(axis=-1)] = np.nan
    unit = str((parameter(file, "POINT", "UNITS") or ["mm"])[0]).strip().lower()
    if unit not in UNITS_M:
        raise FileError(f"the unit of {source.name} is not known", found=repr(unit), expected=", ".join(UNITS_M))
    first = int(file["header"]["points"]["first_frame"])
    people = people_from_markers(labels, points * UNITS_M[unit], view=view, where=source.name, only=source.part)
    return people.with_(fps=frame_rate(file), info={**people.info, **({"first_frame": first} if first else {})})
