from __future__ import annotations

import cv2
import numpy as np
import pytest

from skelgait.estimation.camera_motion import CameraMotion


def texture(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (shape[0] // 6, shape[1] // 6, 3)).astype(np.uint8)
    return cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_LINEAR)


def test_a_pan_is_measured_beside_a_person_who_stays_in_the_middle() -> None:
    world, motion, views = texture((256, 900)), CameraMotion(), []
    people = np.array([[0.9, 200.0, 128.0, 220.0]])
    for k in range(8):
        image = world[:, 25 * k : 25 * k + 400].copy()
        image[20:240, 150:250] = texture((220, 100), seed=100 + k)  # the person, who looks different every time
        change = motion.step(image, people)
        views.append(views[-1] @ change if views else change)
    assert views[-1][0, 2] == pytest.approx(25 * 7, abs=4)
    assert views[-1][1, 2] == pytest.approx(0, abs=2)


def test_where_the_background_shows_nothing_the_camera_is_taken_as_still() -> None:
    motion = CameraMotion()
    for _ in range(3):
        np.testing.assert_array_equal(motion.step(np.full((256, 400, 3), 120, np.uint8), np.empty((0, 4))), np.eye(3))


def test_leg_activity_tells_moving_legs_from_still_ones() -> None:
    motion, people = CameraMotion(), np.array([[0.9, 100.0, 100.0, 160.0], [0.9, 300.0, 100.0, 160.0]])
    still = texture((256, 400))
    for k in range(2):
        image = still.copy()
        image[110:180, 80:120] = 255 * k
        motion.step(image, people)
        activity = motion.leg_activity(people)
    assert activity[0] > 20
    assert activity[1] < 1
