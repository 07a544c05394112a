from __future__ import annotations

import json

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.io.poses import read_pose
from skelgait.io.source import open_source, place_frames
from skelgait.io.table import tidy_rate


def test_frames_are_placed_by_their_numbers():
    frame, n, info = place_frames([3, 4, 6])
    assert (frame.tolist(), n, info) == ([0, 1, 3], 4, {"first_frame": 3})
    frame, n, info = place_frames([0, 5, 10])
    assert (frame.tolist(), n, info) == ([0, 1, 2], 3, {"frame_step": 5})
    frame, n, info = place_frames([0, 0, 1, 1])
    assert (frame.tolist(), n, info) == ([0, 0, 1, 1], 2, {})
    frame, n, info = place_frames([None, None])
    assert (frame.tolist(), n, info) == ([0, 1], 2, {})
    frame, n, info = place_frames([1700000000000 + 100 * i // 3 for i in range(10)])
    assert (frame.tolist(), n) == (list(range(10)), 10)
    assert "too sparse" in info["frame_numbers"]
    assert place_frames([])[1] == 0


def frames(folder, names):
    folder.mkdir()
    for name in names:
        (folder / name).write_text(json.dumps({"people": []}))
    return folder


def test_a_folder_is_ordered_by_the_number_that_changes(tmp_path):
    source = open_source(frames(tmp_path / "a", [f"cam2_trial07_{i}_keypoints.json" for i in (10, 9, 100)]))
    assert source.numbers == (9, 10, 100)
    source = open_source(frames(tmp_path / "b", [*(f"frame_{i}.json" for i in range(3)), "metadata.json"]))
    assert source.numbers == (0, 1, 2)
    source = open_source(frames(tmp_path / "c", ["walk.json"]))
    assert source.numbers == (None,)


def test_two_recordings_in_a_folder_are_refused(tmp_path):
    both = [f"{name}_{i:03d}.json" for name in ("anna", "ben") for i in range(3)]
    with pytest.raises(FileError, match=r"folder a holds more than one recording. Found: 3 files anna_#.json, 3 files ben_#.json"):
        open_source(frames(tmp_path / "a", both))
    with pytest.raises(
        FileError, match=r"holds more than one recording. Found: 2 series of 6 files cam#_#.json.*a folder of its own"
    ):
        open_source(frames(tmp_path / "b", [f"cam{c}_{i:03d}.json" for c in (1, 2) for i in range(3)]))


def test_what_is_not_there(tmp_path):
    (tmp_path / "walk_07.json").write_text("{}")
    with pytest.raises(FileError, match=r"there is no file or folder .*walk_7.json. Found: beside it: walk_07.json"):
        read_pose(tmp_path / "walk_7.json")
    with pytest.raises(FileError, match=r"Found: no folder .*nowhere either"):
        read_pose(tmp_path / "nowhere" / "a.json")


def test_folders_without_frames(tmp_path):
    (tmp_path / "openpose").mkdir()
    frames(tmp_path / "openpose" / "json", ["0.json"])
    with pytest.raises(FileError, match=r"folder openpose holds no JSON frames. Found: json.*What to do: give .*openpose/json"):
        read_pose(tmp_path / "openpose", fps=30)
    (tmp_path / "none").mkdir()
    with pytest.raises(FileError, match=r"folder none holds no JSON frames. Found: nothing"):
        read_pose(tmp_path / "none", fps=30)


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("a.json", b"", r"a.json is empty. Found: 0 bytes"),
        ("a.json", b'{"people": [{"pose_keyp', r"a.json breaks off. Found: 23 bytes; Unterminated string"),
        ("a.json", b'[{"image_id": "1.jpg", "keypoints": [1, 2,', r"a.json breaks off"),
        (
            "a.json",
            b"{'people': []}",
            r"a.json is damaged: .*Found: 14 bytes; Expecting property name.*at line 1, letter 2; was it edited",
        ),
        ("a.json", b'{"weights": [1, 2]}', r"a.json is of no format skelgait reads. Found: a JSON object with weights"),
        ("a.json", b"[]", r"a.json is of no format skelgait reads. Found: a JSON list of 0"),
        ("a.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(40), r"a.mp4 is a video, not keypoints. What to do: .*sg.estimate_pose"),
        (
            "a.png",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR",
            r"a.png is a picture, not a recording of a walk. What to do: give the video",
        ),
        ("a.xlsx", b"PK\x03\x04" + bytes(40), r"a.xlsx is a workbook. What to do: save the sheet as CSV"),
        ("a.npz", b"PK\x03\x04" + bytes(40), r"a.npz breaks off. Found: a zip archive without its end"),
        ("a.csv", b"\n\n", r"a.csv holds only white space. Found: 2 bytes"),
        ("a.bin", b"\x00\x01\x02\x03" + bytes(40), r"a.bin is of no format skelgait reads. Found: bytes"),
        ("a.json", b"[" * 100_000, r"a.json is not JSON. Found: 100000 bytes; nested too deeply"),
        ("a.csv", b"frame,keypoint,x,y\n", r"a.csv has a header and no rows"),
        ("a.txt", b"hello world", r"a.txt is of no format skelgait reads. Found: columns hello world"),
    ],
)
def test_files_that_hold_no_pose(tmp_path, name, raw, text):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(FileError, match=text):
        read_pose(tmp_path / name, fps=30)


def test_a_frame_rate_from_times():
    assert tidy_rate(np.diff(np.round(np.arange(100) / 60, 3))) == 60
    assert tidy_rate(np.diff(np.arange(100) / 29.97)) == pytest.approx(29.97, abs=1e-3)
    assert tidy_rate(np.diff(np.arange(100) / 59.94)) == pytest.approx(59.94, abs=1e-3)
    assert tidy_rate(np.diff(np.arange(100) / 12.5)) == pytest.approx(12.5)
    uneven = np.arange(100) / 30
    uneven[50:] += 1.0  # a pause
    assert tidy_rate(np.diff(uneven)) == pytest.approx(30)


def test_a_frame_of_white_space_is_named(tmp_path):
    folder = frames(tmp_path / "json", [f"walk_{i:03d}_keypoints.json" for i in range(12)])
    (folder / "walk_007_keypoints.json").write_text(" \n\t\n")
    with pytest.raises(
        FileError,
        match=r"walk_007_keypoints.json, a frame of folder json, holds only white space. Found: 4 bytes. Expected: a frame",
    ):
        open_source(folder)


def test_a_part_of_a_file_that_has_none(tmp_path):
    (tmp_path / "a.csv").write_text("frame,keypoint,x,y\n1,left_hip,2,3\n")
    with pytest.raises(FileError, match=r"a.csv holds one recording. Found: #anna after its name"):
        open_source(f"{tmp_path}/a.csv#anna")


def test_a_table_of_walks_is_no_recording(tmp_path):
    (tmp_path / "trials.csv").write_text("subject,sagittal\nanna,a.csv\n")
    with pytest.raises(
        FileError, match=r"trials.csv is a table of walks, where one recording is wanted.*skelgait cohort.*sg.read_trials"
    ):
        read_pose(tmp_path / "trials.csv")
