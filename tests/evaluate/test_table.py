"""The table says what scikit-learn says, with intervals by subject, and a reason where there is no value."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn import metrics as sk

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.evaluate.table import COLUMNS, score_table
from tests.evaluate.conftest import GMFCS, Made, make

GENU = Task("GENU", levels=("normal", "varum", "valgum"))


def table_of(made: Made, **options: object):  # type: ignore[no-untyped-def]
    return score_table(made.probabilities, made.truth, **{"task": made.task, "groups": made.subjects, "n_boot": 300, **options})


def test_every_score_is_scikit_learns(made: Made) -> None:
    y, p, q = made.truth, made.predicted, made.probabilities
    value = table_of(made)["value"]
    wanted = {
        "walks": 180,
        "subjects": 60,
        "majority_rate": np.bincount(y).max() / len(y),
        "accuracy": sk.accuracy_score(y, p),
        "balanced_accuracy": sk.balanced_accuracy_score(y, p),
        "macro_precision": sk.precision_score(y, p, average="macro"),
        "macro_recall": sk.recall_score(y, p, average="macro"),
        "macro_f1": sk.f1_score(y, p, average="macro"),
        "kappa": sk.cohen_kappa_score(y, p),
        "kappa_linear": sk.cohen_kappa_score(y, p, weights="linear"),
        "kappa_quadratic": sk.cohen_kappa_score(y, p, weights="quadratic"),
        "mae": sk.mean_absolute_error(y, p),
        "auc": sk.roc_auc_score(y, q, multi_class="ovr"),
        "brier": ((q - np.eye(4)[y]) ** 2).sum(axis=1).mean(),
        "sensitivity not I": sk.recall_score(y > 0, p > 0),
        "specificity not I": sk.recall_score(y == 0, p == 0),
    }
    for code, level in enumerate(GMFCS.levels):
        wanted |= {f"sensitivity {level}": sk.recall_score(y == code, p == code)}
        wanted |= {f"specificity {level}": sk.recall_score(y != code, p != code)}
    for name, want in wanted.items():
        assert value[name] == pytest.approx(want), name
    assert set(value.index) == {*wanted, "calibration_error"}


def test_the_table_has_its_columns_and_values_lie_in_their_intervals(made: Made) -> None:
    table = table_of(made)
    assert tuple(table.columns) == COLUMNS
    scores = table.iloc[2:]
    assert (scores["low"] < scores["high"]).all()
    inside = (scores["low"] <= scores["value"]) & (scores["value"] <= scores["high"])
    assert inside.drop("calibration_error").all()
    assert table.loc["sensitivity II", "n"] == (made.truth == 1).sum()
    assert table.loc["specificity II", "n"] == (made.truth != 1).sum()


def test_the_reference_is_named(made: Made) -> None:
    table = table_of(made)
    assert table.loc["sensitivity II", "reference"] == "positive: II; negative: I, III, IV"
    assert table.loc["specificity not I", "reference"] == "positive: II, III, IV; negative: I"
    two = Task("GAIT", levels=("abnormal", "normal"), reference="normal")
    told = score_table(np.eye(2)[[0, 0, 1, 1, 1]], [0, 1, 1, 1, 1], task=two, n_boot=50)
    assert [name for name in told.index if name.startswith("s") and " " in name] == ["sensitivity abnormal", "specificity abnormal"]
    assert told.loc["sensitivity abnormal", "value"] == 1
    assert told.loc["specificity abnormal", "value"] == 0.75


def test_the_published_scoliosis_trap_cannot_happen() -> None:
    """The counts behind ScoNet's 51.3 %: its printed "sensitivity 100 %" is that of the negative class."""
    task = Task("SCOLIOSIS", levels=("negative", "neutral", "positive"), ordered=True)
    truth = np.repeat([0, 1, 2], [204, 126, 419])
    answered = np.r_[np.zeros(204, int), np.repeat([0, 1], [100, 26]), np.repeat([0, 2], [264, 155])]
    table = score_table(answered, truth, task=task, n_boot=50)
    assert table.loc["accuracy", "value"] == pytest.approx(0.513, abs=0.002)
    assert table.loc["sensitivity negative", "value"] == 1
    assert table.loc["sensitivity positive", "value"] == pytest.approx(155 / 419)
    assert table.loc["sensitivity not negative", "value"] == pytest.approx(181 / 545)  # what was printed as specificity
    assert table.loc["majority_rate", "reference"] == "always positive"
    assert table.loc["majority_rate", "value"] == pytest.approx(0.559, abs=1e-3)


