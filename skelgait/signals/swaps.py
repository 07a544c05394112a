"""Left and right leg exchanged by the estimator: found by dynamic programming over the whole walk, and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import Skeleton
from skelgait.signals.filters import find_runs

if TYPE_CHECKING:
    import pandas as pd

LEG = ("hip", "knee", "ankle", "heel", "big_toe", "small_toe", "foot_index")
SWITCH = 0.3  # cost of one exchange, where full agreement of two frames is worth 1
SWAPPED_S = 0.3  # cost of one second spent exchanged: the estimator is right more often than not
REACH_S = 0.08  # a gap longer than this is not bridged by the movement beside it
MEMORY_S = 0.15  # over this long the legs turn too far for two frames to be compared
PLAUSIBLE = 0.5  # two frames that agree better than this leave no room for an exchange between them
NOISE = 0.04  # legs nearer to each other than this share of their length lie on top of each other
INFORMATIVE = 0.01  # share of the usual distance (squared) between the legs that a frame must show to be judged


def leg_pairs(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the left and of the right keypoints of the whole leg, hip to toes, in the same order."""
    names = [name for name in LEG if f"left_{name}" in skeleton.names and f"right_{name}" in skeleton.names]
    return tuple(np.array([skeleton.index(f"{side}_{name}") for name in names], int) for side in ("left", "right"))  # type: ignore[return-value]


def find_swaps(left: np.ndarray, right: np.ndarray, weight: np.ndarray, fps: float) -> np.ndarray:
    """Frames in which the whole left and right leg are exchanged.

    Parameters
    ----------
    left, right : (J, 2, T) pixels
        The same points of either leg over time; NaN where missing.
    weight : (J, T), 0..1
        How much each pair of points is believed.
    fps : float, frames per second
        Frame rate.

    Returns
    -------
    (T,) bool
        True where exchanging the legs back makes the walk continuous. Never more than half of the judged time.

    Notes
    -----
    See `repair_swaps`. Frames in which both legs lie on top of each other say nothing and are left out; a point weighs by the
    square root of ``weight`` in either frame.
    """
    frames = left.shape[2]
    swapped = np.zeros(frames, bool)
    apart = left - right
    known = ~np.isnan(apart[:, 0])
    if not known.all():
        apart[~np.broadcast_to(known[:, None], apart.shape)] = 0.0
        weight = np.where(known, weight, 0.0)
    energy = ((apart[:, 0] ** 2 + apart[:, 1] ** 2) * weight).sum(axis=0)
    seen = energy > 0
    if seen.sum() < 3:
        return swapped
    reach = np.nan_to_num(np.abs(left[:, 1] - left[0, 1])).max(axis=0)  # about a leg's length
    least = (NOISE * float(np.median(reach[seen]))) ** 2 * len(left)
    usual = max(float(np.median(energy[seen])), least / INFORMATIVE)
    judged = energy > INFORMATIVE * usual
    at = np.flatnonzero(judged)
    if len(at) < 3:
        return swapped
    if not judged.all():
        apart, weight, known = apart[..., at], weight[:, at], known[:, at]
    agreement = _agreement(apart, weight, known, np.diff(at), fps, usual)
    cut = np.flatnonzero(agreement < PLAUSIBLE)
    if not len(cut):
        return swapped
    # frames between two implausible steps stay together: the dynamic programme runs over these stretches
    first = np.concatenate([[0], cut + 1])
    length = np.diff(np.concatenate([first, [len(at)]]))
    state = decode(agreement[cut] + SWITCH, length * (SWAPPED_S / fps))
    swapped[at] = np.repeat(state, length)
    if not judged.all():  # a frame that says nothing goes with its neighbours when both are exchanged
        latest = np.maximum.accumulate(np.where(judged, np.arange(frames), -1))
        coming = np.minimum.accumulate(np.where(judged, np.arange(frames), frames)[::-1])[::-1]
        inside = ~judged & (latest >= 0) & (coming < frames)
        swapped[inside] = swapped[latest[inside]] & swapped[coming[inside]]
    return swapped


def _agreement(apart: np.ndarray, weight: np.ndarray, known: np.ndarray, step: np.ndarray, fps: float, usual: float) -> np.ndarray:
    """How alike the legs' mutual position is in consecutive frames, -1 (mirrored) to 1 (the same), (N - 1,).

    Both frames are first carried on to the moment midway between them, each with the movement on its own side: a leg that swings
    past the other is then no change at all, at any frame rate, and one that turns back on the spot is.
    """
    moved = apart[..., 1:] - apart[..., :-1]
    if not known.all():
        moved *= (known[:, 1:] & known[:, :-1])[:, None]
    even = step.max() == 1
    if not even:
        moved /= step
    half = 0.5 * np.minimum(step, max(1.0, REACH_S * fps))
    earlier, later = apart[..., :-1].copy(), apart[..., 1:].copy()
    earlier[..., 1:] += moved[..., :-1] * half[1:]
    later[..., :-1] -= moved[..., 1:] * half[:-1]
    root = np.sqrt(weight)[:, None]
    earlier *= root[..., :-1]
    later *= root[..., 1:]
    together = (earlier * later).sum(axis=(0, 1))
    if known.all():
        own = 0.5 * ((earlier**2).sum(axis=(0, 1)) + (later**2).sum(axis=(0, 1)))
    else:  # only points known on both sides
        both = (known[:, 1:] & known[:, :-1])[:, None]
        own = 0.5 * ((both * earlier**2).sum(axis=(0, 1)) + (both * later**2).sum(axis=(0, 1)))
    out = together / np.maximum(own, INFORMATIVE * usual)
    if not even:
        out *= np.exp(-(((step - 1) / (MEMORY_S * fps)) ** 2))
    return out


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
    What decides is the position of each left point relative to its right twin, all points of the leg together, carried on by its
    own movement (`find_swaps`): legs that pass each other go on as they came, while an exchange turns them round. A two-state
    dynamic programme (`decode`) weighs these jumps, the confidence of the points, a cost for each exchange and a small one for
    the time spent exchanged; so a clip is never turned over as a whole, and a single doubtful frame cannot turn over the rest.
    The lengths of thigh and shank do not change when whole legs are exchanged and therefore have no say. Single joints (a knee or
    a foot on the wrong leg) are not exchanged: where they jump, `clean` drops them.
    """
    at_left, at_right = leg_pairs(pose.skeleton)
    if not len(at_left):
        return pose
    rows = pose.xy.transpose(1, 2, 0)
    weight = np.minimum(pose.confidence[:, at_left], pose.confidence[:, at_right]).T
    swapped = find_swaps(rows[at_left], rows[at_right], weight, pose.fps)
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
