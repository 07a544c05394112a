"""Clips of video cut to a person: drawn children, whose outline in every frame is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import skelgait as sg
from skelgait.core.clip import Clip
from skelgait.core.errors import FileError, NoPerson, SkelgaitError, VideoError
from skelgait.estimation.clips import extract_clip, extract_clips
from skelgait.io.video_frames import read_frames
from skelgait.io.video_writing import write_video
from skelgait.walker import Camera, Walker
from skelgait.walker.film import Walk

MARGIN = 1.25


def drawn_bodies(walk: Walk, clip: Clip, at: Sequence[int]) -> np.ndarray:
    """(n, 4) left, top, right, bottom of the drawn child in shares of the square, in frames of the walk."""
    found = []
    masks = list(walk.silhouettes())
    for box, k in zip(clip.boxes, at, strict=True):
        y, x = np.nonzero(masks[k])
        found.append([x.min() - box[0], y.min() - box[1], x.max() + 1 - box[0], y.max() + 1 - box[1]] / box[2])
    return np.array(found)


def assert_centred(bodies: np.ndarray) -> None:
    """Whole, upright in the middle and of one height in every square."""
    middle = (bodies[:, :2] + bodies[:, 2:]) / 2
    assert (np.abs(middle[:, 0] - 0.5) < 0.08).all()
    assert (np.abs(middle[:, 1] - (0.5 + 0.03 / MARGIN)) < 0.05).all()
    height = (bodies[:, 3] - bodies[:, 1]) * MARGIN
    assert (np.abs(height - 1) < 0.1).all()  # joints tell the height of a walking child some 6 % too low
    assert np.std(height) < 0.02
    assert (bodies > 0).all()
    assert (bodies < 1).all()


@pytest.mark.parametrize("fps", [25, 60])
@pytest.mark.parametrize("view", ["sagittal_left", "frontal_towards"])
def test_the_child_stays_in_the_middle_of_every_square(tmp_path: Path, fps: int, view: str) -> None:
    walk = Walker(cadence_spm=120).film(Camera(size=(640, 360), view=view), fps=fps, duration_s=1.6)
    write_video(tmp_path / "w.mp4", walk.frames(), fps)
    clip = extract_clip(tmp_path / "w.mp4", pose=walk.pose, side=64, progress=False)
    at = np.round(clip.time_s * fps).astype(int)
    np.testing.assert_allclose(clip.time_s, at / fps, atol=2e-3)
    assert (clip.fps, clip.view, clip.frames.shape[1:]) == (fps, walk.pose.view, (64, 64, 3))
    hips = walk.pose.point("mid_hip")[:, 0]
    whole = np.flatnonzero((hips > 60) & (hips < 580))
    kept = np.isin(at, whole)
    assert len(whole) == kept.sum() > 0.6 * len(walk.pose)
    few = clip.with_(frames=clip.frames[kept], time_s=clip.time_s[kept], boxes=clip.boxes[kept])
    assert_centred(drawn_bodies(walk, few, at[kept]))
    assert np.abs(np.diff(clip.boxes[:, 0] + clip.boxes[:, 2] / 2, n=2)).max() <= 2  # it does not shake
    assert np.abs(np.diff(clip.boxes[:, 2])).max() <= 3


def test_about_the_knees_it_shows_the_legs_and_nothing_above_the_belt(tmp_path: Path) -> None:
    walk = Walker().film(Camera(size=(640, 360), view="frontal_towards"), fps=25, duration_s=1.2)
    write_video(tmp_path / "w.mp4", walk.frames(), 25)
    made = {"pose": walk.pose, "side": 64, "margin": 0.7, "progress": False}
    hips, knees = (extract_clip(tmp_path / "w.mp4", middle=middle, **made) for middle in ("hips", "knees"))
    assert (hips.info["middle"], knees.info["middle"]) == ("hips", "knees")
    below = knees.boxes[:, :2] - hips.boxes[:, :2]
    assert (below[:, 0] == 0).all()
    np.testing.assert_allclose(below[:, 1], 0.245 * hips.boxes[:, 2] / 0.7, atol=1)
    top, bottom = knees.boxes[:, 1], knees.boxes[:, 1] + knees.boxes[:, 3]
    for joint in ("left_hip", "right_knee", "left_ankle", "right_toe"):
        assert ((walk.pose.point(joint)[:, 1] > top) & (walk.pose.point(joint)[:, 1] < bottom)).all(), joint
    for joint in ("nose", "left_shoulder", "right_elbow"):
        assert (walk.pose.point(joint)[:, 1] < top).all(), joint


def test_the_pictures_are_what_the_boxes_say(walk: Walk, film: Path) -> None:
    clip = extract_clip(film, pose=walk.pose, side=64, progress=False)
    grey = extract_clip(film, pose=walk.pose, side=64, channels=1, progress=False)
    np.testing.assert_array_equal(grey.boxes, clip.boxes)
    assert isinstance(clip.frames, np.memmap), "nothing of it is held in memory"
    assert grey.channels == 1
    video = [np.pad(frame, ((400, 400), (400, 400), (0, 0))) for frame, _ in read_frames(film)]
    at = np.round(clip.time_s * 30).astype(int)
    for k in (0, len(clip) // 2, len(clip) - 1):
        left, top, wide, _ = (clip.boxes[k] + [400, 400, 0, 0]).astype(int)
        wanted = cv2.resize(video[at[k]][top : top + wide, left : left + wide], (64, 64), interpolation=cv2.INTER_AREA)
        np.testing.assert_allclose(clip.frames[k].astype(int), wanted, atol=3)
        np.testing.assert_allclose(grey.frames[k][..., 0], wanted @ [0.299, 0.587, 0.114], atol=4)
    edges = np.clip(np.c_[clip.boxes[:, :2], clip.boxes[:, :2] + clip.boxes[:, 2:]], 0, [640, 360, 640, 360])
    share = 1 - (np.prod(edges[:, 2:] - edges[:, :2], axis=1) / clip.boxes[:, 2] ** 2).mean()
    assert clip.info["outside_percent"] == pytest.approx(100 * share, abs=0.06)
    assert clip.info["outside_percent"] > 0


def test_frames_at_uneven_times_are_cut_where_the_child_is_then(tmp_path: Path) -> None:
    walk = Walker(cadence_spm=120).film(Camera(size=(640, 360)), fps=60, duration_s=2)
    at = np.sort(np.random.default_rng(0).choice(120, 50, replace=False))
    at[0] = 0
    images = list(walk.frames())
    with av.open(str(tmp_path / "w.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 60)
        for k in at:
            frame = av.VideoFrame.from_ndarray(images[k], "rgb24")
            frame.pts, frame.time_base = int(k), Fraction(1, 60)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    pose = sg.PoseSequence(
        walk.pose.xy[at], walk.pose.confidence[at], fps=30, skeleton=walk.pose.skeleton, time_s=at / 60, size=walk.pose.size
    )
    clip = extract_clip(tmp_path / "w.mp4", pose=pose, side=64, progress=False)
    frames = np.round(clip.time_s * 60).astype(int)
    assert set(frames) <= set(at)
    inside = (clip.boxes[:, 0] > 0) & (clip.boxes[:, 0] + clip.boxes[:, 2] < 640)
    assert inside.sum() > 15
    few = clip.with_(frames=clip.frames[inside], time_s=clip.time_s[inside], boxes=clip.boxes[inside])
    assert_centred(drawn_bodies(walk, few, frames[inside]))


def test_silhouettes_tell_where_the_child_is_too(walk: Walk, film: Path) -> None:
    by = walk.silhouette_sequence()
    clip = extract_clip(film, pose=by, side=64, view="sagittal", progress=False)
    inside = (clip.boxes[:, 0] > 0) & (clip.boxes[:, 0] + clip.boxes[:, 2] < 640)
    at = np.round(clip.time_s * 30).astype(int)[inside]
    assert len(at) > 15
    assert_centred(drawn_bodies(walk, clip.with_(frames=clip.frames[inside], time_s=at / 30, boxes=clip.boxes[inside]), at))


def test_without_a_pose_it_is_estimated(walk: Walk, film: Path) -> None:
    clip = extract_clip(film, side=64, progress=False)
    known = extract_clip(film, pose=walk.pose, side=64, progress=False)
    assert len(clip) > 0.7 * len(known)
    shared = np.isin(known.time_s.round(3), clip.time_s.round(3))
    far = known.boxes[shared] - clip.boxes[np.isin(clip.time_s.round(3), known.time_s.round(3))]
    assert np.median(np.abs(far[:, 2]) / known.boxes[shared, 2]) < 0.08


def test_slow_motion_gaps_and_bars(walk: Walk, film: Path) -> None:
    slow = walk.pose.with_(fps=120, time_s=None)
    clip = extract_clip(film, pose=slow, side=32, progress=False)
    assert clip.fps == 120
    assert clip.time_s[-1] < 0.5
    xy = np.array(walk.pose.xy)
    xy[20:45] = np.nan
    gap = extract_clip(film, pose=walk.pose.with_(xy=xy), side=32, progress=False)
    assert np.diff(gap.time_s).max() == pytest.approx(26 / 30, abs=1e-3)
    xy[:] = walk.pose.xy
    xy[25:30] = np.nan
    assert np.diff(extract_clip(film, pose=walk.pose.with_(xy=xy), side=32, progress=False).time_s).max() < 0.04
    barred = walk.pose.with_(info={"picture_px": [0.0, 200.0, 640.0, 360.0]})
    clip = extract_clip(film, pose=barred, side=64, progress=False)
    k = len(clip) // 2
    bar = int((200 - clip.boxes[k, 1]) / clip.boxes[k, 2] * 64)
    assert 0 < bar < 64
    assert not clip.frames[k, : bar - 1].any()
    assert clip.frames[k, bar + 2 : bar + 10].any()


def test_refusals(walk: Walk, film: Path, tmp_path: Path) -> None:
    pose = walk.pose
    nowhere = pose.with_(xy=np.full_like(pose.xy, np.nan))
    away = pose.with_(xy=np.array(pose.xy) + 5000, size=None)
    longer = sg.Walker().film(Camera(size=(640, 360)), fps=30, duration_s=4).pose
    cases: list[tuple[dict, type[SkelgaitError], str]] = [
        ({"channels": 2}, SkelgaitError, "no settings of a clip. Found: side=128, margin=1.25, middle=.hips., channels=2"),
        ({"side": 4}, SkelgaitError, "side=4"),
        ({"margin": 0}, SkelgaitError, "margin=0"),
        ({"pose": "walk.json"}, SkelgaitError, "neither a pose nor silhouettes. Found: str"),
        ({"pose": pose.with_(size=(1920, 1080))}, SkelgaitError, "a picture of 1920 x 1080 pixels. Expected: 640 x 360"),
        ({"pose": longer}, SkelgaitError, "the pose is longer than"),
        ({"pose": nowhere}, NoPerson, "nothing tells where the person is"),
        ({"pose": sg.SilhouetteSequence(np.ones((3, 64, 44), bool), fps=30)}, NoPerson, "silhouettes without boxes"),
        ({"pose": away}, NoPerson, "the person is in no frame"),
    ]
    for settings, kind, text in cases:
        with pytest.raises(kind, match=text):
            extract_clip(film, **{"pose": pose, "progress": False, **settings})
    with pytest.raises(VideoError, match="does not exist"):
        extract_clip(tmp_path / "none.mp4", pose=pose)


def test_a_folder_of_clips_is_made_once(walk: Walk, film: Path, tmp_path: Path) -> None:
    trial = sg.Trial("anna", walk.pose, name="anna / 1", video={"sagittal": str(film)})
    plain = sg.Trial("ben")
    first, same = extract_clips([trial, plain], tmp_path / "a" / "clips", side=32, progress=False)
    path = Path(first.clips["sagittal"])
    assert (path.parent, same.clips) == (tmp_path / "a" / "clips", {})
    assert path.name.startswith("anna_1_sagittal_")
    assert (len(first.clip()), first.clip().view) == (len(extract_clip(film, pose=walk.pose, progress=False)), "sagittal")
    before = path.stat()
    assert extract_clips([trial], path.parent, side=32, progress=False)[0].clips == first.clips
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    moved = trial.with_(pose={"sagittal": walk.pose.with_(xy=np.array(walk.pose.xy) + 1)})
    turned = trial.with_(pose={"sagittal": walk.pose.with_(view="sagittal_left")})
    unsure = trial.with_(pose={"sagittal": walk.pose.with_(confidence=np.array(walk.pose.confidence) * 0.9)})
    others = [
        extract_clips([t], path.parent, progress=False, **s)[0].clips["sagittal"]
        for t, s in (
            (trial, {"side": 16}),
            (trial, {"side": 32, "channels": 1}),
            *((other, {"side": 32}) for other in (moved, turned, unsure)),
        )
    ]
    assert len({str(path), *others}) == 6
    with pytest.raises(SkelgaitError, match="none of these walks has a video"):
        extract_clips([plain], tmp_path)
    with pytest.raises(FileError, match="cannot be made"):
        extract_clips([trial], film / "clips")


def test_several_processes_make_the_same_files(walk: Walk, film: Path, tmp_path: Path) -> None:
    trials = [
        sg.Trial(f"child{i}", walk.pose.with_(xy=np.array(walk.pose.xy) + i), video={"sagittal": str(film)}) for i in range(3)
    ]
    trials.append(sg.Trial("ben", walk.pose, video={"sagittal": str(tmp_path / "none.mp4")}))
    trials.append(trials[0])  # the same walk once more: one file, one writer
    made = []
    for n_jobs in (1, 2):
        with pytest.warns(UserWarning, match=r"1 of 5 videos: ben \(sagittal\): .*does not exist"):
            made.append(extract_clips(trials, tmp_path / str(n_jobs), side=32, n_jobs=n_jobs, progress=False))
    for one, other in zip(*made, strict=True):
        assert [Path(path).name for path in one.clips.values()] == [Path(path).name for path in other.clips.values()]
        if one.clips:
            assert Path(one.clips["sagittal"]).read_bytes() == Path(other.clips["sagittal"]).read_bytes()
    assert [len(list((tmp_path / n).iterdir())) for n in "12"] == [3, 3]
    assert made[1][4].clips == made[1][0].clips
    with pytest.raises(SkelgaitError, match=r"n_jobs is no number of processes. Found: 0"):
        extract_clips(trials, tmp_path, n_jobs=0)


def test_a_video_that_cannot_be_used_is_told_and_the_rest_is_made(walk: Walk, film: Path, tmp_path: Path) -> None:
    good = sg.Trial("anna", walk.pose, video={"sagittal": str(film)})
    bad = sg.Trial("ben", walk.pose, video={"sagittal": str(tmp_path / "none.mp4")})
    with pytest.warns(UserWarning, match=r"no clip could be made of 1 of 2 videos: ben \(sagittal\): .*does not exist"):
        one, two = extract_clips([good, bad], tmp_path / "clips", side=32, progress=False)
    assert (len(one.clips), len(two.clips)) == (1, 0)
    other = good.with_(subject="ben", name="ben", pose={"sagittal": walk.pose.with_(size=(1920, 1080))})
    gone = sg.Trial("cid", video={"sagittal": str(film)}, silhouettes={"sagittal": str(tmp_path / "none.npz")})
    with pytest.warns(UserWarning, match=r"2 of 3 videos: ben .*1920 x 1080.*; cid .*there is no file"):
        made = extract_clips([good, other, gone], tmp_path / "clips", side=32, progress=False)
    assert [len(t.clips) for t in made] == [1, 0, 0]
    with pytest.raises(SkelgaitError, match="no clip could be made of these walks"):
        extract_clips([bad], tmp_path / "clips", progress=False)


@pytest.mark.skipif(os.name == "nt", reason="ends a process the way POSIX does")
def test_killed_while_writing_it_leaves_nothing_half_written(walk: Walk, film: Path, tmp_path: Path) -> None:
    sg.write_pose(walk.pose, tmp_path / "pose.npz")
    folder = tmp_path / "clips"
    script = f"""
import os, signal
import numpy as np
import skelgait as sg
def stop(file, **arrays):
    file.write(b"half of it" * 1000)
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
np.savez = stop
sg.extract_clips([sg.Trial("anna", sg.read_pose({str(tmp_path / "pose.npz")!r}), video={{"sagittal": {str(film)!r}}})],
                 {str(folder)!r}, side=32, progress=False)
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=120).returncode == -signal.SIGKILL
    half = list(folder.iterdir())
    assert len(half) == 1
    assert half[0].name.startswith(".")
    assert not list(folder.glob("[!.]*")), "nothing that looks like a clip"
    trial = sg.Trial("anna", walk.pose, video={"sagittal": str(film)})
    made = extract_clips([trial], folder, side=32, progress=False)[0]
    assert made.clip().frames.any()
    os.utime(half[0], (0, 0))  # long ago
    extract_clips([trial], folder, side=32, progress=False)
    assert [str(p) for p in folder.iterdir()] == [made.clips["sagittal"]]
