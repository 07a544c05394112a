from __future__ import annotations

import pickle

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO17
from skelgait.io.poses import read_pose


@pytest.fixture
def xyc(walking):
    return np.dstack([walking(COCO17, 30), np.full((30, 17), 0.8)])


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
def test_an_opengait_walk_in_every_protocol(tmp_path, xyc, protocol, kind):
    (tmp_path / "000.pkl").write_bytes(pickle.dumps(xyc.astype(kind), protocol))
    pose = read_pose(tmp_path / "000.pkl", fps=25)
    assert pose.skeleton is COCO17
    assert np.allclose(pose.xy, xyc[..., :2].astype(kind))
    assert np.allclose(pose.confidence, 0.8, atol=1e-3)


def test_a_list_of_frames_with_missing_points(tmp_path, xyc):
    xyc[4, 3] = 0
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(list(xyc)))
    pose = read_pose(tmp_path / "a.pkl", fps=25)
    assert np.isnan(pose.xy[4, 3]).all()
    assert not np.isnan(pose.xy[5]).any()


def annotation(xyc, name, people=1):
    return {
        "frame_dir": name,
        "label": 2,
        "img_shape": (1080, 1920),
        "original_shape": (1080, 1920),
        "total_frames": len(xyc),
        "keypoint": np.repeat(xyc[None, ..., :2], people, axis=0).astype(np.float16),
        "keypoint_score": np.repeat(xyc[None, ..., 2], people, axis=0).astype(np.float16),
    }


def test_pyskl_annotations(tmp_path, xyc):
    two = {"split": {"train": ["a"], "test": {"b"}}, "annotations": [annotation(xyc, "a"), annotation(xyc + (7, 0, 0), "b")]}
    (tmp_path / "gait.pkl").write_bytes(pickle.dumps(two))
    pose = read_pose(f"{tmp_path}/gait.pkl#b", fps=30)
    assert np.allclose(pose.xy, xyc[..., :2] + (7, 0), atol=0.5)
    assert pose.size == (1920, 1080)
    assert (pose.info["frame_dir"], pose.info["label"], pose.source) == ("b", 2, "gait.pkl#b")
    with pytest.raises(FileError, match=r'gait.pkl holds 2 walks. Found: a, b. What to do: name one: "gait.pkl#a"'):
        read_pose(tmp_path / "gait.pkl", fps=30)
    with pytest.raises(FileError, match=r"gait.pkl has no walk 'c'"):
        read_pose(f"{tmp_path}/gait.pkl#c", fps=30)
    (tmp_path / "one.pkl").write_bytes(pickle.dumps([annotation(xyc, "a")]))
    assert np.allclose(read_pose(tmp_path / "one.pkl", fps=30).xy, xyc[..., :2], atol=0.5)


def test_people_of_an_annotation_are_followed_because_their_order_says_nothing(tmp_path, walking):
    walker, stander = walking(COCO17, 40), walking(COCO17, 40, start_px=900, speed_px=0)
    keypoint = np.stack([walker, stander])
    keypoint[:, ::2] = keypoint[::-1, ::2].copy()
    entry = {"frame_dir": "a", "keypoint": keypoint, "keypoint_score": np.ones((2, 40, 17))}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([entry]))
    assert np.array_equal(read_pose(tmp_path / "a.pkl", fps=30).xy, walker)


def test_other_refusals(tmp_path, xyc):
    whole = pickle.dumps(xyc)
    for name, raw, text in (
        ("cut.pkl", whole[: len(whole) // 2], "cut.pkl is a pickle that breaks off or cannot be read"),
        ("text.pkl", b"hello", "text.pkl is a pickle that breaks off"),
        ("sil.pkl", pickle.dumps(np.zeros((20, 64, 64), np.uint8)), "sil.pkl holds silhouettes, not keypoints"),
        ("dict.pkl", pickle.dumps({"a": 1}), "dict.pkl holds no keypoints in a form known"),
        ("flat.pkl", pickle.dumps(np.zeros((20, 34))), r"flat.pkl holds no keypoints in a form known. Found: an array \(20, 34\)"),
        ("ntu.pkl", pickle.dumps([{"keypoint": np.ones((1, 9, 25, 3))}]), "holds 3D joints of a depth camera"),
    ):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(FileError, match=text):
            read_pose(tmp_path / name, fps=30)
