"""What the trembling of keypoints does to angles and lengths."""

from __future__ import annotations

from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.gait.peaks import PEAKS
from skelgait.signals.quality import jitter_px
from skelgait.signals.travel import leg_length_px

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

# Segments by their ends; an angle is a sum of segment directions, a point two segments share counts in both.
SEGMENTS = {
    "thigh": ("{side}_hip", "{side}_knee"),
    "shank": ("{side}_ankle", "{side}_knee"),
    "foot": ("{side}_heel", "{side}_toe"),
    "trunk": ("mid_hip", "mid_shoulder"),
    "hips": ("right_hip", "left_hip"),
}
LYING = ("foot", "hips")
ANGLES = {
    "hip_flexion_deg": ("thigh", "trunk"),
    "thigh_flexion_deg": ("thigh",),
    "knee_flexion_deg": ("thigh", "shank"),
    "shank_lean_deg": ("shank",),
    "ankle_dorsiflexion_deg": ("shank", "foot"),
    "foot_pitch_deg": ("foot",),
    "trunk_lean_deg": ("trunk",),
    "knee_valgus_deg": ("thigh", "shank"),
    "hip_adduction_deg": ("thigh", "hips"),
    "pelvis_left_up_deg": ("hips",),
    "trunk_left_lean_deg": ("trunk",),
}
# Share of a stride over which a window that is averaged runs.
AVERAGED = {"stride": 1.0, "middle": 0.22, "bearing": 0.5}
# A footprint is the mean of a foot at rest for about this long; the width between the feet is read over a fifth of a step.
REST_S, BOTH_STAND_S = 0.2, 0.1
LEAST_CONFIDENCE = 0.05


def keypoint_noise(measured: PlaneMeasurement) -> dict[str, float]:
    """Standard deviation that the trembling of keypoints gives to what is read off one stride.

    Parameters
    ----------
    measured : PlaneMeasurement

    Returns
    -------
    dict of quantity of a stride or step, sides leading, to float
        In the unit of the quantity. Empty when the pose was given already smoothed: what is left of the noise then looks
        like movement.

    Notes
    -----
    1. Of each keypoint the trembling ``s`` of a coordinate, in pixels, from fourth differences of the raw recording
       (`signals.quality.jitter_px`), divided by the square root of its mean confidence and of the share of frames it was seen in: a
       point guessed half of the time knows half as much.
    2. A low-pass filter at ``f`` Hz leaves ``s sqrt(2 f / fps)`` of white noise (never more than ``s``).
    3. The direction of a segment of length L between points P and Q trembles by ``(e_P - e_Q) / L`` radians; an angle is a sum of
       directions, so its variance is the sum over points of (sum of 1/L with their signs)² s². Knee flexion of a straight leg:
       ``s_hip² / T² + s_knee² (1/T + 1/S)² + s_ankle² / S²`` with thigh T and shank S. Lengths are medians over the recording.
    4. An extreme or a value at an instant trembles as one frame does, a range ``sqrt(2)`` times as much, a mean over D seconds
       ``1 / sqrt(2 f D)`` times. A footprint is a mean over 0.2 s; a step is the distance between two.

    Not in it: errors that last longer than a few frames (a hip point that sits too high, a leg behind the other), which no
    recording shows of itself. They are what the published errors of 4 to 7 degrees are about.
    """
    raw, pose = measured.raw, measured.pose
    if any(step.startswith("clean(") for step in raw.steps):
        return {}
    left_over, samples_per_s = _filtering(pose)
    sigma = _trembling(raw) * left_over
    stride_s = float(np.median(measured.strides.duration_s)) if len(measured.strides) else nan
    out: dict[str, float] = {}
    for peak in PEAKS:
        if peak.plane != measured.plane:
            continue
        for side in SIDES if peak.sided else ("left",):
            one = angle_noise_deg(pose, sigma, peak.angle, side)
            if peak.statistic == "range":
                one *= sqrt(2)
            elif peak.statistic in ("mean", "middle") and isfinite(stride_s):
                one /= sqrt(max(1.0, samples_per_s * AVERAGED[peak.window] * stride_s))
            out[f"{side}_{peak.name}_deg" if peak.sided else f"{peak.name}_deg"] = one
    leg = leg_length_px(pose)
    for side in SIDES:
        foot, toe, ankle = (_point_noise(pose, sigma, f"{side}_{p}") for p in ("heel", "toe", "ankle"))
        rest = (0.5 * np.hypot(foot, toe) if foot == foot and toe == toe else ankle) / leg
        still = 1 / sqrt(max(1.0, samples_per_s * REST_S))
        if measured.plane == "sagittal":
            out[f"{side}_step_length_ll"] = out[f"{side}_stride_length_ll"] = float(sqrt(2) * rest * still)
            out[f"{side}_toe_clearance_ll"] = float(toe / leg * sqrt(1 + still**2))
        elif measured.plane == "frontal":
            out[f"{side}_step_width_ll"] = float(sqrt(2) * ankle / leg / sqrt(max(1.0, samples_per_s * BOTH_STAND_S)))
    return {name: value for name, value in out.items() if isfinite(value)}


