from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.naive_bayes import GaussianNB

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.estimator.baselines import MODELS, DescriptorClassifier


@pytest.mark.parametrize("name", [*MODELS, GaussianNB()], ids=str)
def test_every_classical_model_answers_in_the_same_way(walks: list[sg.Trial], name: object) -> None:
    fitted = DescriptorClassifier("GAIT_BINARY", name, random_state=0).fit(walks)
    probabilities = fitted.predict_proba(walks)
    assert probabilities.shape == (24, 2)
    assert np.allclose(probabilities.sum(1), 1)
    assert fitted.score(walks) >= (0.5 if name == "majority" else 0.9 if name != "gradient_boosting" else 0.5)
    assert "cadence_spm" in fitted.columns_
    assert fitted.has_seen([walks[0], walks[0].with_(subject="stranger")]) == [walks[0].subject]


def test_it_stands_in_scikit_learns_folds(walks: list[sg.Trial]) -> None:
    scores = cross_val_score(
        clone(DescriptorClassifier("GAIT_BINARY")),
        walks,
        [t.labels["gait"] for t in walks],
        groups=[t.subject for t in walks],
        cv=GroupKFold(3),
    )
    assert scores.mean() > 0.7


def test_many_items_have_a_model_each_and_unknown_answers_teach_nothing(walks: list[sg.Trial]) -> None:
    task = sg.Task("TWO", items=("left_a", "right_b", "c"), levels=(0, 1, 2))
    y = np.array([[i % 2, -1, 1] for i in range(24)])
    fitted = DescriptorClassifier(task).fit(walks, y)
    probabilities = fitted.predict_proba(walks)
    assert probabilities.shape == (24, 3, 3)
    assert np.allclose(probabilities[:, 1], 1 / 3), "nobody ever answered this item"
    assert (probabilities[:, 2, 1] == 1).all(), "only one answer was ever given"
    assert fitted.predict(walks).shape == (24, 3)


def test_rows_of_later_walks_come_in_another_table(walks: list[sg.Trial]) -> None:
    numbers = pd.DataFrame({"left_a": np.arange(24.0), "b": np.arange(24.0) % 5}, index=[t.name for t in walks])
    fitted = DescriptorClassifier("GAIT_BINARY", descriptors={"table": numbers.iloc[:20]}).fit(walks[:20])
    with pytest.raises(SkelgaitError, match=r"'child10_0' has no row.*bring_table"):
        fitted.predict(walks[20:])
    assert fitted.bring_table(numbers.iloc[20:]).predict_proba(walks[20:]).shape == (4, 2)
    with pytest.raises(SkelgaitError, match="did not learn from a table"):
        DescriptorClassifier("GAIT_BINARY").fit(walks).bring_table(numbers)
    with pytest.raises(NotFittedError, match="has not learnt"):
        DescriptorClassifier().bring_table(numbers)


def test_refusals(walks: list[sg.Trial]) -> None:
    with pytest.raises(SkelgaitError, match=r"unknown model.*'forest'.*random_forest"):
        DescriptorClassifier("GAIT_BINARY", "forest").fit(walks)
    with pytest.raises(SkelgaitError, match="unknown task"):
        DescriptorClassifier("GAIT").fit(walks)
    with pytest.raises(NotFittedError, match="has not learnt"):
        DescriptorClassifier().predict_proba(walks)
    with pytest.raises(SkelgaitError, match="no trial has a known answer"):
        DescriptorClassifier("GAIT_BINARY", "majority").fit(walks).score([t.with_(labels={}) for t in walks])
    with pytest.raises(SkelgaitError, match="no trial has a known answer that counts"):
        DescriptorClassifier("GAIT_BINARY", "majority").fit(walks).score(walks, sample_weight=np.zeros(len(walks)))
    with pytest.raises(SkelgaitError, match="do not match"):
        DescriptorClassifier("GAIT_BINARY").fit(walks, ["normal"])
