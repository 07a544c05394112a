"""Rules that find when a foot lands and leaves, each on its own; `detect_events` lets them agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.gait.foot_motion import FootMotion, box_sums

# Forward speed of heel, ankle and toe, in walking speeds, at the moment the foot lands and leaves (measured: see `velocity`).
LANDING_SPEED = np.array([0.35, 0.42, 0.47])
LEAVING_SPEED = np.array([1.70, 1.50, 0.87])
PROMINENCE_LL, PROMINENCE_SHARE = 0.08, 0.35  # least swing of the foot before the hips: leg lengths, share of its usual swing
APART_S = 0.3  # two landings of a foot are never closer
AFTER_TURN_S = 0.035  # a foot lands (leaves) about this long after it is farthest before (behind) the hips
NEAR_S = 0.05  # other rules look this far round the moment a first one found
QUIET_S = (0.10, 0.25)  # after landing the foot stands still: what moves then is noise


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
    """What a rule says about each of the turns: ``column`` (N,) float, NaN where it says nothing, and ``sd_s`` (N,) seconds."""

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
    from scipy.signal import find_peaks

    parts = []
    for side in range(2):
        ahead = motion.ahead[side]
        if not motion.sure[side].any() or len(ahead) < 3:
            continue
        low, high = np.percentile(ahead, (5, 95))
        least = max(PROMINENCE_LL, PROMINENCE_SHARE * (high - low))
        found = []
        walled = np.concatenate([[-np.inf], ahead, [-np.inf]])
        for sign in (1, -1):
            walled[1:-1] = sign * ahead
            at, info = find_peaks(walled, distance=max(1, int(APART_S * motion.fps)), prominence=least)
            found.append((at - 1, np.full(len(at), sign), info["prominences"]))
        at, sign, prominence = (np.concatenate(p) for p in zip(*found, strict=True))
        if not len(at):
            continue
        order = np.lexsort((-sign * ahead[at], at))
        at, sign, prominence = at[order], sign[order], prominence[order]
        # of neighbours that turn the same way the one that went farther stays
        run = np.cumsum(np.concatenate([[0], sign[1:] != sign[:-1]]))
        order = np.lexsort((-sign * ahead[at], run))
        keep = np.sort(order[np.concatenate([[True], run[order][1:] != run[order][:-1]])])
        usual = max(high - low, least)
        parts.append((np.full(len(keep), side), sign[keep] > 0, at[keep], np.minimum(prominence[keep] / usual, 1.0)))
    if not parts:
        return Turns(np.zeros(0, int), np.zeros(0, bool), np.zeros(0, int), np.zeros(0))
    return Turns(*(np.concatenate(p) for p in zip(*parts, strict=True)))


def zeni(motion: FootMotion, turns: Turns) -> Moments:
    """Coordinate rule: landing where the heel is farthest ahead of the hips, foot-off where the toe is farthest behind.

    Notes
    -----
    Deviations from the cited rule: the hips stand for the sacrum; the ankle for a heel or toe that is not there; sub-frame by a
    parabola. Against force plates it is early, by 40 ms at landing (measured on the 22 recorded walks of `benchmarks`): it is
    used for counting strides, not for timing them.

    References
    ----------
    Zeni JA, Richards JG, Higginson JS. Two simple methods for determining gait events during treadmill and overground walking
    using kinematic data. Gait Posture 2008;27:710-714. doi:10.1016/j.gaitpost.2007.07.007
    """
    seen = motion.sure.any(axis=2)
    choice = np.where(turns.contact, 0, 2)
    point = np.where(seen[turns.side, choice], choice, 1)
    sign = np.where(turns.contact, 1.0, -1.0)
    offset = _offsets(motion, 0.08, 0.08)
    window, inside = _gather(motion.place[turns.side, point], turns.column, offset)
    at, _ = _peak(window * sign[:, None], inside)
    return Moments(turns.column + offset[0] + at, np.where(np.isfinite(at), 0.04, np.nan))


def velocity(motion: FootMotion, turns: Turns) -> Moments:
    """Speed rule: landing where the foot has slowed down to the ground, foot-off where it has left the ground's speed.

    Notes
    -----
    After each turn, the first moment the foot's forward speed over the ground passes a level: heel, ankle and toe each have
    their own, as a share of the walking speed, and their distances from it are averaged by confidence. Levels are medians at
    plate and annotated events of 22 walks from 8 laboratories; leaving any laboratory out moves them by less than 0.1
    and the events by less than 4 ms. Deviations from the cited rules: relative to the ground, however the camera moves; forward
    speed in the image instead of speed in space; levels of each point instead of one; the confidence interval follows from the
    noise seen while the foot stands.

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
    speed = motion.speed
    over = np.stack([(weight * (speed - level[:, None])).sum(axis=1) for level in (LEAVING_SPEED, LANDING_SPEED)], axis=1)
    offset = _offsets(motion, 0.08, 0.20)
    sign = np.where(turns.contact, 1.0, -1.0)
    window, inside = _gather(over[turns.side, turns.contact.astype(int)], turns.column, offset)
    window *= sign[:, None]
    crossing = (window[:, :-1] > 0) & (window[:, 1:] <= 0) & inside[:, :-1] & inside[:, 1:]
    at = crossing.argmax(axis=1)
    n = np.arange(len(turns))
    fall = np.where(crossing.any(axis=1), window[n, at] - window[n, at + 1], np.nan)
    column = turns.column + offset[0] + at + window[n, at] / fall
    noise = _quiet_noise(motion, turns, column, over[:, 1])
    return Moments(column, np.hypot(0.015, noise / (fall * fps)))


