from __future__ import annotations

import json
import time

import numpy as np
import pytest

from skelgait.core.errors import FileError, NoPerson, PoseError
from skelgait.core.skeleton import BODY25, COCO17, COCO18, HALPE26
from skelgait.io.poses import read_pose, write_pose


def frame_document(people, key="pose_keypoints_2d"):
    return {
        "version": 1.3,
        "people": [{"person_id": [-1], key: np.asarray(p).ravel().tolist(), "face_keypoints_2d": []} for p in people],
    }


def write_folder(folder, xy, *, confidence=0.8, name="walk_{:012d}_keypoints.json", numbers=None, key="pose_keypoints_2d"):
    """A true OpenPose folder: xy (T, K, 2), NaN becomes 0 0 0; None for a frame without people."""
    folder.mkdir(exist_ok=True)
    for i, points in zip(numbers if numbers is not None else range(len(xy)), xy, strict=True):
        people = []
        if points is not None:
            row = np.c_[points, np.full(len(points), confidence)]
            row[np.isnan(points).any(axis=1)] = 0
            people = [row]
        (folder / name.format(i)).write_text(json.dumps(frame_document(people, key)))
    return folder


def test_the_real_child_is_read(data):
    pose = read_pose(data / "mobile_gaitlab_cp_child" / "openpose_json", fps=29.97)
    assert (pose.n_frames, pose.skeleton, pose.fps) == (150, BODY25, 29.97)
    raw = json.loads((data / "mobile_gaitlab_cp_child/openpose_json/input_000000000066_keypoints.json").read_text())
    row = np.reshape(raw["people"][0]["pose_keypoints_2d"], (25, 3))
    row[row[:, 2] == 0, :2] = np.nan
    assert np.array_equal(pose.xy[66], row[:, :2], equal_nan=True)
    assert np.array_equal(pose.confidence[66], row[:, 2])
    assert np.isnan(pose.point("right_eye")[66]).all()
    assert pose.info["people"] == 2  # the last frame has a stray arm, and lists it first
    assert not np.isnan(pose.point("mid_hip")).any()


@pytest.mark.parametrize("skeleton", [BODY25, COCO18, COCO17, HALPE26])
def test_the_layout_is_told_by_its_length(tmp_path, walking, skeleton):
    xy = walking(skeleton, 12)
    pose = read_pose(write_folder(tmp_path / "json", xy), fps=30)
    assert pose.skeleton is skeleton
    assert np.allclose(pose.xy, xy)
    assert np.allclose(pose.confidence, 0.8)


def test_frames_without_people_and_frames_that_are_missing_are_nan(tmp_path, walking):
    xy = list(walking(BODY25, 12))
    xy[4] = None
    xy[5] = xy[5].copy()
    xy[5][3] = np.nan
    numbers = [*range(10, 16), *range(18, 24)]
    pose = read_pose(write_folder(tmp_path / "json", xy, numbers=numbers), fps=30)
    assert pose.n_frames == 14
    assert pose.info["first_frame"] == 10
    assert np.isnan(pose.xy[[4, 6, 7]]).all()
    assert np.isnan(pose.xy[5, 3]).all()
    assert pose.confidence[5, 3] == 0
    assert np.allclose(pose.xy[8], xy[6])


def test_numbers_beyond_999_stay_in_order_without_padding(tmp_path, walking):
    xy = walking(COCO17, 1105, speed_px=1)[-10:]
    pose = read_pose(write_folder(tmp_path / "json", xy, numbers=range(995, 1005), name="p_{}.json"), fps=30)
    assert np.allclose(pose.xy, xy)


def test_every_second_frame_halves_the_rate(tmp_path, walking):
    pose = read_pose(write_folder(tmp_path / "json", walking(COCO17, 10), numbers=range(0, 20, 2)), fps=60)
    assert (pose.n_frames, pose.fps, pose.info["frame_step"]) == (10, 30, 2)


