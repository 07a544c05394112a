from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BLAZEPOSE33, COCO17, Skeleton
from skelgait.gait.events import detect_events
from skelgait.signals.clean import clean
from skelgait.signals.passing import follow_feet, legs_turn_back
from skelgait.signals.swaps import leg_pairs, leg_parts, repair_swaps
from skelgait.signals.view import recognise_view
from skelgait.walker import Camera, Walk, Walker

STROKE = Walker(
    height_m=1.8, cadence_spm=80, step_length_m=(0.5, 0.42), stance_percent=(60, 68), stiff_knee=(0.7, 0), step_width_m=0.12
)
CHILD, QUICK, CROUCH = Walker(), Walker(cadence_spm=180), Walker(crouch_deg=30, cadence_spm=110)


@dataclass(frozen=True)
class Seen:
    pose: PoseSequence
    exchanged: np.ndarray  # frames whose names are wrong
    merged: np.ndarray  # frames in which both legs are drawn on the standing one


def name_by_place(walk: Walk, seed: int, *, merge: bool = True, odd: float = 0.03) -> Seen:
    """What a network makes of somebody whose trunk is out of the picture: the leg in front is called the right one (with names
    that change up to 13 % of a step before or after the feet pass), both legs are drawn on one about when they pass, some frames
    are drawn anywhere, the hips wobble, and nothing above them is seen.
    """
    random = np.random.default_rng(seed)
    pose, fps = walk.pose, walk.pose.fps
    early = round(0.13 * 60 / walk.truth.cadence_spm * fps)
    left, right = leg_pairs(pose.skeleton)
    xy = pose.xy.copy()
    leg = float(np.nanmedian(np.hypot(*(pose.point("left_hip") - pose.point("left_ankle")).T)))
    forward = 1 if "right" in walk.camera.view else -1
    ankles = [forward * pose.point(f"{side}_ankle")[:, 0] for side in ("left", "right")]
    passes = np.flatnonzero(np.diff((ankles[1] > ankles[0]).astype(int))) + 1
    right_leads = np.full(len(xy), ankles[1][0] > ankles[0][0])
    for frame in np.sort(passes + random.integers(-early, early + 1, len(passes))):
        right_leads[max(frame, 0) :] ^= True
    merged = np.zeros(len(xy), bool)
    for frame in passes[random.random(len(passes)) < 0.7] if merge else ():
        first = frame + random.integers(-early, early)
        frames = np.arange(max(first, 0), min(first + 1 + random.integers(round(1.5 * early)), len(xy)))
        near = slice(max(frame - 2, 0), frame + 3)
        stands, swings = (left, right) if np.ptp(ankles[0][near]) < np.ptp(ankles[1][near]) else (right, left)
        merged[frames] = True
        xy[np.ix_(frames, swings)] = xy[np.ix_(frames, stands)] + random.normal(0, 0.015 * leg, (len(frames), len(stands), 2))
    anywhere = random.random(len(xy)) < odd
    xy[anywhere] += random.normal(0, 0.12 * leg, xy[anywhere].shape)
    exchanged = ~right_leads
    xy[np.ix_(exchanged, np.r_[left, right])] = xy[np.ix_(exchanged, np.r_[right, left])]
    xy[:, np.setdiff1d(np.arange(xy.shape[1]), np.r_[left, right])] = np.nan
    xy[:, [left[0], right[0]]] += random.normal(0, 0.03 * leg, (len(xy), 2, 2))
    return Seen(pose.with_(xy=xy, confidence=None), exchanged, merged)


def film(walker: Walker, view: str, fps: float, noise: float, seed: int, **camera) -> Walk:
    return walker.film(Camera(view=view, **camera), fps=fps, duration_s=5, noise_px=noise, skeleton=BLAZEPOSE33, random_state=seed)


def turn_back(pose: PoseSequence) -> bool:
    left, right = leg_pairs(pose.skeleton)
    rows = pose.xy.transpose(1, 2, 0)
    return legs_turn_back(rows[left], rows[right], leg_parts(pose.skeleton))


@pytest.mark.parametrize("follow", ["no", "track"])
@pytest.mark.parametrize("view", ["sagittal_left", "sagittal_right"])
@pytest.mark.parametrize("walker", [STROKE, CHILD, QUICK, CROUCH], ids=["stroke", "child", "quick", "crouch"])
def test_legs_named_by_place_get_their_own_names(walker: Walker, view: str, follow: str) -> None:
    right, told = [], []
    for fps, noise, merge, odd, seed in ((30, 2, False, 0.0, 0), (30, 4, True, 0.03, 1), (60, 4, True, 0.03, 2)):
        seen = name_by_place(film(walker, view, fps, noise, seed, follow=follow), seed, merge=merge, odd=odd)
        assert turn_back(seen.pose)
        repaired = repair_swaps(seen.pose)
        agree = float((repaired.swapped == seen.exchanged)[~seen.merged].mean())
        right.append(max(agree, 1 - agree))
        sides = repaired.info["sides"]
        if sides["told_by"] == "height":
            told.append((agree > 0.5, sides["confidence"]))
            assert 0.003 < sides["lower_ll"] < 0.1
    assert np.mean(right) > 0.93
    assert np.median(right) > 0.97
    assert all(correct for correct, confidence in told if confidence > 0.95)


