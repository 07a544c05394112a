"""A table of walks, its rows read one by one and none of the files they name opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skelgait.core.errors import FileError
from skelgait.io.foreign import is_video
from skelgait.io.formats import find_format
from skelgait.io.outputs import refuse_output
from skelgait.io.paths import find_path
from skelgait.io.source import Source, open_source
from skelgait.io.table import read_table
from skelgait.io.trial_columns import KNOWN, MEASURES, SEXES, check_columns, names_walks

# What people write for "not known".
_EMPTY = {"", "na", "n/a", "nan"}


@dataclass(frozen=True, eq=False)
class TrialRow:
    """One row of a table of walks, its files not yet opened.

    Parameters
    ----------
    number : int
        As a spreadsheet counts: the header is row 1.
    name : str
        The walk's own.
    cells : mapping of column to str
        What is filled in.
    folder : Path
        Of the table; its paths are relative to it.
    problems : tuple of str
        What is wrong with it before any file is opened.
    """

    number: int
    name: str
    cells: Mapping[str, str]
    folder: Path
    problems: tuple[str, ...] = ()

    def path(self, column: str) -> Path | None:
        """The file or folder a column names, or None."""
        return self.folder / self.cells[column] if column in self.cells else None

    def known(self) -> dict[str, Any]:
        """What the row says besides its files: measures, sex, labels, covariates. What cannot be read is left out."""
        found: dict[str, Any] = {what: read_number(self.cells, what, []) for what in MEASURES}
        found["sex"] = SEXES.get(self.cells.get("sex", "").lower())
        found |= {column: read_value(cell) for column, cell in self.cells.items() if column not in KNOWN}
        return {what: value for what, value in found.items() if value is not None}


def read_trial_rows(path: str | Path) -> list[TrialRow]:
    """Read a table of walks without opening the files it names, so that one that cannot be read does not end the others.

    Parameters
    ----------
    path : str or Path
        As for `read_trials`.

    Returns
    -------
    list of TrialRow
        In order.

    Raises
    ------
    FileError
        It is not a table of walks.
    """
    source = _open_table(path)
    table, _ = read_table(source, as_text=True)
    table.columns = [str(column).strip() for column in table.columns]
    check_columns(list(table.columns), source.name)
    rows = [
        {name: cell.strip() for name, cell in row.items() if cell.strip().lower() not in _EMPTY} for row in table.to_dict("records")
    ]
    problems: list[list[str]] = [[] for _ in rows]
    names = _names(rows, problems)
    return [
        TrialRow(i + 2, name, row, source.path.parent, tuple(found))
        for i, (row, name, found) in enumerate(zip(rows, names, problems, strict=True))
    ]


def _open_table(path: str | Path) -> Source:
    """A delimited file that is not the keypoints of one recording."""
    where, _ = find_path(path)
    expected = "a CSV with one row a walk: subject, and sagittal or frontal (sagittal_video or frontal_video)"
    if where.is_dir():
        found = [entry.name for entry in sorted(where.iterdir()) if not entry.name.startswith(".")]
        table = next((name for name in found if Path(name).stem.lower() == "trials"), "")
        raise FileError(
            f"the folder {path} is given where a table of walks is wanted",
            found=", ".join(found[:5]) or "nothing in it",
            expected=expected,
            do=f"give {where / table}" if table else "list its recordings in a table, and give that",
        )
    if is_video(where):
        raise FileError(f"{where.name} is one video, not a table of walks", expected=expected, do="list it in a table")
    source = open_source(path)
    if source.kind != "table" or (not names_walks(source.content[0]) and _is_recording(source)):
        found = "the keypoints of one recording" if source.kind == "table" else source.kind
        do = "list it in a table, or give it to `skelgait analyze`"
        raise FileError(f"{source.name} is not a table of walks", found=found, expected=expected, do=do)
    refuse_output(source, "a table of walks")
    return source


def _is_recording(source: Source) -> bool:
    try:
        find_format(source)
    except FileError:
        return False
    return True


def is_trial_table(source: Source) -> bool:
    """Whether a table is one of walks: no keypoints, and a column (however misspelt) that names a subject or a recording.

    Parameters
    ----------
    source : Source
        Opened.
    """
    return source.kind == "table" and names_walks(source.content[0]) and not _is_recording(source)


def _names(rows: list[dict[str, str]], problems: list[list[str]]) -> list[str]:
    """A name for every walk; one given twice is a problem of its row."""
    given = [row.get("name") or row.get("trial") for row in rows]
    subjects = [row.get("subject", "") for row in rows]
    names = []
    for i, (name, subject) in enumerate(zip(given, subjects, strict=True)):
        if name and (given.index(name), name) != (i, name):
            first = given.index(name)
            if subjects[first] == subject:
                problems[i].append(f"the name {name!r} is taken by row {first + 2}")
            else:
                name = f"{subject}_{name}"
        elif not name:
            name = subject if subjects.count(subject) == 1 else f"{subject}_{subjects[: i + 1].count(subject)}"
        names.append(name)
    return names


def read_number(row: Mapping[str, str], what: str, problems: list[str]) -> float | None:
    """A cell as a number, with a decimal point or comma; None where it is empty, or is none, which is added to the problems."""
    if what not in row:
        return None
    try:
        return float(row[what].replace(",", "."))
    except ValueError:
        problems.append(f"{what} {row[what]!r} is not a number")
        return None


def read_value(cell: str) -> str | int | float:
    """A cell as a number where it is one; text such as 007 stays text."""
    for kind in (int, float):
        try:
            value = kind(cell)
        except ValueError:
            continue
        return value if str(value) == cell or (kind is float and not cell.startswith("0")) or cell.startswith("0.") else cell
    return cell
