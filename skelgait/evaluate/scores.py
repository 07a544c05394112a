"""Every metric by name, for any number of resamples of the subjects at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.evaluate import metrics
from skelgait.evaluate.answers import Answers
from skelgait.evaluate.calibration import brier, calibration_error, gather_bins
from skelgait.evaluate.ranking import macro_auc

# Of one confusion matrix an item; averaged over items.
OF_CONFUSION: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "accuracy": metrics.accuracy,
    "balanced_accuracy": metrics.balanced_accuracy,
    "macro_precision": metrics.macro_precision,
    "macro_recall": metrics.balanced_accuracy,
    "macro_f1": metrics.macro_f1,
    "kappa": metrics.kappa,
    "kappa_linear": lambda confusion: metrics.kappa(confusion, 1),
    "kappa_quadratic": lambda confusion: metrics.kappa(confusion, 2),
    "mae": metrics.mean_absolute_error,
}
OF_ORDER = ("kappa_linear", "kappa_quadratic", "mae")  # only where levels have an order
OF_PROBABILITIES = ("auc", "brier", "calibration_error")
OF_TOTAL = ("total_mae", "total_rmse")  # only for many ordered items
METRICS = ("majority_rate", *OF_CONFUSION, *OF_PROBABILITIES, *OF_TOTAL)
USUAL = ("accuracy", "balanced_accuracy", "macro_f1", "kappa_linear", "kappa_quadratic", "mae", "auc", "brier")
LOWER_IS_BETTER = frozenset({"mae", "brier", "calibration_error", "total_mae", "total_rmse"})


@dataclass(frozen=True, eq=False)
class Counts:
    """What each subject adds to every score.

    Parameters
    ----------
    answers : Answers

    Notes
    -----
    Subjects without a scored answer are left out: S' below counts the others. M runs, I items, L levels.
    """

    answers: Answers

    @cached_property
    def subjects(self) -> np.ndarray:
        """(S',) numbers of the subjects with a scored answer."""
        return np.unique(self.answers.subject[self.answers.scored.any(axis=(0, 2))])

    @cached_property
    def place(self) -> np.ndarray:
        """(n,) place of each walk's subject among them (0 for those left out, whose walks count nothing)."""
        place = np.zeros(self.answers.n_subjects, int)
        place[self.subjects] = np.arange(len(self.subjects))
        return place[self.answers.subject]

    @cached_property
    def confusion(self) -> np.ndarray:
        """(S', M, I, L, L) answers by true level (rows) and answered level."""
        a, levels = self.answers, self.answers.task.n_levels
        run, walk, item = np.nonzero(a.scored)
        table = np.zeros((len(self.subjects), len(a.predicted), a.task.n_items, levels, levels))
        np.add.at(table, (self.place[walk], run, item, a.truth[walk, item], a.predicted[run, walk, item]), 1.0)
        return table

    @cached_property
    def brier(self) -> np.ndarray:
        """(S', M, I) sum of Brier scores."""
        a = self.answers
        assert a.probabilities is not None
        run, walk, item = np.nonzero(a.scored)
        table = np.zeros(self.confusion.shape[:3])
        np.add.at(table, (self.place[walk], run, item), brier(a.probabilities[run, walk, item], a.truth[walk, item]))
        return table

    @cached_property
    def bins(self) -> np.ndarray:
        """(S', M, bins, 3) walks, confidence and right answers, all items together."""
        a = self.answers
        assert a.probabilities is not None
        tables = []
        for m in range(len(a.predicted)):
            walk, item = np.nonzero(a.scored[m])
            sure = a.probabilities[m, walk, item].max(axis=-1)
            right = a.predicted[m, walk, item] == a.truth[walk, item]
            tables.append(gather_bins(sure, right, self.place[walk], len(self.subjects)))
        return np.stack(tables, axis=1)

    @cached_property
    def majority(self) -> np.ndarray:
        """(I,) the level most scored walks have."""
        return self.confusion.sum(axis=(0, 1, 4)).argmax(axis=-1)

    def by(self, weights: np.ndarray) -> Scores:
        """Scores of resamples (R, S')."""
        return Scores(self, weights)

    @property
    def once(self) -> Scores:
        """Scores of the walks as they are."""
        return self.by(np.ones((1, len(self.subjects))))


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of weighted subjects: a mean over runs and items, (R,) a name.

    Parameters
    ----------
    counts : Counts
    weights : (R, S')
        How often each subject counts.
    """

    counts: Counts
    weights: np.ndarray

    @cached_property
    def confusion(self) -> np.ndarray:
        """(R, M, I, L, L)."""
        return self._sum(self.counts.confusion)

    @cached_property
    def all_items(self) -> np.ndarray:
        """(R, M, L, L), items together."""
        return self.confusion.sum(axis=2)

    def item_wise(self, name: str) -> np.ndarray:
        """(R, M, I) a metric of each item."""
        if name == "majority_rate":
            true = self.confusion.sum(axis=-1)
            share = np.take_along_axis(true, np.broadcast_to(self.counts.majority[:, None], (*true.shape[:-1], 1)), axis=-1)[..., 0]
            return metrics.share_of(share, true.sum(axis=-1))
        if name == "brier":
            return metrics.share_of(self._sum(self.counts.brier), self.confusion.sum(axis=(-2, -1)))
        if name == "auc":
            return self._auc
        return OF_CONFUSION[name](self.confusion)

    def get(self, name: str) -> np.ndarray:
        """(R,) a metric of `METRICS`."""
        if name == "calibration_error":
            return metrics.mean_known(calibration_error(self._sum(self.counts.bins)))
        if name in OF_TOTAL:
            return self._total(name)
        return metrics.mean_known(metrics.mean_known(self.item_wise(name)))

    def sensitivity(self, level: int) -> np.ndarray:
        """(R,) of one level, items together."""
        return metrics.mean_known(metrics.sensitivity(self.all_items)[..., level])

    def specificity(self, level: int) -> np.ndarray:
        """(R,) of one level against the rest, items together."""
        return metrics.mean_known(metrics.specificity(self.all_items)[..., level])

    def _sum(self, table: np.ndarray) -> np.ndarray:
        return (self.weights @ table.reshape(len(table), -1)).reshape(len(self.weights), *table.shape[1:])

    @cached_property
    def _auc(self) -> np.ndarray:
        a = self.counts.answers
        assert a.probabilities is not None
        values = np.full((len(self.weights), len(a.predicted), a.task.n_items), np.nan)
        for m in range(len(a.predicted)):
            for i in range(a.task.n_items):
                walks = np.flatnonzero(a.scored[m, :, i])
                weights = self.weights[:, self.counts.place[walks]]
                values[:, m, i] = macro_auc(a.probabilities[m, walks, i], a.truth[walks, i], weights)
        return values

    def _total(self, name: str) -> np.ndarray:
        a = self.counts.answers
        whole = a.scored.all(axis=2)
        error = (np.where(a.scored, a.predicted, 0) - np.where(a.scored, a.truth, 0)).sum(axis=2)
        size = np.abs(error) if name == "total_mae" else error.astype(float) ** 2
        table = np.zeros((len(self.counts.subjects), len(a.predicted), 2))
        run, walk = np.nonzero(whole)
        np.add.at(table, (self.counts.place[walk], run), np.stack([size[run, walk], np.ones(len(run))], axis=-1))
        sums = self._sum(table)
        mean = metrics.share_of(sums[..., 0], sums[..., 1])
        return metrics.mean_known(mean if name == "total_mae" else np.sqrt(mean))


def choose_metrics(names: Sequence[str] | None, *answers: Answers) -> list[str]:
    """Metrics these answers all have: those named, or the usual ones; a named one they lack is refused."""
    usual, task = names is None, answers[0].task
    chosen = list(USUAL if names is None else names)
    unknown = [name for name in chosen if name not in METRICS]
    if unknown:
        raise SkelgaitError("unknown metric", found=", ".join(unknown), expected=", ".join(METRICS))
    lacking = set()
    if not task.ordered:
        lacking |= {*OF_ORDER, *OF_TOTAL}
    if task.n_items == 1:
        lacking |= {*OF_TOTAL}
    if any(a.probabilities is None for a in answers):
        lacking |= {*OF_PROBABILITIES}
    refused = [name for name in chosen if name in lacking]
    if refused and not usual:
        raise SkelgaitError(
            f"these answers to {task.name} have no {refused[0]}", found="no order, one item, or levels without probabilities"
        )
    return [name for name in chosen if name not in lacking]
