"""S1, S2 and S against figures worked out by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.metrics import f1_score

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.childgait import childgait_score

BINARY, PATTERN = sg.tasks.EVGS_BINARY, sg.tasks.CP_PATTERN


def likely(codes: np.ndarray, levels: int = 2, sure: float = 0.8) -> np.ndarray:
    """Probabilities that favour some codes."""
    codes = np.asarray(codes)
    p = np.full((*codes.shape, levels), (1 - sure) / (levels - 1))
    np.put_along_axis(p, codes[..., None], sure, axis=-1)
    return p


def test_s1_by_hand() -> None:
    truth = np.zeros((3, 34), int)
    truth[0, :4] = truth[1, :10] = 1  # totals 4, 10, 0
    given = truth.copy()
    given[0, 0], given[1, 20:23] = 0, 1  # 98 of 102 right; totals 3, 13, 0
    table = childgait_score(given, truth)
    accuracy, rmse = 98 / 102, np.sqrt((1 + 9 + 0) / 3)
    assert table.loc["accuracy", "value"] == pytest.approx(accuracy)
    assert table.loc["total_rmse", "value"] == pytest.approx(rmse)
    assert table.loc["S1", "value"] == pytest.approx((accuracy + 1 - rmse / 34) / 2)
    # the first four items are atypical in two of three: always 4 ones, wrong in 4 + 6 answers, totals off by 0, 6, 4
    assert table.loc["majority_rate", "value"] == pytest.approx(1 - (6 + 4) / 102)
    assert table.loc["majority_S1", "value"] == pytest.approx((92 / 102 + 1 - np.sqrt((36 + 16) / 3) / 34) / 2)
    assert table["n"].tolist() == [3] * 5
    assert table.loc["S1", "reference"] == "positive: 1; negative: 0"
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_expected_totals_come_closer() -> None:
    truth = np.zeros((4, 34), int)
    truth[:, :10] = 1
    p = np.tile([0.7, 0.3], (4, 34, 1))  # always typical, and 10.2 points expected
    with_task = {"item_task": BINARY}
    levels, expected = (childgait_score(p, truth, total=t, **with_task) for t in ("levels", "expected"))
    assert levels.loc["total_rmse", "value"] == pytest.approx(10)
    assert expected.loc["total_rmse", "value"] == pytest.approx(0.2)
    assert levels.loc["accuracy", "value"] == expected.loc["accuracy", "value"] == pytest.approx(24 / 34)
    assert levels.loc["accuracy", "reference"] == "positive: atypical; negative: typical"
    with pytest.raises(SkelgaitError, match="expected totals need probabilities"):
        childgait_score(truth, truth, total="expected")
    with pytest.raises(SkelgaitError, match="total='sum' means nothing"):
        childgait_score(truth, truth, total="sum")


def test_s2_by_hand_and_s() -> None:
    truth = np.array([[1, 1], [2, 3], [0, 0], [1, 2]])
    given = np.array([[1, 1], [2, 2], [0, 4], [1, 1]])  # 5 of 8 right
    items = np.zeros((4, 34), int)
    table = childgait_score(items, items, given, truth, pattern_task=PATTERN)
    # WNL: 2*1/(2+1); type1: 2*3/(3+4); type2: 2*1/(2+2); type3: 0; crouch, which nobody has, is left out
    macro = np.mean([2 / 3, 6 / 7, 1 / 2, 0])
    assert table.loc["pattern_accuracy", "value"] == pytest.approx(5 / 8)
    assert table.loc["pattern_macro_f1", "value"] == pytest.approx(macro)
    assert table.loc["pattern_macro_f1", "value"] == pytest.approx(
        f1_score(truth.ravel(), given.ravel(), labels=range(4), average="macro")
    )
    assert table.loc["S2", "value"] == pytest.approx((5 / 8 + macro) / 2)
    assert table.loc["S1", "value"] == 1
    assert table.loc["S", "value"] == pytest.approx((1 + table.loc["S2", "value"]) / 2)
    assert table.loc["pattern_majority_rate", "value"] == pytest.approx(3 / 8)
    assert table.loc["majority_S2", "value"] == pytest.approx((3 / 8 + np.mean([0, 6 / 11, 0, 0])) / 2)
    assert table.loc["majority_S2", "reference"] == "always true equinus"
    assert table.loc["S2", "reference"] == "reference: WNL"
    assert table.index[0] == "S"


def test_answers_that_are_missing_are_wrong_and_unscored_items_are_left_out() -> None:
    truth = np.array([[1, 1, 0, 0], [1, 0, 0, -1]])
    p = likely(np.array([[1, 1, 0, 0], [1, 0, 1, 0]]))
    p[0, 0] = np.nan
    table = childgait_score(p, truth)
    assert table.loc["accuracy", "value"] == pytest.approx(5 / 7)
    assert table.loc["total_rmse", "value"] == 1  # of the first child alone, whose items all are known: 1 instead of 2
    assert "1 of 7 answers are missing and count as wrong" in table.loc["S1", "note"]
    patterns = childgait_score(p, truth, np.array([[1, -1], [1, 2]]), np.array([[1, 2], [1, 2]]), pattern_task=PATTERN)
    assert patterns.loc["pattern_accuracy", "value"] == 0.75
    assert patterns.loc["pattern_macro_f1", "value"] == pytest.approx(np.mean([1, 2 / 3]))


def test_children_are_scored_once_and_drawn_together() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, (6, 34))
    trials = [
        sg.Trial(f"{n:04d}", name=f"{n} {w}", labels={"evgs": truth[n].tolist(), "cp_pattern": ["type1", "jump"]})
        for n in range(6)
        for w in range(2)
    ]
    sure, unsure = likely(truth, sure=0.9), likely(1 - truth, sure=0.6)
    p = np.stack([sure, unsure], axis=1).reshape(12, 34, 2)  # the second walk of each is wrong, but not sure
    answers = np.tile([[1, 2]], (12, 1))
    table = childgait_score(p, trials, answers, trials, item_task=BINARY, pattern_task=PATTERN)
    assert table.loc[["S", "S1", "S2"], "value"].tolist() == [1, 1, 1]
    assert set(table["n"]) == {6}
    half = np.where(np.arange(12)[:, None, None] < 6, p, p[..., ::-1])
    drawn = childgait_score(half, trials, answers, trials, item_task=BINARY, pattern_task=PATTERN, random_state=2)
    again = childgait_score(
        half,
        [t.with_(subject=str(int(t.subject))) for t in trials],
        answers,
        trials,
        item_task=BINARY,
        pattern_task=PATTERN,
        random_state=2,
    )
    assert drawn["low"].round(12).to_dict() == again["low"].round(12).to_dict()
    assert drawn.loc["S1", "low"] < drawn.loc["S1", "value"] < drawn.loc["S1", "high"]
    runs = childgait_score([p, half], trials, item_task=BINARY)
    assert runs.loc["S1", "value"] == pytest.approx((1 + drawn.loc["S1", "value"]) / 2)


def test_a_model_that_knows_its_task_and_some_of_the_children() -> None:
    class Model:
        task_ = BINARY

        def predict_proba(self, trials: list[sg.Trial]) -> np.ndarray:
            return likely(np.zeros((len(trials), 34), int))

        def has_seen(self, trials: list[sg.Trial]) -> list[str]:
            return ["1"]

    trials = [sg.Trial(str(n), labels={"evgs": [0] * 33 + [n % 2]}) for n in range(4)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = childgait_score(Model(), trials)
    assert "the model learnt from 1 of the 4 subjects" in table.loc["S1", "note"]
    assert table.loc["accuracy", "value"] == pytest.approx(1 - 2 / 136)


def test_what_cannot_be_scored() -> None:
    zeros = np.zeros((2, 34), int)
    with pytest.raises(SkelgaitError, match=r"S1 is about items of two levels. Found: EVGS with 3"):
        childgait_score(zeros, zeros, item_task=sg.tasks.EVGS)
    with pytest.raises(SkelgaitError, match="no item has a known answer"):
        childgait_score(zeros, zeros - 1, item_task=BINARY)
    with pytest.raises(SkelgaitError, match="patterns are scored against what is true"):
        childgait_score(zeros, zeros, zeros[:, :2], item_task=BINARY)
