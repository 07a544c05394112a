from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import PoseError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, WHOLEBODY133, Skeleton
from skelgait.signals.clean import cadence_from, clean
from skelgait.walker import Camera, Walker


def knee_deg(pose: PoseSequence, side: str) -> np.ndarray:
    hip, knee, ankle = (pose.point(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    thigh, shank = knee - hip, ankle - knee
    return np.degrees(np.arctan2(thigh[:, 0], thigh[:, 1]) - np.arctan2(shank[:, 0], shank[:, 1]))


@pytest.mark.parametrize("step", [1, 2, 5])
def test_cleaning_hardly_changes_the_knee(reference: Callable[..., list[PoseSequence]], step: int) -> None:
    errors, ends = [], []
    for pose in reference("kp_sag_ortho", step=step):
        cleaned = clean(pose)
        assert not cleaned.filled.any()
        assert not cleaned.swapped.any()
        for side in ("left", "right"):
            error = np.abs(knee_deg(cleaned, side) - knee_deg(pose, side))
            errors.append(np.nanmean(error))
            known = error[~np.isnan(error)]
            tenth = max(1, int(0.1 * pose.fps))
            ends.append(np.r_[known[:tenth], known[-tenth:]].mean())
    assert np.mean(errors) < 0.2
    assert max(errors) < 0.45
    assert np.mean(ends) < 0.3


@pytest.mark.parametrize(("step", "least"), [(1, 2.5), (4, 1.3)])
def test_cleaning_takes_noise_away(reference: Callable[..., list[PoseSequence]], step: int, least: float) -> None:
    raw, cleaned = [], []
    for truth, pose in zip(reference("kp_sag_ortho", step=step), reference("kp_sag_ortho", step=step, noise=2), strict=True):
        for out, seen in ((raw, pose), (cleaned, clean(pose))):
            out.append(np.nanmean(np.abs(knee_deg(seen, "left") - knee_deg(truth, "left"))))
    assert np.mean(raw) > least * np.mean(cleaned)


@pytest.mark.parametrize(("cadence", "cutoff"), [(80, 6.0), (120, 7.0), (150, 8.0), (195, 8.0)])
@pytest.mark.parametrize("view", ["sagittal_left", "frontal_towards"])
@pytest.mark.parametrize("fps", [25, 60, 240])
def test_the_cut_off_follows_the_cadence(cadence: float, cutoff: float, view: str, fps: float) -> None:
    walk = Walker(cadence_spm=cadence).film(Camera(view=view), fps=fps, duration_s=5, noise_px=1)
    info = clean(walk.pose).info
    assert info["cadence_guess_spm"] == pytest.approx(cadence, rel=0.06)
    assert info["cutoff_hz"] == pytest.approx(cutoff, abs=0.4)
    assert info["cutoff_hz"] <= 8


def test_cadence_of_real_walks(reference: Callable[..., list[PoseSequence]], child: PoseSequence) -> None:
    assert clean(child).info["cadence_guess_spm"] == pytest.approx(120, abs=5)  # by eye: strides of 30 frames
    known = {"walkNorm_NP1001a16": 119.2, "walkNorm_NP1002a07": 114.6, "walkNorm_NP1004a05": 147.5}
    for pose in reference("kp_sag_persp"):
        if pose.source in known:
            assert clean(pose).info["cadence_guess_spm"] == pytest.approx(known[pose.source], rel=0.05)


def test_no_beat_no_cadence() -> None:
    assert np.isnan(cadence_from(np.zeros((2, 500)), 60))
    assert np.isnan(cadence_from(np.full((2, 500), np.nan), 60))
    assert np.isnan(cadence_from(np.random.default_rng(0).normal(size=(2, 1200)), 60))
    assert np.isnan(cadence_from(np.sin(np.arange(40))[None].repeat(2, 0), 60))


@pytest.mark.parametrize("cutoff", [4, 3.9, 0, float("nan")])
def test_four_hertz_is_refused(cutoff: float) -> None:
    with pytest.raises(PoseError, match="flattens the knee curve") as caught:
        clean(Walker().film(duration_s=1).pose, cutoff_hz=cutoff)
    assert "leave cutoff_hz out" in caught.value.do


@pytest.mark.parametrize(
    ("name", "value"), [("min_confidence", 1.5), ("min_confidence", -0.1), ("max_gap_ms", -1), ("max_gap_ms", np.inf)]
)
def test_settings_that_cannot_be_right(name: str, value: float) -> None:
    with pytest.raises(PoseError, match=name):
        clean(Walker().film(duration_s=1).pose, **{name: value})


@given(fps=st.sampled_from([25, 30, 60, 120]), gap=st.integers(1, 20), at=st.integers(5, 30))
@settings(max_examples=25, deadline=None)
def test_gaps_are_filled_up_to_a_time_and_marked(fps: float, gap: int, at: int) -> None:
    walk = Walker().film(fps=fps, duration_s=3)
    knee = BODY25.index("left_knee")
    confidence = walk.pose.confidence.copy()
    confidence[at : at + gap, knee] = 0.1  # doubted, not missing
    cleaned = clean(walk.pose.with_(confidence=confidence))
    hole = np.zeros(walk.pose.n_frames, bool)
    hole[at : at + gap] = True
    if gap <= 0.12 * fps + 1e-9:
        assert np.array_equal(cleaned.filled[:, knee], hole)
        known = walk.pose.confidence[:, knee]
        assert (cleaned.confidence[hole, knee] <= known.max() / 2 + 1e-9).all()
        assert (cleaned.confidence[hole, knee] > 0).all()
        miss = np.abs(cleaned.xy[hole, knee] - walk.pose.xy[hole, knee]).max()
        assert miss < 0.06 * np.nanmax(np.ptp(walk.pose.xy[..., 1], axis=1))
    else:
        assert np.array_equal(np.isnan(cleaned.xy[:, knee, 0]), hole)
        assert not cleaned.filled[:, knee].any()
        assert (cleaned.confidence[hole, knee] == 0).all()
    others = np.arange(25) != knee
    face = [BODY25.index(n) for n in ("right_eye", "right_ear", "left_eye", "left_ear", "nose")]
    others[face] = False
    assert not cleaned.filled[:, others].any()


@pytest.mark.parametrize("fps", [25, 30, 50, 60, 120, 240])
@pytest.mark.parametrize("view", ["sagittal_right", "frontal_towards"])
def test_the_swing_of_a_fast_toddler_is_no_jump(fps: float, view: str) -> None:
    walk = Walker(cadence_spm=200, age_years=3).film(Camera(view=view), fps=fps, duration_s=4)
    cleaned = clean(walk.pose, min_confidence=0)
    assert not cleaned.filled.any()


@pytest.mark.parametrize(("fps", "length"), [(25, 1), (30, 2), (60, 3), (120, 6)])
def test_jumps_are_dropped_and_filled(fps: float, length: int) -> None:
    walk = Walker().film(fps=fps, duration_s=4, noise_px=1)
    ankle = BODY25.index("right_ankle")
    leg = 0.25 * np.ptp(walk.pose.xy[..., 1], axis=1).max() * 2
    xy = walk.pose.xy.copy()
    spots = [int(s * fps) for s in (0.7, 1.6, 2.9)]
    for spot in spots:
        xy[spot : spot + length, ankle] += [0.5 * leg, -0.3 * leg]
    cleaned = clean(walk.pose.with_(xy=xy))
    want = np.zeros(len(xy), bool)
    for spot in spots:
        want[spot : spot + length] = True
    assert np.array_equal(cleaned.filled[:, ankle], want)
    undisturbed = clean(walk.pose)
    assert np.abs(cleaned.xy[:, ankle] - undisturbed.xy[:, ankle]).max() < 0.08 * leg


def test_real_faults_are_mended(child: PoseSequence) -> None:
    cleaned = clean(child)
    assert cleaned.swapped.sum() == 12
    # frame 110: the estimator put the left leg on the right one; it goes and is filled
    knees = [cleaned.point(f"{side}_knee")[110] for side in ("left", "right")]
    assert np.linalg.norm(knees[0] - knees[1]) > 40
    assert cleaned.filled[110, BODY25.index("left_knee")]
    step = np.nanmax(np.abs(np.diff(cleaned.point("left_knee"), axis=0)))
    assert step < np.nanmax(np.abs(np.diff(child.point("left_knee"), axis=0))) / 2


def test_what_a_clean_pose_says_of_itself() -> None:
    walk = Walker().film(fps=60, duration_s=3, swaps=2, random_state=1)
    before = walk.pose.xy.copy()
    cleaned = clean(walk.pose)
    assert cleaned.steps == (f"clean(cutoff_hz={cleaned.info['cutoff_hz']:.3g})",)
    assert cleaned.swapped.any()
    assert not clean(walk.pose, repair=False).swapped.any()
    assert clean(walk.pose, cutoff_hz=10).info["cutoff_hz"] == 10
    assert (cleaned.fps, cleaned.source, cleaned.skeleton, cleaned.size) == (60, "walker", BODY25, walk.pose.size)
    np.testing.assert_array_equal(walk.pose.xy, before)
    assert not cleaned.xy.flags.writeable


@given(scale=st.floats(0.3, 3), shift=st.floats(-2000, 2000))
@settings(max_examples=10, deadline=None)
def test_pixels_do_not_matter(scale: float, shift: float) -> None:
    walk = Walker().film(fps=30, duration_s=3, noise_px=1, dropout=0.05, swaps=1, random_state=3)
    a, b = clean(walk.pose), clean(walk.pose.with_(xy=walk.pose.xy * scale + shift))
    np.testing.assert_allclose(b.xy, a.xy * scale + shift, atol=1e-4)
    assert np.array_equal(a.filled, b.filled)
    assert a.info == b.info


def test_the_mirror_child_is_cleaned_alike() -> None:
    walk = Walker().film(fps=30, duration_s=3, noise_px=1, dropout=0.05, swaps=1, random_state=3)
    np.testing.assert_allclose(clean(walk.pose.mirrored()).xy, clean(walk.pose).mirrored().xy, atol=0.02)


@pytest.mark.parametrize("skeleton", [BODY25, COCO17, WHOLEBODY133, Skeleton("arm", ("left_wrist", "right_wrist"))])
@pytest.mark.parametrize("frames", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("missing", [0.0, 0.5, 1.0])
def test_anything_that_is_a_pose_can_be_cleaned(skeleton: Skeleton, frames: int, missing: float) -> None:
    rng = np.random.default_rng(0)
    xy = rng.normal(300, 50, (frames, len(skeleton), 2))
    xy[rng.random(xy.shape[:2]) < missing] = np.nan
    cleaned = clean(PoseSequence(xy, fps=30, skeleton=skeleton))
    assert cleaned.xy.shape == xy.shape
