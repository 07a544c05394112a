"""The Edinburgh score by rule as a model, on walks built to score, and on walks in the form of the public ChildGait poses."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import WHOLEBODY133
from skelgait.recipes.rules import EvgsRules
from tests.childgait_tree import write_clip, write_track1

BINARY, EVGS = sg.tasks.EVGS_BINARY, sg.tasks.EVGS
KNEE = [EVGS.items.index(f"{side}_peak_knee_extension_stance") for side in ("left", "right")]
NEVER = [i for i, name in enumerate(EVGS.items) if any(w in name for w in ("hindfoot", "knee_progression", "pelvic_rotation"))]


def film(view: str, crouch: tuple[float, float], seconds: float = 4.0) -> sg.PoseSequence:
    walker = sg.Walker(crouch_deg=crouch)
    return walker.film(sg.Camera(view=view), fps=60, duration_s=seconds, skeleton=WHOLEBODY133, tell_view=True).pose


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    """Three children: straight knees, a bent left one, two bent; from the side, the last from the front, too."""
    made = []
    for n, crouch in enumerate(((0, 0), (35, 0), (35, 35))):
        pose = {"sagittal": film("sagittal_left" if n == 1 else "sagittal_right", crouch)}
        if n == 2:
            pose["frontal"] = film("frontal_towards", crouch)
        labels: list[Any] = [0] * 34
        for place, deg in zip(KNEE, crouch, strict=True):
            labels[place] = int(deg > 0)
        labels[NEVER[0]] = [1, 1, 0][n]
        made.append(sg.Trial(f"child{n}", pose, labels={"evgs": labels}))
    return made


def quietly(call: Any, *given: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*given)


def test_bent_knees_are_told_and_levels_are_merged(walks: list[sg.Trial]) -> None:
    two, three = (quietly(EvgsRules(task).predict_proba, walks) for task in (BINARY, "EVGS"))
    assert two.shape == (3, 34, 2)
    assert three.shape == (3, 34, 3)
    np.testing.assert_allclose(two, np.stack([three[..., 0], three[..., 1:].sum(axis=-1)], axis=-1))
    assert two[:, KNEE].argmax(axis=-1).tolist() == [[0, 0], [1, 0], [1, 1]]
    table = sg.score_evgs(walks[2])
    np.testing.assert_allclose(two[2, :, 1], sg.merge_evgs(table)["p_abnormal"])
    assert [f"{s}_{n}" for s, n in zip(table["side"], table["name"], strict=True)] == list(BINARY.items)
    assert np.isnan(two[:, NEVER]).all()


def test_what_no_rule_scores_is_nan_or_the_share_of_the_training_answers(walks: list[sg.Trial]) -> None:
    rules = EvgsRules()
    with pytest.warns(
        UserWarning, match=r"no rule scores \d+ of 102 answers: of \d+ items in every walk .*hindfoot.* they are NaN; fit"
    ):
        p = rules.predict_proba(walks)
    bare = np.isnan(p).any(axis=-1)
    fitted = clone(rules).fit(walks)
    with pytest.warns(UserWarning, match="the shares of the training answers stand in$"):
        filled = fitted.predict_proba(walks)
    np.testing.assert_allclose(filled[~bare], p[~bare])
    np.testing.assert_allclose(filled[:, NEVER[0]], [[1 / 3, 2 / 3]] * 3)
    assert fitted.predict(walks)[:, NEVER[0]].tolist() == ["atypical"] * 3
    assert quietly(rules.predict, walks)[0, NEVER[0]] is None
    unknown = [[-1 if i == NEVER[0] else 0 for i in range(34)] for _ in walks]
    with pytest.warns(UserWarning, match=r"but for 3 that nobody answered in training"):
        assert np.isnan(EvgsRules().fit(walks, unknown).predict_proba(walks)).any(axis=-1).sum() == 3
    assert fitted.has_seen([walks[0], walks[0].with_(subject="stranger")]) == ["child0"]
    assert rules.has_seen(walks) == []
    coverage = rules.coverage(walks)
    assert coverage["scored"].tolist() == (~bare).sum(axis=0).tolist()
    assert set(coverage["walks"]) == {3}


def test_scores_tables_and_one_item(walks: list[sg.Trial]) -> None:
    rules = EvgsRules()
    table = quietly(sg.item_table, rules, walks)
    assert table.loc["left_peak_knee_extension_stance", ["n", "accuracy"]].tolist() == [3, 1.0]
    assert table.loc[EVGS.items[NEVER[0]], "note"] == "no scored answer"
    knee = sg.Task("KNEE", items=(EVGS.items[KNEE[0]],), levels=("typical", "atypical"))
    y = ["typical", "atypical", "atypical"]
    assert EvgsRules(knee).predict_proba(walks).shape == (3, 2)
    assert EvgsRules(knee).score(walks, y) == 1.0
    assert EvgsRules(knee).score(walks, ["typical", "atypical", "typical"], [1, 1, 2]) == 0.5
    for task in ("GMFCS", "KNEES", sg.Task("FOUR", items=EVGS.items[:1], levels=(0, 1, 2, 3))):
        with pytest.raises(SkelgaitError, match="rules score the items of the Edinburgh Visual Gait Score only"):
            EvgsRules(task).predict_proba(walks)
    with pytest.raises(SkelgaitError, match="no trial has a known answer"):
        quietly(rules.score, walks, [[-1] * 34] * 3)
    with pytest.raises(SkelgaitError, match="answers and trials do not match"):
        rules.fit(walks, [[-1] * 34] * 2)
    with pytest.raises(SkelgaitError, match="rules take a list of trials"):
        rules.predict_proba(["a"])
    with pytest.raises(SkelgaitError, match="pool='child' means nothing"):
        EvgsRules(pool="child").predict_proba(walks)
    with pytest.raises(SkelgaitError, match="the task has changed since fit"):
        EvgsRules("EVGS").fit(walks).set_params(task=BINARY).predict_proba(walks)


def test_walks_of_a_subject_together_and_walks_that_cannot_be_measured(walks: list[sg.Trial]) -> None:
    both = walks[2]
    halves = [both.with_(pose={plane: pose}, name=plane) for plane, pose in both.pose.items()]
    alone, together = (quietly(EvgsRules(pool=pool).predict_proba, halves) for pool in ("walk", "subject"))
    np.testing.assert_array_equal(together[0], together[1])
    np.testing.assert_allclose(together[0], EvgsRules().scores([both])[0] @ [[1, 0], [0, 1], [0, 1]])
    assert np.isnan(alone).sum() > np.isnan(together).sum()
    blind = sg.Trial("child9", name="nobody")
    with pytest.warns(UserWarning, match="could not be measured|no rule scores") as told:
        p = EvgsRules(progress=True).predict_proba([walks[0], blind])
    assert np.isnan(p[1]).all()
    assert "1 of 2 walks could not be measured (nobody): trial 'nobody' has no pose" in str(told[0].message)


def test_from_the_published_form_to_rules_descriptors_and_a_network(tmp_path: Path) -> None:
    children = {1: (0, 0), 2: (35, 35), 3: (0, 0), 4: (35, 35)}
    for child, crouch in children.items():
        write_clip(tmp_path, child, film("sagittal_left", crouch, 3.0), start=10, stated=[-1])
        write_clip(tmp_path, child, film("frontal_away", crouch, 3.0), start=400, stated=[-1])
    bent = [int(i in KNEE) for i in range(17)]
    write_track1(tmp_path, {c: ([0] * 17, [0] * 17) if not crouch[0] else (bent, bent) for c, crouch in children.items() if c != 4})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # there is no track 2
        trials = sg.read_childgait(tmp_path, progress=False)
    assert [t.covariates["split"] for t in trials] == ["train", "train", "train", "test"]
    train, test = trials[:3], trials[3:]
    numbers = sg.describe(trials)
    assert numbers["cadence_spm"].notna().all()
    assert numbers["left_knee_flexion_min_stance_deg"].diff().iloc[1:].abs().gt(20).all()
    rules = EvgsRules().fit(train)
    answers = {"rules": quietly(rules.predict_proba, test)}
    model = sg.GaitClassifier("EVGS_BINARY", {"stgcn": {"plane": "sagittal"}}, max_epochs=1, validation=0, random_state=0)
    answers["stgcn"] = model.fit(train).predict_proba(test)
    answers["descriptors"] = sg.DescriptorClassifier("EVGS_BINARY", "random_forest", random_state=0).fit(train).predict_proba(test)
    for name, p in answers.items():
        assert p.shape == (1, 34, 2), name
        np.testing.assert_allclose(p.sum(axis=-1), 1, atol=1e-6)
    assert (answers["rules"][0, KNEE].argmax(axis=-1) == 1).all()
    assert quietly(sg.item_table, rules, train).loc["right_peak_knee_extension_stance", "accuracy"] == 1.0
