"""Delimited text: one way to read it and one to write it, its clock, and the comment line that carries what columns cannot."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from skelgait.core.errors import FileError
from skelgait.io.atomic import new_file
from skelgait.io.source import Source, table_delimiter, text_encoding

# Column names, in lower case, that count frames or tell the time, and the seconds in one of their units.
FRAMES = ("frame", "frame_idx", "frame_index", "frame_number", "frame_id", "frame#", "frames")
CLOCKS = {
    **dict.fromkeys(("time_s", "time", "t", "timestamp", "timestamp_s", "seconds", "time (s)", "time_sec"), 1.0),
    **dict.fromkeys(("time_ms", "timestamp_ms", "ms", "milliseconds", "time (ms)"), 1e-3),
}


SORT = "sort its rows by time; two recordings in one file go into two files"


def read_table(source: Source, *, header: int | list[int] = 0, as_text: bool = False) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A delimited file, and what its comment lines say.

    Parameters
    ----------
    source : Source
    header : int or list of int
        The header row, or rows.
    as_text : bool
        Keep every cell as it is written (an empty one as ``""``).

    Returns
    -------
    table : DataFrame
    header : dict
        From comment lines (``# fps=60 view=sagittal_left width=1920 height=1080``, or one JSON object): ``fps``, ``view``,
        ``size`` and anything else they hold.

    Raises
    ------
    FileError
        Not a table, or without a row.
    """
    encoding = text_encoding(source.path)
    comments, first = [], ""
    with source.path.open(encoding=encoding, errors="replace") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                first = line
                break
            comments.append(line[1:].strip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            table = pd.read_csv(
                source.path,
                sep=table_delimiter(first),
                skiprows=len(comments),
                header=header,
                index_col=False if header == 0 else None,
                encoding=encoding,
                decimal="," if _comma_decimals(first, source) else ".",
                dtype=str if as_text else None,
                keep_default_na=not as_text,
                low_memory=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeDecodeError, IndexError) as error:
        found = str(error).splitlines()[0].removeprefix("Error tokenizing data. C error: ")[:120]
        do = "export it again"
        if isinstance(error, pd.errors.ParserWarning) or "saw" in found:  # more cells than columns
            do += "; a decimal comma, or a comma in a text, needs semicolons between the columns, or quotes"
        raise FileError(f"{source.name} is not a table", found=found, do=do) from None
    if not len(table):
        raise FileError(
            f"{source.name} has a header and no rows", do="export it again; the program that wrote it may have been stopped"
        )
    return table, _header(comments)


def write_table(table: pd.DataFrame, to: Path | TextIO) -> None:
    """Write a table as CSV, to six significant digits: a file whole or not at all.

    Parameters
    ----------
    table : DataFrame
        Its index is left out.
    to : Path or text stream

    Raises
    ------
    FileError
        The folder does not exist or cannot be written to.
    """
    if not isinstance(to, Path):
        table.to_csv(to, index=False, float_format="%.6g")
        return
    with new_file(to) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def _comma_decimals(first: str, source: Source) -> bool:
    """Whether numbers are written 1,5: only where the cells are separated by semicolons."""
    return table_delimiter(first) == ";" and any("," in cell for row in source.content[1:] for cell in row)


def _header(comments: list[str]) -> dict[str, Any]:
    header: dict[str, Any] = {}
    for line in comments:
        if line.startswith("{"):
            try:
                header.update(json.loads(line))
            except ValueError:
                continue
        else:
            header.update(word.split("=", 1) for word in line.replace(",", " ").split() if "=" in word)
    for name in ("fps", "width", "height"):
        if name in header:
            try:
                header[name] = float(header[name])
            except (TypeError, ValueError):
                header.pop(name)
    if {"width", "height"} <= set(header):
        header.setdefault("size", (int(header["width"]), int(header["height"])))
    if header.get("size"):
        header["size"] = (int(header["size"][0]), int(header["size"][1]))
    return header


def first_text(table: pd.DataFrame) -> str:
    """The first cell that should be a number and is not, for messages."""
    for name, column in table.items():
        odd = pd.to_numeric(column, errors="coerce").isna() & column.notna()
        if odd.any():
            return f"{column[odd].iloc[0]!r} in column {name if isinstance(name, str) else ' '.join(map(str, name))}"
    return ""


def stated_size(table: pd.DataFrame) -> tuple[int, int] | None:
    """Width and height of the image from columns of these names."""
    names = {str(column).lower(): column for column in table.columns}
    for width, height in (
        ("width", "height"),
        ("image_width", "image_height"),
        ("width_px", "height_px"),
        ("frame_width", "frame_height"),
    ):
        if width in names and height in names:
            return int(table[names[width]].iloc[0]), int(table[names[height]].iloc[0])
    return None


def clock(table: pd.DataFrame, where: str) -> tuple[np.ndarray | None, float | None, list[int | None]]:
    """Time of each row in seconds, the frame rate it means, and the frame numbers.

    Raises
    ------
    FileError
        Times that run backwards.
    """
    names = {str(column).lower().strip(): column for column in table.columns}
    counter = next((names[name] for name in FRAMES if name in names), None)
    numbers: list[int | None] = [None] * len(table)
    if counter is not None and pd.api.types.is_numeric_dtype(table[counter]) and table[counter].notna().all():
        numbers = table[counter].astype(int).tolist()
    found = next(((names[name], unit) for name, unit in CLOCKS.items() if name in names), None)
    if found is None or not pd.api.types.is_numeric_dtype(table[found[0]]):
        return None, None, numbers
    time_s = table[found[0]].to_numpy(float) * found[1]
    if not np.isfinite(time_s).all():
        return None, None, numbers
    repeated = counter is not None and len(set(numbers)) < len(numbers)
    distinct = np.unique(time_s) if repeated or _is_long(time_s) else time_s
    steps = np.diff(distinct)
    if not len(steps):
        return None, None, numbers
    if (steps <= 0).any():
        at = int(np.flatnonzero(steps <= 0)[0])
        raise FileError(f"the times of {where} run backwards", found=f"{distinct[at]:g} s, then {distinct[at + 1]:g} s", do=SORT)
    rate = tidy_rate(steps)
    return steady_times(time_s, rate), rate, numbers


def steady_times(time_s: np.ndarray, fps: float) -> np.ndarray:
    """Times put back on the frames of a steady rate where only their rounding keeps them off; others as they are.

    Examples
    --------
    >>> bool(np.ptp(np.diff(steady_times(np.round(np.arange(50) / 60, 3), 60.0))) < 1e-12)
    True
    """
    frames = np.round((time_s - time_s[0]) * fps)
    steady = time_s[0] + frames / fps
    return steady if np.abs(steady - time_s).max() <= max(0.02 / fps, 0.0006) else time_s


def _is_long(time_s: np.ndarray) -> bool:
    """Whether every time stands in several rows: a table of one row a keypoint, or a person."""
    return len(np.unique(time_s)) <= len(time_s) / 2


def tidy_rate(steps: np.ndarray) -> float:
    """The frame rate of time steps: whole or broadcast (29.97) where the steps' rounding allows it.

    Examples
    --------
    >>> tidy_rate(np.diff(np.round(np.arange(50) / 60, 3)))
    60.0
    """
    rate = (len(steps)) / float(np.sum(steps)) if np.ptp(steps) < 0.5 * np.median(steps) else 1 / float(np.median(steps))
    likely = min((max(round(rate), 1), max(round(rate), 1) / 1.001), key=lambda one: abs(one - rate))
    return float(likely) if abs(rate - likely) < 0.002 * rate else rate
