from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from skelgait.core.errors import NoPerson, SkelgaitError, VideoError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BLAZEPOSE33, COCO17
from skelgait.estimation.estimate import estimate_pose
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.mediapipe_pose import MediapipePose
from skelgait.io.video_frames import read_frames
from skelgait.io.video_writing import write_video
from skelgait.walker import Camera, Walker
from skelgait.walker.film import Walk

Piece = Callable[[str, int, int], Path]
LEGS = ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle")
OPENPOSE = {"left_hip": 12, "right_hip": 9, "left_knee": 13, "right_knee": 10, "left_ankle": 14, "right_ankle": 11}


def off_by_legs(pose: PoseSequence, truth: dict[str, np.ndarray]) -> np.ndarray:
    """Distance of the joints of the legs (6, T) in leg lengths, whichever leg is called left: that is repaired later."""
    leg = np.nanmedian(np.hypot(*(truth["left_hip"] - truth["left_ankle"]).T))
    twin = {n: n.replace("left", "x").replace("right", "left").replace("x", "right") for n in LEGS}
    same = np.array([np.hypot(*(pose.point(n) - truth[n]).T) for n in LEGS])
    other = np.array([np.hypot(*(pose.point(n) - truth[twin[n]]).T) for n in LEGS])
    return np.minimum(same, other) / leg


def truth_of(walk: Walk) -> dict[str, np.ndarray]:
    return {n: walk.pose.point(n) for n in LEGS}


@pytest.fixture(scope="module")
def pose(film: Path) -> PoseSequence:
    return estimate_pose(film, progress=False)


def test_a_drawn_child_is_followed_with_its_legs(walk: Walk, film: Path, pose: PoseSequence) -> None:
    assert (pose.skeleton, pose.fps, pose.n_frames, pose.size) == (BLAZEPOSE33, 30, 60, (640, 360))
    assert pose.is_uniform
    assert pose.source == str(film)
    off = off_by_legs(pose, truth_of(walk))
    assert np.isfinite(off).mean() > 0.97
    assert np.nanmedian(off) < 0.06
    assert np.nanpercentile(off, 95) < 0.15
    assert len(pose.info["people"]) == 1
    assert pose.info["people"][0]["travel"] > 1
    json.dumps(dict(pose.info))


@pytest.mark.parametrize("workers", [1, 3])
def test_the_result_does_not_depend_on_the_number_of_processors(film: Path, pose: PoseSequence, workers: int) -> None:
    class Some(MediapipePose):
        def __init__(self) -> None:
            super().__init__()
            self.workers = workers

    np.testing.assert_array_equal(estimate_pose(film, Some, progress=False).xy, pose.xy)


def test_slow_motion_silhouettes_and_progress(
    walk: Walk, film: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)  # bars are only for somebody who watches
    pose, outlines = estimate_pose(film, segment=True, fps=120, view="sagittal_right")
    assert "child.mp4: 100%" in capsys.readouterr().err
    assert (pose.fps, pose.view, len(outlines)) == (120, "sagittal_right", 60)
    assert pose.duration_s == pytest.approx(0.5)
    overlap = []
    for k, true in enumerate(walk.silhouettes()):
        seen = outlines.mask(k)
        overlap.append((seen & true).sum() / (seen | true).sum())
    assert np.median(overlap) > 0.6
    assert off_by_legs(pose, truth_of(walk))[0].size == 60
    assert np.nanmedian(off_by_legs(pose, truth_of(walk))) < 0.06


def test_phone_held_upright(tmp_path: Path, walk: Walk) -> None:
    path = tmp_path / "phone.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 360, 640, "yuv420p"
        stream.set_display_rotation(90)  # stored lying on its side, as phones do
        for image in walk.frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(image, -1)), "rgb24")))
        container.mux(stream.encode())
    pose = estimate_pose(path, progress=False)
    assert pose.size == (640, 360)
    assert np.nanmedian(off_by_legs(pose, truth_of(walk))) < 0.06


