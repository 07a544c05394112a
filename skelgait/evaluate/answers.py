"""What a model answered beside what is true: the one form every score is computed from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import NOT_KNOWN, Task
from skelgait.core.trial import Trial
from skelgait.evaluate.subjects import number_subjects, subject_keys


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of one model, in one or several runs, to one task.

    Parameters
    ----------
    task : Task
    truth : (n, I) int
        Codes; -1 where nobody has looked.
    predicted : (M, n, I) int
        Codes of M runs; -1 where the model gave no answer.
    probabilities : (M, n, I, L) or None
        None when only levels are known.
    subject : (n,) int
        Number of the subject of each walk.
    n_subjects : int
        S.
    grouped : bool
        Whether subjects were given; otherwise every walk counts as one.
    seen : tuple of str
        Subjects a model learnt from: scores on them are no test.
    thresholds : tuple of (I,) or None
        Those of each run, where it answers by some.
    """

    task: Task
    truth: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray | None
    subject: np.ndarray
    n_subjects: int
    grouped: bool
    seen: tuple[str, ...] = ()
    thresholds: tuple[Any, ...] = ()

    @property
    def scored(self) -> np.ndarray:
        """(M, n, I) answers that can be right or wrong."""
        return (self.truth >= 0) & (self.predicted >= 0)


def gather_answers(
    model: Any,
    trials_or_y: Any,
    *,
    task: Task | None = None,
    groups: Any = None,
    abstain_below: float | None = None,
    unit: str = "walk",
) -> Answers:
    """Answers of a model to walks, or given ones.

    Parameters
    ----------
    model : model, array or sequence of them
        Something with ``predict_proba(trials)``, and perhaps ``thresholds_`` by which it answers; or probabilities (n, L) or
        (n, I, L); or codes (n,) or (n, I) of the levels
        answered. A list of several is several runs of one model. A row of NaN (or -1) is no answer.
    trials_or_y : sequence of n
        Trials, whose ``labels[task.label]`` is true; or codes (integers) or levels (text), -1 or None where not known.
    task : Task, optional
        Default the model's; for bare arrays, levels called 0, 1, ... without order.
    groups : sequence of n, optional
        Subject of each walk. Default that of the trials; for bare arrays every walk is a subject of its own.
    abstain_below : float, optional
        Leave out answers whose highest probability is lower.
    unit : {"walk", "subject"}
        What is scored: each walk, or each subject by the mean of its walks (the most frequent level without probabilities).
        A subject whose true answer differs between walks counts once for each.

    Raises
    ------
    SkelgaitError
        Shapes that do not fit, probabilities that are none, codes out of range, labels that are missing.
    """
    runs = _runs(model)
    is_trials = _are_trials(trials_or_y)
    own = (getattr(run, name, None) for run in runs for name in ("task_", "task"))
    task = task or next((one for one in own if isinstance(one, Task)), None)
    given = [_answer(run, trials_or_y, is_trials) for run in runs]
    if len({g.shape for g in given}) > 1:
        raise SkelgaitError("runs of one model differ in shape", found=", ".join(str(g.shape) for g in given))
    if task is None:
        task = _plain_task(given[0], trials_or_y, is_trials)
    pairs = [
        _by_threshold(_shape_answer(g, task), getattr(run, "thresholds_", None), task) for g, run in zip(given, runs, strict=True)
    ]
    truth, subject, count, grouped = _shape_truth(trials_or_y, is_trials, task, groups)
    n = pairs[0][0].shape[0]
    if len(truth) != n:
        raise SkelgaitError("there is not one answer a walk", found=f"{n} answers for {len(truth)} walks")
    predicted = np.stack([p for p, _ in pairs])
    some = pairs[0][1] is not None
    probabilities = np.stack([q for _, q in pairs if q is not None]) if some else None
    if abstain_below is not None:
        if probabilities is None:
            raise SkelgaitError("abstain_below needs probabilities", found="levels only")
        predicted = np.where(probabilities.max(axis=-1) < abstain_below, NOT_KNOWN, predicted)
    seen = _seen(runs, trials_or_y) if is_trials else ()
    limits = tuple(getattr(run, "thresholds_", None) for run in runs)
    answers = Answers(task, truth, predicted, probabilities, subject, count, grouped, seen, limits)
    if seen:
        warnings.warn(f"{describe_seen(answers)} ({', '.join(seen[:3])}{', ...' if len(seen) > 3 else ''})", stacklevel=3)
    if unit == "subject":
        return by_subject(answers)
    if unit != "walk":
        raise SkelgaitError("unknown unit to score", found=repr(unit), expected="'walk' or 'subject'")
    return answers


