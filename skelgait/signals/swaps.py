"""Left and right leg exchanged by the estimator: found by dynamic programming over the whole walk, and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import Skeleton
from skelgait.signals.gaps import find_runs
from skelgait.signals.windows import quantile

if TYPE_CHECKING:
    import pandas as pd

# The points of the leg and how much each has to say; the points of one foot count about as much as its ankle together, so that
# a foot on the wrong leg cannot outvote the knee.
LEG = {"hip": 1.0, "knee": 2.0, "ankle": 1.0, "heel": 0.5, "big_toe": 0.3, "small_toe": 0.2, "foot_index": 0.3}
CERTAIN = 10.0  # log odds beyond which one point convinces no further
SWITCH = 3.5  # log odds against an exchange between two frames
SWAPPED_PER_S = 8.0  # log odds against a second spent exchanged: the estimator is right more often than not
PLAUSIBLE = 10.0  # log odds that leave no room for an exchange between two frames
REACH_S = 0.1  # a point missing for longer says nothing about the gap
PACE_S = 0.045  # over this long the movement of a point is taken
STEADY_LL = 0.01  # a point is never predicted better than this, leg lengths
TOGETHER_LL = 0.03  # points of both legs nearer than this on average lie on top of each other and say nothing


def leg_pairs(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the left and of the right keypoints of the whole leg, hip to toes, in the same order."""
    names = _leg_names(skeleton)
    left, right = (np.array([skeleton.index(f"{side}_{name}") for name in names], int) for side in ("left", "right"))
    return left, right


def leg_votes(skeleton: Skeleton) -> np.ndarray:
    """How much each pair of `leg_pairs` has to say."""
    return np.array([LEG[name] for name in _leg_names(skeleton)])


def _leg_names(skeleton: Skeleton) -> list[str]:
    return [name for name in LEG if f"left_{name}" in skeleton.names and f"right_{name}" in skeleton.names]


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
    See `repair_swaps`.
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
    odds = _odds(apart, known, votes, max(1, int(REACH_S * fps)), max(1, round(PACE_S * fps)), STEADY_LL * size)
    if odds.min() >= -SWITCH:  # no exchange anywhere pays for itself
        return swapped
    cut = np.flatnonzero(odds < PLAUSIBLE)
    # frames between two implausible steps stay together: the dynamic programme runs over these stretches
    first = np.concatenate([[0], cut + 1])
    length = np.diff(np.concatenate([first, [frames]]))
    state = decode(odds[cut] + SWITCH, length * (SWAPPED_PER_S / fps))
    return np.repeat(state, length)


def _odds(apart: np.ndarray, known: np.ndarray, votes: np.ndarray, reach: int, base: int, steady: float) -> np.ndarray:
    """Log odds that the legs keep their names between consecutive frames, (T - 1,).

    Both frames are first carried on to the moment midway between them, each with the movement on its own side: a leg that swings
    past the other is then no change at all, at any frame rate, and one that turns back on the spot is. How well a point is
    predicted that way is learned from the walk itself.
    """
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