def test_the_old_key_and_all_frames_in_one_file(tmp_path, walking):
    xy = walking(COCO18, 8)
    assert np.allclose(read_pose(write_folder(tmp_path / "old", xy, key="pose_keypoints"), fps=30).xy, xy)
    rows = [np.c_[p, np.ones(18)] for p in xy]
    (tmp_path / "list.json").write_text(json.dumps([frame_document([row]) for row in rows]))
    assert np.allclose(read_pose(tmp_path / "list.json", fps=30).xy, xy)
    named = {f"{i}.jpg": frame_document([row]) for i, row in enumerate(rows) if i != 3}
    (tmp_path / "dict.json").write_text(json.dumps(named))
    pose = read_pose(tmp_path / "dict.json", fps=30)
    assert np.isnan(pose.xy[3]).all()
    assert np.allclose(pose.xy[4], xy[4])


def test_shares_of_the_image_need_its_size(tmp_path, walking):
    xy = walking(BODY25, 10)
    folder = write_folder(tmp_path / "json", xy / (1920, 1080))
    assert np.allclose(read_pose(folder, fps=30, size=(1920, 1080)).xy, xy)
    with pytest.raises(
        PoseError, match=r"json are shares of the image, not pixels. Found: numbers from 0.\d\d to .*size=\(1920, 1080\)"
    ):
        read_pose(folder, fps=30)


def test_400_frames_take_well_under_a_second(tmp_path, walking):
    folder = write_folder(tmp_path / "json", walking(BODY25, 400))
    start = time.process_time()
    read_pose(folder, fps=30)
    assert time.process_time() - start < 0.6


def test_round_trip(tmp_path, walk):
    write_pose(walk, tmp_path / "frames")
    back = read_pose(tmp_path / "frames", fps=60, view="sagittal_right")
    assert back.skeleton == walk.skeleton
    assert np.allclose(back.xy, walk.xy, equal_nan=True)
    assert np.allclose(back.confidence, walk.confidence)
    assert sorted(p.name for p in (tmp_path / "frames").iterdir())[0] == "frames_000000000000_keypoints.json"
    with pytest.raises(FileError, match=r"folder .*frames is not empty. What to do: choose a new folder"):
        write_pose(walk, tmp_path / "frames")


def test_an_unusual_layout_is_written_as_body25(tmp_path, walk):
    odd = walk.map_to(walk.skeleton.subset(["left_hip", "right_hip", "left_knee", "left_ankle"]))
    write_pose(odd, tmp_path / "frames")
    back = read_pose(tmp_path / "frames", fps=60)
    assert back.skeleton is BODY25
    assert np.allclose(back.point("left_knee"), walk.point("left_knee"), equal_nan=True)
    assert np.isnan(back.point("nose")).all()


