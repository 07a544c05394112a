"""Hundreds of walks: the door `run_cohort`."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import skelgait
from skelgait.cohort.columns import share_columns, visit_labels
from skelgait.cohort.hands import do_all, hire
from skelgait.cohort.keys import FileHashes, key_of
from skelgait.cohort.plan import Job, Plan, Settings, list_walks, make_plan
from skelgait.cohort.store import Store
from skelgait.cohort.tables import Tables, build_tables, write_subjects, write_tables
from skelgait.cohort.work import Failure, Outcome
from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import Norms
from skelgait.core.trial import Trial
from skelgait.io.atomic import new_file
from skelgait.io.norms import norm_rows, read_norms

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Cohort:
    """What a run came to; its tables are also on disk.

    Parameters
    ----------
    folder : Path
    index : Path
        The page that links to all others.
    walks, descriptors, visits, evgs, patterns, knees, failures, dictionary : DataFrame
        One row a walk; a walk and descriptor; a visit; a visit, side and item; a visit, side and pattern; a visit and side; a
        failure; a column of the others.
    made, kept : int
        How many walks were worked on, and how many were there from an earlier run.
    remarks : list of str
        What the reader should know, in sentences.
    """

    folder: Path
    index: Path
    walks: pd.DataFrame
    descriptors: pd.DataFrame
    visits: pd.DataFrame
    evgs: pd.DataFrame
    patterns: pd.DataFrame
    knees: pd.DataFrame
    failures: pd.DataFrame
    dictionary: pd.DataFrame
    made: int
    kept: int
    remarks: list[str]


def run_cohort(
    trials: str | Path | Iterable[Trial],
    to: str | Path,
    *,
    n_jobs: int = 1,
    scheduler: Any = None,
    estimator: str | type | Mapping[Any, Mapping[str, Any]] = "mediapipe",
    model_path: str | None = None,
    who: str | int | tuple[float, float, float, float] = "walking",
    pages: bool = True,
    pictures: bool = False,
    names: bool = False,
    keep: Iterable[str] = (),
    norms: Norms | str | Path | None = None,
    prune: bool = False,
    progress: bool = True,
) -> Cohort:
    """Extract, measure, score and report every walk of a table; run again, it does only what changed.

    Parameters
    ----------
    trials : path or iterable of Trial
        A table as `read_trials` reads, or trials in memory. Rows of one subject with the same ``visit`` (a column, or a covariate)
        are one visit and scored together; without that column each row is a visit.
    to : path
        The folder to write into; made when it is not there.
    n_jobs : int
        Processes on this machine, as joblib counts; -1 uses all cores. Not used with a cluster, which has its own number.
    scheduler : str or distributed.Client, optional
        Address of a Dask scheduler (``"tcp://10.0.0.5:8786"``). Its workers must see the files and the folder under the same paths.
    estimator, model_path, who
        For walks with a video and no pose; as in `estimate_pose`.
    pages : bool
        Write a page for each visit, which takes most of the time.
    pictures : bool
        Show frames of the videos on the pages. Faces are hidden by where the head was found: look before you share.
    names : bool
        Write ``subjects.csv``, which tells who is who. No other file has names in it.
    keep : iterable of str
        Columns of the table (covariates) to carry over into the table of walks even if they look as if they told who somebody is
        (names, dates, files, free text), or ``"visit"`` for the labels of visits. The others are carried over anyway, labels
        (``label_...``) always: see that they tell no names.
    norms : Norms or path, optional
        Your laboratory's, or the file they are in (see `read_norms`): for the pages and the patterns, before the cited ones.
    prune : bool
        Remove results, poses and pages of walks that are no longer in the table.
    progress : bool
        Show a bar.

    Returns
    -------
    Cohort
        The tables, and where everything is.

    Raises
    ------
    SkelgaitError
        The table is none, the folder cannot be used, another run is using it, or the cluster does not answer. A walk that cannot be
        read or measured is no error: it is a row of ``failures``.

    Notes
    -----
    Each walk's result is kept under a key of the contents of its files, the settings, and version and code of skelgait. It is
    written whole or not at all and carries a checksum: what is cut short or altered is done again. A run that is killed loses the
    walks it was working on. Poses estimated from video are kept apart, and outlive a change in how walks are measured. When a
    process dies under a walk, the others go on and the walk is tried once more in a process of its own.

    Walks go by a digest of what is in them, subjects by numbers. Ages, labels and the movement itself are still a person's:
    without names is not anonymous.

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.walker import Walker
    >>> walks = [Trial(name, Walker(cadence_spm=c).film(fps=60, duration_s=4).pose) for name, c in (("anna", 112), ("ben", 130))]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = run_cohort(walks, folder, pages=False, progress=False)
    ...     again = run_cohort(walks, folder, pages=False, progress=False)
    >>> first.walks.cadence_spm.round().tolist(), (first.made, again.made), again.failures.empty
    ([112.0, 130.0], (2, 0), True)
    """
    started = time.perf_counter()
    own = norms if norms is None or isinstance(norms, Norms) else read_norms(norms)
    settings = Settings(estimator, model_path, who, pages, pictures, own)
    keep = tuple(keep)
    walks = list_walks(trials)
    store = Store(Path(to).expanduser().resolve())
    store.make()
    with store.locked():
        hashes = FileHashes(store.folder / "hashes.json")
        plan = make_plan(walks, settings, hashes)
        _check_keep(plan, keep)
        with suppress(OSError):
            hashes.keep()
        failures, made, kept = _work(plan, store, settings, n_jobs, scheduler, progress)
        results = _collect(plan, store, failures)
        tables = build_tables(plan, results, failures, keep)
        written = write_tables(tables, store.folder)
        if names:
            write_subjects(plan, store.folder)
        else:
            (store.folder / "subjects.csv").unlink(missing_ok=True)  # of an earlier run: its numbers may no longer hold
        if prune:
            kept_poses = {key for walk in plan.walks for key in walk.pose_keys.values()}
            store.prune(set(plan.jobs), kept_poses, {job.id for job in plan.jobs.values() if job.page})
        remarks = _remarks(plan, keep)
        index = _write_index(plan, store.folder, tables, results, remarks, [path.name for path in written])
        _write_run(store.folder, settings, tables, made, kept, time.perf_counter() - started)
    return Cohort(store.folder, index, **dict(tables), made=made, kept=kept, remarks=remarks)


def _work(
    plan: Plan, store: Store, settings: Settings, n_jobs: int, scheduler: Any, progress: bool
) -> tuple[dict[str, list[Failure]], int, int]:
    """Do what is not done yet; the failures of what was done, and how many walks that were, and how many were there."""
    from tqdm.auto import tqdm

    todo = {key: job for key, job in plan.jobs.items() if store.load(key) is None}
    doubtful = store.in_flight() & set(todo)
    failures: dict[str, list[Failure]] = {}
    made, all_walks = (sum(len(job.walks) == 1 for job in jobs.values()) for jobs in (todo, plan.jobs))
    with tqdm(total=len(plan.jobs), initial=len(plan.jobs) - len(todo), unit="walk", disable=not progress or None) as bar:

        def tell(outcome: Outcome) -> None:
            failures[outcome.key] = outcome.failures
            bar.update()
            failed = sum(map(bool, failures.values()))
            bar.set_postfix({"failed": failed} if failed else {}, refresh=False)

        if todo:
            try:
                with hire(n_jobs, scheduler, store, settings) as (run, alone):
                    # first the walks, then the visits made of several: those find the poses of their videos estimated
                    do_all([job for job in todo.values() if len(job.walks) == 1], store, run, alone, tell, doubtful=doubtful)
                    visits = [job for job in todo.values() if len(job.walks) > 1]
                    for job in visits:
                        if deadly := _deadly_walk(job, plan, failures):
                            tell(Outcome(job.key, [deadly]))
                    visits = [job for job in visits if job.key not in failures]
                    do_all(visits, store, run, alone, tell, doubtful=doubtful)
            finally:
                for key in store.in_flight():
                    store.end(key)
    return failures, made, all_walks - made


def _deadly_walk(job: Job, plan: Plan, failures: dict[str, list[Failure]]) -> Failure | None:
    """The walk of a visit that processes die of: it is not given to another one."""
    for i, walk in enumerate(job.walks):
        if any(failure.stage == "process" for failure in failures.get(plan.of_walk[walk.number], ())):
            return Failure(i, job.products[0], "the visit is not scored: processes die on this walk of it", lasting=False)
    return None


def _collect(plan: Plan, store: Store, failures: dict[str, list[Failure]]) -> dict[str, dict[str, Any]]:
    """Every kept result; a job that has none and told no failure was kept where this machine does not see it."""
    results: dict[str, dict[str, Any]] = {}
    for key, job in plan.jobs.items():
        result = store.load(key)
        if result is not None:
            results[key] = result
            failures[key] = [Failure(**one) for one in result["failures"]]
        elif not failures.get(key):
            problem = f"its result is not in {store.folder.name}/results, although a worker says that it wrote it"
            failures[key] = [Failure(i, "write", problem, lasting=False) for i in range(len(job.walks))]
    return results


def _check_keep(plan: Plan, keep: tuple[str, ...]) -> None:
    known = {column for walk in plan.walks for column in walk.known}
    called = {column.lower() for column in known} & {"visit"}  # however it is capitalised
    unknown = [column for column in keep if column not in known and column.lower() not in called]
    if unknown:
        raise SkelgaitError(
            f"there is no column {', '.join(unknown)} to keep",
            expected=", ".join(sorted(known)) or "no columns besides the files",
            do="check its name",
        )


def _remarks(plan: Plan, keep: tuple[str, ...]) -> list[str]:
    rows: dict[str, list[int]] = {}
    for walk in plan.walks:
        if walk.id:
            rows.setdefault(walk.id, []).append(walk.number)
    remarks = [
        f"Rows {', '.join(map(str, same))} are the same recording, read the same way." for same in rows.values() if len(same) > 1
    ]
    _, hidden = share_columns(plan.walks, keep)
    if hidden:
        told = ", ".join(f"{column} ({why})" for column, why in hidden.items())
        remarks.append(
            f"Columns left out of walks.csv, for they may tell who somebody is: {told}; keep={next(iter(hidden))} brings one in."
        )
    labels = visit_labels(plan.walks, keep=any(column.lower() == "visit" for column in keep))
    given = visit_labels(plan.walks, keep=True)
    if lost := len({given[row] for row in given if given[row] and not labels[row]}):
        what = "1 label of visits is" if lost == 1 else f"{lost} labels of visits are"
        remarks.append(f"{what} not in the tables, for dates and names may tell who somebody is; keep=visit brings them in.")
    return remarks


def _write_index(
    plan: Plan, folder: Path, tables: Tables, results: dict[str, dict[str, Any]], remarks: list[str], files: list[str]
) -> Path:
    from skelgait.report.cohort_page import render_cohort

    pages = {}
    for visit, members in plan.visits.items():
        for name in results.get(plan.of_visit.get(visit, ""), {}).get("pages", ()):
            pages |= {walk.number: f"pages/{name}.html" for walk in members if not walk.problem}
    text = render_cohort(
        tables.walks,
        tables.descriptors,
        tables.visits,
        tables.evgs,
        tables.patterns,
        tables.failures,
        pages=pages,
        remarks=remarks,
        files=files,
    )
    path = folder / "index.html"
    with new_file(path) as temporary:
        temporary.write_text(text, encoding="utf8")
    return path


def _write_run(folder: Path, settings: Settings, tables: Tables, made: int, kept: int, seconds: float) -> None:
    """What ran, with what: versions, settings, counts."""
    libraries = {}
    for name in ("numpy", "scipy", "pandas", "mediapipe"):
        with suppress(PackageNotFoundError):
            libraries[name] = version(name)
    about = {
        "skelgait": skelgait.__version__,
        "python": platform.python_version(),
        "libraries": libraries,
        "settings": {
            "estimator": str(settings.estimator),
            "who": str(settings.who),
            "pages": settings.pages,
            "pictures": settings.pictures,
            "norms": key_of(list(norm_rows(settings.norms))) if settings.norms else "",
        },
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "seconds": round(seconds, 2),
        "walks": len(tables.walks),
        "measured": int(tables.walks["measured"].sum()),
        "failures": len(tables.failures),
        "worked_on": made,
        "kept_from_before": kept,
    }
    with new_file(folder / "run.json") as temporary:
        temporary.write_text(json.dumps(about, indent=1) + "\n", encoding="utf8")
