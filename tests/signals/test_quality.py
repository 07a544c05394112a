from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17
from skelgait.signals.clean import clean
from skelgait.signals.quality import jitter_px, quality, quality_summary
from skelgait.walker import Camera, Walker


@pytest.mark.parametrize("fps", [25, 60, 240])
@pytest.mark.parametrize("noise", [1.0, 3.0])
def test_jitter_is_the_noise_not_the_walk(fps: float, noise: float) -> None:
    noisy = Walker().film(fps=fps, duration_s=5, noise_px=noise).pose
    body = [BODY25.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("shoulder", "hip", "knee", "ankle")]
    assert np.median(jitter_px(noisy.xy)[body]) == pytest.approx(noise, rel=0.15)
    assert jitter_px(Walker().film(fps=fps, duration_s=5).pose.xy).max() < 0.5
    assert np.median(jitter_px(clean(noisy).xy)[body]) < 0.6 * noise


def test_each_keypoint() -> None:
    walk = Walker().film(fps=60, duration_s=3)
    knee = BODY25.index("left_knee")
    xy, confidence = walk.pose.xy.copy(), np.full(walk.pose.confidence.shape, 0.8)
    xy[10:14, knee] = np.nan
    xy[60:90, knee] = np.nan
    table = quality(clean(walk.pose.with_(xy=xy, confidence=confidence)))
    assert table.index.name == "keypoint"
    assert table.index.tolist() == list(BODY25.names)
    row = table.loc["left_knee"]
    assert row.seen_share == pytest.approx(146 / 180)
    assert row.filled_share == pytest.approx(4 / 180)
    assert row.mean_confidence == pytest.approx(0.8)
    assert table.loc["right_knee", "seen_share"] == 1
    never = quality(PoseSequence(np.full((20, 17, 2), np.nan), fps=30, skeleton=COCO17))
    assert (never.seen_share == 0).all()
    assert never[["mean_confidence", "jitter_px"]].isna().all(axis=None)


def test_the_whole_recording() -> None:
    walk = Walker(cadence_spm=120).film(fps=30, duration_s=4, swaps=2, random_state=1)
    summary = quality_summary(clean(walk.pose))
    assert (summary["frames"], summary["fps"], summary["has_feet"]) == (120, 30, True)
    assert summary["event_floor_ms"] == pytest.approx(9.6, abs=0.05)  # docs: clinical definitions, table of floors
    assert summary["interval_floor_ms"] == pytest.approx(13.6, abs=0.05)
    assert summary["stride_cv_floor_percent"] == pytest.approx(1.36, abs=0.05)
    assert summary["swapped_frames"] == walk.truth.swapped.sum()
    assert summary["person_px"] == pytest.approx(np.median(np.ptp(walk.pose.xy[..., 1], axis=1)), rel=0.05)
    assert summary["leg_px"] * walk.truth.metres_per_px == pytest.approx(walk.truth.leg_length_m, rel=0.03)
    assert summary["feet_cropped_share"] == 0
    assert len(summary["notes"]) == 1
    assert "30 frames a second" in summary["notes"][0]
    assert quality_summary(Walker().film(fps=100, duration_s=2).pose)["notes"] == ()


def test_feet_out_of_the_image() -> None:
    pose = Walker().film(fps=60, duration_s=2).pose
    low = pose.with_(xy=pose.xy + [0, 1080 - np.nanmax(pose.xy[..., 1]) + 5])
    told = quality_summary(low)
    assert told["feet_cropped_share"] > 0.2
    assert any("out of the image" in note for note in told["notes"])
    gone = low.with_(xy=np.where((low.xy[..., 1] > 1075)[..., None], np.nan, low.xy), size=None)
    feet = [i for i, name in enumerate(BODY25.names) if name.split("_")[-1] in ("ankle", "heel", "toe")]
    xy = gone.xy.copy()
    xy[30:60, feet] = np.nan
    assert quality_summary(gone.with_(xy=xy))["feet_cropped_share"] >= 0.25


def test_what_is_poor_is_said() -> None:
    walk = Walker().film(Camera(size=(320, 180)), fps=60, duration_s=4, dropout=0.3, skeleton=COCO17)
    notes = " ".join(quality_summary(walk.pose)["notes"])
    for words in ("the legs are only", "a leg keypoint is missing", "no heels and toes"):
        assert words in notes
