from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25
from skelgait.signals.clean import clean
from skelgait.signals.resample import resample
from skelgait.walker import Walker


def knee_deg(pose: PoseSequence, side: str) -> np.ndarray:
    hip, knee, ankle = (pose.point(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    thigh, shank = knee - hip, ankle - knee
    return np.degrees(np.arctan2(thigh[:, 0], thigh[:, 1]) - np.arctan2(shank[:, 0], shank[:, 1]))


@pytest.mark.parametrize("jitter", [0.3, 0.8])
def test_uneven_frames_are_made_even(jitter: float) -> None:
    walker = Walker()
    even = walker.film(fps=30, duration_s=4)
    uneven = walker.film(fps=30, duration_s=4, frame_jitter=jitter, random_state=1)
    assert not uneven.pose.is_uniform
    cleaned = clean(uneven.pose)
    assert cleaned.is_uniform
    assert cleaned.steps[0].startswith("resample")
    shared = min(cleaned.n_frames, even.pose.n_frames) - 1
    want = np.interp(cleaned.time_s, even.pose.time_s, knee_deg(clean(even.pose), "left"))
    assert np.abs(knee_deg(cleaned, "left") - want)[2 : shared - 2].mean() < 0.6


def test_lost_frames_stay_lost_when_too_many() -> None:
    walk = Walker().film(fps=60, duration_s=3)
    keep = np.ones(walk.pose.n_frames, bool)
    keep[50:54] = False  # 83 ms
    keep[100:130] = False  # half a second
    pose = walk.pose
    lossy = PoseSequence(
        pose.xy[keep],
        pose.confidence[keep],
        fps=60,
        skeleton=pose.skeleton,
        time_s=pose.time_s[keep],
        swapped=np.arange(keep.sum()) > 90,
    )
    even = resample(lossy)
    assert even.is_uniform
    np.testing.assert_allclose(even.time_s, pose.time_s)
    hip = BODY25.index("left_hip")
    assert np.array_equal(np.isnan(even.xy[:, hip, 0]), np.isin(np.arange(180), np.arange(100, 130)))
    assert np.flatnonzero(even.filled[:, hip]).tolist() == [50, 51, 52, 53]
    assert np.abs(even.xy[50:54, hip] - pose.xy[50:54, hip]).max() < 2
    np.testing.assert_allclose(even.xy[:50], pose.xy[:50], atol=1e-6)
    assert even.swapped.sum() == pytest.approx(180 - 95, abs=20)


def test_resampling_to_another_rate() -> None:
    walk = Walker().film(fps=120, duration_s=2)
    half = resample(walk.pose, fps=60)
    np.testing.assert_allclose(half.xy, walk.pose.xy[::2], atol=1e-6)
    assert half.fps == 60
    assert resample(walk.pose.cut(0, 1)).n_frames == 1
