"""What rules of gait patterns look at, measured on every stride of a side view; the rules come later, in `patterns`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.norms import CurveNorm
from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import stack_cycles
from skelgait.gait.evgs_foot import USUAL_FLAT_DEG, flat_zero
from skelgait.gait.evgs_items import PELVIC_TILT_DEG, weigh_strides
from skelgait.gait.geometry import body_points, pitch_deg, wrap_deg
from skelgait.gait.peaks import LEAST_KNOWN
from skelgait.gait.reference import OFF
from skelgait.gait.samples import PlaneCycles
from skelgait.tasks.patterns import PatternMeasure, band_edge, pattern_measures

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

PERCENT = np.arange(101)
CURVES = tuple(m for m in pattern_measures().values() if m.angle)
QUANTILES = {"median": 1 / 2, "upper third": 2 / 3, "lower tenth": 1 / 10}
# A foot said to be flat with its toe this much below its heel is believed to be tip-down instead: flat feet rest at -1 +- 2 in 22
# motion-captured walks and at -8 in a child seen by OpenPose, those of a walker who jumps (crouch 30, equinus 30) seem to at -15.
# One that does not land heel first (rises this much above its rest at contact) may never be flat, and is believed less.
LOWEST_FLAT_DEG, TOE_FIRST_LOWEST_DEG, HEEL_FIRST_DEG = -11.0, -4.0, 4.0
# Pitch of the line from ankle to toe of a flat foot, where no heel was ever seen: -15 +- 5 in 22 motion-captured walks, -21 in that
# child, -27 in the walker, and about +5 in the one recording that has no heel: it depends on where the two points were put.
USUAL_ANKLE_TOE_DEG = -15.0
# What the zero of a foot rests on, and the standard deviation that brings; the first is its own.
FEET = (
    ("", 0.0),
    ("this foot was never seen flat: its zero is the other foot's, or the usual one", 5.0),
    ("the heel was never seen: the line from ankle to toe stands for the foot, with its usual pitch", 10.0),
)


@dataclass(frozen=True, eq=False)
class CurveSamples:
    """What each stride of one side view says to the measures that are read from curves.

    Parameters
    ----------
    view : str
    side : (N,) str
    value : (N, C)
        In the order of `CURVES`; NaN where not measured.
    foot : (N,) int
        Which of `FEET` the zero of the foot rests on.
    near : (N,) bool
        The leg is the one nearer to the camera.
    weight : (N,)
        How well the leg was seen.
    """

    view: str
    side: np.ndarray
    value: np.ndarray
    foot: np.ndarray
    near: np.ndarray
    weight: np.ndarray


def sample_curves(measured: PlaneMeasurement, healthy: Mapping[str, CurveNorm]) -> CurveSamples:
    """Read every measure off every stride of a side view.

    Parameters
    ----------
    measured : PlaneMeasurement
        Sagittal.
    healthy : mapping of angle to CurveNorm
        For the measures that are taken against the healthy band.

    Returns
    -------
    CurveSamples
    """
    strides = PlaneCycles(measured).strides
    ankles, foot = foot_angles(measured)
    names, cycles = stack_cycles({**measured.angles, **ankles}, measured.pose.time_s, strides, points=len(PERCENT))
    off = strides.percent("foot_off")
    value = np.full((len(strides), len(CURVES)), np.nan)
    for column, m in enumerate(CURVES):
        value[:, column] = read_cycles(cycles[:, :, names.index(m.angle)], off, m, healthy[m.angle])
    row = (strides.side == "right").astype(int)
    first = np.searchsorted(measured.pose.time_s, strides.start_s - 1e-9).clip(0, measured.pose.n_frames - 1)
    near, weight = weigh_strides(measured, strides)
    return CurveSamples(measured.pose.view or measured.plane, strides.side, value, foot[row, first], near, weight)


def read_cycles(cycles: np.ndarray, off: np.ndarray, measure: PatternMeasure, healthy: CurveNorm) -> np.ndarray:
    """Read one measure off the cycles of its angle.

    Parameters
    ----------
    cycles : (N, 101) degrees
        At whole percents.
    off : (N,) percent
        Foot-off; NaN where not known.
    measure : PatternMeasure
    healthy : CurveNorm
        Of the angle.

    Returns
    -------
    (N,)
        NaN where the part of the stride is not known, or less than 80 % of it was seen; of a time also where the curve only rises
        or falls, so that its extreme is an end of the part.

    Examples
    --------
    >>> from skelgait.gait.reference import reference_curves
    >>> knee = reference_curves()["knee_flexion_deg"]
    >>> curve = np.interp(PERCENT, np.arange(0, 101, 2), knee.mean)[None]
    >>> off, measures = np.array([60.0]), pattern_measures()
    >>> [float(read_cycles(curve, off, measures[name], knee)[0].round(1)) for name in ("knee_stance", "knee_peak_when")]
    [9.8, 72.0]
    """
    first, last = _ends(measure.phase, off)
    with np.errstate(invalid="ignore"):
        inside = (first[:, None] - 1e-9 <= PERCENT) & (last[:, None] + 1e-9 >= PERCENT)
    if measure.beyond:
        cycles = cycles - _resample(band_edge(measure.beyond, healthy.mean, healthy.sd))
    if measure.zero == "pelvis":
        cycles = cycles + PELVIC_TILT_DEG
    known = inside & np.isfinite(cycles)
    enough = inside.any(axis=1) & (known.sum(axis=1) >= LEAST_KNOWN * inside.sum(axis=1))
    out = np.full(len(cycles), np.nan)
    if enough.any():
        out[enough] = _statistic(np.where(known, cycles, np.nan)[enough], measure.statistic)
    return out


def _resample(curve: np.ndarray) -> np.ndarray:
    """A curve of any number of points at whole percents, (101,)."""
    return np.interp(PERCENT, np.linspace(0, 100, len(curve)), curve)


def _ends(phase: str, off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last percent of a part of each stride; NaN where it needs a foot-off that is not known."""
    if phase in ("stance", "swing"):
        whole = np.full(len(off), 0.0 if phase == "stance" else 100.0)
        whole[np.isnan(off)] = np.nan
        return (whole, off) if phase == "stance" else (off, whole)
    ends = phase.split("-")
    return np.full(len(off), float(ends[0])), np.full(len(off), float(ends[-1]))


