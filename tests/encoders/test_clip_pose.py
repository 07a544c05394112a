from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.skeleton import COCO17
from skelgait.encoders.clip_pose import figure_in_clip, pose_in_clip
from skelgait.io.video_writing import write_video

KNEE = COCO17.index("left_knee")


def clip_of(frames: int = 10, fps: float = 25, box: tuple[float, ...] = (30, 10, 128, 128), **more: object) -> Clip:
    return Clip(np.zeros((frames, 64, 64, 3), np.uint8), fps=fps, boxes=np.tile(np.array(box, float), (frames, 1)), **more)


def pose_of(frames: int = 10, fps: float = 25, **more: object) -> PoseSequence:
    xy = np.full((frames, 17, 2), 90.0)
    xy[:, KNEE, 0] = 40 + np.arange(frames)
    return PoseSequence(xy, fps=fps, skeleton=COCO17, **more)


@pytest.mark.parametrize("side", [64, 224])
def test_a_joint_falls_where_it_was_filmed(tmp_path: Path, side: int) -> None:
    """A white square is filmed at each knee; where it is in the clip, the knee must be."""
    walk = sg.Walker().film(sg.Camera(size=(480, 270)), fps=25, duration_s=1.2)
    pose = walk.pose.map_to(COCO17)
    knee = pose.xy[:, KNEE].round().astype(int)

    def frames() -> object:
        for x, y in knee:
            picture = np.zeros((270, 480, 3), np.uint8)
            picture[y - 2 : y + 3, x - 2 : x + 3] = 255
            yield picture

    write_video(tmp_path / "knee.mp4", frames(), 25, crf=4)
    clip = sg.extract_clip(tmp_path / "knee.mp4", pose=pose, side=side, progress=False)
    sharp = pose.xy.copy()
    sharp[:, KNEE] = knee
    found = pose_in_clip(pose.with_(xy=sharp), clip)[:, KNEE]
    light = np.where(clip.frames_at(slice(None))[..., 1] > 60, clip.frames_at(slice(None))[..., 1], 0).astype(float)
    rows, columns = np.arange(side)[:, None], np.arange(side)
    middle = np.stack([(light * columns).sum((1, 2)), (light * rows).sum((1, 2))], 1) / light.sum((1, 2))[:, None]
    assert found[:, 2] == pytest.approx(pose.confidence[(clip.time_s * 25).round().astype(int), KNEE])
    assert np.abs(found[:, :2] - middle).max() < 0.3 * side / 128
    assert np.abs((found[:, :2] - middle).mean(0)).max() < 0.1 * side / 128  # no shift by half a pixel


@pytest.mark.parametrize("view", ["sagittal", "frontal_towards"])
def test_joints_and_silhouettes_lie_on_the_drawn_child(tmp_path: Path, view: str) -> None:
    walk = sg.Walker().film(sg.Camera(view=view, size=(640, 360)), fps=25, duration_s=1)
    write_video(tmp_path / "walk.mp4", walk.frames(), 25)
    clip = sg.extract_clip(tmp_path / "walk.mp4", pose=walk.pose, side=224, progress=False)
    figure, box = figure_in_clip(walk.silhouette_sequence(), clip)
    keypoints = pose_in_clip(walk.pose, clip)
    masks = list(walk.silhouettes())
    joints = [k for k, name in enumerate(walk.pose.skeleton.names) if name.endswith(("hip", "knee", "ankle", "elbow"))]
    on_child, in_box = [], []
    for row, time_s in enumerate(clip.time_s):
        left, top, wide, _ = clip.boxes[row]
        x, y = ((keypoints[row, joints, :2] + 0.5) * wide / 224 - 0.5 + [left, top]).T  # back in the film
        seen = np.isfinite(x)
        on_child.append(masks[round(time_s * 25)][y[seen].round().astype(int), x[seen].round().astype(int)])
        place = (keypoints[row, joints, :2][seen] + 0.5 - box[row, :2]) / box[row, 2:] * [44, 64]
        at = np.clip(place.astype(int), 0, [43, 63])
        in_box.append(figure[row][at[:, 1], at[:, 0]] > 60)
    assert np.concatenate(on_child).mean() > 0.99
    assert np.concatenate(in_box).mean() > 0.97


