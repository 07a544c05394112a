"""One row an item."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from skelgait.evaluate.items import item_table
from skelgait.tasks.questions import EVGS, EVGS_BINARY


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    truth = random.integers(0, 3, (120, 34))
    truth[:, 3] = 1
    p = random.dirichlet(np.ones(3), (120, 34)) + 0.5 * np.eye(3)[truth]
    masked = np.where(random.random(truth.shape) < 0.2, -1, truth)
    masked[:, 7] = -1
    return p / p.sum(axis=-1, keepdims=True), masked, np.repeat(np.arange(40), 3)


def test_items_agree_with_scikit_learn(scored: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    p, truth, subjects = scored
    table = item_table(p, truth, task=EVGS, groups=subjects, n_boot=200)
    assert table.index.tolist() == [*EVGS.items, "mean"]
    for i in (0, 12, 33):
        known = truth[:, i] >= 0
        y, answered = truth[known, i], p[known, i].argmax(axis=-1)
        row = table.iloc[i]
        assert row["n"] == known.sum()
        assert row["accuracy"] == pytest.approx(sk.accuracy_score(y, answered))
        assert row["macro_f1"] == pytest.approx(sk.f1_score(y, answered, average="macro"))
        assert row["majority_rate"] == pytest.approx(np.bincount(y).max() / len(y))
        assert row["above_majority"] == pytest.approx(row["accuracy"] - row["majority_rate"])
        assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]
    items = table.drop("mean")
    for name in ("accuracy", "macro_f1", "majority_rate"):
        assert table.loc["mean", name] == pytest.approx(items[name].mean())
    assert (
        table.loc["mean", "accuracy_high"] - table.loc["mean", "accuracy_low"]
        < (items["accuracy_high"] - items["accuracy_low"]).min()
    )


def test_unscored_and_single_level_items_say_so(scored: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    p, truth, subjects = scored
    table = item_table(p, truth, task=EVGS, groups=subjects, n_boot=50)
    assert table.iloc[7]["note"] == "no scored answer"
    assert table.iloc[7][["accuracy", "accuracy_low", "macro_f1"]].isna().all()
    assert table.iloc[3]["note"] == "only 1 occurs"
    assert table.loc["mean", "note"] == "over the 33 scored items"


def test_two_levels_have_the_f1_of_the_one_that_is_not_the_reference(scored: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    p, truth, subjects = scored
    two, y = np.stack([p[..., 0], p[..., 1:].sum(axis=-1)], axis=-1), EVGS.recode(truth, EVGS_BINARY)
    table = item_table(two, y, task=EVGS_BINARY, groups=subjects, n_boot=50)
    known = y[:, 0] >= 0
    assert table.iloc[0]["f1"] == pytest.approx(sk.f1_score(y[known, 0], two[known, 0].argmax(axis=-1)))
    assert "f1" not in item_table(p, truth, task=EVGS, n_boot=20).columns
