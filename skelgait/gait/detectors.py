"""Rules that find when a foot lands and leaves, seen from the side; `detect_events` lets them agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.gait.extrema import alternating_peaks, gather, highest_peak, span
from skelgait.gait.foot_motion import FootMotion, box_sums

# Forward speed of heel, ankle and toe, in walking speeds, at the moment the foot lands and leaves (measured: see `velocity`).
LANDING_SPEED = np.array([0.30, 0.40, 0.47])
LEAVING_SPEED = np.array([1.70, 1.50, 0.90])
LEAST_CHANGE, LEAST_NOISES = 0.3, 3.0  # least change of speed at an event: walking speeds, and standard deviations of its noise
PROMINENCE_LL, PROMINENCE_SHARE = 0.08, 0.35  # least swing of the foot before the hips: leg lengths, share of its usual swing
APART_S = 0.3  # two landings of a foot are never closer
AFTER_TURN_S = 0.035  # a foot lands (leaves) about this long after it is farthest before (behind) the hips
END_S = 0.03  # so near an end of the recording the filter bends the signals
NEAR_S = 0.05  # other rules look this far round the moment a first one found
QUIET_S = (0.10, 0.25)  # after landing the foot stands still: what moves then is noise
STAND_S, AFTER_CONTACT_S, UNSTEADY = 0.12, (0.12, -0.14), 0.6  # where a standing foot is looked at, and what is not standing
# Standard deviations of each rule on noiseless recordings (measured), and how long the peak of an 8 Hz signal is: 1 / (2 pi 6 Hz).
VELOCITY_S, IMPACT_S, OCONNOR_CONTACT_S, OCONNOR_OFF_S, PEAK_S = 0.015, 0.008, 0.018, 0.027, 0.026


@dataclass(frozen=True, eq=False)
class Turns:
    """When each foot turns round relative to the hips: once before every landing and once before every foot-off.

    Parameters
    ----------
    side : (N,) int
        0 left, 1 right.
    contact : (N,) bool
        True where the foot is farthest ahead (it is about to land), False where it is farthest behind (about to leave).
    column : (N,) int
        Column of the `FootMotion`.
    prominence : (N,), 0..1
        How far the foot went, as a share of its usual swing.
    """

    side: np.ndarray
    contact: np.ndarray
    column: np.ndarray
    prominence: np.ndarray

    def __len__(self) -> int:
        return len(self.column)


@dataclass(frozen=True, eq=False)
class Moments:
    """What a rule says about each of N candidates: the moment, and how far it may be off.

    Parameters
    ----------
    column : (N,) float
        Column of the signals, sub-frame; NaN where the rule says nothing.
    sd_s : (N,) seconds
        Standard deviation: the rule's own and that from the noise of the signal.
    """

    column: np.ndarray
    sd_s: np.ndarray


def find_turns(motion: FootMotion) -> Turns:
    """Count the strides: where each foot is farthest ahead of the hips and farthest behind them, alternately.

    Parameters
    ----------
    motion : FootMotion

    Returns
    -------
    Turns
        Left first; by time within a side.

    Notes
    -----
    Ends of the recording count as turning points (the true one may lie outside): whether there is an event near them is for
    the other rules to say.
    """
    parts = []
    for side in np.flatnonzero(motion.sure.max(axis=(1, 2)) > 0):
        ahead = motion.ahead[side]
        ordered = np.sort(ahead)
        swing = ordered[int(0.95 * (len(ordered) - 1))] - ordered[int(0.05 * (len(ordered) - 1))]
        least = max(PROMINENCE_LL, PROMINENCE_SHARE * swing)
        at, up, prominence = alternating_peaks(ahead, least, int(APART_S * motion.fps))
        parts.append((np.full(len(at), side), up, at, np.minimum(prominence / max(swing, least), 1.0)))
    if not parts:
        return Turns(np.zeros(0, int), np.zeros(0, bool), np.zeros(0, int), np.zeros(0))
    return Turns(*(np.concatenate(p) for p in zip(*parts, strict=True)))


def zeni(motion: FootMotion, turns: Turns) -> Moments:
    """Coordinate rule: landing where the heel is farthest ahead of the hips, foot-off where the toe is farthest behind.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns

    Returns
    -------
    Moments

    Notes
    -----
    Deviations from the cited rule: the hips stand for the sacrum; the ankle for a heel or toe that is not there; sub-frame by a
    parabola. Against force plates and annotated events of 23 walks it is early, by 40 ms at landing (median): it serves to
    count strides, not to time them.

    References
    ----------
    Zeni JA, Richards JG, Higginson JS. Two simple methods for determining gait events during treadmill and overground walking
    using kinematic data. Gait Posture 2008;27:710-714. doi:10.1016/j.gaitpost.2007.07.007
    """
    seen = motion.sure.max(axis=2) > 0
    choice = np.where(turns.contact, 0, 2)
    point = np.where(seen[turns.side, choice], choice, 1)
    window, inside, first = gather(motion.place.reshape(6, -1), 3 * turns.side + point, turns.column, span(motion.fps, 0.08, 0.08))
    at, _ = highest_peak(window * _sign(turns.contact), inside)
    return Moments(first + at, np.where(np.isfinite(at), 0.04, np.nan))


def velocity(motion: FootMotion, turns: Turns) -> Moments:
    """Speed rule: landing where the foot has slowed down to the ground, foot-off where it has left the ground's speed.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns

    Returns
    -------
    Moments

    Notes
    -----
    After each turn, the first moment the foot's forward speed over the ground passes a level: heel, ankle and toe each have
    their own, as a share of the walking speed, and their distances from it are averaged by confidence. A foot that does not change
    its speed clearly says nothing, so an event at the end of a clip is found only when the foot is seen to change; one up to a
    frame beyond the end is given the end. Levels are medians at plate and annotated events of 23 walks from 8 laboratories.
    Deviations from the cited rules: relative to the ground, however the camera moves; forward speed in the image instead of
    speed in space; levels of each point instead of one.

    References
    ----------
    Bruening DA, Ridge ST. Automated event detection algorithms in pathological gait. Gait Posture 2014;39:472-477.
    doi:10.1016/j.gaitpost.2013.08.023

    Ghoussayni S et al. Assessment and validation of a simple automated method for the detection of gait events and intervals.
    Gait Posture 2004;20:266-272. doi:10.1016/j.gaitpost.2003.10.001
    """
    fps = motion.fps
    weight = box_sums(motion.sure, max(1, round(0.05 * fps))) + 1e-9
    weight /= weight.sum(axis=1, keepdims=True)
    speed = (weight * motion.speed).sum(axis=1)
    over = np.concatenate([speed - np.einsum("spt,p->st", weight, level) for level in (LEAVING_SPEED, LANDING_SPEED)])
    walled = _straight_ends(over, max(1, round(END_S * fps)))
    window, inside, first = gather(walled, 2 * turns.contact + turns.side, turns.column + 1, span(fps, 0.08, 0.20))
    window = np.where(inside, window * _sign(turns.contact), np.nan)
    crossing = (window[:, :-1] > 0) & (window[:, 1:] <= 0)
    at = crossing.argmax(axis=1)
    n = np.arange(len(turns))
    fall = np.where(crossing[n, at], window[n, at] - window[n, at + 1], np.nan)
    column = np.clip(first + at + window[n, at] / fall - 1, 0, motion.n_columns - 1)
    noise = quiet_noise(motion, turns, column, over[2:])
    earlier = np.arange(window.shape[1]) <= at[:, None]
    change = np.fmax.reduce(np.where(earlier, window, np.nan), axis=1) - np.fmin.reduce(np.where(earlier, np.nan, window), axis=1)
    sure = change > LEAST_CHANGE + LEAST_NOISES * noise
    return Moments(np.where(sure, column, np.nan), np.hypot(VELOCITY_S, noise / (fall * fps)))


def impact(motion: FootMotion, turns: Turns, around: np.ndarray | None = None) -> Moments:
    """Impact rule: landing where the heel is stopped, that is, where it accelerates upwards most.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns
    around : (N,) columns, optional
        Where to look, +-50 ms; default 35 ms after each turn.

    Returns
    -------
    Moments
        Nothing about foot-off.

    Notes
    -----
    Where the toe is stopped before the heel (a landing on the forefoot) the toe's moment is taken. Deviations from the cited
    rule: the toe; sub-frame by a parabola, not by the zero of the next derivative.

    References
    ----------
    Hreljac A, Marshall RN. Algorithms to determine event timing during normal walking using kinematic data. J Biomech
    2000;33:783-786. doi:10.1016/S0021-9290(00)00014-2
    """
    around = _default(motion, turns) if around is None else around
    seen = (motion.sure.max(axis=2) > 0)[turns.side] & (turns.contact & np.isfinite(around))[:, None]
    offset = span(motion.fps, NEAR_S, NEAR_S)
    column, sd = np.full(len(turns), np.nan), np.full(len(turns), np.nan)
    for point in (0, 2):
        rows = motion.up_acceleration[:, point]
        window, inside, first = gather(rows, turns.side, np.where(seen[:, point], around, 0), offset)
        at, height = highest_peak(window, inside & seen[:, point, None])
        noise = quiet_noise(motion, turns, around, rows)
        better = (first + at < column) & (height > 3 * noise) if point else np.isfinite(at)
        column[better] = (first + at)[better]
        sd[better] = np.hypot(IMPACT_S, PEAK_S * noise[better] / np.maximum(height[better], 1e-9))
    return Moments(column, sd)


def oconnor(motion: FootMotion, turns: Turns, around: np.ndarray | None = None) -> Moments:
    """Foot velocity rule: landing where the middle of the foot sinks fastest, foot-off where it rises fastest.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns
    around : (N,) columns, optional
        Where to look, +-50 ms; default 35 ms after each turn, which stands for the cited window in which the heel is low.

    Returns
    -------
    Moments

    Notes
    -----
    Deviations from the cited rule: the window; the ankle is the middle of a foot without heel or toe; sub-frame by a parabola.

    References
    ----------
    O'Connor CM, Thorpe SK, O'Malley MJ, Vaughan CL. Automatic detection of gait events using kinematic data. Gait Posture
    2007;25:469-474. doi:10.1016/j.gaitpost.2006.05.016
    """
    around = _default(motion, turns) if around is None else around
    known = np.isfinite(around)
    feet = motion.sure[:, [0, 2]].max(axis=2).min(axis=1) > 0
    middle = np.where(feet[:, None], 0.5 * (motion.up_speed[:, 0] + motion.up_speed[:, 2]), motion.up_speed[:, 1])
    window, inside, first = gather(middle, turns.side, np.where(known, around, 0), span(motion.fps, NEAR_S, NEAR_S))
    at, height = highest_peak(window * -_sign(turns.contact), inside & known[:, None])
    noise = quiet_noise(motion, turns, around, middle)
    own = np.where(turns.contact, OCONNOR_CONTACT_S, OCONNOR_OFF_S)
    return Moments(first + at, np.hypot(own, PEAK_S * noise / np.maximum(height, 1e-9)))


def steadiness(motion: FootMotion, turns: Turns, column: np.ndarray) -> np.ndarray:
    """How still the foot stands just after it landed, or before it leaves.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns
    column : (N,) float
        The moments; NaN where there is none.

    Returns
    -------
    (N,), 0..1
        1 for a foot at rest, a half for one whose stillest point moves at 0.6 walking speeds, near 0 for a point that is guessed.
    """
    known = np.isfinite(column)
    rest = np.where(turns.contact, *AFTER_CONTACT_S) * motion.fps
    half = max(1.0, STAND_S / 2 * motion.fps)
    middle = np.where(known, column + rest, 0.0)
    first = np.clip(np.rint(middle - half).astype(int), 0, motion.n_columns - 1)
    last = np.clip(np.rint(middle + half).astype(int), first, motion.n_columns - 1)
    total = np.zeros((2, 3, motion.n_columns + 1))
    np.cumsum(np.abs(motion.speed), axis=2, out=total[..., 1:])
    moved = (total[turns.side, :, last + 1] - total[turns.side, :, first]) / (last + 1 - first)[:, None]
    seen = (motion.sure.max(axis=2) > 0)[turns.side]
    stillest = np.where(seen, moved, np.inf).min(axis=1)
    return np.where(known, 1 / (1 + (stillest / UNSTEADY) ** 4), 0.0)


def quiet_noise(motion: FootMotion, turns: Turns, column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Noise of a signal (2, T) of each foot, (N,): its median standard deviation soon after landing, when the foot stands."""
    start, stop = (round(s * motion.fps) for s in QUIET_S)
    offset = np.arange(start, max(stop, start + 3) + 1)
    own = np.flatnonzero(turns.contact & (column + offset[-1] <= motion.n_columns - 1))
    side = turns.side[own]
    if not len(own):
        return np.zeros(len(turns))
    noise = rows[side[:, None], np.rint(column[own]).astype(int)[:, None] + offset].std(axis=1)
    noise = noise[np.lexsort((noise, side))]  # left, then right, each in order
    left = len(side) - np.count_nonzero(side)
    middle = np.where(np.arange(2) == 0, left // 2, (left + len(side)) // 2)
    known = np.array([left > 0, left < len(side)])
    usual = np.where(known, noise[np.minimum(middle, len(side) - 1)], noise.max())
    return usual[turns.side]


def _straight_ends(rows: np.ndarray, unsure: int) -> np.ndarray:
    """Rows whose ``unsure`` samples at either end, which the filter bends, and one more follow the line before them: (R, T + 2)."""
    out = np.concatenate([rows[:, :1], rows, rows[:, -1:]], axis=1)
    step = np.arange(1, unsure + 2)
    if rows.shape[1] > 4 * unsure:
        for way in (1, -1):
            inner = rows[:, ::way]
            slope = (inner[:, unsure] - inner[:, 2 * unsure]) / unsure
            out[:, ::way][:, unsure::-1] = inner[:, unsure, None] + slope[:, None] * step
    return out


def _sign(contact: np.ndarray) -> np.ndarray:
    return np.where(contact, 1.0, -1.0)[:, None]


def _default(motion: FootMotion, turns: Turns) -> np.ndarray:
    return turns.column + AFTER_TURN_S * motion.fps