def describe_seen(answers: Answers) -> str:
    """What it means that a model learnt from subjects it is scored on; empty when it did not."""
    if not answers.seen:
        return ""
    count = f"{len(answers.seen)} of the {answers.n_subjects} subjects"
    return f"no test: the model learnt from {count}, and this tells how well it remembers"


def _seen(runs: list[Any], trials: Any) -> tuple[str, ...]:
    """Subjects that any of the models learnt from, where they know."""
    asked = (getattr(run, "has_seen", None) or getattr(getattr(run, "model_", None), "has_seen", None) for run in runs)
    return tuple(sorted({name for has_seen in asked if has_seen is not None for name in has_seen(list(trials))}))


def by_subject(answers: Answers) -> Answers:
    """One answer a subject (and true answer): by the mean of the probabilities of its walks, or their most frequent level."""
    rows = np.c_[answers.subject, answers.truth]
    unique, of = np.unique(rows, axis=0, return_inverse=True)
    of = of.ravel()
    levels = np.arange(answers.task.n_levels)
    votes = (answers.predicted[..., None] == levels).astype(float)
    given = votes if answers.probabilities is None else np.nan_to_num(answers.probabilities) * (answers.predicted >= 0)[..., None]
    total = np.zeros((len(unique), len(given), *given.shape[2:]))
    np.add.at(total, of, np.moveaxis(given, 1, 0))
    total = np.moveaxis(total, 0, 1)
    sums = total.sum(axis=-1, keepdims=True)
    mean = np.divide(total, sums, out=np.full_like(total, np.nan), where=sums > 0)
    predicted = np.where(sums[..., 0] > 0, np.nan_to_num(mean).argmax(axis=-1), NOT_KNOWN)
    if answers.probabilities is not None:
        for run, limits in enumerate(answers.thresholds):
            predicted[run] = _by_threshold((predicted[run], mean[run]), limits, answers.task)[0]
    return replace(
        answers,
        truth=unique[:, 1:],
        predicted=predicted,
        probabilities=None if answers.probabilities is None else mean,
        subject=unique[:, 0],
    )


def _runs(model: Any) -> list[Any]:
    if isinstance(model, Mapping):
        raise SkelgaitError(
            "one model is scored at a time", found=f"several by name: {', '.join(map(str, list(model)[:4]))}",
            do="{name: sg.score_table(model, trials) for name, model in models.items()}; two side by side: sg.compare_models",
        )  # fmt: skip
    if isinstance(model, (list, tuple)) and model:
        if all(hasattr(m, "predict_proba") for m in model):
            return list(model)
        if all(isinstance(m, np.ndarray) and m.ndim >= 1 and m.size for m in model) and (model[0].ndim > 1 or len(model[0]) > 64):
            return list(model)
    return [model]


def _are_trials(walks: Any) -> bool:
    return isinstance(walks, Sequence) and not isinstance(walks, str) and len(walks) > 0 and isinstance(walks[0], Trial)


def _answer(run: Any, trials: Any, is_trials: bool) -> np.ndarray:
    if not hasattr(run, "predict_proba"):
        return np.asarray(run.to_numpy() if hasattr(run, "to_numpy") else run)
    if not is_trials:
        raise SkelgaitError(
            "a model was given without walks to answer", found=type(trials).__name__, expected="a list of trials",
            do="give trials, or the model's probabilities with y",
        )  # fmt: skip
    return np.asarray(run.predict_proba(list(trials)), float)


def _plain_task(given: np.ndarray, y: Any, is_trials: bool) -> Task:
    if is_trials:
        raise SkelgaitError("trials hold answers to several questions", found="no task", do="say which: task=sg.tasks.GMFCS")
    probabilities = given.dtype.kind == "f"
    if probabilities and given.ndim < 2:
        raise SkelgaitError(
            "these are no probabilities", found=f"shape {given.shape}", expected="(walks, levels) or (walks, items, levels)"
        )
    codes = _as_codes(y)
    if codes is None:
        raise SkelgaitError("y holds answers, not codes", found=repr(y)[:60], do="give task=, which knows the levels")
    levels = given.shape[-1] if probabilities else int(max(given.max(), codes.max())) + 1
    items = given.shape[1] if given.ndim == (3 if probabilities else 2) else 1
    return Task("ANSWER", items=tuple(f"item_{i}" for i in range(items)) if items > 1 else (), levels=tuple(range(max(levels, 2))))


