from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone

import skelgait as sg
from skelgait.core.clip import Clip

EVGS = sg.tasks.EVGS_BINARY
TINY = {"width": 16, "depth": 2, "heads": 2, "patch": 8, "frames": 4, "step_s": 0.1, "side": 32, "keep_at_least": 4}
FAST = {"max_epochs": 1, "batch_size": 3, "progress": False, "random_state": 0, "optimizer": {"adamw": {"lr": 1e-3}}}
SAGITTAL = np.array([plane == "sagittal" for plane in EVGS.planes])


@pytest.fixture(scope="module")
def visits() -> list[sg.Trial]:
    """Six visits: poses of both planes, clips cut around them with pictures of nothing, 34 scores."""
    rng = np.random.default_rng(0)
    trials = []
    for i in range(6):
        child = sg.Walker(crouch_deg=(5 * i, 4), cadence_spm=100 + 5 * i)
        poses, clips = {}, {}
        for plane, view in (("sagittal", "sagittal_left"), ("frontal", "frontal_towards")):
            pose = child.film(sg.Camera(view=view, distance_m=9, size=(480, 270)), fps=25, duration_s=1.6, tell_view=True).pose
            middle = np.nanmean(pose.xy, axis=1)
            side = 1.3 * np.nanmax(np.ptp(pose.xy[..., 1], axis=1))
            boxes = np.c_[middle - side / 2, np.full((len(middle), 2), side)]
            pictures = rng.integers(0, 255, (len(pose), 40, 40, 3)).astype(np.uint8)
            poses[plane], clips[plane] = pose, Clip(pictures, fps=25, boxes=boxes, view=view)
        trials.append(
            sg.Trial(f"child{i // 2}", poses, name=f"visit{i}", clips=clips, labels={"evgs": rng.integers(0, 3, 34).tolist()})
        )
    return trials


def recipe(**settings: object) -> object:
    return sg.recipes.childgait_video(encoder=TINY, **{**FAST, **settings})  # type: ignore[arg-type]


def test_it_learns_answers_all_items_and_is_the_same_from_a_file(visits: list[sg.Trial], tmp_path: Path) -> None:
    model = recipe()
    before = clone(model).get_params()
    model.fit(visits)
    assert clone(model).get_params() == before
    said = model.predict_proba(visits)
    assert said.shape == (6, 34, 2)
    assert np.allclose(said.sum(-1), 1)
    assert [encoder.plane for encoder in model.network_.encoders] == ["sagittal", "frontal"]
    inputs = model.prepare_batch(visits).inputs
    assert all(0 < float(e.kept_share(one).mean()) < 1 for e, one in zip(model.network_.encoders, inputs, strict=True))
    assert np.allclose(sg.GaitClassifier.load(model.save(tmp_path / "video.safetensors")).predict_proba(visits), said, atol=1e-6)
    one = [visits[0].with_(clips={"sagittal": visits[0].clips["sagittal"]}), *visits[1:]]
    with pytest.warns(UserWarning, match=r"no answer to 12 of 34 items for 1 of 6 walks \(visit0\)"):
        part = model.predict_proba(one)
    assert np.isnan(part[0, ~SAGITTAL]).all()
    assert np.allclose(part[0, SAGITTAL], said[0, SAGITTAL], atol=1e-5)


def test_limbs_may_share_a_head(visits: list[sg.Trial]) -> None:
    model = recipe(share_limbs=True).fit(visits)
    assert "mirror" not in model.augmentation
    network, inputs = model.network_, model.prepare_batch(visits).inputs
    mirrored = [encoder.mirrored(one) for encoder, one in zip(network.encoders, inputs, strict=True)]
    with torch.no_grad():
        said, other = network(inputs).log_probs, network(mirrored).log_probs
    assert torch.allclose(other, said[:, EVGS.mirrored_items], atol=1e-5)
    assert not torch.allclose(other, said, atol=1e-4)


@pytest.mark.filterwarnings("ignore:no answer to 12")
def test_rows_differ_in_what_the_network_is_shown(visits: list[sg.Trial]) -> None:
    rows = sg.recipes.childgait_rows(encoder=TINY, planes=["sagittal"], **FAST)
    shown = {name: row.get_params()["encoders"][0]["videomae"] for name, row in rows.items()}
    assert {name: (one["prompt"], one["prune"]) for name, one in shown.items()} == {
        "VideoMAE v2": (None, None),
        "+ TKP": ("drawn", None),
        "+ MPP": (None, "auto"),
        "+ both": ("drawn", "auto"),
    }
    answers = [row.fit(visits).predict_proba(visits)[:, SAGITTAL] for row in rows.values()]
    for i, one in enumerate(answers):
        assert not any(np.allclose(one, other, atol=1e-6) for other in answers[:i])


def test_a_network_an_item_and_thresholds_are_settings() -> None:
    each = recipe(per_item=True, thresholds="f1", class_weights="balanced")
    assert isinstance(each, sg.recipes.Thresholded)
    assert isinstance(each.model, sg.recipes.PerItem)
    assert each.by == "f1"
    assert each.model.model.objectives == {"supervised": {"class_weights": "balanced", "most": 5.0}}


def test_the_published_rate_is_for_256_clips_a_step() -> None:
    model = sg.recipes.childgait_video(batch_size=8, accumulate=4)
    assert model.optimizer["adamw"]["lr"] == pytest.approx(7e-4 / 8)


@pytest.mark.filterwarnings("ignore::UserWarning")  # what rules cannot score
def test_others_answer_the_same_question(visits: list[sg.Trial]) -> None:
    video = {**TINY, "prompt": "drawn", "prune": "auto"}
    settings = {"skeleton": {"stages": [4, 8], "fps": 15.0}, "video": video, "batch_size": 3, "max_epochs": 1}
    others = sg.recipes.childgait_others(**settings, progress=False, random_state=0)
    assert list(others)[-1] == "video + ST-GCN + descriptors"
    for name, model in others.items():
        said = model.fit(visits).predict_proba(visits)
        assert said.shape == (6, 34, 2), name
        assert np.allclose(said.sum(-1), 1), name
