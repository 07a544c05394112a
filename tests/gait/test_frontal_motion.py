"""The feet in the image of a camera in front or behind, and when one takes over from the other."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.skeleton import COCO17
from skelgait.gait.frontal_motion import find_changes, first_fall, image_motion, shares
from skelgait.signals.travel import find_bouts
from skelgait.walker import Camera, Walker

VIEWS = ("frontal_towards", "frontal_away")


def seen(view: str, *, child: dict | None = None, **film):
    walk = Walker(**{"cadence_spm": 120, **(child or {})}).film(Camera(view=view), **{"fps": 60, "duration_s": 6, **film})
    return walk, image_motion(walk.pose, find_bouts(walk.pose)[0])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("child", [{}, {"treadmill": True}], ids=["floor", "treadmill"])
def test_the_feet_change_once_a_step(view, child):
    _, motion = seen(view, child=child)
    changes = find_changes(motion)
    assert len(changes.lands) >= 10
    assert (changes.lands[1:] != changes.lands[:-1]).all()
    assert np.diff(changes.column)[1:-1] == pytest.approx(30, abs=4)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("stiff", [(0.0, 0.4), (0.9, 0.0)])
def test_a_foot_that_moves_half_as_much_changes_as_the_other_one_does(view, stiff):
    walk, motion = seen(view, child={"stiff_knee": stiff})
    changes = find_changes(motion)
    assert (changes.lands[1:] != changes.lands[:-1]).all()
    for lands, side in enumerate(("left", "right")):
        at = changes.column[changes.lands == lands] / 60
        contact = walk.truth.events.times(side, "initial_contact")
        late = (at[:, None] - contact)[np.arange(len(at)), np.abs(at[:, None] - contact).argmin(axis=1)]
        assert late.min() > -0.03
        assert late.max() < 0.2  # between the contact and the middle of the other foot's swing


@pytest.mark.parametrize("view", VIEWS)
def test_speeds_are_those_of_the_projected_feet(view):
    walk, motion = seen(view)
    toe = walk.pose.point("left_big_toe")[motion.start :]
    slow = np.gradient(toe, 1 / 60, axis=0) / np.hypot(*(walk.pose.point("left_hip") - walk.pose.point("left_ankle")).T)[:, None]
    inner = slice(20, -20)
    assert np.corrcoef(motion.up_speed[0, 2][inner], -slow[inner, 1])[0, 1] > 0.95
    change = np.gradient(motion.up_speed[0, 2], 1 / 60)
    assert np.corrcoef(motion.up_acceleration[0, 2][inner], change[inner])[0, 1] > 0.95


def test_a_turn_beside_the_bout_does_not_hide_its_first_and_last_steps():
    walk = Walker(there_and_back=True).film(Camera(view="frontal_towards"), fps=60, duration_s=14)
    for bout in find_bouts(walk.pose):
        changes = find_changes(image_motion(walk.pose, bout))
        assert len(changes.lands) >= 0.7 * bout.n_frames / 60 * walk.truth.cadence_spm / 60 - 1


@pytest.mark.parametrize("view", VIEWS)
def test_without_toes_the_steps_are_still_counted(view):
    _, motion = seen(view, skeleton=COCO17)
    assert len(find_changes(motion).lands) >= 10


def test_one_foot_alone_does_not_change():
    walk = Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=4)
    xy = walk.pose.xy.copy()
    foot = [i for i, n in enumerate(walk.pose.skeleton.names) if n.startswith("left_") and n.endswith(("ankle", "toe", "heel"))]
    xy[:, foot] = np.nan
    pose = walk.pose.with_(xy=xy, confidence=None, view="frontal_towards")
    assert len(find_changes(image_motion(pose, find_bouts(walk.pose)[0])).lands) == 0


def test_shares_and_falls_by_hand():
    np.testing.assert_allclose(shares(np.array([[1.0, 0.0, 3.0], [0.0, 0.0, 0.0]])), [[0.25, 0, 0.75], [0, 0, 0]])
    window = np.array([[2.0, 1.0, -1.0, 3.0, -3.0], [1.0, 1.0, 1.0, 1.0, 1.0]])
    at, found = first_fall(window, np.ones(window.shape, bool))
    assert found.tolist() == [True, False]
    assert at[0] == pytest.approx(1.5)
    at, _ = first_fall(window, np.arange(5) >= np.array([[2], [0]]))
    assert at[0] == pytest.approx(3.5)
