"""Films of a cohort are real files that tell of the walk, and of nothing else."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.io.video import read_video_info
from skelgait.io.video_frames import read_frames
from skelgait.walker.look import LEGS, draw_clothes, draw_room
from skelgait.walker.populations import POPULATIONS
from skelgait.walker.scene import paint_room

SMALL = {"duration_s": 0.5, "film_px": 192, "random_state": 4}


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[sg.Trial], Path]:
    folder = tmp_path_factory.mktemp("films")
    return sg.draw_cohort(3, 2, "genu", films=folder, **SMALL), folder


def pictures(path: str) -> np.ndarray:
    return np.stack([frame for frame, _ in read_frames(path)]).astype(float)


def test_films_are_h264_of_every_frame(filmed: tuple[list[sg.Trial], Path]) -> None:
    walks, folder = filmed
    assert len(list(folder.iterdir())) == 6
    for walk in walks:
        info = read_video_info(walk.video["frontal"])
        pose = walk.pose["frontal"]
        assert info.codec == "h264"
        assert tuple(info.size) == tuple(pose.size) == (192, 108)
        assert info.frames == pose.n_frames
        assert info.fps == pytest.approx(pose.fps)
        assert Path(walk.video["frontal"]).parent == folder.resolve()


def test_a_film_is_made_once_and_the_same_again(filmed: tuple[list[sg.Trial], Path], tmp_path: Path) -> None:
    walks, folder = filmed
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = sg.draw_cohort(3, 2, "genu", films=folder, **SMALL)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert [w.video for w in again] == [w.video for w in walks]
    elsewhere = sg.draw_cohort(1, 2, "genu", films=tmp_path, **SMALL)
    for one, other in zip(walks, elsewhere, strict=False):
        assert Path(one.video["frontal"]).name == Path(other.video["frontal"]).name
        assert Path(one.video["frontal"]).read_bytes() == Path(other.video["frontal"]).read_bytes()
    plain = sg.draw_cohort(1, 1, "genu", films=tmp_path, clutter=0.0, **SMALL)
    assert plain[0].video["frontal"] not in {w.video["frontal"] for w in elsewhere}


def test_films_change_nobody(filmed: tuple[list[sg.Trial], Path]) -> None:
    """The child and the walk are what they are without films; the camera is turned to the child, from head to foot."""
    walks, _ = filmed
    bare = sg.draw_cohort(3, 2, "genu", duration_s=0.5, random_state=4)
    for one, other in zip(walks, bare, strict=True):
        assert dict(one.covariates) == dict(other.covariates)
        assert (one.labels, one.pose["frontal"].fps) == (other.labels, other.pose["frontal"].fps)
        np.testing.assert_array_equal(one.pose["frontal"].time_s, other.pose["frontal"].time_s)
        assert one.pose["frontal"].missing_share < 0.15


def test_clips_are_cut_by_the_drawn_pose(filmed: tuple[list[sg.Trial], Path], tmp_path: Path) -> None:
    walks = sg.extract_clips(filmed[0], tmp_path, side=48, margin=1.0, progress=False)
    for walk in walks:
        clip = walk.clip("frontal")
        assert clip.frames.shape[1:] == (48, 48, 3)
        assert len(clip) > 0.9 * walk.pose["frontal"].n_frames
        assert np.asarray(clip.frames, float).std() > 10
    assert not np.array_equal(walks[0].clip().frames[:5], walks[2].clip().frames[:5])


def test_the_child_is_where_its_silhouette_is() -> None:
    walk = sg.Walker(height_m=1.3).film(sg.Camera(view="frontal_towards", size=(192, 108)), fps=10, duration_s=0.3)
    random = np.random.default_rng(1)
    look = draw_room(draw_clothes(8.0, random), 0.0, random)
    first = next(iter(walk.frames(look))).astype(float)
    outline = next(walk.silhouettes())
    differs = np.abs(first - paint_room(walk.placed, (108, 192), look)[0]).max(axis=2) > 25
    assert differs[outline].mean() > 0.6 > 0.05 > differs[~outline].mean()


def test_planted_knees_are_in_the_pose_of_the_film(tmp_path: Path) -> None:
    """Read from the keypoints of the small film: the angle that was planted."""
    walks = sg.draw_cohort(10, 1, "genu", films=tmp_path, film_px=128, duration_s=2.5, clutter=0.0, random_state=2)
    measured = sg.describe(walks, progress=False)[["left_knee_valgus_mid_stance_deg", "right_knee_valgus_mid_stance_deg"]]
    left = np.array([w.covariates["truth_affected_side"] == "left" for w in walks])
    worse = np.where(left, measured.iloc[:, 0], measured.iloc[:, 1])
    planted = np.array([w.covariates["truth_knee_valgus"] for w in walks])
    known = np.isfinite(worse)
    assert known.sum() >= 7
    assert np.corrcoef(worse[known], planted[known])[0, 1] > 0.8


def test_the_knees_are_in_the_pictures(tmp_path: Path) -> None:
    """Bow legs let the room be seen between the knees; knock knees do not."""
    gaps = []
    for valgus in (-14.0, 14.0):
        walk = sg.Walker(knee_valgus_deg=valgus).film(sg.Camera(view="frontal_towards", size=(480, 270)), fps=10, duration_s=1)
        random = np.random.default_rng(3)
        frames = np.stack(list(walk.frames(draw_room(draw_clothes(9.0, random), 0.0, random)))).astype(float)
        outlines = np.stack(list(walk.silhouettes()))
        middle = np.array([walk.pose.point(f"{side}_knee") for side in ("left", "right")]).mean(axis=0).round().astype(int)
        at = np.arange(len(frames))
        gaps.append(~outlines[at, middle[:, 1], middle[:, 0]])
        assert np.abs(frames[at, middle[:, 1], middle[:, 0]] - frames[at, middle[:, 1], 5]).max() > 0
    assert gaps[0].mean() > gaps[1].mean() + 0.3


def test_rooms_and_clothes_tell_nothing_of_the_answer(tmp_path: Path) -> None:
    """What is drawn for a film comes of the child's number alone: the same whatever the child has."""
    looks = []
    for child in range(200):
        random = np.random.default_rng([0, child, 1])
        clothes = draw_clothes(8.0, random)
        looks.append(draw_room(clothes, 1.0, np.random.default_rng([0, child, 2, 0, 1])))
    assert {look.legs for look in looks} == set(LEGS)
    walks = sg.draw_cohort(200, 1, "genu", planes=[], duration_s=0.3)
    level = np.array([POPULATIONS["genu"].levels.index(w.labels["genu"]) for w in walks])
    numbers = {
        name: np.array([np.mean(asdict(look)[name]) for look in looks])
        for name in ("skin", "top", "bottom", "wall", "floor", "light", "brightness", "blur_px", "noise", "crf", "cast")
    }
    for name, values in numbers.items():
        assert abs(np.corrcoef(values, level == 2)[0, 1]) < 0.2, name
    same = sg.draw_cohort(2, 1, "genu", films=tmp_path, signs=["knee_valgus"], strength=0.0, clutter=0.3, **SMALL)
    other = sg.draw_cohort(2, 1, "genu", films=tmp_path, signs=["knee_valgus"], strength=3.0, clutter=0.3, **SMALL)
    for one, two in zip(same, other, strict=True):
        left, right = pictures(one.video["frontal"])[0], pictures(two.video["frontal"])[0]
        assert np.abs(left - right)[:40].mean() < 3, "the room above is the same for another knee"


