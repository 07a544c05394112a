"""From raw keypoints to a trace that can be measured: gate, repair, fill, smooth."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from skelgait.core.errors import PoseError
from skelgait.core.pose import PoseSequence, check_pose
from skelgait.signals.course import courses
from skelgait.signals.filters import low_pass_rows, outlier_rows
from skelgait.signals.gaps import fill_rows, spread_ranges
from skelgait.signals.resample import resample
from skelgait.signals.roll import tell_roll
from skelgait.signals.swaps import leg_pairs, name_legs
from skelgait.signals.windows import block_medians, quantile

SLOW_HZ, FAST_HZ = 6.0, 8.0  # cut-off for an unhurried adult, and for a child or anyone who steps fast
SLOW_SPM, FAST_SPM = 100.0, 140.0
UPRIGHT = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "hip", "ankle", "heel", "toe"))
COURSE_S = 0.2  # over this long on either side the course of a point is told from its samples
OUTLIER_LL = 0.15  # a sample closer than this (leg lengths) to where its neighbours point is never an outlier


def clean(
    pose: PoseSequence,
    *,
    min_confidence: float = 0.3,
    repair: bool = True,
    max_gap_ms: float = 120.0,
    cutoff_hz: float | None = None,
) -> PoseSequence:
    """Drop what is doubtful, put exchanged legs right, fill short gaps and smooth.

    Parameters
    ----------
    pose : PoseSequence
        Raw keypoints, any layout and view.
    min_confidence : float, 0..1
        Points below it count as missing.
    repair : bool
        Whether to put left and right leg back where the estimator exchanged them (`repair_swaps`).
    max_gap_ms : float, milliseconds
        Longest gap that is filled; longer ones stay NaN.
    cutoff_hz : float, Hz, optional
        Low-pass cut-off. Default: 6 Hz up to 100 steps/min, rising to 8 Hz from 140 steps/min on.

    Returns
    -------
    PoseSequence
        At an even frame rate. ``filled`` marks interpolated points, ``swapped`` repaired frames, ``steps`` says what was done;
        ``info`` holds ``cutoff_hz``, ``cadence_guess_spm`` (NaN when nobody seems to walk) and, where it can be told,
        ``roll_deg`` (see `camera_roll`).

    Raises
    ------
    PoseError
        A setting that cannot be right, or a cut-off of 4 Hz or less.

    Notes
    -----
    In this order: uneven frames are resampled to ``fps``; points below ``min_confidence`` go; exchanged legs are put right;
    points that jump away and back go (`outlier_rows`, both coordinates, at least 0.15 leg lengths); gaps up to ``max_gap_ms``
    are filled by PCHIP; every unbroken run is smoothed by a zero-lag 2nd-order Butterworth filter in both directions
    (`low_pass`). A filled point has half the confidence of the less sure of its neighbours, a point that stays missing none.

    Deviations from common practice: the cut-off follows the cadence without a step at 140 steps/min, as the harmonics of the knee
    curve do, and is at most 0.4 of the frame rate. 4 Hz, found in some tools, is refused: it takes 2 to 5 degrees off the knee's
    peak in children.

    References
    ----------
    Winter DA. Biomechanics and Motor Control of Human Movement, 4th ed., 2009, chapter 3. doi:10.1002/9780470549148
    Stenum J, Rossi C, Roemmich RT. Two-dimensional video-based analysis of human gait using pose estimation. PLoS Comput Biol
    2021;17:e1008935. doi:10.1371/journal.pcbi.1008935

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> rng = np.random.default_rng(0)
    >>> pose = PoseSequence(rng.normal(500, 2, (100, 17, 2)), fps=50, skeleton=COCO17)
    >>> smooth = clean(pose, cutoff_hz=6)
    >>> bool(smooth.xy.std() < 1.5), smooth.steps
    (True, ('clean(cutoff_hz=6)',))
    """
    check_pose(pose)
    _check(min_confidence, max_gap_ms, cutoff_hz)
    _keep_memory()
    if not pose.is_uniform:
        pose = resample(pose, max_gap_ms=max_gap_ms)
    fps = pose.fps
    rows = np.array(pose.xy.transpose(1, 2, 0), order="C")  # (K, 2, T): whole courses lie together; always a copy
    confidence = np.array(pose.confidence.T, order="C")
    filled = np.array(pose.filled.T, order="C")
    missing = confidence < max(min_confidence, 1e-9)
    if missing.any():
        np.copyto(rows, np.nan, where=missing[:, None])
    left, right = leg_pairs(pose.skeleton)
    swapped = pose.swapped
    notes: dict[str, object] = {}
    if repair and len(left):
        sure = np.minimum(confidence[left], confidence[right])
        exchanged, notes = name_legs(pose, rows[left], rows[right], sure)
        if exchanged.any():
            swapped = swapped ^ exchanged
            twin = np.arange(len(rows))
            twin[left], twin[right] = right, left
            at = np.flatnonzero(exchanged)
            for array in (rows, confidence, filled, missing):
                array[..., at] = array[..., at][twin]
    size = _leg(rows, pose, left)
    jumps = _jumps(rows, missing, fps, OUTLIER_LL * size)
    if jumps is not None:
        missing |= jumps
        np.copyto(rows, np.nan, where=jumps[:, None])
    if notes:  # an estimator that draws one leg for both also draws single points on the wrong one
        astray = _astray(rows, np.concatenate([left, right]), _cadence_guess(rows, pose, fps), fps, OUTLIER_LL * size)
        missing |= astray
        np.copyto(rows, np.nan, where=astray[:, None])
    if missing.any():
        confidence[missing] = 0.0
        row, start, stop = fill_rows(rows, missing, max_gap_frames(max_gap_ms, fps))
        if len(row):
            half = 0.5 * np.minimum(confidence[row, start - 1], confidence[row, stop])
            at, gap = spread_ranges(start, stop)
            each = row[gap], at
            filled[each] = True
            confidence[each] = half[gap]
    cadence = _cadence_guess(rows, pose, fps)
    cutoff = _cutoff(cadence, fps) if cutoff_hz is None else cutoff_hz
    points = np.empty(missing.shape, complex)  # x + iy: both coordinates are filtered in one go
    points.real, points.imag = rows[:, 0], rows[:, 1]
    points = low_pass_rows(points, fps, cutoff)
    info = {**pose.info, **notes, "cutoff_hz": cutoff, "cadence_guess_spm": cadence}
    roll = _roll(points, pose, size)
    if not math.isnan(roll):
        info["roll_deg"] = roll
    return pose.with_sound(
        xy=points.view(float).reshape(*points.shape, 2).swapaxes(0, 1),
        confidence=confidence.T,
        filled=filled.T,
        swapped=swapped,
        steps=(*pose.steps, f"clean(cutoff_hz={cutoff:.3g})"),
        info=info,
    )


@lru_cache(maxsize=1)
def _keep_memory() -> None:
    """Let the C library keep what large arrays leave behind, rather than give it back and take it again page by page.

    glibc keeps up to twice the size of the largest array that was ever freed, of up to 32 MB; this one is never touched. It spares
    walks of some thousand frames a sixth of their time, and does nothing elsewhere.
    """
    np.empty(31 << 20, np.uint8)


def _check(min_confidence: float, max_gap_ms: float, cutoff_hz: float | None) -> None:
    if not 0 <= min_confidence <= 1:
        raise PoseError("clean: min_confidence is a share", found=str(min_confidence), expected="0 to 1")
    if not (max_gap_ms >= 0 and math.isfinite(max_gap_ms)):
        raise PoseError("clean: max_gap_ms is not a time", found=str(max_gap_ms), expected="milliseconds, 0 or more")
    if cutoff_hz is not None and not cutoff_hz > 4:
        raise PoseError(
            "clean: a low-pass of 4 Hz or less flattens the knee curve of children",
            found=f"cutoff_hz={cutoff_hz}",
            expected="more than 4 Hz",
            do="leave cutoff_hz out (6 to 8 Hz by cadence), or give 6 or more",
        )


def max_gap_frames(max_gap_ms: float, fps: float) -> int:
    """Whole missing frames that fit into a gap of ``max_gap_ms``.

    Examples
    --------
    >>> max_gap_frames(120, 60), max_gap_frames(120, 25), max_gap_frames(120, 30)
    (7, 3, 3)
    """
    return int(max_gap_ms * fps / 1000 + 1e-6)


def _leg(rows: np.ndarray, pose: PoseSequence, left: np.ndarray) -> float:
    """A rough leg length in pixels, from hip to knee to ankle; the spread of the points where the layout has no legs."""
    places = [pose.skeleton.sources(f"{side}_{joint}") for side in ("left", "right") for joint in ("hip", "knee", "ankle")]
    best = 0.0
    if all(places):
        at = [p[0] for p in places]
        few = rows[at, :, :: max(1, rows.shape[2] // 200)]
        steps = few[[0, 1, 3, 4]] - few[[1, 2, 4, 5]]
        length = np.sqrt(steps[:, 0] ** 2 + steps[:, 1] ** 2)
        for leg in (length[0] + length[1], length[2] + length[3]):
            known = leg[~np.isnan(leg)]
            best = max(best, quantile(known) if known.size else 0.0)
    if best == 0.0:
        known = rows[:, 1][~np.isnan(rows[:, 1])]
        best = 0.5 * float(np.ptp(known)) if known.size else 0.0
    return best


def _jumps(rows: np.ndarray, missing: np.ndarray, fps: float, least: float) -> np.ndarray | None:
    """(K, T) points that stand out in either coordinate; None when none does."""
    out = outlier_rows(rows, fps, least=least, missing=missing)
    return out[:, 0] | out[:, 1] if out.any() else None


def _astray(rows: np.ndarray, points: np.ndarray, cadence_spm: float, fps: float, least: float) -> np.ndarray:
    """(K, T) points that are off their course by ``least`` or more, seen over a third of a step on either side."""
    reach_s = min(COURSE_S, 0.3 * 60 / cadence_spm) if cadence_spm > 0 else COURSE_S
    ours = rows[points]
    course = courses(ours.reshape(-1, ours.shape[2]), max(3, round(reach_s * fps)), 0.3 * least).reshape(ours.shape)
    out = np.zeros((len(rows), rows.shape[2]), bool)
    with np.errstate(invalid="ignore"):
        out[points] = ((ours - course) ** 2).sum(axis=1) > least**2
    return out


def _cutoff(cadence_spm: float, fps: float) -> float:
    share = 0.5 if math.isnan(cadence_spm) else min(max((cadence_spm - SLOW_SPM) / (FAST_SPM - SLOW_SPM), 0.0), 1.0)
    return round(min(SLOW_HZ + share * (FAST_HZ - SLOW_HZ), 0.4 * fps), 1)  # to 0.1 Hz: a cohort shares its filters


def _roll(points: np.ndarray, pose: PoseSequence, size: float) -> float:
    """`camera_roll` of smoothed points x + iy, (K, T)."""
    at = {name: pose.skeleton.sources(name) for name in UPRIGHT}
    return tell_roll({name: points[where[0]] for name, where in at.items() if where}, pose.plane, size, pose.fps)


@lru_cache(maxsize=16)
def _hann(n: int) -> np.ndarray:
    """Hann's window without its zeros at the ends, (n,)."""
    return np.hanning(n + 2)[1:-1]