def with_bystanders(walk: Walk) -> Iterator[np.ndarray]:
    """The child walks behind somebody larger and before somebody smaller, who both stand."""
    other = Walker(age_years=12, treadmill=True).film(Camera(size=(640, 360)), fps=10, duration_s=0.1)
    still, outline = next(other.frames()), next(other.silhouettes())
    rows, columns = np.flatnonzero(outline.any(axis=1)), np.flatnonzero(outline.any(axis=0))
    cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    still, outline = still[cut], outline[cut]
    for image, child in zip(walk.frames(), walk.silhouettes(), strict=True):
        for x, step, before in ((130, 2, False), (300, 1, True)):
            part, mask = still[::step, ::step], outline[::step, ::step]
            top = 350 - mask.shape[0]
            spot = np.s_[top : top + mask.shape[0], x : x + mask.shape[1]]
            shown = mask if before else mask & ~child[spot]
            image[spot][shown] = part[shown]
        yield image


def test_among_bystanders_the_walker_or_whom_one_asks_for(tmp_path: Path, walk: Walk) -> None:
    path = tmp_path / "crowd.mp4"
    write_video(path, with_bystanders(walk), 30)
    pose = estimate_pose(path, progress=False)
    off = off_by_legs(pose, truth_of(walk))
    assert np.nanmedian(off) < 0.08
    assert np.nanmedian(np.abs(pose.point("mid_hip")[-12:, 0] - walk.pose.point("mid_hip")[-12:, 0])) < 12
    assert len(pose.info["people"]) >= 2
    boxed = estimate_pose(path, {"mediapipe": {"looks": 1}}, subject=(280, 60, 120, 290), progress=False)
    assert boxed.info["subject"] == 1
    standing = boxed.point("mid_hip")[:, 0]
    assert np.nanmedian(standing) == pytest.approx(345, abs=15)
    assert np.nanpercentile(np.abs(standing - 345), 95) < 40
    with pytest.raises(NoPerson, match=r"no person 7 in .*crowd\.mp4.*0: x="):
        estimate_pose(path, subject=7, progress=False)


def beside_an_adult(child: Walk, adult: Walk) -> Iterator[np.ndarray]:
    """The child walks before an adult, 70 pixels behind them."""
    for image, small, outline in zip(adult.frames(), child.frames(), child.silhouettes(), strict=True):
        shown = np.roll(image, 70, axis=1)
        shown[outline] = small[outline]
        yield shown


def test_a_child_beside_an_adult(tmp_path: Path) -> None:
    near, far = (Camera(size=(960, 540), distance_m=d, focal_px=1000, height_m=0.9) for d in (4.5, 5.2))
    child = Walker(age_years=4, cadence_spm=150, speed_m_s=1.0).film(near, fps=20, duration_s=3.2)
    adult = Walker(age_years=30, height_m=1.75, cadence_spm=100, speed_m_s=1.0).film(far, fps=20, duration_s=3.2)
    write_video(tmp_path / "both.mp4", beside_an_adult(child, adult), 20)
    pose = estimate_pose(tmp_path / "both.mp4", {"mediapipe": {"looks": 1}}, progress=False)
    assert len(pose.info["people"]) == 2
    off = off_by_legs(pose, truth_of(child))
    assert np.isfinite(off).mean() > 0.7
    assert np.nanmedian(off) < 0.07


def test_nobody(tmp_path: Path) -> None:
    write_video(tmp_path / "empty_room.mp4", [np.full((240, 320, 3), 140, np.uint8)] * 30, 30)
    with pytest.raises(NoPerson, match=r"nobody was found in .*empty_room\.mp4"):
        estimate_pose(tmp_path / "empty_room.mp4", progress=False)


def test_a_video_that_breaks_off_is_refused_or_kept_as_far_as_it_goes(tmp_path: Path, film: Path, pose: PoseSequence) -> None:
    whole = tmp_path / "whole.mp4"
    with av.open(str(whole), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for image, _ in read_frames(film):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    cut = tmp_path / "cut.mp4"
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) * 7 // 10])
    with pytest.raises(VideoError, match=r"cut\.mp4 breaks off"):
        estimate_pose(cut, progress=False)
    with pytest.warns(UserWarning, match=r"cut\.mp4 breaks off after .* what came before is kept"):
        part = estimate_pose(cut, progress=False, keep_partial=True)
    assert 20 <= part.n_frames < 60
    assert part.info["breaks_off"]
    assert np.nanmedian(np.abs(part.xy - pose.xy[: part.n_frames])) < 2


