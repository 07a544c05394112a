from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.evaluate.childgait import childgait_score
from skelgait.evaluate.items import item_table
from skelgait.evaluate.thresholds import choose_thresholds


def drawn(n: int = 60, items: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Answers some of which are rare, and probabilities that are too low for them."""
    rng = np.random.default_rng(seed)
    codes = (rng.random((n, items)) < [0.15, 0.5, 0.3, 0.8]).astype(int)
    return 1 / (1 + np.exp(1.5 - 1.5 * codes - rng.normal(size=codes.shape))), codes


def by_hand(p: np.ndarray, codes: np.ndarray, limit: float, by: str) -> float:
    said, true = p >= limit, codes == 1
    sure = (said & true).sum()
    if by == "f1":
        return 2 * sure / (said.sum() + true.sum())
    return (sure / true.sum() + (~said & ~true).sum() / (~true).sum()) / 2


@pytest.mark.parametrize("by", ["balanced_accuracy", "f1"])
def test_no_other_threshold_serves_an_item_better(by: str) -> None:
    p, codes = drawn()
    chosen = choose_thresholds(p, codes, by)
    for i, limit in enumerate(chosen):
        best = max(by_hand(p[:, i], codes[:, i], one, by) for one in np.linspace(0, 1, 1001))
        assert by_hand(p[:, i], codes[:, i], limit, by) >= best - 1e-12
    assert chosen[0] < 0.5


def s1(p: np.ndarray, codes: np.ndarray, limits: np.ndarray) -> float:
    said = (p >= limits).astype(int)
    error = np.sqrt(((said.sum(1) - codes.sum(1)) ** 2).mean())
    return ((said == codes).mean() + 1 - error / codes.shape[1]) / 2


def test_the_first_score_of_the_challenge_rises_and_no_single_item_could_raise_it_more() -> None:
    p, codes = drawn(items=4, seed=1)
    chosen = choose_thresholds(p, codes, "s1")
    best = s1(p, codes, chosen)
    assert best > s1(p, codes, np.full(4, 0.5))
    for i in range(4):
        for limit in np.linspace(0, 1, 401):
            assert s1(p, codes, np.where(np.arange(4) == i, limit, chosen)) <= best + 1e-12


def test_answers_nobody_knows_and_rows_without_probabilities_count_for_nothing() -> None:
    p, codes = drawn()
    more_p, more_codes = np.vstack([p, np.full((5, 4), np.nan), p[:5]]), np.vstack([codes, 1 - codes[:5], np.full((5, 4), -1)])
    for by in ("balanced_accuracy", "f1", "s1"):
        assert np.array_equal(choose_thresholds(more_p, more_codes, by), choose_thresholds(p, codes, by))


def test_an_item_with_one_level_keeps_a_half_and_equals_go_to_the_middle() -> None:
    p = np.array([[0.2, 0.1], [0.9, 0.3], [0.4, 0.8], [0.3, 0.9]])
    codes = np.array([[0, 0], [0, 0], [0, 1], [0, 1]])
    assert choose_thresholds(p, codes).tolist() == [0.5, 0.5]  # anything from 0.3 to 0.8 parts the second item


def test_wrong_questions_are_refused() -> None:
    p, codes = drawn()
    with pytest.raises(SkelgaitError, match="not chosen by 'kappa'"):
        choose_thresholds(p, codes, "kappa")
    with pytest.raises(SkelgaitError, match="one probability an answer"):
        choose_thresholds(p[:, :2], codes)


def test_tables_go_by_the_thresholds_of_a_model() -> None:
    p, codes = drawn()
    task = Task("FOUR", items=("a", "b", "c", "d"), levels=("typical", "atypical"))

    class Model:
        task_ = task
        thresholds_ = choose_thresholds(p, codes)

        def predict_proba(self, trials: list) -> np.ndarray:
            return np.stack([1 - p, p], -1)

    from skelgait.core.trial import Trial

    trials = [Trial(f"child{i}", labels={"four": row.tolist()}) for i, row in enumerate(task.decode(codes))]
    tuned = item_table(Model(), trials, n_boot=20)
    even = item_table(np.stack([1 - p, p], -1), codes, task=task, n_boot=20)
    assert tuned.loc["mean", "balanced_accuracy"] > even.loc["mean", "balanced_accuracy"] + 0.02
    said = (p >= Model.thresholds_).astype(int)
    assert np.allclose(tuned["accuracy"].to_numpy()[:4], (said == codes).mean(0))
    # a subject of one walk is answered as its walk, and the challenge's score is of these answers
    assert childgait_score(Model(), trials, n_boot=20).value["accuracy"] == pytest.approx((said == codes).mean())
    pairs = [Trial(f"child{i // 2}", labels={"four": task.decode(codes[i // 2 * 2][None])[0].tolist()}) for i in range(len(codes))]
    mean = p.reshape(-1, 2, 4).mean(1)
    right = (mean >= Model.thresholds_).astype(int) == codes[::2]
    assert childgait_score(Model(), pairs, n_boot=20).value["accuracy"] == pytest.approx(right.mean())
