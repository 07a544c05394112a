"""Planar geometry, by hand."""

import numpy as np
import pytest

from skelgait.core.errors import MissingKeypoint
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, Skeleton
from skelgait.gait.geometry import body_points, cross_talk_deg, lean_deg, middle_line, pitch_deg, require_legs, wrap_deg

TABLE = {  # clinical definitions 3.3: knee flexion -> false deviation at 5, 10, 15, 20, 30 degrees of turn
    5: (0.4, 0.9, 1.3, 1.7, 2.5),
    10: (0.9, 1.7, 2.6, 3.4, 5.0),
    15: (1.3, 2.6, 3.9, 5.2, 7.5),
    20: (1.8, 3.5, 5.2, 6.9, 10.1),
    30: (2.7, 5.3, 7.9, 10.5, 15.3),
    60: (5.8, 11.5, 17.0, 22.3, 32.2),
}


@pytest.mark.parametrize("flexion", sorted(TABLE))
def test_cross_talk_is_the_table(flexion):
    np.testing.assert_allclose(cross_talk_deg(flexion, np.array([5, 10, 15, 20, 30])), TABLE[flexion], atol=0.051)


def test_cross_talk_is_what_projecting_a_bent_and_turned_leg_shows():
    flexion, turn = np.radians(40), np.radians(25)
    knee, ankle = np.array([np.sin(flexion / 2), 0, -np.cos(flexion / 2)]), np.array([0, 0, -2 * np.cos(flexion / 2)])
    across = np.array([np.sin(turn), np.cos(turn), 0])
    thigh, shank = complex(knee @ across, -knee[2]), complex((ankle - knee) @ across, -(ankle - knee)[2])
    assert abs(np.degrees(np.angle(thigh / shank))) == pytest.approx(float(cross_talk_deg(40, 25)), abs=1e-9)


def test_lean_and_pitch_by_hand():
    assert lean_deg(np.array([1 + 1j, -1 + 1j, 1j]), np.zeros(3)).tolist() == pytest.approx([45, -45, 0])
    assert pitch_deg(np.zeros(3, complex), np.array([1 + 1j, 1, 1 - 1j])).tolist() == pytest.approx([45, 0, -45])


def test_wrap_keeps_the_angle_and_the_half_circle():
    assert wrap_deg(np.array([0.0, 190.0, -190.0, 365.0, 170.0])).tolist() == pytest.approx([0, -170, 170, 5, 170])


def one(skeleton, xy, **more):
    return PoseSequence(np.asarray(xy, float)[None], fps=50, skeleton=skeleton, **more)


def test_axes_point_along_the_body_and_up():
    pose = one(Skeleton("hips", ("left_hip", "right_hip")), [[10, 20], [30, 40]])
    (hip,) = body_points(pose, 1, "hip")
    np.testing.assert_allclose(hip, [[10 - 20j, 30 - 40j]])
    (hip,) = body_points(pose, np.array([-1]), "hip")
    np.testing.assert_allclose(hip, [[-10 - 20j, -30 - 40j]])
    (hip,) = body_points(pose, 0, "hip")
    assert np.isnan(hip.real).all()
    assert np.isnan(hip.imag).all()


@pytest.mark.parametrize("roll", [0.0, 5.0, -12.0])
@pytest.mark.parametrize("direction", [1, -1])
def test_roll_turns_a_leaning_vertical_upright(roll, direction):
    up = np.array([np.sin(np.radians(roll)), -np.cos(np.radians(roll))]) * 100  # a vertical that leans clockwise by roll
    pose = one(Skeleton("leg", ("left_hip", "left_knee")), [up, [0, 0]], info={"roll_deg": roll})
    hip, knee = body_points(pose, direction, "hip", "knee")
    assert lean_deg(hip, knee)[0, 0] == pytest.approx(0, abs=1e-9)


def test_a_layout_without_shoulders_uses_the_neck_and_without_feet_has_nan():
    neck = one(Skeleton("neck", ("neck", "left_hip", "right_hip")), [[5, -50], [0, 0], [10, 0]])
    hip, shoulder, toe = body_points(neck, 1, "hip", "shoulder", "toe")
    assert middle_line(hip, shoulder)[0] == pytest.approx(50j)
    assert np.isnan(toe.real).all()


def test_trunk_is_the_middle_line_and_one_side_when_the_other_is_hidden():
    hip = np.array([[0, 10]] * 10, complex)
    shoulder = np.array([[40j, 20 + 40j]] * 10)
    assert middle_line(hip, shoulder).tolist() == pytest.approx([5 + 40j] * 10)
    hidden = hip.copy()
    hidden[:8, 1] = np.nan
    assert middle_line(hidden, shoulder).tolist() == pytest.approx([40j] * 10)
    hidden = hip.copy()
    hidden[:3, 1] = np.nan  # flickers: not mixed
    trunk = middle_line(hidden, shoulder)
    assert np.isnan(trunk[:3]).all()
    assert trunk[3:].tolist() == pytest.approx([5 + 40j] * 7)


def test_legs_are_required():
    require_legs(one(COCO17, np.zeros((17, 2))))
    with pytest.raises(MissingKeypoint, match="right_knee"):
        require_legs(one(BODY25.subset([n for n in BODY25.names if n != "right_knee"]), np.zeros((24, 2))))
