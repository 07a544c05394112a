"""Thresholds of a model's items, chosen on the walks it learnt from, by models that did not see each of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from tqdm.auto import tqdm

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.estimator.given import as_task
from skelgait.evaluate.folds import subject_folds
from skelgait.evaluate.thresholds import CRITERIA, choose_thresholds


def tune_thresholds(
    model: Any,
    trials: Sequence[Trial],
    y: Any = None,
    *,
    by: str = "balanced_accuracy",
    n_splits: int = 5,
    random_state: int = 0,
) -> Any:
    """Choose from which probability on a fitted model answers each item with the level that is not the reference.

    Parameters
    ----------
    model : GaitClassifier or PerItem
        Fitted, on two levels.
    trials : sequence of Trial
        The walks it learnt from. Others are refused: a threshold chosen on the test set would be a test no more.
    y : sequence, optional
        Default the trials' own labels.
    by : {"balanced_accuracy", "f1", "s1"}
        See `skelgait.evaluate.thresholds.choose_thresholds`.
    n_splits : int
        The model is trained anew so many times, without a fold of the subjects each, to answer those.
    random_state : int
        Which folds.

    Returns
    -------
    GaitClassifier or PerItem
        The model itself: ``thresholds_`` is set, `predict` and the tables of scores go by it, and its file keeps it.

    Raises
    ------
    SkelgaitError
        A model that is not fitted or has other than two levels, or walks it did not learn from.
    """
    if not hasattr(model, "task_"):
        raise SkelgaitError("thresholds are of a model that has learnt", do="fit it first")
    task, trials = model.task_, list(trials)
    _check(task, by)
    seen = set(model.has_seen(trials))
    foreign = sorted({t.subject for t in trials} - seen)
    if foreign:
        raise SkelgaitError(
            "thresholds are chosen on the walks a model learnt from, and on no others",
            found=f"{len(foreign)} subjects it did not see, {foreign[0]} among them",
            do="give tune_thresholds the training walks",
        )
    answers = [t.labels.get(task.label, -1) for t in trials] if y is None else list(y)
    codes = task.encode(answers)
    other = 1 - task.levels.index(task.reference)
    unseen = np.full(codes.shape, np.nan)
    folds = subject_folds(trials, codes, n_splits=n_splits, random_state=random_state)
    for train, test in tqdm(folds, "choosing thresholds", unit="fold", disable=not getattr(model, "progress", False) or None):
        one = _anew(model).fit([trials[i] for i in train], [answers[i] for i in train])
        unseen[test] = one.predict_proba([trials[i] for i in test]).reshape(len(test), task.n_items, 2)[..., other]
    model.thresholds_ = choose_thresholds(unseen, np.where(codes < 0, -1, codes == other), by)
    return model


def _check(task: Task, by: str) -> None:
    if task.n_levels != 2:
        raise SkelgaitError(
            f"a threshold parts two levels, and {task.name} has {task.n_levels}", do="merge them: Task.merge_levels"
        )
    if by not in CRITERIA:
        raise SkelgaitError(f"thresholds are not chosen by {by!r}", expected=", ".join(CRITERIA))


def _anew(model: Any) -> Any:
    """The same model without what it learnt, which writes nothing into the folder of the first."""
    one = clone(model)
    plain = {"folder": None, "resume": False}
    own = {name: plain[last] for name in one.get_params() if (last := name.rpartition("__")[2]) in plain}
    return one.set_params(**own)


class Thresholded(ClassifierMixin, BaseEstimator):
    """A model that chooses thresholds for its items while it learns (`tune_thresholds`).

    Parameters
    ----------
    model : GaitClassifier or PerItem
    by, n_splits
        As `tune_thresholds`.
    random_state : int
        Which folds.

    Attributes
    ----------
    model_ : GaitClassifier or PerItem
        Fitted on all walks, with ``thresholds_``.
    """

    def __init__(self, model: Any, by: str = "balanced_accuracy", n_splits: int = 5, random_state: int = 0) -> None:
        self.model = model
        self.by = by
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(self, trials: Sequence[Trial], y: Any = None) -> Thresholded:
        """Learn, then learn again without each fold to choose the thresholds."""
        _check(as_task(self.model.task), self.by)  # before hours of training, not after
        model = clone(self.model).fit(trials, y)
        self.model_ = tune_thresholds(model, trials, y, by=self.by, n_splits=self.n_splits, random_state=self.random_state)
        self.task_, self.classes_, self.thresholds_ = model.task_, model.classes_, model.thresholds_
        return self

    def predict_proba(self, trials: Sequence[Trial]) -> np.ndarray:
        """Probability of each level."""
        return self.model_.predict_proba(trials)

    def predict(self, trials: Sequence[Trial]) -> np.ndarray:
        """The levels, by the thresholds."""
        return self.model_.predict(trials)

    def score(self, trials: Sequence[Trial], y: Any = None, sample_weight: Any = None) -> float:
        """Mean accuracy over the items that were scored, by the thresholds."""
        return self.model_.score(trials, y, sample_weight)

    def has_seen(self, trials: Sequence[Trial]) -> list[str]:
        """Subjects among the trials that the model learnt from."""
        return self.model_.has_seen(trials)

    def save(self, path: str | Path) -> Path:
        """Write the fitted model with its thresholds."""
        return self.model_.save(path)

    @property
    def task(self) -> Any:
        """The question."""
        return self.model.task

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")
