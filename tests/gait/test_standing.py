"""Feet that stand, and how they come down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelgait.gait.detectors import velocity
from skelgait.gait.foot_motion import FootMotion, foot_motion
from skelgait.gait.standing import quiet_noise, steadiness, toes_drop
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


def test_toes_come_down_after_a_heel_and_not_after_themselves(motion, turns):
    drop = toes_drop(motion, turns, velocity(motion, turns).column)
    assert np.isinf(drop[~turns.contact]).all()
    inner = turns.contact & np.isfinite(drop)
    assert inner.sum() > 6
    assert drop[inner].min() > 0.03
    on_toes = motion_of(Walker(cadence_spm=120, equinus_deg=25.0).film(fps=100, duration_s=5))
    there = find_turns(on_toes)
    drop = toes_drop(on_toes, there, velocity(on_toes, there).column)
    assert drop[np.isfinite(drop)].max() < 0.006
    no_heel = replace(motion, sure=motion.sure * np.array([0, 1, 1])[None, :, None])
    assert np.isinf(toes_drop(no_heel, turns, velocity(no_heel, turns).column)).all()


def test_a_standing_foot_is_steady_and_a_guessed_one_is_not(motion, turns):
    column = velocity(motion, turns).column
    known = np.isfinite(column)
    assert steadiness(motion, turns, column)[known].min() > 0.95
    guessed = replace(motion, speed=np.random.default_rng(0).normal(0, 2, motion.speed.shape))
    assert np.median(steadiness(guessed, turns, column)[known]) < 0.2
    assert (steadiness(motion, turns, np.full(len(turns), np.nan)) == 0).all()


def test_noise_is_that_of_the_foot_that_stands(motion, turns):
    rows = np.random.default_rng(0).normal(0, [[0.5], [2.0]], (2, motion.n_columns))
    noise = quiet_noise(motion, turns, turns.column.astype(float), rows)
    assert noise[turns.side == 0] == pytest.approx(0.5, rel=0.3)
    assert noise[turns.side == 1] == pytest.approx(2.0, rel=0.3)
