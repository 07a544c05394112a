"""Walks of a table as trials: the files of each row opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import PLANES, Trial
from skelgait.io.events import read_events
from skelgait.io.poses import read_pose
from skelgait.io.source import open_source
from skelgait.io.trial_columns import FILES, KNOWN, MEASURES, SEXES
from skelgait.io.trial_table import TrialRow, read_number, read_trial_rows, read_value


def read_trials(path: str | Path) -> list[Trial]:
    r"""Read a table of walks, one row a walk.

    Parameters
    ----------
    path : str or Path
        A CSV. Paths in it are relative to its folder. Columns (only ``subject`` is required, and in each row at least one file):

        - ``subject``; ``name`` (or ``trial``), by default the subject, with a number where a subject has several walks
        - ``sagittal``, ``frontal``: a pose file or folder; ``sagittal_video``, ``sagittal_silhouettes``, ``sagittal_clip``,
          ``sagittal_events`` and the same for frontal
        - ``fps``, ``view``, ``person``, or with the plane before them (``sagittal_fps``): what `read_pose` is told
        - ``width_px``, ``height_px``: size of the image, where coordinates are shares of it
        - ``age_years``, ``sex`` (female, male, f, m), ``height_m``, ``mass_kg``, ``leg_length_m``, ``metres_per_px``
        - ``label_<question>``: ``labels["<question>"]``; answers to many items as JSON, ``[0, null, 1]``, or in a column each
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
    >>> from skelgait.io.poses import write_pose
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
    measures = {what: read_number(row, what, problems) for what in MEASURES}
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
    for what in ("video", "silhouettes", "clip"):
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
            clips=paths["clip"],
            events=events,
            sex=SEXES[sex.lower()] if sex else None,
            labels={
                column.removeprefix("label_"): _read_answer(cell) for column, cell in row.items() if column.startswith("label_")
            },
            covariates={c: read_value(v) for c, v in row.items() if c not in KNOWN and not c.startswith("label_")},
            **measures,
        )
    except SkelgaitError as error:
        problems.append(_brief(error))
        return None


def _read_answer(cell: str) -> Any:
    """A label, or the list of them that stands in a cell as JSON."""
    if cell.startswith("["):
        with suppress(ValueError):
            return json.loads(cell)
    return read_value(cell)


def _brief(error: Exception) -> str:
    """What is wrong, found and expected; what to do about it is said of a file by itself, not of a row of a table."""
    if not isinstance(error, SkelgaitError):
        return str(error)
    parts = (error.problem, error.found and f"Found: {error.found}", error.expected and f"Expected: {error.expected}")
    return ". ".join(part.rstrip(" .\n") for part in parts if part)


def _pose(row: Mapping[str, str], plane: str, folder: Path, problems: list[str]) -> PoseSequence | None:
    """The pose of a plane, with the plane as its view where the file does not tell."""
    settings: dict[str, Any] = {what: row.get(f"{plane}_{what}", row.get(what)) for what in ("fps", "view", "person")}
    count = len(problems)
    fps = read_number({"fps": settings["fps"]}, "fps", problems) if settings["fps"] else None
    size = [read_number(row, what, problems) for what in ("width_px", "height_px")]
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
