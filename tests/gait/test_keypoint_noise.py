"""What is predicted from the trembling of keypoints is what angles and lengths then do."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.skeleton import COCO17
from skelgait.core.trial import Trial
from skelgait.gait.keypoint_noise import angle_noise_deg, keypoint_noise
from skelgait.gait.measure import measure
from skelgait.gait.visit import pool_visit
from skelgait.signals.clean import clean
from skelgait.walker import Camera, Walker


def test_knee_by_hand() -> None:
    """A straight leg of 100 and 80 px: s² (1/100² + (1/100 + 1/80)² + 1/80²)."""
    pose = Walker().film(fps=60, duration_s=1, skeleton=COCO17).pose
    xy = np.zeros_like(pose.xy)
    for joint, y in (("hip", 0), ("knee", 100), ("ankle", 180)):
        xy[:, COCO17.index(f"left_{joint}")] = (50, y)
    straight = pose.with_(xy=xy)
    expected = np.degrees(2 * np.sqrt(100**-2 + (1 / 100 + 1 / 80) ** 2 + 80**-2))
    assert angle_noise_deg(straight, np.full(17, 2.0), "knee_flexion_deg", "left") == pytest.approx(expected)
    assert angle_noise_deg(straight, np.full(17, 2.0), "thigh_flexion_deg", "left") == pytest.approx(np.degrees(np.sqrt(8) / 100))
    assert np.isnan(angle_noise_deg(straight, np.full(17, 2.0), "foot_pitch_deg", "left"))


@pytest.mark.parametrize(("fps", "noise_px"), [(30, 2), (60, 1), (60, 3)])
def test_strides_scatter_as_predicted(fps: int, noise_px: float) -> None:
    """All strides of a treadmill walker are alike: what they differ by is the noise."""
    ratios = []
    for view in ("sagittal_right", "frontal_towards"):
        walk = Walker(treadmill=True).film(Camera(view=view), fps=fps, duration_s=20, noise_px=noise_px)
        measured = measure(Trial("child07", walk.pose))
        (plane,) = measured.planes.values()
        noise = keypoint_noise(plane)
        for samples in pool_visit([measured]).samples:
            for column, name in enumerate(samples.names):
                predicted = noise.get(f"left_{name}", noise.get(name, np.nan))
                values = samples.values[samples.side == "left", column]
                # Lengths carry the unsteadiness of the ground's speed as well, an angle on a steep slope that of the contacts.
                if name.endswith("_deg") and "shank" not in name and np.isfinite(values).sum() > 8 and np.isfinite(predicted):
                    ratios.append(np.nanstd(values, ddof=1) / predicted)
    assert len(ratios) > 25
    assert 0.65 < np.median(ratios) < 1.2
    assert np.mean((np.array(ratios) > 0.4) & (np.array(ratios) < 2.2)) > 0.9


def test_points_seen_seldom_or_with_little_confidence_count_as_noisier() -> None:
    pose = Walker().film(fps=60, duration_s=5, noise_px=1).pose
    sure, unsure = (
        keypoint_noise(measure(Trial("c", pose.with_(confidence=np.full(pose.confidence.shape, c)))).planes["sagittal"])
        for c in (1.0, 0.5)
    )
    name = "left_knee_flexion_max_swing_deg"
    assert unsure[name] == pytest.approx(np.sqrt(2) * sure[name], rel=0.02)


def test_a_pose_given_smooth_tells_nothing() -> None:
    pose = clean(Walker().film(fps=60, duration_s=4, noise_px=1).pose)
    assert keypoint_noise(measure(Trial("c", pose)).planes["sagittal"]) == {}
