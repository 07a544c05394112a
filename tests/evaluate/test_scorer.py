from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.metrics import get_scorer, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.scorer import scorer

LEVELS = ("normal", "abnormal")  # not in alphabetical order


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    return [
        sg.Trial(f"child{i}", sg.Walker(cadence_spm=90 + 4 * i).film(fps=30, duration_s=3).pose, labels={"gait": LEVELS[i > 4]})
        for i in range(12)
    ]


def test_the_score_is_that_of_the_table_whatever_the_order_of_the_levels(walks: list[sg.Trial]) -> None:
    model = sg.DescriptorClassifier("GAIT_BINARY", "logistic", descriptors={"names": ["trunk_lean_mean_deg", "cadence_spm"]}).fit(
        walks
    )
    y = [t.labels["gait"] for t in walks]
    table = sg.score_table(model, walks, n_boot=20)["value"]
    for metric, sign in (("auc", 1), ("accuracy", 1), ("macro_f1", 1), ("brier", -1)):
        assert scorer(metric)(model, walks, y) == scorer(metric)(model, walks) == pytest.approx(sign * table[metric])
    truth = np.array(y) == "abnormal"
    assert scorer("auc")(model, walks) == pytest.approx(roc_auc_score(truth, model.predict_proba(walks)[:, 1]))
    assert get_scorer("roc_auc")(model, walks, y) == pytest.approx(1 - scorer("auc")(model, walks)), "what the docs warn of"


def test_searches_and_folds_take_it(walks: list[sg.Trial]) -> None:
    y = np.array([t.labels["gait"] for t in walks])
    groups = [t.subject for t in walks]
    model = sg.DescriptorClassifier("GAIT_BINARY", "logistic", descriptors={"names": ["cadence_spm"]})
    folds = sg.subject_folds(walks, y, n_splits=2)
    assert (cross_val_score(model, walks, y, groups=groups, cv=folds, scoring=scorer("auc"), error_score="raise") == 1).all()
    search = GridSearchCV(
        model, {"model": ["majority", "logistic"]}, cv=GroupKFold(2), scoring={"auc": scorer("auc"), "brier": scorer("brier")},
        refit="brier", error_score="raise",
    )  # fmt: skip
    assert search.fit(walks, y, groups=groups).best_params_ == {"model": "logistic"}
    assert pickle.loads(pickle.dumps(scorer("auc")))(search.best_estimator_, walks) == 1


def test_refusals(walks: list[sg.Trial]) -> None:
    with pytest.raises(SkelgaitError, match=r"no metric 'roc_auc'.*auc"):
        scorer("roc_auc")
    model = sg.DescriptorClassifier("GAIT_BINARY", "majority").fit(walks)
    with pytest.raises(SkelgaitError, match="mae"):
        scorer("mae")(model, walks)
