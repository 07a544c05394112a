from __future__ import annotations

from copy import copy

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.explain.question import Question, join_windows
from tests.explain.conftest import FEW, SKELETON, fit


def test_grad_cam_and_integrated_gradients_find_the_keypoint_that_differs(
    waving: list[sg.Trial], skeleton_model: sg.GaitClassifier
) -> None:
    assert skeleton_model.score(waving) == 1
    arm = {"left_wrist", "left_elbow", "left_shoulder"}  # a graph convolution sees a keypoint from its neighbours too
    for trial in waving[1::2]:
        ranked = sg.explain(skeleton_model, trial, "gradcam", faithfulness=False).over("keypoint").nlargest(3)
        assert set(ranked.index) == arm, ranked
        inputs = sg.explain(skeleton_model, trial, "integrated_gradients", faithfulness=False).over("keypoint")
        assert inputs.idxmax() == "left_wrist", inputs  # of the inputs themselves only the wrist differs


def test_hiding_what_a_true_map_ranks_first_changes_the_answer_faster_than_chance(
    waving: list[sg.Trial], skeleton_model: sg.GaitClassifier
) -> None:
    why = sg.explain(skeleton_model, waving[1])
    curve = why.info["deletion"]
    assert why.info["faithfulness"] > 0.15
    assert curve["hidden"][0] == 0
    assert curve["hidden"][-1] == 1
    assert curve["probability"][0] == pytest.approx(why.info["probability"]["abnormal"], abs=1e-4)
    assert curve["probability"][-1] == pytest.approx(curve["random"][-1], abs=1e-6)


def test_a_deletion_curve_asks_about_many_at_a_time(waving: list[sg.Trial], skeleton_model: sg.GaitClassifier) -> None:
    sizes: list[int] = []
    hook = skeleton_model.network_.encoders[0].register_forward_hook(lambda _m, given, _o: sizes.append(len(given[0]["mask"])))
    why = sg.explain(skeleton_model, waving[1])
    hook.remove()
    assert len(sizes) <= 4, "to answer, to look, to keep its tokens, and all variants at once"
    asked = Question(skeleton_model, waving[1])
    order = np.argsort(-why.values.mean(0), kind="stable")
    for share, said in zip(why.info["deletion"]["hidden"], why.info["deletion"]["probability"], strict=True):
        inputs = {name: value.clone() for name, value in asked.batch.inputs[0].items()}
        inputs["pose"][:, :, order[: round(share * 17)].tolist()] = 0
        alone = skeleton_model.network_([inputs]).log_probs[0, 0, asked.level_code].exp().item()
        assert said == pytest.approx(alone, abs=1e-5)


def test_a_map_has_the_walks_own_time_and_keypoints(waving: list[sg.Trial], skeleton_model: sg.GaitClassifier) -> None:
    why = sg.explain(skeleton_model, waving[1])
    assert why.values.shape == (90, 17)
    assert why.axes["time"][:2] == (0, 1 / 30)
    assert (why.values >= 0).all()
    assert why.answer == "gait = abnormal"
    other = sg.explain(skeleton_model, waving[1], level="normal", faithfulness=False)
    assert other.answer == "gait = normal"
    assert "deletion" not in other.info


def test_integrated_gradients_add_up_to_the_difference_from_the_baseline(
    waving: list[sg.Trial], fused_model: sg.GaitClassifier
) -> None:
    for stream in ("stgcn", "descriptors"):
        why = sg.explain(fused_model, waving[3], "integrated_gradients", encoder=stream, steps=64, faithfulness=False)
        assert why.signed
        assert why.info["error"] < 0.05 * max(1.0, np.abs(why.values).sum())


def test_attention_sums_to_one_over_what_is_looked_at(waving: list[sg.Trial], fused_model: sg.GaitClassifier) -> None:
    why = sg.explain(fused_model, waving[0], "attention")
    assert list(why.axes) == ["descriptor"]
    assert why.values.sum() == pytest.approx(1)
    over = sg.explain(fused_model, waving[0], "attention", encoder="stgcn")
    assert over.values.sum() == pytest.approx(1)
    assert over.values.shape == (90, 17)


