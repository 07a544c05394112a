"""The silhouettes of a walk, in memory and in their file."""

from __future__ import annotations

import copy
import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.silhouettes import PackedFrames, SilhouetteSequence


def pictures(frames: int = 12, width: int = 44, *, soft: bool = False) -> np.ndarray:
    drawn = np.random.default_rng(3).integers(0, 256, (frames, 64, width)).astype(np.uint8)
    return drawn if soft else np.where(drawn > 127, 255, 0).astype(np.uint8)


def walk(frames: np.ndarray, **settings: object) -> SilhouetteSequence:
    given = {"fps": 30, "frame": np.arange(len(frames)) * 2 + 1, "empty": [0, 2], "view": "frontal", "source": "a.mp4"}
    return SilhouetteSequence(frames, **{**given, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [44, 64])
@pytest.mark.parametrize("soft", [False, True])
def test_a_file_gives_back_what_was_saved(tmp_path: Path, width: int, soft: bool) -> None:
    frames = pictures(width=width, soft=soft)
    before = walk(frames, boxes=np.arange(48.0).reshape(12, 4), info={"segmenter": "mediapipe"})
    after = before.save(tmp_path / "walk.silhouettes.npz")
    assert isinstance(after.frames, PackedFrames) is not soft
    np.testing.assert_array_equal(np.asarray(after.frames), frames)
    for name in ("frame", "boxes", "time_s", "empty"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert (after.fps, after.view, after.source, dict(after.info)) == (30, "frontal", "a.mp4", {"segmenter": "mediapipe"})
    assert [p.name for p in tmp_path.iterdir()] == ["walk.silhouettes.npz"]
    with np.load(tmp_path / "walk.silhouettes.npz", allow_pickle=False) as plain:  # an ordinary file, for whoever has numpy only
        assert plain["frames"].nbytes == 12 * 64 * width // (1 if soft else 8)


@pytest.mark.parametrize("soft", [False, True])
def test_pictures_stay_on_the_disk_until_asked_for(tmp_path: Path, soft: bool) -> None:
    opened = walk(pictures(soft=soft)).save(tmp_path / "w.npz")
    stored = opened.frames.bits if isinstance(opened.frames, PackedFrames) else opened.frames
    while not isinstance(stored, np.memmap):
        assert stored.base is not None
        stored = stored.base
    assert Path(str(stored.filename)) == tmp_path / "w.npz"


@pytest.mark.parametrize("width", [44, 64])
def test_any_order_of_frames_is_cut_to_the_middle(tmp_path: Path, width: int) -> None:
    frames = pictures(width=width)
    side = (width - 44) // 2
    for sequence in (walk(frames), walk(frames).save(tmp_path / "w.npz")):
        for index in ([3, 0, 3], np.array([11]), slice(2, 9, 3), [-1]):
            np.testing.assert_array_equal(sequence.frames_at(index), frames[index][:, :, side : width - side])
        sequence.frames_at([0])[:] = 7  # what is given belongs to the caller
        sequence.frames_at(slice(0, 3))[:] = 7
        np.testing.assert_array_equal(sequence.frames[0], frames[0])


def test_packed_frames_index_as_an_array_does() -> None:
    frames = pictures()
    packed = PackedFrames.pack(frames)
    assert packed.shape == frames.shape
    assert len(packed) == 12
    assert packed.ndim == 3
    for index in (4, -1, slice(3, 5), [1, 1, 9], (slice(None), 3), (2, slice(0, 5), 7), ([2, 3], slice(None), slice(10, 20))):
        np.testing.assert_array_equal(packed[index], frames[index])
    np.testing.assert_array_equal(np.asarray(packed, dtype=np.float32), frames)


def test_times_and_frames_have_sensible_defaults() -> None:
    plain = SilhouetteSequence(np.ones((3, 64, 44), bool), fps=50)
    assert plain.frames.max() == 255
    assert plain.frame.tolist() == [0, 1, 2]
    assert plain.time_s.tolist() == [0, 0.02, 0.04]
    assert np.isnan(plain.boxes).all()
    assert plain.boxes.shape == (3, 4)
    assert not len(plain.empty)
    gaps = walk(pictures(3))
    np.testing.assert_allclose(gaps.time_s, np.array([1, 3, 5]) / 30)
    unknown = SilhouetteSequence(np.ones((3, 64, 44), bool), fps=np.nan)
    assert np.isnan(unknown.time_s).all()
    assert "nan fps" in repr(unknown)


def test_nobody_changes_it() -> None:
    mine = pictures()
    sequence = walk(mine)
    mine[:] = 9
    assert set(np.unique(sequence.frames)) == {0, 255}
    with pytest.raises(ValueError, match="read-only"):
        sequence.frames[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        sequence.frame[0] = 1


@pytest.mark.parametrize("saved", [False, True])
def test_it_travels_to_another_process(tmp_path: Path, saved: bool) -> None:
    sequence = walk(pictures(40, soft=True), info={"a": 1})
    if saved:
        sequence = sequence.save(tmp_path / "w.npz")
    raw = pickle.dumps(sequence)
    assert (len(raw) < 1000) is saved  # from a file: its path only
    for other in (pickle.loads(raw), copy.deepcopy(sequence)):
        np.testing.assert_array_equal(np.asarray(other.frames), np.asarray(sequence.frames))
        assert other.view == "frontal"
        assert dict(other.info) == {"a": 1}
        assert other.path == sequence.path


def test_not_knowing_the_rate_survives_a_file(tmp_path: Path) -> None:
    assert np.isnan(walk(pictures(), fps=np.nan).save(tmp_path / "w.npz").fps)


@pytest.mark.parametrize(
    ("frames", "settings", "text"),
    [
        (np.zeros((3, 128, 88), np.uint8), {}, "not of the size networks take. Found: \\(3, 128, 88\\) of uint8"),
        (np.zeros((3, 64, 44)), {}, "float64"),
        (np.zeros((0, 64, 44), np.uint8), {}, "hold no picture"),
        (np.zeros((3, 64, 44), np.uint8), {"fps": 0}, "no usable frame rate"),
        (np.zeros((3, 64, 44), np.uint8), {"view": "front"}, "unknown view. Found: 'front'"),
        (np.zeros((3, 64, 44), np.uint8), {"frame": [0, 2, 2]}, "not one rising number"),
        (np.zeros((3, 64, 44), np.uint8), {"frame": [0, 2]}, "not one rising number"),
        (np.zeros((3, 64, 44), np.uint8), {"boxes": np.zeros((2, 4))}, "boxes of .* wrong shape"),
        (np.zeros((3, 64, 44), np.uint8), {"time_s": np.zeros(2)}, "time_s of .* wrong shape"),
    ],
)
def test_refusals(frames: np.ndarray, settings: dict[str, object], text: str) -> None:
    with pytest.raises(SkelgaitError, match=text):
        walk(frames, **settings)


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no file"):
        SilhouetteSequence.open(tmp_path / "none.npz")
    target = tmp_path / "w.npz"
    walk(pictures(200, soft=True)).save(target)
    whole = target.read_bytes()

    def rewritten(**changed: object) -> bytes:
        with np.load(io.BytesIO(whole)) as arrays:
            kept = {name: arrays[name] for name in arrays.files}
        made = io.BytesIO()
        np.savez(made, **{**kept, **changed})  # type: ignore[arg-type]
        return made.getvalue()

    with np.load(io.BytesIO(whole)) as arrays:
        head = json.loads(str(arrays["head"]))
        everything = {name: arrays[name] for name in arrays.files}
    squeezed = io.BytesIO()
    np.savez_compressed(squeezed, **everything)
    listed = whole.index(b"PK\x01\x02")
    empty_zip = io.BytesIO()
    zipfile.ZipFile(empty_zip, "w").close()
    for raw in (
        b"",
        b"not a zip file",
        empty_zip.getvalue(),
        whole[: len(whole) // 2],
        squeezed.getvalue(),
        rewritten(frames=everything["frames"].astype(float)),
        rewritten(frames=np.zeros((200, 99), np.uint8)),
        rewritten(frames=np.array([{}], dtype=object)),
        rewritten(frame=np.arange(3)),
        rewritten(head=np.array("no json")),
        rewritten(head=np.array(json.dumps({**head, "skelgait_silhouettes": 99}))),
        rewritten(head=np.array(json.dumps({**head, "fps": "fast"}))),
        rewritten(head=np.array(json.dumps([1]))),
        rewritten(head=np.array(json.dumps({**head, "width": 44.0})), frames=np.zeros((200, 352), np.uint8)),
        whole[: listed + 6] + b"\xc8" + whole[listed + 7 :],  # for a zip of version 20, it says
        whole.replace(b"), }", b"),  "),  # a bracket of an array's header is gone
    ):
        target.write_bytes(raw)
        with pytest.raises(FileError, match="holds no silhouettes"):
            SilhouetteSequence.open(target)


def test_a_failed_save_leaves_nothing(tmp_path: Path) -> None:
    target = walk(pictures()).save(tmp_path / "w.npz").path
    assert target is not None
    before = Path(target).read_bytes()
    with pytest.raises(TypeError):
        walk(pictures(), info={"not plain": object()}).save(target)
    assert Path(target).read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(FileError, match="cannot be written"):
        walk(pictures()).save(tmp_path / "no_folder" / "w.npz")
