"""Frames in which an estimator exchanged the left and right leg: dynamic programming over the whole walk."""

from __future__ import annotations

import numpy as np

from skelgait.signals.two_states import decode
from skelgait.signals.windows import quantile

CERTAIN = 10.0  # log odds beyond which one point convinces no further
SWITCH = 5.0  # log odds against an exchange between two frames
SWAPPED_PER_S = 12.0  # log odds against a second spent exchanged: names stay unless others are clearly better
PLAUSIBLE = 10.0  # log odds that leave no room for an exchange between two frames
REACH_S = 0.1  # a point missing for longer says nothing about the gap
PACE_S = 0.07  # over this long the movement of a point is taken; over less, one bad frame makes up a movement of its own
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
    edges = np.concatenate([[0], cut + 1, [frames]])
    length = edges[1:] - edges[:-1]
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
    points = apart[:, 0] + 1j * apart[:, 1]
    if known.all():
        earlier, later, extra, share = _across(points, base)
    else:
        earlier, later, extra, share = _across_gaps(points, known, reach, base)
    same, other = _squared(earlier - later), _squared(earlier + later)
    surprise = np.minimum(same, other)
    usual = np.maximum(_row_medians(surprise, extra), steady**2)
    odds = 0.5 * (other - same)  # = 2 earlier . later
    odds /= usual[:, None] + extra
    np.minimum(np.maximum(odds, -CERTAIN, out=odds), CERTAIN, out=odds)
    votes = votes[:, None] if votes.ndim == 1 else np.minimum(votes[:, 1:], votes[:, :-1])
    return (odds * (votes * share)).sum(axis=0)


def _squared(points: np.ndarray) -> np.ndarray:
    """Squared lengths of points given as complex numbers."""
    return points.real**2 + points.imag**2


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
    steps = apart.shape[1] - 1
    base = min(base, steps - 1)
    pace = (apart[:, base:] - apart[:, :-base]) * (0.5 / base)
    earlier, later = apart[:, :-1].copy(), apart[:, 1:].copy()
    earlier[:, base:] += pace[:, :-1]
    later[:, : steps - base] -= pace[:, 1:]
    extra = np.zeros((len(apart), steps))
    usual = _squared(pace).mean(axis=1)[:, None]
    extra[:, :base] += usual
    extra[:, steps - base :] += usual
    return earlier, later, extra, np.ones(())


def _across_gaps(
    apart: np.ndarray, known: np.ndarray, reach: int, base: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Predictions from either side of each step between frames where points are missing: from the nearest frames that have them.

    Points are complex, (J, T). Returns both predictions (J, T - 1), the variance to add where a side's movement is not known, and
    the share a step has in what its gap says (J, T - 1), 0 where a side is too far away.
    """
    joints, frames = known.shape
    # every row forwards, then every row backwards: the later side of a step is the earlier one of the walk played backwards
    apart, known = np.concatenate([apart, apart[:, ::-1]]), np.concatenate([known, known[:, ::-1]])
    at, row = np.arange(frames), frames * np.arange(2 * joints)[:, None]
    last = np.maximum.accumulate(np.where(known, at, -1), axis=1)
    past = np.full_like(last, -1)
    past[:, base:] = last[:, :-base]
    moving = (past >= 0) & (at - past <= reach + base)
    pace = np.where(moving, apart - apart.take(row + np.maximum(past, 0)), 0.0) / np.where(moving, at - past, 1)
    near = last[:, :-1]
    place = row + np.maximum(near, 0)
    ahead = at[:-1] + 0.5 - near
    side = apart.take(place) + pace.take(place) * ahead
    both = known[:joints, 1:] & known[:joints, :-1]
    moved = np.where(both, apart[:joints, 1:] - apart[:joints, :-1], 0.0)
    usual = _squared(moved).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    spread = np.where(moving.take(place), 0.0, np.concatenate([usual, usual])[:, None] * ahead * ahead)
    here, there = near[:joints], frames - 1 - near[joints:, ::-1]
    valid = (here >= 0) & (there < frames) & (there - here <= reach)
    earlier, later = np.where(valid, side[:joints], 0.0), np.where(valid, side[joints:, ::-1], 0.0)
    extra = np.where(valid, spread[:joints] + spread[joints:, ::-1], np.inf)
    return earlier, later, extra, np.where(valid, 1.0 / np.maximum(there - here, 1), 0.0)
