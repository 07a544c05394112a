"""The figures of the ChildGait challenge: S1 of the 34 items, S2 of the gait patterns, and S, their mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.evaluate.answers import Answers, describe_seen, gather_answers
from skelgait.evaluate.intervals import draw_weights
from skelgait.evaluate.metrics import mean_known, share_of
from skelgait.evaluate.sample import limits_of
from skelgait.evaluate.subjects import subject_keys

if TYPE_CHECKING:
    import pandas as pd

TOTALS = ("levels", "expected")
COLUMNS = ("value", "low", "high", "n", "reference", "note")


@dataclass(frozen=True, eq=False)
class _Track:
    """Answers by child, and where each child stands among those of both tracks.

    Parameters
    ----------
    answers : Answers
    keys : list of str
        Of the children, in the order of their numbers.
    """

    answers: Answers
    keys: list[str]


def childgait_score(
    items: Any,
    items_of: Any,
    patterns: Any = None,
    patterns_of: Any = None,
    *,
    total: str = "levels",
    item_task: Task | None = None,
    pattern_task: Task | None = None,
    groups: Any = None,
    pattern_groups: Any = None,
    n_boot: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Score answers as the ChildGait challenge did, each score with an interval over children.

    Parameters
    ----------
    items : model, array or list of them
        Answers to the items (34, two levels), as `score_table` takes them: a model, probabilities (n, 34, 2) or codes (n, 34). A
        list is several runs: every score is their mean.
    items_of : sequence of n
        Trials with labels, or codes, -1 where not known.
    patterns, patterns_of : optional
        The same for the left and right gait pattern, of the same or other children. Without them there is S1 only.
    total : {"levels", "expected"}
        The total of a child is the sum of its answered levels, or of the probabilities of the second level.
    item_task, pattern_task : Task, optional
        Default the models'; ``sg.tasks.EVGS_BINARY`` and ``sg.tasks.CP_PATTERN`` where arrays meet trials.
    groups, pattern_groups : sequence of n, optional
        Child of each walk; default that of the trials. Without either every walk is a child.
    n_boot : int
        Resamples of the children.
    random_state : int
        Which resamples.

    Returns
    -------
    DataFrame
        Index ``metric``: ``S1``, ``accuracy`` and ``total_rmse`` of the items, ``majority_S1``, ``majority_rate``; with patterns
        also ``S2``, ``pattern_accuracy``, ``pattern_macro_f1``, ``majority_S2``, ``pattern_majority_rate`` and, first, ``S``.
        Columns ``value``, ``low`` and ``high`` (95 %), ``n`` (children), ``reference`` (which level counts as typical, or what is
        always answered), ``note``.

    Raises
    ------
    SkelgaitError
        Nothing to score, items of more than two levels, or what `score_table` refuses.

    Notes
    -----
    ``S1 = (accuracy + 1 - total_rmse / 34) / 2``, the accuracy over all items of all children; ``S2 = (accuracy + macro F1) / 2``,
    over all limbs; ``S = (S1 + S2) / 2``. A child answered in several walks is scored once, by the mean of its walks.

    An answer that is missing is wrong, and adds nothing to the total. The total is compared for children all of whose items are
    scored. Macro F1 is a mean over the patterns that occur among these children; all five do in the challenge's test set, by the
    submission that was given full marks. How the challenge computed it was not published; a mean over patterns that nobody has
    would be lower.

    ``majority_`` rows are those of always giving the commonest level of each item, or the commonest pattern, of these very
    children. On the 94 training children that gives an accuracy of 0.708 and an S1 of 0.759: a figure without it says nothing.

    The interval is that of a bootstrap of children; a child of both tracks is drawn in both.

    Examples
    --------
    >>> truth = [[0, 1, 0, 1], [1, 1, 0, 0]]
    >>> given = [[0, 1, 1, 1], [1, 1, 0, 0]]
    >>> table = childgait_score(np.array(given), truth)
    >>> table["value"].round(3).to_dict()
    {'S1': 0.849, 'accuracy': 0.875, 'total_rmse': 0.707, 'majority_S1': 0.75, 'majority_rate': 0.75}
    """
    import pandas as pd

    if total not in TOTALS:
        raise SkelgaitError(f"total={total!r} means nothing", expected=" or ".join(map(repr, TOTALS)))
    tracks = [_gather(items, items_of, item_task, groups, "item")]
    if patterns is not None:
        tracks.append(_gather(patterns, patterns_of, pattern_task, pattern_groups, "pattern"))
    one = tracks[0].answers
    if one.task.n_levels != 2:
        raise SkelgaitError(
            "S1 is about items of two levels", found=f"{one.task.name} with {one.task.n_levels}", do="ask sg.tasks.EVGS_BINARY"
        )
    if total == "expected" and one.probabilities is None:
        raise SkelgaitError("expected totals need probabilities", found="levels only", do="total='levels'")
    everyone = list(dict.fromkeys(key for track in tracks for key in track.keys))
    drawn = np.vstack([np.ones((1, len(everyone))), draw_weights(len(everyone), n_boot, random_state)])
    weights = [drawn[:, [everyone.index(track.keys[s]) for s in track.answers.subject]] for track in tracks]
    values = _of_items(one, weights[0], total)
    notes = {name: _noted(tracks[0]) for name in values}
    if len(tracks) > 1:
        two = _of_patterns(tracks[1].answers, weights[1])
        notes |= {name: _noted(tracks[1]) for name in two} | {"S": ""}
        values = {"S": 0.5 * (values["S1"] + two["S2"])} | values | two
    told = _references(tracks)
    counts = {name: len(tracks[-1].keys if "pattern" in name or "S2" in name else tracks[0].keys) for name in values}
    counts |= {"S": len(everyone)} if "S" in values else {}
    rows = []
    for name, value in values.items():
        low, high, note = limits_of(float(value[0]), value[1:], counts[name])
        rows.append((float(value[0]), low, high, counts[name], told.get(name, ""), "; ".join(filter(None, (notes[name], note)))))
    table = pd.DataFrame(rows, columns=list(COLUMNS), index=pd.Index(list(values), name="metric"))
    table.attrs |= {"n_boot": n_boot, "random_state": random_state, "confidence": 0.95}
    return table