def test_refusals(tmp_path, walking):
    folder = write_folder(tmp_path / "json", walking(BODY25, 5))
    with pytest.raises(
        PoseError, match=r"json does not say its frame rate. Found: 5 frames. What to do: give it, for example fps=60"
    ):
        read_pose(folder)
    with pytest.raises(
        FileError, match=r"walk_000000000002_keypoints.json is one frame of a recording.*give the folder that holds all its frames"
    ):
        read_pose(folder / "walk_000000000002_keypoints.json", fps=30)
    whole = (folder / "walk_000000000003_keypoints.json").read_text()
    (folder / "walk_000000000003_keypoints.json").write_text(whole[: len(whole) // 2])
    with pytest.raises(FileError, match=r"walk_000000000003_keypoints.json breaks off. Found: .* bytes"):
        read_pose(folder, fps=30)
    (folder / "walk_000000000003_keypoints.json").write_text(json.dumps(frame_document([np.ones((18, 3))])))
    with pytest.raises(FileError, match=r"people of json have different numbers of keypoints. Found: 54 numbers and 75 numbers"):
        read_pose(folder, fps=30)
    with pytest.raises(NoPerson, match=r"nobody was seen in empty"):
        read_pose(write_folder(tmp_path / "empty", [None] * 5), fps=30)
    with pytest.raises(PoseError, match=r"two is too short to show a movement. Found: 2 frames. Expected: 3 or more"):
        read_pose(write_folder(tmp_path / "two", walking(BODY25, 2)), fps=30)
    with pytest.raises(FileError, match=r"odd has 15 keypoints a person and no names"):
        read_pose(write_folder(tmp_path / "odd", walking(COCO17, 5)[:, :15]), fps=30)
    (tmp_path / "text").mkdir()
    for i in range(3):
        (tmp_path / "text" / f"{i}.json").write_text(json.dumps({"people": [{"pose_keypoints_2d": ["a"] * 54}]}))
    with pytest.raises(FileError, match=r"a keypoint of text is not a number"):
        read_pose(tmp_path / "text", fps=30)
    (tmp_path / "mixed").mkdir()
    for i in range(4):
        (tmp_path / "mixed" / f"{i}.json").write_text(json.dumps(frame_document([]) if i else {"other": 1}))
    with pytest.raises(FileError, match=r"1 of 4 frames of mixed are not OpenPose's. Found: frame 0"):
        read_pose(tmp_path / "mixed", fps=30)


def test_an_empty_file_is_a_frame_without_anybody(tmp_path, walk):
    from skelgait.core.errors import FileError
    from skelgait.io.poses import read_pose, write_pose

    write_pose(walk, tmp_path / "frames")
    files = sorted((tmp_path / "frames").iterdir())
    files[9].write_bytes(b"")
    pose = read_pose(tmp_path / "frames", 60)
    assert pose.n_frames == walk.n_frames
    assert np.isnan(pose.xy[9]).all()
    assert pose.info["empty_files"] == [files[9].name]
    for file in files:
        file.write_bytes(b"")
    with pytest.raises(FileError, match=r"frames_000000000000_keypoints.json, a frame of folder frames, is empty. Found: 0 bytes"):
        read_pose(tmp_path / "frames", 60)


def alphapose(xy, form, *, neck=None, missing=()):
    """What AlphaPose writes with ``--format open`` or ``cmu``: images of COCO-18 people, none for an image without anybody."""
    outer, inner = {"open": ("people", "pose_keypoints_2d"), "cmu": ("bodies", "joints")}[form]
    document = {}
    for i, points in enumerate(xy):
        row = np.c_[points, np.full(18, 0.8)]
        if neck is not None:
            row[1, :2] = neck
        if i not in missing:
            document[f"cam2_{i}.jpg"] = {"version": "AlphaPose v0.3", outer: [{inner: row.ravel().tolist()}]}
    return document


@pytest.mark.parametrize("form", ["open", "cmu"])
def test_alphapose_in_the_forms_of_others(tmp_path, walking, form):
    xy = walking(COCO18, 14)
    xy[:, 1] = xy[:, [2, 5]].mean(axis=1)
    (tmp_path / "alphapose-results.json").write_text(json.dumps(alphapose(xy, form, missing=(4,))))
    pose = read_pose(tmp_path / "alphapose-results.json", fps=30)
    assert pose.skeleton is COCO18
    assert np.isnan(pose.xy[4]).all()
    assert np.allclose(np.delete(pose.xy, 4, axis=0), np.delete(xy, 4, axis=0))  # 9, 10, 11: by number, not by letter
    folder = tmp_path / "sep-json"
    folder.mkdir()
    for name, frame in alphapose(xy, form).items():
        (folder / name.replace(".jpg", ".json")).write_text(json.dumps(frame))
    assert np.allclose(read_pose(folder, fps=30).xy, xy)


def test_the_neck_of_alphapose_is_between_the_shoulders(tmp_path, walking):
    xy = walking(COCO18, 6)
    (tmp_path / "a.json").write_text(json.dumps(alphapose(xy, "open", neck=(3.0, 4.0))))  # as HALPE-26 gives it: on the head
    pose = read_pose(tmp_path / "a.json", fps=30)
    assert np.allclose(pose.point("neck"), (pose.point("left_shoulder") + pose.point("right_shoulder")) / 2)
    assert pose.info["neck"] == "half-way between the shoulders"