def test_the_nearer_foot_is_the_lower_one_unless_nothing_shows_it() -> None:
    for view in ("sagittal_left", "sagittal_right"):
        high = film(STROKE, view, 30, 2, 0, height_m=1.6)  # a phone held by somebody who stands
        seen = name_by_place(high, 3)
        repaired = repair_swaps(seen.pose)
        assert repaired.info["sides"]["told_by"] == "height"
        assert repaired.info["sides"]["confidence"] > 0.95
        assert (repaired.swapped == seen.exchanged)[~seen.merged].mean() > 0.97
        tilted = name_by_place(film(STROKE, view, 30, 2, 0, height_m=1.6, roll_deg=3), 3)
        assert (repair_swaps(tilted.pose).swapped == tilted.exchanged)[~tilted.merged].mean() > 0.97
    flat = name_by_place(film(STROKE, "sagittal_left", 60, 0, 0, perspective=False), 3, merge=False, odd=0)
    sides = repair_swaps(flat.pose).info["sides"]
    assert sides["told_by"] == "names" or sides["confidence"] < 0.95


@pytest.mark.parametrize("view", ["sagittal_left", "sagittal_right"])
def test_without_a_trunk_the_walk_is_measured_all_the_same(view: str) -> None:
    walk = film(STROKE, view, 60, 3, 5, height_m=1.6)
    seen = name_by_place(walk, 5)
    pose = clean(seen.pose)
    assert recognise_view(pose).view == view
    found = detect_events(pose)
    for side in ("left", "right"):
        truth = walk.truth.events.times(side, "initial_contact")
        late = found.times(side, "initial_contact")[:, None] - truth[None]
        late = late[np.arange(len(late)), np.abs(late).argmin(axis=1)]
        assert len(late) >= len(truth) - 1
        assert np.median(np.abs(late)) < 0.035
        assert np.abs(late).max() < 0.1


def test_points_on_the_wrong_leg_are_not_believed() -> None:
    worst, missing = [], []
    for seed in range(3):
        walk = film(STROKE, "sagittal_left", 30, 2, seed, height_m=1.6)
        seen = name_by_place(walk, seed, odd=0.06)
        pose, true = clean(seen.pose), clean(walk.pose)
        limb = [k for k, name in enumerate(BLAZEPOSE33.names) if name.split("_", 1)[-1] in ("knee", "ankle", "heel", "foot_index")]
        leg = float(np.median(np.hypot(*(true.point("left_hip") - true.point("left_ankle")).T)))
        off = np.hypot(*(pose.xy - true.xy)[:, limb].transpose(2, 0, 1)) / leg
        worst.append(np.nanpercentile(off, 97))
        missing.append(np.isnan(off).mean())
    assert np.median(worst) < 0.1
    assert max(worst) < 0.2
    assert max(missing) < 0.12


def test_honest_names_are_left_alone() -> None:
    for walker in (STROKE, CHILD, QUICK, CROUCH, Walker(stiff_knee=(0.8, 0)), Walker(there_and_back=True)):
        for view in ("sagittal_left", "sagittal_right", "frontal_towards", "frontal_away"):
            for swaps in (0, 4):
                walk = walker.film(Camera(view=view), fps=30, duration_s=6, noise_px=2, swaps=swaps, random_state=1)
                repaired = repair_swaps(walk.pose)
                assert "sides" not in repaired.info
                if not swaps:
                    assert not turn_back(walk.pose) or "frontal" in view
                    assert not repaired.swapped.any()


@pytest.mark.parametrize("step_length_m", [(0.5, 0.1), (0.1, 0.5), (0.45, 0.05)])
@pytest.mark.parametrize("yaw_deg", [-20, 0, 20])
def test_somebody_who_always_leads_with_the_same_leg_keeps_their_names(step_length_m: tuple[float, float], yaw_deg: float) -> None:
    for view in ("sagittal_left", "sagittal_right"):
        walk = film(Walker(step_length_m=step_length_m, cadence_spm=90), view, 30, 3, 0, yaw_deg=yaw_deg)
        assert repair_swaps(walk.pose).swapped.mean() < 0.02


@pytest.mark.parametrize("yaw_deg", [-45, -30, 30, 45])
def test_at_an_angle_legs_that_never_pass_in_the_picture_keep_their_names(yaw_deg: float) -> None:
    for view in ("sagittal_left", "frontal_towards"):
        for walker in (Walker(step_width_m=0.25), Walker(step_length_m=(0.5, 0.1)), CROUCH):
            pose = film(walker, view, 30, 2, 0, yaw_deg=yaw_deg).pose
            before, after = recognise_view(pose), recognise_view(clean(pose))
            assert before.view == after.view
            assert "sides" not in clean(pose).info


@pytest.mark.parametrize("kind", ["kp_sag_ortho", "kp_sag_persp", "kp_front_persp", "kp_obl45_persp"])
def test_recorded_walks_pass(reference: Callable[..., list[PoseSequence]], child: PoseSequence, kind: str) -> None:
    for pose in reference(kind, step=4, noise=2):
        assert "sides" not in repair_swaps(pose).info
    assert "sides" not in clean(child).info


def test_what_cannot_be_followed_is_said_so() -> None:
    pose = film(CHILD, "sagittal_left", 30, 1, 0).pose
    left, right = leg_pairs(pose.skeleton)
    rows, sure = pose.xy.transpose(1, 2, 0), np.ones((len(left), pose.n_frames))
    parts = leg_parts(pose.skeleton)
    assert follow_feet(pose, rows[left], rows[right], sure, parts) is None  # the names are right
    assert follow_feet(pose.with_(view="frontal"), rows[left], rows[right], sure, parts) is None
    nothing = np.full_like(rows[left], np.nan)
    assert follow_feet(pose.with_(view="sagittal"), nothing, nothing, sure, parts) is None
    assert not legs_turn_back(nothing, nothing, parts)
    arm = Skeleton("arm", ("left_wrist", "right_wrist"))
    assert not legs_turn_back(np.zeros((0, 2, 9)), np.zeros((0, 2, 9)), leg_parts(arm))
    few = film(CHILD, "sagittal_left", 30, 0, 0).pose.map_to(COCO17)
    assert not turn_back(few.cut(0, 2))
