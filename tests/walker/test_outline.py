"""Posture that does not come and go with the steps, build, and the outline drawn small."""

from __future__ import annotations

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.walker import Camera, Walk, Walker

FRONT = Camera(view="frontal_towards", perspective=False)


def film(**settings: float) -> Walk:
    return Walker(trunk_sway_deg=0, **settings).film(FRONT, fps=30, duration_s=2)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def solid(walk: sg.SilhouetteSequence) -> np.ndarray:
    return np.asarray(walk.frames) > 127


def test_a_shifted_trunk_takes_shoulders_and_head_along_and_leaves_the_legs() -> None:
    plain, shifted = film().truth.joints, film(trunk_left_shift_m=0.05).truth.joints
    for name in plain:
        moved = shifted[name] - plain[name]
        below = any(word in name for word in ("hip", "knee", "ankle", "heel", "toe"))
        assert moved == pytest.approx(np.broadcast_to([0, 0 if below else 0.05, 0], moved.shape), abs=1e-12), name


def test_tilted_shoulders_are_tilted_by_so_much_and_as_far_apart() -> None:
    plain, tilted = film().truth.joints, film(shoulder_left_up_deg=6).truth.joints
    across = tilted["left_shoulder"] - tilted["right_shoulder"]
    usual = plain["left_shoulder"] - plain["right_shoulder"]
    assert np.linalg.norm(across, axis=1) == pytest.approx(np.linalg.norm(usual, axis=1))
    tilt = np.degrees(np.arctan2(across[:, 2], np.linalg.norm(across[:, :2], axis=1)))
    assert tilt == pytest.approx(6, abs=0.3)  # the pelvis turns and the trunk nods
    assert tilt.mean() == pytest.approx(6, abs=0.05)
    assert tilted["neck"] == pytest.approx(plain["neck"])


def test_posture_reaches_the_pose() -> None:
    pose = film(trunk_left_shift_m=0.05, shoulder_left_up_deg=6).pose
    left, right, hips = (pose.point(name) for name in ("left_shoulder", "right_shoulder", "mid_hip"))
    assert np.degrees(np.arctan2(right[:, 1] - left[:, 1], left[:, 0] - right[:, 0])).mean() == pytest.approx(6, abs=0.5)
    plain = film().pose
    px_per_m = (plain.point("left_shoulder") - plain.point("right_shoulder"))[:, 0].mean() / (2 * 0.098 * 1.278)
    aside = ((left + right) / 2 - hips)[:, 0].mean() - (
        (plain.point("left_shoulder") + plain.point("right_shoulder")) / 2 - plain.point("mid_hip")
    )[:, 0].mean()
    assert aside / px_per_m == pytest.approx(0.05, rel=0.05)


def test_the_mirror_child_stands_off_to_the_other_side() -> None:
    walker = Walker(trunk_left_shift_m=0.05, shoulder_left_up_deg=6)
    other = walker.mirrored()
    assert (other.trunk_left_shift_m, other.shoulder_left_up_deg) == (-0.05, -6)
    assert other.mirrored() == walker


def test_build_changes_the_outline_and_no_joint() -> None:
    thin, thick = film(trunk_girth=0.9, limb_girth=0.8), film(trunk_girth=1.4, limb_girth=1.4)
    assert np.array_equal(thin.pose.xy, thick.pose.xy)
    sizes = [solid(walk.silhouette_sequence()).mean() for walk in (thin, film(), thick)]
    assert sizes[0] < sizes[1] < sizes[2]
    with pytest.raises(SkelgaitError, match="trunk_girth cannot be right"):
        Walker(trunk_girth=3)


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away", "sagittal_right"])
def test_small_outlines_are_the_outlines(view: str) -> None:
    walk = Walker(trunk_left_shift_m=0.04).film(Camera(view=view), fps=12, duration_s=2)
    small, large = walk.silhouette_sequence(), sg.silhouettes_from_masks(walk.silhouettes(), fps=12)
    assert np.array_equal(small.frame, large.frame)
    assert overlap(solid(small), solid(large)) > 0.85
    tall = large.boxes[:, 3].mean()
    assert np.abs(small.boxes - large.boxes).max() < 0.05 * tall
    assert small.info["cut_off"] == []


def test_cloth_moves_the_outline_as_far_as_told() -> None:
    walk = film()
    clean = solid(walk.silhouette_sequence())
    worse = [overlap(clean, solid(walk.silhouette_sequence(cloth=cloth, random_state=3))) for cloth in (0.3, 0.8)]
    assert 0.6 < worse[1] < worse[0] < 0.98
    first, again, other = (walk.silhouette_sequence(cloth=0.5, random_state=seed).frames for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_holes_take_away_and_frames_are_lost() -> None:
    walk = film()
    clean, holed = (solid(walk.silhouette_sequence(holes=holes, random_state=2)) for holes in (0.0, 6.0))
    assert holed.sum() < clean.sum()
    sparse = walk.silhouette_sequence(lost=0.3, random_state=4)
    assert 6 <= len(sparse.empty) <= 30
    assert len(sparse) + len(sparse.empty) == 60
    assert sparse.time_s == pytest.approx(walk.pose.time_s[sparse.frame])


def test_a_walk_is_drawn_in_less_than_a_second() -> None:
    import time

    walk = film()
    began = time.process_time()
    walk.silhouette_sequence(cloth=0.6, holes=1, lost=0.05)
    assert time.process_time() - began < 1
