"""How well each metric of the validity matrix can be had: floors of the frame rate, measured errors, errors of video keypoints."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import isfinite, nan, sqrt

from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.norms import bare_name
from skelgait.gait.peaks import PEAKS
from skelgait.gait.reference import read_table
from skelgait.gait.spatiotemporal import interval_floor_s
from skelgait.gait.spread import SPREAD_OF
from skelgait.gait.uncertainty import frame_floors
from skelgait.tasks.alignment import ERROR_DEG
from skelgait.tasks.evgs import evgs_items
from skelgait.tasks.patterns import pattern_measures

# Items whose value is not that of the descriptor they live beside.
BESIDE = (2, 5, 12, 13, 17)
# A walk as healthy children have it, for floors that depend on the value: percent of the stride, and leg lengths.
USUAL_PERCENT = {
    "stance": 60, "swing": 40, "single_support": 40,
    "initial_double_support": 10, "terminal_double_support": 10, "double_support": 20,
}  # fmt: skip
USUAL_STEP_LL, USUAL_LEG_M = 0.79, 0.7


@cache
def usual_floors(fps: float, stride_s: float) -> Mapping[str, float]:
    """What the frame rate alone gives to one stride of each side.

    Parameters
    ----------
    fps : float, frames/second
    stride_s : float, seconds

    Returns
    -------
    mapping of descriptor (or ``initial_contact``, ``foot_off``) to float
        Standard deviation in its unit, of a walk as healthy children have it.

    Examples
    --------
    >>> round(usual_floors(25, 1.0)["stride_time_cv_percent"], 2)
    1.63
    """
    usual: dict[str, float] = {"step_time_s": stride_s / 2, "stride_time_s": stride_s}
    for name, percent in USUAL_PERCENT.items():
        usual |= {f"{name}_percent": percent, f"{name}_time_s": percent / 100 * stride_s}
    usual |= {f"{side}_{name}": value for side in SIDES for name, value in tuple(usual.items())}
    cadence = 120 / stride_s
    usual |= {"step_length_ll": USUAL_STEP_LL, "stride_length_ll": 2 * USUAL_STEP_LL, "speed_ll_s": 2 * USUAL_STEP_LL / stride_s}
    usual |= {"cadence_spm": cadence, "walk_ratio_ll_per_spm": USUAL_STEP_LL / cadence}
    usual |= {"cadence_dimensionless": cadence / 60 * sqrt(USUAL_LEG_M / 9.81)}
    usual |= {"speed_dimensionless": usual["speed_ll_s"] * sqrt(USUAL_LEG_M / 9.81)}
    counts = {d.name: 1 for d in DESCRIPTORS if d.side}
    floors = frame_floors(fps, usual, counts, USUAL_LEG_M)
    for full, (name, unit, events) in SPREAD_OF.items():
        if events:
            sd = interval_floor_s(fps) * sqrt(events / 2)
            floors |= {f"{name}_sd_{unit}": sd, f"{name}_mad_{unit}": sd, f"{name}_cv_percent": 100 * sd / usual[full]}
    return floors | dict.fromkeys(("initial_contact", "foot_off"), 1 / (fps * sqrt(12)))


@cache
def video_errors() -> Mapping[str, float]:
    """Error of keypoints from video, from the tables of items and patterns: that of the angle a descriptor is read from.

    Returns
    -------
    mapping of descriptor without side to float
        Standard deviation.

    Examples
    --------
    >>> video_errors()["knee_flexion_range_deg"]
    7.0
    """
    of_angle: dict[str, float] = {
        m.angle: m.error for m in pattern_measures().values() if m.angle and m.unit == "deg" and not m.zero
    }
    of_angle["ankle_dorsiflexion_deg"] = pattern_measures()["ankle_stance"].error
    of_angle["knee_valgus_deg"] = ERROR_DEG
    items = {item.descriptor: item.error for item in evgs_items() if item.item not in BESIDE and isfinite(item.error)}
    peaks = {f"{p.name}_deg": p for p in PEAKS}
    of_angle |= {peaks[name].angle: error for name, error in items.items() if name in peaks and peaks[name].angle not in of_angle}
    found = {name: of_angle[p.angle] for name, p in peaks.items() if p.angle in of_angle}
    clearance = {name: error / 100 for name, error in items.items() if name.endswith("_ll")}
    return found | clearance


@cache
def _errors() -> dict[tuple[str, str, str], list[tuple[float, float, float, str]]]:
    """Measured errors by metric, view and landmarks: frame rate, median and 95th percentile with noise, against what."""
    found: dict[tuple[str, str, str], list[tuple[float, float, float, str]]] = {}
    for row in read_table("measured_errors.csv"):
        key = row["metric"], row["view"], row["landmarks"]
        against = f"{row['n']} values of 23 recorded walks, against {row['against']}"
        found.setdefault(key, []).append((float(row["fps"]), float(row["noisy_median"]), float(row["noisy_p95"]), against))
    return found


def measured_error(metric: str, view: str, *, feet: bool, fps: float) -> tuple[float, float, str]:
    """Error of a walk's value on recorded walks, at the nearest tabulated frame rate that is not higher.

    Parameters
    ----------
    metric : str
        A descriptor, or ``initial_contact``, ``foot_off``.
    view : {"sagittal", "frontal"}
    feet : bool
        Whether heels and toes are seen.
    fps : float, frames/second

    Returns
    -------
    median, p95 : float
        In the unit of the metric, keypoints having 2 px of noise; NaN where it was not measured.
    against : str

    Examples
    --------
    >>> measured_error("stride_time_s", "sagittal", feet=True, fps=20)[2]
    ''
    """
    rows = _errors().get((bare_name(metric), view, "body and feet" if feet else "body"), [])
    lower = [row for row in rows if row[0] <= fps * 1.02]
    return max(lower)[1:] if lower else (nan, nan, "")
