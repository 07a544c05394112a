"""Strides are counted where the feet turn round."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.gait.foot_motion import FootMotion, foot_motion
from skelgait.gait.turns import find_turns
from skelgait.signals.clean import clean
from skelgait.signals.travel import find_bouts
from skelgait.walker import Walker


def motion_of(walk) -> FootMotion:
    pose = clean(walk.pose, cutoff_hz=walk.pose.fps)
    return foot_motion(pose, find_bouts(pose)[0])


@pytest.fixture(scope="module")
def motion():
    return motion_of(Walker(cadence_spm=120).film(fps=100, duration_s=5))


@pytest.fixture(scope="module")
def turns(motion):
    return find_turns(motion)


def test_each_foot_turns_twice_a_stride(motion, turns):
    for side in range(2):
        own = turns.side == side
        assert (turns.contact[own][1:] != turns.contact[own][:-1]).all()
        inner = turns.column[own & turns.contact][1:-1]
        assert np.diff(inner) == pytest.approx(np.full(len(inner) - 1, 100), abs=1.5)  # a stride of 1 s
    assert turns.prominence.min() > 0.3