def test_the_frame_nearest_in_time_is_taken_and_none_from_afar() -> None:
    found = pose_in_clip(pose_of(5, 25), clip_of(12, 50))
    frames = (found[:, KNEE, 0] + 0.5) * 2 + 30 - 0.5 - 40
    # half-way the earlier one; beyond the last frame for three quarters of a frame (30 ms), then nothing
    assert frames[:10].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert np.isnan(found[10:, :, :2]).all()
    assert (found[10:, :, 2] == 0).all()
    gap = pose_of(10, 25, time_s=np.r_[np.arange(5), np.arange(15, 20)] / 25)
    assert np.isfinite(pose_in_clip(gap, clip_of(20))[:, KNEE, 0]).tolist() == [True] * 5 + [False] * 10 + [True] * 5


def test_a_part_of_a_clip_keeps_the_clock_of_the_video() -> None:
    whole = pose_in_clip(pose_of(), clip_of())
    assert np.array_equal(pose_in_clip(pose_of(), clip_of().cut(0.12, 0.28)), whole[3:7])


def test_what_is_not_known_is_missing() -> None:
    boxes = clip_of().boxes.copy()
    boxes[3] = np.nan
    xy = pose_of().xy.copy()
    xy[5, KNEE] = np.nan
    found = pose_in_clip(pose_of().with_(xy=xy), clip_of().with_(boxes=boxes))
    missing = np.isnan(found[..., 0])
    assert missing[3].all()
    assert np.argwhere(missing[[0, 1, 2, 4, 5]]).tolist() == [[4, KNEE]]
    assert np.array_equal(found[..., 2] == 0, missing)
    assert found.dtype == np.float32


def test_pictures_that_are_no_squares() -> None:
    clip = Clip(np.zeros((10, 32, 64, 1), np.uint8), fps=25, boxes=[[0, 0, 128, 128]] * 10)
    assert pose_in_clip(pose_of(), clip)[0, 0, :2].tolist() == [44.75, 22.125]


def test_what_is_of_another_video_is_refused() -> None:
    with pytest.raises(SkelgaitError, match="does not tell which part of the video"):
        pose_in_clip(pose_of(), Clip(np.zeros((10, 64, 64, 3), np.uint8), fps=25))
    with pytest.raises(SkelgaitError, match=r"no time in common.*0\.00 to 0\.36 s, and 4\.00 to 4\.36 s"):
        pose_in_clip(pose_of(), clip_of(time_s=4 + np.arange(10) / 25))
    larger = pose_of().with_(xy=pose_of().xy * 4)
    with pytest.raises(SkelgaitError, match=r"not of this clip.*0 % of its points"):
        pose_in_clip(larger, clip_of())


def silhouettes(**more: object) -> SilhouetteSequence:
    frames = np.zeros((6, 64, 44), np.uint8)
    frames[:] = np.arange(1, 7)[:, None, None]
    settings: dict = {"fps": 25, "frame": [0, 1, 2, 5, 6, 7], "boxes": [[60, 20, 44, 64]] * 6, **more}
    return SilhouetteSequence(frames, **settings)


def test_silhouettes_at_the_pictures_of_a_clip() -> None:
    figure, box = figure_in_clip(silhouettes(), clip_of())
    assert figure[:, 0, 0].tolist() == [1, 2, 3, 0, 0, 4, 5, 6, 0, 0]  # 3, 4: nobody; 8, 9: after the last
    assert box[0].tolist() == [15, 5, 22, 32]
    assert np.isnan(box[:, 0]).tolist() == [v == 0 for v in figure[:, 0, 0]]
    assert (figure.dtype, box.dtype) == (np.uint8, np.float32)
    unknown = silhouettes().boxes.copy()
    unknown[1] = np.nan
    assert np.isnan(figure_in_clip(silhouettes(boxes=unknown), clip_of(3))[1][:, 0]).tolist() == [False, True, False]
    slow = silhouettes(fps=np.nan, time_s=np.array([0, 1, 2, 5, 6, 7]) / 25)
    assert np.array_equal(figure_in_clip(slow, clip_of())[0], figure)


def test_silhouettes_of_nowhere_are_refused() -> None:
    with pytest.raises(SkelgaitError, match=r"where and when.*no boxes"):
        figure_in_clip(silhouettes(boxes=None), clip_of())
    with pytest.raises(SkelgaitError, match=r"where and when.*no times"):
        figure_in_clip(silhouettes(fps=np.nan), clip_of())
    with pytest.raises(SkelgaitError, match="does not tell which part"):
        figure_in_clip(silhouettes(), Clip(np.zeros((10, 64, 64, 3), np.uint8), fps=25))