def test_any_population_and_plane(tmp_path: Path) -> None:
    walk = sg.draw_cohort(1, 1, "gmfcs", planes=["sagittal", "frontal"], films=tmp_path, **SMALL)[0]
    assert set(walk.video) == {"sagittal", "frontal"}
    assert all(read_video_info(path).frames == walk.pose[plane].n_frames for plane, path in walk.video.items())


@pytest.mark.parametrize("options", [{"film_px": 20}, {"clutter": -1.0}, {"clutter": float("nan")}])
def test_films_that_cannot_be(options: dict, tmp_path: Path) -> None:
    with pytest.raises(SkelgaitError, match="such films cannot be made"):
        sg.draw_cohort(1, 1, films=tmp_path, **options)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be made"):
        sg.draw_cohort(1, 1, films=tmp_path / "file")


def test_children_are_whole_in_their_films_however_short_the_walk(tmp_path: Path) -> None:
    """Slow children who take small steps come no nearer to the camera than it sees."""
    how = {"duration_s": 0.6, "film_px": 64, "clutter": 0.0, "random_state": 7}
    for walk in sg.draw_cohort(6, 1, "evgs", strength=3.0, planes=["sagittal"], films=tmp_path, **how):
        for name in ("nose", "left_heel", "right_big_toe"):
            assert np.isfinite(walk.pose["sagittal"].point(name)[:, 0]).mean() > 0.6, (walk.name, name)