def _gather(model: Any, of: Any, task: Task | None, groups: Any, what: str) -> _Track:
    if of is None:
        raise SkelgaitError(f"{what}s are scored against what is true", found="nothing", do=f"give {what}s_of: trials or codes")
    answers = gather_answers(model, of, task=task, groups=groups, unit="subject")
    known = (answers.truth >= 0).any(axis=1)
    if not known.any():
        raise SkelgaitError(f"no {what} has a known answer", do="score children whose labels are there")
    trials = isinstance(of, list | tuple) and bool(of) and isinstance(of[0], Trial)
    if groups is None and not trials:
        keys = [f"{what} row {n}" for n in range(len(of))]
    else:
        keys = list(dict.fromkeys(subject_keys(of if groups is None else list(groups)).tolist()))
    kept = Answers(
        answers.task,
        answers.truth[known],
        answers.predicted[:, known],
        None if answers.probabilities is None else answers.probabilities[:, known],
        answers.subject[known],
        answers.n_subjects,
        answers.grouped,
        answers.seen,
    )
    return _Track(kept, keys)


def _of_items(answers: Answers, weights: np.ndarray, total: str) -> dict[str, np.ndarray]:
    """Scores of the items under weights (R, n) of the children, (R,) each."""
    truth = answers.truth
    known = truth >= 0
    whole = known.all(axis=1)
    points = np.where(answers.predicted >= 0, answers.predicted, 0).astype(float)
    if total == "expected":
        assert answers.probabilities is not None
        points = np.nan_to_num(answers.probabilities[..., 1])

    def score(right: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        accuracy = share_of(weights @ (right & known).sum(axis=1), weights @ known.sum(axis=1))
        error = (points - np.where(known, truth, 0)).sum(axis=1) ** 2
        rmse = np.sqrt(share_of(weights @ (error * whole), weights @ whole.astype(float)))
        return 0.5 * (accuracy + 1 - rmse / answers.task.n_items), accuracy, rmse

    s1, accuracy, rmse = _over_runs(score, answers.predicted == truth, points)
    ones = ((truth == 1).sum(axis=0) > (truth == 0).sum(axis=0)).astype(int)
    always_s1, always, _ = score(truth == ones, np.broadcast_to(ones, truth.shape).astype(float))
    return {"S1": s1, "accuracy": accuracy, "total_rmse": rmse, "majority_S1": always_s1, "majority_rate": always}


def _of_patterns(answers: Answers, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of the patterns of all limbs under weights (R, n), (R,) each."""
    levels = np.arange(answers.task.n_levels)
    true = (answers.truth[..., None] == levels).astype(float)
    occurring = weights @ true.sum(axis=1)

    def score(given: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        answered = (given[..., None] == levels) & (answers.truth[..., None] >= 0)
        right = weights @ (answered * true).sum(axis=1)
        accuracy = share_of(right.sum(axis=1), occurring.sum(axis=1))
        f1 = share_of(2 * right, occurring + weights @ answered.sum(axis=1))
        macro = mean_known(np.where(occurring > 0, f1, np.nan))
        return 0.5 * (accuracy + macro), accuracy, macro

    s2, accuracy, macro = _over_runs(score, answers.predicted)
    always_s2, always, _ = score(np.full(answers.truth.shape, _commonest(answers)))
    return {
        "S2": s2,
        "pattern_accuracy": accuracy,
        "pattern_macro_f1": macro,
        "majority_S2": always_s2,
        "pattern_majority_rate": always,
    }


def _commonest(answers: Answers) -> int:
    return int(np.bincount(answers.truth[answers.truth >= 0]).argmax())


def _over_runs(score: Callable[..., tuple[np.ndarray, ...]], *runs: np.ndarray) -> tuple[np.ndarray, ...]:
    """Mean of each score over the runs of a model."""
    return tuple(np.mean([score(*run) for run in zip(*runs, strict=True)], axis=0))


def _noted(track: _Track) -> str:
    a = track.answers
    asked = int((a.truth >= 0).sum()) * len(a.predicted)
    silent = int(((a.truth >= 0) & (a.predicted < 0)).sum())
    return "; ".join(
        filter(None, (f"{silent} of {asked} answers are missing and count as wrong" if silent else "", describe_seen(a)))
    )


def _references(tracks: list[_Track]) -> dict[str, str]:
    task = tracks[0].answers.task
    other = task.levels[1 - task.levels.index(task.reference)]  # type: ignore[arg-type]
    told = dict.fromkeys(("S1", "accuracy", "total_rmse"), f"positive: {other}; negative: {task.reference}")
    told |= dict.fromkeys(("majority_S1", "majority_rate"), "always the commonest level of each item")
    if len(tracks) > 1:
        answers = tracks[1].answers
        told |= dict.fromkeys(("S2", "pattern_accuracy", "pattern_macro_f1"), f"reference: {answers.task.reference}")
        always = f"always {answers.task.levels[_commonest(answers)]}"
        told |= dict.fromkeys(("majority_S2", "pattern_majority_rate"), always)
    return told
