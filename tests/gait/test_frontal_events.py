from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.skeleton import COCO17
from skelgait.gait.frontal_events import find_changes, frontal, image_motion
from skelgait.signals.travel import find_bouts
from skelgait.walker import Camera, Walker


def seen(view: str, *, child: dict | None = None, **film):
    walk = Walker(cadence_spm=120, **(child or {})).film(Camera(view=view), **{"fps": 60, "duration_s": 6, **film})
    return walk, image_motion(walk.pose, find_bouts(walk.pose)[0])


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
@pytest.mark.parametrize("child", [{}, {"treadmill": True}], ids=["floor", "treadmill"])
def test_the_feet_change_once_a_step(view, child):
    _, motion = seen(view, child=child)
    changes = find_changes(motion)
    assert len(changes.lands) >= 10
    assert (changes.lands[1:] != changes.lands[:-1]).all()
    assert np.diff(changes.column)[1:-1] == pytest.approx(30, abs=4)


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


def test_a_turn_beside_the_bout_does_not_hide_its_first_and_last_steps():
    walk = Walker(there_and_back=True).film(Camera(view="frontal_towards"), fps=60, duration_s=14)
    for bout in find_bouts(walk.pose):
        changes = find_changes(image_motion(walk.pose, bout))
        assert len(changes.lands) >= 0.7 * bout.n_frames / 60 * walk.truth.cadence_spm / 60 - 1


def test_without_toes_the_contacts_are_still_counted():
    for view in ("frontal_towards", "frontal_away"):
        walk, motion = seen(view, skeleton=COCO17)
        contact, _ = frontal(motion, find_changes(motion))
        known = contact.column[np.isfinite(contact.column)]
        assert len(known) >= 10
        truth = np.sort(np.concatenate([walk.truth.events.times(s, "initial_contact") for s in ("left", "right")]))
        assert np.abs(known[:, None] / 60 - truth).min(axis=1).max() < 0.13


def test_one_foot_alone_is_not_enough():
    walk = Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=4)
    xy = walk.pose.xy.copy()
    xy[:, [i for i, n in enumerate(walk.pose.skeleton.names) if n.startswith("left_") and n.endswith(("ankle", "toe", "heel"))]] = (
        np.nan
    )
    pose = walk.pose.with_(xy=xy, confidence=None, view="frontal_towards")
    motion = image_motion(pose, find_bouts(walk.pose)[0])
    assert len(find_changes(motion).lands) == 0
    assert len(frontal(motion, find_changes(motion))[0].column) == 0
