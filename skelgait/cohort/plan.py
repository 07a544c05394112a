"""What is to be done: the walks of a table, the visits they make up, and the key of each result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from skelgait.cohort.keys import ROOMS_OF_POSES, FileHashes, code_key, key_of, trial_key
from skelgait.cohort.products import OF_VISIT, OF_WALK
from skelgait.cohort.recordings import person_in_row
from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import Norms
from skelgait.core.trial import PLANES, Trial
from skelgait.io.norms import norm_rows
from skelgait.io.trial_columns import MEASURES, SETTINGS
from skelgait.io.trial_table import TrialRow, read_trial_rows

# Cells of a row that say how its files are to be read, or of the subject what is measured with.
_READ_WITH = (*SETTINGS, "fps", "view", "person", "width_px", "height_px", *MEASURES, "sex")


@dataclass(frozen=True)
class Settings:
    """What the user chose that changes a result.

    Parameters
    ----------
    estimator : str or mapping
        For walks that have a video and no pose.
    model_path : str, optional
    who : str, int or tuple
        Whom to follow in a video.
    pages : bool
        Write a page for each visit.
    pictures : bool
        Show frames of the videos on the pages, faces hidden.
    norms : Norms, optional
        A laboratory's own.
    """

    estimator: Any = "mediapipe"
    model_path: str | None = None
    who: Any = "walking"
    pages: bool = True
    pictures: bool = False
    norms: Norms | None = None


@dataclass(frozen=True, eq=False)
class Walk:
    """One walk of the table.

    Parameters
    ----------
    number : int
        Its row; of trials in memory, its place from 1.
    subject, visit : str
        As the user wrote them; they go into no file that is shared.
    source : TrialRow or Trial
    id : str
        From the contents of its files, not from names: it names files and the rows of tables. Empty when a file is missing.
    pose_keys : mapping of plane to str
        Planes whose pose has to be estimated from a video, and the key of that pose.
    problem : str
        Why nothing can be made of it; empty when something can.
    """

    number: int
    subject: str
    visit: str
    source: TrialRow | Trial
    id: str = ""
    pose_keys: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def known(self) -> dict[str, Any]:
        """Measures, sex, labels (``label_...``) and covariates."""
        if isinstance(self.source, TrialRow):
            return self.source.known()
        t = self.source
        found = {what: getattr(t, what) for what in (*MEASURES, "sex")}
        found |= {f"label_{name}": value for name, value in t.labels.items()} | dict(t.covariates)
        return {what: value for what, value in found.items() if value is not None}


@dataclass(frozen=True, eq=False)
class Job:
    """One thing to do, whose result is kept under a key.

    Parameters
    ----------
    key : str
        Of the inputs, the settings and the version.
    id : str
        Of the walk or the visit.
    walks : tuple of Walk
        One, or the walks of a visit.
    products : tuple of str
        Keys of `skelgait.cohort.products.TABLES`.
    page : bool
        Whether a page is written.
    """

    key: str
    id: str
    walks: tuple[Walk, ...]
    products: tuple[str, ...]
    page: bool


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything a run has to have done.

    Parameters
    ----------
    walks : list of Walk
        Of the table, in order, those with a problem too.
    visits : dict of (subject, visit) to list of Walk
        In order of first appearance.
    jobs : dict of key to Job
        Walks first, then the visits that are made of several.
    of_walk : dict of row to key
    of_visit : dict of (subject, visit) to key
    """

    walks: list[Walk]
    visits: dict[tuple[str, str], list[Walk]]
    jobs: dict[str, Job]
    of_walk: dict[int, str]
    of_visit: dict[tuple[str, str], str]


def list_walks(trials: str | Path | Trial | Iterable[Trial]) -> list[Walk]:
    """The walks of a table or of trials in memory, nothing of them opened.

    Parameters
    ----------
    trials : path, Trial or iterable of Trial

    Returns
    -------
    list of Walk

    Raises
    ------
    SkelgaitError
        Not a table of walks, not trials, or none.
    """
    if isinstance(trials, str | Path):
        walks = []
        for row in read_trial_rows(trials):
            row = replace(row, folder=row.folder.resolve())
            subject = row.cells.get("subject", "")
            visit = _visit_of(row.cells, f"row {row.number}")
            walks.append(Walk(row.number, subject, visit, row, problem="; ".join(row.problems)))
        return walks
    chosen = [trials] if isinstance(trials, Trial) else list(trials)
    if not chosen:
        raise SkelgaitError("a cohort without walks", do="pass trials, or a trials.csv")
    for one in chosen:
        if not isinstance(one, Trial):
            raise SkelgaitError(
                "a cohort is made of trials", found=type(one).__name__, do="pass a trials.csv, or a list of sg.Trial"
            )
    return [Walk(i, t.subject, _visit_of(t.covariates, f"trial {i}"), t) for i, t in enumerate(chosen, 1)]


def _visit_of(columns: Mapping[str, Any], otherwise: str) -> str:
    """What is said in the column ``visit``, however it is capitalised."""
    return next((str(value) for column, value in columns.items() if column.lower() == "visit"), otherwise)


