"""Small trees in the true format of the public data sets: what is read, what is kept, what is refused and what is told."""

from __future__ import annotations

import json
import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.trial import Trial
from skelgait.io.opengait import read_opengait
from skelgait.io.opengait_labels import order_scoliosis, read_partition, read_people
from skelgait.io.opengait_store import as_silhouettes
from skelgait.io.opengait_tree import list_leaves


def silhouettes(seed: int, frames: int = 12) -> np.ndarray:
    """As OpenGait pickles them: (T, 64, 64) uint8 with grey edges."""
    drawn = np.random.default_rng(seed).integers(0, 256, (frames, 64, 64)).astype(np.uint8)
    drawn[:, :, :12] = drawn[:, :, 52:] = 0
    return drawn


def keypoints(seed: int, frames: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).random((frames, 17, 3)) * [640, 360, 1]


def write(root: Path, leaf: str, content: Any, name: str | None = None, protocol: int = 4) -> Path:
    folder = root / leaf
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name or folder.name}.pkl"
    file.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol=protocol))
    return file


def read(root: Path, **settings: Any) -> list[Trial]:
    """Without the warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_opengait(root, progress=False, **settings)


@pytest.fixture
def scoliosis(tmp_path: Path) -> Path:
    """Scoliosis1K-sil-pkl: class directories in either case, the view with either line."""
    root = tmp_path / "Scoliosis1K-sil-pkl"
    for n, (kind, view) in enumerate(
        (("Positive", "000_180"), ("neutral", "000-180"), ("Negative", "000_180"), ("positive", "000_180"))
    ):
        write(root, f"{n:05d}/{kind}/{view}", silhouettes(n))
    return root


def test_scoliosis1k(scoliosis: Path) -> None:
    trials = read(scoliosis)
    assert [t.subject for t in trials] == ["00000", "00001", "00002", "00003"]
    assert [t.labels["scoliosis"] for t in trials] == ["positive", "neutral", "negative", "positive"]
    assert sg.tasks.SCOLIOSIS.encode([t.labels["scoliosis"] for t in trials]).ravel().tolist() == [2, 1, 0, 2]
    assert trials[0].name == "00000/Positive/000_180"
    assert dict(trials[1].covariates) == {"id": "00001", "type": "neutral", "angle": "000-180"}
    for n, trial in enumerate(trials):
        walk = trial.silhouette_sequence("frontal")
        np.testing.assert_array_equal(walk.frames_at(slice(None)), silhouettes(n)[:, :, 10:54])
        assert (walk.view, len(walk.empty), list(walk.frame)) == ("frontal", 0, list(range(12)))
        assert np.isnan(walk.fps)
        assert np.isnan(walk.boxes).all()
    assert list(trials[0].silhouettes) == ["frontal"]


def test_one_misspelt_class_costs_its_own_label_only(scoliosis: Path) -> None:
    write(scoliosis, "00004/Positve/000_180", silhouettes(4))
    with pytest.warns(UserWarning, match=r"walks without a label: their type is not negative, .* \(1: 00004/Positve/000_180\)"):
        trials = read_opengait(scoliosis, progress=False)
    assert [t.labels.get("scoliosis") for t in trials] == ["positive", "neutral", "negative", "positive", None]


def test_each_pickle_is_read_once_and_again_when_it_changes(scoliosis: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(scoliosis)
    kept = scoliosis.with_name("Scoliosis1K-sil-pkl_silhouettes")
    assert len(list(kept.rglob("*.silhouettes.npz"))) == 4
    assert not [p for p in kept.rglob("*") if p.is_file() and p.suffix != ".npz"]
    seen: list[str] = []

    def counted(path: Path) -> np.ndarray:
        seen.append(path.parts[-4])
        return np.asarray(pickle.loads(path.read_bytes()))

    monkeypatch.setattr("skelgait.io.opengait.read_arrays", counted)
    again = read(scoliosis)
    assert [t.silhouettes for t in again] == [t.silhouettes for t in first]
    assert seen == []
    file = write(scoliosis, "00002/Negative/000_180", silhouettes(77))
    os.utime(file, (1, 1))
    assert read(scoliosis)[2].silhouette_sequence().frames_at([0])[0].tolist() == silhouettes(77)[0, :, 10:54].tolist()
    assert seen == ["00002"]
    timed = read(scoliosis, fps=15)  # another rate is another file
    assert [t.silhouette_sequence().fps for t in timed] == [15] * 4
    assert np.isnan(read(scoliosis)[0].silhouette_sequence().fps)
    assert len(list(kept.rglob("*.silhouettes.npz"))) == 8


def test_the_store_may_be_elsewhere_and_says_when_it_cannot_be_written(scoliosis: Path, tmp_path: Path) -> None:
    trial = read(scoliosis, store=tmp_path / "mine")[0]
    assert Path(str(trial.silhouettes["frontal"])) == tmp_path / "mine/00000/Positive/000_180/000_180.silhouettes.npz"
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FileError, match=r"cannot be written.*give another folder: store="):
        read(scoliosis, store=tmp_path / "file")


def test_empty_frames_are_left_out_and_listed(tmp_path: Path) -> None:
    frames = silhouettes(1)
    frames[[0, 5]] = 0
    write(tmp_path / "d", "001/nm-01/090", frames)
    walk = read(tmp_path / "d")[0].silhouette_sequence()
    assert walk.empty.tolist() == [0, 5]
    assert walk.frame.tolist() == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]


def test_casia_b_and_ou_mvlp_pickles(tmp_path: Path) -> None:
    for leaf in ("001/nm-01/090", "001/bg-02/000", "002/cl-01/054", "002/cl-01/036"):
        write(tmp_path / "casia", leaf, silhouettes(3), protocol=2)
    trials = {t.name: t for t in read(tmp_path / "casia", label="clothes")}
    assert list(trials) == ["001/bg-02/000", "001/nm-01/090", "002/cl-01/036", "002/cl-01/054"]
    planes = {name: (*t.silhouettes, t.silhouette_sequence().view) for name, t in trials.items()}
    assert planes == {
        "001/nm-01/090": ("sagittal", "sagittal"),
        "001/bg-02/000": ("frontal", "frontal"),
        "002/cl-01/036": ("frontal", "oblique"),
        "002/cl-01/054": ("sagittal", "oblique"),
    }
    assert trials["002/cl-01/054"].labels["clothes"] == "cl-01"
    assert [t.subject for t in trials.values()] == ["001", "001", "002", "002"]
    write(tmp_path / "oumvlp", "00001/00/180", silhouettes(4))
    write(tmp_path / "oumvlp", "00001/01/270", silhouettes(5))
    assert [list(t.silhouettes) for t in read(tmp_path / "oumvlp")] == [["frontal"], ["sagittal"]]
    assert not read(tmp_path / "oumvlp")[0].labels


def mask() -> bytes:
    drawn = np.zeros((240, 320), np.uint8)
    drawn[40:168, 90:130] = 255
    return cv2.imencode(".png", drawn)[1].tobytes()


def test_masks_in_place_of_pickles(tmp_path: Path) -> None:
    for root, folder, names in (
        ("casia", "001/nm-01/090", ("001-nm-01-090-003.png", "001-nm-01-090-004.png")),
        ("oumvlp", "Silhouette_180-01/00007", ("0001.png", "0002.png")),
    ):
        (tmp_path / root / folder).mkdir(parents=True)
        for name in names:
            (tmp_path / root / folder / name).write_bytes(mask())
    (casia,), (oumvlp,) = read(tmp_path / "casia"), read(tmp_path / "oumvlp")
    assert (casia.name, oumvlp.name) == ("001/nm-01/090", "00007/01/180")
    assert casia.silhouette_sequence("sagittal").frame.tolist() == [3, 4]
    walk = oumvlp.silhouette_sequence("frontal")
    assert (walk.frames_at([0]) > 127).sum() == 64 * 20
    assert walk.boxes[0].tolist() == [66, 40, 88, 128]
    assert Path(str(casia.silhouettes["sagittal"])).name == "090.silhouettes.npz"


def test_poses_in_the_same_folder_and_in_a_tree_of_their_own(scoliosis: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    write(merged, "00000/Positive/000_180", silhouettes(0), "1_sil")
    write(merged, "00000/Positive/000_180", keypoints(0), "2_pose")
    write(merged, "00000/Positive/000_180", np.zeros((12, 2, 64, 64), np.uint8), "0_heatmap")
    with pytest.raises(FileError, match=r"how fast was .*2_pose\.pkl filmed\?"):
        read(merged)
    assert not read(merged, modalities=["silhouettes"])[0].pose
    with pytest.warns(UserWarning, match=r"pickles passed over, of shape \(frames, 2, 64, 64\) \(1: 00000/Positive/000_180\)"):
        (both,) = read_opengait(merged, fps=15, progress=False)
    pose = both.pose["frontal"]
    np.testing.assert_allclose(pose.xy, keypoints(0)[..., :2])
    assert (pose.fps, pose.view, pose.skeleton.name, len(both.silhouette_sequence())) == (15, "frontal", "coco17", 12)
    (only,) = read(merged, fps=15, modalities=["pose"])
    assert (list(only.pose), list(only.silhouettes)) == (["frontal"], [])

    poses = tmp_path / "Scoliosis1K-pose-pkl"
    for trial, kind in zip(read(scoliosis), ("positive", "Neutral", "negative", "Positive"), strict=True):
        file = write(poses, f"{trial.subject}/{kind}/000_180", keypoints(int(trial.subject)))
        twin = next((scoliosis / trial.subject).rglob("*.pkl"))
        os.utime(file, ns=(twin.stat().st_mtime_ns, twin.stat().st_mtime_ns))  # unpacked in the same second
    for _ in range(2):  # silhouettes made, and found again
        for n, trial in enumerate(read(scoliosis, pose_root=poses, fps=15)):
            np.testing.assert_allclose(trial.pose["frontal"].xy, keypoints(n)[..., :2])
            assert trial.silhouette_sequence("frontal").frames_at([3]).tolist() == silhouettes(n)[3:4, :, 10:54].tolist()


class Runs:
    """A pickle that would make a file when it is read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.target}",)


