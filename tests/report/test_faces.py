"""No face stays in a picture: the walker's is hidden, and whoever else may stand around."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17
from skelgait.report.faces import hide_faces
from skelgait.walker import Camera, Walker

SIZE = (640, 360)
FRAME = 30


@pytest.fixture(scope="module", params=["sagittal_left", "frontal_towards"])
def pose(request: pytest.FixtureRequest) -> PoseSequence:
    return Walker().film(Camera(view=request.param, size=SIZE), fps=30, duration_s=2).pose


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)


def around(image: np.ndarray, at: np.ndarray, half: int = 4) -> np.ndarray:
    x, y = np.round(at * np.array(image.shape[1::-1]) / SIZE).astype(int)
    return image[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]


def without(pose: PoseSequence, *words: str) -> PoseSequence:
    xy = pose.xy.copy()
    xy[:, [k for k, name in enumerate(pose.skeleton.names) if any(w in name for w in words)]] = np.nan
    return pose.with_(xy=xy, confidence=None)


def test_the_head_is_blurred_and_the_legs_are_as_they_were(pose: PoseSequence, noise: np.ndarray) -> None:
    hidden = hide_faces(noise, pose, FRAME)
    for name in ("nose", "left_eye", "right_ear"):
        assert around(hidden, pose.point(name)[FRAME]).std() < 30, name
    for name in ("left_hip", "left_knee", "right_ankle", "left_heel", "right_toe"):
        at = pose.point(name)[FRAME]
        np.testing.assert_array_equal(around(hidden, at), around(noise, at), err_msg=name)
    assert hidden is not noise


@pytest.mark.parametrize("gone", [("nose", "eye", "ear"), ("nose", "eye", "ear", "shoulder", "neck")], ids=["head", "shoulders"])
def test_a_head_that_was_not_tracked_is_blurred_too(pose: PoseSequence, noise: np.ndarray, gone: tuple[str, ...]) -> None:
    hidden = hide_faces(noise, without(pose, *gone), FRAME)
    assert around(hidden, pose.point("nose")[FRAME]).std() < 30
    at = pose.point("left_ankle")[FRAME]
    np.testing.assert_array_equal(around(hidden, at), around(noise, at))


def test_a_head_that_hangs_below_the_shoulders_is_blurred(pose: PoseSequence, noise: np.ndarray) -> None:
    xy = pose.xy.copy()
    head = [k for k, name in enumerate(BODY25.names) if name.split("_")[-1] in ("nose", "eye", "ear")]
    xy[:, head, 1] += 1.6 * (pose.point("neck")[:, 1] - pose.point("nose")[:, 1])[:, None]
    bent = pose.with_(xy=xy)
    assert (bent.point("nose")[FRAME, 1] > bent.point("neck")[FRAME, 1]).all()
    assert around(hide_faces(noise, bent, FRAME), bent.point("nose")[FRAME]).std() < 30


def test_bystanders_are_blurred(pose: PoseSequence, noise: np.ndarray) -> None:
    hidden = hide_faces(noise, pose, FRAME)
    for x in (12, SIZE[0] - 12):
        if abs(x - pose.point("mid_hip")[FRAME, 0]) > 150:
            assert around(hidden, np.array([x, SIZE[1] / 2])).std() < 30
    top = float(pose.point("neck")[FRAME, 1])
    assert hidden[: int(top) - 12].std(axis=(0, 1)).max() < 30  # who is taller and stands behind


@pytest.mark.parametrize("frame", [None, FRAME], ids=["not tracked", "nothing seen"])
def test_without_the_walker_everything_is_blurred(pose: PoseSequence, noise: np.ndarray, frame: int | None) -> None:
    lost = pose.with_(xy=np.full_like(pose.xy, np.nan), confidence=None)
    assert hide_faces(noise, lost, frame).std() < 30


def test_a_picture_of_another_size_is_hidden_in_the_same_place(pose: PoseSequence) -> None:
    large = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    hidden = hide_faces(large, pose.with_(size=SIZE), FRAME)
    assert around(hidden, pose.point("nose")[FRAME]).std() < 30
    at = pose.point("right_ankle")[FRAME]
    np.testing.assert_array_equal(around(hidden, at), around(large, at))


def test_a_layout_without_a_head_or_feet_works() -> None:
    pose = Walker().film(Camera(size=SIZE), fps=30, duration_s=2, skeleton=COCO17).pose
    flat = np.full((SIZE[1], SIZE[0], 3), 77, np.uint8)
    np.testing.assert_array_equal(hide_faces(flat, pose, FRAME), flat)