def test_attention_among_three_streams_is_shared_out(waving: list[sg.Trial]) -> None:
    encoders = [SKELETON, {"stgcn": {**SKELETON["stgcn"], "stream": "bone"}}, FEW]
    for direction, asked_by in (("both", (2, 2, 2)), ("first", (0, 1, 1)), ("rest", (2, 1, 1))):
        model = fit(waving, encoders, fusion={"cross_attention": {"width": 16, "direction": direction}}, max_epochs=1)
        received = 0.0
        for place, askers in enumerate(asked_by):
            if not askers:
                with pytest.raises(SkelgaitError, match="no stream attends to 'stgcn'"):
                    sg.explain(model, waving[0], "attention", encoder=place)
                continue
            why = sg.explain(model, waving[0], "attention", encoder=place, faithfulness=False)
            assert why.values.sum() == pytest.approx(1)
            received += askers * why.info["received"]
        assert received == pytest.approx({"both": 3, "first": 1, "rest": 2}[direction]), "each that asks gives away one whole"


def test_shap_adds_up_to_the_probability(waving: list[sg.Trial], fused_model: sg.GaitClassifier) -> None:
    for settings in ({}, {"background": waving[:6]}):
        why = sg.explain(fused_model, waving[1], "shap", **settings)
        level = why.answer.split(" = ")[1]
        assert why.info["base"] + why.values.sum() == pytest.approx(why.info["probability"][level], abs=1e-3)
        assert len(why.info["values"]) == 3
    by_gradient = sg.explain(fused_model, waving[1], "shap", explainer="gradient", background=waving, faithfulness=False)
    assert np.isfinite(by_gradient.values).all()


@pytest.mark.parametrize("kind", ["random_forest", "gradient_boosting", "logistic"])
def test_shap_of_classical_models_adds_up_too(waving: list[sg.Trial], kind: str) -> None:
    y = ["abnormal" if i % 5 > 2 else "normal" for i in range(16)]  # by cadence, which descriptors can see
    model = sg.DescriptorClassifier("GAIT_BINARY", kind, descriptors=FEW["descriptors"], random_state=0).fit(waving, y)
    why = sg.explain(model, waving[1], "shap", background=waving)
    total, level = why.info["base"] + why.values.sum(), why.answer.split(" = ")[1]
    if kind == "gradient_boosting":  # its trees add up in log-odds
        total = 1 / (1 + np.exp(-total))
    assert total == pytest.approx(why.info["probability"][level], abs=1e-3)
    assert why.info["deletion"]["probability"][0] == pytest.approx(why.info["probability"][level])
    assert np.isfinite(why.info["faithfulness"])


def test_windows_are_explained_each_and_joined(waving: list[sg.Trial]) -> None:
    model = fit(waving, SKELETON, window={"length_s": 1.0, "stride_s": 0.5}, max_epochs=2)
    for method in ("gradcam", "integrated_gradients"):
        assert sg.explain(model, waving[0], method).values.shape == (90, 17)
    joined = join_windows([np.ones((5, 2)), 3 * np.ones((5, 2))], [(0, 10), (5, 15)], 15)
    assert joined[:, 0].tolist() == [1] * 5 + [2] * 5 + [3] * 5


def test_many_items_are_asked_one_at_a_time(waving: list[sg.Trial]) -> None:
    task = sg.Task("TWO", items=("left_a", "right_a"), levels=(0, 1, 2))
    model = sg.GaitClassifier(task, SKELETON, max_epochs=1, progress=False, random_state=0).fit(waving, [[0, 1]] * 16)
    why = sg.explain(model, waving[0], "attention", item="right_a")
    assert why.answer.startswith("right_a = ")
    assert why.values.sum() == pytest.approx(1)
    with pytest.raises(SkelgaitError, match="asks 2 items"):
        sg.explain(model, waving[0])
    with pytest.raises(SkelgaitError, match="no item 'knee'"):
        sg.explain(model, waving[0], item="knee")


def test_what_the_model_answers_is_explained_and_not_what_is_likeliest(
    waving: list[sg.Trial], skeleton_model: sg.GaitClassifier
) -> None:
    p = skeleton_model.predict_proba(waving[1:2])[0, 1]
    assert p > 0.5
    strict, silent = copy(skeleton_model), copy(skeleton_model)
    strict.thresholds_ = np.array([(1 + p) / 2])
    silent.abstain_below = (1 + p) / 2
    told = [sg.explain(one, waving[1], faithfulness=False) for one in (skeleton_model, strict, silent)]
    assert [why.answer for why in told] == ["gait = abnormal", "gait = normal", "gait = abnormal"]
    assert [why.info["answer"] for why in told] == ["abnormal", "normal", None]
    asked = sg.explain(strict, waving[1], level="abnormal", faithfulness=False)
    assert (asked.answer, asked.info["answer"]) == ("gait = abnormal", "normal")
    assert np.array_equal(asked.values, told[0].values)


