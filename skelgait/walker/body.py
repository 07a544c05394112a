"""Where every joint of the child is at any moment, in metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.walker.anatomy import SIGN, UP, Body, axes, roll_over
from skelgait.walker.curves import smoothstep
from skelgait.walker.path import Path
from skelgait.walker.stride import StridePlan, pelvis_motion

if TYPE_CHECKING:
    from skelgait.walker.child import Walker


LONGEST = 0.99995  # a leg never stretches beyond this share of thigh and shank
SINK_NODES = 96  # a stride


@dataclass(frozen=True)
class Motion:
    """The child at T moments: joint centres and where it heads.

    Parameters
    ----------
    points : dict of name to (T, 3) metres
        x along the first straight, y to its left, z up.
    heading : (T,) radians
        Direction of walking, to the left +.
    distance : (T,) metres walked along the path.
    progress : (T,) share of the right foot's cycle, counting up.
    """

    points: dict[str, np.ndarray]
    heading: np.ndarray
    distance: np.ndarray
    progress: np.ndarray


def move(walker: Walker, plan: StridePlan, path: Path, c: np.ndarray, start: float) -> Motion:
    """Joint centres at progress ``c`` (T,) for a walk whose path begins at progress ``start``."""
    body = plan.body
    origin = plan.stride * start
    distance, heading, pelvis, hip, feet, m = _lower_body(walker, plan, path, c, origin)
    forward, left = axes(heading)
    ankle, heel, toe, small_toe = feet
    if path.lane_m is not None:
        sink = _sink(walker, plan, path, c, origin)
        pelvis, hip = pelvis - sink[:, None] * UP, hip - sink[:, None, None] * UP
    rotation, valgus = np.radians(walker.both("hip_rotation_deg")), np.radians(walker.both("knee_valgus_deg"))
    knee = np.stack(
        [_knee(body, hip[:, i], ankle[:, i], forward, left, SIGN[i], valgus[i], rotation[i]) for i in (0, 1)],
        axis=1,
    )
    points: dict[str, np.ndarray] = {}
    for i, side in enumerate(SIDES):
        points |= {
            f"{side}_hip": hip[:, i],
            f"{side}_knee": knee[:, i],
            f"{side}_ankle": ankle[:, i],
            f"{side}_heel": heel[:, i],
            f"{side}_big_toe": toe[:, i],
            f"{side}_small_toe": small_toe[:, i],
        }
    points |= _upper_body(walker, plan, c, hip.mean(axis=1), heading, m)
    return Motion(points, heading, distance, np.asarray(c, float))


def _lower_body(
    walker: Walker, plan: StridePlan, path: Path, c: np.ndarray, origin: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[np.ndarray, ...], dict[str, np.ndarray]]:
    """Distance walked, heading, pelvis, hips, feet, and how the pelvis moves."""
    m = pelvis_motion(walker, plan.body, c)
    distance = plan.stride * c + plan.pelvis_forward(c) - origin
    x, y, heading = path.at(distance)
    forward, left = axes(heading)
    ground = np.stack([x, y, np.zeros_like(x)], axis=-1)
    pelvis = ground + m["sway"][:, None] * left + plan.pelvis_height(c)[:, None] * UP
    hip = (
        pelvis[:, None]
        + m["hip_x"][..., None] * forward[:, None]
        + (m["hip_y"] - m["sway"][:, None])[..., None] * left[:, None]
        + m["hip_z"][..., None] * UP
    )
    return distance, heading, pelvis, hip, _feet(plan, path, c, origin), m


def _sink(walker: Walker, plan: StridePlan, path: Path, c: np.ndarray, origin: float) -> np.ndarray:
    """How far the pelvis must sink (metres) where a turn would stretch a leg beyond its length: smooth over a stride.

    Read on a grid tied to the stride, not to the frames, so that the frame rate changes nothing.
    """
    grid = np.arange(np.floor(c.min() * SINK_NODES) - SINK_NODES, np.ceil(c.max() * SINK_NODES) + SINK_NODES + 1) / SINK_NODES
    _, _, _, hip, feet, _ = _lower_body(walker, plan, path, grid, origin)
    span = feet[0] - hip
    longest = LONGEST * (plan.body.thigh + plan.body.shank)
    level = np.maximum(longest**2 - (span[..., :2] ** 2).sum(axis=-1), 0)
    lack = np.maximum(-span[..., 2] - np.sqrt(level), 0).max(axis=1)
    half = SINK_NODES // 4
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(lack, half, mode="edge"), 2 * half + 1)
    kernel = np.hanning(2 * half + 3)[1:-1]
    smooth = np.convolve(np.pad(windows.max(axis=1), half, mode="edge"), kernel / kernel.sum(), mode="valid")
    return np.interp(c, grid, smooth)


def _feet(plan: StridePlan, path: Path, c: np.ndarray, origin: float) -> tuple[np.ndarray, ...]:
    """Ankle, heel, big toe and small toe, (T, 2, 3) each."""
    body = plan.body
    count, own = plan.own(c)
    stands = own < plan.leave
    s = np.clip((own - plan.leave) / (1 - plan.leave), 0, 1)
    on_floor = np.stack([plan.pitch_standing(i, np.clip(own[:, i] / plan.leave[i], 0, 1)) for i in (0, 1)], axis=1)
    in_air = np.stack([plan.swinging(i, s[:, i]) for i in (0, 1)], axis=-1)
    pitch = np.where(stands, on_floor, in_air[2])
    rolled_x, rolled_z = roll_over(body, pitch)
    local_x = np.where(stands, rolled_x, in_air[0] / np.cos(plan.progression))
    ankle_z = np.where(stands, rolled_z + body.sole, in_air[1])
    at = plan.heel + count * plan.stride - origin
    blend = np.where(stands, 0.0, smoothstep(s))[..., None]
    total, ahead = np.zeros((*blend.shape[:-1], 3)), np.zeros(blend.shape)
    for step, weight in ((0.0, 1 - blend), (plan.stride, blend)):
        fx, fy, facing = path.at(at + step)
        _, side = axes(facing)
        direction, _ = axes(facing + SIGN * plan.progression)
        start = np.stack([fx, fy, np.zeros_like(fx)], axis=-1) + (SIGN * plan.half_width)[:, None] * side
        reach = local_x - step / np.cos(plan.progression)
        total = total + weight * (start + reach[..., None] * direction)
        ahead = ahead + weight * (facing + SIGN * plan.progression)[..., None]
    ankle = total + ankle_z[..., None] * UP
    direction, across = axes(ahead[..., 0])
    along = np.cos(pitch)[..., None] * direction + np.sin(pitch)[..., None] * UP
    normal = -np.sin(pitch)[..., None] * direction + np.cos(pitch)[..., None] * UP
    heel = ankle - body.ankle_forward * along - body.ankle_up * normal
    toe = heel + body.foot * along
    small = heel + 0.86 * body.foot * along + (SIGN * 0.36 * body.foot)[:, None] * across
    return ankle, heel, toe, small


def _knee(
    body: Body,
    hip: np.ndarray,
    ankle: np.ndarray,
    forward: np.ndarray,
    left: np.ndarray,
    sign: float,
    valgus: float | np.ndarray,
    rotation: float,
) -> np.ndarray:
    """Knee centre on the circle both bones allow, so that the frontal projection deviates by ``valgus`` (radians)."""
    span = ankle - hip
    length = np.linalg.norm(span, axis=-1, keepdims=True)
    axis = span / length
    along = (length**2 + body.thigh**2 - body.shank**2) / (2 * length)
    radius = np.sqrt(np.maximum(body.thigh**2 - along**2, 0))
    aim = forward * np.cos(rotation) - sign * np.sin(rotation) * left
    front = aim - (aim * axis).sum(axis=-1, keepdims=True) * axis
    front /= np.linalg.norm(front, axis=-1, keepdims=True)
    inward = np.cross(axis, front) * sign  # towards the other leg
    inward *= np.sign(-(inward * left).sum(axis=-1, keepdims=True) * sign)
    base = hip + along * axis

    def deviation(angle: np.ndarray) -> np.ndarray:
        knee = base + radius * (np.cos(angle) * front + np.sin(angle) * inward)
        return frontal_deviation(hip, knee, ankle, left, sign)[:, None]

    if rotation:
        natural = np.zeros_like(length)
        valgus = valgus + deviation(natural)
    angle = np.zeros_like(length)
    for _ in range(12):
        here = deviation(angle)
        slope = (deviation(angle + 1e-4) - deviation(angle - 1e-4)) / 2e-4
        step = np.where(np.abs(slope) > 1e-9, (valgus - here) / np.where(slope == 0, 1, slope), 0)
        angle = np.clip(angle + np.clip(step, -0.5, 0.5), -1.5, 1.5)
    return base + radius * (np.cos(angle) * front + np.sin(angle) * inward)


def frontal_deviation(hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray, left: np.ndarray, sign: float) -> np.ndarray:
    """Hip-knee-ankle deviation in the frontal plane, radians, knee towards the other leg (valgus) +."""

    def flat(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (v * left).sum(axis=-1) * sign, v[..., 2]

    thigh_y, thigh_z = flat(knee - hip)
    shank_y, shank_z = flat(ankle - knee)
    return np.arctan2(thigh_z * shank_y - thigh_y * shank_z, thigh_y * shank_y + thigh_z * shank_z) * -1.0


def _upper_body(
    walker: Walker, plan: StridePlan, c: np.ndarray, pelvis: np.ndarray, heading: np.ndarray, m: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Trunk, arms and head, (T, 3) each."""
    body = plan.body
    middle = plan.contact.mean()
    lean = np.radians(walker.trunk_lean_deg) + np.radians(1.0) * np.cos(4 * np.pi * (c - middle - 0.30))
    side_lean = np.radians(walker.trunk_left_lean_deg) + np.radians(walker.trunk_sway_deg) * np.cos(2 * np.pi * (c - middle - 0.55))
    forward, left = axes(heading)
    up = np.sin(lean)[:, None] * forward + np.tan(side_lean)[:, None] * left * np.cos(lean)[:, None] + np.cos(lean)[:, None] * UP
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    across_forward, across = axes(heading - 0.7 * m["yaw"])
    chest = pelvis + body.trunk * up + walker.trunk_left_shift_m * left
    neck = chest + 0.02 * body.height * up
    head = neck + 0.115 * body.height * UP + 0.01 * body.height * forward
    points = {"mid_hip": pelvis, "neck": neck, "head": head + 0.07 * body.height * UP}
    tilt = np.radians(walker.shoulder_left_up_deg)
    line = np.cos(tilt) * (across - (across * up).sum(-1, keepdims=True) * up) + np.sin(tilt) * up
    h = 0.05 * body.height
    points["nose"] = head + 1.25 * h * forward - 0.2 * h * UP
    for i, (side, sign) in enumerate(zip(SIDES, SIGN, strict=True)):
        shoulder = chest + sign * body.shoulder_half * line
        swing = np.radians(-4 + walker.arm_swing_deg * np.cos(2 * np.pi * (c - plan.contact[i] - 0.5)))
        bend = np.radians(22) + np.radians(10) * np.cos(2 * np.pi * (c - plan.contact[i] - 0.5))
        out = 0.12 * sign
        upper = np.sin(swing)[:, None] * across_forward - np.cos(swing)[:, None] * UP + out * left
        upper /= np.linalg.norm(upper, axis=-1, keepdims=True)
        lower = np.sin(swing + bend)[:, None] * across_forward - np.cos(swing + bend)[:, None] * UP
        elbow = shoulder + body.upper_arm * upper
        wrist = elbow + body.forearm * lower
        points |= {f"{side}_shoulder": shoulder, f"{side}_elbow": elbow, f"{side}_wrist": wrist}
        points |= {
            f"{side}_index": wrist + 0.05 * body.height * lower + 0.006 * body.height * forward,
            f"{side}_pinky": wrist + 0.045 * body.height * lower - 0.012 * body.height * forward,
            f"{side}_thumb": wrist + 0.025 * body.height * lower + 0.018 * body.height * forward,
            f"{side}_eye_inner": head + 1.05 * h * forward + 0.25 * h * sign * left + 0.2 * h * UP,
            f"{side}_eye": head + h * forward + 0.5 * h * sign * left + 0.2 * h * UP,
            f"{side}_eye_outer": head + 0.9 * h * forward + 0.7 * h * sign * left + 0.2 * h * UP,
            f"{side}_ear": head - 0.1 * h * forward + 1.1 * h * sign * left,
            f"{side}_mouth": head + 1.05 * h * forward + 0.35 * h * sign * left - 0.7 * h * UP,
        }
    points["skull"] = head
    return points
