"""When the feet land and leave, seen from the front or from behind."""

from __future__ import annotations

import numpy as np

from skelgait.gait.detectors import Moments
from skelgait.gait.extrema import gather, highest_peak, span
from skelgait.gait.frontal_motion import Changes, ImageMotion, first_fall, shares

STILL = np.array([0.15, 0.22])  # of its fastest: heel and ankle are slower than this once the foot has landed
CONTACT_STEPS, OFF_STEPS = (-0.42, 0.2), (-0.2, 0.4)  # where to look round the change of feet, in steps
TURN_STEPS = 0.3  # the toe begins to sink this much before it sinks fastest, at most
USUAL_STEPS, LEAST_SIGNS = 0.15, 3  # this near where a sign is at the other steps of a foot, when there are so many
STRAY_STEPS = 0.3  # what all signs together say is no event if it is farther from where it is at the other steps of a foot
ANKLE_DOUBT_S = 0.05  # an ankle without heel and toe is late, by up to 0.1 s
TOGETHER_S, NEAR_S = 0.06, 0.04  # two signs closer than this mean the same moment; the less so the farther apart they are
FASTEST = 0.97  # quantile of a speed that counts as the fastest
CLEAR = 0.15  # a toe that rises by less than this share of its fastest movement does not tell when it leaves
FIRST_OFF = 0.75  # weight of the first of two signs of foot-off, which is the sharper one
# Each sign of a moment comes this share of a stride after it: medians of 22 walks from 8 laboratories. +1 towards, -1 away.
SLAP_LATE, SINK_LATE, REST_LATE = {1: 0.0, -1: 0.012}, {1: -0.042, -1: -0.050}, -0.012
LIFT_LATE, TURN_LATE, PUSH_LATE, RISE_LATE = 0.004, 0.040, -0.010, 0.016


def frontal(motion: ImageMotion, changes: Changes) -> tuple[Moments, Moments]:
    """Frontal rule: the foot that lands slaps its toe down and stops moving in the image; the one that leaves is pulled forward.

    Parameters
    ----------
    motion : ImageMotion
    changes : Changes

    Returns
    -------
    contact, foot_off : Moments, Moments
        Of the foot that lands and of the other, one for each change; NaN where none of the signs is seen.

    Notes
    -----
    *Contact* lies between the moment the toe begins to sink and the one it sinks fastest, from any distance and height of the
    camera and in both directions. Towards the camera the swinging foot also sweeps down the image until it lands, so the moment
    heel and ankle come to rest counts too, where it is near; away from it, sinking and moving away cancel each other in the image.

    *Foot-off* is experimental: no published method has it. Towards the camera the toe rises fastest then, and soon after heel and
    ankle stop rising because the foot is pulled forward, down the image; a toe that is dragged does not rise, and only the second
    sign is left. Away from the camera the pull is up the image: the toe gathers speed fastest, and toe and heel together rise
    fastest.

    Each sign is late or early by a share of the stride (medians of 22 walks), which is taken off. A sign must lie within 0.15 steps
    of where it usually is for that foot, when there are three steps or more: noise has its peaks anywhere. Where all signs together
    lie 0.3 steps off all the same, nothing is said.

    References
    ----------
    Stenum J, Hsu MM, Pantelyat AY, Roemmich RT. Clinical gait analysis using video-based pose estimation. PLOS Digit Health
    2024;3:e0000467. doi:10.1371/journal.pdig.0000467
    """
    lands, leaves = changes.lands, 1 - changes.lands
    if not len(lands):
        return Moments(np.zeros(0), np.zeros(0)), Moments(np.zeros(0), np.zeros(0))
    seen = (motion.sure.max(axis=2) > 0).astype(float)
    stride = 2 * float(np.median(changes.step))
    found = _contacts(motion, changes, lands, seen, stride), _foot_offs(motion, changes, leaves, seen, stride)
    return _without_strays(found[0], changes, lands), _without_strays(found[1], changes, leaves)


def _without_strays(found: Moments, changes: Changes, side: np.ndarray) -> Moments:
    """Moments without those that are far from where they are at the other steps of a foot."""
    shift = (found.column - changes.column) / changes.step
    column = found.column.copy()
    for one in (0, 1):
        known = (side == one) & np.isfinite(shift)
        if known.sum() >= LEAST_SIGNS:
            column[known & (np.abs(shift - np.median(shift[known])) > STRAY_STEPS)] = np.nan
    return Moments(column, found.sd_s)


def _contacts(motion: ImageMotion, changes: Changes, lands: np.ndarray, seen: np.ndarray, stride: float) -> Moments:
    way, toes = motion.direction, seen[lands, 2] > 0
    slap = np.where(toes, _top(motion, changes, -motion.up_speed[:, 2], lands, CONTACT_STEPS), np.nan)
    sink = _top(motion, changes, -motion.up_acceleration[:, 2], lands, (-TURN_STEPS, 0.0), around=slap)
    slap, sink = slap - SLAP_LATE[way] * stride, sink - SINK_LATE[way] * stride
    turn = np.where(np.isfinite(sink), 0.5 * (slap + sink), slap)
    rest = _rest(motion, changes, seen, turn) - REST_LATE * stride
    apart_s = np.abs(turn - rest) / motion.fps
    both = apart_s < TOGETHER_S if way > 0 else np.zeros(len(lands), bool)
    weight = np.where(both, 0.5 * np.exp(-((apart_s / NEAR_S) ** 2)), 0.0)
    column = np.where(both, (1 - weight) * turn + weight * rest, np.where(np.isfinite(turn), turn, rest))
    alone = np.where(seen[lands, 1:].any(axis=1), 0.025 if way > 0 else 0.04, ANKLE_DOUBT_S)
    return Moments(column, np.where(np.isfinite(turn), 0.025 - 0.02 * weight, alone))