class Fixed:
    """An estimator that sees what it is told to, to look at what it is given."""

    batch, workers, segments, reach, side, skeleton = 4, 1, False, 1.4, 60.0, COCO17

    def __init__(self, *, fault: bool = False) -> None:
        self.fault, self.given = fault, 0

    def open(self, *, segment: bool = False) -> None:
        assert not segment

    def estimate(self, images: list[np.ndarray], regions: np.ndarray) -> list[Estimate]:
        if self.fault:
            raise RuntimeError("out of memory")
        assert len(images) <= self.batch
        for image, (x, y, size) in zip(images, regions, strict=True):
            assert image.dtype == np.uint8
            assert -0.2 * size < x < image.shape[1] + 0.2 * size
            assert -0.2 * size < y < image.shape[0] + 0.2 * size
            assert max(image.shape[:2]) <= 1.4 * size + 3
            assert 60 <= size < 120  # no more pixels than it asked for
        return [Estimate(np.tile(r[:2], (17, 1)) + [0, 1e4 * (k == 2)], np.full(17, 1.5)) for k, r in enumerate(regions)]

    def close(self) -> None:
        pass


def test_an_estimator_of_ones_own_sees_crops_about_the_subject(walk: Walk, film: Path) -> None:
    pose = estimate_pose(film, Fixed, progress=False)
    assert pose.skeleton == COCO17
    hips = walk.pose.point("mid_hip")
    there = np.isfinite(pose.xy[:, 0, 0])
    assert not there[2::4].any()  # what lies outside the picture is missing
    assert there[::4].all()
    assert np.hypot(*(pose.xy[there, 0] - hips[there]).T).max() < 25
    assert set(np.unique(pose.confidence)) == {0.0, 1.0}
    with pytest.raises(SkelgaitError, match="Fixed gives no silhouettes"):
        estimate_pose(film, Fixed, segment=True, progress=False)
    with pytest.raises(RuntimeError, match="out of memory"):
        estimate_pose(film, {Fixed: {"fault": True}}, progress=False)


def test_the_walking_woman_not_the_man_on_the_roof(piece: Piece) -> None:
    pose = estimate_pose(piece("videos/sports2d_demo.mp4", 64, 104), progress=False)
    hips = pose.point("mid_hip")
    line = np.interp(np.arange(64, 104), [64, 80, 96, 112], [1375, 1229, 1068, 903])  # by eye
    assert np.isfinite(hips).all()
    assert np.abs(hips[:, 0] - line).max() < 40
    assert np.nanmedian(hips[:, 1]) == pytest.approx(722, abs=15)


def test_a_child_filmed_with_a_panning_camera_agrees_with_openpose(data: Path, piece: Piece) -> None:
    pose = estimate_pose(piece("mobile_gaitlab_cp_child/input_frames0-149.mp4", 0, 60), progress=False)
    files = sorted((data / "mobile_gaitlab_cp_child" / "openpose_json").glob("*.json"))[:60]
    people = np.array([np.reshape(json.loads(f.read_text())["people"][0]["pose_keypoints_2d"], (25, 3)) for f in files])
    people[people[..., 2] < 0.3] = np.nan
    off = off_by_legs(pose, {name: people[:, k, :2] for name, k in OPENPOSE.items()})
    assert np.isfinite(pose.xy).all()
    assert np.nanmedian(off) < 0.045


def test_an_acrobat_in_a_portrait_video(piece: Piece) -> None:
    pose = estimate_pose(piece("videos/p2s_single_cam01.mp4", 0, 24), progress=False)
    assert pose.size == (1080, 1920)
    assert np.isfinite(pose.point("mid_hip")).all()
    assert np.nanmedian(pose.point("mid_hip")[:15], axis=0) == pytest.approx([430, 735], abs=30)


def test_the_patient_not_the_three_bystanders(piece: Piece) -> None:
    pose = estimate_pose(piece("vigma_stroke_video/081017bf_20_video.mp4", 110, 180), progress=False)
    frames = np.arange(110, 180)
    line = np.interp(frames, [90, 105, 120, 135, 150, 165, 180], [1300, 1171, 1000, 831, 590, 390, 220])  # by eye
    hips = pose.point("mid_hip")[:, 0]
    assert np.isfinite(hips).mean() > 0.93
    assert np.nanpercentile(np.abs(hips - line), 95) < 110  # the nearest bystander is passed at first and 900 px away at last
    assert np.isnan(pose.point("left_shoulder")).all()  # the picture ends at the waist
