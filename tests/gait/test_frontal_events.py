"""Contacts and foot-offs from the front and from behind: on walkers, and against plates and laboratory events."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.events import EVENTS
from skelgait.core.skeleton import COCO17, SIDES
from skelgait.gait.events import detect_events
from skelgait.gait.frontal_events import frontal
from skelgait.gait.frontal_motion import Changes, find_changes, image_motion
from skelgait.signals.clean import clean
from skelgait.signals.travel import find_bouts
from skelgait.walker import Camera, Walker

VIEWS = ("frontal_towards", "frontal_away")
END_S = 0.4  # what happens this near to an end of the clip may be missed


def seen(view: str, *, child: dict | None = None, **film):
    walk = Walker(**{"cadence_spm": 120, **(child or {})}).film(Camera(view=view), **{"fps": 60, "duration_s": 6, **film})
    return walk, image_motion(walk.pose, find_bouts(walk.pose)[0])


def errors_ms(walk, event: str) -> np.ndarray:
    """Distance from each true event, the ends of the clip aside, to the nearest found one."""
    found, out = detect_events(walk.pose), []
    for side in SIDES:
        true, ours = walk.truth.events.times(side, event), found.times(side, event)
        true = true[(true > END_S) & (true < walk.pose.time_s[-1] - END_S)]
        gap = ours - true[:, None]
        out.append(gap[np.arange(len(true)), np.abs(gap).argmin(axis=1)])
    return np.concatenate(out) * 1000


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("child", "contact_ms", "off_ms"),
    [
        ({}, 25, 30),
        ({"cadence_spm": 50}, 30, 30),
        ({"cadence_spm": 60}, 30, 25),
        ({"cadence_spm": 90}, 25, 20),
        ({"cadence_spm": 190, "age_years": 3}, 40, 25),
        ({"stiff_knee": (0.0, 0.4), "step_time_ratio": 1.08, "cadence_spm": 126, "age_years": 7}, 30, 65),
        ({"equinus_deg": 15}, 35, 40),
        ({"crouch_deg": 30}, 30, 35),
        ({"step_time_ratio": 1.4, "step_length_m": (0.35, 0.5), "stance_percent": (58, 70)}, 25, 40),
        ({"cadence_spm": 80, "stance_percent": 70}, 45, 50),
        ({"foot_progression_deg": 25}, 30, 30),
        ({"treadmill": True}, 25, 25),
    ],
)
def test_every_event_of_a_walker_is_found_near_its_time(view, child, contact_ms, off_ms):
    walk, _ = seen(view, child=child)
    for event, limit in zip(EVENTS, (contact_ms, off_ms), strict=True):
        late = errors_ms(walk, event)
        assert len(late) >= 4
        assert np.abs(late).max() <= limit, (event, late.round())


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("fps", "noise_px"), [(30, 0), (60, 0), (60, 1)])
@pytest.mark.parametrize("cadence", [50, 60, 75])
def test_slow_steps_are_counted(view, fps, noise_px, cadence):
    """Also those of a child far off; nothing is found in between, nor invented at the ends of the clip."""
    walk, _ = seen(view, child={"cadence_spm": cadence}, fps=fps, noise_px=noise_px, duration_s=10)
    contacts = detect_events(walk.pose).select(event="initial_contact")
    gaps = np.diff(contacts.time_s)
    assert (contacts.side[1:] != contacts.side[:-1]).all()
    assert 60 / gaps.mean() == pytest.approx(cadence, abs=0.5 if not noise_px else 1.5)
    truth = walk.truth.events
    for side in SIDES:
        late = contacts.times(side, "initial_contact")[:, None] - truth.times(side, "initial_contact")
        assert np.abs(late).min(axis=1).max() < (0.04 if not noise_px else 0.12)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_pixel_of_noise_leaves_every_event(view, seed):
    child = {"age_years": 7, "cadence_spm": 126, "step_time_ratio": 1.08, "stiff_knee": (0.0, 0.4), "knee_valgus_deg": (3.0, 9.0)}
    walk, _ = seen(view, child=child, noise_px=1, random_state=seed)
    assert np.abs(errors_ms(walk, EVENTS[0])).max() <= 70
    late = np.abs(errors_ms(walk, EVENTS[1]))
    assert np.median(late) <= 45
    assert late.max() <= 110


def test_each_foot_lands_before_the_other_one_leaves():
    walk, motion = seen("frontal_towards")
    changes = find_changes(motion)
    contact, foot_off = frontal(motion, changes)
    known = np.isfinite(contact.column) & np.isfinite(foot_off.column)
    assert known.sum() >= 10
    assert (contact.column[known] < foot_off.column[known]).all()
    first = walk.truth.events.times("left", "initial_contact")
    left = contact.column[known & (changes.lands == 0)] / 60
    assert np.abs(left[:, None] - first).min(axis=1).max() < 0.05


@pytest.mark.parametrize("view", VIEWS)
def test_a_toe_that_is_dragged_still_leaves(view):
    walk, motion = seen(view, child={"toe_clearance_m": 0.0, "stiff_knee": 0.5})
    motion.up_speed.setflags(write=True)
    motion.up_speed[:, 2] = np.minimum(motion.up_speed[:, 2], 0.02)  # never goes up
    off = frontal(motion, find_changes(motion))[1].column / 60
    truth = np.sort(np.concatenate([walk.truth.events.times(s, "foot_off") for s in SIDES]))
    known = off[np.isfinite(off)]
    assert len(known) >= 8
    assert np.median(np.abs(known[:, None] - truth).min(axis=1)) < 0.09


@pytest.mark.parametrize("view", VIEWS)
def test_without_toes_the_contacts_are_near(view):
    walk, motion = seen(view, skeleton=COCO17)
    contact, _ = frontal(motion, find_changes(motion))
    known = contact.column[np.isfinite(contact.column)]
    assert len(known) >= 10
    truth = np.sort(np.concatenate([walk.truth.events.times(s, "initial_contact") for s in SIDES]))
    assert np.abs(known[:, None] / 60 - truth).min(axis=1).max() < 0.13


def test_no_change_no_moment():
    _, motion = seen("frontal_towards")
    contact, off = frontal(motion, Changes(np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0)))
    assert len(contact.column) == len(off.column) == 0


@pytest.mark.parametrize(("noise_px", "contact_ms", "off_ms"), [(0, (15, 40), (15, 40)), (2, (18, 50), (16, 50))])
def test_real_walks_from_the_front(recorded_walks, compare, noise_px, contact_ms, off_ms):
    pairs = [(detect_events(clean(w.pose("kp_front_persp", noise_px=noise_px))), w.truth) for w in recorded_walks]
    for event, (median, most) in zip(EVENTS, (contact_ms, off_ms), strict=True):
        found = compare(pairs, event, within_s=0.15)
        assert found.median_ms <= median
        assert np.percentile(np.abs(found.errors_s), 95) * 1000 <= most
        assert found.found_percent >= 92
        assert found.false_percent <= 2
