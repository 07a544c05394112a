"""Frames in which an estimator exchanged the left and right leg: dynamic programming over the whole walk."""

from __future__ import annotations

import numpy as np

from skelgait.signals.two_states import decode
from skelgait.signals.windows import quantile

CERTAIN = 10.0  # log odds beyond which one point convinces no further
SWITCH = 3.5  # log odds against an exchange between two frames
SWAPPED_PER_S = 8.0  # log odds against a second spent exchanged: the estimator is right more often than not
PLAUSIBLE = 10.0  # log odds that leave no room for an exchange between two frames
REACH_S = 0.1  # a point missing for longer says nothing about the gap
PACE_S = 0.045  # over this long the movement of a point is taken
STEADY_LL = 0.01  # a point is never predicted better than this, leg lengths
TOGETHER_LL = 0.03  # points of both legs nearer than this on average lie on top of each other and say nothing


def find_swaps(left: np.ndarray, right: np.ndarray, votes: np.ndarray, fps: float) -> np.ndarray:
    """Frames in which the whole left and right leg are exchanged.

    Parameters
    ----------
    left, right : (J, 2, T) pixels
        The same points of either leg over time, the hip first; NaN where missing.
    votes : (J,) or (J, T)
        How much each pair of points has to say.
    fps : float, frames per second
        Frame rate.

    Returns
    -------
    (T,) bool
        True where exchanging the legs back makes the walk continuous.

    Notes
    -----
    See `skelgait.signals.swaps.repair_swaps`.
    """
    frames = left.shape[2]
    swapped = np.zeros(frames, bool)
    if frames < 4:
        return swapped
    apart = left - right
    power = apart[:, 0] ** 2 + apart[:, 1] ** 2
    reach = np.abs(left[:, 1] - left[0, 1]).max(axis=0, initial=0.0, where=~np.isnan(left[:, 1] - left[0, 1]))
    reach = reach[reach > 0]
    if not reach.size:
        return swapped
    size = quantile(reach)  # about a leg's length
    known = ~np.isnan(power)
    together = np.where(known, power, 0.0).sum(axis=0) < (TOGETHER_LL * size) ** 2 * known.sum(axis=0)
    if together.any():
        known &= ~together
    odds = stay_odds(apart, known, votes, fps, size)
    if odds.min() >= -SWITCH:  # no exchange anywhere pays for itself
        return swapped
    cut = np.flatnonzero(odds < PLAUSIBLE)
    # frames between two implausible steps stay together: the dynamic programme runs over these stretches
    first = np.concatenate([[0], cut + 1])
    length = np.diff(np.concatenate([first, [frames]]))
    state = decode(odds[cut] + SWITCH, length * (SWAPPED_PER_S / fps))
    return np.repeat(state, length)


def stay_odds(apart: np.ndarray, known: np.ndarray, votes: np.ndarray, fps: float, size: float) -> np.ndarray:
    """Log odds that the legs keep their names between consecutive frames.

    Parameters
    ----------
    apart : (J, 2, T) pixels
        Left minus right.
    known : (J, T) bool
        Where that says something.
    votes : (J,) or (J, T)
        How much each pair of points has to say.
    fps : float, frames per second
        Frame rate.
    size : float, pixels
        About a leg's length.

    Returns
    -------
    (T - 1,)
        0 where nothing is known.

    Notes
    -----
    Both frames are first carried on to the moment midway between them, each with the movement on its own side: a leg that swings
    past the other is then no change at all, at any frame rate, and one that turns back on the spot is. How well a point is
    predicted that way is learned from the walk itself.
    """
    reach, base, steady = max(1, int(REACH_S * fps)), max(1, round(PACE_S * fps)), STEADY_LL * size
    if known.all():
        earlier, later, extra, share = _across(apart, base)
    else:
        earlier, later, extra, share = _across_gaps(apart, known, reach, base)
    same = earlier - later
    other = earlier + later
    same, other = (same**2).sum(axis=1), (other**2).sum(axis=1)
    surprise = np.minimum(same, other)
    usual = np.maximum(_row_medians(surprise, extra), steady**2)
    odds = 0.5 * (other - same)  # = 2 earlier . later
    odds /= usual[:, None] + extra
    np.clip(odds, -CERTAIN, CERTAIN, out=odds)
    votes = votes[:, None] if votes.ndim == 1 else np.minimum(votes[:, 1:], votes[:, :-1])
    return (odds * (votes * share)).sum(axis=0)


