"""Limbs that share a head: what speaks for an answer to the right one lies where the film shows it, under its own names."""

from __future__ import annotations

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import COCO17, other_side
from skelgait.explain.joints import joint_relevance
from tests.explain.test_clips import ENCODER, make

KNEES = sg.Task("KNEES", items=("left_knee_lit", "right_knee_lit"), levels=("dark", "lit"), label="knees")
RIGHT, LEFT = "right_foot_rotation", "left_foot_rotation"
NAMES = ["cadence_spm", "left_step_length_ll", "right_step_length_ll", "step_length_ratio"]
CHILD = sg.Walker(crouch_deg=(30, 5), knee_valgus_deg=(8, 0), pelvis_left_up_deg=4, step_length_m=(0.5, 0.6))
FAST = {"batch_size": 4, "max_epochs": 1, "progress": False, "random_state": 0, "share_limbs": True}


def films(child: sg.Walker) -> sg.Trial:
    return sg.Trial("x", {"frontal": child.film(sg.Camera(view="frontal_towards", distance_m=9), fps=20, duration_s=2.6).pose})


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    """Four children whose feet are scored at random."""
    draw = np.random.default_rng(0).integers(0, 2, (4, 34)).tolist()
    children = [sg.Walker(cadence_spm=95 + 9 * i, crouch_deg=(8 * i, 5)) for i in range(4)]
    return [films(one).with_(subject=f"child{i}", labels={"evgs": draw[i]}) for i, one in enumerate(children)]


def turned_film(walk: sg.Trial) -> sg.Trial:
    """The walk of `make`, filmed in a mirror: its clip is 64 pixels of 4 wide, from 100 on."""
    pose, clip = walk.pose["frontal"], walk.clip("frontal")
    xy = pose.xy[:, COCO17.mirror].copy()
    xy[..., 0] = 455 - xy[..., 0]
    frames = np.ascontiguousarray(np.asarray(clip.frames)[:, :, ::-1])
    mirrored = sg.Clip(frames, fps=10, time_s=clip.time_s, boxes=clip.boxes, view="frontal")
    return walk.with_(pose={"frontal": pose.with_(xy=xy)}, clips={"frontal": mirrored})


def lit(walk: sg.Trial, *knees: bool) -> sg.Trial:
    return walk.with_(labels={"knees": [KNEES.levels[int(one)] for one in knees]})


@pytest.mark.parametrize(
    ("encoder", "method", "settings"),
    [
        ({"stgcn": {"stages": [8, 16], "plane": "frontal"}}, "gradcam", {}),
        ({"stgcn": {"stages": [8, 16], "plane": "frontal"}}, "integrated_gradients", {"steps": 4}),
        ({"stgcn": {"stages": [8, 16], "plane": "frontal"}}, "attention", {}),
        ({"graph_conv": {"stages": [8, 16], "plane": "frontal"}}, "graph", {"epochs": 3}),
        ({"descriptors": {"names": NAMES, "width": 8}}, "shap", {"samples": 2}),
        ({"descriptors": {"names": NAMES[:2], "width": 8}}, "integrated_gradients", {"steps": 4}),
    ],
)
def test_the_right_limb_is_explained_as_the_left_one_of_the_mirror_child(
    encoder: dict, method: str, settings: dict, walks: list[sg.Trial]
) -> None:
    model = sg.GaitClassifier("EVGS_BINARY", encoder, **FAST).fit(walks)
    child, twin = films(CHILD), films(CHILD.mirrored())
    why = sg.explain(model, child, method, item=RIGHT, **settings)
    other = sg.explain(model, twin, method, item=LEFT, level=why.answer.split(" = ")[1], **settings)
    assert why.answer == other.answer.replace(LEFT, RIGHT)
    said = model.predict_proba([child])[0, model.task_.items.index(RIGHT)]
    assert list(why.info["probability"].values()) == pytest.approx(said.tolist(), abs=1e-6)
    axis = "descriptor" if "descriptor" in why.axes else "keypoint"
    assert why.axes[axis][0] in ("nose", "cadence_spm")
    mine = why.to_frame().groupby(axis, sort=False).value.apply(np.array)
    theirs = other.to_frame().groupby(axis, sort=False).value.apply(np.array)
    size = np.abs(why.values).max()
    assert size > 0
    for name, values in mine.items():
        assert np.allclose(values, theirs[other_side(str(name))], atol=0.02 * size), name
    assert why.info["faithfulness"] == pytest.approx(other.info["faithfulness"], abs=0.05)
    if "values" in why.info:
        names = why.axes["descriptor"]
        measured = sg.describe([child])[list(names)].iloc[0]
        assert why.info["values"] == pytest.approx(measured.to_numpy(float), nan_ok=True, rel=1e-3)
    if "bones" in why.info:
        twins = {" - ".join(map(other_side, bone.split(" - "))): value for bone, value in other.info["bones"].items()}
        assert why.info["bones"] == pytest.approx(twins, abs=0.02)


