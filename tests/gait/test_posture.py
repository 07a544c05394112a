from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.skeleton import COCO17
from skelgait.gait.mirroring import mirror_descriptors
from skelgait.gait.posture import MEASURES, PAIRS, POSTURE, postural_asymmetry

TOWARDS, AWAY = sg.Camera(view="frontal_towards"), sg.Camera(view="frontal_away")


def film(camera: sg.Camera = TOWARDS, **settings: object) -> sg.PoseSequence:
    return sg.Walker(**settings).film(camera, fps=30, duration_s=4, random_state=0).pose.map_to(COCO17)


def of(pose: sg.PoseSequence) -> dict[str, float]:
    return dict(postural_asymmetry([sg.Trial("child", {"frontal": pose})]).iloc[0])


def moved(pose: sg.PoseSequence, *, up: dict[str, float] | None = None, left: dict[str, float] | None = None) -> sg.PoseSequence:
    """Keypoints moved up, or to the subject's left, by so many percent of the height seen in each frame."""
    xy = pose.xy.copy()
    hip, ankle = (pose.point(name) for name in ("mid_hip", "left_ankle"))
    right_ankle = pose.point("right_ankle")
    height = np.maximum(ankle[:, 1], right_ankle[:, 1]) - hip[:, 1]
    height = np.polyval(np.polyfit(np.arange(len(height)), height, 2), np.arange(len(height))) / 0.491 / 100
    side = np.sign(np.median(pose.point("left_hip")[:, 0] - pose.point("right_hip")[:, 0]))
    for name, percent in (up or {}).items():
        xy[:, COCO17.index(name), 1] -= percent * height
    for name, percent in (left or {}).items():
        xy[:, COCO17.index(name), 0] += side * percent * height
    return pose.with_(xy=xy)


def test_there_are_eight_pairs_in_three_measures() -> None:
    table = postural_asymmetry([sg.Trial("a", {"frontal": film()}), sg.Trial("b", {"frontal": film(AWAY)})])
    assert table.shape == (2, 24)
    assert list(table.columns) == list(POSTURE)
    assert len(PAIRS) * len(MEASURES) == 24
    assert np.isfinite(table.loc["a"]).all()
    eyes = {f"eye_{measure}" for measure in MEASURES}  # from behind nobody sees them
    assert set(table.columns[table.loc["b"].isna()]) == eyes
    assert set(table.attrs["reasons"]) == {("b", name) for name in eyes}


@pytest.mark.parametrize("camera", [TOWARDS, AWAY], ids=["towards", "away"])
def test_what_was_lifted_or_shifted_is_measured_with_its_sign_whichever_way_the_child_walks(camera: sg.Camera) -> None:
    pose = film(camera)
    before = of(pose)
    after = of(moved(pose, up={"left_shoulder": 2.0, "right_shoulder": -1.0}, left={"left_shoulder": 1.5, "right_shoulder": 1.5}))
    assert after["shoulder_left_higher_percent"] - before["shoulder_left_higher_percent"] == pytest.approx(3.0, abs=0.3)
    assert after["shoulder_to_left_percent"] - before["shoulder_to_left_percent"] == pytest.approx(1.5, abs=0.2)
    assert after["shoulder_left_up_deg"] > before["shoulder_left_up_deg"] + 5
    for pair in ("eye", "elbow", "knee", "ankle"):
        for measure in MEASURES:
            assert after[f"{pair}_{measure}"] == pytest.approx(before[f"{pair}_{measure}"], abs=0.25, nan_ok=True)
    assert after["hip_to_left_percent"] == 0


def test_a_tilted_line_has_its_angle() -> None:
    pose = film()
    xy = pose.xy.copy()
    left, right = COCO17.index("left_shoulder"), COCO17.index("right_shoulder")
    xy[:, left, 1] = xy[:, right, 1] - np.tan(np.radians(7)) * (xy[:, left, 0] - xy[:, right, 0])
    assert of(pose.with_(xy=xy))["shoulder_left_up_deg"] == pytest.approx(7, abs=0.3)


def test_the_mirrored_child_has_every_sign_turned() -> None:
    pose = moved(film(), up={"left_hip": 1.0, "right_ear": 1.5}, left={"left_elbow": 3.0, "nose": 1.0})
    turned, mirrored = mirror_descriptors(of(pose)), of(pose.mirrored())
    for name in POSTURE:
        assert mirrored[name] == pytest.approx(turned[name], abs=0.15), name


