"""Small trees in the true form of the public ChildGait poses: what is read, what is joined, what is told, what is refused."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO23, WHOLEBODY133
from skelgait.core.trial import Trial
from skelgait.io.childgait import read_childgait
from skelgait.io.childgait_frames import see_heading
from skelgait.io.childgait_labels import PATTERNS, TEST
from tests.childgait_tree import instance, made_up_pose, write_clip, write_frame, write_track1, write_track2

TYPICAL = [0] * 17
SOME = [1, 0, 1] + [0] * 13 + [1]


def read(root: Path, **settings: Any) -> tuple[list[Trial], str]:
    """The trials, and what was told."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        trials = read_childgait(root, progress=False, **settings)
    return trials, "; ".join(str(one.message) for one in told)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three children of the training set and one of the test set, with labels."""
    write_clip(tmp_path, 1, made_up_pose(seed=1), start=203)
    write_clip(tmp_path, 1, made_up_pose(view="frontal_away", seed=2), start=50)
    write_clip(tmp_path, 2, made_up_pose(view="sagittal_right", seed=3))
    write_clip(tmp_path, 4, made_up_pose(view="frontal_towards", seed=4))
    write_track1(tmp_path, {1: (TYPICAL, SOME), 2: (SOME, TYPICAL)})
    write_track2(tmp_path, {1: ("type3", "WNL")})
    return tmp_path


def test_a_visit_of_two_views_with_its_labels(tree: Path) -> None:
    trials, told = read(tree)
    assert told == ""
    assert [t.subject for t in trials] == ["0001", "0002", "0004"]
    visit = trials[0]
    assert visit.name == "0001-0001_left_203-214+0001-0001_backward_50-61"
    side, front = visit.pose["sagittal"], visit.pose["frontal"]
    made = made_up_pose(seed=1)
    np.testing.assert_allclose(side.xy, made.xy[:, :23])
    np.testing.assert_allclose(side.confidence, made.confidence[:, :23])
    assert side.skeleton == COCO23
    assert (side.view, front.view) == ("sagittal_left", "frontal_away")
    assert (side.fps, side.size, side.source) == (59.0, (1920, 1080), "0001-0001_left_203-214")
    assert side.info["film"] == "0001-0001_left_203-214.mp4"
    assert dict(visit.covariates) == {
        "session": "0001",
        "track": 1,
        "split": "train",
        "sagittal_film": "0001-0001_left_203-214",
        "frontal_film": "0001-0001_backward_50-61",
    }
    assert visit.labels["evgs"] == [*TYPICAL, *SOME]
    assert sg.tasks.EVGS_BINARY.encode([visit.labels["evgs"]])[0].tolist() == [*TYPICAL, *SOME]
    assert sg.tasks.CP_PATTERN.encode([visit.labels["cp_pattern"]]).tolist() == [[3, 0]]
    assert dict(trials[2].labels) == {}
    assert [t.covariates["split"] for t in trials] == ["train", "train", "test"]
    for given in (tree / "dataset", str(tree)):
        assert [t.name for t in read(given)[0]] == [t.name for t in trials]


def test_all_keypoints(tree: Path) -> None:
    trials, _ = read(tree, keypoints="all")
    np.testing.assert_allclose(trials[0].pose["sagittal"].xy, made_up_pose(seed=1).xy)
    assert trials[0].pose["sagittal"].skeleton == WHOLEBODY133
    assert WHOLEBODY133.names[:23] == COCO23.names


def test_splits_of_both_tracks(tree: Path) -> None:
    assert (len(TEST[1]), len(TEST[2])) == (16, 9)
    assert set(PATTERNS.values()) == set(sg.tasks.CP_PATTERN.levels)
    assert (
        sg.tasks.CP_PATTERN.encode([[w, w] for w in PATTERNS]).tolist()
        == sg.tasks.CP_PATTERN.encode([[p, p] for p in PATTERNS.values()]).tolist()
    )
    trials, _ = read(tree, track=2)
    assert [t.covariates.get("split") for t in trials] == ["train", None, "test"]
    assert {t.covariates["track"] for t in trials} == {2}


def test_joining(tmp_path: Path) -> None:
    for session, start, view in (
        (1, 900, "sagittal_left"), (1, 10, "sagittal_right"), (1, 500, "frontal_towards"),
        (2, 30, "frontal_away"), (2, 90, "frontal_towards"), (3, 5, "frontal_away"),
    ):  # fmt: skip
        write_clip(tmp_path, 7, made_up_pose(5, view=view), session=session, start=start)
    names = {join: [t.name for t in read(tmp_path, join=join)[0]] for join in ("child", "session", None)}
    first = "0007-0001_right_10-14+0007-0001_forward_500-504"
    assert names["child"] == [
        first,
        "0007-0001_left_900-904+0007-0002_backward_30-34",
        "0007-0002_forward_90-94",
        "0007-0003_backward_5-9",
    ]
    assert names["session"] == [
        first, "0007-0001_left_900-904", "0007-0002_backward_30-34", "0007-0002_forward_90-94", "0007-0003_backward_5-9",
    ]  # fmt: skip
    assert len(names[None]) == 6
    assert read(tmp_path)[0][1].covariates["session"] == "0001, 0002"


def test_video_info_that_is_on_the_last_frames_only_or_nowhere(tmp_path: Path) -> None:
    write_clip(tmp_path, 1, made_up_pose(fps=50), stated=[-1])
    write_clip(tmp_path, 2, made_up_pose(fps=50), stated=[5])
    write_clip(tmp_path, 3, made_up_pose(fps=50), stated=[])
    trials, told = read(tmp_path)
    assert [t.pose["sagittal"].fps for t in trials] == [50.0, 50.0, 60.0]
    assert trials[2].pose["sagittal"].size == (1920, 1080)
    assert [t.covariates.get("sagittal_assumed") for t in trials] == [None, None, "60 frames a second, 1920 x 1080 pixels"]
    assert "no frame states it are taken to have 60 frames a second, 1920 x 1080 pixels (1: 0003-0001_left_100-111)" in told
    assert read(tmp_path, fps=30)[0][2].pose["sagittal"].fps == 30.0


def test_frames_that_are_skipped_or_damaged_or_empty_are_frames_of_nothing(tmp_path: Path) -> None:
    folder = write_clip(tmp_path, 1, made_up_pose(14))
    (folder / "frame_000003.json").unlink()
    (folder / "frame_000004.json").write_bytes((folder / "frame_000004.json").read_bytes()[:-900])
    (folder / "frame_000005.json").write_bytes(b"")
    write_frame(folder, 6, [])
    (folder / "frame_000007.json").write_text('{"instance_info": [{"keypoints": [[1, 2]], "keypoint_scores": [0.5]}]}')
    (folder / "frame_000008.json").write_text('["nothing"]')
    odd = instance(*(array[9] for array in (made_up_pose(14).xy, made_up_pose(14).confidence)))
    write_frame(folder, 9, [odd | {"keypoints": [["x", 1]] * 133}])
    write_frame(
        folder,
        10,
        [
            odd
            | {
                "keypoints": [[None, 1.0], [0, 0], *odd["keypoints"][2:]],
                "keypoint_scores": [1.0, 0.0, *odd["keypoint_scores"][2:]],
            }
        ],
    )
    trials, told = read(tmp_path)
    pose = trials[0].pose["sagittal"]
    assert pose.n_frames == 14
    assert np.flatnonzero(np.isnan(pose.xy).all(axis=(1, 2))).tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert np.flatnonzero(np.isnan(pose.xy[10, :, 0])).tolist() == [0, 1]
    np.testing.assert_allclose(pose.time_s, np.arange(14) / 59)
    for why in (
        "they break off or are no JSON",
        "they are empty",
        "they hold 1 keypoints, not 133",
        "they have no list instance_info",
    ):
        assert f"clips with frames left out because {why} (1: 0001-0001_left_100-113)" in told
    assert "their keypoints or scores are not numbers of one shape" in told
    assert "as many frames" not in told


def test_numbers_of_frames(tmp_path: Path) -> None:
    pose = made_up_pose(10)

    def frames(child: int, named: list[int], index: list[Any]) -> Path:
        folder = write_clip(tmp_path, child, pose)
        for path in folder.iterdir():
            path.unlink()
        for k, (n, i) in enumerate(zip(named, index, strict=True)):
            write_frame(folder, n, [instance(pose.xy[k], pose.confidence[k])], film={"fps": 60, "width": 9, "height": 9}, index=i)
        return folder

    frames(1, [1, 2, 3, 5], [0, 1, 2, 4])  # named from one, counted from nought
    frames(2, [0, 1, 2, 3], [0, 1, 3, 5])  # what is inside knows of gaps
    frames(3, [0, 1, 2, 3], [0, None, 7, 7])  # nonsense
    frames(4, [0, 2, 4, 6], [0, 2, 4, 6])  # every second frame
    trials, told = read(tmp_path)
    seen = [np.flatnonzero(~np.isnan(t.pose["sagittal"].xy[:, 0, 0])).tolist() for t in trials]
    assert seen == [[0, 1, 2, 4], [0, 1, 3, 5], [0, 1, 2, 3], [0, 1, 2, 3]]
    assert [t.pose["sagittal"].fps for t in trials] == [60, 60, 60, 30]
    assert "frame_index and names of files disagree: the names are followed (1: 0003" in told
    assert "clips that do not have as many frames as their name says (4: 0001" in told


def test_the_first_of_several_people_is_taken_and_told(tmp_path: Path) -> None:
    pose, other = made_up_pose(), made_up_pose(seed=9)
    folder = write_clip(tmp_path, 1, pose)
    write_frame(folder, 4, [instance(pose.xy[4], pose.confidence[4]), instance(other.xy[4], other.confidence[4])])
    trials, told = read(tmp_path)
    np.testing.assert_allclose(trials[0].pose["sagittal"].xy, pose.xy[:, :23])
    assert "clips with several people in a frame: the first is taken (1: 0001-0001_left_100-111)" in told


def test_scores_beyond_one_and_several_rates(tmp_path: Path) -> None:
    pose = made_up_pose()
    folder = write_clip(tmp_path, 1, pose)
    high = instance(pose.xy[0], pose.confidence[0])
    write_frame(
        folder, 0, [high | {"keypoint_scores": [1.04, *high["keypoint_scores"][1:]]}], film={"fps": 30, "width": 640, "height": 480}
    )
    write_frame(folder, 1, [{k: v for k, v in high.items() if k != "keypoint_scores"}], film={"fps": "fast"})
    trials, told = read(tmp_path)
    side = trials[0].pose["sagittal"]
    assert (side.confidence[0, 0], side.confidence[1, 3], side.fps) == (1.0, 1.0, 59.0)
    assert "several rates or sizes: the most frequent is taken (1" in told


@pytest.mark.parametrize("view", ["sagittal_left", "sagittal_right", "frontal_towards", "frontal_away"])
def test_the_view_is_the_walkers_heading_whatever_the_folder_is_called(tmp_path: Path, view: str) -> None:
    plane = view.split("_")[0]
    walk = sg.Walker().film(sg.Camera(view=view), fps=60, duration_s=3, skeleton=WHOLEBODY133, noise_px=2, tell_view=True).pose
    assert see_heading(walk, plane) == {"left": -1, "right": 1, "towards": 1, "away": -1}[view.split("_")[1]]
    wrong = {"sagittal_left": "right", "sagittal_right": "left", "frontal_towards": "backward", "frontal_away": "forward"}[view]
    write_clip(tmp_path, 1, walk)
    write_clip(tmp_path, 2, walk, view=wrong)
    trials, told = read(tmp_path)
    assert [t.pose[plane].view for t in trials] == [view, view]
    assert told.count("another view than the walker's heading: the heading is followed (1: 0002") == 1
    follow = sg.Walker().film(sg.Camera(view=view, follow="track"), fps=60, duration_s=3, skeleton=WHOLEBODY133).pose
    assert see_heading(follow, plane) == (0 if plane == "frontal" else {"left": -1, "right": 1}[view.split("_")[1]])


def test_folders_that_are_no_clips(tree: Path) -> None:
    (tree / "dataset/0001/0001-0001_above_1-2_filtered_pose").mkdir()
    (tree / "dataset/0001/0002-0001_left_1-20_filtered_pose").mkdir()
    (tree / "dataset/0002/0002-0001_left_1-20_filtered_pose").mkdir()
    short = write_clip(tree, 5, made_up_pose(3))
    (short / "frame_000002.json").unlink()
    silent = write_clip(tree, 6, made_up_pose(3))
    for n in range(3):
        write_frame(silent, n, [])
    (tree / "dataset/notes").mkdir()
    trials, told = read(tree)
    assert [t.subject for t in trials] == ["0001", "0002", "0004"]
    for part in (
        "folders passed over whose name is no clip's (1: 0001/0001-0001_above_1-2_filtered_pose)",
        "clips passed over that name another child than their folder (1: 0001/0002-0001_left_1-20_filtered_pose)",
        "clips passed over because there is no frame_*.json (1: 0002-0001_left_1-20)",
        "clips passed over because they have fewer than 3 frames (1: 0005",
        "clips passed over because nobody is in any frame (1: 0006",
    ):
        assert part in told


def test_films_beside_the_poses(tree: Path) -> None:
    films = tree / "films" / "a"
    films.mkdir(parents=True)
    film = films / "0001-0001_backward_50-61.mp4"
    film.write_bytes(b"x")
    (films / "other.mp4").write_bytes(b"x")
    trials, _ = read(tree, videos=tree / "films")
    assert dict(trials[0].video) == {"frontal": str(film)}
    assert not trials[1].video


def test_labels(tree: Path) -> None:
    write_track1(tree, {1: ([None, *TYPICAL[1:]], SOME), 9: (TYPICAL, TYPICAL)})
    trials, told = read(tree)
    assert trials[0].labels["evgs"][:2] == [None, 0]
    for part in (
        "children with items that nobody scored (1: 1)",
        "children with labels and without a clip (1: 9)",
        "training children without labels (1: 2)",
    ):
        assert part in told
    rows = json.loads((tree / "track1_train.json").read_text())
    rows[0]["right"]["Total"] = 5
    apart = tree / "gt"
    apart.mkdir()
    (apart / "track1_train.json").write_text(json.dumps(rows))
    _, told = read(tree, labels=apart)
    assert "Total is not the sum of their items: the items are believed (1: 1 right)" in told
    assert "there is no track2_train.json: track 2 has no labels" in told
    for change, words in (
        ({"patient_id": 9}, r"has a child twice. Found: 9"),
        ({"left": {"1": 2}}, r"child 1 has an item that is neither 0 nor 1. Found: 2"),
        ({"left": 3}, r"is no list of labels. Found: TypeError"),
        ({"patient_id": "x"}, r"is no list of labels. Found: ValueError"),
    ):
        (apart / "track1_train.json").write_text(json.dumps([{**rows[0], **change}, rows[1]]))
        with pytest.raises(FileError, match=words):
            read(tree, labels=apart)
    (apart / "track1_train.json").write_text("[{]")
    with pytest.raises(FileError, match=r"track1_train\.json is no list of labels"):
        read(tree, labels=apart)
    (apart / "track1_train.json").unlink()
    with pytest.raises(FileError, match="there are no labels in"):
        read(tree, labels=apart)
    write_track2(apart, {1: ("type1", "type9")})
    with pytest.raises(FileError, match=r"child 1 has an unknown gait_subtype. Found: 'type9'. Expected: WNL, type1"):
        read(tree, labels=apart)


def test_what_is_no_such_tree(tmp_path: Path, tree: Path) -> None:
    with pytest.raises(FileError, match="there is no file or folder"):
        read(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match=r"there is no clip in .*empty. Found: nothing. Expected: <child>/<child>-<session>"):
        read(tmp_path / "empty")
    with pytest.raises(FileError, match=r"there is no clip in .*0001. Found: 0001-0001_backward"):
        read(tree / "dataset" / "0001")
    for settings, words in (
        ({"track": 3}, r"track=3 means nothing here. Expected: 1 or 2"),
        ({"join": "both"}, r"join='both' means nothing here. Expected: 'child' or 'session' or None"),
        ({"keypoints": "hands"}, r"keypoints='hands' means nothing"),
        ({"fps": 0}, r"fps=0 is no frame rate"),
    ):
        with pytest.raises(FileError, match=words):
            read(tree, **settings)
    folder = tmp_path / "broken"
    write_clip(folder, 1, made_up_pose(4))
    for path in (folder / "dataset").rglob("*.json"):
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FileError, match=r"no clip of .* can be read. Found: .*because they break off or are no JSON \(1: 0001"):
        read(folder)


def test_the_two_test_sets_and_the_leak_between_the_tracks(tree: Path) -> None:
    leaking = [child for child in TEST[2] if child not in TEST[1]]
    assert len(leaking) == 6
    write_clip(tree, 6, made_up_pose())
    write_track1(tree, {1: (TYPICAL, SOME), 2: (SOME, TYPICAL), 6: (SOME, SOME)})
    first = [t for t in read(tree)[0] if t.covariates["split"] == "train"]
    second = [t for t in read(tree, track=2)[0] if t.covariates.get("split") == "test"]
    with pytest.raises(sg.SkelgaitError, match="0006"):
        sg.leakage_check(first, second)
