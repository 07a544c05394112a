"""The synthetic child: feet that stay put, bones that keep their length, truth that is exact."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.skeleton import SIDES
from skelgait.walker import Camera, Walker
from skelgait.walker.curves import healthy

CHILDREN = {
    "healthy": {},
    "crouch": {"crouch_deg": 30},
    "equinus": {"equinus_deg": 20},
    "stiff": {"stiff_knee": (0.7, 0)},
    "knock knee, bow leg": {"knee_valgus_deg": (12, -10)},
    "asymmetric": {"step_time_ratio": 1.2, "step_length_m": (0.4, 0.5), "stance_percent": (58, 66)},
    "slow": {"cadence_spm": 60},
    "toddler": {"age_years": 2, "cadence_spm": 200},
}


@pytest.mark.parametrize("child", CHILDREN)
def test_feet_do_not_slide_and_bones_keep_their_length(child: str) -> None:
    walker = Walker(**CHILDREN[child])
    walk = walker.film(fps=200, duration_s=3 * walker.stride_time_s)
    joints, angles = walk.truth.joints, walk.truth.angles
    cycle = walker.start_share + walk.pose.time_s / walker.stride_time_s
    for i, side in enumerate(SIDES):
        count, own = np.divmod(cycle - walker.contact_shares[i], 1)
        pitch = angles[f"{side}_foot_pitch_deg"].to_numpy()
        for point, touches in (("heel", pitch >= -1e-6), ("big_toe", pitch <= 1e-6)):
            stands = (own < walker.stance_shares[i]) & touches
            slide = [
                np.ptp(joints[f"{side}_{point}"][stands & (count == n)], axis=0).max(initial=0) for n in np.unique(count[stands])
            ]
            assert max(slide, default=0) < 0.001
        for a, b in (("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("heel", "big_toe")):
            assert np.ptp(np.linalg.norm(joints[f"{side}_{a}"] - joints[f"{side}_{b}"], axis=1)) < 0.0001


def test_a_default_child_bends_the_knee_as_published() -> None:
    walker = Walker(start_share=0)
    walk = walker.film(fps=240, duration_s=walker.stride_time_s)
    share = walk.pose.time_s / walker.stride_time_s
    knee = walk.truth.angles["right_knee_flexion_deg"].to_numpy()
    assert np.abs(knee - healthy("knee_flexion", share)).max() < 6.5
    assert 55 < knee.max() < 63


@pytest.mark.parametrize("cadence", [60, 112, 200])
def test_contacts_come_at_the_cadence(cadence: float) -> None:
    events = Walker(cadence_spm=cadence).film(Camera(), fps=60, duration_s=8).truth.events
    contacts = np.sort(np.r_[events.times("left", "initial_contact"), events.times("right", "initial_contact")])
    np.testing.assert_allclose(60 / np.diff(contacts), cadence)
