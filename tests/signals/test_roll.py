from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17
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
        Camera(view="frontal_towards", roll_deg=4),
        Camera(follow="pan", roll_deg=4),
        Camera(follow="track", roll_deg=4),
    ],
)
def test_a_roll_that_cannot_be_told_is_not_given(camera: Camera) -> None:
    assert np.isnan(camera_roll(Walker().film(camera, fps=60, duration_s=5).pose))
    assert "roll_deg" not in clean(Walker().film(camera, fps=60, duration_s=5).pose).info


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
