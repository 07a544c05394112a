from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.recipes.compare import compare_fusions
from skelgait.recipes.gmfcs import WINDOWS_OF_124, choose_descriptors, gmfcs_fusion, rank_keypoints

LEVELS = ("I", "II", "III", "IV")


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    """Twelve children whose level is how far their left wrist is lifted, and who walk the slower the higher it is."""
    trials = []
    for child in range(12):
        level = child % 4
        pose = sg.Walker(cadence_spm=130 - 12 * level + child // 4).film(fps=30, duration_s=3, random_state=child).pose
        xy = pose.xy.copy()
        xy[:, pose.skeleton.index("left_wrist"), 1] -= 90 * level
        trials.append(sg.Trial(f"child{child}", pose.with_(xy=xy), labels={"gmfcs": LEVELS[level]}))
    return trials


def small(**settings: object) -> sg.recipes.GuidedFusion:
    given = {"encoder": {"stgcn": {"stages": [8, 16], "fps": 15.0}}, "max_epochs": 12, "batch_size": 4, "keypoints": 5}
    recipe = gmfcs_fusion(**{**given, "progress": False, "random_state": 0, "optimizer": {"adamw": {"lr": 0.02}}, **settings})
    return recipe.set_params(fusion={"cross_attention": {"width": 16}})


def test_the_whole_system_from_walks_to_an_explained_answer(walks: list[sg.Trial]) -> None:
    fitted = small().fit(walks)
    assert set(fitted.ranking_.columns) <= {*LEVELS, "mean"}
    assert fitted.ranking_["mean"].sum() == pytest.approx(1)
    assert {"left_wrist", "left_elbow"} & set(fitted.ranking_.index[:4])
    assert list(fitted.model_.network_.encoders[1].columns) == fitted.names_
    assert fitted.predict_proba(walks).shape == (12, 4)
    assert fitted.score(walks) > 0.5
    assert fitted.embed(walks).shape == (12, 16)
    why = sg.explain(fitted, walks[0], "attention", faithfulness=False)
    assert set(why.axes["descriptor"]) == set(fitted.names_)


def test_it_keeps_scikit_learns_manners_and_saves(walks: list[sg.Trial], tmp_path) -> None:
    recipe = small(max_epochs=1)
    assert clone(recipe).get_params(deep=False).keys() == recipe.get_params(deep=False).keys()
    with pytest.raises(NotFittedError, match="has not learnt"):
        recipe.predict(walks)
    first = small(max_epochs=8).skeleton.fit(walks)
    fitted = small(max_epochs=1).fit(walks, pretrained=first)
    assert fitted.skeleton_ is first
    again = sg.GaitClassifier.load(fitted.save(tmp_path / "gmfcs.safetensors"))
    assert np.allclose(again.predict_proba(walks), fitted.predict_proba(walks), atol=1e-6)


def test_the_fused_network_begins_with_the_trained_skeleton_network(walks: list[sg.Trial]) -> None:
    first = small(max_epochs=8).skeleton.fit(walks)
    kept = first.network_.encoders[0].state_dict()
    still = small(max_epochs=8).set_params(epochs=1, frozen_epochs=1).fit(walks, pretrained=first)
    ours = still.model_.network_.encoders[0].state_dict()
    assert all(np.allclose(ours[name], kept[name]) for name in kept if "running" not in name and "num_batches" not in name)
    with pytest.raises(SkelgaitError, match="none of this model's encoders"):
        sg.GaitClassifier(encoders="descriptors", progress=False).fit(walks, start=first)


def test_keypoints_choose_the_descriptors_they_are_measured_from() -> None:
    known = sg.COCO17.names
    arms = choose_descriptors(["left_shoulder", "right_shoulder", "left_hip", "right_hip"], known=known)
    assert "trunk_lean_mean_deg" in arms
    assert "left_knee_flexion_max_swing_deg" not in arms
    legs = choose_descriptors(["left_hip", "left_knee", "left_ankle"], known=known, share=1.0)
    assert "left_knee_flexion_max_swing_deg" in legs
    assert "right_knee_flexion_max_swing_deg" not in legs
    with pytest.raises(SkelgaitError, match="no descriptor is measured"):
        choose_descriptors(["nose"], known=known)


def test_the_ranking_takes_walks_that_are_answered_rightly_level_by_level(walks: list[sg.Trial]) -> None:
    model = small(max_epochs=10).skeleton.fit(walks)
    wrong = [LEVELS[(LEVELS.index(t.labels["gmfcs"]) + 1) % 4] for t in walks]
    right = model.predict(walks)
    table = rank_keypoints(model, walks, right)
    seen = [c for c in table.columns if c != "mean" and table[c].notna().all()]
    assert set(seen) == set(right.tolist())
    assert np.allclose(table[seen].sum(), 1)
    if not any(a == b for a, b in zip(wrong, right, strict=True)):
        with pytest.raises(SkelgaitError, match="answers no training walk rightly"):
            rank_keypoints(model, walks, wrong)


@pytest.mark.parametrize("window", [None, {"length_s": 1.0}])
def test_walks_ranked_together_are_ranked_as_one_by_one(walks: list[sg.Trial], window: dict | None) -> None:
    uneven = [t.with_(pose={"sagittal": t.pose["sagittal"].cut(0, 60 + 3 * i)}) for i, t in enumerate(walks)]
    model = small(max_epochs=2).skeleton.set_params(window=window, batch_size=5).fit(uneven)
    calls = []
    hook = model.network_.register_forward_hook(lambda *_: calls.append(1))
    table = rank_keypoints(model, uneven, right := model.predict(uneven))
    hook.remove()
    n = sum(len(model.prepare_batch([t]).walk) for t in uneven)
    assert len(calls) == 3 * -(-n // 5), "to predict twice, and to look"
    alone = [sg.explain(model, t, faithfulness=False).over("keypoint") for t in uneven]
    for level in set(right.tolist()):
        mean = np.mean([one / one.sum() for one, said in zip(alone, right, strict=True) if said == level], axis=0)
        assert table[level].loc[list(alone[0].index)].to_numpy() == pytest.approx(mean, abs=1e-6)


def test_the_protocol_of_windows() -> None:
    skeleton = gmfcs_fusion(protocol="windows").skeleton
    assert skeleton.encoders == {"stgcn": {"fps": 25.0}}
    assert skeleton.vote == "majority"
    assert WINDOWS_OF_124["length_s"] * 25 == pytest.approx(124)
    long = sg.Walker().film(fps=25, duration_s=8).pose
    confidence = long.confidence.copy()
    confidence[:70, :15] = 0.1  # of 25 keypoints
    walk = sg.Trial("child", long.with_(confidence=confidence), labels={"gmfcs": "II"})
    few = gmfcs_fusion(protocol="windows", encoder={"stgcn": {"stages": [4]}}, max_epochs=0, progress=False, random_state=0)
    frames = few.skeleton.fit([walk, walk.with_(subject="other", labels={"gmfcs": "I"})])._walks([walk])
    seen = frames.samples[0][0]["pose"][..., 2] >= 0.2
    expected = [s for s in (0, 12, 24, 36, 48, 60, 72, 76) if seen[s : s + 124].mean() >= 0.8]
    assert 1 < len(expected) < 8
    assert [round(start * 25) for _, start, _ in frames.examples] == expected
    assert frames.collate([0]).inputs[0]["pose"].shape == (1, 124, 17, 3)
    with pytest.raises(SkelgaitError, match="unknown protocol"):
        gmfcs_fusion(protocol="frames")
    with pytest.raises(SkelgaitError, match="one encoder of poses"):
        gmfcs_fusion(encoder={"stgcn": {}, "descriptors": {}})


def test_the_table_has_every_variant_on_the_same_unseen_walks(walks: list[sg.Trial]) -> None:
    found = compare_fusions(
        small(max_epochs=6), walks, n_splits=2, fusions={"concat": {"concat": {"width": 16}}, "gated": {"gated": {"width": 16}}}
    )
    assert list(found.probabilities) == ["skeleton only", "descriptors only", "concat", "gated"]
    for runs in found.probabilities.values():
        assert np.isfinite(runs[0]).all()
        assert np.allclose(runs[0].sum(1), 1)
    table = found.table(n_boot=100)
    assert (table["accuracy_low"] <= table["accuracy"]).all()
    differences = found.differences("concat", n_boot=100)
    assert set(differences.index) == {"skeleton only", "descriptors only", "gated"}
    assert found.ranking().sum() == pytest.approx(1)
