"""Every metric against scikit-learn, and by hand where that says more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from skelgait.evaluate import metrics


def confusion_of(truth: np.ndarray, given_: np.ndarray, levels: int) -> np.ndarray:
    return np.bincount(truth * levels + given_, minlength=levels**2).reshape(levels, levels).astype(float)


@pytest.fixture(params=range(6))
def answers(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, int]:
    random = np.random.default_rng(request.param)
    levels = int(random.integers(2, 6))
    truth = random.integers(0, levels, 80)
    return truth, np.where(random.random(80) < 0.5, truth, random.integers(0, levels, 80)), levels


def test_scores_agree_with_scikit_learn(answers: tuple[np.ndarray, np.ndarray, int]) -> None:
    truth, answered, levels = answers
    c = confusion_of(truth, answered, levels)
    present = np.unique(truth)
    assert metrics.accuracy(c) == pytest.approx(sk.accuracy_score(truth, answered))
    assert metrics.balanced_accuracy(c) == pytest.approx(sk.balanced_accuracy_score(truth, answered))
    for ours, theirs in ((metrics.macro_precision, sk.precision_score), (metrics.macro_f1, sk.f1_score)):
        assert ours(c) == pytest.approx(theirs(truth, answered, labels=present, average="macro", zero_division=0))
    np.testing.assert_allclose(metrics.sensitivity(c)[present], sk.recall_score(truth, answered, labels=present, average=None))
    np.testing.assert_allclose(metrics.f1(c)[present], sk.f1_score(truth, answered, labels=present, average=None))
    table = sk.multilabel_confusion_matrix(truth, answered, labels=range(levels))
    np.testing.assert_allclose(metrics.specificity(c), table[:, 0, 0] / table[:, 0].sum(axis=1))
    for power, weights in ((0, None), (1, "linear"), (2, "quadratic")):
        assert metrics.kappa(c, power) == pytest.approx(sk.cohen_kappa_score(truth, answered, weights=weights))
    assert metrics.mean_absolute_error(c) == pytest.approx(sk.mean_absolute_error(truth, answered))


def test_kappas_by_hand() -> None:
    """Two raters, three levels, ten walks: observed and expected disagreement written out."""
    c = np.array([[3, 1, 0], [1, 2, 1], [0, 0, 2]], float)
    true, answered = [4, 4, 2], [4, 3, 3]
    for power, cost in (
        (0, [[0, 1, 1], [1, 0, 1], [1, 1, 0]]),
        (1, [[0, 1, 2], [1, 0, 1], [2, 1, 0]]),
        (2, [[0, 1, 4], [1, 0, 1], [4, 1, 0]]),
    ):
        observed = sum(cost[i][j] * c[i, j] for i in range(3) for j in range(3)) / 10
        expected = sum(cost[i][j] * true[i] * answered[j] for i in range(3) for j in range(3)) / 100
        assert metrics.kappa(c, power) == pytest.approx(1 - observed / expected)
    assert metrics.kappa(c, 1) == pytest.approx(1 - 0.3 / ((4 * 3 + 2 * 4 * 3 + 4 * 4 + 4 * 3 + 2 * 2 * 4 + 2 * 3) / 100))


def test_cohen_1968_worked_example() -> None:
    """A published table of proportions: the weighted kappa is one minus the ratio of weighted disagreements, here 0.348 (0.492
    unweighted), with Cohen's disagreement weights 0, 1, 3 / 1, 0, 6 / 3, 6, 0."""
    p = np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]])
    cost = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]], float)
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    assert metrics.kappa(p, 0) == pytest.approx(0.492, abs=5e-4)
    assert 1 - (cost * p).sum() / (cost * expected).sum() == pytest.approx(0.348, abs=5e-4)


def test_undefined_is_nan_and_never_a_number() -> None:
    nothing = np.zeros((3, 3))
    for score in (metrics.accuracy, metrics.balanced_accuracy, metrics.macro_f1, metrics.kappa, metrics.mean_absolute_error):
        assert np.isnan(score(nothing))
    one_level = np.diag([5.0, 0, 0])
    assert np.isnan(metrics.kappa(one_level))
    assert metrics.accuracy(one_level) == 1
    np.testing.assert_array_equal(np.isnan(metrics.sensitivity(one_level)), [False, True, True])
    np.testing.assert_array_equal(np.isnan(metrics.specificity(one_level)), [True, False, False])


def test_a_level_never_given_has_precision_zero_and_one_never_true_is_left_out() -> None:
    c = np.array([[4.0, 0, 1], [2, 0, 0], [0, 0, 0]])  # the second is never given, the third never true
    assert metrics.macro_precision(c) == pytest.approx((4 / 6 + 0) / 2)
    assert metrics.macro_f1(c) == pytest.approx((2 * 4 / (5 + 6) + 0) / 2)
    assert metrics.balanced_accuracy(c) == pytest.approx((4 / 5 + 0) / 2)


def test_any_level_but_the_reference() -> None:
    c = np.array([[6.0, 2, 0], [1, 5, 1], [0, 1, 4]])
    two = metrics.pooled(c, 0)
    np.testing.assert_array_equal(two, [[6, 2], [1, 11]])
    assert metrics.sensitivity(two)[1] == pytest.approx(11 / 12)
    assert metrics.specificity(two)[1] == pytest.approx(6 / 8)
    np.testing.assert_array_equal(metrics.pooled(c, 2), [[4, 1], [1, 14]])


@given(st.lists(st.integers(0, 30), min_size=9, max_size=9), st.permutations(range(3)), st.integers(2, 5))
@settings(max_examples=40, deadline=None)
def test_names_of_levels_and_size_of_the_sample_change_nothing(cells: list[int], order: list[int], times: int) -> None:
    c = np.array(cells, float).reshape(3, 3)
    for score in (metrics.accuracy, metrics.balanced_accuracy, metrics.macro_precision, metrics.macro_f1, metrics.kappa):
        np.testing.assert_allclose(score(c[np.ix_(order, order)]), score(c), atol=1e-12)
        np.testing.assert_allclose(score(times * c), score(c), atol=1e-12)
    for power in (1, 2):
        np.testing.assert_allclose(metrics.kappa(c[::-1, ::-1], power), metrics.kappa(c, power), atol=1e-12)


def test_many_matrices_at_once_are_each_as_alone() -> None:
    many = np.random.default_rng(0).integers(0, 9, (4, 5, 3, 3)).astype(float)
    for score in (metrics.accuracy, metrics.macro_f1, metrics.macro_precision, metrics.specificity, metrics.kappa):
        np.testing.assert_array_equal(score(many)[2, 3], score(many[2, 3]))
