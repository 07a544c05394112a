"""Maps over video: a light at the knees decides the answer, and they must find it there, and nowhere else than learning put it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import COCO17
from skelgait.explain.joints import joint_relevance
from skelgait.io.video_frames import read_frames

SIDE = 64
# Joints of a standing child in a picture of 64: x from the middle for the left, and y.
PLACES = {
    "ear": (3, 8),
    "shoulder": (7, 18),
    "elbow": (10, 26),
    "wrist": (11, 33),
    "hip": (4, 34),
    "knee": (5, 46),
    "ankle": (5, 58),
}
ENCODER = {"depth": 10, "widths": [8, 8, 8, 8], "frames": 4, "step_s": 0.1, "side": 56}


def make(child: int) -> sg.Trial:
    """Noise; a child's joints that sway; lights at the shoulders of every child, and at the left knee of every second one."""
    rng = np.random.default_rng(child)
    time = np.arange(10) / 10
    xy = np.full((10, 17, 2), np.nan)
    sway = 4 * np.sin(2 * np.pi * time + child) + rng.uniform(-4, 4)
    for name, (x, y) in PLACES.items():
        for side, sign in (("left", 1), ("right", -1)):
            xy[:, COCO17.index(f"{side}_{name}")] = np.stack([32 + sway + sign * x, np.full(10, y)], 1)
    frames = rng.normal(90, 12, (10, SIDE, SIDE, 1)) + np.zeros(3)
    y, x = np.mgrid[:SIDE, :SIDE]
    for name in ("left_shoulder", "right_shoulder", "left_knee")[: 2 + child % 2]:
        at = xy[:, COCO17.index(name)]
        frames[np.hypot(x - at[:, 0, None, None], y - at[:, 1, None, None]) < 4] = 230
    pose = sg.PoseSequence(100 + 4 * xy, fps=10, skeleton=COCO17, view="frontal")
    boxes = [[100, 100, 4 * SIDE, 4 * SIDE]] * 10
    clip = sg.Clip(frames.clip(0, 255).astype(np.uint8), fps=10, time_s=0.5 + time, boxes=boxes, view="frontal")
    pose = pose.with_(time_s=0.5 + time)
    return sg.Trial(f"child{child}", {"frontal": pose}, clips=clip, labels={"genu": "abnormal" if child % 2 else "normal"})


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    return [make(child) for child in range(12)]


@pytest.fixture(scope="module")
def model(walks: list[sg.Trial]) -> sg.GaitClassifier:
    settings = {"batch_size": 4, "max_epochs": 10, "optimizer": {"adamw": {"lr": 1e-2}}, "progress": False, "random_state": 0}
    fitted = sg.GaitClassifier("GENU_BINARY", {"resnet3d": ENCODER}, **settings).fit(walks)
    assert fitted.score(walks) == 1.0
    return fitted


def test_the_share_at_the_knees_is_a_number_and_the_shuffled_networks_do_not_have_it(
    model: sg.GaitClassifier, walks: list[sg.Trial]
) -> None:
    settings = {"stage": "layer2", "radius": 0.12, "controls": 2, "n_boot": 200, "progress": False}
    table = joint_relevance(model, walks[1::2], levels=["abnormal"] * 6, **settings)
    assert table.index.tolist() == [("abnormal", joint) for joint in ("hip", "knee", "ankle", "any")]
    knee = table.loc["abnormal", "knee"]
    assert (knee.walks, knee.subjects) == (6, 6)
    assert knee.low <= knee.share <= knee.high
    assert knee.difference == pytest.approx(knee.share - knee.control)
    assert knee.difference_low > 0.05, "learnt, not built in"
    assert knee.share > 2 * max(knee.area, knee.control)
    assert knee.share > 2 * table.loc[("abnormal", "ankle"), "share"]
    assert table.loc[("abnormal", "any"), "share"] <= table.share.iloc[:3].sum() + 1e-9
    drawn = 2 * np.pi * (0.12 * 49) ** 2 / 56**2  # two discs; thigh 12 px is 0.245 of the height, which is 49
    assert knee.area == pytest.approx(drawn, rel=0.15)