def _foot_offs(motion: ImageMotion, changes: Changes, leaves: np.ndarray, seen: np.ndarray, stride: float) -> Moments:
    toes = seen[leaves, 2] > 0
    if motion.direction > 0:
        toe_up = motion.up_speed[:, 2]
        first = np.where(toes, _top(motion, changes, toe_up, leaves, OFF_STEPS, least=CLEAR), np.nan) - LIFT_LATE * stride
        second = _turn_back(motion, changes, seen, leaves) - TURN_LATE * stride
    else:
        first = np.where(toes, _top(motion, changes, motion.up_acceleration[:, 2], leaves, OFF_STEPS), np.nan) - PUSH_LATE * stride
        ends = seen * np.array([1.0, 0.0, 1.0])
        ends = np.where(ends.any(axis=1, keepdims=True), ends, seen)
        rise = np.einsum("sp,spt->st", shares(ends), motion.up_speed)
        second = _top(motion, changes, rise, leaves, OFF_STEPS) - RISE_LATE * stride
    apart_s = np.abs(first - second) / motion.fps
    both = apart_s < TOGETHER_S
    column = np.where(both, FIRST_OFF * first + (1 - FIRST_OFF) * second, np.where(np.isfinite(first), first, second))
    return Moments(column, np.where(both, 0.025 + 0.15 * np.where(both, apart_s, 0), 0.035))


def _rest(motion: ImageMotion, changes: Changes, seen: np.ndarray, near: np.ndarray) -> np.ndarray:
    """When heel and ankle of the landing foot slow down past their level: nearest to ``near``, else the last time."""
    fastest = np.maximum(_fastest(motion.speed[:, :2]), 1e-9)
    weight = shares(seen[:, :2])
    over = np.einsum("sp,spt->st", weight / fastest, motion.speed[:, :2]) - (weight * STILL).sum(axis=1, keepdims=True)
    window, inside, first = _round(motion, changes, over, changes.lands, (-0.4, 0.2))
    crossing = (window[:, :-1] > 0) & (window[:, 1:] <= 0) & inside[:, :-1] & inside[:, 1:]
    column = first[:, None] + np.arange(crossing.shape[1])
    wanted = np.where(np.isfinite(near), near, np.inf)[:, None]
    off = np.where(np.isfinite(wanted), np.abs(column - wanted), -column.astype(float))
    at = np.where(crossing, off, np.inf).argmin(axis=1)
    n = np.arange(len(first))
    fall = np.where(crossing[n, at], window[n, at] - window[n, at + 1], np.nan)
    return first + at + window[n, at] / fall


def _turn_back(motion: ImageMotion, changes: Changes, seen: np.ndarray, leaves: np.ndarray) -> np.ndarray:
    """When heel and ankle stop rising after they have risen fastest."""
    points = np.where(seen[:, :2].any(axis=1, keepdims=True), seen * np.array([1.0, 1.0, 0.0]), seen)
    rise = np.einsum("sp,spt->st", shares(points), motion.up_speed)
    window, inside, first = _round(motion, changes, rise, leaves, (-0.45, 0.6))
    top = np.where(inside & (np.arange(window.shape[1]) < window.shape[1] - 1), window, -np.inf).argmax(axis=1)
    after = np.arange(window.shape[1]) >= top[:, None]
    column, found = first_fall(window, inside & after)
    return np.where(found, first + column, np.nan)


def _top(
    motion: ImageMotion,
    changes: Changes,
    rows: np.ndarray,
    side: np.ndarray,
    steps: tuple[float, float],
    *,
    around: np.ndarray | None = None,
    least: float = 0.0,
) -> np.ndarray:
    """Highest peak of the side's row (2, T) within ``steps`` of each change, and near where it usually is."""
    around = changes.column if around is None else around
    window, inside, first = _round(motion, changes, rows, side, steps, around=around)
    low = least * _fastest(np.abs(rows))[side] if least else 0.0
    at, height = highest_peak(window, inside)
    column = np.where(height > low, first + at, np.nan)
    shift = (column - around) / changes.step
    for one in (0, 1):
        own = side == one
        known = own & np.isfinite(shift)
        if known.sum() < LEAST_SIGNS:
            continue
        usual = np.median(shift[known])
        odd = own & (np.abs(shift - usual) > USUAL_STEPS)
        if odd.any():
            offset = np.arange(window.shape[1]) + (first - around)[:, None]
            close = np.abs(offset / changes.step[:, None] - usual) < USUAL_STEPS
            again, height = highest_peak(window, inside & close)
            column[odd] = np.where(height > low, first + again, np.nan)[odd]
    return column


def _round(
    motion: ImageMotion,
    changes: Changes,
    rows: np.ndarray,
    side: np.ndarray,
    steps: tuple[float, float],
    *,
    around: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows as `gather` gives them, each as wide as its own step asks; empty where there is nothing to look around."""
    around = changes.column if around is None else around
    known = np.isfinite(around)
    longest = changes.step.max(initial=1.0)
    offset = span(motion.fps, -steps[0] * longest / motion.fps, steps[1] * longest / motion.fps)
    window, inside, first = gather(rows, side, np.where(known, around, 0.0), offset)
    inside &= (offset >= np.minimum(steps[0] * changes.step, -2)[:, None]) & known[:, None]
    inside &= offset <= np.maximum(steps[1] * changes.step, 2)[:, None]
    return window, inside, first


def _fastest(speed: np.ndarray) -> np.ndarray:
    """The highest speed along the last axis, outliers aside."""
    at = int(FASTEST * (speed.shape[-1] - 1))
    return np.partition(speed, at, axis=-1)[..., at]
