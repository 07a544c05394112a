"""A video clip of a walk, in memory and in its file."""

from __future__ import annotations

import copy
import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.clip import Clip
from skelgait.core.errors import FileError, SkelgaitError


def pictures(frames: int = 12, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (frames, 20, 16, channels)).astype(np.uint8)


def clip(frames: np.ndarray, **settings: object) -> Clip:
    given = {"fps": 25, "view": "frontal", "source": "a.mp4"}
    return Clip(frames, **{**given, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_gives_back_what_was_saved_and_stays_on_the_disk(tmp_path: Path, channels: int) -> None:
    frames, uneven = pictures(channels=channels), np.cumsum(np.arange(1.0, 13.0))
    before = clip(frames, time_s=uneven, boxes=np.arange(48.0).reshape(12, 4), info={"margin": 1.5})
    after = before.save(tmp_path / "walk.clip.npz")
    assert isinstance(after.frames, np.memmap)
    assert Path(str(after.frames.filename)) == tmp_path / "walk.clip.npz"
    for name in ("frames", "time_s", "boxes"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert (after.fps, after.view, after.source, dict(after.info)) == (25, "frontal", "a.mp4", {"margin": 1.5})
    assert after.channels == channels
    assert [p.name for p in tmp_path.iterdir()] == ["walk.clip.npz"]
    with np.load(tmp_path / "walk.clip.npz", allow_pickle=False) as plain:  # an ordinary file, for whoever has numpy only
        np.testing.assert_array_equal(plain["frames"], frames)


def test_any_order_of_frames_belongs_to_the_caller(tmp_path: Path) -> None:
    frames = pictures()
    for one in (clip(frames), clip(frames).save(tmp_path / "c.npz")):
        for index in ([3, 0, 3], np.array([11]), slice(2, 9, 3), [-1]):
            np.testing.assert_array_equal(one.frames_at(index), frames[index])
        one.frames_at([0])[:] = 7
        one.frames_at(slice(0, 3))[:] = 7
        np.testing.assert_array_equal(one.frames[0], frames[0])
    assert "12 frames of 16 x 20 x 3, 25 fps" in repr(clip(frames))


def test_nobody_changes_it_and_times_have_a_default() -> None:
    mine = pictures(3)
    one = clip(mine)
    mine[:] = 9
    assert one.frames.max() > 9
    with pytest.raises(ValueError, match="read-only"):
        one.frames[0] = 1
    np.testing.assert_allclose(one.time_s, [0, 0.04, 0.08])
    assert np.isnan(one.boxes).all()
    assert one.with_(view="sagittal").view == "sagittal"


def test_a_part_keeps_its_times_and_stays_on_the_disk(tmp_path: Path) -> None:
    frames = pictures()
    whole = clip(frames, time_s=np.arange(12) * 0.1 + 3, boxes=np.arange(48.0).reshape(12, 4)).save(tmp_path / "c.npz")
    part = whole.cut(3.2, 3.7)
    assert isinstance(part.frames, np.memmap)
    np.testing.assert_array_equal(part.frames, frames[2:7])
    np.testing.assert_allclose(part.time_s, [3.2, 3.3, 3.4, 3.5, 3.6])
    np.testing.assert_array_equal(part.boxes, whole.boxes[2:7])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(part)).frames, frames[2:7])  # and not the whole file
    with pytest.raises(SkelgaitError, match=r"no picture from 5 to 6 s. Found: 3.00 to 4.10 s"):
        whole.cut(5, 6)


@pytest.mark.parametrize("saved", [False, True])
def test_it_travels_to_another_process(tmp_path: Path, saved: bool) -> None:
    one = clip(pictures(), info={"a": 1})
    one = one.save(tmp_path / "c.npz") if saved else one
    raw = pickle.dumps(one)
    assert (len(raw) < 1000) is saved  # from a file: its path only
    for other in (pickle.loads(raw), copy.deepcopy(one)):
        np.testing.assert_array_equal(other.frames, one.frames)
        assert (other.view, dict(other.info), other.path) == ("frontal", {"a": 1}, one.path)


@pytest.mark.parametrize(
    ("frames", "settings", "text"),
    [
        (np.zeros((3, 8, 8), np.uint8), {}, "no pictures as networks of video take them. Found: \\(3, 8, 8\\) of uint8"),
        (np.zeros((3, 8, 8, 2), np.uint8), {}, "\\(3, 8, 8, 2\\)"),
        (np.zeros((3, 8, 8, 3)), {}, "float64"),
        (np.zeros((0, 8, 8, 3), np.uint8), {}, "holds no picture"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"fps": 0}, "no usable frame rate"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"fps": np.nan}, "no usable frame rate"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"view": "front"}, "unknown view. Found: 'front'"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"boxes": np.zeros((2, 4))}, "boxes of .* wrong shape"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"time_s": np.zeros(2)}, "time_s of .* wrong shape"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"time_s": [0, 1, 1]}, "does not rise"),
        (np.zeros((3, 8, 8, 3), np.uint8), {"time_s": [0, 1, np.nan]}, "does not rise"),
    ],
)
def test_refusals(frames: np.ndarray, settings: dict[str, object], text: str) -> None:
    with pytest.raises(SkelgaitError, match=text):
        clip(frames, **settings)


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no file"):
        Clip.open(tmp_path / "none.npz")
    target = tmp_path / "c.npz"
    clip(pictures()).save(target)
    whole = target.read_bytes()
    with np.load(io.BytesIO(whole)) as arrays:
        kept = {name: arrays[name] for name in arrays.files}
    head = json.loads(str(kept["head"]))
    foreign = [
        {"frames": kept["frames"].astype(float)},
        {"frames": kept["frames"][..., 0]},
        {"frames": np.array([{}], dtype=object)},
        {"time_s": np.arange(3)},
        {"head": np.array("no json")},
        {"head": np.array(json.dumps({**head, "skelgait_clip": 99}))},
        {"head": np.array(json.dumps({**head, "fps": "fast"}))},
    ]
    empty, squeezed = io.BytesIO(), io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    np.savez_compressed(squeezed, **kept)
    raws = [b"", b"not a zip file", empty.getvalue(), squeezed.getvalue(), whole[: len(whole) // 2]]
    for changed in foreign:
        made = io.BytesIO()
        np.savez(made, **{**kept, **changed})  # type: ignore[arg-type]
        raws.append(made.getvalue())
    for raw in raws:
        target.write_bytes(raw)
        with pytest.raises(FileError, match="holds no clip"):
            Clip.open(target)


def test_a_failed_save_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "c.npz"
    before = clip(pictures()).save(target)
    raw = target.read_bytes()
    with pytest.raises(TypeError):
        clip(pictures(), info={"not plain": object()}).save(target)
    assert target.read_bytes() == raw
    with pytest.raises(FileError, match="cannot be written"):
        before.save(tmp_path / "no_folder" / "c.npz")
    assert before.save(target).frames_at([1]).any()  # over the file it is mapped from
    assert len(list(tmp_path.iterdir())) == 1
