from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import MissingKeypoint
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BLAZEPOSE33, BODY25, COCO17, COCO18, Skeleton
from skelgait.signals.clean import clean
from skelgait.signals.travel import Bout, body_size, find_bouts, leg_length_px, travel_direction
from skelgait.walker import Camera, Walker

VIEWS = {"sagittal_right": 1, "sagittal_left": -1, "frontal_towards": 1, "frontal_away": -1}
WALKERS = [
    (25, Walker(cadence_spm=190)),
    (60, Walker(cadence_spm=60, age_years=30)),
    (240, Walker(cadence_spm=150)),
    (30, Walker(cadence_spm=110, crouch_deg=30)),
    (50, Walker(cadence_spm=140, equinus_deg=20, stiff_knee=0.8)),
]


def one_bout(pose: PoseSequence) -> Bout:
    bouts = find_bouts(pose)
    assert len(bouts) == 1, bouts
    return bouts[0]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("fps", "walker"), WALKERS)
@pytest.mark.parametrize(
    ("skeleton", "noise", "dropout", "swaps"), [(BODY25, 0, 0, 0), (COCO17, 2, 0.1, 3), (BLAZEPOSE33, 3, 0.05, 2)]
)
@pytest.mark.parametrize("treat", [lambda pose: pose, clean])
def test_a_straight_walk_is_one_bout_from_end_to_end(
    view: str, fps: float, walker: Walker, skeleton: Skeleton, noise: float, dropout: float, swaps: int, treat: Callable
) -> None:
    walk = walker.film(Camera(view=view), fps=fps, duration_s=4, noise_px=noise, dropout=dropout, swaps=swaps, skeleton=skeleton)
    bout = one_bout(treat(walk.pose))
    assert (bout.direction, bout.plane, bout.treadmill) == (VIEWS[view], view.split("_")[0], False)
    lost = 0.12 * fps if dropout else 0  # the hips themselves may be missing at the very ends
    assert bout.start <= lost
    assert bout.stop >= walk.pose.n_frames - lost
    if bout.plane == "sagittal":
        assert bout.speed_ll_s == pytest.approx(walk.truth.speed_m_s / walk.truth.leg_length_m, rel=0.08)
    else:
        assert np.isnan(bout.speed_ll_s)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("how", ["treadmill", "track", "pan"])
@pytest.mark.parametrize("skeleton", [BODY25, COCO18])
def test_walking_on_the_spot(view: str, how: str, skeleton: Skeleton) -> None:
    camera = Camera(view=view, follow="no" if how == "treadmill" else how)
    walk = Walker(treadmill=how == "treadmill").film(camera, fps=30, duration_s=5, noise_px=1, swaps=2, skeleton=skeleton)
    bout = one_bout(walk.pose)
    assert (bout.direction, bout.start, bout.stop) == (VIEWS[view], 0, 150)
    if not (how == "pan" and view.startswith("frontal")):  # a camera that pans still sees the child come nearer
        assert bout.treadmill
        assert np.isnan(bout.speed_ll_s)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("fps", "walker"), [(25, Walker(cadence_spm=190, there_and_back=True)), (60, Walker(there_and_back=True))])
@pytest.mark.parametrize("noise", [0, 2])
def test_turns_split_bouts(view: str, fps: float, walker: Walker, noise: float) -> None:
    walk = walker.film(Camera(view=view), fps=fps, duration_s=12, noise_px=noise)
    bouts = find_bouts(walk.pose)
    directions = [bout.direction for bout in bouts]
    assert directions == [VIEWS[view] * (-1) ** i for i in range(len(bouts))]
    assert len(bouts) >= 3
    heading = np.degrees(walker.move(walk.pose.time_s).heading)
    along = travel_direction(walk.pose)
    off = np.abs((heading + 180 * (along != VIEWS[view]) + 180) % 360 - 180)
    assert off[along != 0].max() < 55  # nothing from the middle of a turn
    straight = off < 5
    assert (along[straight & (heading % 180 < 5)] != 0).mean() > 0.97  # and all of the straights


def test_a_pause_and_a_shuffle() -> None:
    walk = Walker().film(fps=60, duration_s=3)
    still = np.repeat(walk.pose.xy[-1:], 120, axis=0)
    pose = PoseSequence(np.concatenate([walk.pose.xy, still]), fps=60, skeleton=BODY25)
    bout = one_bout(pose)
    assert bout.start == 0
    assert 180 <= bout.stop < 180 + 60
    slow = Walker(step_length_m=0.12, cadence_spm=60).film(fps=30, duration_s=8, noise_px=1)
    assert (one_bout(slow.pose).start, one_bout(slow.pose).stop) == (0, 240)


def test_nobody_walks(reference: Callable[..., list[PoseSequence]]) -> None:
    for kind in ("kp_sag_ortho", "kp_sag_persp", "kp_front_persp", "kp_obl45_persp"):
        for noise in (0, 2):
            for pose in reference(kind, static=True, noise=noise):
                assert find_bouts(pose) == (), (kind, pose.source)
                assert not travel_direction(pose).any()
    assert find_bouts(PoseSequence(np.full((90, 17, 2), np.nan), fps=30, skeleton=COCO17)) == ()


