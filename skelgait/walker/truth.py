"""What is true of a synthetic walk, from its joint centres and its plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.core.skeleton import SIDES
from skelgait.walker.anatomy import SIGN, axes
from skelgait.walker.body import Motion

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Truth:
    """What is true of a walk, independent of how it was filmed."""

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


def measure_angles(motion: Motion, time_s: np.ndarray, leg: float) -> pd.DataFrame:
    """Angles of the joint centres projected on the planes along and across the heading."""
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
