from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelgait.gait.detectors import impact, oconnor, velocity, zeni
from skelgait.gait.foot_motion import FootMotion, foot_motion
from skelgait.gait.turns import Turns, find_turns
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


def test_what_lands_first_is_what_the_impact_is_read_from(motion, turns):
    around = turns.column + 3.0
    bumps = np.zeros_like(motion.up_acceleration)
    for one in range(len(turns)):
        bumps[turns.side[one], 0, min(turns.column[one] + 5, motion.n_columns - 2)] += 10.0
        bumps[turns.side[one], 2, min(turns.column[one] + 2, motion.n_columns - 2)] += 10.0
    inner = turns.contact & (turns.column > 10) & (turns.column < motion.n_columns - 40)
    heel = impact(replace(motion, up_acceleration=bumps), turns, around)  # the toes come down after it
    assert (heel.column - turns.column)[inner] == pytest.approx(np.full(inner.sum(), 5.0))
    down = np.where(np.arange(3)[:, None] == 2, 0.0, motion.up_speed)
    forefoot = impact(replace(motion, up_acceleration=bumps, up_speed=down), turns, around)  # the toes are down
    assert (forefoot.column - turns.column)[inner] == pytest.approx(np.full(inner.sum(), 2.0))


def test_a_soft_landing_has_an_impact_that_is_hardly_placed(motion, turns):
    around = velocity(motion, turns).column
    soft = replace(motion, up_acceleration=0.1 * motion.up_acceleration)
    plain, doubtful = (np.nanmedian(impact(m, turns, around).sd_s) for m in (motion, soft))
    assert plain < 0.012
    assert doubtful > 0.03


def test_the_middle_of_the_foot_sinks_and_rises_fastest_near_the_events(walk, motion, turns):
    said = oconnor(motion, turns)
    for contact in (True, False):
        assert np.abs(late_ms(walk, motion, turns, said.column, contact=contact)).max() < 55
    without = replace(motion, sure=motion.sure * np.array([0, 1, 0])[None, :, None])
    assert np.isfinite(oconnor(without, turns).column).sum() > 0.5 * len(turns)


def test_no_foot_no_turns(motion):
    blind = replace(motion, sure=np.zeros_like(motion.sure))
    none = find_turns(blind)
    assert isinstance(none, Turns)
    assert len(none) == 0
    for rule in (zeni, velocity, impact, oconnor):
        assert len(rule(blind, none).column) == 0
