"""What the Edinburgh score looks at, measured on every stride of a recording; scores come later, in `evgs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import Strides
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.evgs_foot import angles_from_flat, flat_zero, heel_lift_percent, stretch_frames
from skelgait.gait.geometry import body_points
from skelgait.gait.peaks import LEAST_KNOWN, PEAKS, Peak, stride_peaks, stride_windows
from skelgait.gait.reasons import NEARLY
from skelgait.gait.samples import LEG_PARTS, PlaneCycles
from skelgait.signals.travel import body_size, leg_length_px
from skelgait.tasks.evgs import evgs_items

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

ITEMS = 17
# Bands 12 and 13 are those of the hip against the pelvis, which a side view does not show. Mean forward tilt of the pelvis of 83
# healthy children (our fit to the bands of Schwartz et al. 2008, doi:10.1016/j.jbiomech.2008.03.015): added to thigh to vertical.
PELVIC_TILT_DEG = 11.6
# How far the tilt of single people lies from that (standard deviation, 23 recorded walks), and whose items it concerns. Nothing
# that a side view shows tells it: over those walks it goes with the lean of the trunk by r = 0.03 and with the thigh by -0.3.
TILT_SPREAD_DEG, HIP_ITEMS = 5.9, (12, 13)
# Near leg and far leg of a side view: the far one is hidden half of the time, and then guessed.
FAR_LEG_WEIGHT = 0.5
# Heel to toe in leg lengths where no side view shows it: 0.17 to 0.27, median 0.24, in 23 motion-captured walks.
USUAL_FOOT_LL = 0.24
# A toe this far (percent of the leg length) under its own two standing places was not where the keypoint says.
UNDER_THE_FLOOR = -2.0
# Keypoints of items whose descriptor lives beside them and needs others.
ITEM_POINTS = {5: ("left_heel", "left_toe")}

_BY_NAME = {p.name: p for p in PEAKS}
_DESCRIPTOR = {d.name.removeprefix("left_"): d for d in DESCRIPTORS}
SAGITTAL_PEAKS: dict[int, tuple[Peak, ...]] = {
    1: (Peak("foot_from_flat_contact", "foot_from_flat_deg", "contact", "at", ""),),
    2: (Peak("foot_from_flat_max_stance", "foot_from_flat_deg", "stance", "max", ""),),
    3: (_BY_NAME["ankle_dorsiflexion_max_stance"],),
    7: (_BY_NAME["ankle_dorsiflexion_max_swing"],),
    9: (_BY_NAME["knee_flexion_min_stance"],),
    10: (_BY_NAME["knee_flexion_terminal_swing"],),
    11: (_BY_NAME["knee_flexion_max_swing"],),
    12: (_BY_NAME["thigh_flexion_min_stance"],),
    13: (_BY_NAME["thigh_flexion_max_swing"],),
    16: (_BY_NAME["trunk_lean_max_stance"], Peak("trunk_lean_min_stance", "trunk_lean_deg", "stance", "min", "")),
}
# Frames a second below which an item is not told: those of the descriptor it is read from.
LEAST_FPS = {i.item: _DESCRIPTOR[i.descriptor].min_fps for i in evgs_items() if i.descriptor}
FRONTAL_PEAKS = (_BY_NAME["pelvis_up_mid_stance"], Peak("foot_out", "foot_out_deg", "middle", "mean", ""))


@dataclass(frozen=True, eq=False)
class ItemSamples:
    """What each stride of one recording says to each item.

    Parameters
    ----------
    view : str
        ``"sagittal_right"``, ...
    side : (N,) str
    value : (N, 17)
        Column ``item - 1``, in the unit of the item; NaN where not measured.
    stands_in : (N, 17) bool
        The zero of the foot was not seen flat in this recording and is taken from elsewhere.
    heel_down_deg : (N,) degrees
        Highest pitch of the foot in stance, from the flat foot: below -6 the heel never came down.
    near : (N,) bool
        The leg is the one nearer to the camera; True throughout from the front.
    weight : (N,)
        How well the leg was seen.
    """

    view: str
    side: np.ndarray
    value: np.ndarray
    stands_in: np.ndarray
    heel_down_deg: np.ndarray
    near: np.ndarray
    weight: np.ndarray


def sample_items(
    measured: PlaneMeasurement, *, foot_ll: float = USUAL_FOOT_LL, pelvic_tilt_deg: float = PELVIC_TILT_DEG
) -> ItemSamples:
    """Measure what the items need on every stride.

    Parameters
    ----------
    measured : PlaneMeasurement
        Sagittal or frontal.
    foot_ll : float, leg lengths
        Distance from heel to toe, for the direction of the foot seen from the front (`foot_length_ll` of a side view).
    pelvic_tilt_deg : float, degrees
        Mean forward tilt of the pelvis, added to the thigh's angle to the vertical.

    Returns
    -------
    ItemSamples

    Notes
    -----
    Stance, swing and mid-stance are those of `stride_windows`, from the events of both limbs.
    """
    walk = PlaneCycles(measured)
    strides = walk.strides
    value = np.full((len(strides), ITEMS), np.nan)
    stands_in = np.zeros((len(strides), ITEMS), bool)
    heel_down = np.full(len(strides), np.nan)
    if measured.plane == "sagittal" and len(strides):
        zero, borrowed = flat_zero(measured)
        angles = angles_from_flat(measured, zero)
        peaks = tuple(p for row in SAGITTAL_PEAKS.values() for p in row)
        read = dict(zip((p.name for p in peaks), stride_peaks(angles, walk.pose.time_s, strides, peaks).T, strict=True))
        for item, (peak, *_) in SAGITTAL_PEAKS.items():
            value[:, item - 1] = read[peak.name]
        value[:, [item - 1 for item in HIP_ITEMS]] += pelvic_tilt_deg
        back, front = read["trunk_lean_min_stance"], read["trunk_lean_max_stance"]
        value[:, 15] = np.where(-back > front, back, front)
        heel_down = read["foot_from_flat_max_stance"]
        value[:, 1] = heel_lift_percent(measured, strides, angles, heel_down)
        clearance = 100 * walk.sample(times=False)[0].column("toe_clearance_ll")
        value[:, 5] = np.where(clearance > UNDER_THE_FLOOR, clearance, np.nan)
        first = _frame(measured, strides.start_s)
        stands_in[:, [0, 1, 2, 6]] = borrowed[(strides.side == "right").astype(int), first][:, None]
    elif measured.plane == "frontal" and len(strides):
        angles = {**measured.angles, **_feet_out(measured, foot_ll)}
        read_front = stride_peaks(angles, walk.pose.time_s, strides, FRONTAL_PEAKS)
        value[:, 13], value[:, 4] = read_front.T
        value[:, 16] = trunk_shift_percent(measured, strides)
    value[:, [item - 1 for item, fps in LEAST_FPS.items() if walk.pose.fps < fps * NEARLY]] = np.nan
    view = measured.pose.view or measured.plane
    near, weight = weigh_strides(measured, strides)
    return ItemSamples(view, strides.side, value, stands_in, heel_down, near, weight)


def weigh_strides(measured: PlaneMeasurement, strides: Strides) -> tuple[np.ndarray, np.ndarray]:
    """How well the leg of each stride was seen.

    Parameters
    ----------
    measured : PlaneMeasurement
    strides : Strides

    Returns
    -------
    near : (N,) bool
        The leg is the one nearer to the camera; True throughout from the front.
    weight : (N,)
        Mean confidence of its keypoints, half of that for the far leg of a side view.
    """
    near = np.ones(len(strides), bool)
    if measured.plane == "sagittal":  # walking to image right the right side is the nearer one
        near = (strides.side == "right") == (measured.direction[_frame(measured, strides.start_s)] > 0)
    return near, _confidence(measured, strides) * np.where(near, 1.0, FAR_LEG_WEIGHT)


def trunk_shift_percent(measured: PlaneMeasurement, strides: Strides) -> np.ndarray:
    """Greatest shift of the trunk to the standing side in mid-stance.

    Parameters
    ----------
    measured : PlaneMeasurement
        Frontal.
    strides : Strides

    Returns
    -------
    (N,) percent of the leg length
        Of the middle of the shoulders, from the line the middle of the hips follows over the stride (its mean, moving as it does
        from one contact of the foot to the next), greatest in mid-stance. Negative: it stays over the other leg.
    """
    hip, shoulder = body_points(measured.pose, measured.direction, "hip", "shoulder")
    facing = np.isfinite(measured.angles["pelvis_left_up_deg"])
    middle = np.where(facing, hip.mean(axis=1).real, np.nan)
    trunk = np.where(facing, shoulder.mean(axis=1).real, np.nan)
    size = body_size(measured.pose)
    at, inside = stretch_frames(measured, strides.start_s, strides.stop_s)
    course = np.where(inside, middle[at], np.nan)
    known = np.isfinite(course)
    count = known.sum(axis=1)
    enough = count >= np.maximum(2, LEAST_KNOWN * inside.sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, course, 0.0).sum(axis=1) / count
        ends = [np.interp(t, measured.pose.time_s, middle) for t in (strides.start_s, strides.stop_s)]
        drift = (ends[1] - ends[0]) / strides.duration_s
        time = measured.pose.time_s[at]
        line = mean[:, None] + drift[:, None] * (time - 0.5 * (strides.start_s + strides.stop_s)[:, None])
        sign = np.where(strides.side == "left", 1.0, -1.0)[:, None]
        shift = sign * (trunk[at] - line) / size[at]
        first, last = stride_windows(strides)["middle"]
        bearing = inside & (time >= first[:, None]) & (time <= last[:, None])
    shift = np.where(bearing, shift, np.nan)
    enough &= np.isfinite(shift).sum(axis=1) >= np.maximum(2, LEAST_KNOWN * bearing.sum(axis=1))
    return np.where(enough, 100 * np.fmax.reduce(shift, axis=1, initial=np.nan), np.nan)


def _feet_out(measured: PlaneMeasurement, foot_ll: float) -> dict[str, np.ndarray]:
    """Direction of each foot against the line of sight, toes out +, from how far the toe lies outwards of the heel."""
    heel, toe = body_points(measured.pose, measured.direction, "heel", "toe")
    with np.errstate(invalid="ignore", divide="ignore"):
        across = (toe - heel).real / (foot_ll * body_size(measured.pose))[:, None] * [1.0, -1.0]
        out = np.degrees(np.arcsin(np.where(np.abs(across) <= 1, across, np.nan)))
    return {f"{side}_foot_out_deg": out[:, i] for i, side in enumerate(SIDES)}


def foot_length_ll(measured: PlaneMeasurement) -> float:
    """Heel to toe in leg lengths, from a side view: the median of both feet; NaN without feet."""
    heel, toe = body_points(measured.pose, measured.direction, "heel", "toe")
    lengths = np.abs(toe - heel)
    known = lengths[np.isfinite(lengths)]
    return float(np.median(known)) / leg_length_px(measured.pose) if len(known) else float("nan")


def _confidence(measured: PlaneMeasurement, strides: Strides) -> np.ndarray:
    """Mean confidence of the leg's keypoints in each stride, (N,) 0..1."""
    pose = measured.pose
    total = np.zeros((2, pose.n_frames + 1))
    for row, side in enumerate(SIDES):
        at = [i for part in LEG_PARTS for i in pose.skeleton.sources(f"{side}_{part}")]
        np.cumsum(pose.confidence[:, at].mean(axis=1), out=total[row, 1:])
    first = _frame(measured, strides.start_s)
    last = np.maximum(_frame(measured, strides.stop_s), first + 1)
    row = (strides.side == "right").astype(int)
    return (total[row, last] - total[row, first]) / (last - first)


def _frame(measured: PlaneMeasurement, time_s: np.ndarray) -> np.ndarray:
    """Frame nearest to each moment, (N,) int."""
    frame = (time_s - measured.pose.time_s[0]) * measured.pose.fps + 0.5
    return np.clip(np.nan_to_num(frame).astype(int), 0, measured.pose.n_frames - 1)