def test_hostile_and_broken_pickles_are_passed_over_and_told(scoliosis: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    write(scoliosis, "00004/Positive/000_180", Runs(trap))
    write(scoliosis, "00005/Positive/000_180", [silhouettes(0), Runs(trap)])
    write(scoliosis, "00006/Positive/000_180", b"c__builtin__\neval\n(S'open(\"" + str(trap).encode() + b'", "w")\'\ntR.')
    write(scoliosis, "00007/Positive/000_180", pickle.dumps(silhouettes(0))[:1000])
    write(scoliosis, "00008/Positive/000_180", {"silhouettes": 3})
    write(scoliosis, "00009/Positive/000_180", np.zeros((4, 64, 64), np.uint8))
    write(scoliosis, "00010/Positive/000_180", np.zeros((4, 50, 70), np.uint8))
    write(scoliosis, "00011/Positive/000_180", np.full((4, 64, 64), 900))
    write(scoliosis, "00012/Positive/000_180", b"")
    with pytest.warns(UserWarning, match="files passed over") as told:
        trials = read_opengait(scoliosis, progress=False)
    assert not trap.exists()
    assert len(trials) == 4
    text = str(told[0].message)
    for part in (
        "one that is refused: this pickle would run code of its own (3: 00004/Positive/000_180, 00005/Positive/000_180, 00006",
        "one that is a pickle that breaks off or cannot be read (2: 00007/Positive/000_180, 00012",
        "one that holds no array of frames (1: 00008",
        "one that holds no silhouette (1: 00009",
        "pickles passed over, of shape (frames, 50, 70) (1: 00010",
        "the pictures of one that leave 0 to 255 (1: 00011",
    ):
        assert part in text
    for file in scoliosis.rglob("*.pkl"):
        if int(file.parts[-4]) < 4:
            file.unlink()
    with pytest.raises(FileError, match=r"nothing in .* can be read. Found: files passed over"):
        read(scoliosis)
    assert not trap.exists()


def test_ids_that_are_recordings_are_told_loudly_and_people_mend_it(scoliosis: Path, tmp_path: Path) -> None:
    with pytest.warns(
        UserWarning, match="AN ID HERE IS A RECORDING, NOT KNOWN TO BE A PERSON .each of the 4 ids has one walk; all of Sco"
    ):
        read_opengait(scoliosis, progress=False)
    table = tmp_path / "people.csv"
    table.write_text("id,person\n00000,anna\n00001,ben\n00002,cleo\n00003,anna\n")
    partition = tmp_path / "split.json"
    partition.write_text(json.dumps({"TRAIN_SET": ["00000", "00001"], "TEST_SET": ["00002", "00003", "00099"]}))
    with pytest.warns(UserWarning, match="on both sides") as told:
        trials = read_opengait(scoliosis, people=table, partition=partition, progress=False)
    assert [t.subject for t in trials] == ["anna", "ben", "cleo", "anna"]
    assert [t.covariates["split"] for t in trials] == ["train", "train", "test", "test"]
    texts = [str(one.message) for one in told]
    assert len(texts) == 2
    assert "ids of the partition that are not there (1: 00099)" in texts[0]
    assert "the partition has 1 people on both sides (anna)" in texts[1]
    sides = [[t for t in trials if t.covariates["split"] == side] for side in ("train", "test")]
    with pytest.raises(SkelgaitError, match="1 leak between train and test"):
        sg.leakage_check(*sides)
    write(tmp_path / "casia", "001/nm-01/090", silhouettes(1))
    write(tmp_path / "casia", "001/nm-02/090", silhouettes(2))
    write(tmp_path / "casia", "002/nm-01/090", silhouettes(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_opengait(tmp_path / "casia", progress=False)  # 001 walks twice: ids are people


def test_partitions(scoliosis: Path, tmp_path: Path) -> None:
    content = {"TRAIN_SET": ["00000", "00003"], "TEST_SET": ["00001"]}
    (tmp_path / "Scoliosis1K_118.json").write_text(json.dumps(content))
    with pytest.warns(UserWarning, match=r"ids that the partition does not have are in no set \(1: 00002\)"):
        trials = read_opengait(scoliosis, partition="1:1:8", progress=False)
    assert [t.covariates.get("split") for t in trials] == ["train", "test", None, "train"]
    for ratio in ("1:1:2", "1:1:4", "1:1:16"):
        name = f"Scoliosis1K_{ratio.replace(':', '')}.json"
        with pytest.raises(FileError, match=f"there is no {name}"):
            read(scoliosis, partition=ratio)
        (scoliosis / name).write_text(json.dumps(content))
        assert read_partition(ratio, scoliosis) == {"00000": "train", "00003": "train", "00001": "test"}
    for wrong in ("no json", "[]", '{"TRAIN_SET": ["1"]}', '{"TRAIN_SET": 3, "TEST_SET": []}'):
        (tmp_path / "wrong.json").write_text(wrong)
        with pytest.raises(FileError, match=r"wrong\.json is no partition"):
            read_partition(tmp_path / "wrong.json", scoliosis)
    (tmp_path / "wrong.json").write_text('{"TRAIN_SET": ["1", "2"], "TEST_SET": ["2", "3"]}')
    with pytest.raises(FileError, match=r"has 1 ids on both sides. Found: 2"):
        read_partition(tmp_path / "wrong.json", scoliosis)


def test_lists_of_people(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    file.write_text('{"00000": "anna"}')
    assert read_people(file) == read_people({"00000": "anna"}) == {"00000": "anna"}
    table = tmp_path / "people.csv"
    table.write_bytes("\ufeffid,person,age\n00000, anna ,9\n00000,anna,9\n".encode())
    assert read_people(table) == {"00000": "anna"}
    for wrong in ("who,person\n1,a\n", "id,person\n1\n", ""):
        table.write_text(wrong)
        if wrong:
            with pytest.raises(FileError, match=r"people\.csv does not say who the ids are"):
                read_people(table)
    table.write_text("id,person\n1,anna\n1,ben\n")
    with pytest.raises(FileError, match=r"id '1' is nobody, or two people. Found: 'anna' and 'ben'"):
        read_people(table)


def test_a_view_that_is_no_angle_must_be_given(tmp_path: Path) -> None:
    write(tmp_path / "grew", "00001/seq/cam3", silhouettes(1))
    with pytest.raises(FileError, match=r'from where did the camera look. Found: a folder named .cam3.. .*view="frontal"'):
        read(tmp_path / "grew")
    (trial,) = read(tmp_path / "grew", view="frontal_towards")
    assert trial.silhouette_sequence("frontal").view == "frontal_towards"
    with pytest.raises(FileError, match="unknown view 'front'"):
        read(tmp_path / "grew", view="front")


def test_trees_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no file or folder"):
        read(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match=r"there are no walks in .*Found: an empty folder. Expected: <root>/<id>/<type>/<view>"):
        read(tmp_path / "empty")
    write(tmp_path / "flat", "00001", silhouettes(1))
    with pytest.raises(FileError, match=r"there are no walks in .*Found: 00001"):
        read(tmp_path / "flat")
    with pytest.raises(FileError, match="is no folder"):
        list_leaves(tmp_path / "flat" / "00001" / "00001.pkl")
    with pytest.raises(FileError, match=r"what is to be read. Found: depth"):
        read(tmp_path / "flat", modalities=["depth"])


def test_forms_of_silhouettes() -> None:
    frames = silhouettes(1)
    np.testing.assert_array_equal(as_silhouettes(frames, "a"), frames)
    np.testing.assert_array_equal(as_silhouettes(frames[:, None], "a"), frames)
    np.testing.assert_array_equal(as_silhouettes(frames.astype(float) / 255, "a"), frames)
    np.testing.assert_array_equal(as_silhouettes(frames.astype(np.int64), "a"), frames)
    np.testing.assert_array_equal(as_silhouettes(frames > 127, "a"), np.where(frames > 127, 255, 0))
    np.testing.assert_array_equal(as_silhouettes((frames > 127).astype(np.uint8), "a"), np.where(frames > 127, 255, 0))
    np.testing.assert_array_equal(as_silhouettes(np.kron(frames[:, :, 10:54], np.ones((2, 2), np.uint8)), "a"), frames[:, :, 10:54])
    assert as_silhouettes(keypoints(0), "a") is None
    with pytest.raises(FileError, match=r"the pictures of a leave 0 to 255. Found: -3 to"):
        as_silhouettes(frames.astype(int) - 3, "a")


def test_both_orders_of_numbers() -> None:
    rng = np.random.default_rng(0)
    names = {"2025": ["negative", "neutral", "positive"], "2024": ["negative", "positive", "neutral"]}
    codes = rng.integers(-1, 3, 20)
    moved = order_scoliosis(codes, given="2024")
    for old, new in zip(codes, moved, strict=True):
        assert (old == new == -1) or names["2024"][old] == names["2025"][new]
    p = rng.random((5, 16, 3))
    q = order_scoliosis(p, given="2024", wanted="2025")
    for k, name in enumerate(names["2025"]):
        np.testing.assert_array_equal(q[..., k], p[..., names["2024"].index(name)])
    np.testing.assert_array_equal(order_scoliosis(q, given="2025", wanted="2024"), p)
    np.testing.assert_array_equal(order_scoliosis(codes, given="2025"), codes)
    with pytest.raises(SkelgaitError, match="unknown order '2023'"):
        order_scoliosis(codes, given="2023")
    with pytest.raises(SkelgaitError, match=r"a class number is too large. Found: 3"):
        order_scoliosis(np.array([3]), given="2024")
    with pytest.raises(SkelgaitError, match="not answers on three classes"):
        order_scoliosis(np.zeros((3, 4)), given="2024")