def decode(stay: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Cheapest sequence of two states, by an exact dynamic programme without a loop over its steps.

    Parameters
    ----------
    stay : (N - 1,)
        What an exchange between neighbours costs more than none; negative where an exchange is cheaper.
    cost : (N,)
        Cost of each element being in state 1.

    Returns
    -------
    (N,) bool
        The states of least total cost.

    Notes
    -----
    Viterbi's recursion for two states needs only the difference of the two best costs: ``x -> clip(x, -|k|, |k|)`` at each step
    (mirrored where k < 0), plus the element's cost. Such functions are closed under composition, so all of them are composed by
    doubling in log2(N) rounds, once from each end; the sum of both is the difference of the min-marginals, whose sign is the state.

    References
    ----------
    Viterbi A. Error bounds for convolutional codes and an asymptotically optimum decoding algorithm. IEEE Trans Inf Theory 1967;
    13:260-269. doi:10.1109/TIT.1967.1054010
    Hillis WD, Steele GL. Data parallel algorithms. Commun ACM 1986;29:1170-1183. doi:10.1145/7902.7903

    Examples
    --------
    >>> decode(np.array([1, -1, 1, -1, 1.0]), np.full(6, 0.1)).astype(int).tolist()
    [0, 0, 1, 1, 0, 0]
    """
    # no two choices cost exactly the same, as they would where a walk is exchanged for exactly half of its time
    least = 1e-8 * max(float(np.abs(stay).max(initial=0.0)), float(np.abs(cost).max(initial=0.0)))
    cost = cost + least * np.modf(np.arange(1.0, len(cost) + 1) ** 2 * 0.6180339887)[0]
    sign = np.concatenate([[1.0], np.cumprod(np.where(stay < 0, -1.0, 1.0))])
    value, limit = sign * cost, np.abs(stay)
    ahead = _accumulate(limit, value)
    behind = _accumulate(limit[::-1], value[::-1])[::-1]
    return sign * (ahead + behind - value) < 0


def _accumulate(limit: np.ndarray, value: np.ndarray) -> np.ndarray:
    """``x[i] = clip(x[i - 1], -limit[i - 1], limit[i - 1]) + value[i]`` from ``x[0] = value[0]``, all at once."""
    # each step as clip(x + shift, low, high); composed with the step `reach` before it until all start at the first
    shift = value.copy()
    low, high = value.copy(), value.copy()
    low[1:] -= limit
    high[1:] += limit
    reach = 1
    while reach < len(value):
        later_low, later_high, later_shift = low[reach:].copy(), high[reach:].copy(), shift[reach:].copy()
        low[reach:] = np.clip(low[:-reach] + later_shift, later_low, later_high)
        high[reach:] = np.clip(high[:-reach] + later_shift, later_low, later_high)
        shift[reach:] += shift[:-reach].copy()
        reach *= 2
    return np.clip(shift, low, high)


def repair_swaps(pose: PoseSequence) -> PoseSequence:
    """Exchange left and right leg back in the frames where the estimator mixed them up.

    Parameters
    ----------
    pose : PoseSequence
        Raw or gated, any layout and view.

    Returns
    -------
    PoseSequence
        Hips, knees, ankles and feet of both sides exchanged together where needed; ``swapped`` marks those frames.

    Notes
    -----
    What decides is the position of each left point relative to its right twin, carried on by its own movement: legs that pass
    each other go on as they came, while an exchange turns them round. Each point gives log odds for either reading of each step
    between frames, from how well it is predicted in this very walk (so from its noise), with a ceiling; points of one foot share
    one voice, the knee has two. A two-state dynamic programme (`decode`) weighs these odds, the confidence of the points, a cost
    for each exchange and a small one for the time spent exchanged; so a clip is never turned over as a whole, and a doubtful
    frame cannot turn over the rest. Frames with both legs on top of each other say nothing. The lengths of thigh and shank do not
    change when whole legs are exchanged and therefore have no say. Single joints (a knee or a foot on the wrong leg) are not
    exchanged: where they jump, `clean` drops them.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=60, duration_s=3, swaps=2, random_state=1)
    >>> bool((repair_swaps(walk.pose).swapped == walk.truth.swapped).all())
    True
    """
    at_left, at_right = leg_pairs(pose.skeleton)
    if not len(at_left):
        return pose
    rows = pose.xy.transpose(1, 2, 0)
    sure = np.minimum(pose.confidence[:, at_left], pose.confidence[:, at_right]).T
    swapped = find_swaps(rows[at_left], rows[at_right], sure * leg_votes(pose.skeleton)[:, None], pose.fps)
    if not swapped.any():
        return pose
    order = np.arange(len(pose.skeleton))
    order[at_left], order[at_right] = at_right, at_left
    xy, confidence, filled = pose.xy.copy(), pose.confidence.copy(), pose.filled.copy()
    for array in (xy, confidence, filled):
        array[swapped] = array[swapped][:, order]
    return pose.with_(xy=xy, confidence=confidence, filled=filled, swapped=pose.swapped ^ swapped)


def swapped_frames(pose: PoseSequence) -> pd.DataFrame:
    """Audit table of the stretches whose legs were exchanged.

    Parameters
    ----------
    pose : PoseSequence
        From `repair_swaps` or `clean`.

    Returns
    -------
    DataFrame
        One row a stretch: ``start_frame stop_frame`` (half-open), ``start_s stop_s`` (time of the first frame, and the end of the
        last) and ``n_frames``.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=60, duration_s=3, swaps=2, random_state=1)
    >>> table = swapped_frames(repair_swaps(walk.pose))
    >>> len(table), bool(table.n_frames.sum() == walk.truth.swapped.sum())
    (2, True)
    """
    import pandas as pd

    _, start, stop = find_runs(pose.swapped[None])
    return pd.DataFrame(
        {
            "start_frame": start,
            "stop_frame": stop,
            "start_s": pose.time_s[start],
            "stop_s": pose.time_s[stop - 1] + 1 / pose.fps,
            "n_frames": stop - start,
        }
    )
