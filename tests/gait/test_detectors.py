from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelgait.gait.detectors import Turns, find_turns, impact, oconnor, quiet_noise, steadiness, velocity, zeni
from skelgait.gait.foot_motion import FootMotion, foot_motion
from skelgait.signals.clean import clean
from skelgait.signals.travel import find_bouts
from skelgait.walker import Walker


def motion_of(walk) -> FootMotion:
    pose = clean(walk.pose, cutoff_hz=walk.pose.fps)
    return foot_motion(pose, find_bouts(pose)[0])


@pytest.fixture(scope="module")
def walk():
    return Walker(cadence_spm=120).film(fps=100, duration_s=5)


@pytest.fixture(scope="module")
def motion(walk):
    return motion_of(walk)


@pytest.fixture(scope="module")
def turns(motion):
    return find_turns(motion)


def late_ms(walk, motion, turns, column, *, contact: bool) -> np.ndarray:
    out = []
    for side, name in enumerate(("left", "right")):
        truth = walk.truth.events.times(name, "initial_contact" if contact else "foot_off")
        own = (turns.side == side) & (turns.contact == contact) & np.isfinite(column)
        t = (column[own] + motion.start) / motion.fps
        out.append(t - truth[np.abs(truth[None] - t[:, None]).argmin(axis=1)])
    return np.concatenate(out) * 1000


def test_each_foot_turns_twice_a_stride(motion, turns):
    for side in range(2):
        own = turns.side == side
        assert (turns.contact[own][1:] != turns.contact[own][:-1]).all()
        inner = turns.column[own & turns.contact][1:-1]
        assert np.diff(inner) == pytest.approx(np.full(len(inner) - 1, 100), abs=1.5)  # a stride of 1 s
    assert turns.prominence.min() > 0.3


def test_the_heel_maximum_comes_before_the_contact(walk, motion, turns):
    said = zeni(motion, turns)
    assert np.median(late_ms(walk, motion, turns, said.column, contact=True)) < -10


def test_the_speed_rule_finds_contact_and_foot_off(walk, motion, turns):
    said = velocity(motion, turns)
    assert np.abs(late_ms(walk, motion, turns, said.column, contact=True)).max() < 15
    assert np.abs(late_ms(walk, motion, turns, said.column, contact=False)).max() < 45
    assert said.sd_s[np.isfinite(said.column)] == pytest.approx(0.015, abs=0.002)


def test_the_speed_rule_is_silent_about_a_foot_that_does_not_slow_down(motion, turns):
    going = replace(motion, speed=np.full_like(motion.speed, 2.0))
    assert np.isnan(velocity(going, turns).column).all()


def test_noise_while_the_foot_stands_makes_every_rule_less_sure(turns, motion, walk):
    noisy = motion_of(Walker(cadence_spm=120).film(fps=100, duration_s=5, noise_px=5))
    again = find_turns(noisy)
    for rule in (velocity, impact, oconnor):
        quiet, loud = (np.nanmedian(rule(*of).sd_s) for of in ((motion, turns), (noisy, again)))
        assert loud > 1.05 * quiet


def test_the_impact_of_the_heel_is_a_contact_and_says_nothing_of_foot_off(walk, motion, turns):
    said = impact(motion, turns, velocity(motion, turns).column)
    assert np.isnan(said.column[~turns.contact]).all()
    assert np.abs(late_ms(walk, motion, turns, said.column, contact=True)).max() < 25


def test_a_toe_that_lands_before_the_heel_is_the_impact(motion, turns):
    around = turns.column + 3.0
    bumps = np.zeros_like(motion.up_acceleration)
    for one in range(len(turns)):
        bumps[turns.side[one], 0, min(turns.column[one] + 5, motion.n_columns - 2)] += 10.0
        bumps[turns.side[one], 2, min(turns.column[one] + 2, motion.n_columns - 2)] += 10.0
    inner = turns.contact & (turns.column > 10) & (turns.column < motion.n_columns - 40)
    forefoot = impact(replace(motion, up_acceleration=bumps), turns, around)
    assert (forefoot.column - turns.column)[inner] == pytest.approx(np.full(inner.sum(), 2.0))
    bumps[:, 2] = 0
    heel = impact(replace(motion, up_acceleration=bumps), turns, around)
    assert (heel.column - turns.column)[inner] == pytest.approx(np.full(inner.sum(), 5.0))


def test_the_middle_of_the_foot_sinks_and_rises_fastest_near_the_events(walk, motion, turns):
    said = oconnor(motion, turns)
    for contact in (True, False):
        assert np.abs(late_ms(walk, motion, turns, said.column, contact=contact)).max() < 55
    without = replace(motion, sure=motion.sure * np.array([0, 1, 0])[None, :, None])
    assert np.isfinite(oconnor(without, turns).column).sum() > 0.5 * len(turns)


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


def test_no_foot_no_turns(motion):
    blind = replace(motion, sure=np.zeros_like(motion.sure))
    none = find_turns(blind)
    assert isinstance(none, Turns)
    assert len(none) == 0
    for rule in (zeni, velocity, impact, oconnor):
        assert len(rule(blind, none).column) == 0
