"""One table of scores: what a model is worth, how sure that is, and what is not defined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.task import Task
from skelgait.evaluate.answers import Answers, describe_seen, gather_answers
from skelgait.evaluate.calibration import BINS, error_if_calibrated
from skelgait.evaluate.intervals import reflected_interval
from skelgait.evaluate.metrics import mean_known, pooled, sensitivity, specificity
from skelgait.evaluate.sample import Sample, limits_of, take_sample
from skelgait.evaluate.scores import OF_CONFUSION, OF_ORDER, OF_PROBABILITIES, OF_TOTAL

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("value", "low", "high", "n", "reference", "note")
Row = tuple[str, float, float, float, int, str, str]  # metric, then the columns


def score_table(
    model: Any,
    trials_or_y: Any,
    *,
    task: Task | None = None,
    groups: Any = None,
    unit: str = "walk",
    abstain_below: float | None = None,
    n_boot: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Score a model, each score with an interval over subjects.

    Parameters
    ----------
    model : model, array or list of them
        Something with ``predict_proba(trials)`` (and ``task``); or probabilities (n, L) or (n, I, L); or answered codes (n,) or
        (n, I). A list is several runs of one model: every score is their mean.
    trials_or_y : sequence of n
        Trials with labels; or codes (numbers) or levels (text), -1 or None where not known.
    task : Task, optional
        Default the model's.
    groups : sequence of n, optional
        Subject of each walk; default that of the trials. Without either, every walk counts as a subject, and the table says so.
    unit : {"walk", "subject"}
        Score each walk, or each subject by the mean of its walks.
    abstain_below : float, optional
        Leave out answers whose highest probability is lower; a row ``answered`` says how many are left.
    n_boot : int
        Resamples of the subjects.
    random_state : int
        Which resamples.

    Returns
    -------
    DataFrame
        Index ``metric``. Columns ``value``, ``low`` and ``high`` (95 %), ``n`` (answers behind the value), ``reference`` (which
        level is positive and which negative), ``note`` (why a value is missing, or how to read it). Scores of a task of many
        items are means over the items; `item_table` has each. Where the model learnt from some of the subjects, there is a
        warning and a ``note`` in the row ``subjects``, and their names are in ``attrs["seen"]``.

    Raises
    ------
    SkelgaitError
        Nothing to score, or shapes, codes and probabilities that do not fit together.

    Notes
    -----
    ``majority_rate`` is the accuracy of always giving the most frequent level of these very walks. Macro scores are means over the
    levels that occur among them. Weighted kappas and ``mae`` exist for ordered tasks. The interval is the expanded percentile
    interval of a bootstrap of subjects (`skelgait.evaluate.intervals`); a share of 0 or 1 has Clopper and Pearson's instead.

    References
    ----------
    Cohen J. Psychol Bull 1968;70:213-220 (weighted kappa). Brier GW. Mon Weather Rev 1950;78:1-3. Guo C et al. ICML 2017,
    arXiv:1706.04599 (calibration error).

    Examples
    --------
    >>> table = score_table([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3]], [0, 1, 0, 0], groups=["a", "b", "c", "d"])
    >>> float(table.loc["accuracy", "value"]), table.loc["sensitivity 1", "reference"]
    (0.75, 'positive: 1; negative: 0')
    """
    answers = gather_answers(model, trials_or_y, task=task, groups=groups, abstain_below=abstain_below, unit=unit)
    sample = take_sample(answers, n_boot, random_state)
    rows = [*_about(sample, unit, n_boot), _majority(sample)]
    for name in (*OF_CONFUSION, *OF_PROBABILITIES, *OF_TOTAL):
        row = _row(sample, name, random_state)
        if row is not None:
            rows.append(row)
    rows += _level_rows(sample)
    table = _frame(rows, answers.task, n_boot, random_state)
    table.attrs["seen"] = list(answers.seen)
    return table


def _about(sample: Sample, unit: str, n_boot: int) -> list[Row]:
    a, nan = sample.answers, float("nan")
    known = int((a.truth >= 0).any(axis=1).sum())
    notes = [f"mean of {len(a.predicted)} runs"] if len(a.predicted) > 1 else []
    if len(a.truth) > known:
        notes.append(f"{len(a.truth) - known} more without a true answer")
    grouped = "" if a.grouped else "no subjects given: every walk counts as one, and the intervals are too narrow if they are not"
    rows: list[Row] = [
        ("walks" if unit == "walk" else "answers", known, nan, nan, known, "", "; ".join(notes)),
        ("subjects", len(sample.counts.subjects), nan, nan, known, "", "; ".join(filter(None, (describe_seen(a), grouped)))),
    ]
    if a.task.n_items > 1:
        rows.insert(1, ("items", a.task.n_items, nan, nan, int((a.truth >= 0).sum()), "", "scores are means over items"))
    given = a.scored.sum() / max((a.truth >= 0).sum() * len(a.predicted), 1)
    if given < 1:
        rows.append(("answered", float(given), nan, nan, int((a.truth >= 0).sum()), "", "all scores below are of these"))
    return rows


def _n(sample: Sample) -> int:
    return round(float(sample.counts.confusion.sum()) / len(sample.answers.predicted))


def _majority(sample: Sample) -> Row:
    task = sample.answers.task
    value, drawn = float(sample.once.get("majority_rate")[0]), sample.drawn.get("majority_rate")
    low, high, note = limits_of(value, drawn, len(sample.counts.subjects), share=True)
    always = f"always {task.levels[int(sample.counts.majority[0])]}" if task.n_items == 1 else "the commonest level of each item"
    return "majority_rate", value, low, high, _n(sample), always, note