def _statistic(x: np.ndarray, name: str) -> np.ndarray:
    """One number a row of (N, 101) with NaN outside the part; every row knows some."""
    if name in QUANTILES:
        return np.nanquantile(x, QUANTILES[name], axis=1)
    known = np.isfinite(x)
    count = known.sum(axis=1)
    high, low = np.fmax.reduce(x, axis=1), np.fmin.reduce(x, axis=1)
    mean = np.where(known, x, 0.0).sum(axis=1) / count
    if name in ("when max", "when min"):
        at = np.where(known, x if name == "when max" else -x, -np.inf).argmax(axis=1)
        first, last = known.argmax(axis=1), x.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
        return np.where((at > first) & (at < last), at, np.nan)
    if name == "rise":
        return high - x[np.arange(len(x)), known.argmax(axis=1)]
    if name == "slope":
        along = np.where(known, PERCENT - ((known * PERCENT).sum(axis=1) / count)[:, None], 0.0)
        return (along * np.where(known, x, 0.0)).sum(axis=1) / (along**2).sum(axis=1) * np.ptp(along, axis=1)
    return {"max": high, "min": low, "range": high - low, "mean": mean, "at": mean}[name]


def healthy_value(measure: PatternMeasure, healthy: CurveNorm) -> tuple[float, float]:
    """Mean and SD of a measure in healthy people, read off their mean curve.

    Parameters
    ----------
    measure : PatternMeasure
    healthy : CurveNorm
        Of its angle.

    Returns
    -------
    mean, sd : float
        The SD is that of the curve at the moment the value is taken from, its mean over a part of the stride; NaN for ranges,
        slopes and times, which do not follow from a mean curve and its SD.

    Examples
    --------
    >>> from skelgait.gait.reference import reference_curves
    >>> mean, sd = healthy_value(pattern_measures()["ankle_stance"], reference_curves()["ankle_dorsiflexion_deg"])
    >>> round(mean, 1), round(sd, 1)
    (9.1, 4.1)
    """
    mean, sd = _resample(healthy.mean)[None], _resample(healthy.sd)
    off = np.array([100 * OFF])
    value = float(read_cycles(mean, off, measure, healthy)[0])
    first, last = (float(e[0]) for e in _ends(measure.phase, off))
    inside = np.flatnonzero((first <= PERCENT) & (last >= PERCENT))
    if measure.statistic in ("mean", "at"):
        return value, float(sd[inside].mean())
    if measure.statistic in ("max", "min"):
        extreme = mean[0, inside].argmax() if measure.statistic == "max" else mean[0, inside].argmin()
        return value, float(sd[inside[extreme]])
    return value, float("nan")


