"""With random labels everything falls to chance; with a leak it does not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.chance import permutation_test, shuffle_labels
from skelgait.evaluate.folds import subject_folds
from tests.evaluate.conftest import GMFCS, Made, make


def test_shuffling_keeps_children_together_and_the_labels_of_children() -> None:
    made = make(40, 3)
    dealt = shuffle_labels(made.truth, made.subjects, random_state=1)
    children = dealt.reshape(40, 3)
    assert (children == children[:, :1]).all()
    assert sorted(children[:, 0]) == sorted(made.truth[::3])
    assert (dealt != made.truth).any()
    np.testing.assert_array_equal(dealt, shuffle_labels(made.truth, made.subjects, random_state=1))


def test_children_with_other_numbers_of_walks_and_many_items() -> None:
    y = np.array([[0, 9], [1, 9], [2, 8], [3, 7], [4, 7]])
    for seed in range(20):
        dealt = shuffle_labels(y, ["a", "a", "b", "c", "c"], random_state=seed)
        assert {tuple(row) for row in dealt} <= {tuple(row) for row in y}
        assert dealt[0, 1] == dealt[1, 1]
        assert dealt[3, 1] == dealt[4, 1]
    with pytest.raises(SkelgaitError, match="one subject a walk"):
        shuffle_labels(y, ["a"])


def test_a_leak_survives_random_labels_and_folds_by_subject_do_not_let_it() -> None:
    """Walks of a child are nearly copies: a nearest neighbour knows the child, not the label."""
    random = np.random.default_rng(0)
    child = np.repeat(np.arange(60), 4)
    looks = random.normal(size=(60, 8))[child] + 0.01 * random.normal(size=(240, 8))
    y = shuffle_labels(np.repeat(random.integers(0, 4, 60), 4), child, random_state=3)

    def score(folds: list) -> float:
        right = [KNeighborsClassifier(1).fit(looks[a], y[a]).score(looks[b], y[b]) for a, b in folds]
        return float(np.mean(right))

    order = random.permutation(240)
    by_walk = [(np.delete(order, slice(k * 48, (k + 1) * 48)), order[k * 48 : (k + 1) * 48]) for k in range(5)]
    assert score(by_walk) > 0.95
    assert score(subject_folds(child.tolist(), y)) < 0.4


def test_a_model_that_knows_and_one_that_does_not(made: Made) -> None:
    table = permutation_test(made.probabilities, made.truth, task=GMFCS, groups=made.subjects, n_permutations=300)
    assert (table["p"] == 1 / 301).all()
    assert (table["high"] < table["value"]).all()
    assert table.loc["balanced_accuracy", "chance"] == pytest.approx(0.25, abs=0.01)
    lower = permutation_test(
        made.probabilities, made.truth, task=GMFCS, groups=made.subjects, metrics=["mae", "brier"], n_permutations=99
    )
    assert (lower["p"] == 0.01).all()


def test_p_is_even_when_labels_are_random() -> None:
    made = make(30, 2)
    shuffled = [shuffle_labels(made.truth, made.subjects, random_state=s) for s in range(60)]
    p = [
        permutation_test(made.probabilities, y, task=GMFCS, groups=made.subjects, metrics=["accuracy"], n_permutations=60)[
            "p"
        ].iloc[0]
        for y in shuffled
    ]
    assert 0.35 < np.mean(p) < 0.65
    assert np.mean(np.array(p) <= 0.1) < 0.25
