from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelgait.core.errors import MissingKeypoint, SkelgaitError, WrongView
from skelgait.core.events import EVENTS, GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, SIDES
from skelgait.gait.detectors import Moments
from skelgait.gait.events import Candidates, agree, detect_events, plausible
from skelgait.gait.measure import measure_plane
from skelgait.signals.clean import clean
from skelgait.signals.travel import Bout, find_bouts
from skelgait.walker import Camera, Walker

CONTACT, OFF = EVENTS


def errors_ms(found: GaitEvents, truth: GaitEvents, event: str, *, within_s: float = 0.15) -> np.ndarray:
    """Errors of all events of a kind; fails when one between the first and last found is missing or invented."""
    out = []
    for side in SIDES:
        ours, theirs = found.times(side, event), truth.times(side, event)
        assert len(ours), f"no {event} of the {side} foot"
        theirs = theirs[(theirs > ours[0] - within_s) & (theirs < ours[-1] + within_s)]
        assert len(ours) == len(theirs), (side, ours, theirs)
        out.append(ours - theirs)
    return np.concatenate(out) * 1000


# ---------------------------------------------------------------- truth


@pytest.mark.parametrize(
    ("child", "film", "contact_ms", "off_ms"),
    [
        ({}, {}, 14, 8),
        ({"cadence_spm": 50}, {}, 28, 10),
        ({"cadence_spm": 60}, {}, 20, 10),
        ({"cadence_spm": 90}, {}, 12, 8),
        ({"cadence_spm": 160, "age_years": 4}, {}, 12, 8),
        ({"cadence_spm": 200, "age_years": 3}, {}, 12, 8),
        ({"cadence_spm": 200, "age_years": 3}, {"fps": 25}, 18, 12),
        ({}, {"fps": 25}, 25, 14),
        ({}, {"fps": 30}, 22, 12),
        ({}, {"fps": 120}, 14, 8),
        ({}, {"camera": Camera(view="sagittal_left")}, 14, 8),
        ({"treadmill": True}, {}, 14, 8),
        ({}, {"camera": Camera(follow="track")}, 14, 8),
        ({"equinus_deg": 15}, {}, 32, 20),
        ({"equinus_deg": 30}, {}, 12, 24),
        ({"crouch_deg": 30}, {}, 14, 10),
        ({"stiff_knee": (0.9, 0)}, {}, 14, 10),
        ({"step_time_ratio": 1.4, "step_length_m": (0.35, 0.5), "stance_percent": (58, 70)}, {}, 28, 28),
    ],
)
def test_walkers_contacts_are_found_at_their_time(child, film, contact_ms, off_ms):
    walk = Walker(**child).film(**{"fps": 60, "duration_s": 6, **film})
    found = detect_events(walk.pose)
    strides = walk.truth.cadence_spm / 120 * 6
    assert found.where("left", CONTACT).sum() >= strides - 1.5
    assert found.where("right", CONTACT).sum() >= strides - 1.5
    assert np.abs(errors_ms(found, walk.truth.events, CONTACT)).max() <= contact_ms
    assert np.abs(errors_ms(found, walk.truth.events, OFF)).max() <= off_ms
    assert found.confidence.min() > 0.1
    assert np.median(found.confidence) > 0.6


@pytest.mark.parametrize("cadence", [90, 110, 128, 160])
@pytest.mark.parametrize(
    ("equinus", "apart_s", "most_ms"),
    [(0.0, 0.005, 12), (5.0, 0.012, 12), (10.0, 0.022, 28), (15.0, 0.036, 34), (20.0, 0.02, 14), (30.0, 0.02, 14)],
)
def test_a_foot_that_lands_on_its_toes_is_timed_as_well_as_one_that_lands_on_its_heel(equinus, apart_s, most_ms, cadence):
    """Step times of a child that walks evenly on one toe and one heel, or on both toes, are even. At 10 to 15 deg it lands flat."""
    for both in (False, True):
        child = Walker(equinus_deg=(equinus, equinus if both else 0.0), cadence_spm=cadence)
        for walker in (child, child.mirrored()):
            walk = walker.film(fps=60, duration_s=6)
            contacts = detect_events(walk.pose).select(event=CONTACT)
            steps = {side: np.diff(contacts.time_s)[contacts.side[1:] == side].mean() for side in SIDES}
            assert abs(steps["left"] - steps["right"]) <= apart_s
            assert np.abs(errors_ms(contacts, walk.truth.events, CONTACT)).max() <= most_ms


