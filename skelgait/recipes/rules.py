"""The Edinburgh score by rule, with the manners of a model that learns: what a network has to be better than."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import NOT_KNOWN, Task
from skelgait.core.trial import Trial
from skelgait.estimator.decision import share_right
from skelgait.estimator.given import encode_answers, find_marked, mark_subjects
from skelgait.gait.evgs import score_evgs
from skelgait.tasks import EVGS, QUESTIONS

if TYPE_CHECKING:
    import pandas as pd

POOLS = ("walk", "subject")


class EvgsRules(ClassifierMixin, BaseEstimator):
    """`score_evgs` as a model: nothing is learnt but what stands in where no rule can score.

    Parameters
    ----------
    task : Task or str
        `tasks.EVGS_BINARY`, `tasks.EVGS`, or a question of your own about some of their items, with the levels of either.
    pool : {"walk", "subject"}
        Score each walk by itself, or a subject by all of its walks that are asked about together: strides of all of them count, and
        all get one answer. An answer then depends on what else is in the list.
    item_error : mapping of int to float, optional
        As `score_evgs`: errors of the items' values in place of the table's.
    progress : bool
        Show a bar.

    Attributes
    ----------
    task_, classes_
        As in `GaitClassifier`.
    prior_ : (I, L)
        Share of each level among the training answers to each item; NaN where there are none.
    seen_ : list of str
        Marks (not names) of the subjects whose answers are in `prior_`.

    Notes
    -----
    The probability of a level is that of the item's score under the error of keypoints (``p0 p1 p2`` of `score_evgs`); levels 1 and
    2 are added where the task has two, as in `merge_evgs`. Items 4, 8 and 15 are never scored, and others are not where the walk
    does not show them: there the shares of the training answers stand in, so that accuracies can be compared with models that
    always answer, and without `fit` the answer is NaN. How many they are is told in a warning; `coverage` lists them.

    Examples
    --------
    >>> import skelgait as sg
    >>> walks = [sg.Trial(f"child{i}", sg.Walker(crouch_deg=c).film(duration_s=4).pose) for i, c in enumerate((0, 35))]
    >>> rules = EvgsRules()
    >>> with warnings.catch_warnings():  # of the items that a side view does not show
    ...     warnings.simplefilter("ignore")
    ...     answers = rules.predict_proba(walks)
    >>> knee = rules.task_.items.index("right_peak_knee_extension_stance")
    >>> answers.shape, answers[:, knee, 1].round().tolist()
    ((2, 34, 2), [0.0, 1.0])
    """

    def __init__(
        self,
        task: Task | str = "EVGS_BINARY",
        *,
        pool: str = "walk",
        item_error: Mapping[int, float] | None = None,
        progress: bool = False,
    ) -> None:
        self.task = task
        self.pool = pool
        self.item_error = item_error
        self.progress = progress

    def fit(self, trials: Sequence[Trial], y: Any = None) -> EvgsRules:
        """Count how often each level is given to each item.

        Parameters
        ----------
        trials : sequence of Trial
        y : sequence, optional
            Answers; default the trials' own labels.
        """
        task, trials = self._asked(), list(trials)
        codes = encode_answers(task, trials, y)
        counts = (codes[..., None] == np.arange(task.n_levels)).sum(axis=0).astype(float)
        total = counts.sum(axis=1, keepdims=True)
        self.prior_ = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
        self.seen_ = mark_subjects(trials)
        return self

    def has_seen(self, trials: Sequence[Trial]) -> list[str]:
        """Subjects among the trials whose answers it counted."""
        return find_marked(getattr(self, "seen_", ()), trials)

    @property
    def task_(self) -> Task:
        """The question."""
        return self._asked()

    @property
    def classes_(self) -> np.ndarray:
        """Its levels."""
        return np.array(self._asked().levels)

    def _asked(self) -> Task:
        task = self.task if isinstance(self.task, Task) else QUESTIONS.get(str(self.task).upper())
        if task is None or not set(task.items) <= set(EVGS.items) or task.n_levels not in (2, EVGS.n_levels):
            raise SkelgaitError(
                "rules score the items of the Edinburgh Visual Gait Score only",
                found=repr(self.task) if task is None else f"{task.name}: {', '.join(task.items)[:80]}; {task.n_levels} levels",
                expected="EVGS_BINARY, EVGS, or some of their items with two or three levels",
            )
        return task

    def scores(self, trials: Sequence[Trial]) -> np.ndarray:
        """Probability of the scores 0, 1 and 2 of each item by rule alone, (n, I, 3); NaN where no rule can score."""
        from tqdm.auto import tqdm

        task, trials = self._asked(), list(trials)
        if self.pool not in POOLS:
            raise SkelgaitError(f"pool={self.pool!r} means nothing", expected=" or ".join(map(repr, POOLS)))
        groups: dict[Any, list[int]] = defaultdict(list)
        for n, trial in enumerate(trials):
            if not isinstance(trial, Trial):
                raise SkelgaitError("rules take a list of trials", found=type(trial).__name__, expected="sg.Trial")
            groups[n if self.pool == "walk" else trial.subject].append(n)
        out = np.full((len(trials), task.n_items, EVGS.n_levels), np.nan)
        failed: dict[str, str] = {}
        at = [EVGS.items.index(item) for item in task.items]
        for places in tqdm(list(groups.values()), "scoring", disable=not self.progress or None, leave=False):
            try:
                table = score_evgs([trials[n] for n in places], item_error=self.item_error)
            except SkelgaitError as error:
                failed |= {trials[n].name: str(error) for n in places}
                continue
            out[places] = table[["p0", "p1", "p2"]].to_numpy(float)[at]
        if failed:
            names = ", ".join(list(failed)[:3]) + (", ..." if len(failed) > 3 else "")
            warnings.warn(
                f"{len(failed)} of {len(trials)} walks could not be measured ({names}): {next(iter(failed.values()))}", stacklevel=3
            )
        return out

    def predict_proba(self, trials: Sequence[Trial]) -> np.ndarray:
        """Probability of each level: (n, I, L), or (n, L) for one item."""
        task, trials = self._asked(), list(trials)
        p = self.scores(trials)
        if task.n_levels == 2:
            p = np.stack([p[..., 0], p[..., 1] + p[..., 2]], axis=-1)
        bare = np.isnan(p).any(axis=-1)
        prior = getattr(self, "prior_", np.full((task.n_items, task.n_levels), np.nan))
        if prior.shape != p.shape[1:]:
            raise SkelgaitError("the task has changed since fit", do="fit again")
        p = np.where(bare[..., None], prior, p)
        self._tell(task, bare, np.isnan(p).any(axis=-1))
        return p[:, 0] if task.n_items == 1 else p

    def _tell(self, task: Task, bare: np.ndarray, silent: np.ndarray) -> None:
        if not bare.any():
            return
        never = bare.all(axis=0)
        items = ", ".join(task.items[i] for i in np.flatnonzero(never))
        parts = [f"of {int(never.sum())} items in every walk ({items})"] if never.any() else []
        parts += [f"of {int(bare[:, ~never].sum())} others"] if bare[:, ~never].any() else []
        stands = "the shares of the training answers stand in"
        if silent.any():
            stands = "they are NaN; fit(trials, y) lets the shares of training answers stand in" if (silent == bare).all() else (
                f"the shares of the training answers stand in, but for {int(silent.sum())} that nobody answered in training"
            )  # fmt: skip
        warnings.warn(f"no rule scores {int(bare.sum())} of {bare.size} answers: {' and '.join(parts)}; {stands}", stacklevel=3)

    def coverage(self, trials: Sequence[Trial]) -> pd.DataFrame:
        """How many of the walks each item is scored in by rule: index ``item``, columns ``scored`` and ``walks``."""
        import pandas as pd

        scored = ~np.isnan(self.scores(trials)).any(axis=-1)
        index = pd.Index(self._asked().items, name="item")
        return pd.DataFrame({"scored": scored.sum(axis=0), "walks": len(scored)}, index=index)

    def predict(self, trials: Sequence[Trial]) -> np.ndarray:
        """The likeliest level: (n, I), or (n,) for one item; ``None`` where there is no answer."""
        p = self.predict_proba(trials)
        return self._asked().decode(np.where(np.isnan(p).any(axis=-1), NOT_KNOWN, np.nan_to_num(p).argmax(axis=-1)))

    def score(self, trials: Sequence[Trial], y: Any = None, sample_weight: Any = None) -> float:
        """Mean accuracy over the answers that are known and given."""
        task, trials = self._asked(), list(trials)
        codes = encode_answers(task, trials, y)
        given = task.encode(self.predict(trials))
        return share_right(np.where(given >= 0, codes, NOT_KNOWN), given, sample_weight)