def test_joints_that_cannot_be_looked_for_are_told(model: sg.GaitClassifier, walks: list[sg.Trial]) -> None:
    for settings, trial, text in (
        ({"joints": ["tail"]}, walks[1], "left_tail, right_tail"),
        ({}, walks[1].with_(pose={}), "no frontal pose"),
        ({"controls": 0}, walks[1], "controls=0"),
        ({"levels": ["normal", "normal"]}, walks[1], "2 levels for 1 walks"),
    ):
        with pytest.raises(SkelgaitError, match=text):
            joint_relevance(model, [trial], **{"controls": 1, "stage": "layer1", "progress": False, **settings})
    for given in ((sg.explain(model, walks[1], faithfulness=False), [walks[1]]), (model, walks[1])):
        with pytest.raises(SkelgaitError, match="a fitted model and a list of walks"):
            joint_relevance(*given)


def test_hiding_what_the_map_ranks_first_takes_the_answer_away(model: sg.GaitClassifier, walks: list[sg.Trial]) -> None:
    why = sg.explain(model, walks[1], level="abnormal", stage="layer1")
    curve = why.info["deletion"]
    assert why.info["faithfulness"] > 0.02
    assert curve["probability"][0] == pytest.approx(why.info["probability"]["abnormal"], abs=0.02)
    assert curve["probability"][-1] == pytest.approx(curve["random"][-1], abs=1e-9)
    assert why.values.shape == (10, 56, 56)
    assert why.axes["time"] == pytest.approx(np.arange(10) / 10)
    assert why.info["part"] == pytest.approx([4, 4, 56, 56])


def test_the_map_is_drawn_where_it_lies_on_the_clip(model: sg.GaitClassifier, walks: list[sg.Trial], tmp_path: Path) -> None:
    plain = sg.explain(model, walks[1], faithfulness=False)
    heat = np.zeros((10, 56, 56))
    heat[:, 10:14, 40:44] = 1.0  # of the clip rows 14 to 18, columns 44 to 48
    why = sg.Attribution(heat, plain.axes, "gradcam", plain.answer, info=dict(plain.info))
    figure = sg.plot_clip_heat(why, walks[1], moments=3, faces=True)
    shown = np.asarray(figure.axes[0].images[0].get_array()).astype(int)
    assert shown.shape == (256, 256, 3)
    warm = shown[..., 0] - shown[..., 2]
    rows, columns = np.nonzero(warm > 60)
    assert (rows.mean() / 4, columns.mean() / 4) == (pytest.approx(15.5, abs=1), pytest.approx(45.5, abs=1))
    assert [ax.get_title() for ax in figure.axes] == ["0.0 s", "0.4 s", "0.9 s", "from head to foot"]
    hidden = np.asarray(sg.plot_clip_heat(why, walks[1].with_(pose={}), moments=1).axes[0].images[0].get_array())
    assert hidden.astype(int).std() < shown.std(), "without a pose nobody knows where the face is"
    sg.write_clip_heat(why, walks[1], tmp_path / "heat.mp4", side=128, speed=0.5)
    frames = [frame for frame, _ in read_frames(tmp_path / "heat.mp4")]
    assert (len(frames), frames[0].shape) == (10, (156, 128, 3))
    assert (frames[3][28:36, 88:96].astype(int) @ [1, 0, -1]).mean() > 40
    with pytest.raises(SkelgaitError, match="does not lie over a clip"):
        sg.plot_clip_heat(sg.Attribution([1.0], {"descriptor": ["a"]}, "shap", "genu = normal"), walks[1])
    with pytest.raises(SkelgaitError, match="no such moments"):
        sg.plot_clip_heat(why, walks[1], start_s=4.0)
