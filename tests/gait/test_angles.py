"""The door to joint angles: what comes from which view, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import MissingKeypoint, WrongView
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, SIDES
from skelgait.gait.angles import NEEDS, find_direction, joint_angles
from skelgait.gait.cycles import cut_cycles, find_strides
from skelgait.walker import Camera, Walker

SAGITTAL = {f"{s}_{n}_deg" for s in SIDES for n in ("hip_flexion", "thigh_flexion", "knee_flexion", "shank_lean")}
SAGITTAL |= {f"{s}_{n}_deg" for s in SIDES for n in ("ankle_dorsiflexion", "foot_pitch")} | {"trunk_lean_deg"}
FRONTAL = {f"{s}_{n}_deg" for s in SIDES for n in ("knee_valgus", "hip_adduction")}
FRONTAL |= {"pelvis_left_up_deg", "trunk_left_lean_deg", "step_width_ll"}


def film(child=None, view="sagittal_right", *, tell_view=True, **more):
    return (child or Walker()).film(Camera(view=view), **({"fps": 60, "duration_s": 4} | more), tell_view=tell_view)


@pytest.mark.parametrize(
    ("view", "columns"),
    [("sagittal_right", SAGITTAL), ("sagittal_left", SAGITTAL), ("frontal_towards", FRONTAL), ("frontal_away", FRONTAL)],
)
@pytest.mark.parametrize("tell_view", [True, False])
def test_a_view_gives_the_angles_of_its_plane_only(view, columns, tell_view):
    walk = film(view=view, tell_view=tell_view)
    angles = joint_angles(walk.pose)
    assert isinstance(angles, pd.DataFrame)
    assert set(angles.columns) == columns
    assert angles.index.name == "time_s"
    np.testing.assert_array_equal(angles.index, walk.pose.time_s)
    assert angles.attrs["view"] == view
    assert angles.attrs["reasons"] == {}
    assert angles.notna().any().all()


def test_every_column_knows_what_it_needs():
    bare = {name.removeprefix("left_").removeprefix("right_") for name in SAGITTAL | FRONTAL}
    assert set(NEEDS) == bare


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
def test_planted_valgus_without_given_events(view):
    walk = film(Walker(knee_valgus_deg=(12.0, -6.0)), view, duration_s=5)
    angles = joint_angles(walk.pose)
    assert angles["left_knee_valgus_deg"].median() == pytest.approx(12, abs=1)
    assert angles["right_knee_valgus_deg"].median() == pytest.approx(-6, abs=1)
    assert 0.05 < angles["left_knee_valgus_deg"].notna().mean() < 0.5  # mid-stance only
    assert joint_angles(walk.pose, gate=False)["left_knee_valgus_deg"].notna().all()


def test_crouch_is_measured_from_the_side_and_cut_into_cycles():
    walk = film(Walker(crouch_deg=(40.0, 0.0)), duration_s=5)
    cycles = cut_cycles(joint_angles(walk.pose, walk.truth.events), walk.truth.events)
    least = cycles["knee_flexion_deg"].groupby(["side", "cycle"]).min()
    true = cut_cycles(walk.truth.angles, walk.truth.events)["knee_flexion_deg"].groupby(["side", "cycle"]).min()
    assert len(least) == len(find_strides(walk.truth.events)) >= 6
    np.testing.assert_allclose(least, true, atol=0.5)
    assert least["left"].mean() > 35
    assert least["right"].mean() < 10


def test_given_flat_foot_shifts_the_ankle_only():
    walk = film()
    found, given = joint_angles(walk.pose), joint_angles(walk.pose, foot_flat_deg={"left": 5.0, "right": 5.0})
    moved = (found - given).mean().round(1)
    assert moved["left_ankle_dorsiflexion_deg"] == pytest.approx(5, abs=0.7)
    assert (moved.drop(["left_ankle_dorsiflexion_deg", "right_ankle_dorsiflexion_deg"]) == 0).all()


def test_reasons_name_what_is_missing():
    walk = film()
    barefoot = walk.pose.map_to(COCO17)
    reasons = joint_angles(barefoot).attrs["reasons"]
    assert reasons["left_ankle_dorsiflexion_deg"] == "the layout coco17 has no heel or toe"
    assert reasons["left_foot_pitch_deg"] == "the layout coco17 has no left heel, left toe"
    assert len(reasons) == 4

    xy = walk.pose.xy.copy()
    xy[:, [BODY25.index(f"left_{part}") for part in ("knee", "ankle", "heel", "big_toe")]] = np.nan
    angles = joint_angles(walk.pose.with_(xy=xy))
    reasons = angles.attrs["reasons"]
    assert set(reasons) == {name for name in SAGITTAL if name.startswith("left_")}
    assert reasons["left_knee_flexion_deg"] == "never seen: left knee, left ankle"
    assert angles["right_knee_flexion_deg"].notna().all()

    equinus = joint_angles(film(Walker(equinus_deg=30)).pose)
    assert "never flat" in equinus.attrs["reasons"]["left_ankle_dorsiflexion_deg"]


def standing(skeleton=BODY25, x_foot=40):
    xy = np.full((90, len(skeleton), 2), np.nan)
    for part, at in {"hip": (0, 0), "knee": (0, 100), "ankle": (0, 200), "heel": (-10, 210), "big_toe": (x_foot, 210)}.items():
        for side in SIDES:
            if skeleton.has(f"{side}_{part}"):
                xy[:, skeleton.index(f"{side}_{part}")] = np.add(at, (500, 300))
    return PoseSequence(xy, fps=30, skeleton=skeleton, view="sagittal")


@pytest.mark.parametrize("way", [1, -1])
def test_somebody_who_stands_is_measured_when_the_feet_show_the_way(way):
    pose = standing(x_foot=40 * way)
    assert (find_direction(pose) == way).all()
    assert np.allclose(joint_angles(pose)["left_knee_flexion_deg"], 0)


def test_nobody_can_tell_which_way_legs_without_feet_stand():
    with pytest.raises(MissingKeypoint, match=r"which way .* faces cannot be told\. Found: nobody walks"):
        joint_angles(standing(COCO17))
    with pytest.raises(MissingKeypoint, match="the hips do not show it"):
        joint_angles(standing().with_(view="frontal"))


def test_an_oblique_view_is_refused():
    with pytest.raises(WrongView, match=r"joint angles cannot be measured from walker\. Found: oblique view\. Expected"):
        joint_angles(film().pose.with_(view="oblique"))
    with pytest.raises(WrongView, match="What to do: film square"):
        joint_angles(Walker().film(Camera(yaw_deg=45), fps=60, duration_s=4).pose)


def test_there_and_back_every_bout_has_its_own_direction():
    walk = film(Walker(there_and_back=True, lane_m=3.0, crouch_deg=(30.0, 0.0)), duration_s=12)
    angles = joint_angles(walk.pose)
    off = (angles["left_knee_flexion_deg"] - walk.truth.angles["left_knee_flexion_deg"]).abs().to_numpy()
    assert len(walk.truth.bouts) >= 2
    for start, stop in zip(walk.truth.bouts["start"], walk.truth.bouts["stop"], strict=True):
        assert np.nanmedian(off[start:stop]) < 1.5


@pytest.mark.parametrize("fps", [30, 120])
def test_the_frame_rate_does_not_matter(fps):
    slow, fast = (joint_angles(film(fps=rate).pose) for rate in (fps, 60))
    for name in slow.columns:
        want = np.interp(slow.index, fast.index, fast[name])
        assert np.nanmedian(np.abs(want - slow[name])) < 0.5, name
