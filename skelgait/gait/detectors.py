"""Rules that find when a foot lands and leaves, seen from the side; `detect_events` lets them agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.gait.extrema import gather, highest_peak, span
from skelgait.gait.foot_motion import FootMotion
from skelgait.gait.standing import quiet_noise, toes_drop
from skelgait.gait.turns import Turns
from skelgait.signals.windows import box_sums

# Forward speed of heel, ankle and toe, in walking speeds, at the moment the foot lands and leaves (measured: see `velocity`).
LANDING_SPEED = np.array([0.30, 0.40, 0.47])
LEAVING_SPEED = np.array([1.70, 1.50, 0.90])
TOES_FIRST_SPEED = np.array([0.25, 0.25, 0.25])  # of a foot that lands on its toes: all of it goes about as fast as what lands
TOES_FIRST_LL, HEEL_FIRST_LL, PLAINLY_LL = 0.006, 0.0125, 0.03  # by less: the toes landed first; by more: the heel; and plainly so
LEAST_CHANGE, LEAST_NOISES = 0.3, 3.0  # least change of speed at an event: walking speeds, and standard deviations of its noise
AFTER_TURN_S = 0.035  # a foot lands (leaves) about this long after it is farthest before (behind) the hips
END_S = 0.03  # so near an end of the recording the filter bends the signals
NEAR_S = 0.05  # other rules look this far round the moment a first one found
# Standard deviations of each rule on noiseless recordings (measured), and how long the peak of an 8 Hz signal is: 1 / (2 pi 6 Hz).
VELOCITY_S, IMPACT_S, OCONNOR_CONTACT_S, OCONNOR_OFF_S, PEAK_S = 0.015, 0.008, 0.018, 0.027, 0.026
LEAST_SAY = 0.01  # of a heel that says nothing; the ankle still speaks where no toe is seen
SOFT = 0.8  # leg lengths / s^2: an impact so soft is no better placed than its peak is long
BEFORE = 0.5  # how much of the slowing down before an impact does not count as impact


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
    choice = np.where(turns.contact, 0, 2)
    point = np.where(motion.seen[turns.side, choice], choice, 1)
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
    frame beyond the end is given the end. Levels are medians at plate and annotated events of 23 walks from 8 laboratories; a foot
    that lands on its toes (`toes_drop`) has no slap that carries ankle and toe on, so its levels are lower; and when it leaves, its
    toe alone is listened to, for its heel has been up for long.
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
    leaving = weight * _heel_says(motion, turns)[:, :, None]
    leaving /= leaving.sum(axis=1, keepdims=True)
    levels = ((leaving, LEAVING_SPEED), (weight, LANDING_SPEED))
    over = np.concatenate([(motion.speed * w).sum(axis=1) - np.einsum("spt,p->st", w, level) for w, level in levels])
    walled = _straight_ends(over, max(1, round(END_S * fps)))
    window, inside, first = gather(walled, 2 * turns.contact + turns.side, turns.column + 1, span(fps, 0.08, 0.20))
    window = np.where(inside, window * _sign(turns.contact), np.nan)
    at, into, fall = _first_crossing(window)
    toes = 1 - np.minimum(np.maximum(toes_drop(motion, turns, first + at + into - 1) / HEEL_FIRST_LL, 0.0), 1.0)
    if toes.any():
        near = np.minimum(np.maximum(first + at, 0), motion.n_columns - 1)
        level = np.einsum("np,p->n", weight[turns.side, :, near], LANDING_SPEED - TOES_FIRST_SPEED)
        window += (toes * level)[:, None]
        at, into, fall = _first_crossing(window)
    column = np.minimum(np.maximum(first + at + into - 1, 0), motion.n_columns - 1)
    noise = quiet_noise(motion, turns, column, over[2:])
    earlier = np.arange(window.shape[1]) <= at[:, None]
    change = np.fmax.reduce(np.where(earlier, window, np.nan), axis=1) - np.fmin.reduce(np.where(earlier, np.nan, window), axis=1)
    sure = change > LEAST_CHANGE + LEAST_NOISES * noise
    return Moments(np.where(sure, column, np.nan), np.hypot(VELOCITY_S, noise / (fall * fps)))


def flat_landing(drop: np.ndarray) -> np.ndarray:
    """How flat feet land, 0 (plainly on the heel, or on the toes) to 1, by how far their toes come down (`toes_drop`)."""
    return np.where(drop < TOES_FIRST_LL, 0.0, _toes_share(drop))


def _toes_share(drop: np.ndarray) -> np.ndarray:
    """0 for a landing plainly on the heel to 1 for one on the toes."""
    return np.minimum(np.maximum((PLAINLY_LL - drop) / (PLAINLY_LL - TOES_FIRST_LL), 0.0), 1.0)


def _heel_says(motion: FootMotion, turns: Turns) -> np.ndarray:
    """What heel, ankle and toe of each foot have to say about foot-off, (2, 3): of a foot that lands on its toes the toe alone.

    The heel of such a foot is up long before it leaves.
    """
    says = np.ones((2, 3))
    drop = toes_drop(motion, turns, _default(motion, turns))
    for side in range(2):
        known = drop[(turns.side == side) & np.isfinite(drop)]
        if len(known):
            says[side, :2] = np.maximum(1 - _toes_share(np.median(known)), LEAST_SAY)
    return says


def _first_crossing(window: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sample (N,) after which each window (N, W) first falls through 0, how far into that sample, and how steeply; or NaN."""
    crossing = (window[:, :-1] > 0) & (window[:, 1:] <= 0)
    at = crossing.argmax(axis=1)
    n = np.arange(len(window))
    fall = np.where(crossing[n, at], window[n, at] - window[n, at + 1], np.nan)
    return at, window[n, at] / fall, fall