def test_scale_place_and_a_known_roll_of_the_camera_change_nothing() -> None:
    pose = moved(film(), up={"left_shoulder": 2.0})
    before = of(pose)
    moved_on = of(pose.with_(xy=1.7 * pose.xy + [300.0, 40.0]))
    assert all(moved_on[name] == pytest.approx(before[name], abs=0.05) for name in POSTURE)
    middle = np.nanmean(pose.xy, axis=(0, 1))
    angle = np.radians(4.0)  # the world's vertical leans clockwise
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    rolled = of(pose.with_(xy=(pose.xy - middle) @ turn.T + middle, info={**pose.info, "roll_deg": 4.0}))
    assert all(rolled[name] == pytest.approx(before[name], abs=0.2) for name in POSTURE)


def test_what_cannot_be_measured_is_nan_with_a_reason() -> None:
    pose = film()
    faceless = pose.xy.copy()
    faceless[:, [COCO17.index(f"{side}_{part}") for side in ("left", "right") for part in ("eye", "ear")]] = np.nan
    short = pose.with_(xy=pose.xy[:20], confidence=pose.confidence[:20], filled=None, swapped=None, time_s=None)
    side = sg.Walker().film(fps=30, duration_s=4).pose
    walks = {"none": {"sagittal": side}, "filed wrongly": {"frontal": side}, "short": {"frontal": short}}
    table = postural_asymmetry([sg.Trial(name, poses) for name, poses in walks.items()])
    assert table.isna().all(axis=None)
    reasons = table.attrs["reasons"]
    assert reasons["none", "hip_left_up_deg"] == "no frontal pose"
    assert reasons["filed wrongly", "hip_left_up_deg"] == "not seen from the front or from behind"
    assert all(reasons["short", name] for name in POSTURE)
    part = postural_asymmetry([sg.Trial("faceless", {"frontal": pose.with_(xy=faceless, confidence=None)})])
    assert list(part.columns[part.isna().any()]) == [n for n in POSTURE if n.startswith(("eye", "ear"))]
    exchanged = pose.xy[:, COCO17.mirror]
    swapped = postural_asymmetry([sg.Trial("exchanged", {"frontal": pose.with_(xy=exchanged, view="frontal_towards")})])
    assert swapped.isna().all(axis=None)
    with pytest.raises(sg.SkelgaitError, match="of trials"):
        postural_asymmetry([pose])  # type: ignore[list-item]


@pytest.mark.parametrize("name", ["btk_A_gait1", "gaitalytics_treadmill", "sydney_gait03"])
def test_markers_of_real_walks_seen_from_the_front_and_from_behind_agree(data: Path, name: str) -> None:
    front, back = (
        of(sg.read_pose(data / "c3d_pig_multilab" / "c3d" / f"{name}.c3d", view=view))
        for view in ("frontal_towards", "frontal_away")
    )
    known = [column for column in POSTURE if np.isfinite(front[column])]
    assert {f"{pair}_{measure}" for pair in ("hip", "knee", "ankle") for measure in MEASURES} <= set(known)
    for column in POSTURE:
        assert back[column] == pytest.approx(front[column], abs=0.1, nan_ok=True), column
    assert abs(front["hip_left_up_deg"]) < 3
    assert all(abs(front[f"{pair}_left_higher_percent"]) < 2 for pair in ("hip", "knee", "ankle"))


def test_it_is_a_table_of_the_descriptors_and_fuses_with_silhouettes() -> None:
    y, x = np.mgrid[:64, :44]
    trials = []
    for child in range(6):
        positive = child % 2
        pose = moved(film(cadence_spm=100 + 3 * child), up={"left_shoulder": 2.5 * positive + 0.1 * child})
        walk = sg.SilhouetteSequence(np.hypot((x - 22) / (8 + np.arange(20)[:, None, None] % 3), (y - 32) / 30) < 1, fps=30)
        labels = {"scoliosis": "positive" if positive else "negative"}
        trials.append(sg.Trial(f"child{child}", {"frontal": pose}, silhouettes={"frontal": walk}, labels=labels))
    table = sg.postural_asymmetry(trials)
    model = sg.GaitClassifier(
        "SCOLIOSIS",
        {"sconet": {"channels": [4, 4, 8, 8], "width": 16, "frames": 6}, "descriptors": {"table": table, "width": 16}},
        fusion={"cross_attention": {"width": 16, "direction": "first"}},  # strips ask the asymmetries
        head="bnneck",
        optimizer={"adamw": {"lr": 1e-2}},
        augmentation={"mirror": 0.5},
        max_epochs=12,
        batch_size=6,
        progress=False,
        random_state=0,
    ).fit(trials)
    assert "shoulder_left_higher_percent" in model.network_.encoders[1].columns
    assert model.predict_proba(trials).shape == (6, 3)
    why = sg.explain(model, trials[0], "attention", encoder="descriptors", faithfulness=False)
    assert list(why.axes["descriptor"]) == list(model.network_.encoders[1].columns)
