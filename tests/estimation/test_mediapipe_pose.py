from __future__ import annotations

import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import BLAZEPOSE33
from skelgait.estimation.blazepose import LandmarkNet, Landmarks, PeopleDetector
from skelgait.estimation.mediapipe_pose import MediapipePose
from skelgait.estimation.mediapipe_tasks import TaskLandmarks, TaskPeople
from skelgait.walker.film import Walk

LEGS = [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle", "heel")]


@pytest.fixture(scope="module")
def picture(walk: Walk) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One drawn frame, the region of the child in it, and the true legs (8, 2)."""
    frames = walk.frames()
    for _ in range(25):
        image = next(frames)
    legs = np.array([walk.pose.point(name)[24] for name in LEGS])
    hips = legs[[0, 4]].mean(axis=0)
    return image, np.array([*hips, 2.1 * np.ptp(legs[:, 1])]), legs


def size_of(legs: np.ndarray) -> float:
    return float(np.ptp(legs[:, 1]))


def test_the_detector_finds_hips_and_size(picture: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    image, region, legs = picture
    detector = PeopleDetector()
    left = max(0, int(region[0]) - 180)
    found = detector(image[:, left : left + 360])
    assert len(detector(np.full((200, 200, 3), 90, np.uint8))) == 0
    detector.close()
    assert len(found) == 1
    assert found[0, 0] > 0.6
    assert np.hypot(*(found[0, 1:3] + [left, 0] - region[:2])) < 0.4 * size_of(legs)
    assert 0.8 < found[0, 3] / region[2] < 1.4


def test_the_network_sees_the_legs_and_says_where_it_would_look_next(picture: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    image, region, legs = picture
    net = LandmarkNet()
    seen = net(image, region * [1, 1, 1.4])
    again = net(image, region * [1, 1, 1.4])
    nothing = net(np.full_like(image, 90), region)
    net.close()
    assert seen.flag > 0.9
    assert nothing.flag < 0.1
    off = np.hypot(*(seen.xy[[BLAZEPOSE33.index(n) for n in LEGS]] - legs).T) / size_of(legs)
    assert np.median(off) < 0.08
    assert abs(seen.region[2] - region[2]) < abs(1.4 * region[2] - region[2])
    assert seen.mask is None
    np.testing.assert_array_equal(seen.xy, again.xy)


def test_the_mask_is_the_drawn_child(walk: Walk, picture: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    image, region, _ = picture
    truth = next(m for k, m in enumerate(walk.silhouettes()) if k == 24)
    net = LandmarkNet(segment=True)
    mask = net(image, region).mask
    net.close()
    assert mask is not None
    assert mask.shape == image.shape[:2]
    assert ((mask > 0.5) & truth).sum() / ((mask > 0.5) | truth).sum() > 0.6


def test_a_mirrored_look_names_sides_as_they_are(picture: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    image, region, legs = picture
    estimator = MediapipePose()
    estimator.open()
    plain, mirrored = (estimator._look(image, region, flip) for flip in (False, True))
    estimator.close()
    assert plain is not None
    assert mirrored is not None
    shoulders = [BLAZEPOSE33.index(f"{side}_shoulder") for side in ("left", "right")]
    assert np.hypot(*(plain.xy - mirrored.xy)[shoulders].T).max() < 0.12 * size_of(legs)
    assert np.hypot(*(plain.region - mirrored.region)[:2]) < 0.1 * size_of(legs)


class Told:
    """A network that sees what it is told to, look after look."""

    def __init__(self, *looks: tuple[np.ndarray, float]) -> None:
        self.looks, self.asked = list(looks), 0

    def __call__(self, image: np.ndarray, region: np.ndarray) -> Landmarks:
        xy, flag = self.looks[self.asked]
        self.asked += 1
        return Landmarks(xy, np.ones(33), flag, region, None)

    def close(self) -> None:
        pass


def told(*looks: tuple[np.ndarray, float]) -> tuple[MediapipePose, Told]:
    estimator = MediapipePose()
    estimator._segment, estimator._net = False, Told(*looks)  # type: ignore[assignment]
    return estimator, estimator._net  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("flags", "asked"),
    [((0.999,), 1), ((0.95, 0.6), 2), ((0.6, 0.7, 0.5), 3), ((0.001, 0.01), 2), ((0.001, 0.03, 0.6), 3), ((0.3, 0.2, 0.4), 3)],
)
def test_clear_frames_are_looked_at_once_and_doubtful_ones_until_there_is_hope(flags: tuple[float, ...], asked: int) -> None:
    body = np.random.default_rng(0).uniform(100, 200, (33, 2))
    mirrored = np.column_stack([299 - body[BLAZEPOSE33.mirror, 0], body[BLAZEPOSE33.mirror, 1]])
    estimator, net = told(*((body if k == 0 else mirrored, flag) for k, flag in enumerate(flags)))
    (seen,) = estimator.estimate([np.zeros((300, 300, 3), np.uint8)], np.array([[150.0, 150, 200]]))
    assert net.asked == asked
    accepted = [flag for flag in flags if flag >= 0.5]
    assert np.isfinite(seen.xy).all() == bool(accepted)
    if accepted:
        np.testing.assert_allclose(seen.xy, body)
        assert seen.votes == pytest.approx(sum(accepted))
        assert seen.confidence.max() == pytest.approx(max(accepted))


def test_looks_that_differ_are_all_kept_and_those_that_agree_averaged() -> None:
    body = np.random.default_rng(0).uniform(100, 200, (33, 2))
    order, legs = BLAZEPOSE33.mirror, [BLAZEPOSE33.index(n) for n in LEGS]
    near, far = body + [4, 0], body.copy()
    far[legs] = body[legs] + [60, 0]
    looks = [(body, 0.8), *((np.column_stack([299 - x[order, 0], x[order, 1]]), 0.7) for x in (near, far))]
    estimator, _ = told(*looks)
    (seen,) = estimator.estimate([np.zeros((300, 300, 3), np.uint8)], np.array([[150.0, 150, 200]]))
    np.testing.assert_allclose(seen.xy, body + [2, 0])
    assert seen.votes == pytest.approx(1.5)
    alone = {round(float(other.xy[legs[0], 0] - body[legs[0], 0])): other.votes for other in seen.others}
    assert alone == {0: pytest.approx(0.8), 4: pytest.approx(0.7), 60: pytest.approx(0.7)}


def test_a_neighbour_is_not_the_subject_and_nobody_is_nobody(picture: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    image, region, _ = picture
    estimator = MediapipePose()
    estimator.open()
    seen = estimator._look(image, region, False)
    (empty,) = estimator.estimate([np.full_like(image, 120)], region[None])
    estimator.close()
    assert seen is not None
    assert estimator._is_subject(seen, region)
    for wrong in (region + [0.5 * region[2], 0, 0], region * [1, 1, 2.5], region * [1, 1, 0.4]):
        assert not estimator._is_subject(seen, wrong)
    assert not estimator._is_subject(seen._replace(flag=0.1), region)
    assert np.isnan(empty.xy).all()
    assert (empty.confidence == 0).all()


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``.task`` file made of the models in the wheel."""
    mediapipe = pytest.importorskip("mediapipe")
    from mediapipe.tasks.python.metadata.metadata_writers import metadata_writer

    root = Path(os.path.dirname(mediapipe.__file__)) / "modules"
    path = tmp_path_factory.mktemp("task") / "pose.task"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for inside, model, mean, deviation in (
            ("pose_detector.tflite", "pose_detection/pose_detection.tflite", 127.5, 127.5),
            ("pose_landmarks_detector.tflite", "pose_landmark/pose_landmark_full.tflite", 0.0, 255.0),
        ):
            writer = metadata_writer.MetadataWriter.create(bytearray((root / model).read_bytes()))
            writer.add_image_input([mean], [deviation])
            archive.writestr(inside, bytes(writer.populate()[0]))
    return path


def test_a_task_file_sees_the_same(task: Path, picture: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    image, region, legs = picture
    estimator = MediapipePose(model_path=str(task))
    estimator.open()
    (seen,) = estimator.estimate([image], region[None])
    estimator.close()
    off = np.hypot(*(seen.xy[[BLAZEPOSE33.index(n) for n in LEGS]] - legs).T) / size_of(legs)
    assert np.median(off) < 0.08
    people = TaskPeople(task)
    left = max(0, int(region[0]) - 180)
    found = people(image[:, left : left + 360])
    people.close()
    assert found.shape == (1, 4)
    assert np.hypot(*(found[0, 1:3] + [left, 0] - region[:2])) < 0.2 * size_of(legs)
    masks = TaskLandmarks(task, segment=True)
    mask = masks(image[:, left : left + 333], region - [left, 0, 0])
    masks.close()
    assert mask is not None
    assert mask.mask is not None
    assert mask.mask.shape == (image.shape[0], 333)


def test_a_task_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere\.task does not exist"):
        MediapipePose(model_path=str(tmp_path / "nowhere.task")).open()
    (tmp_path / "bad.task").write_bytes(b"not a model")
    with pytest.raises(FileError, match=r"bad\.task is not a pose model mediapipe .* can run"):
        MediapipePose(model_path=str(tmp_path / "bad.task")).open()


def test_it_is_quiet(picture: tuple[np.ndarray, np.ndarray, np.ndarray], capfd: pytest.CaptureFixture[str]) -> None:
    image, region, _ = picture
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        estimator = MediapipePose()
        estimator.open()
        estimator.estimate([image], region[None])
        estimator.close()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