def test_feet_whose_heels_are_up_leave_with_their_toes_and_flat_landings_are_doubted():
    walks = {deg: Walker(equinus_deg=deg, cadence_spm=75).film(fps=60, duration_s=6) for deg in (0.0, 12.0, 25.0)}
    found = {deg: detect_events(walk.pose) for deg, walk in walks.items()}
    for deg, walk in walks.items():
        assert np.abs(errors_ms(found[deg], walk.truth.events, OFF)).max() <= 30, deg
    contacts = {deg: np.median(events.select(event=CONTACT).confidence) for deg, events in found.items()}
    assert contacts[12.0] < contacts[0.0] - 0.05
    assert contacts[25.0] > contacts[0.0] - 0.03


@pytest.mark.parametrize("fps", [30, 60])
def test_two_pixels_of_noise_leave_count_and_timing(fps):
    walk = Walker().film(fps=fps, duration_s=8, noise_px=2)
    found = detect_events(walk.pose)
    late = errors_ms(found, walk.truth.events, CONTACT)
    assert np.median(np.abs(late)) <= 20
    assert np.abs(late).max() <= 60
    quiet = detect_events(Walker().film(fps=fps, duration_s=8).pose)
    assert np.median(found.confidence) < np.median(quiet.confidence)


def test_ankles_alone_are_enough_but_noise_costs_more_confidence():
    films = [Walker().film(fps=60, duration_s=6, noise_px=2, skeleton=skeleton) for skeleton in (BODY25, COCO17)]
    whole, ankles = (detect_events(film.pose) for film in films)
    assert np.median(np.abs(errors_ms(ankles, films[1].truth.events, CONTACT))) <= 30
    assert np.median(ankles.confidence) < np.median(whole.confidence)


@pytest.mark.parametrize("view", ["sagittal_right", "frontal_towards"])
def test_events_of_a_walk_with_turns_belong_to_their_bout(view):
    walk = Walker(there_and_back=True).film(Camera(view=view), fps=60, duration_s=14)
    bouts = find_bouts(walk.pose)
    assert len(bouts) >= 3
    found = detect_events(walk.pose, bouts=bouts)
    for number, bout in enumerate(bouts):
        mine = found.select(bout=number)
        assert mine.frame.min() >= bout.start
        assert mine.frame.max() <= bout.stop - 1
        assert all(mine.where(side, CONTACT).any() for side in SIDES)
        truth = walk.truth.events
        for side in SIDES:
            ours = mine.times(side, CONTACT)
            gaps = np.abs(ours[:, None] - truth.times(side, CONTACT)).min(axis=1)
            turning = np.minimum(ours - bout.start / 60, (bout.stop - 1) / 60 - ours) < 0.1
            assert gaps[~turning].max() < (0.03 if "sagittal" in view else 0.06)
            assert gaps.max() < 0.12


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
def test_contacts_from_the_front_and_from_behind(view):
    walk = Walker().film(Camera(view=view), fps=60, duration_s=6)
    found = detect_events(walk.pose)
    assert np.abs(errors_ms(found, walk.truth.events, CONTACT)).max() <= 60
    assert np.abs(errors_ms(found, walk.truth.events, OFF)).max() <= 60
    assert found.confidence[found.where(event=OFF)].max() < found.confidence[found.where(event=CONTACT)].max() <= 0.8
    assert [*map(str, found.side)] == [*map(str, detect_events(walk.pose, "frontal").side)]


def test_uneven_frames_are_put_right():
    walk = Walker().film(fps=30, duration_s=6, frame_jitter=0.6)
    assert not walk.pose.is_uniform
    found = detect_events(walk.pose)
    assert np.abs(errors_ms(found, walk.truth.events, CONTACT)).max() <= 25
    assert np.interp(found.frame, np.arange(walk.pose.n_frames), walk.pose.time_s) == pytest.approx(found.time_s)


def left_leg(pose: PoseSequence) -> list[int]:
    return [i for i, name in enumerate(pose.skeleton.names) if name.startswith("left_") and name.split("_")[1] in FOOT]


FOOT = ("knee", "ankle", "heel", "big", "small")


