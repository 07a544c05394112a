"""Bodies that are turned, and sides that are exchanged."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.angles import joint_angles
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.facing import find_facing
from skelgait.gait.frontal import frontal_angles
from skelgait.gait.measure import measure
from skelgait.walker import Camera, Walker

BY_NAME = {d.name: d for d in DESCRIPTORS}


@pytest.mark.parametrize("treadmill", [False, True])
def test_a_body_turned_out_of_the_image_plane_is_not_measured(treadmill):
    child = Walker(treadmill=treadmill)
    square = child.film(Camera(view="frontal_towards"), fps=60, duration_s=4)
    turned = child.film(Camera(view="frontal_towards", yaw_deg=25), fps=60, duration_s=4)
    assert find_facing(square.pose, 1).mean() > 0.97
    assert find_facing(turned.pose, 1).mean() < 0.1
    assert np.isnan(frontal_angles(turned.pose, 1, turned.truth.events)["left_knee_valgus_deg"]).mean() > 0.95
    assert np.isfinite(frontal_angles(turned.pose, 1, turned.truth.events, gate=False)["left_knee_valgus_deg"]).all()


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
@pytest.mark.parametrize("told", [True, False])
def test_a_mirrored_front_view_gives_no_sided_value_and_says_why(view, told):
    filmed = Walker(knee_valgus_deg=(8, -6), pelvis_left_up_deg=4).film(Camera(view=view), fps=60, duration_s=5).pose
    mirrored = filmed.with_(xy=np.array(filmed.xy) * [-1, 1] + [1920, 0], view=view if told else None)
    measured = measure(Trial("child", mirrored))
    for name, value in measured.values.items():
        d = BY_NAME[name]
        if d.side or d.plane == "frontal" or (d.group == "symmetry" and d.plane == "either"):
            assert np.isnan(value), name
            if d.plane != "sagittal":
                assert "mirrored" in measured.reasons[name], name
                assert "What to do" in measured.reasons[name], name
    assert measured.values["cadence_spm"] == pytest.approx(measure(Trial("child", filmed)).values["cadence_spm"], abs=1)
    assert any("mirrored" in note for note in measured.planes["frontal"].notes)
    for gate in (True, False):
        angles = joint_angles(mirrored, gate=gate)
        assert angles.isna().all().all()
        assert all("mirrored" in why for why in angles.attrs["reasons"].values())


def test_hips_in_the_wrong_order_leave_no_angle_in_their_frames():
    pose = Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=3).pose
    found = frontal_angles(pose, np.where(np.arange(pose.n_frames) < 60, -1, 1), gate=False)
    for name, values in found.items():
        assert np.isnan(values[:60]).all(), name
        assert np.isfinite(values[60:]).any(), name
