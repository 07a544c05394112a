"""DeepLabCut predictions: CSV with three header rows (four for several individuals), or the HDF5 beside it.

https://deeplabcut.github.io/DeepLabCut. Header rows ``scorer``, ``individuals`` (optional), ``bodyparts``, ``coords`` (``x``,
``y``, ``likelihood``). Body parts are the user's own words: those that name a point of ours become ours (``LHip``, ``hip_l``,
``left hip``), the others stay. The HDF5 is a pandas table; its column names lie in it as a pickle, which is read without running
anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.io.hdf5 import open_hdf5
from skelgait.io.names import named_skeleton
from skelgait.io.people import People, as_confidence
from skelgait.io.plain_pickle import load_plain
from skelgait.io.source import Source
from skelgait.io.table import first_text, read_table


def recognises(source: Source) -> bool:
    """Whether the header rows are DeepLabCut's, or the HDF5 holds a pandas table."""
    if source.kind == "table":
        rows = [row[0].lower() for row in source.content[:4] if row]
        return "bodyparts" in rows and "coords" in rows
    if source.kind == "hdf5":
        with open_hdf5(source) as file:
            return any("pandas_type" in file[name].attrs for name in file)
    return False


def read(source: Source, *, view: str | None = None) -> People:
    """The individuals in a DeepLabCut prediction.

    Raises
    ------
    FileError
        Header rows that do not fit, an HDF5 that is not DeepLabCut's table.
    NotInstalled
        An HDF5 without h5py.
    """
    columns, values = _read_csv(source) if source.kind == "table" else _read_hdf5(source)
    if not columns or len({len(column) for column in columns}) != 1 or len(columns[0]) not in (3, 4):
        raise FileError(
            f"the columns of {source.name} are not DeepLabCut's",
            found=str(columns[0]) if columns else "none",
            expected="scorer, (individuals,) bodyparts, coords",
        )
    columns = [(*(column[1:2] if len(column) == 4 else ("",)), column[-2], column[-1].lower()) for column in columns]
    individuals = list(dict.fromkeys(column[0] for column in columns))
    parts = list(dict.fromkeys(column[1] for column in columns))
    table = np.full((len(individuals), len(values), len(parts), 3), np.nan)
    place = {"x": 0, "y": 1, "likelihood": 2}
    for i, (individual, part, coord) in enumerate(columns):
        if coord in place:
            table[individuals.index(individual), :, parts.index(part), place[coord]] = values[:, i]
    has_score = any(column[2] == "likelihood" for column in columns)
    confidence, noted = as_confidence(table[..., 2]) if has_score else (None, {})
    keep = [i for i, name in enumerate(individuals) if name != "single"] or [0]  # "single" holds objects shared by the animals
    skeleton = named_skeleton(parts, source.name)
    names = [individuals[i] for i in keep] if len(keep) > 1 else ()
    people = People.several(table[keep][..., :2], None if confidence is None else confidence[keep], skeleton=skeleton, names=names)
    return people.with_(info=noted)


def _read_csv(source: Source) -> tuple[list[tuple[str, ...]], np.ndarray]:
    rows = [row[0].lower() for row in source.content[:4] if row]
    depth = rows.index("coords") + 1
    table, _ = read_table(source, header=list(range(depth)))
    keep = [i for i, column in enumerate(table.columns) if str(column[-1]).lower() in ("x", "y", "likelihood")]
    try:
        values = table.iloc[:, keep].to_numpy(float)
    except (TypeError, ValueError):
        raise FileError(
            f"a coordinate of {source.name} is not a number",
            found=first_text(table.iloc[:, keep]),
            expected="numbers below the header rows",
            do="export it again, or leave the cell empty",
        ) from None
    return [tuple(map(str, table.columns[i])) for i in keep], values


def _read_hdf5(source: Source) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """Columns and values of a pandas table, by h5py alone."""
    with open_hdf5(source) as file:
        group = next(file[name] for name in file if "pandas_type" in file[name].attrs)
        if "block0_values" in group:  # pandas' fixed form
            depth = int(group.attrs["block0_items_nlevels"])
            levels = [
                np.asarray(group[f"block0_items_level{i}"])[np.asarray(group[f"block0_items_label{i}"])] for i in range(depth)
            ]
            names = [[cell.decode() if isinstance(cell, bytes) else str(cell) for cell in level] for level in levels]
            return list(zip(*names, strict=True)), np.asarray(group["block0_values"], dtype=float)
        if "table" not in group or "values_block_0_kind" not in group["table"].attrs:
            raise FileError(
                f"{source.name} is a pandas file of another make than DeepLabCut's",
                found=", ".join(group),
                do="export the CSV instead: deeplabcut.analyze_videos(..., save_as_csv=True)",
            )
        values = np.asarray(group["table"]["values_block_0"], dtype=float)
        columns: Sequence[Any] = load_plain(bytes(group["table"].attrs["values_block_0_kind"]), source.name)
    return [tuple(map(str, column)) if isinstance(column, (tuple, list)) else (str(column),) for column in columns], values
