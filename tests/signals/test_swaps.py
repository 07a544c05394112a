from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, Skeleton
from skelgait.signals.swaps import leg_pairs, repair_swaps, swapped_frames
from skelgait.signals.two_states import decode
from skelgait.walker import Camera, Walker


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 1)), min_size=1, max_size=9),
)
@settings(max_examples=60, deadline=None)
def test_decode_finds_the_cheapest_states(steps: list[tuple[float, float]]) -> None:
    stay, cost = np.array([s for s, _ in steps[1:]]), np.array([c for _, c in steps])

    def total(states: tuple[int, ...]) -> float:
        return float(cost @ states + stay @ (np.diff(states) != 0)) if len(states) > 1 else float(cost @ states)

    best = min(total(states) for states in itertools.product((0, 1), repeat=len(cost)))
    assert total(tuple(decode(stay, cost).astype(int))) == pytest.approx(best, abs=1e-5)


def test_of_two_equally_cheap_readings_one_is_taken_whole() -> None:
    states = decode(np.array([-1, 1, -1.0]), np.full(4, 0.1))  # 0110 and 1001 cost the same; 0000 costs more
    assert states.tolist() in ([False, True, True, False], [True, False, False, True])


@pytest.mark.parametrize("view", ["sagittal_right", "frontal_towards", "frontal_away"])
@pytest.mark.parametrize(
    ("fps", "walker"),
    [
        (25, Walker(cadence_spm=190)),
        (30, Walker(cadence_spm=128, knee_valgus_deg=12)),
        (60, Walker(cadence_spm=110, crouch_deg=30)),
        (120, Walker(cadence_spm=150, stiff_knee=0.8)),
    ],
)
def test_planted_swaps_are_found_and_nothing_else(view: str, fps: float, walker: Walker) -> None:
    planted = found = false = 0
    for seed in range(3):
        walk = walker.film(
            Camera(view=view), fps=fps, duration_s=6, noise_px=2, dropout=0.03, swaps=4 if seed else 0, random_state=seed
        )
        swapped = repair_swaps(walk.pose).swapped
        planted += walk.truth.swapped.sum()
        found += (swapped & walk.truth.swapped).sum()
        false += (swapped & ~walk.truth.swapped).sum()
    assert planted > 20
    assert found >= 0.95 * planted
    assert false <= 0.01 * planted


def test_repaired_legs_are_where_they_would_have_been() -> None:
    walker = Walker()
    clean, mixed = (walker.film(fps=60, swaps=n, random_state=4) for n in (0, 4))
    repaired = repair_swaps(mixed.pose)
    assert np.array_equal(repaired.swapped, mixed.truth.swapped)
    np.testing.assert_allclose(repaired.xy, clean.pose.xy)
    assert not np.allclose(mixed.pose.xy, clean.pose.xy)


def test_a_clip_is_never_turned_over_as_a_whole() -> None:
    walk = Walker().film(fps=60, duration_s=4)
    order = BODY25.mirror
    assert not repair_swaps(walk.pose.with_(xy=walk.pose.xy[:, order])).swapped.any()
    mostly = walk.pose.xy.copy()
    mostly[60:] = mostly[60:, order]  # 3 of 4 seconds: the first second is the odd one out
    swapped = repair_swaps(walk.pose.with_(xy=mostly)).swapped
    assert swapped[:60].all()
    assert not swapped[60:].any()


@pytest.mark.parametrize("kind", ["kp_sag_ortho", "kp_sag_persp", "kp_front_persp", "kp_obl45_persp"])
@pytest.mark.parametrize(("step", "noise"), [(1, 0), (4, 0), (4, 2), (1, 2)])
def test_clean_recordings_are_left_alone(reference: Callable[..., list[PoseSequence]], kind: str, step: int, noise: float) -> None:
    for pose in reference(kind, step=step, noise=noise):
        assert not repair_swaps(pose).swapped.any(), pose.source


def test_swaps_planted_in_real_walks(reference: Callable[..., list[PoseSequence]]) -> None:
    planted = found = false = 0
    for seed, pose in enumerate(reference("kp_sag_persp", step=4, noise=1)):
        if pose.fps < 24:
            continue
        swapped = np.zeros(pose.n_frames, bool)
        start = np.random.default_rng(seed).integers(8, pose.n_frames - 16)
        swapped[start : start + 6] = True
        swapped &= ~np.isnan(pose.point("left_knee")[:, 0])
        left, right = leg_pairs(pose.skeleton)
        xy = pose.xy.copy()
        xy[np.ix_(swapped, np.r_[left, right])] = pose.xy[np.ix_(swapped, np.r_[right, left])]
        got = repair_swaps(pose.with_(xy=xy)).swapped
        planted, found, false = planted + swapped.sum(), found + (got & swapped).sum(), false + (got & ~swapped).sum()
    assert found >= 0.95 * planted
    assert false <= 0.02 * planted


