"""What an estimator is given, in the form it uses: task, answers, limbs, subjects."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.tasks import QUESTIONS


def as_task(task: Task | str) -> Task:
    """A task, or the one of that name."""
    if isinstance(task, Task):
        return task
    if str(task).upper() in QUESTIONS:
        return QUESTIONS[str(task).upper()]
    raise SkelgaitError("unknown task", found=repr(task), expected=f"a sg.Task, or one of {', '.join(QUESTIONS)}")


def encode_answers(task: Task, trials: Sequence[Trial], y: Any) -> np.ndarray:
    """(n, I) codes of the answers given, or of the trials' own labels; -1 where nobody has looked.

    Raises
    ------
    SkelgaitError
        Answers that are not levels, or other than one a trial.
    """
    codes = task.encode([t.labels.get(task.label, -1) for t in trials] if y is None else y)
    if len(codes) != len(trials):
        raise SkelgaitError(f"answers and trials do not match for {task.name}", found=f"{len(codes)} answers, {len(trials)} trials")
    return codes


def encode_known(task: Task, trials: Sequence[Trial], y: Any) -> np.ndarray:
    """`encode_answers` of which at least one is known."""
    codes = encode_answers(task, trials, y)
    if not len(trials):
        raise SkelgaitError("there are no trials to learn from")
    if not (codes >= 0).any():
        raise SkelgaitError(
            f"no trial has a known answer to {task.name}",
            found=f"labels {', '.join(sorted({k for t in trials for k in t.labels})) or 'none'}",
            expected=f"answers in y, or in trial.labels[{task.label!r}]: {' | '.join(map(str, task.levels))}",
        )
    return codes


def pair_limbs(task: Task) -> np.ndarray:
    """(2, I / 2) places of the left items and of their twins."""
    left = np.array([i for i, name in enumerate(task.items) if name.startswith("left_")], np.int64)
    right = task.mirrored_items[left]
    if 2 * len(left) != task.n_items or (left == right).any():
        raise SkelgaitError(
            f"limbs can share a head only where every item has a twin on the other side, and {task.name} asks others",
            found=", ".join(task.items[:4]),
            expected="items in pairs, left_... and right_...",
            do="share_limbs=False",
        )
    return np.stack([left, right])


def mark_subjects(trials: Sequence[Trial]) -> list[str]:
    """Marks of the trials' subjects, as a model file keeps them."""
    return sorted({_mark(t.subject) for t in trials})


def find_marked(marks: Sequence[str], trials: Sequence[Trial]) -> list[str]:
    """Subjects among the trials whose marks these are."""
    known = set(marks)
    return sorted({t.subject for t in trials if _mark(t.subject) in known})


def _mark(subject: str) -> str:
    """Enough to know a subject again, not a name."""
    return sha256(f"skelgait subject {subject}".encode()).hexdigest()[:16]
