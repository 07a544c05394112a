from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO17
from skelgait.io.poses import read_pose, write_pose


def test_round_trip_keeps_everything(tmp_path, walk, equal):
    write_pose(walk, tmp_path / "a.npz")
    assert equal(read_pose(tmp_path / "a.npz"), walk)


def test_what_json_cannot_hold_becomes_text_or_a_list(tmp_path, walk):
    odd = walk.with_(info={"array": np.arange(3), "number": np.float64(2.5), "path": tmp_path, "fine": [1, "a", None]})
    write_pose(odd, tmp_path / "a.npz")
    assert dict(read_pose(tmp_path / "a.npz").info) == {
        "array": [0, 1, 2],
        "number": 2.5,
        "path": str(tmp_path),
        "fine": [1, "a", None],
    }


def test_the_caller_overrules_it(tmp_path, walk):
    write_pose(walk, tmp_path / "a.npz")
    pose = read_pose(tmp_path / "a.npz", fps=240, view="frontal")
    assert (pose.fps, pose.view, pose.info["file_fps"], pose.info["file_view"]) == (240, "frontal", 60, "sagittal_right")
    assert pose.is_uniform
    assert np.array_equal(pose.filled, walk.filled)


def test_any_npz_that_names_its_keypoints(tmp_path, walking):
    xy = walking(COCO17, 20)
    np.savez(tmp_path / "a.npz", keypoints=np.dstack([xy, np.full((20, 17), 0.6)]), names=COCO17.names, fps=50, view="frontal")
    pose = read_pose(tmp_path / "a.npz")
    assert (pose.skeleton, pose.fps, pose.view) == (COCO17, 50, "frontal")
    assert np.allclose(pose.xy, xy)
    assert np.allclose(pose.confidence, 0.6)
    gaps = xy.copy()
    gaps[3, 3] = 0
    np.savez(tmp_path / "b.npz", xy=gaps, keypoint_names=COCO17.names, confidence=np.full((20, 17), 0.4))
    assert not np.isnan(read_pose(tmp_path / "b.npz", fps=30).xy).any()  # (0, 0) with a confidence is a place
    np.savez(tmp_path / "c.npz", xy=gaps, names=COCO17.names)
    assert np.isnan(read_pose(tmp_path / "c.npz", fps=30).xy[3, 3]).all()  # and without one it is missing


def test_one_camera_of_several_is_named(tmp_path, walking):
    xy = walking(COCO17, 20)
    np.savez(tmp_path / "a.npz", kp_side=xy, kp_front=xy + 5, xyz=np.dstack([xy, xy[..., :1]]), names=COCO17.names, fps=50)
    assert np.allclose(read_pose(f"{tmp_path}/a.npz#kp_front").xy, xy + 5)
    with pytest.raises(
        FileError, match=r'a.npz holds keypoints of 2 cameras. Found: kp_side, kp_front. What to do: name one: "a.npz#kp_side"'
    ):
        read_pose(tmp_path / "a.npz")
    with pytest.raises(FileError, match=r"a.npz has no keypoints called 'kp_back'. Found: kp_side, kp_front"):
        read_pose(f"{tmp_path}/a.npz#kp_back")


def test_refusals(tmp_path, walk):
    write_pose(walk, tmp_path / "a.npz")
    raw = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(FileError, match=r"cut.npz breaks off. Found: a zip archive without its end"):
        read_pose(tmp_path / "cut.npz")
    np.savez(tmp_path / "b.npz", names=COCO17.names, xy=np.zeros((4, 5, 2)))
    with pytest.raises(
        FileError,
        match=r"b.npz holds no keypoints. Found: names \(17,\), xy \(4, 5, 2\). Expected: an array \(frames, 17, 2 or 3\)",
    ):
        read_pose(tmp_path / "b.npz", fps=30)
    np.savez(tmp_path / "c.npz", weights=np.zeros(3))
    with pytest.raises(FileError, match=r"c.npz is of no format skelgait reads. Found: arrays weights"):
        read_pose(tmp_path / "c.npz", fps=30)


def test_an_object_array_is_never_unpickled(tmp_path, walking):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "mark"), "w"))

    np.savez(tmp_path / "a.npz", names=COCO17.names, keypoints=walking(COCO17, 9), evil=np.array([Evil()], dtype=object))
    with pytest.raises(FileError, match=r"a.npz cannot be read. Found: Object arrays cannot be loaded"):
        read_pose(tmp_path / "a.npz", fps=30)
    assert not (tmp_path / "mark").exists()