def test_real_swaps_of_a_real_estimator(child: PoseSequence) -> None:
    # looked up in the video, frame by frame
    confident = child.with_(xy=np.where(child.confidence[..., None] < 0.3, np.nan, child.xy))
    repaired = repair_swaps(confident)
    assert np.flatnonzero(repaired.swapped).tolist() == [57, 73, 74, 77, 78, 79, 80, 87, 93, 117, 121, 131]
    assert not repair_swaps(repaired).with_(swapped=None).swapped.any()


def test_a_bad_frame_at_either_end_does_not_turn_over_a_step() -> None:
    # as real estimators do: one frame exchanged before the legs pass, one after the next pass with both legs drawn in between
    for seed, cadence in itertools.product(range(6), (100, 116, 130)):
        pose = Walker(cadence_spm=cadence).film(fps=30, duration_s=5, noise_px=2, random_state=seed).pose
        apart = pose.point("left_ankle")[:, 0] - pose.point("right_ankle")[:, 0]
        passes = np.flatnonzero(np.diff(np.sign(apart)))
        left, right = leg_pairs(pose.skeleton)
        xy, exchanged, drawn = pose.xy.copy(), passes[3] - 2, passes[4] + 2
        xy[exchanged, np.r_[left, right]] = pose.xy[exchanged, np.r_[right, left]]
        shift = 0.325 * (xy[drawn, left] - xy[drawn, right])
        xy[drawn, left] -= shift
        xy[drawn, right] += shift
        swapped = np.flatnonzero(repair_swaps(pose.with_(xy=xy)).swapped)
        assert set(swapped) <= {exchanged, drawn}, (seed, cadence)


def test_audit_table() -> None:
    swapped = np.zeros(100, bool)
    swapped[10:13] = swapped[40] = swapped[99] = True
    pose = PoseSequence(np.zeros((100, 17, 2)), fps=50, skeleton=COCO17, swapped=swapped)
    table = swapped_frames(pose)
    assert table.columns.tolist() == ["start_frame", "stop_frame", "start_s", "stop_s", "n_frames"]
    assert table.start_frame.tolist() == [10, 40, 99]
    assert table.stop_frame.tolist() == [13, 41, 100]
    np.testing.assert_allclose(table.stop_s - table.start_s, table.n_frames / 50)
    assert len(swapped_frames(pose.with_(swapped=None))) == 0


def test_a_pass_that_was_misread_shows_in_the_feet_where_no_trunk_is_in_the_picture() -> None:
    walk = Walker(cadence_spm=100).film(Camera(view="sagittal_left", height_m=1.6), fps=60, duration_s=5, noise_px=1)
    pose = walk.pose
    ankles = [pose.point(f"{side}_ankle")[:, 0] for side in ("left", "right")]
    passes = np.flatnonzero(np.diff((ankles[1] > ankles[0]).astype(int)))
    left, right = leg_pairs(pose.skeleton)
    xy, late = pose.xy.copy(), np.arange(pose.n_frames) > passes[4]  # there the legs lie on each other: no jump shows
    xy[np.ix_(late, np.r_[left, right])] = pose.xy[np.ix_(late, np.r_[right, left])]
    xy[:, np.setdiff1d(np.arange(len(pose.skeleton)), np.r_[left, right])] = np.nan
    repaired = repair_swaps(pose.with_(xy=xy, confidence=None))
    assert repaired.info["sides"]["told_by"] == "height"
    assert (repaired.swapped == late).mean() > 0.97


def test_the_mirror_child_has_the_same_swaps() -> None:
    walk = Walker().film(fps=30, duration_s=5, noise_px=1, swaps=3, random_state=2)
    assert walk.truth.swapped.any()
    assert np.array_equal(repair_swaps(walk.pose).swapped, repair_swaps(walk.pose.mirrored()).swapped)


def test_layouts_without_legs_and_clips_of_a_moment_pass_through() -> None:
    arm = Skeleton("arm", ("left_wrist", "right_wrist"))
    pose = PoseSequence(np.zeros((9, 2, 2)), fps=30, skeleton=arm)
    assert repair_swaps(pose) is pose
    for frames in (1, 2, 3, 5):
        short = PoseSequence(np.random.default_rng(0).normal(size=(frames, 17, 2)), fps=30, skeleton=COCO17)
        assert repair_swaps(short).n_frames == frames
    assert not repair_swaps(PoseSequence(np.full((50, 17, 2), np.nan), fps=30, skeleton=COCO17)).swapped.any()