def test_intervals_are_by_subject_not_by_walk() -> None:
    made = make(40, 10, alike=1.0)
    by_child, by_walk = table_of(made, n_boot=1000), table_of(made, groups=None, n_boot=1000)
    width = (by_child["high"] - by_child["low"]) / (by_walk["high"] - by_walk["low"])
    assert width["accuracy"] == pytest.approx(np.sqrt(10), rel=0.15)
    assert "every walk counts as one" in by_walk.loc["subjects", "note"]
    assert by_child.loc["accuracy", "value"] == by_walk.loc["accuracy", "value"]


def test_walks_nobody_looked_at_change_nothing(made: Made) -> None:
    more = Made(
        np.r_[made.probabilities, np.full((9, 4), 0.25)],
        np.r_[made.truth, np.full(9, -1)],
        np.r_[made.subjects, np.repeat(["x", "y", "child0"], 3)],
        made.task,
    )
    one, two = table_of(made), table_of(more)
    np.testing.assert_array_equal(one[["value", "low", "high", "n"]], two[["value", "low", "high", "n"]])
    assert two.loc["walks", "note"] == "9 more without a true answer"


def test_a_level_nobody_has_is_nan_with_its_reason(made: Made) -> None:
    kept = made.truth < 3
    table = score_table(made.probabilities[kept], made.truth[kept], task=GMFCS, groups=made.subjects[kept], n_boot=200)
    assert np.isnan(table.loc["sensitivity IV", "value"])
    assert table.loc["sensitivity IV", "note"] == "no walk has IV"
    assert table.loc["sensitivity IV", "n"] == 0
    assert table.loc["macro_f1", "note"] == "without IV: no such walk"
    assert np.isfinite(table.loc["specificity IV", "value"])


def test_one_level_alone_one_subject_and_nothing() -> None:
    p = np.full((6, 4), 0.25)
    alone = score_table(p, [2] * 6, task=GMFCS, groups=list("aabbcc"), n_boot=50)
    for name in ("auc",):
        assert np.isnan(alone.loc[name, "value"])
        assert alone.loc[name, "note"] == "all walks have one level, III"
    assert np.isnan(score_table([2] * 6, [2] * 6, task=GMFCS, n_boot=50).loc["kappa_linear", "value"])
    assert alone.loc["specificity III", "note"] == "no walk has any other level"
    single = score_table(p, [0, 1, 2, 3, 0, 1], task=GMFCS, groups=["a"] * 6, n_boot=50)
    assert single.loc["accuracy", "value"] == pytest.approx(2 / 6)
    assert single["low"].isna().all()
    assert single.loc["accuracy", "note"] == "one subject: no interval"
    with pytest.raises(SkelgaitError, match="nothing to score"):
        score_table(p, [-1] * 6, task=GMFCS)


def test_a_perfect_score_is_not_certain() -> None:
    truth = np.repeat([0, 1, 2, 3], 6)
    table = score_table(np.eye(4)[truth], truth, task=GMFCS, groups=np.repeat(np.arange(12), 2), n_boot=200)
    assert table.loc["accuracy", ["value", "high"]].tolist() == [1, 1]
    assert table.loc["accuracy", "low"] == pytest.approx(0.025 ** (1 / 12))
    assert table.loc["sensitivity III", "low"] == pytest.approx(0.025 ** (1 / 3))
    assert "exact limits over 3 subjects" in table.loc["sensitivity III", "note"]
    assert "says nothing" in table.loc["kappa", "note"]


def test_levels_without_order_or_probabilities_have_no_such_score() -> None:
    made = make(levels=3)
    table = score_table(made.predicted, made.truth, task=GENU, groups=made.subjects, n_boot=50)
    assert table.loc[["kappa_linear", "kappa_quadratic", "mae"], "note"].eq("the levels have no order").all()
    assert table.loc[["auc", "brier", "calibration_error"], "note"].str.startswith("needs probabilities").all()
    assert table.loc[["kappa_linear", "mae", "auc", "brier"], "value"].isna().all()
    assert np.isfinite(table.loc["kappa", "value"])