@pytest.mark.parametrize("how", ["missing", "unsure", "copied", "random", "hanging"])
def test_a_leg_that_is_not_seen_has_no_events(how):
    pose = Walker().film(fps=60, duration_s=5).pose
    leg, other = left_leg(pose), pose.skeleton.mirror[left_leg(pose)]
    xy, confidence = pose.xy.copy(), pose.confidence.copy()
    hip = pose.point("left_hip")[:, None]
    rng = np.random.default_rng(0)
    if how == "missing":
        xy[:, leg] = np.nan
    elif how == "unsure":
        confidence[:, leg] = 0.15
    elif how == "copied":
        xy[:, leg], confidence[:, leg] = xy[:, other] + rng.normal(0, 1, (len(xy), len(leg), 2)), 0.6
    elif how == "random":
        xy[:, leg] = hip + [0, 120] + rng.normal(0, 15, (len(xy), len(leg), 2))
    else:
        xy[:, leg] = hip + (xy[:1, leg] - hip[:1])
    found = detect_events(pose.with_(xy=xy, confidence=confidence, steps=("clean(given)",)))
    whole = detect_events(pose)
    assert not found.where("left").any()
    assert found.where("right").sum() == whole.where("right").sum()


@pytest.mark.parametrize("noise_px", [0.0, 3.0])
def test_who_stands_has_no_events(noise_px):
    pose = Walker().film(fps=60, duration_s=4).pose
    still = np.repeat(pose.xy[:1], pose.n_frames, axis=0) + np.random.default_rng(1).normal(0, noise_px, pose.xy.shape)
    assert len(detect_events(pose.with_(xy=still, view="sagittal_right"))) == 0


# ---------------------------------------------------------------- real


CAMERAS = ("kp_sag_ortho", "kp_sag_persp")


@pytest.mark.parametrize("prepare", [None, clean], ids=["raw", "clean"])
@pytest.mark.parametrize(
    ("how", "limit_ms"),
    [({}, 20), ({"fps": 60}, 25), ({"fps": 30}, 25), ({"noise_px": 2.0}, 20), ({"fps": 30, "noise_px": 2.0}, 25)],
    ids=["native", "60 fps", "30 fps", "noise", "30 fps and noise"],
)
def test_recorded_walks_against_plates_and_annotation(recorded_walks, compare, how, limit_ms, prepare):
    for camera in CAMERAS:
        poses = [walk.pose(camera, **how) for walk in recorded_walks]
        found = [detect_events(prepare(pose) if prepare else pose) for pose in poses]
        pairs = [(events, walk.truth) for events, walk in zip(found, recorded_walks, strict=True)]
        for event, limit in ((CONTACT, limit_ms), (OFF, 25)):
            result = compare(pairs, event)
            assert result.median_ms <= limit
            assert result.found_percent >= 98
            assert result.false_percent <= 2


def test_the_mirror_image_of_a_recorded_walk_has_the_same_events_on_the_other_side(recorded_walks):
    for walk in recorded_walks:
        pose = walk.pose("kp_sag_persp")
        here, there = detect_events(pose), detect_events(pose.mirrored())
        for side, other in zip(SIDES, SIDES[::-1], strict=True):
            for event in EVENTS:
                assert there.times(other, event) == pytest.approx(here.times(side, event), abs=1e-6)


def test_the_default_is_not_early_as_the_heel_maximum_is(recorded_walks, compare):
    bias_ms = {}
    for method in ("consensus", "velocity", "oconnor", "zeni"):
        pairs = [(detect_events(walk.pose("kp_sag_persp"), method), walk.truth) for walk in recorded_walks]
        result = compare(pairs, CONTACT)
        assert result.found_percent >= 90
        bias_ms[method] = float(np.median(result.errors_s) * 1000)
    assert bias_ms["zeni"] < -30
    assert abs(bias_ms["consensus"]) < 5
    assert max(abs(bias_ms["velocity"]), abs(bias_ms["oconnor"])) < 12


def test_recorded_walks_from_the_front(recorded_walks, compare):
    walks = [walk for walk in recorded_walks if "crouch" not in walk.name]  # it lacks the feet for most of the time
    pairs = [(detect_events(walk.pose("kp_front_persp")), walk.truth) for walk in walks]
    for event in EVENTS:
        result = compare(pairs, event)
        assert result.median_ms <= 25
        assert result.found_percent >= 90
        assert result.false_percent <= 3


