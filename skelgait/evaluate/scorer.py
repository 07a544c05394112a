"""Scores for scikit-learn's searches and cross-validations, which know the order of a task's levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.evaluate.answers import gather_answers
from skelgait.evaluate.scores import LOWER_IS_BETTER, METRICS, Counts, choose_metrics


def scorer(metric: str = "balanced_accuracy") -> Callable[..., float]:
    """A score of `score_table` as scikit-learn's ``scoring=``.

    Parameters
    ----------
    metric : str
        ``"accuracy"``, ``"balanced_accuracy"``, ``"macro_f1"``, ``"kappa_linear"``, ``"auc"``, ``"brier"``, ... as in the index of
        `score_table`.

    Returns
    -------
    callable
        Of a fitted model, walks and answers (default the walks' own), to a number of which more is better: scores of which less
        is better are negative.

    Raises
    ------
    SkelgaitError
        No such metric; when it is used, one that the task does not have.

    Notes
    -----
    scikit-learn's own scorers of probabilities (``"roc_auc"``, ``"neg_log_loss"``, ...) take the columns of ``predict_proba`` to
    stand in alphabetical order. Levels of a task stand in the task's order, so those scores can be wrong without a word; these are
    not. Scorers of answers (``"balanced_accuracy"``, ``"f1_macro"``) are right either way.

    Examples
    --------
    >>> import skelgait as sg
    >>> trials = [sg.Trial(f"child{i}", sg.Walker(cadence_spm=90 + 10 * i).film(duration_s=4).pose) for i in range(4)]
    >>> y = ["normal", "normal", "abnormal", "abnormal"]
    >>> model = sg.DescriptorClassifier("GAIT_BINARY", "logistic").fit(trials, y)
    >>> scorer("auc")(model, trials, y)
    1.0
    """
    if metric not in METRICS:
        raise SkelgaitError(f"there is no metric {metric!r}", expected=", ".join(METRICS))
    return partial(_score, metric=metric)


def _score(model: Any, trials: Sequence[Trial], y: Any = None, *, metric: str) -> float:
    task = model.task_
    given = [trial.labels.get(task.label, -1) for trial in trials] if y is None else y
    groups = np.array([trial.subject for trial in trials])
    answers = gather_answers(model.predict_proba(trials), task.encode(given), task=task, groups=groups)
    (name,) = choose_metrics([metric], answers)
    value = float(Counts(answers).once.get(name)[0])
    return -value if name in LOWER_IS_BETTER else value