def make_plan(walks: list[Walk], settings: Settings, hashes: FileHashes) -> Plan:
    """Key every walk and every visit.

    Parameters
    ----------
    walks : list of Walk
    settings : Settings
    hashes : FileHashes

    Returns
    -------
    Plan
    """
    model = hashes.of(Path(settings.model_path)) if settings.model_path else None
    estimating = [key_of(settings.estimator), model, settings.who, _estimator_version(settings.estimator)]
    with ThreadPoolExecutor(8) as pool:  # waiting for disks, mostly
        pictures = settings.pages and settings.pictures
        walks = list(pool.map(lambda walk: _identify(walk, hashes, estimating, pictures), walks))
    visits: dict[tuple[str, str], list[Walk]] = {}
    for walk in walks:
        visits.setdefault((walk.subject, walk.visit), []).append(walk)
    jobs: dict[str, Job] = {}
    of_walk, of_visit = {}, {}
    own = key_of(list(norm_rows(settings.norms))) if settings.norms else ""
    later: dict[str, Job] = {}
    for (subject, visit), members in visits.items():
        good = [walk for walk in members if not walk.problem]
        together = len(good) > 1
        for walk in good:
            job = _job([walk], (*OF_WALK, *(() if together else OF_VISIT)), settings.pages and not together, own)
            jobs[job.key] = job
            of_walk[walk.number] = job.key
            if not together:
                of_visit[subject, visit] = job.key
        if together:
            job = _job(good, tuple(OF_VISIT), settings.pages, own)
            later[job.key] = job
            of_visit[subject, visit] = job.key
    return Plan(walks, visits, {**jobs, **later}, of_walk, of_visit)


def _job(walks: list[Walk], products: tuple[str, ...], page: bool, norms: str) -> Job:
    """One job; ``norms`` is the key of a laboratory's own, on which the results of a visit rest."""
    ids = [walk.id for walk in walks]
    rests_on = norms if page or set(products) & set(OF_VISIT) else ""
    return Job(
        key=key_of(ids, [walk.pose_keys for walk in walks], products, page, rests_on, code_key()),
        id=ids[0] if len(ids) == 1 else key_of(ids)[:12],
        walks=tuple(walks),
        products=products,
        page=page,
    )


def _identify(walk: Walk, hashes: FileHashes, estimating: list[Any], pictures: bool) -> Walk:
    """The walk with its id, the keys of its poses, or what is the matter."""
    if walk.problem:
        return walk
    try:
        made_of, pose_keys = (
            _trial_inputs(walk.source, hashes, estimating)
            if isinstance(walk.source, Trial)
            else _row_inputs(walk.source, hashes, estimating)
        )
        made_of["pictures"] = _picture_inputs(walk.source, hashes) if pictures else []
    except SkelgaitError as error:
        return replace(walk, problem=str(error))
    return replace(walk, id=key_of(made_of)[:12], pose_keys=pose_keys)


def _picture_inputs(source: TrialRow | Trial, hashes: FileHashes) -> list[str]:
    """Videos that are shown besides what is measured."""
    if isinstance(source, TrialRow):
        videos = [source.path(f"{plane}_video") for plane in PLANES]
    else:
        videos = [Path(video) for _, video in sorted(source.video.items())]
    return [hashes.of(video) for video in videos if video is not None]


def _row_inputs(row: TrialRow, hashes: FileHashes, estimating: list[Any]) -> tuple[dict[str, Any], dict[str, str]]:
    made_of: dict[str, Any] = {column: row.cells[column] for column in _READ_WITH if column in row.cells}
    pose_keys = {}
    for plane in PLANES:
        pose, video, events = (row.path(plane + ending) for ending in ("", "_video", "_events"))
        if pose is not None:
            made_of[plane] = hashes.of(pose)
        elif video is not None:
            told = [row.cells.get(f"{plane}_{what}", row.cells.get(what)) for what in ("fps", "view")]
            made_of[f"{plane}_video"] = hashes.of(video)
            person = person_in_row(row, plane)
            told += [] if person is None else [str(person)]
            pose_keys[plane] = key_of(made_of[f"{plane}_video"], told, estimating, code_key(ROOMS_OF_POSES))
        if events is not None:
            made_of[f"{plane}_events"] = hashes.of(events)
    if not any(plane in made_of or plane in pose_keys for plane in PLANES):
        raise SkelgaitError("there is nothing to measure in this row", expected="a pose file or a video", do="fill in its column")
    return made_of, pose_keys


def _trial_inputs(trial: Trial, hashes: FileHashes, estimating: list[Any]) -> tuple[dict[str, Any], dict[str, str]]:
    made_of: dict[str, Any] = {what: getattr(trial, what) for what in (*MEASURES, "sex")} | {"pose": trial_key(trial)}
    videos = {plane: hashes.of(Path(video)) for plane, video in trial.video.items() if plane not in trial.pose}
    if not trial.pose and not videos:
        raise SkelgaitError("the trial has no pose", do="read one with sg.read_pose(path), or name its video")
    pose_keys = {plane: key_of(digest, [None, None], estimating, code_key(ROOMS_OF_POSES)) for plane, digest in videos.items()}
    return made_of | {"video": videos}, pose_keys


def _estimator_version(estimator: Any) -> str:
    """The installed version of the package behind an estimator, where it is known."""
    from importlib.metadata import PackageNotFoundError, version

    name = next(iter(estimator)) if isinstance(estimator, Mapping) else estimator
    try:
        return version(str(name))
    except (PackageNotFoundError, ValueError):
        return ""