def impact(motion: FootMotion, turns: Turns, around: np.ndarray) -> Moments:
    """Impact rule: landing where the heel is stopped, that is, where it accelerates upwards most.

    Notes
    -----
    Looked for within 50 ms of ``around`` (N,) columns. Where the toe is stopped before the heel (a landing on the
    forefoot) the toe's moment is taken. Nothing about foot-off. Deviations from the cited rule: sub-frame by a parabola, not by the zero of the next derivative; the
    toe; an estimate of its own error from the noise seen while the foot stands.

    References
    ----------
    Hreljac A, Marshall RN. Algorithms to determine event timing during normal walking using kinematic data. J Biomech
    2000;33:783-786. doi:10.1016/S0021-9290(00)00014-2
    """
    column, sd = np.full(len(turns), np.nan), np.full(len(turns), np.nan)
    seen = motion.sure.any(axis=2)
    offset = _offsets(motion, NEAR_S, NEAR_S)
    near = np.where(np.isfinite(around), around, -10 * len(offset)).round().astype(int)
    for point in (0, 2):
        which = np.flatnonzero(turns.contact & seen[turns.side, point] & np.isfinite(around))
        rows = motion.up_acceleration[:, point]
        window, inside = _gather(rows[turns.side[which]], near[which], offset)
        at, height = _peak(window, inside)
        noise = _quiet_noise(motion, turns, around, rows)[which]
        found = near[which] + offset[0] + at
        # position of a peak of an 8 Hz signal in noise: noise / height / (2 pi 6 Hz)
        error = np.hypot(0.008, 0.026 * noise / np.maximum(height, 1e-9))
        if point == 2:
            first = (height > 3 * noise) & (found < column[which])
            found, error = np.where(first, found, column[which]), np.where(first, error, sd[which])
        column[which], sd[which] = found, error
    return Moments(column, sd)


def oconnor(motion: FootMotion, turns: Turns, around: np.ndarray | None = None) -> Moments:
    """Foot velocity rule: landing where the middle of the foot sinks fastest, foot-off where it rises fastest.

    Notes
    -----
    Looked for within 50 ms of ``around`` (N,) columns; by default of 35 ms after each turn, which stands for the cited window in
    which the heel is low. Without heel or toe the ankle is the middle of the foot. Sub-frame by a parabola.

    References
    ----------
    O'Connor CM, Thorpe SK, O'Malley MJ, Vaughan CL. Automatic detection of gait events using kinematic data. Gait Posture
    2007;25:469-474. doi:10.1016/j.gaitpost.2006.05.016
    """
    if around is None:
        around = turns.column + AFTER_TURN_S * motion.fps
    feet = motion.sure.any(axis=2)[:, [0, 2]].all(axis=1)
    middle = np.where(feet[:, None], 0.5 * (motion.up_speed[:, 0] + motion.up_speed[:, 2]), motion.up_speed[:, 1])
    offset = _offsets(motion, NEAR_S, NEAR_S)
    known = np.isfinite(around)
    near = np.where(known, around, 0).round().astype(int)
    window, inside = _gather(middle[turns.side], near, offset)
    at, height = _peak(window * np.where(turns.contact, -1.0, 1.0)[:, None], inside & known[:, None])
    noise = _quiet_noise(motion, turns, around, middle)
    # position of a peak of an 8 Hz signal in noise: noise / height / (2 pi 6 Hz)
    return Moments(near + offset[0] + at, np.hypot(np.where(turns.contact, 0.018, 0.027), 0.026 * noise / np.maximum(height, 1e-9)))


def _offsets(motion: FootMotion, before_s: float, after_s: float) -> np.ndarray:
    """Columns from ``before_s`` before to ``after_s`` after, at least two on each side: (W,) int."""
    return np.arange(-max(2, round(before_s * motion.fps)), max(2, round(after_s * motion.fps)) + 1)


def _gather(rows: np.ndarray, column: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Windows (N, W) of one row each (N, T) round ``column`` (N,), and which of their samples exist."""
    at = column[:, None] + offset
    last = rows.shape[-1] - 1
    return np.take_along_axis(rows, np.clip(at, 0, last), axis=1), (at >= 0) & (at <= last)


def _peak(window: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place (N,) and height (N,) of the highest local maximum of each window, by a parabola; NaN where there is none."""
    middle = window[:, 1:-1]
    top = (middle >= window[:, :-2]) & (middle > window[:, 2:]) & inside[:, :-2] & inside[:, 2:]
    height = np.where(top, middle, -np.inf)
    at = height.argmax(axis=1)
    n = np.arange(len(window))
    before, here, after = window[n, at], window[n, at + 1], window[n, at + 2]
    bend = before - 2 * here + after
    shift = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, -1), 0.0)
    found = top.any(axis=1)
    return np.where(found, at + 1 + shift, np.nan), np.where(found, here, np.nan)


def _quiet_noise(motion: FootMotion, turns: Turns, column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Noise of a signal (2, T) of each foot, (N,): its usual standard deviation soon after landing, when the foot stands."""
    start, stop = (round(s * motion.fps) for s in QUIET_S)
    offset = np.arange(start, max(stop, start + 3) + 1)
    noise = np.zeros(2)
    for side in range(2):
        own = turns.contact & (turns.side == side) & np.isfinite(column)
        at = column[own].round().astype(int)
        at = at[at + offset[-1] < rows.shape[1]]
        if len(at):
            noise[side] = np.median(rows[side][at[:, None] + offset].std(axis=1))
    if (noise == 0).any():
        noise[noise == 0] = noise.max()
    return noise[turns.side]
