from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from skelgait.estimation.scan import _CameraMotion, scan_people, tiles
from skelgait.io.video import read_video_info
from skelgait.io.video_writing import write_video


@pytest.mark.parametrize(("width", "height"), [(455, 256), (256, 455), (256, 256), (280, 256), (1100, 256), (910, 512)])
def test_tiles_cover_the_picture_and_overlap(width: int, height: int) -> None:
    covered = np.zeros((height, width), int)
    for x, y in tiles(width, height, 256):
        assert 0 <= x <= max(0, width - 256)
        assert 0 <= y <= max(0, height - 256)
        covered[y : y + 256, x : x + 256] += 1
    if width <= 1.15 * 256:
        covered = covered[:, :256]
    assert covered.min() >= 1
    assert len(tiles(455, 256, 256)) == 3


def texture(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (shape[0] // 6, shape[1] // 6, 3)).astype(np.uint8)
    return cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_LINEAR)


def test_a_pan_is_measured_beside_a_person_who_stays_in_the_middle() -> None:
    world, motion, views = texture((256, 900)), _CameraMotion(), []
    people = np.array([[0.9, 200.0, 128.0, 220.0]])
    for k in range(8):
        image = world[:, 25 * k : 25 * k + 400].copy()
        image[20:240, 150:250] = texture((220, 100), seed=100 + k)  # the person, who looks different every time
        change = motion.step(image, people)
        views.append(views[-1] @ change if views else change)
    assert views[-1][0, 2] == pytest.approx(25 * 7, abs=4)
    assert views[-1][1, 2] == pytest.approx(0, abs=2)


def test_where_the_background_shows_nothing_the_camera_is_taken_as_still() -> None:
    motion = _CameraMotion()
    for _ in range(3):
        np.testing.assert_array_equal(motion.step(np.full((256, 400, 3), 120, np.uint8), np.empty((0, 4))), np.eye(3))


def test_leg_activity_tells_moving_legs_from_still_ones() -> None:
    motion, people = _CameraMotion(), np.array([[0.9, 100.0, 100.0, 160.0], [0.9, 300.0, 100.0, 160.0]])
    still = texture((256, 400))
    for k in range(2):
        image = still.copy()
        image[110:180, 80:120] = 255 * k
        motion.step(image, people)
        activity = motion.leg_activity(people)
    assert activity[0] > 20
    assert activity[1] < 1


class Everywhere:
    """A detector that sees one person in the middle of every tile."""

    def __call__(self, image: np.ndarray) -> np.ndarray:
        return np.array([[0.9, image.shape[1] / 2, image.shape[0] / 2, 150.0]])

    def close(self) -> None:
        pass


def test_places_are_those_of_the_video_and_bars_are_not_picture(tmp_path: Path) -> None:
    image = np.full((1080, 1200, 3), 255, np.uint8)
    image[180:900] = texture((720, 1200))
    write_video(tmp_path / "barred.mp4", [image] * 30, 30)
    scan = scan_people(read_video_info(tmp_path / "barred.mp4"), Everywhere)
    assert [p.region[0].tolist() for p in scan.people] == [pytest.approx([540, 540, 150 * 1080 / 256], rel=0.01)]
    left, top, right, bottom = scan.picture
    assert (left, right) == (0, 1199)
    assert top == pytest.approx(180, abs=6)
    assert bottom == pytest.approx(899, abs=6)
    assert 6 <= len(scan.pictures) <= 10
