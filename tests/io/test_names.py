from __future__ import annotations

import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import BLAZEPOSE33, BODY25, COCO17, COCO18, HALPE26, SKELETONS, WHOLEBODY133
from skelgait.io.names import counted_skeleton, named_skeleton, our_name, our_names


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("left_hip", "LHip l_hip hip_l left-hip HipLeft lhip hipL Left_Hip_Joint LHJC left.hip"),
        ("right_ankle", "RAnkle r_ankle ankle_r Right_Ankle ankleR r_ankle_study RIGHT_ANKLE"),
        ("left_heel", "LHeel heel_l l_calcaneus leftHeel"),
        ("right_big_toe", "RBigToe right_toe R_Hallux rightBigToe toe_r"),
        ("left_small_toe", "LSmallToe left_little_toe l_5th_toe"),
        ("mid_hip", "MidHip CHip pelvis hip_center"),
    ],
)
def test_what_people_write(ours, theirs):
    assert {name: our_name(name) for name in theirs.split()} == dict.fromkeys(theirs.split(), ours)


def test_every_name_of_every_layout_is_its_own():
    for skeleton in SKELETONS.values():
        assert our_names(skeleton.names) == skeleton.names


@pytest.mark.parametrize("name", ["tail", "Heel", "ankle1", "ball", "left_right_hip", "", "7", "leftover"])
def test_what_is_not_ours_is_kept(name):
    assert our_name(name) is None
    assert our_names([name, "l_knee"]) == (name, "left_knee")


def test_of_two_names_for_one_point_the_first_is_ours():
    assert our_names(["LHJC", "LHip", "r_hip"]) == ("left_hip", "LHip", "right_hip")
    assert our_names(["LHip", "left_hip"]) == ("LHip", "left_hip")


def test_a_hip_between_two_hips_is_the_middle():
    assert our_names(["left_hip", "right_hip", "hip"])[2] == "mid_hip"
    assert our_names(["hip", "left_knee"])[0] == "hip"


def test_known_names_make_known_layouts():
    assert named_skeleton([name.upper() for name in BLAZEPOSE33.names], "x") is BLAZEPOSE33
    assert named_skeleton(COCO17.names, "x") is COCO17
    one = named_skeleton(["LHip", "LKnee", "LAnkle", "hat"], "x")
    assert one.names == ("left_hip", "left_knee", "left_ankle", "hat")
    assert one.bones == (("left_hip", "left_knee"), ("left_knee", "left_ankle"))


def test_counts_make_layouts():
    assert counted_skeleton(17, "x") is COCO17
    assert counted_skeleton(136, "x") is HALPE26
    assert counted_skeleton(133, "x") is WHOLEBODY133
    assert counted_skeleton(18, "x", openpose=True) is COCO18
    assert counted_skeleton(25, "x", openpose=True) is BODY25
    with pytest.raises(
        FileError, match=r"x has 21 keypoints a person and no names for them. Expected: 17 .coco17.*What to do: export"
    ):
        counted_skeleton(21, "x")


def test_names_without_a_leg_are_refused():
    with pytest.raises(
        FileError, match=r"no keypoint of mouse.csv belongs to a leg. Found: snout, tail. Expected: names such as left_hip"
    ):
        named_skeleton(["snout", "tail"], "mouse.csv")
    with pytest.raises(FileError, match=r"names a keypoint twice. Found: hat"):
        named_skeleton(["left_hip", "hat", "hat"], "x")


def test_sides_that_are_numbered():
    theirs = [
        "ankle1",
        "knee1",
        "hip1",
        "hip2",
        "knee2",
        "ankle2",
        "wrist1",
        "elbow1",
        "shoulder1",
        "shoulder2",
        "elbow2",
        "wrist2",
        "chin",
        "forehead",
    ]
    ours = our_names(theirs)
    assert ours[:6] == ("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle")
    assert ours[6:] == (
        "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "chin", "forehead",
    )  # fmt: skip
    assert our_names(["ankle1", "l_knee"]) == ("ankle1", "left_knee")
