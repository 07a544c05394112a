"""Every item of a task of many items, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.task import Task
from skelgait.evaluate.answers import gather_answers
from skelgait.evaluate.metrics import f1, mean_known
from skelgait.evaluate.sample import FEW, limits_of, take_sample
from skelgait.evaluate.scores import Scores

if TYPE_CHECKING:
    import pandas as pd


def item_table(
    model: Any,
    trials_or_y: Any,
    *,
    task: Task | None = None,
    groups: Any = None,
    n_boot: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Score every item of a task of many items, and their mean.

    Parameters
    ----------
    model, trials_or_y, task, groups, n_boot, random_state
        As in `score_table`.

    Returns
    -------
    DataFrame
        Index ``item``, the last row ``mean``. Columns ``n`` and ``subjects``; ``accuracy``, ``balanced_accuracy``, ``macro_f1``,
        ``majority_rate`` and ``above_majority`` (accuracy less majority rate), each with ``_low`` and ``_high`` (95 %); for two
        levels also ``f1`` of the level that is not the reference; ``note``.

    Raises
    ------
    SkelgaitError
        As `score_table`.

    Examples
    --------
    >>> import numpy as np
    >>> random = np.random.default_rng(0)
    >>> truth = random.integers(-1, 2, (40, 3))
    >>> guess = random.random((40, 3, 1))
    >>> table = item_table(np.concatenate([1 - guess, guess], axis=2), truth, n_boot=200)
    >>> table.index.tolist(), bool(table["accuracy_low"].le(table["accuracy"]).all())
    (['item_0', 'item_1', 'item_2', 'mean'], True)
    """
    import pandas as pd

    answers = gather_answers(model, trials_or_y, task=task, groups=groups)
    sample, task = take_sample(answers, n_boot, random_state), answers.task
    names = ["accuracy", "balanced_accuracy", "macro_f1", "majority_rate", "above_majority"] + ["f1"] * (task.n_levels == 2)
    true = sample.counts.confusion.sum(axis=(1, 4)) / len(answers.predicted)  # (S', I, L)
    subjects = (true.sum(axis=2) > 0).sum(axis=0)
    columns: dict[str, Any] = {
        "n": [*true.sum(axis=(0, 2)).round().astype(int), round(true.sum())],
        "subjects": [*subjects, len(true)],
    }
    for name in names:
        once, drawn = (_item_values(scores, name, task) for scores in (sample.once, sample.drawn))
        once, drawn = (np.c_[values, mean_known(values)] for values in (once, drawn))
        counts = [*subjects, len(true)]
        limits = [
            limits_of(float(once[0, i]), drawn[:, i], counts[i], share=name in ("accuracy", "majority_rate"))[:2]
            for i in range(once.shape[1])
        ]
        columns |= {name: once[0], f"{name}_low": [low for low, _ in limits], f"{name}_high": [high for _, high in limits]}
    columns["note"] = [*(_item_note(true[:, i].sum(axis=0), int(subjects[i]), task) for i in range(task.n_items)), ""]
    unscored = [task.items[i] for i in range(task.n_items) if not subjects[i]]
    if unscored:
        columns["note"][-1] = f"over the {task.n_items - len(unscored)} scored items"
    return pd.DataFrame(columns, index=pd.Index([*task.items, "mean"], name="item"))


def _item_values(scores: Scores, name: str, task: Task) -> np.ndarray:
    """(R, I) mean over runs."""
    if name == "above_majority":
        values = scores.item_wise("accuracy") - scores.item_wise("majority_rate")
    elif name == "f1":
        values = f1(scores.confusion)[..., 1 - task.levels.index(task.reference)]
    else:
        values = scores.item_wise(name)
    return mean_known(np.moveaxis(values, 1, -1))


def _item_note(true: np.ndarray, subjects: int, task: Task) -> str:
    if not subjects:
        return "no scored answer"
    if (true > 0).sum() == 1:
        return f"only {task.levels[int(true.argmax())]} occurs"
    return f"{subjects} subjects" if subjects < FEW else ""
