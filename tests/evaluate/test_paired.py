"""Two models on the same walks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import f1_score

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.evaluate.paired import compare_models, mcnemar
from skelgait.evaluate.scores import METRICS
from tests.evaluate.conftest import GMFCS, Made, make


def test_differences_and_mcnemar(made: Made) -> None:
    poor = make(skill=0.6, seed=0)
    assert (poor.truth == made.truth).all()
    table = compare_models(made.probabilities, poor.probabilities, made.truth, task=GMFCS, groups=made.subjects, n_boot=500)
    right = made.predicted == made.truth, poor.predicted == poor.truth
    assert table.loc["accuracy", "difference"] == pytest.approx(right[0].mean() - right[1].mean())
    assert table.loc["macro_f1", "first"] == pytest.approx(f1_score(made.truth, made.predicted, average="macro"))
    assert table.loc["accuracy", "low"] > 0
    assert table.loc["mae", "high"] < 0
    assert table.loc["mae", "note"] == "lower is better"
    only = (right[0] & ~right[1]).sum(), (~right[0] & right[1]).sum()
    assert table.loc["mcnemar_walks", ["first", "second"]].tolist() == list(only)
    tail = 2 * binom.cdf(min(only), sum(only), 0.5)
    assert table.loc["mcnemar_walks", "p"] == pytest.approx(min(tail, 1))
    assert table.loc["mcnemar_subjects", "n"] == 60
    assert "mcnemar_subjects" in table.loc["mcnemar_walks", "note"]


def test_pairing_makes_the_interval_narrow(made: Made) -> None:
    """Two models that err on the same children: the difference is known better than either score."""
    near = made.probabilities + 0.02 * np.random.default_rng(0).random(made.probabilities.shape)
    near /= near.sum(axis=1, keepdims=True)
    row = compare_models(made.probabilities, near, made.truth, task=GMFCS, groups=made.subjects, n_boot=500).loc["auc"]
    assert row["high"] - row["low"] < 0.02
    same = compare_models(made.probabilities, made.probabilities, made.truth, task=GMFCS, groups=made.subjects, n_boot=50)
    assert same["difference"].fillna(0).eq(0).all()
    assert same.loc[["mcnemar_walks", "mcnemar_subjects"], "p"].eq(1).all()


def test_swapping_the_models_swaps_the_sign(made: Made) -> None:
    poor = make(skill=0.6, seed=0)
    options = {"task": GMFCS, "groups": made.subjects, "n_boot": 200}
    one = compare_models(made.probabilities, poor.probabilities, made.truth, **options)
    two = compare_models(poor.probabilities, made.probabilities, made.truth, **options)
    np.testing.assert_allclose(one["difference"], -two["difference"])
    np.testing.assert_allclose(one["low"].dropna(), -two["high"].dropna(), atol=1e-12)
    np.testing.assert_allclose(one["p"], two["p"])


def test_only_walks_both_answered_count(made: Made) -> None:
    one, two = made.probabilities.copy(), made.probabilities.copy()
    one[:10], two[5:20] = np.nan, np.nan
    table = compare_models(one, two, made.truth, task=GMFCS, groups=made.subjects, n_boot=50)
    assert table.loc["accuracy", "n"] == 160
    with pytest.raises(SkelgaitError, match="no walk has a true answer"):
        compare_models(one, np.full_like(two, np.nan), made.truth, task=GMFCS)


def test_runs_are_averaged(made: Made) -> None:
    poor = make(skill=0.6, seed=0).probabilities
    table = compare_models([made.probabilities, poor], [poor, poor], made.truth, task=GMFCS, groups=made.subjects, n_boot=50)
    alone = compare_models(made.probabilities, poor, made.truth, task=GMFCS, groups=made.subjects, n_boot=50)
    assert table.loc["kappa_linear", "difference"] == pytest.approx(alone.loc["kappa_linear", "difference"] / 2)
    assert table.loc["mcnemar_walks", "n"] == 180


def test_what_a_task_has_not_is_left_out_or_refused(made: Made) -> None:
    genu = Task("GENU", levels=("a", "b", "c", "d"))
    table = compare_models(made.predicted, made.predicted, made.truth, task=genu, n_boot=20)
    assert table.index.tolist() == ["accuracy", "balanced_accuracy", "macro_f1", "mcnemar_walks", "mcnemar_subjects"]
    with pytest.raises(SkelgaitError, match="have no mae"):
        compare_models(made.predicted, made.predicted, made.truth, task=genu, metrics=["mae"])
    with pytest.raises(SkelgaitError, match=r"unknown metric.*f2"):
        compare_models(made.predicted, made.predicted, made.truth, task=genu, metrics=["f2"])
    every = compare_models(made.probabilities, made.probabilities, made.truth, task=GMFCS, metrics=METRICS[:-2], n_boot=20)
    assert every.index.tolist() == [*METRICS[:-2], "mcnemar_walks", "mcnemar_subjects"]


@pytest.mark.parametrize(("only", "p"), [((8, 2), 0.109375), ((0, 0), 1), ((5, 5), 1), ((1, 0), 1), ((10, 0), 2 / 1024)])
def test_mcnemar_by_hand(only: tuple[int, int], p: float) -> None:
    assert mcnemar(*only) == pytest.approx(p)
    assert mcnemar(*only[::-1]) == pytest.approx(p)
