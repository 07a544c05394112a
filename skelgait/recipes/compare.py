"""The table of the GMFCS paper: each stream alone, and every fusion, on the same folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from tqdm.auto import tqdm

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.estimator.given import as_task
from skelgait.evaluate.folds import subject_folds
from skelgait.evaluate.paired import compare_models
from skelgait.evaluate.table import score_table
from skelgait.recipes.gmfcs import GuidedFusion

FUSIONS: Mapping[str, Any] = {
    "concat": "concat",
    "gated": "gated",
    "cross_attention, pooled": {"cross_attention": {"over": "pooled"}},
    "cross_attention, tokens": {"cross_attention": {"over": "tokens"}},
}
SINGLE = ("skeleton only", "descriptors only")


@dataclass
class FusionComparison:
    """What `compare_fusions` found.

    Attributes
    ----------
    task : Task
    codes : (n, 1) int
        Known answers.
    subjects : (n,) str
    probabilities : dict
        Variant -> one (n, L) array a seed; every walk answered by a model that did not learn from its subject.
    rankings : list of DataFrame
        Grad-CAM shares of keypoints, one a fold and seed.
    names : list of list of str
        Descriptors chosen, one list a fold and seed.
    """

    task: Task
    codes: np.ndarray
    subjects: np.ndarray
    probabilities: dict[str, list[np.ndarray]]
    rankings: list[pd.DataFrame]
    names: list[list[str]]

    def table(self, metrics: Sequence[str] = ("accuracy", "balanced_accuracy", "kappa_linear"), n_boot: int = 1000) -> pd.DataFrame:
        """One row a variant: each metric with its interval over subjects."""
        rows = {}
        for variant, runs in self.probabilities.items():
            scores = score_table(runs, self.codes[:, 0], task=self.task, groups=self.subjects, n_boot=n_boot)
            rows[variant] = {
                f"{metric}{part}": scores.loc[metric, column]
                for metric in metrics
                for part, column in (("", "value"), ("_low", "low"), ("_high", "high"))
            }
        return pd.DataFrame(rows).T.rename_axis("variant")

    def differences(self, variant: str = "cross_attention, tokens", metric: str = "accuracy", n_boot: int = 2000) -> pd.DataFrame:
        """One row each other variant: how much better ``variant`` is, paired by subject."""
        rows = {}
        for other, runs in self.probabilities.items():
            if other != variant:
                pair = compare_models(
                    self.probabilities[variant], runs, self.codes[:, 0], task=self.task, groups=self.subjects, n_boot=n_boot
                )
                rows[other] = pair.loc[metric, ["difference", "low", "high", "p"]]
        return pd.DataFrame(rows).T.rename_axis(f"{variant} against")

    def ranking(self) -> pd.Series:
        """Mean Grad-CAM share of each keypoint over folds and seeds, highest first."""
        return pd.concat([r["mean"] for r in self.rankings], axis=1).mean(axis=1).sort_values(ascending=False)


def compare_fusions(
    recipe: GuidedFusion,
    trials: Sequence[Trial],
    y: Any = None,
    *,
    n_splits: int = 5,
    random_states: Sequence[int] = (0,),
    fusions: Mapping[str, Any] = FUSIONS,
    progress: bool = True,
) -> FusionComparison:
    """Each stream alone and every fusion, on the same folds by subject.

    Parameters
    ----------
    recipe : GuidedFusion
        From `gmfcs_fusion`.
    trials : sequence of Trial
    y : sequence, optional
        Default the trials' own labels.
    n_splits : int
    random_states : sequence of int
        One run of all folds each; scores are means over them.
    fusions : mapping of name to part
    progress : bool
        Show a progress bar, where somebody watches.

    Returns
    -------
    FusionComparison

    Notes
    -----
    Within a fold all variants share one pre-trained skeleton network and the descriptors its Grad-CAM chose, found on the
    training walks only. Every variant is trained with the same settings, for the same epochs: a fused network has therefore seen
    the walks twice as often as the skeleton network it began from, so that one goes on for as many epochs more before it is
    counted as ``skeleton only``.
    """
    trials = list(trials)
    task = as_task(recipe.skeleton.task)
    answers = [t.labels.get(task.label, -1) for t in trials] if y is None else list(y)
    codes = task.encode(answers)
    if len(codes) != len(trials) or task.n_items > 1:
        raise SkelgaitError("the comparison needs one answer a walk", found=f"{codes.shape}", expected=f"({len(trials)}, 1)")
    shape = (len(trials), task.n_levels)
    found = FusionComparison(task, codes, np.array([t.subject for t in trials]), {}, [], [])
    bar = tqdm(total=len(random_states) * n_splits * (len(SINGLE) + len(fusions)), unit="fit", disable=not progress or None)
    for seed in random_states:
        runs = {name: np.full(shape, np.nan) for name in (*SINGLE, *fusions)}
        for train, test in subject_folds(trials, codes[:, 0], n_splits=n_splits, random_state=seed):
            learn, given = [trials[i] for i in train], [answers[i] for i in train]
            unseen = [trials[i] for i in test]
            one = clone(recipe)
            one.skeleton.set_params(random_state=seed)
            first = clone(one.skeleton).fit(learn, given)
            epochs = one.epochs if one.epochs is not None else one.skeleton.max_epochs
            longer = clone(one.skeleton).set_params(max_epochs=epochs).fit(learn, given, start=first)
            runs["skeleton only"][test] = longer.predict_proba(unseen)
            bar.update()
            guided = None
            for name, fusion in fusions.items():
                guided = clone(one).set_params(fusion=fusion).fit(learn, given, pretrained=first)
                runs[name][test] = guided.predict_proba(unseen)
                bar.update()
            assert guided is not None
            alone = {"descriptors": {**(recipe.descriptors or {}), "names": guided.names_}}
            numbers = clone(one.skeleton).set_params(encoders=alone, window=None, max_epochs=2 * epochs).fit(learn, given)
            runs["descriptors only"][test] = numbers.predict_proba(unseen)
            found.rankings.append(guided.ranking_)
            found.names.append(guided.names_)
            bar.update()
        for name, probabilities in runs.items():
            found.probabilities.setdefault(name, []).append(probabilities)
    bar.close()
    return found