def _row(sample: Sample, name: str, random_state: int) -> Row | None:
    """One overall score; None where the task has no such score."""
    a, task, nan = sample.answers, sample.answers.task, float("nan")
    if name in OF_TOTAL and not (task.n_items > 1 and task.ordered):
        return None
    if name in OF_ORDER and not task.ordered:
        return name, nan, nan, nan, _n(sample), "", "the levels have no order"
    if name in OF_PROBABILITIES and a.probabilities is None:
        return name, nan, nan, nan, _n(sample), "", "needs probabilities, only levels were given"
    value, drawn = float(sample.once.get(name)[0]), sample.drawn.get(name)
    n = _n(sample)
    if name in OF_TOTAL:
        n = int(a.scored.all(axis=2).sum() / len(a.predicted))
    if np.isnan(value):
        return name, nan, nan, nan, n, _explained(name, task), _why_undefined(name, sample)
    subjects = len(sample.counts.subjects)
    if name == "calibration_error":
        low, high = np.clip(reflected_interval(value, drawn, subjects), 0, 1).tolist()
        chance = _chance_error(a, random_state)
        note = f"{BINS} equal bins of the top probability; {chance:.3f} is what a calibrated model shows by chance"
        return name, value, low, high, n, "", note if subjects > 1 else "one subject: no interval"
    low, high, note = limits_of(value, drawn, subjects, share=name == "accuracy" and task.n_items == 1)
    return name, value, low, high, n, _explained(name, task), note or _missing_levels(name, sample)


def _explained(name: str, task: Task) -> str:
    if name == "auc":
        return f"{task.levels[1]} against {task.levels[0]}" if task.n_levels == 2 else "each level against the rest, mean"
    if name == "brier":
        return "0 to 1" if task.n_levels == 2 else "0 to 2, summed over levels"
    if name == "mae":
        return "levels"
    return "sum of the codes of all items" if name in OF_TOTAL else ""


def _why_undefined(name: str, sample: Sample) -> str:
    if name in OF_TOTAL:
        return "no walk has every item scored"
    present = sample.counts.confusion.sum(axis=(0, 1, 2, 4)) > 0
    if present.sum() == 1:
        return f"all walks have one level, {sample.answers.task.levels[int(present.argmax())]}"
    return "not defined for these answers"


def _missing_levels(name: str, sample: Sample) -> str:
    """What a mean over levels leaves out."""
    task = sample.answers.task
    if not name.startswith(("macro", "balanced", "auc")) or task.n_items > 1:
        return ""
    true = sample.counts.confusion.sum(axis=(0, 1, 2, 4))
    gone = [str(level) for level, count in zip(task.levels, true, strict=True) if not count]
    if gone:
        return f"without {', '.join(gone)}: no such walk"
    lacking = (sample.drawn.all_items[:, 0].sum(axis=-1) == 0).mean(axis=0)
    if lacking.max() > 0.01:
        return f"{100 * lacking.max():.0f} % of the resamples lack {task.levels[int(lacking.argmax())]}"
    return ""


def _chance_error(answers: Answers, random_state: int) -> float:
    assert answers.probabilities is not None
    random = np.random.default_rng(random_state)
    runs = [p[scored].max(axis=-1) for p, scored in zip(answers.probabilities, answers.scored, strict=True)]
    return float(np.mean([error_if_calibrated(sure, random) for sure in runs]))


def _level_rows(sample: Sample) -> list[Row]:
    """Sensitivity and specificity of each level, and of any level but the reference."""
    task = sample.answers.task
    reference = task.reference
    true = sample.counts.confusion.sum(axis=(1, 2, 4)) / len(sample.answers.predicted)  # (S', L)
    rows: list[Row] = []
    levels = [level for level in task.levels if task.n_levels > 2 or level != reference]
    for level in levels:
        code = task.levels.index(level)
        others = [str(other) for other in task.levels if other != level]
        told = f"positive: {level}; negative: {', '.join(others)}"
        rest = np.arange(task.n_levels) != code
        for name, members in (("sensitivity", ~rest), ("specificity", rest)):
            once, drawn = (getattr(scores, name)(code) for scores in (sample.once, sample.drawn))
            rows.append(_level_row(f"{name} {level}", float(once[0]), drawn, true, members, told, str(level)))
    if task.n_levels > 2:
        code = task.levels.index(reference)
        rest = np.arange(task.n_levels) != code
        told = f"positive: {', '.join(str(level) for level in task.levels if level != reference)}; negative: {reference}"
        for name, of, members in (("sensitivity", sensitivity, rest), ("specificity", specificity, ~rest)):
            once, drawn = (mean_known(of(pooled(scores.all_items, code))[..., 1]) for scores in (sample.once, sample.drawn))
            rows.append(_level_row(f"{name} not {reference}", float(once[0]), drawn, true, members, told, f"not {reference}"))
    return rows


def _level_row(metric: str, value: float, drawn: np.ndarray, true: np.ndarray, members: np.ndarray, told: str, level: str) -> Row:
    behind = true[:, members].sum(axis=1)
    if np.isnan(value):
        missing = f"no walk has {level}" if metric.startswith("sensitivity") else "no walk has any other level"
        return metric, value, float("nan"), float("nan"), 0, told, missing.replace("has not", "has anything but")
    low, high, note = limits_of(value, drawn, int((behind > 0).sum()), share=True)
    return metric, value, low, high, round(float(behind.sum())), told, note


def _frame(rows: list[Row], task: Task, n_boot: int, random_state: int) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame([row[1:] for row in rows], columns=list(COLUMNS), index=pd.Index([r[0] for r in rows], name="metric"))
    table.attrs |= {"task": task.name, "n_boot": n_boot, "random_state": random_state, "confidence": 0.95}
    return table
