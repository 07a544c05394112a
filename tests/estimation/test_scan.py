from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from skelgait.estimation.scan import scan_people, tiles
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
    scan = scan_people(read_video_info(tmp_path / "barred.mp4"), [Everywhere(), Everywhere()])
    assert [p.region[0].tolist() for p in scan.people] == [pytest.approx([540, 540, 150 * 1080 / 256], rel=0.01)]
    left, top, right, bottom = scan.picture
    assert (left, right) == (0, 1199)
    assert top == pytest.approx(180, abs=6)
    assert bottom == pytest.approx(899, abs=6)
    assert 6 <= len(scan.pictures) <= 10


def test_a_plain_wall_is_picture(tmp_path: Path) -> None:
    image = np.full((540, 600, 3), 200, np.uint8)
    image[90:500, 250:320] = texture((410, 70))  # somebody before it: their head is the highest thing that is not wall
    write_video(tmp_path / "wall.mp4", [image] * 30, 30)
    assert scan_people(read_video_info(tmp_path / "wall.mp4"), [Everywhere()]).picture == (0, 0, 599, 539)
