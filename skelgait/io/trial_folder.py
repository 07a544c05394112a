"""Trials as a folder: a table of walks with their poses and events beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core import clip, silhouettes
from skelgait.core.errors import FileError
from skelgait.core.trial import Trial
from skelgait.io.atomic import new_file, new_folder
from skelgait.io.poses import write_pose
from skelgait.io.trial_columns import MEASURES


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
    Videos, and silhouettes and clips that lie in a file, are not copied: their absolute paths are written. Those made in memory get
    a file, ``<number>_<plane>.silhouettes.npz`` or ``.clip.npz``. A label that is a mapping of items to answers gets a
    column ``label_<item>`` each; one that is a list of answers stands in its cell as JSON, ``[0, null, 1]``.

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.io.trials import read_trials
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
            row |= {
                f"{plane}_{column}": _keep(one, folder / f"{i:04d}_{plane}{ending}")
                for column, pictures, ending in (
                    ("silhouettes", trial.silhouettes, silhouettes.ENDING),
                    ("clip", trial.clips, clip.ENDING),
                )
                for plane, one in pictures.items()
            }
            for name, value in trial.labels.items():
                answers = value if isinstance(value, Mapping) else {name: value}
                row |= {f"label_{item}": _as_cell(answer) for item, answer in answers.items()}
            row |= dict(trial.covariates)
            rows.append(row)
        pd.DataFrame(rows).dropna(axis=1, how="all").to_csv(folder / "trials.csv", index=False)


def _as_cell(answer: Any) -> Any:
    """An answer as it stands in a cell: several of them as JSON."""
    if isinstance(answer, (list, tuple, np.ndarray)):
        return json.dumps([None if one is None or one != one else one for one in np.asarray(answer, object).tolist()])
    return answer


def _keep(pictures: Any, path: Path) -> str:
    """What a table says of silhouettes or of a clip: where they lie, or the name of the file they are put into."""
    kept = getattr(pictures, "path", pictures)
    if kept is not None:
        return str(Path(kept).resolve())
    pictures.save(path)
    return path.name
