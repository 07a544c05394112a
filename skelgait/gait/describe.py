"""One row a trial: the doors `describe` and `validity`."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement, measure

if TYPE_CHECKING:
    import pandas as pd

NAMES = tuple(d.name for d in DESCRIPTORS)
_IN_ORDER = itemgetter(*NAMES)
# About the recording, behind the descriptors.
ABOUT = ("n_strides", "n_steps", "n_bouts", "fps", "duration_s", "filled_share")
# Fewer frames than this are measured before a progress bar would have been read.
FRAMES_FOR_PROGRESS = 200_000


def describe(
    trials: Trial | Iterable[Trial], n_jobs: int = 1, *, errors: str = "warn", progress: bool | None = None
) -> pd.DataFrame:
    """Measure walks and bring each down to one row of descriptors.

    Parameters
    ----------
    trials : Trial or iterable of Trial
        Raw (or cleaned) walks, each with a name of its own.
    n_jobs : int
        Processes to measure in, as scikit-learn counts them; -1 uses all cores.
    errors : {"warn", "raise"}
        A trial that cannot be measured becomes a row of NaN and a warning (its reason is in `validity`), or stops
        everything.
    progress : bool, optional
        Show a bar. Default: when there is enough to measure for some seconds.

    Returns
    -------
    DataFrame
        Index ``trial``: names in the order given. Columns: ``subject``; every descriptor of `DESCRIPTORS`, in the order of the
        table, NaN where not supported; then about the recording ``n_strides``, ``n_steps``, ``n_bouts``, ``fps``,
        ``duration_s``, ``filled_share`` (of the keypoints behind the cadence).

    Raises
    ------
    SkelgaitError
        With ``errors="raise"``: a trial that cannot be measured. Always: something that is not a `Trial`, or two trials of one
        name, whose rows nobody could tell apart (walks of one child need a ``name`` each; by default it is the subject's).

    Notes
    -----
    `validity` has the same numbers in a long table with how much each rests on and why it is missing.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> table = describe([Trial("child07", Walker(cadence_spm=112).film(fps=60).pose)])
    >>> table.index.tolist(), float(table.cadence_spm.round().iloc[0])
    (['child07'], 112.0)
    """
    import pandas as pd

    chosen = _as_list(trials)
    rows = _each(_row, chosen, n_jobs, errors, progress)
    index = pd.Index([t.name for t in chosen], name="trial", dtype=object)
    columns = _columns()
    table = pd.DataFrame(np.array([r[1] for r in rows]).reshape(len(chosen), len(columns)), index=index, columns=columns)
    table.insert(0, "subject", np.array([t.subject for t in chosen], dtype=object))
    return table


def validity(
    trials: Trial | Iterable[Trial], n_jobs: int = 1, *, errors: str = "warn", progress: bool | None = None
) -> pd.DataFrame:
    """Say for every descriptor of every trial what it rests on, and why it is missing where it is.

    Parameters
    ----------
    trials : Trial or iterable of Trial
    n_jobs, errors, progress
        As in `describe`.

    Returns
    -------
    DataFrame
        One row a trial and descriptor: ``trial``, ``descriptor``, ``value``, ``unit``, ``n`` (strides or steps it
        rests on), ``filled_share`` (of its leg's keypoints, interpolated and not seen), ``reason`` (why it is NaN; empty
        where it is not), ``note`` (a caution for a value that is given).

    Raises
    ------
    SkelgaitError
        As in `describe`.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> table = validity(Trial("child07", Walker().film(fps=60).pose)).set_index("descriptor")
    >>> table.loc["speed_m_s", "reason"][:8]
    'no scale'
    """
    import pandas as pd

    chosen = _as_list(trials)
    parts = _each(_long, chosen, n_jobs, errors, progress)
    columns = ("value", "n", "filled_share", "reason", "note")
    table = pd.DataFrame({c: [x for part in parts for x in part[1][c]] for c in columns})
    table.insert(0, "unit", [d.unit for d in DESCRIPTORS] * len(chosen))
    table.insert(0, "descriptor", list(NAMES) * len(chosen))
    table.insert(0, "trial", [t.name for t in chosen for _ in NAMES])
    return table[["trial", "descriptor", "value", "unit", "n", "filled_share", "reason", "note"]]


@lru_cache(maxsize=1)
def _columns() -> pd.Index:
    import pandas as pd

    return pd.Index([*NAMES, *ABOUT], dtype=object)


def _as_list(trials: Trial | Iterable[Trial]) -> list[Trial]:
    chosen = list(trials) if isinstance(trials, Iterable) else [trials]
    for one in chosen:
        if not isinstance(one, Trial):
            raise SkelgaitError(
                "only trials can be described", found=type(one).__name__, do='wrap a pose: sg.Trial("child07", pose)'
            )
    names = Counter(one.name for one in chosen)
    if len(names) < len(chosen):
        twice = [f"{name!r} ({n} times)" for name, n in names.items() if n > 1]
        raise SkelgaitError(
            "trials share a name, so their rows could not be told apart",
            found=", ".join(twice[:5]) + (f" and {len(twice) - 5} more" if len(twice) > 5 else ""),
            do='give each walk its own: sg.Trial("child07", pose, name="child07, walk 2"); in a table of walks, a column "name"',
        )
    return chosen


def _each(what, trials: list[Trial], n_jobs: int, errors: str, progress: bool | None) -> list:  # type: ignore[no-untyped-def]
    """(error text, result) of each trial, in order."""
    if errors not in ("warn", "raise"):
        raise SkelgaitError("unknown errors=", found=repr(errors), expected='"warn" or "raise"')
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, (int, np.integer)) or n_jobs == 0:
        raise SkelgaitError("n_jobs is no number of processes", found=repr(n_jobs), expected="1 or more, or -1 for all cores")
    frames = sum(pose.n_frames for t in trials for pose in t.pose.values())
    show = frames > FRAMES_FOR_PROGRESS and len(trials) > 1 if progress is None else progress
    if n_jobs == 1 or len(trials) < 2:
        results: Iterable = (what(t, errors) for t in trials)
    else:
        from joblib import Parallel, delayed

        results = Parallel(n_jobs=n_jobs, return_as="generator")(delayed(what)(t, errors) for t in trials)
    if show:
        from tqdm.auto import tqdm

        results = tqdm(results, total=len(trials), unit="walk", disable=None)
    done = list(results)
    for trial, (problem, _) in zip(trials, done, strict=True):
        if problem:
            warnings.warn(f"{trial.name} could not be measured: {problem}", stacklevel=3)
    return done


def _measured(trial: Trial, errors: str) -> tuple[str, Measurement | None]:
    try:
        if not trial.pose:
            raise SkelgaitError(
                f"trial {trial.name!r} has no pose", do="read one with sg.read_pose(path) or estimate it from its video"
            )
        return "", measure(trial)
    except SkelgaitError as error:
        if errors == "raise":
            raise
        return str(error), None


def _row(trial: Trial, errors: str) -> tuple[str, np.ndarray]:
    problem, m = _measured(trial, errors)
    return problem, np.full(len(NAMES) + len(ABOUT), np.nan) if m is None else row_of(m)


def row_of(m: Measurement) -> np.ndarray:
    """One row of `describe`: its descriptors, then what is said about the recording (`NAMES`, then `ABOUT`)."""
    plane = m.planes.get("sagittal") or next(iter(m.planes.values()))
    contacts = int(plane.events.where(event="initial_contact").sum())
    about = (
        len(plane.strides),
        m.counts["step_time_s"] if contacts else 0,
        len(plane.bouts),
        plane.pose.fps,
        plane.pose.duration_s,
        m.filled["cadence_spm"],
    )
    return np.array([*_IN_ORDER(m.values), *about], float)


def _long(trial: Trial, errors: str) -> tuple[str, dict[str, list]]:
    problem, m = _measured(trial, errors)
    if m is None:
        one = {"value": np.nan, "n": 0, "filled_share": np.nan, "reason": problem, "note": ""}
        return problem, {column: [value] * len(NAMES) for column, value in one.items()}
    return "", columns_of(m)


def columns_of(m: Measurement) -> dict[str, list]:
    """The columns of `validity` for one walk, in the order of `NAMES`."""
    return {
        "value": list(_IN_ORDER(m.values)),
        "n": list(_IN_ORDER(m.counts)),
        "filled_share": list(_IN_ORDER(m.filled)),
        "reason": [m.reasons.get(name, "") for name in NAMES],
        "note": [m.notes.get(name, "") for name in NAMES],
    }