def angle_noise_deg(pose: PoseSequence, sigma: np.ndarray, angle: str, side: str) -> float:
    """Standard deviation of an angle of one frame.

    Parameters
    ----------
    pose : PoseSequence
        For the lengths of its segments.
    sigma : (K,) pixels
        Of a coordinate of each keypoint.
    angle : str
        A key of `ANGLES`.
    side : {"left", "right"}

    Returns
    -------
    float, degrees
        NaN where a point is not in the layout or never seen.
    """
    weight = np.zeros((2, len(sigma)))  # across the segment: x for those that stand, y for those that lie
    for segment in ANGLES[angle]:
        ends = [end.format(side=side) for end in SEGMENTS[segment]]
        if not pose.has(*ends):
            return nan
        first, second = (pose.point(end) for end in ends)
        length = np.hypot(*(second - first).T)
        length = length[np.isfinite(length)]
        if not len(length) or not (middle := float(np.median(length))):
            return nan
        for end, sign in zip(ends, (-1, 1), strict=True):
            sources = list(pose.skeleton.sources(end))
            weight[int(segment in LYING), sources] += sign / middle / len(sources)
    used = weight.any(axis=0)
    return float(np.degrees(np.sqrt((weight[:, used] ** 2 * sigma[used] ** 2).sum())))


def _trembling(raw: PoseSequence) -> np.ndarray:
    """Trembling of each keypoint, larger for those rarely seen or seen without confidence, (K,) pixels."""
    seen = ~np.isnan(raw.xy[..., 0]) & ~raw.filled
    count = seen.sum(axis=0)
    confidence = np.where(seen, raw.confidence, 0.0).sum(axis=0) / np.maximum(count, 1)
    trust = np.maximum(confidence, LEAST_CONFIDENCE) * np.maximum(seen.mean(axis=0), LEAST_CONFIDENCE)
    return jitter_px(raw.xy) / np.sqrt(np.minimum(trust, 1.0))


def _filtering(pose: PoseSequence) -> tuple[float, float]:
    """Share of white noise that the low-pass filter leaves, and how many independent samples a second are left."""
    cutoff = pose.info.get("cutoff_hz")
    cutoff = float(cutoff) if isinstance(cutoff, int | float) and cutoff > 0 else pose.fps / 2
    cutoff = min(cutoff, pose.fps / 2)
    return sqrt(2 * cutoff / pose.fps), 2 * cutoff


def _point_noise(pose: PoseSequence, sigma: np.ndarray, point: str) -> float:
    if not pose.has(point):
        return nan
    sources = list(pose.skeleton.sources(point))
    return float(np.sqrt((sigma[sources] ** 2).sum()) / len(sources))
