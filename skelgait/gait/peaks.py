"""What is read off the angle curves of each stride: peaks, ranges, values at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import Strides

# A number is read off a window only when this share of its frames is known.
LEAST_KNOWN = 0.8
FEWEST_FRAMES = 2
# EVGS asks for the knee "just before" contact: this far into the stride.
JUST_BEFORE = 0.985


@dataclass(frozen=True, eq=False)
class Peak:
    """One number to read off one angle curve of a stride.

    Parameters
    ----------
    name : str
        Of the descriptor, without side and unit: ``knee_flexion_max_swing``.
    angle : str
        Column it is read from, without side: ``knee_flexion_deg``.
    window : str
        Part of the stride, one of `WINDOWS`.
    statistic : {"max", "min", "range", "mean", "middle", "at"}
        ``middle`` is the median, ``at`` the value at the instant the window starts.
    what : str
        The sentence for the documentation.
    plane : {"sagittal", "frontal"}
    sided : bool
        Whether each side has its own. A curve of the trunk or pelvis that has none is read over the strides of both.
    towards_side : bool
        The curve is positive to the subject's left; positive here is to the side of the stride.
    source : str
        Where the definition comes from.
    min_fps : float
        Frames a second it needs.
    min_cycles : int
        Strides it needs.
    """

    name: str
    angle: str
    window: str
    statistic: str
    what: str
    plane: str = "sagittal"
    sided: bool = True
    towards_side: bool = False
    source: str = "standard"
    min_fps: float = 20.0
    min_cycles: int = 1


# Parts of a stride, in words; `stride_windows` gives them in seconds.
WINDOWS: dict[str, str] = {
    "stride": "the whole stride",
    "stance": "stance (contact to foot-off)",
    "swing": "swing (foot-off to contact)",
    "loading": "the first half of the time from contact to the other foot's contact",
    "middle": "mid-stance (40-85 % of the time from contact to the other foot's contact: the middle of single support)",
    "bearing": "contact to the other foot's contact",
    "push_off": "push-off (the other foot's contact to the first third of swing)",
    "contact": "initial contact",
    "terminal": "the instant just before contact (98.5 % of the stride)",
}

STATISTICS = ("max", "min", "range", "mean", "middle", "at")

_EVGS = "EVGS (Read et al. 2003), item {}"
PEAKS: tuple[Peak, ...] = (
    Peak("hip_flexion_initial_contact", "hip_flexion_deg", "contact", "at", "hip flexion (thigh to trunk) at contact"),
    Peak("hip_flexion_max_swing", "hip_flexion_deg", "swing", "max", "greatest hip flexion in swing", source=_EVGS.format(13)),
    Peak("hip_flexion_min_stance", "hip_flexion_deg", "stance", "min", "least hip flexion in stance, extension negative",
         source=_EVGS.format(12)),
    Peak("hip_flexion_range", "hip_flexion_deg", "stride", "range", "range of hip flexion over the stride"),
    Peak("thigh_flexion_max_swing", "thigh_flexion_deg", "swing", "max", "greatest thigh-to-vertical angle in swing",
         source=_EVGS.format("13, hip to vertical")),
    Peak("thigh_flexion_min_stance", "thigh_flexion_deg", "stance", "min", "least thigh-to-vertical angle in stance",
         source=_EVGS.format("12, hip to vertical")),
    Peak("thigh_flexion_range", "thigh_flexion_deg", "stride", "range", "range of the thigh-to-vertical angle over the stride"),
    Peak("knee_flexion_initial_contact", "knee_flexion_deg", "contact", "at", "knee flexion at contact"),
    Peak("knee_flexion_max_loading", "knee_flexion_deg", "loading", "max", "greatest knee flexion while the leg takes the load"),
    Peak("knee_flexion_min_stance", "knee_flexion_deg", "stance", "min", "least knee flexion in stance, hyperextension negative",
         source=_EVGS.format(9)),
    Peak("knee_flexion_max_swing", "knee_flexion_deg", "swing", "max", "greatest knee flexion in swing", source=_EVGS.format(11)),
    Peak("knee_flexion_terminal_swing", "knee_flexion_deg", "terminal", "at", "knee flexion just before contact",
         source=_EVGS.format(10)),
    Peak("knee_flexion_range", "knee_flexion_deg", "stride", "range", "range of knee flexion over the stride"),
    Peak("shank_lean_mid_stance", "shank_lean_deg", "middle", "middle", "shank-to-vertical angle in mid-stance, knee in front +",
         source="shank-to-vertical angle of orthotics"),
    Peak("ankle_dorsiflexion_initial_contact", "ankle_dorsiflexion_deg", "contact", "at", "ankle dorsiflexion at contact"),
    Peak("ankle_dorsiflexion_max_stance", "ankle_dorsiflexion_deg", "stance", "max", "greatest dorsiflexion in stance",
         source=_EVGS.format(3)),
    Peak("ankle_dorsiflexion_min_push_off", "ankle_dorsiflexion_deg", "push_off", "min",
         "least dorsiflexion at push-off, plantarflexion negative"),
    Peak("ankle_dorsiflexion_max_swing", "ankle_dorsiflexion_deg", "swing", "max", "greatest dorsiflexion in swing",
         source=_EVGS.format(7)),
    Peak("ankle_dorsiflexion_range", "ankle_dorsiflexion_deg", "stride", "range", "range of dorsiflexion over the stride"),
    Peak("foot_pitch_initial_contact", "foot_pitch_deg", "contact", "at", "pitch of the heel-toe line at contact, toes up +",
         source=_EVGS.format(1), min_fps=50.0),
    Peak("foot_pitch_min_push_off", "foot_pitch_deg", "push_off", "min", "least pitch of the foot at push-off, toes down negative"),
    Peak("foot_pitch_range", "foot_pitch_deg", "stride", "range", "range of the pitch of the foot over the stride"),
    Peak("trunk_lean_mean", "trunk_lean_deg", "stride", "mean", "mean forward lean of the trunk", sided=False),
    Peak("trunk_lean_range", "trunk_lean_deg", "stride", "range", "range of the forward lean over a stride", sided=False),
    Peak("trunk_lean_max_stance", "trunk_lean_deg", "stance", "max", "greatest forward lean of the trunk in stance",
         source=_EVGS.format(16)),
    Peak("knee_valgus_mid_stance", "knee_valgus_deg", "bearing", "middle",
         "deviation of the knee from the hip-ankle line in mid-stance, in the image plane, valgus +", "frontal",
         source="hip-knee-ankle deviation; gates: knee extended, facing along the line of sight", min_cycles=2),
    Peak("hip_adduction_mid_stance", "hip_adduction_deg", "middle", "mean",
         "thigh to the perpendicular of the hip line in mid-stance, knee towards the other leg +", "frontal"),
    Peak("pelvis_up_mid_stance", "pelvis_left_up_deg", "middle", "mean",
         "obliquity of the hip line in mid-stance, the standing side up +", "frontal", towards_side=True, source=_EVGS.format(14)),
    Peak("pelvis_left_up_mean", "pelvis_left_up_deg", "stride", "mean", "mean obliquity of the hip line, left up +", "frontal",
         sided=False),
    Peak("pelvis_left_up_range", "pelvis_left_up_deg", "stride", "range", "range of the obliquity over a stride", "frontal",
         sided=False),
    Peak("trunk_lean_to_side_mid_stance", "trunk_left_lean_deg", "middle", "mean",
         "lateral lean of the trunk in mid-stance, over the standing leg +", "frontal", towards_side=True, source=_EVGS.format(17)),
    Peak("trunk_left_lean_mean", "trunk_left_lean_deg", "stride", "mean", "mean lateral lean of the trunk, to the left +",
         "frontal", sided=False),
    Peak("trunk_sway_range", "trunk_left_lean_deg", "stride", "range", "range of the lateral lean over a stride", "frontal",
         sided=False),
)  # fmt: skip


def stride_windows(strides: Strides) -> dict[str, np.ndarray]:
    """First and last moment of each part of each stride.

    Parameters
    ----------
    strides : Strides

    Returns
    -------
    dict of window name to first and last, (2, N) seconds
        NaN where an event it needs was not found.
    """
    return dict(zip(WINDOWS, _moments(strides), strict=True))


def _moments(strides: Strides) -> np.ndarray:
    """First and last moment of each window in the order of `WINDOWS`, (windows, 2, N) seconds."""
    start, stop, off, other = strides.start_s, strides.stop_s, strides.foot_off_s, strides.opposite_contact_s
    bearing = other - start
    out = np.empty((len(WINDOWS), 2, len(start)))
    for window, (first, last) in enumerate(
        (
            (start, stop),  # stride
            (start, off),  # stance
            (off, stop),  # swing
            (start, start + 0.5 * bearing),  # loading
            (start + 0.4 * bearing, start + 0.85 * bearing),  # middle
            (start, other),  # bearing
            (other, off + (stop - off) / 3),  # push_off
            (start, start),  # contact
            (start + JUST_BEFORE * (stop - start),) * 2,  # terminal
        )
    ):
        out[window, 0], out[window, 1] = first, last
    return out


def stride_peaks(
    angles: Mapping[str, np.ndarray], time_s: np.ndarray, strides: Strides, peaks: tuple[Peak, ...] = PEAKS
) -> np.ndarray:
    """Read the numbers of a table off the curves of each stride.

    Parameters
    ----------
    angles : mapping of name to (T,) degrees
    time_s : (T,) seconds, evenly spaced
    strides : Strides
    peaks : tuple of Peak

    Returns
    -------
    (N strides, number of peaks)
        Of the stride's own side. NaN where the curve or the window is missing, or less than 80 % of the window is known
        (for a gated curve, `middle` of `bearing`: fewer than 2 frames).

    Notes
    -----
    Extremes are those of the frames in the window; values at an instant are interpolated.
    """
    frames = len(time_s)
    out = np.full((len(strides), len(peaks)), np.nan)
    plan = _plan(peaks, tuple(angles))
    if not len(strides) or not plan.names:
        return out
    curves = _side_by_side(angles, plan.names, frames)
    right = strides.side == "right"
    offset = np.where(right, frames + 1, 0)
    fps = (frames - 1) / (time_s[-1] - time_s[0]) if frames > 1 else 1.0
    moments = (_moments(strides) - time_s[0]) * fps
    inside = (moments[:, 0] >= -0.5) & (moments[:, 1] <= frames - 0.5)  # False for NaN, too
    first, last = np.where(inside[:, None], moments, 0.0).swapaxes(0, 1)
    begin = np.minimum(np.maximum(np.ceil(first - 1e-6).astype(int), 0), frames - 1)
    end = np.minimum(np.maximum(np.floor(last + 1e-6).astype(int) + 1, begin + 1), frames)
    value, count = _read(curves, begin + offset, end + offset, first, frames, offset)

    curve, window = plan.curve, plan.window
    read = value[plan.statistic, curve, window]
    least = np.maximum(FEWEST_FRAMES, plan.least_known[:, None] * (end - begin)[window])
    read[~(inside[window] & (plan.instant[:, None] | (count[curve, window] >= least)))] = np.nan
    for i in plan.medians:
        known = np.isfinite(read[i])
        stretch = begin[window[i]] + offset, end[window[i]] + offset
        read[i, known] = _medians(curves[curve[i]], *stretch, count[curve[i], window[i]])[known]
    for i in plan.towards_side:
        read[i, right] *= -1
    out[:, plan.places] = read.T
    return out


class _Plan(NamedTuple):
    """What is read of which curve, (P,) each: rows of the table, statistics, curves and windows by their number."""

    names: tuple[str, ...]
    places: np.ndarray
    statistic: np.ndarray
    curve: np.ndarray
    window: np.ndarray
    instant: np.ndarray
    least_known: np.ndarray
    medians: list[int]
    towards_side: list[int]


@lru_cache(maxsize=64)
def _plan(peaks: tuple[Peak, ...], angles: tuple[str, ...]) -> _Plan:
    bare = {name.removeprefix("left_").removeprefix("right_") for name in angles}
    found = [(place, p) for place, p in enumerate(peaks) if p.angle in bare]
    names, windows = tuple(dict.fromkeys(p.angle for _, p in found)), list(WINDOWS)
    rows = [(i, STATISTICS.index(p.statistic), names.index(p.angle), windows.index(p.window)) for i, p in found]
    instant = np.array([p.statistic == "at" for _, p in found], bool)
    least_known = np.array([0.0 if p.window == "bearing" else LEAST_KNOWN for _, p in found])
    medians = [row for row, (_, p) in enumerate(found) if p.statistic == "middle"]
    towards_side = [row for row, (_, p) in enumerate(found) if p.towards_side]
    places, statistic, curve, window = np.array(rows, int).reshape(-1, 4).T
    return _Plan(names, places, statistic, curve, window, instant, least_known, medians, towards_side)


def _side_by_side(angles: Mapping[str, np.ndarray], names: tuple[str, ...], frames: int) -> np.ndarray:
    """Left curves, one NaN, right curves, one NaN, in rows: a stride of either side is a stretch of the same rows."""
    missing = np.full(frames, np.nan)
    curves = np.full((len(names), 2 * (frames + 1)), np.nan)
    for row, name in enumerate(names):
        for side, begin in zip(SIDES, (0, frames + 1), strict=True):
            curves[row, begin : begin + frames] = angles.get(f"{side}_{name}", angles.get(name, missing))
    return curves


def _read(
    curves: np.ndarray, begin: np.ndarray, end: np.ndarray, moment: np.ndarray, frames: int, offset: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each statistic of each stretch of each curve, NaN left out, (`STATISTICS`, C, windows, N); how many frames are known."""
    shape = (len(curves), *begin.shape)
    stretches = np.empty((*begin.shape, 2), int)
    stretches[..., 0], stretches[..., 1] = begin, end
    stretches = stretches.ravel()
    high, low = (extreme.reduceat(curves, stretches, axis=1)[:, ::2].reshape(shape) for extreme in (np.fmax, np.fmin))
    finite = np.isfinite(curves)
    known, total = np.zeros((2, len(curves), curves.shape[1] + 1))
    finite.cumsum(axis=1, out=known[:, 1:])
    np.where(finite, curves, 0.0).cumsum(axis=1, out=total[:, 1:])
    count = known[:, end] - known[:, begin]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total[:, end] - total[:, begin]) / count
    before = np.minimum(np.maximum(np.floor(moment).astype(int), 0), max(frames - 2, 0))
    share = np.minimum(np.maximum(moment - before, 0.0), 1.0)
    after = np.minimum(before + 1, frames)
    at = curves[:, before + offset] * (1 - share) + curves[:, after + offset] * share
    return np.array([high, low, high - low, mean, np.zeros(shape), at]), count


def _medians(curve: np.ndarray, begin: np.ndarray, end: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median of each stretch of one curve, NaN left out, (N,)."""
    at = begin[:, None] + np.arange(int((end - begin).max()))
    values = np.where(at < end[:, None], curve[np.minimum(at, len(curve) - 1)], np.nan)
    values = np.sort(values, axis=1)  # NaN goes last
    n = np.maximum(count.astype(int), 1)
    rows = np.arange(len(values))
    return 0.5 * (values[rows, (n - 1) // 2] + values[rows, n // 2])
