"""When the feet land and leave, seen from the front or from behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.gait.detectors import Moments
from skelgait.gait.extrema import alternating_peaks, gather, highest_peak, span
from skelgait.gait.foot_motion import CUTOFF_HZ, GROUND_S, Spectrum, box_sums, foot_points, seen_range
from skelgait.signals.travel import Bout, body_size

BUSY_S = 0.12  # how busy a foot is: its mean speed over +- this
AROUND_S = 0.75  # the difference between the feet is judged against what is usual within +- this
SINE = 2 * np.sqrt(2)  # from top to bottom of a sine wave whose root mean square is 1
PROMINENCE_SHARE, APART_S = 0.3, 0.3
STILL = np.array([0.15, 0.22])  # of its fastest: heel and ankle are slower than this once the foot has landed
CONTACT_STEPS, OFF_STEPS = (-0.35, 0.2), (-0.2, 0.4)  # where to look round the change of feet, in steps
TOELESS_STEPS = 0.3  # going away, ankles and heels are busiest just after leaving: without toes the change looks this early
TOGETHER_S = 0.06  # two signs of a contact closer than this mean the same one


@dataclass(frozen=True, eq=False)
class ImageMotion:
    """The movement of both feet over the ground as the image shows it, in body sizes (leg lengths there and then) a second.

    Parameters
    ----------
    fps : float
    start : int
        Frame of the recording that column 0 is.
    direction : int
        +1 towards the camera, -1 away.
    speed : (2, 3, T)
        Left and right; heel, ankle, toe; any direction.
    up_speed : (2, 3, T)
        Upwards in the image.
    sure : (2, 3, T), 0..1
        Confidence; 0 where a point was not seen.
    """

    fps: float
    start: int
    direction: int
    speed: np.ndarray
    up_speed: np.ndarray
    sure: np.ndarray


@dataclass(frozen=True, eq=False)
class Changes:
    """Changes from one swinging foot to the other, in the middle of double support.

    Parameters
    ----------
    lands : (M,) int
        The foot that lands, 0 left, 1 right; the other one leaves.
    column : (M,) float
        Column of the `ImageMotion`.
    step : (M,) float, columns
        From the middle of one swing to the middle of the other.
    prominence : (M,), 0..1
        How clearly the feet changed, as a share of what is usual.
    """

    lands: np.ndarray
    column: np.ndarray
    step: np.ndarray
    prominence: np.ndarray


def image_motion(pose: PoseSequence, bout: Bout, *, size_px: np.ndarray | None = None) -> ImageMotion:
    """The movement of the feet in the image during a bout towards or away from the camera.

    Parameters
    ----------
    pose : PoseSequence
        Evenly timed, raw or clean.
    bout : Bout
        A frontal one.
    size_px : (T,) pixels, optional
        `body_size` of the whole pose, when already known.

    Returns
    -------
    ImageMotion

    Notes
    -----
    A standing foot keeps its place in the image of a camera at rest. On a treadmill or before a moving camera it has the
    ground's speed, which is taken from the slower foot, over +-0.35 s, and subtracted. Dividing by the body's size takes most of
    the growth of a person who comes nearer away.
    """
    first, last = seen_range(pose, bout)
    size_px = body_size(pose) if size_px is None else size_px
    rows, sure = foot_points(pose, slice(first, last))
    usable = sure.mean(axis=1) > 0.25 * np.maximum(sure.max(axis=1), 0.2)
    size = np.maximum(size_px[first:last], 0.2 * np.nanmedian(size_px[first:last]))
    moved = Spectrum(rows[:, :6].reshape(12, -1), pose.fps).part(CUTOFF_HZ, 1).reshape(2, 2, 3, -1) / size
    seen = usable[:6].reshape(2, 3).astype(float)
    centre = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    foot = np.einsum("sp,cspt->cst", centre, moved)
    half = max(1, round(GROUND_S * pose.fps))
    ground = np.zeros((2, last - first))
    for _ in range(3):
        away = (foot - ground[:, None]) ** 2
        slower = away[:, 0].sum(axis=0) <= away[:, 1].sum(axis=0)
        ground = box_sums(np.where(slower, foot[:, 0], foot[:, 1]), half) / box_sums(np.ones(last - first), half)
    moved = moved - ground[:, None, None]
    return ImageMotion(
        fps=pose.fps,
        start=first,
        direction=bout.direction,
        speed=np.sqrt(moved[0] ** 2 + moved[1] ** 2),
        up_speed=-moved[1],
        sure=np.where(usable[:6, None], sure[:6], 0.0).reshape(2, 3, -1),
    )


def find_changes(motion: ImageMotion) -> Changes:
    """Count the steps: now one foot moves, now the other.

    Parameters
    ----------
    motion : ImageMotion

    Returns
    -------
    Changes
        By time.

    Notes
    -----
    The difference between the feet's mean speeds goes up and down once a stride. Toes are still from landing to leaving; where
    they are not seen the rest of the foot is used. Deviation from the published frontal rule (peaks of the vertical distance
    between the ankles): that distance peaks 150 ms after the contact when the person comes nearer and has a plateau when they
    go away, so it does not even count well.

    References
    ----------
    Stenum J, Hsu MM, Pantelyat AY, Roemmich RT. Clinical gait analysis using video-based pose estimation. PLOS Digit Health
    2024;3:e0000467. doi:10.1371/journal.pdig.0000467
    """
    seen = motion.sure.max(axis=2) > 0
    toes = bool(seen[:, 2].all())
    points = seen * np.array([0.0, 0.0, 1.0]) if toes else seen.astype(float)
    busy = np.einsum("sp,spt->st", _shares(points), motion.speed)
    half = max(1, round(BUSY_S * motion.fps))
    busy = box_sums(box_sums(busy, half), half) / (2 * half + 1) ** 2
    lead = busy[0] - busy[1]
    about = max(1, round(AROUND_S * motion.fps))
    power = box_sums(lead**2, about) / box_sums(np.ones_like(lead), about)
    lead = lead / np.sqrt(np.maximum(power, 0.05 * np.sort(power)[len(power) // 2] + 1e-12))
    at, left, prominence = alternating_peaks(lead, PROMINENCE_SHARE * SINE, int(APART_S * motion.fps))
    if len(at) < 2 or not seen.any(axis=1).all():
        return Changes(np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0))
    step = np.diff(at).astype(float)
    # where the lead changes between two swings
    window, inside, first = gather(lead[None], np.zeros(len(step), int), at[:-1], np.arange(int(step.max(initial=2)) + 1))
    window = window * np.where(left[:-1], 1.0, -1.0)[:, None]
    change = (window[:, :-1] > 0) & (window[:, 1:] <= 0) & inside[:, 1:]
    k = change.argmax(axis=1)
    n = np.arange(len(step))
    column = first + k + window[n, k] / np.where(change[n, k], window[n, k] - window[n, k + 1], 1.0)
    good = change.any(axis=1) & (column <= at[1:])
    if motion.direction < 0 and not toes:
        column = column + TOELESS_STEPS * step
    share = np.minimum(np.minimum(prominence[:-1], prominence[1:]) / SINE, 1.0)
    return Changes(np.where(left[:-1], 0, 1)[good], column[good], step[good], share[good])


def frontal(motion: ImageMotion, changes: Changes) -> tuple[Moments, Moments]:
    """Frontal rule: the foot that lands slaps its toe down and stops moving in the image; the foot that leaves goes up fastest.

    Parameters
    ----------
    motion : ImageMotion
    changes : Changes

    Returns
    -------
    contact, foot_off : Moments, Moments
        Of the foot that lands and of the other, one for each change.

    Notes
    -----
    Contact is where the toe sinks fastest, from any distance and height of the camera and in both directions. Towards the
    camera the swinging foot also sweeps down the image until it lands, so the moment heel and ankle come to rest counts too; away
    from it, or without a toe, that moment is about 40 ms early. Foot-off is where toe (towards) or heel and ankle (away) go up
    fastest; it is experimental, no published method has it.

    References
    ----------
    Stenum J, Hsu MM, Pantelyat AY, Roemmich RT. Clinical gait analysis using video-based pose estimation. PLOS Digit Health
    2024;3:e0000467. doi:10.1371/journal.pdig.0000467
    """
    seen = (motion.sure.max(axis=2) > 0).astype(float)
    lands, leaves = changes.lands, 1 - changes.lands
    towards, toes = motion.direction > 0, seen[:, 2] > 0
    slap = np.where(toes[lands], _fastest(motion, changes, -motion.up_speed[:, 2], lands, CONTACT_STEPS), np.nan)
    rest = _rest(motion, changes, seen, slap)
    apart_s = np.abs(slap - rest) / motion.fps
    both = apart_s < TOGETHER_S if towards else np.zeros(len(lands), bool)
    contact = np.where(both, 0.4 * slap + 0.6 * rest, np.where(np.isfinite(slap), slap, rest))
    sd_s = np.where(both, 0.015 + 0.5 * np.where(both, apart_s, 0), np.where(np.isfinite(slap), 0.02, 0.02 if towards else 0.04))
    points = seen * np.array([0.0, 0.0, 1.0] if towards else [1.0, 1.0, 0.0])
    up, middle = (
        np.einsum("sp,spt->st", _shares(np.where(p.any(axis=1, keepdims=True), p, seen)), motion.up_speed) for p in (points, seen)
    )
    rise = _fastest(motion, changes, up, leaves, OFF_STEPS)
    foot_off = np.where(np.isfinite(rise), rise, _fastest(motion, changes, middle, leaves, OFF_STEPS))
    return Moments(contact, sd_s), Moments(foot_off, np.full(len(leaves), 0.03))


def _shares(weight: np.ndarray) -> np.ndarray:
    return weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)


def _rest(motion: ImageMotion, changes: Changes, seen: np.ndarray, near: np.ndarray) -> np.ndarray:
    """When heel and ankle of the landing foot slow down past their level: nearest to ``near``, else the last time."""
    ordered = np.sort(motion.speed[:, :2], axis=2)
    fastest = np.maximum(ordered[..., int(0.97 * (ordered.shape[2] - 1))], 1e-9)
    weight = _shares(seen[:, :2])
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


def _fastest(motion: ImageMotion, changes: Changes, rows: np.ndarray, side: np.ndarray, steps: tuple[float, float]) -> np.ndarray:
    """Highest peak of the side's row (2, T) within ``steps`` of each change."""
    window, inside, first = _round(motion, changes, rows, side, steps)
    at, height = highest_peak(window, inside)
    return np.where(height > 0, first + at, np.nan)


def _round(
    motion: ImageMotion, changes: Changes, rows: np.ndarray, side: np.ndarray, steps: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows as `gather` gives them, each as wide as its own step asks."""
    longest = changes.step.max(initial=1.0)
    offset = span(motion.fps, -steps[0] * longest / motion.fps, steps[1] * longest / motion.fps)
    window, inside, first = gather(rows, side, changes.column, offset)
    inside &= offset >= np.minimum(steps[0] * changes.step, -2)[:, None]
    inside &= offset <= np.maximum(steps[1] * changes.step, 2)[:, None]
    return window, inside, first