@pytest.mark.parametrize("prepare", [None, clean], ids=["raw", "clean"])
def test_a_child_filmed_by_a_panning_camera(data, prepare):
    folder = data / "mobile_gaitlab_cp_child"
    points = np.zeros((150, 25, 3))
    for i, file in enumerate(sorted((folder / "openpose_json").glob("*.json"))):
        people = json.loads(file.read_text(encoding="utf8"))["people"]
        if people:
            points[i] = np.reshape(people[0]["pose_keypoints_2d"], (25, 3))
    xy = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    pose = PoseSequence(xy, points[..., 2], fps=29.97, skeleton=BODY25)
    found = detect_events(prepare(pose) if prepare else pose)
    with (folder / "visual_events.csv").open(encoding="utf8") as table:
        rows = [
            (SIDES["LR".index(r["side"])], EVENTS[["IC", "TO"].index(r["event"])], int(r["frame"])) for r in csv.DictReader(table)
        ]
    assert len(rows) == 19
    for side, event, frame in rows:
        assert np.abs(found.frame[found.where(side, event)] - frame).min() <= 3, (side, event, frame)
    inside = (found.frame > 0) & (found.frame < 137)
    assert inside.sum() == 19


# ---------------------------------------------------------------- invariance


@pytest.mark.parametrize(
    ("child", "film"),
    [
        ({}, {"noise_px": 3}),
        ({}, {"noise_px": 5, "dropout": 0.2}),
        ({}, {"swaps": 6, "noise_px": 2}),
        ({}, {"fps": 30, "frame_jitter": 0.5}),
        ({}, {"camera": Camera(roll_deg=6)}),
        ({"there_and_back": True, "lane_m": 3}, {"duration_s": 12, "noise_px": 2}),
        ({}, {"camera": Camera(view="frontal_towards"), "noise_px": 2, "fps": 30}),
        ({"treadmill": True}, {"camera": Camera(view="frontal_away"), "noise_px": 2}),
    ],
)
def test_a_raw_pose_a_clean_one_and_the_whole_measurement_give_the_same_events(child, film):
    pose = Walker(**child).film(**{"fps": 60, "duration_s": 6, **film}).pose
    raw, done, measured = detect_events(pose), detect_events(clean(pose)), measure_plane(pose).events
    for other in (done, measured):
        assert raw.side.tolist() == other.side.tolist()
        assert raw.event.tolist() == other.event.tolist()
        assert raw.bout.tolist() == other.bout.tolist()
        assert raw.time_s == pytest.approx(other.time_s, abs=1e-9)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.floats(0.3, 4), st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_place_and_size_in_the_image_do_not_matter(scale, x, y):
    pose = Walker(cadence_spm=110).film(fps=50, duration_s=3).pose
    moved = pose.with_(xy=pose.xy * scale + [x, y], size=None)
    here, there = detect_events(pose), detect_events(moved)
    assert there.time_s == pytest.approx(here.time_s, abs=1e-4)
    assert there.side.tolist() == here.side.tolist()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 60))
def test_what_was_cut_off_before_does_not_move_what_comes_after(first):
    pose = clean(Walker(cadence_spm=120).film(fps=60, duration_s=5).pose)
    whole, rest = detect_events(pose), detect_events(pose.cut(first, pose.n_frames))
    start = pose.time_s[first] + 0.5
    for side in SIDES:
        for event in EVENTS:
            a, b = (e.times(side, event) for e in (whole, rest))
            assert b[b > start] == pytest.approx(a[a > start], abs=0.012)


def test_a_pose_is_not_changed():
    pose = Walker().film(fps=60, duration_s=3, dropout=0.1).pose
    before = pose.xy.copy(), pose.confidence.copy()
    detect_events(pose)
    assert np.array_equal(pose.xy, before[0], equal_nan=True)
    assert np.array_equal(pose.confidence, before[1])


# ---------------------------------------------------------------- what cannot be true, and refusal


def test_the_surer_of_two_contacts_too_close_stays():
    found = Candidates(
        np.zeros(4, int), np.array([True, True, True, False]), np.array([20.0, 35, 80, 60]), np.array([0.5, 0.9, 0.8, 0.7])
    )
    kept = plausible(found, Bout(0, 200, 1, "sagittal"), 60)
    assert kept.frame.tolist() == [35, 60, 80]


