"""What chance would do: labels dealt out anew between subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.evaluate.answers import Answers, gather_answers
from skelgait.evaluate.scores import LOWER_IS_BETTER, Counts, choose_metrics
from skelgait.evaluate.subjects import number_subjects, subject_keys

if TYPE_CHECKING:
    import pandas as pd


def shuffle_labels(y: Any, groups: Any, *, random_state: int = 0) -> np.ndarray:
    """Deal the answers out anew, each subject getting those of another.

    Parameters
    ----------
    y : (n,) or (n, I)
        Codes or answers.
    groups : sequence of n
        Subject of each walk, or the trials.
    random_state : int
        Which shuffle.

    Returns
    -------
    array like ``y``
        Train and test on it: a sound method then falls to chance, and one that does not has a leak.

    Notes
    -----
    Walks of one subject keep belonging together: the subject's walks take the answers of another subject's walks in their order,
    over again when it has more. Shuffling walk by walk instead would break up subjects and hide a leak.

    Examples
    --------
    >>> shuffle_labels([0, 0, 1, 1, 2, 2], ["a", "a", "b", "b", "c", "c"]).tolist()
    [2, 2, 0, 0, 1, 1]
    """
    y = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    subject, count = number_subjects(subject_keys(groups))
    if len(subject) != len(y):
        raise SkelgaitError("there is not one subject a walk", found=f"{len(subject)} subjects", expected=f"{len(y)}")
    return y[_deal(subject, count, 1, np.random.default_rng(random_state))[0]]


def permutation_test(
    model: Any,
    trials_or_y: Any,
    *,
    task: Task | None = None,
    groups: Any = None,
    metrics: Sequence[str] = ("accuracy", "balanced_accuracy", "macro_f1"),
    n_permutations: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Compare scores with those of the same answers to shuffled labels.

    Parameters
    ----------
    model, trials_or_y, task, groups
        As in `score_table`.
    metrics : sequence of str
        Names of `skelgait.evaluate.scores.METRICS`.
    n_permutations : int
        How often the true answers are dealt out anew between subjects.
    random_state : int
        Which shuffles.

    Returns
    -------
    DataFrame
        Index ``metric``. Columns ``value``, ``chance`` (mean over shuffles), ``low`` and ``high`` (95 % of the shuffles), ``p``
        (one-sided: shuffles at least as good, the value itself counted in), ``n``.

    Raises
    ------
    SkelgaitError
        As `score_table`.

    Examples
    --------
    >>> import numpy as np
    >>> random = np.random.default_rng(0)
    >>> truth = random.integers(0, 2, 60)
    >>> table = permutation_test(np.eye(2)[truth], truth, n_permutations=200)
    >>> float(table.loc["accuracy", "value"]), round(float(table.loc["accuracy", "p"]), 3)
    (1.0, 0.005)
    """
    import pandas as pd

    answers = gather_answers(model, trials_or_y, task=task, groups=groups)
    names = choose_metrics(metrics, answers)
    known = (answers.truth >= 0).any(axis=1)
    subject, count = number_subjects(answers.subject[known])
    kept = replace(
        answers,
        truth=answers.truth[known],
        predicted=answers.predicted[:, known],
        probabilities=None if answers.probabilities is None else answers.probabilities[:, known],
        subject=subject,
        n_subjects=count,
    )
    dealt = _deal(subject, count, n_permutations, np.random.default_rng(random_state))
    value = Counts(kept).once
    drawn = [_scores(replace(kept, truth=kept.truth[deal]), names) for deal in dealt]
    rows = []
    for k, name in enumerate(names):
        here, chance = float(value.get(name)[0]), np.array([row[k] for row in drawn])
        chance = chance[np.isfinite(chance)]
        if not len(chance) or np.isnan(here):
            rows.append((here, *[float("nan")] * 4, len(subject)))
            continue
        better = chance <= here + 1e-12 if name in LOWER_IS_BETTER else chance >= here - 1e-12
        low, high = np.quantile(chance, (0.025, 0.975))
        rows.append((here, chance.mean(), low, high, (better.sum() + 1) / (len(chance) + 1), len(subject)))
    columns = ["value", "chance", "low", "high", "p", "n"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="metric"))


def _scores(answers: Answers, names: list[str]) -> list[float]:
    scores = Counts(answers).once
    return [float(scores.get(name)[0]) for name in names]


def _deal(subject: np.ndarray, count: int, times: int, random: np.random.Generator) -> np.ndarray:
    """(times, n) the walk whose answer each walk gets."""
    order = np.argsort(subject, kind="stable")
    sizes = np.bincount(subject, minlength=count)
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(len(subject), int)
    rank[order] = np.arange(len(subject)) - starts[subject[order]]
    giver = random.permuted(np.tile(np.arange(count), (times, 1)), axis=1)[:, subject]
    return order[starts[giver] + rank % sizes[giver]]
