"""A table of walks as trials, one row a walk."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import PLANES, Trial
from skelgait.io.atomic import new_file, new_folder
from skelgait.io.events import read_events
from skelgait.io.formats import find_format
from skelgait.io.poses import read_pose, write_pose
from skelgait.io.source import Source, open_source
from skelgait.io.table import read_table

# Columns with a meaning; label_* are labels, and every other column is a covariate.
MEASURES = ("age_years", "height_m", "mass_kg", "leg_length_m", "metres_per_px")
FILES = tuple(plane + ending for plane in PLANES for ending in ("", "_video", "_silhouettes", "_events"))
SETTINGS = tuple(f"{plane}_{what}" for plane in PLANES for what in ("fps", "view", "person"))
SEXES = {**dict.fromkeys(("female", "f", "w", "woman", "girl"), "female"), **dict.fromkeys(("male", "m", "man", "boy"), "male")}
_SHARED = ("fps", "view", "person", "width_px", "height_px")
_KNOWN = {"subject", "name", "trial", "sex", *MEASURES, *FILES, *SETTINGS, *_SHARED}
# What people write for a measure, and what is asked for.
_MEANT = {
    **dict.fromkeys(("age", "age_y", "age_yr", "age_yrs", "years", "age_months"), "age_years"),
    **dict.fromkeys(("height", "height_cm", "height_mm", "body_height", "body_height_m", "stature", "stature_m"), "height_m"),
    **dict.fromkeys(("weight", "weight_kg", "mass", "body_mass", "body_mass_kg", "body_weight", "body_weight_kg"), "mass_kg"),
    **dict.fromkeys(("leg_length", "leg_length_cm", "leg_length_mm", "leg_m", "leg_cm"), "leg_length_m"),
    **dict.fromkeys(("gender",), "sex"),
    **dict.fromkeys(("frame_rate", "framerate", "hz"), "fps"),
}
_UNITS = {"age_years": "years", "height_m": "metres", "mass_kg": "kilograms", "leg_length_m": "metres", "fps": "frames per second"}
# What people write for "not known".
_EMPTY = {"", "na", "n/a", "nan"}


def read_trials(path: str | Path) -> list[Trial]:
    r"""Read a table of walks, one row a walk.

    Parameters
    ----------
    path : str or Path
        A CSV. Paths in it are relative to its folder. Columns (only ``subject`` is required, and in each row at least one file):

        - ``subject``; ``name`` (or ``trial``), by default the subject, with a number where a subject has several walks
        - ``sagittal``, ``frontal``: a pose file or folder; ``sagittal_video``, ``sagittal_silhouettes``, ``sagittal_events`` and
          the same for frontal
        - ``fps``, ``view``, ``person``, or with the plane before them (``sagittal_fps``): what `read_pose` is told
        - ``width_px``, ``height_px``: size of the image, where coordinates are shares of it
        - ``age_years``, ``sex`` (female, male, f, m), ``height_m``, ``mass_kg``, ``leg_length_m``, ``metres_per_px``
        - ``label_<question>``: ``labels["<question>"]``
        - any other column: ``covariates``

    Returns
    -------
    list of Trial
        In the order of the rows. A pose whose file does not tell its view has the plane of its column.

    Raises
    ------
    FileError
        Everything that is wrong with the table in one message, with row numbers as a spreadsheet counts them (the header is row 1).

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from skelgait.core.skeleton import COCO17
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_pose(PoseSequence(np.ones((9, 17, 2)) * 50, fps=30, skeleton=COCO17), f"{folder}/a.npz")
    ...     _ = Path(folder, "trials.csv").write_text("subject,sagittal,age_years,label_gmfcs,aid\nanna,a.npz,8,II,none\n")
    ...     trial = read_trials(f"{folder}/trials.csv")[0]
    >>> trial.subject, trial.age_years, dict(trial.labels), trial.pose["sagittal"].view
    ('anna', 8.0, {'gmfcs': 'II'}, 'sagittal')
    """
    problems: list[str] = []
    trials: list[Trial] = []
    for row in read_trial_rows(path):
        found = list(row.problems)
        trial = _read_row(row, {}, found)
        problems += [f"row {row.number}: {problem}" for problem in found]
        if trial is not None:
            trials.append(trial)
    if problems:
        raise FileError(
            f"{open_source(path).name} has {len(problems)} problem{'s' if len(problems) > 1 else ''}",
            found="\n  " + "\n  ".join(problems) + "\n",
            do="mend these rows (row 1 is the header), or take them out",
        )
    return trials


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
        found: dict[str, Any] = {what: _number(self.cells, what, []) for what in MEASURES}
        found["sex"] = SEXES.get(self.cells.get("sex", "").lower())
        found |= {column: _value(cell) for column, cell in self.cells.items() if column not in _KNOWN}
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
    source = open_source(path)
    if source.kind != "table":
        raise FileError(f"{source.name} is not a table of walks", found=source.kind, expected="a CSV with a column subject")
    table, _ = read_table(source, as_text=True)
    table.columns = [str(column).strip() for column in table.columns]
    _check_columns(list(table.columns), source.name)
    rows = [
        {name: cell.strip() for name, cell in row.items() if cell.strip().lower() not in _EMPTY} for row in table.to_dict("records")
    ]
    problems: list[list[str]] = [[] for _ in rows]
    names = _names(rows, problems)
    return [
        TrialRow(i + 2, name, row, source.path.parent, tuple(found))
        for i, (row, name, found) in enumerate(zip(rows, names, problems, strict=True))
    ]


def read_trial_row(row: TrialRow, poses: Mapping[str, PoseSequence] | None = None) -> Trial:
    """Open the files of one row.

    Parameters
    ----------
    row : TrialRow
    poses : mapping of plane to PoseSequence, optional
        At hand already (estimated from the row's video): their files are not opened.

    Returns
    -------
    Trial

    Raises
    ------
    FileError
        Everything that is wrong with the row.
    """
    found = list(row.problems)
    trial = _read_row(row, poses or {}, found)
    if trial is None or found:
        raise FileError("; ".join(problem.rstrip(".") for problem in found))
    return trial


def is_trial_table(source: Source) -> bool:
    """Whether a table is one of walks: no keypoints, and a column (however misspelt) that names a subject or a recording.

    Parameters
    ----------
    source : Source
        Opened.
    """
    if source.kind != "table":
        return False
    header = [column.lower() for column in source.content[0]]
    if not any(difflib.get_close_matches(column, ("subject", *FILES), n=1, cutoff=0.8) for column in header):
        return False
    try:
        find_format(source)
    except FileError:
        return True
    return False


def _check_columns(columns: list[str], where: str) -> None:
    misspelt = _misspelt(columns)
    hint = "; ".join(f"found {column}: did you mean {meant}?" for column, meant in misspelt.items())
    found = hint.removeprefix("found ") or ", ".join(columns[:10])
    if "subject" not in columns:
        raise FileError(f"{where} has no column subject", found=found, expected="subject, and sagittal or frontal")
    twice = sorted(
        {column.removesuffix(".1") for column in columns if column.endswith(".1") and column.removesuffix(".1") in columns}
    )
    if twice:
        raise FileError(f"{where} has a column twice", found=", ".join(twice), do="keep one of them")
    needed = [meant for meant in misspelt.values() if meant in FILES]
    if needed:
        raise FileError(f"{where} has no column {needed[0]}", found=found, do="rename the column")
    if not set(columns) & set(FILES):
        raise FileError(f"{where} names no files", found=found, expected=f"one of {', '.join(FILES)}")
    for column, meant in misspelt.items():
        unit = f" ({_UNITS[meant]})" if meant in _UNITS else ""
        warnings.warn(
            f"column {column} of {where} is kept as a covariate and not used: did you mean {meant}{unit}?",
            UserWarning,
            stacklevel=4,
        )


def _misspelt(columns: list[str]) -> dict[str, str]:
    """Columns that look like one of ours which the table lacks, and which."""
    lacking = [column for column in sorted(_KNOWN) if column not in columns]
    found = {}
    for column in columns:
        word = column.lower().replace(" ", "_")
        if column in _KNOWN or word.startswith("label_"):
            continue
        near = [_MEANT[word]] if word in _MEANT else difflib.get_close_matches(word, lacking, n=1, cutoff=0.85)
        if near and near[0] in lacking:
            found[column] = near[0]
    return found


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


def _read_row(table_row: TrialRow, given: Mapping[str, PoseSequence], problems: list[str]) -> Trial | None:
    """One walk; what is wrong with it is added to the problems."""
    row, folder = table_row.cells, table_row.folder
    count = len(problems)
    if "subject" not in row:
        problems.append("no subject")
        return None
    if not set(row) & set(FILES):
        problems.append(f"no file for {row['subject']}")
        return None
    measures = {what: _number(row, what, problems) for what in MEASURES}
    sex = row.get("sex")
    if sex is not None and sex.lower() not in SEXES:
        problems.append(f"sex {sex!r} is not understood (female, male, f or m)")
        sex = None
    poses: dict[str, PoseSequence] = {}
    for plane in PLANES:
        if plane in given:
            pose = _filed(given[plane], plane, "the video", problems)
        else:
            pose = _pose(row, plane, folder, problems) if plane in row else None
        if pose is not None:
            poses[plane] = pose
    events = {}
    for plane in PLANES:
        if f"{plane}_events" in row and (found := _events(row, plane, folder, problems)) is not None:
            events[plane] = found
    paths: dict[str, dict[str, str]] = {}
    for what in ("video", "silhouettes"):
        paths[what] = {plane: str(folder / row[f"{plane}_{what}"]) for plane in PLANES if f"{plane}_{what}" in row}
        problems += [
            f"{plane}_{what}: there is no file {row[f'{plane}_{what}']}" for plane, p in paths[what].items() if not Path(p).exists()
        ]
    if len(problems) > count:
        return None
    try:
        return Trial(
            row["subject"],
            poses,
            name=table_row.name,
            video=paths["video"],
            silhouettes=paths["silhouettes"],
            events=events,
            sex=SEXES[sex.lower()] if sex else None,
            labels={column.removeprefix("label_"): _value(cell) for column, cell in row.items() if column.startswith("label_")},
            covariates={c: _value(v) for c, v in row.items() if c not in _KNOWN and not c.startswith("label_")},
            **measures,
        )
    except SkelgaitError as error:
        problems.append(_brief(error))
        return None


def _number(row: Mapping[str, str], what: str, problems: list[str]) -> float | None:
    if what not in row:
        return None
    try:
        return float(row[what].replace(",", "."))
    except ValueError:
        problems.append(f"{what} {row[what]!r} is not a number")
        return None


def _brief(error: Exception) -> str:
    """What is wrong, found and expected; what to do about it is said of a file by itself, not of a row of a table."""
    if not isinstance(error, SkelgaitError):
        return str(error)
    parts = (error.problem, error.found and f"Found: {error.found}", error.expected and f"Expected: {error.expected}")
    return ". ".join(part.rstrip(" .\n") for part in parts if part)


def _value(cell: str) -> str | int | float:
    """A cell as a number where it is one; text such as 007 stays text."""
    for kind in (int, float):
        try:
            value = kind(cell)
        except ValueError:
            continue
        return value if str(value) == cell or (kind is float and not cell.startswith("0")) or cell.startswith("0.") else cell
    return cell


def _pose(row: Mapping[str, str], plane: str, folder: Path, problems: list[str]) -> PoseSequence | None:
    """The pose of a plane, with the plane as its view where the file does not tell."""
    settings: dict[str, Any] = {what: row.get(f"{plane}_{what}", row.get(what)) for what in ("fps", "view", "person")}
    count = len(problems)
    fps = _number({"fps": settings["fps"]}, "fps", problems) if settings["fps"] else None
    size = [_number(row, what, problems) for what in ("width_px", "height_px")]
    if len(problems) > count:
        return None
    view, person = settings["view"], settings["person"]
    if view and view.split("_")[0] not in (plane, "oblique"):
        if f"{plane}_view" in row:
            problems.append(f"{plane}_view is {view!r}")
            return None
        view = None  # the shared column speaks of the other plane
    try:
        pose = read_pose(
            folder / row[plane],
            fps,
            view,
            int(person) if person and person.isdigit() else person,
            size=(int(size[0]), int(size[1])) if size[0] and size[1] else None,
        )
    except SkelgaitError as error:
        problems.append(f"{plane}: {_brief(error)}")
        return None
    return _filed(pose, plane, row[plane], problems)


def _filed(pose: PoseSequence, plane: str, what: str, problems: list[str]) -> PoseSequence | None:
    """The pose under the plane of its column."""
    if pose.view is None:
        return pose.with_(view=plane)
    if pose.plane not in (plane, "oblique"):
        problems.append(f"{plane}: {what} was seen from {pose.view}")
        return None
    return pose


def _events(row: Mapping[str, str], plane: str, folder: Path, problems: list[str]) -> GaitEvents | None:
    fps = row.get(f"{plane}_fps", row.get("fps"))
    try:
        return read_events(folder / row[f"{plane}_events"], float(fps) if fps else None)
    except (SkelgaitError, ValueError) as error:
        problems.append(f"{plane}_events: {_brief(error)}")
        return None


def write_trials(trials: Iterable[Trial], path: str | Path) -> None:
    """Write trials as a table with their poses and events beside it; `read_trials` reads it back.

    Parameters
    ----------
    trials : iterable of Trial
        With names of their own.
    path : str or Path
        A new folder. It gets ``trials.csv``, ``<number>_<plane>.npz`` and ``<number>_<plane>_events.csv``.

    Raises
    ------
    FileError
        The folder exists and is not empty, or two trials share a name.

    Notes
    -----
    Videos and silhouettes are not copied: their absolute paths are written.

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.walker import Walker
    >>> trial = Trial("child07", Walker().film(fps=60, duration_s=1).pose, age_years=8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_trials([trial], Path(folder) / "cohort")
    ...     read_trials(Path(folder) / "cohort" / "trials.csv")[0].age_years
    8.0
    """
    import pandas as pd

    trials = list(trials)
    twice = sorted({t.name for t in trials if [one.name for one in trials].count(t.name) > 1})
    if twice:
        raise FileError("two trials share a name", found=", ".join(twice), do="give each trial a name of its own")
    rows: list[dict[str, Any]] = []
    with new_folder(Path(path).expanduser()) as folder:
        for i, trial in enumerate(trials):
            row: dict[str, Any] = {"subject": trial.subject, "name": trial.name, "sex": trial.sex}
            row |= {what: getattr(trial, what) for what in MEASURES}
            for plane, pose in trial.pose.items():
                row[plane] = f"{i:04d}_{plane}.npz"
                write_pose(pose, folder / row[plane])
            for plane, events in trial.events.items():
                row[f"{plane}_events"] = f"{i:04d}_{plane}_events.csv"
                with new_file(folder / row[f"{plane}_events"]) as temporary:
                    events.to_frame().to_csv(temporary, index=False)
            row |= {f"{plane}_video": str(Path(file).resolve()) for plane, file in trial.video.items()}
            row |= {f"{plane}_silhouettes": str(Path(file).resolve()) for plane, file in trial.silhouettes.items()}
            row |= {f"label_{name}": value for name, value in trial.labels.items()} | dict(trial.covariates)
            rows.append(row)
        pd.DataFrame(rows).dropna(axis=1, how="all").to_csv(folder / "trials.csv", index=False)