def test_calibration_error_is_told_beside_what_chance_shows() -> None:
    random = np.random.default_rng(0)
    p = random.dirichlet(np.ones(4), 3000)
    truth = (random.random((3000, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, 3)  # drawn by these very probabilities
    calm = score_table(p, truth, task=GMFCS, n_boot=300).loc["calibration_error"]
    assert calm["value"] < 0.03
    assert calm["low"] < 0.012
    chance = float(calm["note"].split(";")[1].split()[0])
    assert calm["value"] == pytest.approx(chance, abs=0.01)
    loud = score_table(p**3 / (p**3).sum(axis=1, keepdims=True), truth, task=GMFCS, n_boot=300).loc["calibration_error"]
    assert loud["low"] > 0.1


def test_runs_are_averaged_and_subjects_scored(made: Made) -> None:
    poor = make(skill=0.2)
    assert (poor.truth == made.truth).all()
    each = [table_of(m)["value"] for m in (made, poor)]
    both = score_table([made.probabilities, poor.probabilities], made.truth, task=GMFCS, groups=made.subjects, n_boot=50)
    names = ["accuracy", "macro_f1", "kappa_quadratic", "auc", "brier", "calibration_error", "sensitivity II"]
    np.testing.assert_allclose(both["value"][names], (each[0][names] + each[1][names]) / 2)
    assert both.loc["walks", "note"] == "mean of 2 runs"
    assert both.loc["walks", "value"] == 180
    children = table_of(made, unit="subject")
    assert children.loc["answers", "value"] == children.loc["subjects", "value"] == 60


def test_abstaining_is_told(made: Made) -> None:
    table = table_of(made, abstain_below=0.6)
    sure = made.probabilities.max(axis=1) >= 0.6
    assert table.loc["answered", "value"] == pytest.approx(sure.mean())
    assert table.loc["accuracy", "value"] == pytest.approx((made.predicted == made.truth)[sure].mean())
    assert table.loc["accuracy", "n"] == sure.sum()


def test_many_items_are_averaged_and_masked() -> None:
    random = np.random.default_rng(5)
    task = Task("EVGS", items=tuple(f"left_{n}" for n in range(6)), levels=(0, 1, 2), ordered=True)
    truth = random.integers(0, 3, (90, 6))
    p = random.dirichlet(np.ones(3), (90, 6)) + np.eye(3)[truth] * 0.4
    p /= p.sum(axis=-1, keepdims=True)
    masked = np.where(random.random((90, 6)) < 0.3, -1, truth)
    masked[:20] = truth[:20]
    table = score_table(p, masked, task=task, groups=np.repeat(np.arange(30), 3), n_boot=200)
    answered = p.argmax(axis=-1)
    each = [(answered[:, i] == masked[:, i])[masked[:, i] >= 0].mean() for i in range(6)]
    assert table.loc["accuracy", "value"] == pytest.approx(np.mean(each))
    kappas = [
        sk.cohen_kappa_score(masked[known, i], answered[known, i], weights="quadratic")
        for i in range(6)
        for known in [masked[:, i] >= 0]
    ]
    assert table.loc["kappa_quadratic", "value"] == pytest.approx(np.mean(kappas))
    whole = (masked >= 0).all(axis=1)
    error = answered[whole].sum(axis=1) - truth[whole].sum(axis=1)
    assert table.loc["total_mae", "value"] == pytest.approx(np.abs(error).mean())
    assert table.loc["total_rmse", "value"] == pytest.approx(np.sqrt((error**2).mean()))
    assert table.loc["total_mae", "n"] == whole.sum()
    assert table.loc["accuracy", "n"] == (masked >= 0).sum()
    none = score_table(p, np.where(np.arange(6) == 0, -1, truth), task=task, n_boot=50)
    assert none.loc["total_mae", "note"] == "no walk has every item scored"


def test_a_thousand_resamples_of_300_children_are_quick() -> None:
    made = make(300, 3)
    score_table(made.probabilities, made.truth, task=GMFCS, groups=made.subjects, n_boot=10)
    start = time.process_time()
    score_table(made.probabilities, made.truth, task=GMFCS, groups=made.subjects, n_boot=1000)
    assert time.process_time() - start < 2


def test_same_random_state_same_table(made: Made) -> None:
    one, two, other = table_of(made), table_of(made), table_of(made, random_state=1)
    assert one.equals(two)
    assert one["value"].equals(other["value"])
    assert not one["low"].equals(other["low"])