def foot_angles(measured: PlaneMeasurement) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Ankle dorsiflexion of both sides, also where the foot was never seen flat or its heel never seen.

    Parameters
    ----------
    measured : PlaneMeasurement
        Sagittal.

    Returns
    -------
    angles : dict of name to (T,) degrees
        ``left_ankle_dorsiflexion_deg``, ``right_...``.
    foot : (2, T) int
        Which of `FEET` the zero rests on.

    Notes
    -----
    The zero is the foot's own where it was seen flat; a foot "flat" with its toe more than 11 degrees below its heel (4, where it
    does not land heel first) is believed to be tip-down. Else the other foot's, else the usual one (`evgs_foot.flat_zero`).
    Where the heel is missing in more than four of five frames, the line from ankle to toe stands for the foot.
    """
    zero, borrowed = flat_zero(measured)
    tipped = zero < np.where(_lands_heel_first(measured, zero), LOWEST_FLAT_DEG, TOE_FIRST_LOWEST_DEG)
    zero = np.where(tipped, USUAL_FLAT_DEG, zero)
    foot = (borrowed | tipped).astype(int)
    ankle, toe = body_points(measured.pose, measured.direction, "ankle", "toe")
    stand_in = pitch_deg(ankle, toe)
    walking = measured.direction != 0
    angles = {}
    for i, side in enumerate(SIDES):
        lean, pitch = measured.angles[f"{side}_shank_lean_deg"], measured.angles[f"{side}_foot_pitch_deg"]
        angle = wrap_deg(lean + pitch - zero[i])
        other = wrap_deg(lean + stand_in[:, i] - USUAL_ANKLE_TOE_DEG)
        seen = np.isfinite(other) & walking
        if seen.any() and np.isfinite(angle[seen]).mean() < 1 - LEAST_KNOWN:
            angle, foot[i] = other, 2
        angles[f"{side}_ankle_dorsiflexion_deg"] = angle
    return angles, foot


def _lands_heel_first(measured: PlaneMeasurement, zero: np.ndarray) -> np.ndarray:
    """Whether each foot usually lands with its toe higher than when flat, (2, 1) bool."""
    time_s, strides = measured.pose.time_s, measured.strides
    heel_first = np.zeros((2, 1), bool)
    for i, side in enumerate(SIDES):
        raised = measured.angles[f"{side}_foot_pitch_deg"] - zero[i]
        at = np.interp(strides.start_s[strides.side == side], time_s, raised)
        at = at[np.isfinite(at)]
        heel_first[i] = len(at) > 0 and np.median(at) >= HEEL_FIRST_DEG
    return heel_first
