from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17
from skelgait.signals.scale import Scale, metres_per_px
from skelgait.walker import Camera, Walker


@pytest.mark.parametrize("noise", [0, 2])
def test_a_walker_of_known_size(noise: float) -> None:
    walk = Walker(age_years=9).film(fps=60, noise_px=noise)
    by_leg = metres_per_px(walk.pose, leg_length_m=walk.truth.leg_length_m)
    assert by_leg.metres_per_px == pytest.approx(walk.truth.metres_per_px, rel=0.03)
    assert (by_leg.source, by_leg.uncertainty) == ("leg length", 0.03)
    by_height = metres_per_px(walk.pose, height_m=walk.truth.height_m)
    assert by_height.metres_per_px == pytest.approx(walk.truth.metres_per_px, rel=0.05)
    assert by_height.source == "height"
    assert by_height.uncertainty > by_leg.uncertainty
    both = metres_per_px(walk.pose, height_m=walk.truth.height_m, leg_length_m=walk.truth.leg_length_m)
    assert both == by_leg


def test_height_gives_the_scale_of_real_people(reference: Callable[..., list[PoseSequence]]) -> None:
    heights = {
        "NP1001": 1.28,
        "NP1002": 1.20,
        "NP1004": 1.385,
        "NP1009": 1.415,
        "NP1013": 1.365,
        "NP1022": 1.61,
        "sydney": 1.63,
        "fmc": 1.79,
    }
    seen = 0
    for pose in reference("kp_sag_ortho"):
        for who, height in heights.items():
            if who in pose.source:
                assert metres_per_px(pose, height_m=height).metres_per_px == pytest.approx(1 / 200, rel=0.06), pose.source
                seen += 1
    assert seen == 16


def test_a_known_length() -> None:
    pose = Walker().film(fps=30, duration_s=2).pose
    assert metres_per_px(pose, known=0.004) == Scale(0.004, "known length", 0.01, "the scale was given")
    cones = metres_per_px(pose, known=((100, 900), (1700, 900), 4.0))
    assert cones.metres_per_px == pytest.approx(4 / 1600)
    shank = metres_per_px(pose, known=("left_knee", "left_ankle", 0.3))
    length = np.median(np.linalg.norm(pose.point("left_knee") - pose.point("left_ankle"), axis=1))
    assert shank.metres_per_px == pytest.approx(0.3 / length)
    assert "left_knee to left_ankle" in shank.reason
    assert metres_per_px(pose, known=0.004, height_m=1.2).source == "known length"
    assert metres_per_px(pose.with_(info={"metres_per_px": 0.001})).metres_per_px == 0.001


def test_no_scale_says_why() -> None:
    pose = Walker().film(Camera(view="frontal_towards"), fps=30, duration_s=2).pose
    nothing = metres_per_px(pose)
    assert np.isnan(nothing.metres_per_px)
    assert "neither height, leg length nor a known distance" in nothing.reason
    towards = metres_per_px(pose.with_(view="frontal_towards"), height_m=1.2)
    assert np.isnan(towards.metres_per_px)
    assert "towards or away" in towards.reason
    blind = metres_per_px(PoseSequence(np.full((9, 17, 2), np.nan), fps=30, skeleton=COCO17), height_m=1.2)
    assert np.isnan(blind.metres_per_px)
    assert blind.reason == "no leg was seen"
    same = metres_per_px(pose, known=((5, 5), (5, 5), 1.0))
    assert np.isnan(same.metres_per_px)
    assert "not seen apart" in same.reason


@pytest.mark.parametrize("given", [{"height_m": 0}, {"leg_length_m": -1}, {"known": float("nan")}, {"known": ((0, 0), (1, 1), 0)}])
def test_a_length_that_is_none_is_refused(given: dict) -> None:
    with pytest.raises(SkelgaitError, match="is not a length"):
        metres_per_px(Walker().film(fps=30, duration_s=1).pose, **given)
