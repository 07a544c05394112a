from __future__ import annotations

import json

import numpy as np
import pytest

from skelgait.core.errors import FileError, NoPerson, PoseError
from skelgait.core.skeleton import BODY25, COCO17
from skelgait.io.atomic import new_file, new_folder
from skelgait.io.poses import read_pose, write_pose


def test_every_reference_walk_is_read(data):
    files = sorted(data.glob("c3d_*/ref/*.npz"))
    assert len(files) > 20
    for path in files:
        for camera in ("kp_sag_ortho", "kp_front_persp"):
            pose = read_pose(f"{path}#{camera}")
            raw = np.load(path)
            assert pose.fps == float(raw["fps"])
            seen = raw[camera][..., 2] > 0
            assert np.allclose(pose.xy[seen], raw[camera][seen][:, :2], equal_nan=True)
            assert np.isnan(pose.xy[~seen]).all() or not (~seen).any()


@pytest.fixture
def json_walk(tmp_path, walking):
    """An AlphaPose file without a frame rate."""
    xy = walking(COCO17, 20)
    entries = [{"image_id": f"{i}.jpg", "keypoints": np.c_[p, np.ones(17)].ravel().tolist(), "score": 1} for i, p in enumerate(xy)]
    path = tmp_path / "walk.json"
    path.write_text(json.dumps(entries))
    return path


def test_the_rate_must_come_from_somewhere(json_walk):
    with pytest.raises(
        PoseError, match=r"walk.json does not say its frame rate. Found: 20 frames. What to do: give it, for example fps=60"
    ):
        read_pose(json_walk)
    pose = read_pose(json_walk, 120)
    assert (pose.fps, pose.duration_s) == (120, pytest.approx(20 / 120))
    assert "file_fps" not in pose.info


@pytest.mark.parametrize("fps", [0, -30, np.nan, np.inf])
def test_a_rate_that_is_none(json_walk, fps):
    with pytest.raises(PoseError, match=r"fps=.* is no frame rate. Expected: frames per second"):
        read_pose(json_walk, fps)


def test_a_view_that_is_none(json_walk):
    with pytest.raises(PoseError, match=r"view='side' is no view. Expected: sagittal, sagittal_left"):
        read_pose(json_walk, 30, "side")


def test_a_path_with_a_hash_that_exists_is_a_path(tmp_path, walk, equal):
    write_pose(walk, tmp_path / "walk#2.npz")
    assert equal(read_pose(tmp_path / "walk#2.npz"), walk)


def test_only_poses_are_written(tmp_path):
    with pytest.raises(FileError, match=r"only a pose can be written to a.npz. Found: ndarray. Expected: PoseSequence"):
        write_pose(np.zeros((3, 17, 2)), tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npz", "a.csv", "a.trc", "frames"])
def test_nothing_half_written_is_left(tmp_path, walk, name, monkeypatch):
    def stop(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("numpy.savez_compressed", stop)
    monkeypatch.setattr("pandas.DataFrame.to_csv", stop)
    monkeypatch.setattr("pathlib.Path.write_text", stop)
    with pytest.raises(KeyboardInterrupt):
        write_pose(walk, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_survives_a_write_that_fails(tmp_path, walk, equal, monkeypatch):
    write_pose(walk, tmp_path / "a.npz")
    monkeypatch.setattr("numpy.savez_compressed", lambda *a, **k: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match=r"disk full"):
        write_pose(walk.cut(0, 10), tmp_path / "a.npz")
    assert equal(read_pose(tmp_path / "a.npz"), walk)


def test_a_folder_that_does_not_exist_is_not_made(tmp_path, walk):
    with pytest.raises(FileError, match=r"there is no folder .*new to write a.csv into. What to do: make the folder first"):
        write_pose(walk, tmp_path / "new" / "a.csv")
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError, match=r"file is a file, not a folder"):
        write_pose(walk, tmp_path / "file")


def test_temporary_names_do_not_stay(tmp_path):
    with new_file(tmp_path / "a.txt") as path:
        path.write_text("x")
        assert not (tmp_path / "a.txt").exists()
    with new_folder(tmp_path / "b") as path:
        (path / "c").write_text("x")
        assert not (tmp_path / "b").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b"]


def test_nobody_and_too_few(tmp_path):
    np.savez(tmp_path / "nobody.npz", xy=np.full((9, 25, 2), np.nan), names=BODY25.names, fps=30)
    with pytest.raises(NoPerson, match=r"nobody was seen in nobody.npz. Found: 9 frames without a keypoint"):
        read_pose(tmp_path / "nobody.npz")
    np.savez(tmp_path / "two.npz", xy=np.full((2, 25, 2), 50.0), names=BODY25.names, fps=30)
    with pytest.raises(PoseError, match=r"two.npz is too short to show a movement. Found: 2 frames"):
        read_pose(tmp_path / "two.npz")


def test_infinite_coordinates_are_missing(tmp_path, walking):
    xy = walking(COCO17, 9)
    xy[4, 4] = np.inf
    np.savez(tmp_path / "a.npz", xy=xy, names=COCO17.names, fps=30)
    assert np.isnan(read_pose(tmp_path / "a.npz").xy[4, 4]).all()


def test_shares_from_minus_one_to_one_are_refused(tmp_path, walking):
    xy = walking(COCO17, 20)
    np.savez(tmp_path / "a.npz", xy=(xy / 500 - 1).clip(-1, 1), names=COCO17.names, fps=30)
    with pytest.raises(PoseError, match=r"coordinates of a.npz are not pixels. Found: numbers from -1 to 1"):
        read_pose(tmp_path / "a.npz", size=(1000, 1000))


def test_a_rate_that_overrules_the_file_is_told(tmp_path, walk):
    write_pose(walk, tmp_path / "side.csv")
    with pytest.warns(UserWarning, match="side.csv says 60 frames/s, you said 30: 30 is used") as told:
        pose = read_pose(tmp_path / "side.csv", 30)
    assert told[0].filename == __file__
    assert (pose.fps, pose.info["file_fps"]) == (30, 60)


def test_the_page_can_tell_that_the_rate_was_overruled(tmp_path):
    from skelgait.gait.measure import measure_plane
    from skelgait.walker import Walker

    write_pose(Walker().film(fps=60, duration_s=4).pose, tmp_path / "side.csv")
    with pytest.warns(UserWarning, match="30 is used"):
        notes = measure_plane(read_pose(tmp_path / "side.csv", 30)).notes
    assert notes[0] == "the file says 60 frames/s; 30 was given and is used"


@pytest.mark.parametrize("fps", ["60", True, [60]])
def test_a_rate_that_is_no_number(json_walk, fps):
    with pytest.raises(PoseError, match="fps is not a number"):
        read_pose(json_walk, fps)


@pytest.mark.parametrize("name", ["a.npz", "a.csv"])
def test_a_file_of_one_person_holds_no_other(tmp_path, walk, equal, name):
    write_pose(walk, tmp_path / name)
    for person in (None, 0, "walking", "largest", "longest"):
        assert equal(read_pose(tmp_path / name, person=person), walk)
    with pytest.raises(NoPerson, match=r"person 3 is not in a\..*1 person"):
        read_pose(tmp_path / name, person=3)
    for person in ("him", True):
        with pytest.raises(PoseError, match="is no way to choose a person"):
            read_pose(tmp_path / name, person=person)
