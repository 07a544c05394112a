from __future__ import annotations

import zipfile

import pytest

from skelgait.core.errors import FileError
from skelgait.io.foreign import FOREIGN, READABLE, VIDEO, is_video
from skelgait.io.poses import read_pose, write_pose

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(40)


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        (
            "report.html",
            b"<!DOCTYPE html><html></html>",
            r"report.html is a web page: perhaps a report.*pose.npz",
        ),
        ("page", b"\n <html><body></body></html>", r"page is a web page"),
        ("walk.mp3", b"ID3\x03\x00" + bytes(40), r"walk.mp3 is sound, not a recording of a walk. What to do: give the video"),
        ("walk", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), r"walk is sound"),
        ("walk", b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(40), r"walk is a video, not keypoints.*skelgait extract"),
        ("walk.csv", MP4, r"walk.csv is a video"),
        ("notes.docx", b"PK\x03\x04" + bytes(40), r"notes.docx is a text document.*save it as CSV"),
        ("notes.pdf", b"%PDF-1.7", r"notes.pdf is a text document"),
        ("scan", b"%PDF-1.7", r"scan is a text document"),
        ("walk.zip", b"PK\x03\x04" + bytes(40), r"walk.zip is an archive. What to do: unpack it"),
        ("project.slp", b"\x89HDF\r\n\x1a\n" + bytes(40), r"project.slp is a SLEAP project"),
        ("walk.mat", b"MATLAB 5.0 MAT-file" + bytes(40), r"walk.mat is a file of MATLAB"),
        ("model.onnx", b"\x08\x06" + bytes(40), r"model.onnx is the weights of a model"),
        ("walk.mot", b"Coordinates\nversion=1\n", r"walk.mot is a file of OpenSim"),
        ("run.sh", b"#!/bin/sh\n", r"run.sh is a script"),
    ],
)
def test_what_it_is_and_what_to_do(tmp_path, name, raw, text):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(FileError, match=text):
        read_pose(tmp_path / name, fps=30)


def test_no_ending_is_claimed_twice_or_is_one_we_read():
    endings = [ending for one in (*FOREIGN, VIDEO) for ending in one.endings]
    assert len(endings) == len(set(endings))
    assert not set(endings) & set(READABLE)


def test_a_video_by_its_name_or_its_content(tmp_path):
    from pathlib import Path

    assert is_video(Path("walk.MP4"))
    assert is_video(Path("walk"), MP4)
    assert not is_video(Path("walk.csv"), b"frame,keypoint,x,y")
    assert not is_video(Path("photo.heic"), b"\x00\x00\x00\x18ftypheic")


def test_folders_are_told_by_what_is_in_them(tmp_path, walk):
    folder = tmp_path / "clips"
    folder.mkdir()
    with pytest.raises(FileError, match=r"folder clips holds no JSON frames. Found: nothing. Expected: one recording"):
        read_pose(folder)
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(FileError, match=r"folder clips holds 2 pictures, no keypoints.*make a video of the pictures"):
        read_pose(folder)
    for name in ("w1.mp4", "w2.mp4"):
        (folder / name).write_bytes(MP4)
    with pytest.raises(FileError, match=r"holds 2 videos, no keypoints. Found: a.jpg.*give one of its files.*w1.mp4; list many"):
        read_pose(folder)
    write_pose(walk, folder / "side.csv")
    with pytest.raises(FileError, match=r"folder clips holds no JSON frames.*give one of its files"):
        read_pose(folder)
    (folder / "trials.csv").write_text("subject,sagittal\na,side.csv\n")
    with pytest.raises(FileError, match=r"give .*clips/trials.csv to `skelgait cohort`"):
        read_pose(folder)
    write_pose(walk, folder / "sagittal_pose.npz")  # what `skelgait analyze` leaves
    with pytest.raises(FileError, match=r"What to do: give .*clips/sagittal_pose.npz"):
        read_pose(folder)


def test_an_archive_with_arrays_is_no_foreigner(tmp_path, walk, equal):
    write_pose(walk, tmp_path / "walk.npz")
    assert equal(read_pose(tmp_path / "walk.npz"), walk)
    with zipfile.ZipFile(tmp_path / "empty.npz", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(FileError, match=r"empty.npz is a zip archive without numpy arrays"):
        read_pose(tmp_path / "empty.npz")
