"""One walk or one visit, from its files to its kept result. This is what runs in another process, or on another machine."""

from __future__ import annotations

import threading
import time
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skelgait.cohort.names import Redactor, hide_names
from skelgait.cohort.plan import Job, Settings, Walk
from skelgait.cohort.products import OF_VISIT, OF_WALK
from skelgait.cohort.recordings import person_in_row
from skelgait.cohort.store import Store
from skelgait.core.errors import NotInstalled, SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement, measure
from skelgait.io.atomic import is_of_the_disk
from skelgait.io.poses import read_pose, write_pose
from skelgait.io.trial_table import TrialRow
from skelgait.io.trials import read_trial_row

# A process that dies twice on the same walk dies of it.
DEATHS = 2
# Figures are drawn one at a time where several walks share a process: matplotlib is not made for threads.
_drawing = threading.Lock()


@dataclass(frozen=True)
class Failure:
    """Something that could not be done.

    Parameters
    ----------
    walk : int
        Which of the job's walks.
    stage : str
        ``table``, ``read``, ``estimate``, ``measure``, the name of a product, ``page``, ``write`` or ``process``.
    problem : str
        What is wrong, without names.
    lasting : bool
        Whether it will be so as long as nothing changes. What is not (a full disk, a missing package) is tried again next time.
    """

    walk: int
    stage: str
    problem: str
    lasting: bool = True


@dataclass
class Outcome:
    """What became of a job: its failures, and whether it has to be tried in a process of its own."""

    key: str
    failures: list[Failure] = field(default_factory=list)
    suspect: bool = False


def do_job(job: Job, folder: Path, settings: Settings, deaths: int = DEATHS) -> Outcome:
    """Extract, measure, score and report one walk (or score one visit), and keep the result.

    Parameters
    ----------
    job : Job
    folder : Path
        Of the cohort; shared by all workers.
    settings : Settings
    deaths : int
        When so many processes have died on it, it is not begun again.

    Returns
    -------
    Outcome
        Nothing is raised: whatever goes wrong is told in it, and kept with the result where it lasts.
    """
    store = Store(folder)
    if store.load(job.key) is not None:  # a cluster may ask twice
        return Outcome(job.key)
    outcome = Outcome(job.key)
    try:
        if store.begin(job.key) >= deaths:
            return Outcome(job.key, suspect=True)
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = _make(job, store, settings, outcome.failures)
        if all(failure.lasting for failure in outcome.failures):
            kept = [vars(failure) for failure in outcome.failures]
            store.save(job.key, result | {"failures": kept, "seconds": time.perf_counter() - started})
    except Exception as error:
        outcome.failures.append(_failure(error, job, 0, "write"))
    store.end(job.key)
    return outcome


def _make(job: Job, store: Store, settings: Settings, failures: list[Failure]) -> dict[str, Any]:
    measured: list[Measurement] = []
    for i, walk in enumerate(job.walks):
        stage = ["read"]
        try:
            trial = _read(walk, store, settings, stage)
            stage[0] = "measure"
            measured.append(measure(hide_names(trial, walk.id, job.id, pictures=settings.pictures)))
        except Exception as error:
            failures.append(_failure(error, job, i, stage[0]))
    result: dict[str, Any] = {"tables": {}, "about": {}, "pages": {}}
    if not measured:
        return result
    lost = [failure.problem for failure in failures]
    for name in job.products:
        try:
            result["tables"][name], result["about"][name] = {**OF_WALK, **OF_VISIT}[name](measured, lost, settings.norms)
        except Exception as error:
            failures.append(_failure(error, job, 0, name))
    rows = result["tables"].get("descriptors")
    if rows and not any(value == value for value in rows["value"]):
        why = max(set(rows["reason"]), key=rows["reason"].count)
        failures.append(Failure(0, "measure", f"nothing could be measured: {why}"))
    if job.page:
        try:
            result["pages"][job.id] = _write_page(job.id, measured, store, settings)
        except Exception as error:
            failures.append(_failure(error, job, 0, "page"))
    return result


def _read(walk: Walk, store: Store, settings: Settings, stage: list[str]) -> Trial:
    """The trial, its poses estimated where there are only videos; says in ``stage`` how far it came."""
    poses: dict[str, PoseSequence] = {}
    for plane, key in walk.pose_keys.items():
        stage[0] = "estimate"
        poses[plane] = _estimated(walk.source, plane, store.pose_path(key), settings)
    stage[0] = "read"
    if isinstance(walk.source, TrialRow):
        return read_trial_row(walk.source, poses)
    return walk.source.with_(pose={**walk.source.pose, **poses})


def _estimated(source: TrialRow | Trial, plane: str, kept: Path, settings: Settings) -> PoseSequence:
    """The pose of a video: the kept one, or estimated and kept."""
    if kept.exists():
        try:
            return read_pose(kept)
        except SkelgaitError:
            kept.unlink(missing_ok=True)  # cut short
    from skelgait.estimation.estimate import estimate_pose

    told: Mapping[str, str] = source.cells if isinstance(source, TrialRow) else {}
    video = source.path(f"{plane}_video") if isinstance(source, TrialRow) else source.video[plane]
    named = person_in_row(source, plane) if isinstance(source, TrialRow) else None
    fps, view = (told.get(f"{plane}_{what}", told.get(what)) for what in ("fps", "view"))
    pose = estimate_pose(
        str(video),
        settings.estimator,
        subject=settings.who if named is None else named,
        fps=float(fps) if fps else None,
        view=view if view and view.split("_")[0] in (plane, "oblique") else None,
        model_path=settings.model_path,
        progress=False,
    )
    write_pose(pose.with_(source=""), kept)
    return pose


def _write_page(name: str, measured: list[Measurement], store: Store, settings: Settings) -> str:
    from skelgait.report.page import report

    with _drawing:
        report([m.trial for m in measured], store.page_path(name), measurement=measured, norms=settings.norms)
    return store.page_digest(name)


def _failure(error: Exception, job: Job, walk: int, stage: str) -> Failure:
    """What went wrong, told without names."""
    redact = Redactor(job.walks)
    may_pass = isinstance(error, NotInstalled) or is_of_the_disk(error)
    if isinstance(error, SkelgaitError):
        return Failure(walk, stage, redact(" ".join(str(error).split())), not may_pass)
    where = traceback.extract_tb(error.__traceback__)[-1]
    words = f"{type(error).__name__}: {error} ({Path(where.filename).name}, line {where.lineno})"
    return Failure(walk, stage, redact(" ".join(words.split())), lasting=False)
