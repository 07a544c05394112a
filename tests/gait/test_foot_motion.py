from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import MissingKeypoint
from skelgait.core.skeleton import BODY25
from skelgait.gait.foot_motion import Spectrum, foot_motion, foot_points, seen_range
from skelgait.signals.travel import Bout, find_bouts
from skelgait.walker import Camera, Walker


def test_derivatives_are_the_same_function_of_time_at_every_frame_rate():
    def wave(t):
        return 3 * t + np.sin(2 * np.pi * 1.5 * t) + 0.3 * np.cos(2 * np.pi * 5 * t)

    slopes = []
    for fps in (25, 50, 150):
        t = np.arange(0, 4, 1 / fps)
        parts = Spectrum(wave(t)[None], fps)
        slopes.append(parts.part(8.0, 1)[0][:: fps // 25])
    middle = slice(15, -15)
    assert slopes[0][middle] == pytest.approx(slopes[2][middle], abs=0.05)
    assert slopes[1][middle] == pytest.approx(slopes[2][middle], abs=0.05)


def test_a_straight_line_keeps_its_value_and_slope_to_its_ends():
    parts = Spectrum(np.array([np.arange(90.0) * 0.5 + 7]), 30)
    assert parts.part(8.0, 0)[0] == pytest.approx(np.arange(90) * 0.5 + 7)
    assert parts.part(8.0, 1)[0] == pytest.approx(np.full(90, 15.0))
    assert parts.part(8.0, 2)[0] == pytest.approx(np.zeros(90), abs=1e-6)


def test_what_is_faster_than_the_cut_off_goes():
    t = np.arange(300) / 100
    smooth = Spectrum(np.sin(2 * np.pi * 40 * t)[None], 100).part(8.0, 0)
    assert np.abs(smooth[0, 30:-30]).max() < 0.01


@pytest.mark.parametrize(
    ("child", "camera"),
    [({}, Camera()), ({}, Camera(view="sagittal_left")), ({"treadmill": True}, Camera()), ({}, Camera(follow="track"))],
    ids=["at rest", "other way", "treadmill", "moving camera"],
)
def test_a_standing_foot_is_at_rest_whatever_the_camera_does(child, camera):
    walk = Walker(**child).film(camera, fps=60, duration_s=5)
    motion = foot_motion(walk.pose, find_bouts(walk.pose)[0])
    truth = walk.truth.events
    for side, name in enumerate(("left", "right")):
        contacts = truth.times(name, "initial_contact")
        frames = np.rint((contacts[(contacts > 0.3) & (contacts < 4.5)] + 0.2) * 60).astype(int)
        assert np.abs(motion.speed[side, :, frames]).max() < 0.12
        offs = truth.times(name, "foot_off")
        frames = np.rint((offs[(offs > 0.3) & (offs < 4.5)] + 0.18) * 60).astype(int)
        assert motion.speed[side, :, frames].min() > 2
    assert np.abs(motion.ahead).max() < 0.8


def test_a_missing_point_is_told_from_a_seen_one():
    pose = Walker().film(fps=60, duration_s=3).pose
    xy = pose.xy.copy()
    heel = pose.skeleton.index("left_heel")
    xy[40:80, heel] = np.nan
    points, sure = foot_points(pose.with_(xy=xy, confidence=None), slice(0, 180))
    assert np.isfinite(points).all()
    assert (sure[0] == 0).nonzero()[0].tolist() == list(range(40, 80))
    assert points[0, 0, 60] == pytest.approx((xy[39, heel, 0] + xy[80, heel, 0]) / 2, abs=6)


def test_a_point_hardly_ever_seen_is_left_out():
    pose = Walker().film(fps=60, duration_s=3).pose
    xy = pose.xy.copy()
    xy[30:, pose.skeleton.index("left_heel")] = np.nan
    motion = foot_motion(pose.with_(xy=xy, confidence=None), Bout(0, 180, 1, "sagittal"))
    assert not motion.sure[0, 0].any()
    assert motion.sure[0, 1].all()


def test_the_margin_ends_where_the_hips_are_seen():
    pose = Walker().film(fps=60, duration_s=3).pose
    xy = pose.xy.copy()
    hips = [pose.skeleton.index(f"{side}_hip") for side in ("left", "right")]
    xy[:20, hips] = xy[150:, hips] = np.nan
    pose = pose.with_(xy=xy, confidence=None)
    assert seen_range(pose, Bout(30, 140, 1, "sagittal")) == (20, 150)
    assert seen_range(pose, Bout(60, 100, 1, "sagittal")) == (30, 130)
    xy[:, hips] = np.nan
    assert seen_range(pose.with_(xy=xy, confidence=None), Bout(60, 100, 1, "sagittal")) == (30, 30)


def test_a_layout_without_ankles_is_refused():
    pose = Walker().film(fps=60, duration_s=1).pose.map_to(BODY25.subset(["left_hip", "right_hip"]))
    with pytest.raises(MissingKeypoint, match=r"both hips and both ankles.*body25_subset"):
        seen_range(pose, Bout(0, 60, 1, "sagittal"))