@pytest.mark.parametrize("kind", ["kp_sag_ortho", "kp_sag_persp", "kp_front_persp", "kp_obl45_persp"])
@pytest.mark.parametrize(("step", "noise"), [(1, 0), (4, 2)])
def test_real_walks_are_covered(reference: Callable[..., list[PoseSequence]], kind: str, step: int, noise: float) -> None:
    plane = {"s": "sagittal", "f": "frontal", "o": "oblique"}[kind[3]]
    for pose in reference(kind, step=step, noise=noise):
        bout = one_bout(pose)
        seen = np.flatnonzero(~np.isnan(pose.point("left_hip")[:, 0]))
        assert (bout.start, bout.stop) == (seen[0], seen[-1] + 1), pose.source
        assert bout.direction == 1
        assert bout.plane == plane or (noise and plane == "oblique"), pose.source
        assert bout.treadmill == ("treadmill" in pose.source)


@pytest.mark.parametrize("treat", [lambda pose: pose, clean])
def test_a_panning_camera(child: PoseSequence, treat: Callable) -> None:
    pose = treat(child)
    bout = one_bout(pose)
    assert (bout.start, bout.plane, bout.direction, bout.treadmill) == (0, "sagittal", -1, True)
    assert bout.stop >= 148  # frame 149 has no leg
    assert one_bout(pose.map_to(COCO17)).direction == -1  # without feet: by the knees


def test_a_given_plane_is_believed() -> None:
    walk = Walker().film(Camera(yaw_deg=40), fps=30, duration_s=4)
    assert one_bout(walk.pose).plane == "oblique"
    assert one_bout(walk.pose.with_(view="sagittal_left")).plane == "sagittal"
    assert one_bout(walk.pose.with_(view="sagittal_left")).direction == 1
    assert find_bouts(walk.pose, plane="frontal")[0].plane == "frontal"


@given(scale=st.floats(0.2, 4), dx=st.floats(-3000, 3000), dy=st.floats(-3000, 3000), view=st.sampled_from(list(VIEWS)))
@settings(max_examples=12, deadline=None)
def test_only_shape_counts(scale: float, dx: float, dy: float, view: str) -> None:
    pose = Walker(there_and_back=True).film(Camera(view=view), fps=25, duration_s=8, noise_px=1).pose
    bouts = find_bouts(pose)
    assert [(b.start, b.stop, b.direction) for b in find_bouts(pose.with_(xy=pose.xy * scale + [dx, dy]))] == [
        (b.start, b.stop, b.direction) for b in bouts
    ]
    sign = -1 if view.startswith("sagittal") else 1
    mirrored = find_bouts(pose.mirrored())
    assert [b.direction for b in mirrored] == [sign * b.direction for b in bouts]


@pytest.mark.parametrize(("view", "fps"), [("sagittal_right", 30), ("frontal_towards", 60), ("frontal_away", 25)])
def test_sizes_in_the_image(view: str, fps: float) -> None:
    walk = Walker().film(Camera(view=view), fps=fps, duration_s=5, noise_px=1)
    depth = walk.placed.depth(walk.truth.joints["mid_hip"])
    true = walk.truth.leg_length_m * walk.placed.focal / depth
    size = body_size(walk.pose)
    np.testing.assert_allclose(size, true, rtol=0.07)
    if view == "sagittal_right":
        assert leg_length_px(walk.pose) == pytest.approx(np.median(true), rel=0.03)
        assert leg_length_px(walk.pose) * walk.truth.metres_per_px == pytest.approx(walk.truth.leg_length_m, rel=0.03)
    else:
        growth = np.log(size[-1] / size[0]) / np.log(true[-1] / true[0])
        assert growth == pytest.approx(1, abs=0.05)


def test_a_layout_without_legs_is_refused() -> None:
    arm = PoseSequence(np.zeros((9, 3, 2)), fps=30, skeleton=Skeleton("arm", ("left_wrist", "right_wrist", "left_hip")))
    for function in (find_bouts, leg_length_px, body_size):
        with pytest.raises(MissingKeypoint, match="needs both hips and both ankles") as caught:
            function(arm)
        assert "left_wrist" in caught.value.found
        assert caught.value.do


@pytest.mark.parametrize(("view", "direction"), [("frontal_towards", 1), ("frontal_away", -1), ("sagittal_left", -1)])
@pytest.mark.parametrize("yaw_deg", [-16, -12, 12, 16, 20])
def test_a_camera_somewhat_aside_does_not_turn_the_walk_round(view, direction, yaw_deg):
    walk = Walker(age_years=3, cadence_spm=170).film(Camera(view=view, yaw_deg=yaw_deg), fps=30, duration_s=4)
    assert [(bout.plane, bout.direction) for bout in find_bouts(walk.pose)] == [(view.split("_")[0], direction)]