def test_looking_leaves_the_model_as_it_was(waving: list[sg.Trial], fused_model: sg.GaitClassifier) -> None:
    before = fused_model.predict_proba(waving)
    for method in ("gradcam", "integrated_gradients", "attention", "shap"):
        sg.explain(fused_model, waving[0], method, faithfulness=False)
    assert np.array_equal(fused_model.predict_proba(waving), before)
    assert all(p.grad is None for p in fused_model.network_.parameters())
    assert not fused_model.network_.fusion.weights
    assert not any(m._forward_hooks for m in fused_model.network_.modules())


def test_the_gradient_does_not_fade_where_the_model_is_sure(waving: list[sg.Trial], skeleton_model: sg.GaitClassifier) -> None:
    asked = Question(skeleton_model, waving[1])
    said = skeleton_model.network_(asked.batch.inputs)
    by_hand = torch.logit(said.log_probs[:, 0].double().exp()[:, asked.level_code])
    assert torch.allclose(asked.evidence(said).double(), by_hand, atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "lime"}, r"no method 'lime'.*gradcam"),
        ({"stages": 3}, r"no setting 'stages'.*stage"),
        ({"stage": "stage9"}, "no stage 'stage9'"),
        ({"level": "odd"}, "no level 'odd'"),
        ({"encoder": "resnet3d"}, "cannot look at the encoder"),
        ({"method": "attention"}, "no attention to show"),
        ({"method": "shap"}, "SHAP cannot look"),
        ({"method": "integrated_gradients", "baseline": "black"}, "no baseline 'black'"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    waving: list[sg.Trial], skeleton_model: sg.GaitClassifier, settings: dict, message: str
) -> None:
    with pytest.raises(SkelgaitError, match=message):
        sg.explain(skeleton_model, waving[0], **settings)


def test_only_a_fitted_model_and_a_walk_can_be_explained(waving: list[sg.Trial], skeleton_model: sg.GaitClassifier) -> None:
    with pytest.raises(SkelgaitError, match="only a fitted"):
        sg.explain(sg.GaitClassifier("GAIT_BINARY"), waving[0])
    with pytest.raises(SkelgaitError, match="one walk is explained"):
        sg.explain(skeleton_model, waving)


@pytest.mark.parametrize("operator", ["GCNConv", "GATConv"])
def test_torch_geometrics_explainer_masks_keypoints_and_bones(waving: list[sg.Trial], operator: str) -> None:
    model = fit(waving, {"graph_conv": {"stages": [16, 32], "operator": operator}})
    before = model.predict_proba(waving)
    why = sg.explain(model, waving[1], "graph", epochs=150)
    assert list(why.axes) == ["keypoint"]
    assert ((why.values >= 0) & (why.values <= 1)).all()
    assert set(why.info["bones"]) == {f"{a} - {b}" for a, b in sg.COCO17.bones}
    assert {"left_wrist", "left_elbow"} & set(why.over("keypoint").nlargest(4).index)
    assert np.array_equal(sg.explain(model, waving[1], "graph", epochs=150, faithfulness=False).values, why.values)
    assert np.array_equal(model.predict_proba(waving), before)


def test_the_method_by_default_fits_what_the_model_looks_at(waving: list[sg.Trial], skeleton_model: sg.GaitClassifier) -> None:
    y = ["abnormal" if i % 5 > 2 else "normal" for i in range(16)]
    for model in (
        sg.DescriptorClassifier("GAIT_BINARY", descriptors=FEW["descriptors"], random_state=0).fit(waving, y),
        sg.GaitClassifier("GAIT_BINARY", FEW, max_epochs=1, progress=False, random_state=0).fit(waving, y),
    ):
        why = sg.explain(model, waving[0], background=waving, faithfulness=False)
        assert (why.method, list(why.axes)) == ("shap", ["descriptor"])
    assert sg.explain(skeleton_model, waving[0], faithfulness=False).method == "gradcam"