def _row_medians(values: np.ndarray, extra: np.ndarray) -> np.ndarray:
    """Median of each row over the samples that were predicted from both sides; 0 where there are none."""
    few = slice(None, None, max(1, values.shape[1] // 1000))
    values, sure = values[:, few], extra[:, few] == 0
    ordered = np.sort(np.where(sure, values, np.inf), axis=1)
    count = sure.sum(axis=1)
    middle = ordered[np.arange(len(values)), np.maximum(count - 1, 0) // 2]
    return np.where(count > 0, middle, 0.0)


def _across(apart: np.ndarray, base: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`_across_gaps` where nothing is missing."""
    steps = apart.shape[2] - 1
    base = min(base, steps - 1)
    pace = (apart[..., base:] - apart[..., :-base]) * (0.5 / base)
    earlier, later = apart[..., :-1].copy(), apart[..., 1:].copy()
    earlier[..., base:] += pace[..., :-1]
    later[..., : steps - base] -= pace[..., 1:]
    extra = np.zeros((len(apart), steps))
    usual = (pace**2).sum(axis=1).mean(axis=1)[:, None]
    extra[:, :base] += usual
    extra[:, steps - base :] += usual
    return earlier, later, extra, np.ones(())


def _across_gaps(
    apart: np.ndarray, known: np.ndarray, reach: int, base: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Predictions from either side of each step between frames where points are missing: from the nearest frames that have them.

    Returns both predictions (J, 2, T - 1), the variance to add where a side's movement is not known, and the share a step has in
    what its gap says (J, T - 1), 0 where a side is too far away.
    """
    joints, frames = known.shape
    at = np.arange(frames)
    last = np.maximum.accumulate(np.where(known, at, -1), axis=1)
    coming = np.minimum.accumulate(np.where(known, at, frames)[:, ::-1], axis=1)[:, ::-1]
    row = np.arange(joints)[:, None]
    here, there = last[:, :-1], coming[:, 1:]
    valid = (here >= 0) & (there < frames) & (there - here <= reach)
    here, there = np.where(valid, here, 0), np.where(valid, there, 0)
    past = np.where(here >= base, last[row, np.maximum(here - base, 0)], -1)
    future = np.where(there < frames - base, coming[row, np.minimum(there + base, frames - 1)], frames)
    course = apart.transpose(0, 2, 1)
    now, then = course[row, here], course[row, there]
    sides = []
    spread = np.zeros(here.shape)
    both = known[:, 1:] & known[:, :-1]
    moved = np.where(both[:, None], apart[..., 1:] - apart[..., :-1], 0.0)
    usual = (moved**2).sum(axis=(1, 2)) / np.maximum(both.sum(axis=1), 1)
    for value, near, far in ((now, here, past), (then, there, future)):
        have = valid & (far >= 0) & (far < frames) & (np.abs(near - far) <= reach + base)
        pace = (value - course[row, np.where(have, far, near)]) / np.where(have, np.abs(near - far), 1)[..., None]
        ahead = np.abs(np.arange(frames - 1) + 0.5 - near)
        sides.append((value + pace * ahead[..., None]).transpose(0, 2, 1))
        spread += np.where(have, 0.0, usual[:, None] * ahead**2)
    for side in sides:
        side[~np.broadcast_to(valid[:, None], side.shape)] = 0.0
    return sides[0], sides[1], np.where(valid, spread, np.inf), np.where(valid, 1.0 / np.maximum(there - here, 1), 0.0)