def test_both_feet_are_not_off_the_ground_for_a_whole_swing():
    side = np.array([0, 0, 1, 1, 1, 1])
    contact = np.array([False, True, False, True, False, True])
    frame = np.array([50.0, 80, 52, 79, 85, 110])
    kept = plausible(Candidates(side, contact, frame, np.array([0.9, 0.9, 0.5, 0.5, 0.9, 0.9])), Bout(0, 200, 1, "sagittal"), 60)
    assert list(zip(kept.side.tolist(), kept.frame.tolist(), strict=True)) == [(0, 50), (0, 80), (1, 85), (1, 110)]


def test_events_outside_the_bout_go_and_those_at_its_ends_are_worth_half():
    found = Candidates(np.array([0, 1, 0]), np.array([True, True, False]), np.array([9.0, 11, 60]), np.full(3, 0.8))
    kept = plausible(found, Bout(10, 100, 1, "sagittal"), 60)
    assert kept.frame.tolist() == [11, 60]
    assert kept.confidence.tolist() == [0.4, 0.8]


def test_rules_agree_by_their_certainty_and_the_first_decides():
    votes = [
        Moments(np.array([10.0, 10.0, np.nan]), np.full(3, 0.01)),
        Moments(np.array([13.0, np.nan, 5.0]), np.array([0.02, np.nan, 0.01])),
    ]
    column, doubt_s = agree(votes, 100)
    assert column[:2] == pytest.approx([10 + 3 * 0.2, 10])
    assert np.isnan(column[2])
    assert doubt_s[:2] == pytest.approx([np.sqrt(0.8 * 0.6**2 + 0.2 * 2.4**2) / 100, 0.01])


def test_an_oblique_view_is_refused():
    pose = Walker().film(Camera(yaw_deg=45), fps=60, duration_s=4).pose
    with pytest.raises(WrongView, match=r"the moment a foot lands.*oblique"):
        detect_events(pose)


@pytest.mark.parametrize(("view", "method"), [("frontal_towards", "zeni"), ("sagittal_left", "frontal")])
def test_a_rule_made_for_the_other_view_is_refused(view, method):
    pose = Walker().film(Camera(view=view), fps=60, duration_s=4).pose
    with pytest.raises(WrongView, match=view):
        detect_events(pose, method)


def test_an_unknown_method_and_a_layout_without_ankles_are_refused():
    pose = Walker().film(fps=60, duration_s=2).pose
    with pytest.raises(SkelgaitError, match=r"unknown method.*'magic'.*consensus, velocity, oconnor, zeni, frontal"):
        detect_events(pose, "magic")
    arms = pose.map_to(BODY25.subset(["left_hip", "right_hip", "left_wrist"]))
    with pytest.raises(MissingKeypoint, match="both ankles"):
        detect_events(arms, bouts=[Bout(0, 120, 1, "sagittal")])


@pytest.mark.parametrize("frames", [1, 2, 5, 15])
@pytest.mark.parametrize("plane", ["sagittal", "frontal"])
def test_too_short_a_bout_says_nothing(frames, plane):
    pose = Walker().film(fps=60, duration_s=2).pose.cut(0, frames)
    assert len(detect_events(pose, bouts=[Bout(0, frames, 1, plane)])) == 0


def test_a_slow_walk_in_poor_keypoints_keeps_its_contacts() -> None:
    """Where noise hides the speed of a foot, its turning relative to the hips still tells that it landed, less surely."""
    found = asked = invented = 0
    for seed in range(3):
        child = Walker(cadence_spm=75, speed_m_s=0.55)
        walk = child.film(Camera(size=(1280, 720)), fps=30, duration_s=8, noise_px=10, random_state=seed)
        events = detect_events(clean(walk.pose))
        for side in ("left", "right"):
            true, ours = (e.times(side, "initial_contact") for e in (walk.truth.events, events))
            hits = int((np.abs(true[:, None] - ours).min(axis=1, initial=np.inf) < 0.1).sum())
            found, asked, invented = found + hits, asked + len(true), invented + len(ours) - hits
    assert found >= 0.88 * asked
    assert invented <= 0.12 * asked
