"""Layouts against the orders their authors publish."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import MissingKeypoint, PoseError
from skelgait.core.skeleton import BLAZEPOSE33, BODY25, COCO17, COCO18, COCO23, HALPE26, SKELETONS, WHOLEBODY133, Skeleton


@pytest.mark.parametrize(
    ("skeleton", "size", "spots"),
    [
        (COCO17, 17, {"nose": 0, "left_eye": 1, "left_shoulder": 5, "right_wrist": 10, "left_hip": 11, "right_ankle": 16}),
        (COCO23, 23, {"right_ankle": 16, "left_big_toe": 17, "left_small_toe": 18, "left_heel": 19, "right_heel": 22}),
        (WHOLEBODY133, 133, {"right_heel": 22, "face_0": 23, "face_67": 90, "left_wrist_hand": 91, "right_wrist_hand": 112}),
        (WHOLEBODY133, 133, {"left_thumb_1": 92, "left_pinky_4": 111, "right_pinky_4": 132}),
        (HALPE26, 26, {"head": 17, "neck": 18, "mid_hip": 19, "left_big_toe": 20, "right_big_toe": 21, "left_heel": 24}),
        (BODY25, 25, {"neck": 1, "right_shoulder": 2, "left_wrist": 7, "mid_hip": 8, "right_hip": 9, "left_hip": 12}),
        (BODY25, 25, {"right_eye": 15, "left_ear": 18, "left_big_toe": 19, "left_heel": 21, "right_heel": 24}),
        (COCO18, 18, {"neck": 1, "right_hip": 8, "left_hip": 11, "left_ankle": 13, "right_eye": 14, "left_ear": 17}),
        (
            BLAZEPOSE33,
            33,
            {"left_ear": 7, "left_mouth": 9, "left_shoulder": 11, "left_hip": 23, "right_foot_index": 32},
        ),
    ],
)
def test_published_orders(skeleton: Skeleton, size: int, spots: dict[str, int]) -> None:
    assert len(skeleton) == size
    assert {name: skeleton.index(name) for name in spots} == spots


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
def test_every_layout_is_symmetric(skeleton: Skeleton) -> None:
    assert np.array_equal(skeleton.mirror[skeleton.mirror], np.arange(len(skeleton)))
    lone = {n for n in skeleton.names if not n.startswith(("left_", "right_", "face_"))}
    assert {skeleton.names[i] for i in np.flatnonzero(skeleton.mirror == np.arange(len(skeleton)))} - {
        f"face_{i}" for i in range(68)
    } == lone
    mirrored = {
        frozenset((skeleton.names[skeleton.mirror[i]], skeleton.names[skeleton.mirror[j]])) for i, j in skeleton.edge_index().T
    }
    assert mirrored == {frozenset(b) for b in skeleton.bones}
    assert {f"{s}_{j}" for s in ("left", "right") for j in ("hip", "knee", "ankle")} <= set(skeleton.names)


def test_map_to_takes_same_named_points_and_marks_the_rest() -> None:
    order = BODY25.map_to(COCO17)
    assert [BODY25.names[i] for i in order] == list(COCO17.names)
    back = COCO17.map_to(BODY25)
    assert back[BODY25.index("left_heel")] == -1  # no feet
    assert back[BODY25.index("neck")] == -1  # the mean of two points is no single point
    assert BLAZEPOSE33.names[BLAZEPOSE33.map_to(BODY25)[BODY25.index("left_big_toe")]] == "left_foot_index"


def test_derived_points() -> None:
    assert COCO17.sources("mid_hip") == (11, 12)
    assert BODY25.sources("mid_hip") == (8,)
    assert BODY25.has("left_toe", "mid_shoulder")
    assert not COCO17.has("left_toe")
    assert COCO17.sources("tail") == ()


def test_subset_keeps_order_and_bones() -> None:
    legs = BODY25.subset(["left_knee", "left_hip", "nose"])
    assert legs.names == ("left_knee", "left_hip", "nose")
    assert legs.bones == (("left_hip", "left_knee"),)


def test_refusals_name_the_point() -> None:
    with pytest.raises(MissingKeypoint, match="'coco17' has no keypoint 'left_heel'"):
        COCO17.index("left_heel")
    with pytest.raises(PoseError, match=r"names a keypoint twice. Found: a"):
        Skeleton("x", ("a", "a"))
    with pytest.raises(PoseError, match=r"unknown keypoint\. Found: b"):
        Skeleton("x", ("a",), (("a", "b"),))
    with pytest.raises(MissingKeypoint):
        COCO17.subset(["tail"])
