"""What is true of a synthetic walk, from its joint centres and its plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.core.skeleton import SIDES
from skelgait.walker.anatomy import SIGN, axes
from skelgait.walker.body import Motion
from skelgait.walker.camera import Placed, name_view

if TYPE_CHECKING:
    import pandas as pd

    from skelgait.walker.child import Walker


@dataclass(frozen=True, eq=False)
class Truth:
    """What is true of a walk, independent of how it was filmed. Pairs are (left, right).

    Parameters
    ----------
    events : GaitEvents
        First and last touch of each foot; ``bout`` -1 in a turn.
    angles : DataFrame
        Index ``time_s``; sagittal and frontal angles in degrees under the names the measurements use, and
        ``step_width_ll``; projected along and across the direction of walking.
    bouts : DataFrame
        One row a straight stretch: ``start stop`` (half-open frames) ``view plane direction treadmill``.
    swapped : (T,) bool
        Frames where the pose has the legs exchanged.
    joints : dict of name to (T, 3) metres
        Joint centres: x along the first straight, y to the child's left, z up. On a treadmill the floor runs back.
    view : str
        Of the first straight.
    cadence_spm, speed_m_s, stride_time_s, stride_length_m : float
        Means of the walk as planned.
    step_length_m, step_time_s, stance_percent : (float, float)
        Step length is between heel prints: where the heels stand, not where they are at a contact.
    step_width_m : float
    knee_valgus_deg : (float, float)
        Frontal hip-knee-ankle deviation as planned, valgus +. With ``hip_rotation_deg`` the angles show more.
    leg_length_m, height_m : float
        Thigh and shank; standing height.
    metres_per_px : float
        In the plane of the walk for a side camera that does not turn; else NaN.
    """

    events: GaitEvents
    angles: pd.DataFrame
    bouts: pd.DataFrame
    swapped: np.ndarray
    joints: dict[str, np.ndarray]
    view: str
    cadence_spm: float
    speed_m_s: float
    stride_time_s: float
    stride_length_m: float
    step_length_m: tuple[float, float]
    step_time_s: tuple[float, float]
    stance_percent: tuple[float, float]
    step_width_m: float
    knee_valgus_deg: tuple[float, float]
    leg_length_m: float
    height_m: float
    metres_per_px: float


def tell_truth(walker: Walker, motion: Motion, time_s: np.ndarray, placed: Placed, swapped: np.ndarray) -> Truth:
    """All that is true of a walker's motion (T frames) before a placed camera."""
    bouts = _list_bouts(walker, motion, placed)
    view = bouts["view"].iloc[0] if len(bouts) else "oblique"
    scale = np.nan
    if view.startswith("sagittal") and placed.camera.follow != "pan":
        scale = 1 / placed.focal
        if placed.camera.perspective:
            scale *= float(np.median(placed.depth(motion.points["mid_hip"])))
    left, right = walker.step_lengths_m.tolist()
    late = float(walker.contact_shares[0]) * walker.stride_time_s
    return Truth(
        events=_list_events(walker, time_s, bouts),
        angles=measure_angles(motion, time_s, walker.leg_m),
        bouts=bouts,
        swapped=swapped,
        joints=motion.points,
        view=view,
        cadence_spm=float(walker.cadence_spm),
        speed_m_s=(left + right) / walker.stride_time_s,
        stride_time_s=walker.stride_time_s,
        stride_length_m=left + right,
        step_length_m=(left, right),
        step_time_s=(late, walker.stride_time_s - late),
        stance_percent=walker.both("stance_percent"),
        step_width_m=float(walker.step_width_m),
        knee_valgus_deg=walker.both("knee_valgus_deg"),
        leg_length_m=walker.leg_m,
        height_m=walker.body_height_m,
        metres_per_px=scale,
    )


def _list_bouts(walker: Walker, motion: Motion, placed: Placed) -> pd.DataFrame:
    """The straight stretches, as half-open frames, and how the camera sees each."""
    import pandas as pd

    turning = walker.path.turning(motion.distance)
    edges = np.flatnonzero(np.diff(np.r_[True, turning, True].astype(int)))
    starts, stops = edges[::2], edges[1::2]
    looks = np.arctan2(placed.rotation[:, 2, 1], placed.rotation[:, 2, 0])
    aside = np.degrees(np.broadcast_to(looks, motion.heading.shape) - motion.heading)
    views = [name_view(float(np.median(aside[a:b]))) for a, b in zip(starts, stops, strict=True)]
    sign = {"sagittal_right": 1, "sagittal_left": -1, "frontal_towards": 1, "frontal_away": -1, "oblique": 0}
    return pd.DataFrame(
        {
            "start": starts,
            "stop": stops,
            "view": views,
            "plane": [view.split("_")[0] for view in views],
            "direction": [sign[view] for view in views],
            "treadmill": walker.treadmill,
        }
    )


