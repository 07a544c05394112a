"""How the feet move in the image of a camera in front or behind, and when one takes over from the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.gait.extrema import alternating_peaks, gather
from skelgait.gait.foot_motion import CUTOFF_HZ, GROUND_S, Spectrum, box_sums, foot_points, seen_range
from skelgait.signals.clean import cadence_from
from skelgait.signals.travel import Bout, body_size

BUSY_S = 0.12  # how busy a foot is: its mean speed over +- this
AROUND_S = 0.75  # a foot, and the difference between the feet, is judged against what is usual within +- this
SLOW_S = 1.2  # both are stretched for strides longer than this
LEAST_USUAL = 0.2  # what is usual is never less than this share of its own median
SINE = 2 * np.sqrt(2)  # from top to bottom of a sine wave whose root mean square is 1
PROMINENCE_SHARE, APART_S, APART_STRIDES = 0.3, 0.3, 0.6  # two swings of a foot are never closer, and not by this share of a stride
AWAY_STEPS = 0.22  # going away, heels and ankles are busiest just after leaving: with them the change looks this early
TOELESS_STEPS = 0.3  # and this early without toes
SEEN_STEPS = 0.1  # so much must be seen after a change


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
    up_acceleration : (2, 3, T)
        Its change, body sizes / s^2.
    sure : (2, 3, T), 0..1
        Confidence; 0 where a point was not seen.
    """

    fps: float
    start: int
    direction: int
    speed: np.ndarray
    up_speed: np.ndarray
    up_acceleration: np.ndarray
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
    spectrum = Spectrum(rows[:, :6].reshape(12, -1), pose.fps)
    moved = spectrum.part(CUTOFF_HZ, 1).reshape(2, 2, 3, -1) / size
    pushed = spectrum.part(CUTOFF_HZ, 2)[6:].reshape(2, 3, -1) / size
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
        up_acceleration=-pushed,
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
    How busy each foot is, as a share of what is usual for that foot (a stiff leg moves its foot half as much as the other one),
    goes up and down once a stride, and so does the difference of the two. Towards the camera the toes are taken, which are still
    from landing to leaving; away from it, and without toes, the whole foot. The beat of one foot against the other gives the
    stride; for strides longer than 1.2 s everything is looked at over as much longer. A change after which less than a tenth of a
    step is seen is left out. Deviation from the published frontal rule (peaks of the vertical distance between the ankles): that
    distance peaks 150 ms after the contact when the person comes nearer and has a plateau when they go away, so it does not even
    count well.

    References
    ----------
    Stenum J, Hsu MM, Pantelyat AY, Roemmich RT. Clinical gait analysis using video-based pose estimation. PLOS Digit Health
    2024;3:e0000467. doi:10.1371/journal.pdig.0000467
    """
    seen = motion.sure.max(axis=2) > 0
    toes = bool(seen[:, 2].all())
    points = seen * np.array([0.0, 0.0, 1.0]) if toes and motion.direction > 0 else seen.astype(float)
    busy = np.einsum("sp,spt->st", shares(points), motion.speed)
    half = max(1, round(BUSY_S * motion.fps))
    stride_s = _stride(box_sums(box_sums(busy, half), half), motion.fps)
    half, about = (max(1, round(s * max(stride_s / SLOW_S, 1.0) * motion.fps)) for s in (BUSY_S, AROUND_S))
    busy = box_sums(box_sums(busy, half), half)
    lead = np.subtract(*(busy / _usual(busy, about)))
    lead = lead / _usual(lead[None], about)[0]
    apart = int(max(APART_S, APART_STRIDES * stride_s) * motion.fps)
    _, at, left, prominence = alternating_peaks(lead[None], np.array([PROMINENCE_SHARE * SINE]), apart)
    if len(at) < 2 or not seen.any(axis=1).all():
        return Changes(np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0))
    step = np.diff(at).astype(float)
    # where the lead changes between two swings
    window, inside, first = gather(lead[None], np.zeros(len(step), int), at[:-1], np.arange(int(step.max(initial=2)) + 1))
    window = window * np.where(left[:-1], 1.0, -1.0)[:, None]
    column, crossed = first_fall(window, inside)
    column = column + first
    good = crossed & (column <= at[1:])
    if motion.direction < 0:
        column = column + step * (AWAY_STEPS if toes else TOELESS_STEPS)
    good &= column <= len(lead) - 1 - SEEN_STEPS * step
    share = np.minimum(np.minimum(prominence[:-1], prominence[1:]) / SINE, 1.0)
    if len(at) > 2:  # the middles of two swings of unlike feet may lie together
        step = np.maximum(step, np.median(at[2:] - at[:-2]) / 2)
    return Changes(np.where(left[:-1], 0, 1)[good], column[good], step[good], share[good])


def _stride(busy: np.ndarray, fps: float) -> float:
    """Seconds a stride takes, from the beat of one foot against the other (2, T); 0 where there is none."""
    lead = busy[0] - busy[1]
    cadence = cadence_from(np.stack([lead, np.zeros_like(lead)]), fps)
    return 120 / cadence if cadence > 0 else 0.0


def shares(weight: np.ndarray) -> np.ndarray:
    """Rows that sum to 1, (R, P); rows of zeros stay."""
    return weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)


def _usual(rows: np.ndarray, half: int) -> np.ndarray:
    """Root mean square over +- ``half`` columns, never less than a share of its own median: (R, T)."""
    size = np.sqrt(box_sums(rows**2, half) / box_sums(np.ones(rows.shape[1]), half))
    return np.maximum(size, LEAST_USUAL * np.median(size, axis=1, keepdims=True) + 1e-12)


def first_fall(window: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each window (N, W) first falls through 0, (N,), and whether it does."""
    falls = (window[:, :-1] > 0) & (window[:, 1:] <= 0) & inside[:, :-1] & inside[:, 1:]
    at, n, found = falls.argmax(axis=1), np.arange(len(window)), falls.any(axis=1)
    return at + window[n, at] / np.where(found, window[n, at] - window[n, at + 1], 1.0), found
