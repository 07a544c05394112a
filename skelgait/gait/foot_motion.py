"""How the feet move over the ground: the signals that foot contacts are read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from skelgait.core.errors import MissingKeypoint
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES, Skeleton
from skelgait.signals.filters import bridge_rows
from skelgait.signals.level import roll_of, turn_back
from skelgait.signals.travel import Bout, leg_length_px
from skelgait.signals.windows import box_sums, windows

POINTS = ("heel", "ankle", "toe")
CUTOFF_HZ = 8.0  # of speeds and accelerations
COUNT_HZ = 5.0  # of the foot's place before or behind the hips, which goes forth and back once a stride
MARGIN_S = 0.5  # a bout is filtered together with this much of what lies beside it
GROUND_S, PACE_S = 0.35, 0.5  # speeds of the ground and of the person are means over +- this
SEEN = 0.2  # a point below this confidence is not there
FILLED = 0.3  # what an interpolated point is worth


@dataclass(frozen=True, eq=False)
class FootMotion:
    """The movement of both feet during one bout seen from the side.

    First axis: left, right; second: heel, ankle, toe; last: columns, the frames of the bout and a margin.

    Parameters
    ----------
    fps : float
    start : int
        Frame of the recording that column 0 is.
    ahead : (2, T) leg lengths
        How far the foot is in front of the hips.
    place : (2, 3, T) leg lengths
        The same for each point.
    speed : (2, 3, T) walking speeds
        Forward speed over the ground: 0 on the ground, 1 as fast as the person walks.
    up_speed, up_acceleration : (2, 3, T) leg lengths / s, / s^2
        Of each point, up positive.
    sure : (2, 3, T), 0..1
        Confidence of each point; 0 where it was not seen.
    """

    fps: float
    start: int
    ahead: np.ndarray
    place: np.ndarray
    speed: np.ndarray
    up_speed: np.ndarray
    up_acceleration: np.ndarray
    sure: np.ndarray

    @property
    def n_columns(self) -> int:
        """Number of columns T."""
        return self.ahead.shape[1]

    @cached_property
    def seen(self) -> np.ndarray:
        """Whether each point was ever seen, (2, 3) bool."""
        return self.sure.max(axis=2) > 0

    @cached_property
    def mostly_seen(self) -> np.ndarray:
        """Whether heel and toe of each foot were seen in more than half of the columns, (2,) bool."""
        return np.count_nonzero(self.sure[:, [0, 2]] > 0, axis=2).min(axis=1) > 0.5 * self.n_columns

    @cached_property
    def risen(self) -> np.ndarray:
        """How far each point has risen since the first column, (2, 3, T) leg lengths."""
        return np.cumsum(self.up_speed, axis=2) / self.fps


class Spectrum:
    """Rows of signals, ready to be smoothed and differentiated in one step.

    Parameters
    ----------
    rows : (C, T)
        Signals in rows, no NaN.
    fps : float, frames per second

    Notes
    -----
    In the frequency domain, after continuing the rows by their point reflection: differentiation is exact up to the Nyquist
    frequency, so the result is the same function of time at 25 and at 150 fps, which differences of neighbouring frames are not.

    Examples
    --------
    >>> t = np.arange(120) / 60
    >>> slope = Spectrum(np.sin(2 * np.pi * t)[None], 60).part(8.0, 1)[0]
    >>> bool(np.abs(slope - 2 * np.pi * np.cos(2 * np.pi * t))[10:-10].max() < 0.1)
    True
    """

    def __init__(self, rows: np.ndarray, fps: float) -> None:
        from scipy.fft import next_fast_len

        channels, frames = rows.shape
        pad = min(frames - 1, max(2, round(MARGIN_S * fps)))
        n = next_fast_len(frames + 2 * pad, True)
        long = np.empty((channels, n))
        long[:, pad : pad + frames] = rows
        long[:, :pad] = 2 * rows[:, :1] - rows[:, pad:0:-1]
        long[:, pad + frames : frames + 2 * pad] = 2 * rows[:, -1:] - rows[:, -2 : -pad - 2 : -1]
        long[:, frames + 2 * pad :] = long[:, frames + 2 * pad - 1 : frames + 2 * pad]
        # less the straight line between its ends the signal closes on itself
        self.first, self.slope = long[:, :1].copy(), (long[:, -1:] - long[:, :1]) / (n - 1)
        long -= self.first + self.slope * np.arange(n)
        self.spectrum = np.fft.rfft(long, axis=1)
        self.n, self.pad, self.frames, self.fps = n, pad, frames, fps

    def part(self, cutoff_hz: float, order: int, rows: slice = slice(None)) -> np.ndarray:
        """Some of the signals below ``cutoff_hz`` (Gaussian, 3 dB lost there), differentiated ``order`` times: (C, T)."""
        hz = np.arange(self.n // 2 + 1) * (self.fps / self.n)
        response = np.exp(-0.5 * np.log(2) * (hz / cutoff_hz) ** 2) * (2 * np.pi * hz) ** order * (1, 1j, -1, -1j)[order % 4]
        if self.n % 2 == 0 and order % 2:
            response[-1] = 0
        inside = slice(self.pad, self.pad + self.frames)
        out = np.fft.irfft(self.spectrum[rows] * response, self.n, axis=1)[:, inside]
        if order == 0:
            out += self.first[rows] + self.slope[rows] * np.arange(self.n)[inside]
        elif order == 1:
            out += self.slope[rows] * self.fps
        return out


def foot_motion(pose: PoseSequence, bout: Bout, *, leg_px: float | None = None) -> FootMotion:
    """The movement of the feet over the ground during a bout seen from the side.

    Parameters
    ----------
    pose : PoseSequence
        Evenly timed, raw or clean.
    bout : Bout
        A sagittal one.
    leg_px : float, pixels, optional
        Leg length, when already known.

    Returns
    -------
    FootMotion

    Raises
    ------
    MissingKeypoint
        The layout has no hips or no ankles.

    Notes
    -----
    The ground is what the standing foot stands on, so a camera at rest, one that pans and a treadmill are one case: its speed in
    the image is the mean speed, over +-0.35 s, of those foot points that go backwards relative to the hips about as fast as
    anything does. Gaps are crossed by straight lines; ``sure`` remembers them. A point seen in less than a quarter of the bout
    is left out.
    """
    fps = pose.fps
    first, last = seen_range(pose, bout)
    leg_px = leg_length_px(pose) if leg_px is None else leg_px
    rows, sure = foot_points(pose, slice(first, last))
    rows[0] *= bout.direction / leg_px
    rows[1] /= -leg_px
    usable = sure.mean(axis=1) > 0.25 * np.maximum(sure.max(axis=1), SEEN)
    shape = (2, 3, last - first)
    seen = ((sure[:6] > 0) & usable[:6, None]).reshape(shape)
    weight = usable[:6].reshape(2, 3).astype(float)
    centre = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1)
    hips = np.flatnonzero(usable[6:]) if usable[6:].any() else np.arange(2)
    # forward movement of the feet and of the hips, and up movement of the feet
    signals = Spectrum(np.concatenate([rows[0, :6], rows[0, 6:][hips].mean(axis=0, keepdims=True), rows[1, :6]]), fps)
    place, speed = signals.part(COUNT_HZ, 0, slice(7)), signals.part(CUTOFF_HZ, 1)
    place, feet = (place[:6] - place[6]).reshape(shape), speed[:6].reshape(shape)
    ground, pace = ground_speed(feet, speed[6], centre, seen, fps)
    return FootMotion(
        fps=fps,
        start=first,
        ahead=np.einsum("sp,spt->st", centre, place),
        place=place,
        speed=(feet - ground) / pace,
        up_speed=speed[7:].reshape(shape),
        up_acceleration=signals.part(CUTOFF_HZ, 2, slice(7, None)).reshape(shape),
        sure=np.where(seen, sure[:6].reshape(shape), 0.0),
    )


def seen_range(pose: PoseSequence, bout: Bout) -> tuple[int, int]:
    """Frames of the bout and its margin, as far as the hips are seen: half-open, empty when they are not."""
    if not pose.has("left_hip", "right_hip", "left_ankle", "right_ankle"):
        raise MissingKeypoint(
            "foot contacts need both hips and both ankles",
            found=f"layout {pose.skeleton.name}: {', '.join(pose.skeleton.names[:40])}",
            do="use a whole-body layout, best one with feet",
        )
    margin = round(MARGIN_S * pose.fps)
    first, last = max(0, bout.start - margin), min(pose.n_frames, bout.stop + margin)
    hips = pose.skeleton.index("left_hip"), pose.skeleton.index("right_hip")
    seen = np.flatnonzero(np.isfinite(pose.xy[first:last, hips, 0]).any(axis=1))
    return (first + int(seen[0]), first + int(seen[-1]) + 1) if len(seen) else (first, first)


def foot_points(pose: PoseSequence, frames: slice) -> tuple[np.ndarray, np.ndarray]:
    """The points that tell about the feet, without gaps.

    Parameters
    ----------
    pose : PoseSequence
    frames : slice

    Returns
    -------
    xy : (2, 8, T) pixels
        x and y, as a level camera would have seen them; left heel, ankle, toe, right heel, ankle, toe, left and right hip. Gaps are
        crossed by straight lines.
    sure : (8, T), 0..1
        Confidence; 0 where a point was not seen.
    """
    at = _places(pose.skeleton)
    sure = pose.confidence[frames][:, at].T.copy()
    filled = pose.filled[frames][:, at].T
    sure[filled] = np.maximum(sure[filled], FILLED)
    xy = np.ascontiguousarray(pose.xy[frames][:, at].transpose(2, 1, 0))
    sure[(sure < SEEN) | (at < 0)[:, None] | np.isnan(xy[0])] = 0.0
    if roll := roll_of(pose):
        xy = np.stack(turn_back(xy[0], xy[1], roll))
    missing = sure == 0
    if missing.any():
        xy[:, missing] = np.nan
        xy = bridge_rows(xy.reshape(16, -1)).reshape(xy.shape)
    return xy, sure


@lru_cache(maxsize=64)
def _places(skeleton: Skeleton) -> np.ndarray:
    """Index of the points of `foot_points`, (8,); -1 where the layout lacks one."""
    names = [f"{side}_{point}" for side in SIDES for point in POINTS] + ["left_hip", "right_hip"]
    return np.array([(skeleton.sources(name) or (-1,))[0] for name in names])


def ground_speed(
    feet: np.ndarray, hip: np.ndarray, centre: np.ndarray, seen: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Speed of the ground in the image, and of the person over the ground.

    Parameters
    ----------
    feet : (2, 3, T) leg lengths / s
        Forward speed of the foot points in the image.
    hip : (T,) leg lengths / s
        Of the hips.
    centre : (2, 3)
        Weights of the points in the middle of each foot.
    seen : (2, 3, T) bool
    fps : float

    Returns
    -------
    ground, pace : (T,), (T,) leg lengths / s
    """
    relative = feet - hip
    swing = np.einsum("sp,spt->st", centre, relative)
    back = swing[(swing < 0) & seen.any(axis=1)]
    usual = -float(np.partition(back, back.size // 2)[back.size // 2]) if back.size else np.nan
    standing = seen & (relative < -0.6 * usual)
    half = max(1, round(GROUND_S * fps))
    ground = hip - usual
    counted = np.empty((2, len(hip)))
    for within in (0.3, 0.15, 0.0):  # ever closer to the speed most standing points share
        np.sum(standing, axis=(0, 1), out=counted[0])
        np.sum(feet, axis=(0, 1), out=counted[1], where=standing)
        count, total = box_sums(counted, half)
        known = count > 0
        if not known.any():
            break
        at = np.flatnonzero(known)
        ground = total / count if len(at) == len(known) else np.interp(np.arange(len(hip)), at, total[at] / count[at])
        if within:
            standing &= np.abs(feet - ground) < within * usual
    half = max(1, round(PACE_S * fps))
    pace = box_sums(hip - ground, half) / np.subtract(*windows(len(hip), half)[::-1])
    return ground, np.maximum(pace, 0.3 * usual)