def _list_events(walker: Walker, time_s: np.ndarray, bouts: pd.DataFrame) -> GaitEvents:
    """Every contact and foot-off within the film."""
    rhythm = walker.rhythm
    first, last = walker.start_share, float(rhythm.progress(time_s[-1:])[0])
    side: list[str] = []
    kind: list[str] = []
    moments: list[np.ndarray] = []
    for name, contact, stance in zip(SIDES, walker.contact_shares, walker.stance_shares, strict=True):
        for event, shift in (("initial_contact", contact), ("foot_off", contact + stance)):
            there = np.arange(np.ceil(first - shift - 1e-9), np.floor(last - shift + 1e-9) + 1) + shift
            side += [name] * len(there)
            kind += [event] * len(there)
            moments.append(there)
    times = np.clip(rhythm.time(np.concatenate(moments)), 0, time_s[-1])
    frame = np.interp(times, time_s, np.arange(len(time_s)))
    bout = np.full(len(times), -1)
    for n, (start, stop) in enumerate(zip(bouts["start"], bouts["stop"], strict=True)):
        bout[(frame >= start) & (frame <= stop - 1)] = n
    return GaitEvents(np.array(side), np.array(kind), times, frame, bout=bout, method="truth")


def measure_angles(motion: Motion, time_s: np.ndarray, leg: float) -> pd.DataFrame:
    """Angles of the joint centres projected on the planes along and across the heading, one row a frame."""
    import pandas as pd

    forward, left = axes(motion.heading)
    p = motion.points

    def along(v: np.ndarray) -> np.ndarray:
        return (v * forward).sum(axis=-1)

    def aside(v: np.ndarray) -> np.ndarray:
        return (v * left).sum(axis=-1)

    hips = (p["left_hip"] + p["right_hip"]) / 2
    shoulders = (p["left_shoulder"] + p["right_shoulder"]) / 2
    trunk = shoulders - hips
    trunk_lean = np.arctan2(along(trunk), trunk[:, 2])
    columns: dict[str, np.ndarray] = {}
    for side, sign in zip(SIDES, SIGN, strict=True):
        hip, knee, ankle, heel, toe = (p[f"{side}_{j}"] for j in ("hip", "knee", "ankle", "heel", "big_toe"))
        thigh = np.arctan2(along(knee - hip), hip[:, 2] - knee[:, 2])
        shank = np.arctan2(along(knee - ankle), knee[:, 2] - ankle[:, 2])
        pitch = np.arctan2(toe[:, 2] - heel[:, 2], along(toe - heel))
        valgus = np.arctan2(aside(hip - knee), hip[:, 2] - knee[:, 2]) - np.arctan2(aside(knee - ankle), knee[:, 2] - ankle[:, 2])
        columns |= {
            f"{side}_hip_flexion_deg": thigh + trunk_lean,
            f"{side}_thigh_flexion_deg": thigh,
            f"{side}_knee_flexion_deg": thigh + shank,
            f"{side}_shank_lean_deg": shank,
            f"{side}_ankle_dorsiflexion_deg": shank + pitch,
            f"{side}_foot_pitch_deg": pitch,
            f"{side}_knee_valgus_deg": sign * valgus,
        }
    across = p["left_hip"] - p["right_hip"]
    obliquity = np.arctan2(across[:, 2], aside(across))
    for side, sign in zip(SIDES, SIGN, strict=True):
        thigh = p[f"{side}_knee"] - p[f"{side}_hip"]
        columns[f"{side}_hip_adduction_deg"] = sign * (np.arctan2(-aside(thigh), -thigh[:, 2]) + obliquity)
    columns["trunk_lean_deg"] = trunk_lean
    columns["pelvis_left_up_deg"] = obliquity
    columns["trunk_left_lean_deg"] = np.arctan2(aside(trunk), trunk[:, 2])
    table = {name: np.degrees(np.mod(value + np.pi, 2 * np.pi) - np.pi) for name, value in columns.items()}
    table["step_width_ll"] = aside(p["left_ankle"] - p["right_ankle"]) / leg
    return pd.DataFrame(table, index=pd.Index(time_s, name="time_s"))