def _cadence_guess(rows: np.ndarray, pose: PoseSequence, fps: float) -> float:
    """Steps a minute from the beat of one ankle against the other, good to about 5 %; NaN when there is none."""
    left, right = pose.skeleton.sources("left_ankle"), pose.skeleton.sources("right_ankle")
    if not (left and right):
        return math.nan
    return cadence_from(rows[left[0]] - rows[right[0]], fps)


def cadence_from(apart: np.ndarray, fps: float) -> float:
    """Steps a minute from the position of the left ankle relative to the right one.

    Parameters
    ----------
    apart : (2, T) pixels
        Left minus right; NaN where missing.
    fps : float, frames per second
        Frame rate.

    Returns
    -------
    float, steps a minute
        Twice the strongest frequency between 0.3 and 2 Hz of the first minute; NaN for less than a second and a half of walking,
        or no clear beat.

    Examples
    --------
    >>> t = np.arange(200) / 50
    >>> round(cadence_from(np.stack([80 * np.sin(2 * np.pi * t), 0 * t]), 50))
    120
    """
    block = max(1, round(0.05 * fps))
    beat = block_medians(apart[:, : int(60 * fps)], block)
    known = ~np.isnan(beat[0])
    rate = fps / block
    if known.sum() < 1.5 * rate:
        return math.nan
    at = np.arange(beat.shape[1])
    first, last = int(known.argmax()), len(known) - int(known[::-1].argmax())
    if not known.all():
        beat = np.stack([np.interp(at, at[known], b[known]) for b in beat])
    beat = beat[:, first:last]
    n = last - first
    beat = (beat - beat.mean(axis=1, keepdims=True)) * _hann(n)
    size = 1 << max(10, (n - 1).bit_length())
    power = (np.abs(np.fft.rfft(beat, size, axis=1)) ** 2).sum(axis=0)
    hz = np.arange(len(power)) * (rate / size)
    low, high = np.searchsorted(hz, (0.3, 2.0))
    total = power.sum()
    if high - low < 3 or total <= 0:
        return math.nan
    peak = low + int(power[low:high].argmax())
    width = max(1, round(2 * size / n))
    if power[max(peak - width, 0) : peak + width + 1].sum() < 0.3 * total or peak in (low, high - 1):
        return math.nan
    a, b, c = power[peak - 1 : peak + 2]
    offset = 0.0 if a - 2 * b + c == 0 else 0.5 * (a - c) / (a - 2 * b + c)
    return float(round(120 * (peak + offset) * rate / size, 1))