@pytest.mark.parametrize("method", ["gradcam", "rollout"])
def test_a_map_over_film_lies_over_the_film(method: str) -> None:
    settings = {"plane": "frontal", "width": 16, "depth": 2, "heads": 2, "patch": 8, "frames": 4, "step_s": 0.1, "side": 56}
    shown = {"prompt": "drawn", "prune": "pose", "clips": 1, "keep_at_least": 4}
    some = [lit(make(child), child % 2, False) for child in range(4)]
    model = sg.GaitClassifier(KNEES, {"videomae": {**settings, **shown}}, **FAST).fit(some)
    walk, mirror = some[1], turned_film(some[1])
    why = sg.explain(model, walk, method, item="right_knee_lit", level="lit")
    other = sg.explain(model, mirror, method, item="left_knee_lit", level="lit")
    assert np.allclose(why.values, other.values[:, :, ::-1], atol=1e-3 * why.values.max())
    assert np.allclose(why.info["picture"], other.info["picture"][:, ::-1], atol=1e-5)
    assert why.info["part"] == pytest.approx(other.info["part"]), "from the middle"
    assert why.info["faithfulness"] == pytest.approx(other.info["faithfulness"], abs=0.02)
    assert not np.allclose(why.values, why.values[:, :, ::-1], atol=0.05 * why.values.max()), "the film is not symmetric"


def test_a_network_that_learnt_left_lights_shows_the_right_one_on_the_right() -> None:
    some = [lit(make(child), child % 2, False) for child in range(12)]
    settings = {**FAST, "max_epochs": 10, "optimizer": {"adamw": {"lr": 1e-2}}}
    model = sg.GaitClassifier(KNEES, {"resnet3d": ENCODER}, **settings).fit(some)
    new = [lit(turned_film(make(child)), False, child % 2) for child in (13, 15)]  # nobody's right knee was lit in training
    assert model.score(new) == 1.0
    x = np.arange(56) * 64 / 56
    for walk in new:
        why = sg.explain(model, walk, item="right_knee_lit", faithfulness=False, stage="layer2")
        assert why.answer == "right_knee_lit = lit"
        clip = (walk.pose["frontal"].xy - 100) / 4
        knees = {side: clip[:, COCO17.index(f"{side}_knee"), 0].mean() for side in ("left", "right")}
        across = why.values[:, 35:47].mean((0, 1))
        near = {side: across[np.abs(x - place) < 3].mean() for side, place in knees.items()}
        assert near["right"] > 2 * near["left"]
    table = joint_relevance(
        model, new, ["knee"], item="right_knee_lit", stage="layer2", controls=1, n_boot=20, radius=0.12, progress=False
    )
    assert table.walks.tolist() == [2]
    assert (table.share > table.area).all()


def test_a_network_an_item_is_explained_item_by_item(walks: list[sg.Trial]) -> None:
    one = sg.GaitClassifier(KNEES, {"stgcn": {"stages": [4], "plane": "frontal"}}, **FAST)
    answers = [["lit", None], ["dark", None], ["lit", None], ["dark", None]]
    shared = sg.recipes.PerItem(one).fit(walks, answers)
    why = sg.explain(shared, walks[0], item="right_knee_lit", faithfulness=False)
    assert why.answer.startswith("right_knee_lit = ")
    assert why.info["probability"]["lit"] == pytest.approx(shared.predict_proba(walks[:1])[0, 1, 1], abs=1e-6)
    shared.thresholds_ = np.array([0.5, 1.0])
    assert sg.explain(shared, walks[0], item="right_knee_lit", faithfulness=False).answer == "right_knee_lit = dark"
    apart = sg.recipes.PerItem(one.set_params(share_limbs=False)).fit(walks, answers)
    assert sg.explain(apart, walks[0], item="left_knee_lit", faithfulness=False).values.shape[1] == 17
    with pytest.raises(SkelgaitError, match="nobody ever answered item 'right_knee_lit'"):
        sg.explain(apart, walks[0], item="right_knee_lit")
    with pytest.raises(SkelgaitError, match="which item"):
        sg.explain(apart, walks[0])
