from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17
from skelgait.signals.clean import clean
from skelgait.signals.level import level, roll_of, turn_back
from skelgait.walker import Camera, Walker


@settings(max_examples=20, deadline=None)
@given(st.floats(-45, 45), st.floats(-45, 45))
def test_turning_back_is_undone_by_turning(first: float, then: float) -> None:
    x, y = np.array([3.0, -1.0]), np.array([2.0, 5.0])
    np.testing.assert_allclose(turn_back(*turn_back(x, y, first), then), turn_back(x, y, first + then), atol=1e-9)
    np.testing.assert_allclose(turn_back(*turn_back(x, y, first), -first), (x, y), atol=1e-9)


def test_what_a_turned_camera_saw_is_what_a_level_one_sees() -> None:
    films = [Walker().film(Camera(roll_deg=roll, size=(1000, 1000)), fps=60, duration_s=5).pose for roll in (0, 7)]
    straight, turned = (clean(pose, cutoff_hz=20) for pose in films)
    assert roll_of(turned) == pytest.approx(7, abs=0.1)
    back = level(turned)
    assert level(turned) is back
    moved = back.xy - straight.xy  # about another point of the image: the same shift throughout
    moved = moved[np.isfinite(moved).all(axis=2)]
    assert np.ptp(moved, axis=0).max() < 1.5
    assert "roll_deg" not in back.info
    assert level(back) is back


def test_a_level_pose_is_left_alone() -> None:
    pose = PoseSequence(np.zeros((9, 17, 2)), fps=30, skeleton=COCO17)
    assert level(pose) is pose
    assert roll_of(pose) == 0.0
    assert roll_of(pose.with_(info={"roll_deg": float("nan")})) == 0.0