def impact(motion: FootMotion, turns: Turns, around: np.ndarray | None = None, *, drop: np.ndarray | None = None) -> Moments:
    """Impact rule: landing where the heel is stopped, that is, where it accelerates upwards most.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns
    around : (N,) columns, optional
        Where to look, +-50 ms; default 35 ms after each turn.
    drop : (N,) leg lengths, optional
        `toes_drop` there, when already known.

    Returns
    -------
    Moments
        Nothing about foot-off.

    Notes
    -----
    Where the foot lands on its toes (`toes_drop`) they are what is stopped. An impact that hardly stands out from the slowing down
    before it is a doubtful one. Deviations from the cited rule: the toes; sub-frame by a parabola, not by the zero of the next
    derivative.

    References
    ----------
    Hreljac A, Marshall RN. Algorithms to determine event timing during normal walking using kinematic data. J Biomech
    2000;33:783-786. doi:10.1016/S0021-9290(00)00014-2
    """
    around = _default(motion, turns) if around is None else around
    known = turns.contact & np.isfinite(around)
    drop = toes_drop(motion, turns, around) if drop is None else drop
    point = np.where(drop < TOES_FIRST_LL, 2, 0)
    known &= motion.seen[turns.side, point]
    rows = motion.up_acceleration.reshape(6, -1)
    window, inside, first = gather(rows, 3 * turns.side + point, np.where(known, around, 0), span(motion.fps, NEAR_S, NEAR_S))
    at, height = highest_peak(window, inside & known[:, None])
    before = np.where(inside & (np.arange(window.shape[1]) < at[:, None]), window, np.inf).min(axis=1)
    noise = quiet_noise(motion, turns, around, motion.up_acceleration[:, 0])
    if point.any():
        noise = np.where(point == 0, noise, quiet_noise(motion, turns, around, motion.up_acceleration[:, 2]))
    clear = np.maximum(height - BEFORE * np.maximum(before, 0.0), 1e-9)
    return Moments(first + at, np.sqrt(IMPACT_S**2 + (PEAK_S * noise / clear) ** 2 + (PEAK_S * (SOFT / clear) ** 2) ** 2))


def oconnor(motion: FootMotion, turns: Turns, around: np.ndarray | None = None, *, drop: np.ndarray | None = None) -> Moments:
    """Foot velocity rule: landing where the middle of the foot sinks fastest, foot-off where it rises fastest.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns
    around : (N,) columns, optional
        Where to look, +-50 ms; default 35 ms after each turn, which stands for the cited window in which the heel is low.
    drop : (N,) leg lengths, optional
        `toes_drop` there, when already known.

    Returns
    -------
    Moments

    Notes
    -----
    A foot that lands on its toes sinks fastest long before: of that the rule says nothing, and of a flat landing little. Deviations
    from the cited rule: the window; the ankle is the middle of a foot without heel or toe; sub-frame by a parabola.

    References
    ----------
    O'Connor CM, Thorpe SK, O'Malley MJ, Vaughan CL. Automatic detection of gait events using kinematic data. Gait Posture
    2007;25:469-474. doi:10.1016/j.gaitpost.2006.05.016
    """
    around = _default(motion, turns) if around is None else around
    drop = toes_drop(motion, turns, around) if drop is None else drop
    known = np.isfinite(around) & (drop >= TOES_FIRST_LL)
    feet = motion.seen[:, 0] & motion.seen[:, 2]
    middle = np.where(feet[:, None], 0.5 * (motion.up_speed[:, 0] + motion.up_speed[:, 2]), motion.up_speed[:, 1])
    window, inside, first = gather(middle, turns.side, np.where(known, around, 0), span(motion.fps, NEAR_S, NEAR_S))
    at, height = highest_peak(window * -_sign(turns.contact), inside & known[:, None])
    noise = quiet_noise(motion, turns, around, middle)
    own = (
        np.where(turns.contact, OCONNOR_CONTACT_S, OCONNOR_OFF_S)
        * np.maximum(PLAINLY_LL / np.maximum(drop, TOES_FIRST_LL), 1.0) ** 2
    )
    return Moments(first + at, np.hypot(own, PEAK_S * noise / np.maximum(height, 1e-9)))


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
