from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.estimator.per_item import PerItem
from skelgait.evaluate.thresholds import choose_thresholds

PAIR = sg.Task("PAIR", items=("left_slow", "right_slow"), levels=("no", "yes"))


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    """24 walks of children whose steps are quick or slow, most of them quick."""
    rng = np.random.default_rng(0)
    trials = []
    for i in range(24):
        slow = rng.random(2) < 0.3
        step = tuple(0.5 - 0.1 * one + 0.05 * rng.standard_normal() for one in slow)
        pose = sg.Walker(step_length_m=step, cadence_spm=100 + 2 * i, trunk_lean_deg=i).film(fps=30, duration_s=3).pose
        trials.append(sg.Trial(f"child{i // 2}", pose, name=f"walk{i}", labels={"pair": np.where(slow, "yes", "no").tolist()}))
    return trials


def model(**settings: object) -> sg.GaitClassifier:
    names = ["left_step_length_ll", "right_step_length_ll", "cadence_spm"]
    given = {"max_epochs": 2, "progress": False, "random_state": 0, **settings}
    return sg.GaitClassifier(PAIR, {"descriptors": {"names": names, "width": 8}}, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [sg.GaitClassifier, PerItem])
def test_thresholds_are_of_folds_within_the_training_walks_and_go_into_the_file(
    kind: type, walks: list[sg.Trial], tmp_path: Path
) -> None:
    train, test = walks[:16], walks[16:]
    whole = model() if kind is sg.GaitClassifier else PerItem(model())
    tuned = sg.recipes.Thresholded(whole, n_splits=3).fit(train)
    unseen, codes = np.full((16, 2), np.nan), PAIR.encode([t.labels["pair"] for t in train])
    for learn, held in sg.subject_folds(train, codes, n_splits=3):
        one = clone(whole).fit([train[i] for i in learn])
        unseen[held] = one.predict_proba([train[i] for i in held])[..., 1]
    assert np.allclose(tuned.thresholds_, choose_thresholds(unseen, codes))
    by_hand = np.where(tuned.predict_proba(test)[..., 1] >= tuned.thresholds_, "yes", "no")
    assert (tuned.predict(test) == by_hand).all()
    again = kind.load(tuned.save(tmp_path / "tuned"))
    assert (again.predict(test) == by_hand).all()
    assert np.array_equal(again.thresholds_, tuned.thresholds_)


def test_other_labels_of_the_test_walks_change_nothing(walks: list[sg.Trial]) -> None:
    turned = [t.with_(labels={"pair": ["yes" if one == "no" else "no" for one in t.labels["pair"]]}) for t in walks[16:]]
    both = [sg.recipes.Thresholded(model(), n_splits=2).fit(walks[:16]) for _ in range(2)]
    assert np.array_equal(both[0].thresholds_, both[1].thresholds_)
    assert (both[0].predict(walks[16:]) == both[1].predict(turned)).all()


def test_walks_the_model_did_not_learn_from_choose_nothing(walks: list[sg.Trial]) -> None:
    fitted = model().fit(walks[:16])
    with pytest.raises(SkelgaitError, match="4 subjects it did not see, child10"):
        sg.recipes.tune_thresholds(fitted, walks)
    assert fitted.thresholds_ is None
    with pytest.raises(SkelgaitError, match="has learnt"):
        sg.recipes.tune_thresholds(model(), walks)
    three = sg.GaitClassifier("GENU", {"descriptors": {"width": 8}}, max_epochs=1, progress=False)
    three.fit(walks[:4], ["normal", "varum", "valgum", "normal"])
    with pytest.raises(SkelgaitError, match="parts two levels"):
        sg.recipes.tune_thresholds(three, walks[:4], ["normal", "varum", "valgum", "normal"])


def test_what_cannot_be_chosen_is_refused_before_anything_is_learnt(walks: list[sg.Trial], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sg.GaitClassifier, "fit", lambda *_: pytest.fail("it learnt first"))
    with pytest.raises(SkelgaitError, match="parts two levels, and EVGS has 3"):
        sg.recipes.childgait_video("EVGS", thresholds="f1").fit(walks)
    with pytest.raises(SkelgaitError, match="not chosen by 'best'"):
        sg.recipes.Thresholded(model(), "best").fit(walks)
