"""Two models on the same walks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import NOT_KNOWN, Task
from skelgait.evaluate.answers import Answers, by_subject, gather_answers
from skelgait.evaluate.intervals import draw_weights, percentile_interval
from skelgait.evaluate.scores import LOWER_IS_BETTER, Counts, choose_metrics

if TYPE_CHECKING:
    import pandas as pd


def compare_models(
    first: Any,
    second: Any,
    trials_or_y: Any,
    *,
    task: Task | None = None,
    groups: Any = None,
    metrics: Sequence[str] | None = None,
    n_boot: int = 2000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Compare two models on the same walks: the difference of each score by subject, and McNemar's test.

    Parameters
    ----------
    first, second : model, array or list of them
        As in `score_table`; a list is several runs of one model, whose scores are averaged.
    trials_or_y, task, groups
        As in `score_table`.
    metrics : sequence of str, optional
        Names of `skelgait.evaluate.scores.METRICS`. Default: the usual ones the task has.
    n_boot : int
        Resamples of the subjects, the same for both models.
    random_state : int
        Which resamples.

    Returns
    -------
    DataFrame
        Index ``metric``. Columns ``first``, ``second``, ``difference`` (first less second), ``low`` and ``high`` (95 %, of the
        difference), ``p``, ``n``, ``note``. The rows ``mcnemar_walks`` and ``mcnemar_subjects`` hold in ``first`` and ``second``
        how often only that model was right, and in ``p`` the exact two-sided test that both are wrong equally often.

    Raises
    ------
    SkelgaitError
        Different tasks or numbers of walks, an unknown metric, or no walk that both answered.

    Notes
    -----
    Only walks that both models answered count. Walks of one child are alike, so ``mcnemar_walks`` is too sure of itself;
    ``mcnemar_subjects`` takes one answer a child, by the mean probability of its walks. Several runs enter McNemar's test by their
    mean probability (or most frequent level).

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153-157.

    Examples
    --------
    >>> good, poor = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], [[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]]
    >>> table = compare_models(good, poor, [0, 1, 1], groups=["a", "b", "c"], n_boot=100)
    >>> table.loc["accuracy", ["first", "second"]].round(2).tolist(), float(table.loc["mcnemar_walks", "p"])
    ([1.0, 0.33], 0.5)
    """
    import pandas as pd

    one = gather_answers(first, trials_or_y, task=task, groups=groups)
    two = gather_answers(second, trials_or_y, task=task or one.task, groups=groups)
    if one.task != two.task or one.truth.shape != two.truth.shape:
        raise SkelgaitError("these models do not answer the same question", found=f"{one.task.name} and {two.task.name}")
    both = np.concatenate([one.scored, two.scored]).all(axis=0)
    if not both.any():
        raise SkelgaitError("no walk has a true answer and an answer of both models", found=f"{len(one.truth)} walks")
    one, two = (replace(a, predicted=np.where(both, a.predicted, NOT_KNOWN)) for a in (one, two))
    counts = Counts(one), Counts(two)
    subjects, n = len(counts[0].subjects), int(both.sum())
    weights = draw_weights(subjects, n_boot, random_state)
    drawn, once = [c.by(weights) for c in counts], [c.once for c in counts]
    rows: dict[str, tuple[Any, ...]] = {}
    nan = float("nan")
    for name in choose_metrics(metrics, one, two):
        values = [float(scores.get(name)[0]) for scores in once]
        low, high = percentile_interval(drawn[0].get(name) - drawn[1].get(name), subjects)
        note = "lower is better" if name in LOWER_IS_BETTER else ""
        rows[name] = (*values, values[0] - values[1], low, high, nan, n, note if subjects > 1 else "one subject: no interval")
    for name, pair in (
        ("mcnemar_walks", (_one_run(one), _one_run(two))),
        ("mcnemar_subjects", (by_subject(_one_run(one)), by_subject(_one_run(two)))),
    ):
        right = [(a.predicted[0] == a.truth)[a.scored[0]] for a in pair]
        only = int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum())
        note = _told(name, one)
        rows[name] = (*map(float, only), nan, nan, nan, mcnemar(*only), len(right[0]), note)
    columns = ["first", "second", "difference", "low", "high", "p", "n", "note"]
    table = pd.DataFrame(list(rows.values()), columns=columns, index=pd.Index(list(rows), name="metric"))
    table.attrs |= {"task": one.task.name, "subjects": subjects, "n_boot": n_boot, "random_state": random_state}
    return table


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p that answers only one model has right are as often the first's as the second's.

    Examples
    --------
    >>> mcnemar(8, 2), mcnemar(0, 0)
    (0.109375, 1.0)
    """
    from scipy.stats import binomtest

    total = only_first + only_second
    return float(binomtest(only_first, total, 0.5).pvalue) if total else 1.0


def _one_run(answers: Answers) -> Answers:
    """Several runs as one, by mean probability or most frequent level."""
    if len(answers.predicted) == 1:
        return answers
    given = answers.predicted[0] >= 0
    if answers.probabilities is not None:
        mean = answers.probabilities.mean(axis=0, keepdims=True)
        predicted = np.where(given, np.nan_to_num(mean[0]).argmax(axis=-1), NOT_KNOWN)[None]
        return replace(answers, probabilities=mean, predicted=predicted, thresholds=())
    votes = (answers.predicted[..., None] == np.arange(answers.task.n_levels)).sum(axis=0)
    return replace(answers, predicted=np.where(given, votes.argmax(axis=-1), NOT_KNOWN)[None])


def _told(name: str, answers: Answers) -> str:
    if name == "mcnemar_walks":
        return "walks of one child are alike: read mcnemar_subjects" if len(answers.truth) > answers.n_subjects else ""
    return "one answer a child" if answers.grouped else "no subjects given: every walk counts as one"
