"""Footprints of the walker: known step lengths under every camera, with the contacts given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17, Skeleton
from skelgait.gait.cycles import find_strides
from skelgait.gait.footprints import Footprints, find_footprints, step_lengths, stride_lengths, toe_clearances
from skelgait.gait.steps import find_steps
from skelgait.signals.travel import Bout
from skelgait.walker import Camera, Walk, Walker

LIMPING = Walker(step_length_m=(0.50, 0.36), cadence_spm=110)
FLAT = Camera(perspective=False)


def prints_of(walk: Walk, pose: PoseSequence | None = None, *, direction: int = 1) -> Footprints:
    pose = pose or walk.pose
    bout = Bout(0, pose.n_frames, direction, "sagittal", False, 1.0)
    return find_footprints(pose, walk.truth.events, (bout,), step_s=60 / walk.truth.cadence_spm)


def lengths_m(walk: Walk, pose: PoseSequence | None = None, *, direction: int = 1) -> dict[str, float]:
    """Mean step length of each side, metres."""
    steps = find_steps(walk.truth.events)
    length = step_lengths(prints_of(walk, pose, direction=direction), steps) * walk.truth.leg_length_m
    return {side: float(np.nanmean(length[steps.side == side])) for side in ("left", "right")}


@pytest.fixture(scope="module")
def limping() -> Walk:
    return LIMPING.film(FLAT, fps=60, duration_s=6)


def test_steps_have_the_length_that_was_walked(limping: Walk) -> None:
    assert lengths_m(limping) == pytest.approx({"left": 0.50, "right": 0.36}, rel=0.01)


def test_strides_are_left_plus_right_step(limping: Walk) -> None:
    strides = find_strides(limping.truth.events)
    length = stride_lengths(prints_of(limping), strides) * limping.truth.leg_length_m
    assert np.nanmedian(length) == pytest.approx(0.86, rel=0.01)


def test_perspective_noise_and_30_fps_cost_little() -> None:
    walk = LIMPING.film(Camera(), fps=30, duration_s=8, noise_px=2, random_state=3)
    assert lengths_m(walk) == pytest.approx({"left": 0.50, "right": 0.36}, rel=0.03)


def test_a_layout_without_heels_uses_both_ankles(limping: Walk) -> None:
    assert lengths_m(limping, limping.pose.map_to(COCO17)) == pytest.approx({"left": 0.50, "right": 0.36}, rel=0.02)


def test_a_camera_that_pans_smoothly_changes_nothing_much(limping: Walk) -> None:
    time = limping.pose.time_s
    still = lengths_m(limping)
    for pan in (300 * time, 200 * np.sin(time), -150 * time):
        xy = limping.pose.xy.copy()
        xy[..., 0] -= pan[:, None]
        assert lengths_m(limping, limping.pose.with_(xy=xy)) == pytest.approx(still, rel=0.02)


def test_on_a_treadmill_the_belt_is_measured() -> None:
    walk = Walker(step_length_m=(0.50, 0.36), cadence_spm=110, treadmill=True).film(FLAT, fps=60, duration_s=6)
    assert lengths_m(walk) == pytest.approx({"left": 0.50, "right": 0.36}, rel=0.03)
    prints = prints_of(walk)
    belt = np.median(prints.ground_px_s / prints.leg_px) * walk.truth.leg_length_m
    assert belt == pytest.approx(-walk.truth.speed_m_s, rel=0.03)


@settings(max_examples=8, deadline=None)
@given(scale=st.floats(0.3, 3), shift=st.floats(-500, 500))
def test_size_and_place_in_the_image_do_not_matter(limping: Walk, scale: float, shift: float) -> None:
    moved = limping.pose.with_(xy=limping.pose.xy * scale + shift)
    assert lengths_m(limping, moved) == pytest.approx(lengths_m(limping), rel=1e-9)


def test_walking_the_other_way_is_the_same(limping: Walk) -> None:
    flipped = limping.pose.with_(xy=limping.pose.xy * [-1, 1])
    assert lengths_m(limping, flipped, direction=-1) == pytest.approx(lengths_m(limping), rel=1e-9)


def test_a_foot_that_was_not_seen_leaves_no_print(limping: Walk) -> None:
    xy = limping.pose.xy.copy()
    names = limping.pose.skeleton.names
    hidden = [i for i, n in enumerate(names) if n in ("left_heel", "left_ankle", "left_big_toe", "left_small_toe")]
    xy[:, hidden] = np.nan
    prints = prints_of(limping, limping.pose.with_(xy=xy, confidence=None))
    assert np.isnan(prints.forward_px[prints.side == "left"]).all()
    assert np.isfinite(prints.forward_px[prints.side == "right"][:-1]).all()


def test_no_contacts_leave_no_prints(limping: Walk) -> None:
    none = limping.truth.events.select(side="left", event="foot_off", bout=99)
    prints = find_footprints(limping.pose, none, (), step_s=0.5)
    assert prints.forward_px.shape == (0,)


@pytest.mark.parametrize("roll", [0.0, 4.0])
def test_the_toe_clears_the_floor_by_what_it_does(roll: float) -> None:
    walk = Walker(toe_clearance_m=0.03).film(Camera(roll_deg=roll), fps=100, duration_s=5)
    strides = find_strides(walk.truth.events)
    got = np.nanmedian(toe_clearances(walk.pose, prints_of(walk), strides)) * walk.truth.leg_length_m
    toe, want = walk.truth.joints["left_big_toe"][:, 2], []
    for k in np.flatnonzero(strides.side == "left"):
        swing = strides.stop_s[k] - strides.foot_off_s[k]
        mid = [round(100 * (strides.foot_off_s[k] + share * swing)) for share in (0.35, 0.75)]
        flat = [
            round(100 * (t + 0.4 * 0.5 * (strides.stop_s[k] - strides.start_s[k]))) for t in (strides.start_s[k], strides.stop_s[k])
        ]
        if flat[1] < len(toe):
            want.append(toe[mid[0] : mid[1] + 1].min() - toe[flat].mean())
    assert got == pytest.approx(np.median(want), abs=0.004)


LABS = ("fmc_gait06", "fmc_gait15", "btk_A_gait1", "btk_B_gait", "sydney_gait03", "qcmas_gait")


def test_real_footprints_go_as_far_as_the_hips_and_the_heels_at_contact_do_not(data: Path) -> None:
    printed, naive = [], []
    for name in LABS:
        z = np.load(data / f"c3d_pig_multilab/ref/{name}.npz", allow_pickle=False)
        points = z["kp_sag_ortho"]
        xy = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
        pose = PoseSequence(xy, fps=float(z["fps"]), skeleton=Skeleton("ref21", tuple(z["names"].astype(str))))
        rows = [r.split(",") for r in z["events"].astype(str) if r.endswith("c3d") and ",IC," in r]
        time = np.array([float(r[2]) for r in rows])
        events = GaitEvents([r[0].lower() for r in rows], ["initial_contact"] * len(rows), time, time * pose.fps)
        hips = pose.point("mid_hip")[:, 0]
        known = np.isfinite(hips)
        direction = int(np.sign(hips[known][-1] - hips[known][0]))
        steps = find_steps(events)
        prints = find_footprints(
            pose,
            events,
            (Bout(0, pose.n_frames, direction, "sagittal", False, 1.0),),
            step_s=float(np.median(steps.duration_s)),
        )
        length = step_lengths(prints, steps) * np.nanmedian(prints.leg_px)
        use = np.isfinite(length)
        travelled = np.abs(
            np.subtract(*(np.interp(t[use], pose.time_s[known], hips[known]) for t in (steps.stop_s, steps.start_s)))
        )
        printed.append(length[use].sum() / travelled.sum())
        heels = pose.point("left_heel")[:, 0] - pose.point("right_heel")[:, 0]
        naive.append(np.abs(np.interp(steps.stop_s[use], pose.time_s, heels)).sum() / travelled.sum())
    assert np.mean(printed) == pytest.approx(1.0, abs=0.01)
    assert printed == pytest.approx([1.0] * len(LABS), abs=0.03)
    # why footprints: when a foot lands, the rear heel has risen and rolled forward
    assert np.mean(naive) < 0.96
