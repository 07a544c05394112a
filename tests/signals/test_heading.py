from __future__ import annotations

import gc
import pickle
import weakref

import numpy as np
import pytest

from skelgait.core.skeleton import BODY25, COCO17
from skelgait.signals.heading import headings
from skelgait.signals.view import recognise_view
from skelgait.walker import Camera, Walker


@pytest.mark.parametrize("yaw", range(-90, 91, 15))
def test_the_heading_follows_the_camera_round_the_child(yaw: int) -> None:
    walk = Walker().film(Camera(yaw_deg=yaw, follow="track"), fps=30, duration_s=4)
    found = headings(walk.pose)
    angle = np.degrees(np.arctan2(found.towards.mean(), found.across.mean()))
    # turned anticlockwise, a camera at the child's right comes round to the front
    assert angle == pytest.approx(yaw, abs=16) or angle == pytest.approx(-yaw, abs=16)


def test_evidence_is_in_leg_lengths() -> None:
    walk = Walker(speed_m_s=1.1).film(fps=60, duration_s=4)
    evidence = headings(walk.pose).evidence
    assert np.mean(evidence["speed_ll_s"]) == pytest.approx(1.1 / walk.truth.leg_length_m, rel=0.06)
    assert 0.15 < np.mean(evidence["foot_ll"]) < 0.35
    assert np.mean(evidence["knee_ll"]) > 0.03
    front = headings(Walker(speed_m_s=1.1).film(Camera(view="frontal_towards"), fps=60, duration_s=4).pose).evidence
    assert np.mean(front["growth_s"]) > 0.05
    assert np.mean(front["hip_width_ll"]) > 0.12
    assert abs(np.mean(front["foot_ll"])) < 0.05


def test_hips_that_change_sides_at_every_step_show_no_front() -> None:
    walk = Walker().film(Camera(view="sagittal_left"), fps=30, duration_s=5)
    xy = walk.pose.xy.copy()
    for side in ("left", "right"):  # the hip of the leg in front is drawn in front
        ahead = walk.pose.point(f"{side}_ankle")[:, 0] < walk.pose.point("mid_hip")[:, 0]
        xy[:, walk.pose.skeleton.index(f"{side}_hip"), 0] -= np.where(ahead, 0.1, -0.1) * walk.truth.leg_length_m * 300
        xy[:, walk.pose.skeleton.index(f"{side}_shoulder")] = np.nan
    found = headings(walk.pose.with_(xy=xy))
    assert np.abs(found.evidence["hip_width_steady"]).mean() < 0.3
    assert np.abs(found.front_on).mean() < 0.25
    steady = headings(Walker().film(Camera(view="frontal_towards"), fps=30, duration_s=5).pose)
    assert steady.evidence["hip_width_steady"].min() > 0.8


def test_left_and_right_exchanged_throughout_are_noticed() -> None:
    walk = Walker().film(Camera(view="frontal_away"), fps=30, duration_s=4)
    wrong = walk.pose.with_(xy=walk.pose.xy[:, BODY25.mirror])
    assert not headings(walk.pose).sides_exchanged
    assert headings(wrong).sides_exchanged
    seen = recognise_view(wrong)
    assert seen.view == "frontal_away"  # by its size, not by its sides
    assert "left and right look exchanged" in seen.reason


def test_one_look_is_remembered_and_forgotten_with_the_pose() -> None:
    pose = Walker().film(fps=30, duration_s=2, skeleton=COCO17).pose
    found = headings(pose)
    assert headings(pose) is found
    assert headings(pose.with_(view="sagittal_right")) is found  # the view has no say in what the body shows
    for other in (pose.with_(fps=60), pose.cut(0, 40), pickle.loads(pickle.dumps(pose))):
        assert headings(other) is not found
    gone = weakref.ref(found)
    del pose, found
    gc.collect()
    assert gone() is None
