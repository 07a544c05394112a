from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, Skeleton
from skelgait.signals.clean import clean
from skelgait.signals.roll import camera_roll
from skelgait.walker import Camera, Walker


@pytest.mark.parametrize("view", ["sagittal_right", "sagittal_left"])
@pytest.mark.parametrize("roll", [-5.0, -1.5, 2.0, 4.0])
@pytest.mark.parametrize(("fps", "noise", "size"), [(60, 0, (1920, 1080)), (30, 2, (1920, 1080)), (25, 1, (640, 480))])
def test_a_turned_camera_is_told(view: str, roll: float, fps: float, noise: float, size: tuple[int, int]) -> None:
    walk = Walker().film(Camera(view=view, roll_deg=roll, size=size), fps=fps, duration_s=5, noise_px=noise)
    assert clean(walk.pose).info["roll_deg"] == pytest.approx(roll, abs=0.25)  # positive: the image turned clockwise


@pytest.mark.parametrize("skeleton", [COCO17])
def test_ankles_will_do(skeleton: object) -> None:
    walk = Walker().film(Camera(roll_deg=3), fps=60, duration_s=5, skeleton=skeleton)  # type: ignore[arg-type]
    assert camera_roll(walk.pose) == pytest.approx(3, abs=0.4)


@pytest.mark.parametrize(
    "camera",
    [
        Camera(),
        Camera(roll_deg=0.4),
        Camera(yaw_deg=10),
        Camera(yaw_deg=-15, height_m=1.5),
        Camera(follow="pan", roll_deg=0.5),
        Camera(follow="track"),
        Camera(view="frontal_towards", roll_deg=1.5),
        Camera(view="frontal_away", yaw_deg=8, tilt_deg=8),
        Camera(yaw_deg=45, roll_deg=5),
    ],
)
def test_a_roll_that_cannot_be_told_is_not_given(camera: Camera) -> None:
    assert np.isnan(camera_roll(Walker().film(camera, fps=60, duration_s=5).pose))
    assert "roll_deg" not in clean(Walker().film(camera, fps=60, duration_s=5).pose).info


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
@pytest.mark.parametrize("roll", [-8.0, -3.0, 4.0, 6.0])
@pytest.mark.parametrize(("fps", "noise", "skeleton"), [(60, 0, BODY25), (30, 2, BODY25), (25, 1, COCO17)])
def test_a_turned_camera_is_told_from_the_front_by_balance(
    view: str, roll: float, fps: float, noise: float, skeleton: Skeleton
) -> None:
    walk = Walker().film(Camera(view=view, roll_deg=roll), fps=fps, duration_s=5, noise_px=noise, skeleton=skeleton)
    assert clean(walk.pose).info["roll_deg"] == pytest.approx(roll, abs=0.3)


@pytest.mark.parametrize("walker", [Walker(trunk_left_lean_deg=8), Walker(pelvis_left_up_deg=6), Walker(trunk_sway_deg=10)])
@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
def test_a_lean_of_the_trunk_is_no_roll(walker: Walker, view: str) -> None:
    assert np.isnan(camera_roll(walker.film(Camera(view=view), fps=60, duration_s=5).pose))
    told = camera_roll(walker.film(Camera(view=view, roll_deg=6), fps=60, duration_s=5).pose)
    assert told == pytest.approx(6, abs=1.6)


@pytest.mark.parametrize("roll", [-6.0, 3.0])
@pytest.mark.parametrize(
    ("walker", "follow"),
    [(Walker(), "pan"), (Walker(), "track"), (Walker(treadmill=True), "no"), (Walker(treadmill=True, equinus_deg=20.0), "no")],
)
def test_a_turned_camera_is_told_where_the_floor_moves(walker: Walker, follow: str, roll: float) -> None:
    walk = walker.film(Camera(follow=follow, roll_deg=roll), fps=60, duration_s=6, noise_px=1)
    assert clean(walk.pose).info["roll_deg"] == pytest.approx(roll, abs=0.4)


def test_a_level_camera_in_front_of_recorded_walks_is_level(reference: Callable[..., list[PoseSequence]]) -> None:
    for turned in (0.0, 5.0):
        c, s = np.cos(np.radians(turned)), np.sin(np.radians(turned))
        turn = np.array([[c, s], [-s, c]])
        poses = [pose for pose in reference("kp_front_persp") if np.isfinite(pose.point("left_shoulder")[:, 0]).any()]
        assert len(poses) > 8
        told = np.array([camera_roll(pose.with_(xy=(pose.xy - 500) @ turn + 500)) for pose in poses])
        if turned:
            assert np.isfinite(told).mean() > 0.9
            np.testing.assert_allclose(told[np.isfinite(told)], turned, atol=1.0)
        else:
            assert np.isnan(told).all()


@pytest.mark.parametrize("turned", [0.0, 3.0])
def test_real_walks(reference: Callable[..., list[PoseSequence]], turned: float) -> None:
    c, s = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    turn = np.array([[c, s], [-s, c]])
    told = np.array([camera_roll(pose.with_(xy=(pose.xy - 500) @ turn + 500)) for pose in reference("kp_sag_persp")])
    if turned:
        assert np.isfinite(told).mean() > 0.7
        np.testing.assert_allclose(told[np.isfinite(told)], turned, atol=0.6)
    else:
        assert np.isnan(told).all()


def test_a_following_camera_shows_no_roll(child: PoseSequence) -> None:
    assert np.isnan(camera_roll(child))