def _shape_answer(given: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray | None]:
    """Codes (n, I) and probabilities (n, I, L) or None."""
    items, levels = task.n_items, task.n_levels
    if given.dtype.kind in "iu":
        codes = given[:, None] if given.ndim == 1 else given
        if codes.ndim != 2 or codes.shape[1] != items or codes.min(initial=0) < NOT_KNOWN or codes.max(initial=0) >= levels:
            raise SkelgaitError(
                f"these codes are no answers to {task.name}",
                found=f"shape {given.shape}, {given.min(initial=0)} to {given.max(initial=0)}",
                expected=f"(walks, {items}) of -1 to {levels - 1}",
            )
        return codes.astype(np.int64), None
    p = np.asarray(given, float)
    if items == 1 and p.ndim == 2:
        p = p[:, None]
    if p.ndim != 3 or p.shape[1:] != (items, levels):
        expected = f"(walks, {levels})" if items == 1 else f"(walks, {items}, {levels})"
        raise SkelgaitError(f"these are no probabilities of {task.name}", found=f"shape {given.shape}", expected=expected)
    silent = np.isnan(p).any(axis=-1)
    sums = np.where(silent, 1.0, p.sum(axis=-1))
    if (p < -1e-6).any() or (np.abs(sums - 1) > 1e-3).any():
        raise SkelgaitError(
            f"these are no probabilities of {task.name}",
            found=f"values {np.nanmin(p):.3g} to {np.nanmax(p):.3g}, sums {sums.min():.3g} to {sums.max():.3g}",
            expected="0..1, adding up to 1 over the levels",
            do="give predict_proba, not scores or log-probabilities",
        )
    p = np.where(silent[..., None], np.nan, np.clip(p, 0, 1))
    return np.where(silent, NOT_KNOWN, np.nan_to_num(p).argmax(axis=-1)), p


def _by_threshold(answer: Any, thresholds: Any, task: Task) -> tuple[np.ndarray, np.ndarray | None]:
    """Codes as the model gives them, where it has thresholds of its own."""
    codes, p = answer
    if thresholds is None or p is None:
        return codes, p
    base = task.levels.index(task.reference)
    with np.errstate(invalid="ignore"):
        said = np.where(p[..., 1 - base] >= np.asarray(thresholds), 1 - base, base)
    return np.where(codes < 0, NOT_KNOWN, said), p


def _shape_truth(walks: Any, is_trials: bool, task: Task, groups: Any) -> tuple[np.ndarray, np.ndarray, int, bool]:
    if is_trials:
        labels = [trial.labels.get(task.label) for trial in walks]
        if all(label is None for label in labels):
            known = sorted({key for trial in walks for key in trial.labels})
            raise SkelgaitError(
                f"no walk has the label {task.label!r} that {task.name} is about", found=", ".join(known) or "no labels at all"
            )
        truth = task.encode(labels)
    else:
        codes = _as_codes(walks)
        if codes is None:
            truth = task.encode(list(walks))
        else:
            truth = codes.reshape(len(codes), -1)
            if truth.shape[1] != task.n_items or truth.min(initial=0) < NOT_KNOWN or truth.max(initial=0) >= task.n_levels:
                raise SkelgaitError(
                    f"y holds no codes of {task.name}",
                    found=f"shape {codes.shape}, {codes.min(initial=0)} to {codes.max(initial=0)}",
                    expected=f"(walks, {task.n_items}) of -1 to {task.n_levels - 1}",
                    do=f"numbers are codes, counted from 0; answers become codes by {task.name}.encode(answers)",
                )
    if groups is None and not is_trials:
        return truth, np.arange(len(truth)), len(truth), False
    keys = subject_keys(walks if groups is None else list(groups))
    if len(keys) != len(truth):
        raise SkelgaitError("there is not one subject a walk", found=f"{len(keys)} subjects", expected=f"{len(truth)}")
    subject, count = number_subjects(keys)
    return truth, subject, count, True


def _as_codes(y: Any) -> np.ndarray | None:
    """Numbers as codes, nothing as -1; None when there is text among them."""
    table = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y, dtype=object)
    if table.ndim == 0 or table.ndim > 2 or any(isinstance(row, (dict, list, tuple)) for row in table.ravel()):
        return None
    plain = [NOT_KNOWN if a is None or a != a else a for a in table.ravel()]
    if not all(isinstance(a, (int, float, np.integer, np.floating)) and a == int(a) for a in plain):
        return None
    return np.array(plain, np.int64).reshape(table.shape)
