"""The area under the curve against scikit-learn, with weights, ties and missing levels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from skelgait.evaluate.ranking import macro_auc, weighted_auc


@pytest.mark.parametrize("ties", [0, 1])
def test_agrees_with_scikit_learn_under_weights(ties: int) -> None:
    random = np.random.default_rng(3)
    scores = np.round(random.normal(size=120), ties) if ties else random.normal(size=120)
    positive = random.random(120) < 0.3
    weights = random.integers(0, 4, (7, 120)).astype(float)
    got = weighted_auc(scores, positive, weights)
    want = [roc_auc_score(positive, scores, sample_weight=w) for w in weights]
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_mean_over_levels_is_scikit_learns_one_against_the_rest() -> None:
    random = np.random.default_rng(4)
    truth = random.integers(0, 4, 150)
    scores = random.random((150, 4)) + 0.4 * np.eye(4)[truth]
    scores /= scores.sum(axis=1, keepdims=True)
    got = macro_auc(scores, truth, np.ones((1, 150)))[0]
    assert got == pytest.approx(roc_auc_score(truth, scores, multi_class="ovr", average="macro"))


def test_two_levels_take_the_second() -> None:
    truth, p = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.5, 0.9])
    assert macro_auc(np.c_[1 - p, p], truth, np.ones((1, 4)))[0] == roc_auc_score(truth, p) == 0.75


def test_a_level_nobody_has_is_left_out_and_one_level_alone_has_no_area() -> None:
    truth = np.array([0, 1, 0, 1])
    scores = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.3, 0.3, 0.4]])
    want = np.mean([roc_auc_score(truth == level, scores[:, level]) for level in (0, 1)])
    assert macro_auc(scores, truth, np.ones((1, 4)))[0] == pytest.approx(want)
    assert np.isnan(macro_auc(scores, np.zeros(4, int), np.ones((1, 4)))[0])
    assert np.isnan(macro_auc(scores[:0], truth[:0], np.ones((1, 0)))[0])
