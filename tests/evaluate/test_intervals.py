"""An interval of 95 % holds the truth in 95 of 100 studies, when walks of one child are alike too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from skelgait.evaluate.intervals import draw_weights, exact_interval, percentile_interval, reflected_interval
from skelgait.evaluate.paired import compare_models
from skelgait.evaluate.table import score_table
from tests.evaluate.conftest import Made, make


def study(random: np.random.Generator, children: int, walks: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum of right answers and number of walks a child: children differ in how hard they are, mean share right 0.7."""
    easy = random.beta(2.1, 0.9, children)
    return random.binomial(walks, easy).astype(float), np.full(children, float(walks))


@pytest.mark.parametrize("children", [8, 25, 100])
def test_intervals_cover(children: int) -> None:
    random = np.random.default_rng(children)
    held = naive = 0
    studies = 300
    for n in range(studies):
        right, walks = study(random, children, 3)
        weights = draw_weights(children, 500, n)
        low, high = percentile_interval((weights @ right) / (weights @ walks), children)
        held += low <= 0.7 <= high
        value = right.sum() / walks.sum()
        half = 1.96 * np.sqrt(value * (1 - value) / walks.sum())  # as if walks were children
        naive += value - half <= 0.7 <= value + half
    assert (0.90 if children < 10 else 0.92) <= held / studies <= 0.985  # eight children are few for any interval
    assert naive / studies < 0.92


def rival(made: Made, seed: int) -> np.ndarray:
    """Probabilities of a poorer model that errs partly where the other does."""
    scores = made.probabilities**0.7 * np.exp(0.9 * np.random.default_rng(seed).normal(size=made.probabilities.shape))
    return scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.slow
def test_intervals_of_the_table_cover() -> None:
    """Accuracy, macro F1, quadratic kappa and the paired difference, against the same scores of very many children."""
    world = make(20_000, seed=999)
    names = ["accuracy", "macro_f1", "kappa_quadratic", "sensitivity II"]
    truth = score_table(world.probabilities, world.truth, task=world.task, groups=world.subjects, n_boot=20).loc[names, "value"]
    apart = truth["accuracy"] - (rival(world, 1).argmax(axis=1) == world.truth).mean()
    held, paired = np.zeros(len(names)), 0
    studies = 300
    for n in range(studies):
        one = make(50, seed=n)
        table = score_table(one.probabilities, one.truth, task=one.task, groups=one.subjects, n_boot=500, random_state=n)
        held += (table.loc[names, "low"] <= truth) & (truth <= table.loc[names, "high"])
        row = compare_models(
            one.probabilities, rival(one, n), one.truth, task=one.task, groups=one.subjects, metrics=["accuracy"], n_boot=500
        ).loc["accuracy"]
        paired += row["low"] <= apart <= row["high"]
    assert (held / studies > 0.915).all(), dict(zip(names, held / studies, strict=True))
    assert (held / studies < 0.99).all(), dict(zip(names, held / studies, strict=True))
    assert 0.915 < paired / studies < 0.99


def test_few_subjects_widen_and_one_has_no_interval() -> None:
    drawn = np.random.default_rng(0).normal(size=4000)
    few, many = percentile_interval(drawn, 5), percentile_interval(drawn, 500)
    assert few[1] - few[0] > 1.2 * (many[1] - many[0])
    assert many[1] == pytest.approx(1.96, abs=0.12)
    assert np.isnan(percentile_interval(drawn, 1)).all()
    assert np.isnan(percentile_interval(np.full(100, np.nan), 50)).all()


def test_undefined_resamples_are_left_out() -> None:
    drawn = np.r_[np.linspace(0, 1, 101), np.full(50, np.nan)]
    assert percentile_interval(drawn, 10**6) == pytest.approx((0.025, 0.975), abs=0.001)


def test_reflected() -> None:
    drawn = np.linspace(0.1, 0.3, 1001)
    assert reflected_interval(0.15, drawn, 10**6) == pytest.approx((0.3 - 0.295, 0.3 - 0.105), abs=0.001)


@pytest.mark.parametrize("n", [1, 3, 8, 30])
def test_exact_limits_are_clopper_and_pearsons(n: int) -> None:
    low, high = exact_interval(1.0, n)
    assert high == 1
    assert binom.pmf(n, n, low) == pytest.approx(0.025)
    assert exact_interval(0.0, n) == pytest.approx((0, 1 - low))


def test_resamples_draw_as_many_subjects_as_there_are_and_repeat() -> None:
    weights = draw_weights(13, 50, 4)
    assert (weights.sum(axis=1) == 13).all()
    np.testing.assert_array_equal(weights, draw_weights(13, 50, 4))
    assert (weights != draw_weights(13, 50, 5)).any()
