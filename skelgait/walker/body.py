"""Where every joint of the child is at any moment, in metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.walker.curves import smoothstep
from skelgait.walker.path import Path
from skelgait.walker.stride import LONGEST, SIGN, Body, StridePlan, _read, pelvis_motion, roll_over

if TYPE_CHECKING:
    from skelgait.walker.child import Walker


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


def _frame(heading: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors forward and to the left of headings, (..., 3)."""
    c, s, zero = np.cos(heading), np.sin(heading), np.zeros_like(heading)
    return np.stack([c, s, zero], axis=-1), np.stack([-s, c, zero], axis=-1)


UP = np.array([0.0, 0.0, 1.0])


def move(walker: Walker, plan: StridePlan, path: Path, c: np.ndarray, start: float) -> Motion:
    """Joint centres at progress ``c`` (T,) for a walk whose path begins at progress ``start``."""
    body = plan.body
    origin = plan.stride * start
    m = pelvis_motion(walker, plan.contact, body, c)
    distance = plan.stride * c + m["forward"] - origin
    x, y, heading = path.at(distance)
    forward, left = _frame(heading)
    ground = np.stack([x, y, np.zeros_like(x)], axis=-1)
    pelvis = ground + m["sway"][:, None] * left + plan.pelvis_height(c)[:, None] * UP
    ankle, heel, toe, small_toe = _feet(plan, path, c, origin)
    hip = (
        pelvis[:, None]
        + m["hip_x"][..., None] * forward[:, None]
        + (m["hip_y"] - m["sway"][:, None])[..., None] * left[:, None]
        + m["hip_z"][..., None] * UP
    )
    # Where a turn stretches a leg beyond its length the pelvis sinks, smoothly enough over a turn of a second or more.
    span = ankle - hip
    longest = LONGEST * (body.thigh + body.shank)
    level = np.maximum(longest**2 - (span[..., :2] ** 2).sum(axis=-1), 0)
    sink = np.maximum(-span[..., 2] - np.sqrt(level), 0).max(axis=1)
    pelvis = pelvis - sink[:, None] * UP
    hip = hip - sink[:, None, None] * UP
    rotation, valgus = np.radians(walker.both("hip_rotation_deg")), np.radians(walker.both("knee_valgus_deg"))
    knee = np.stack(
        [_knee(body, hip[:, i], ankle[:, i], forward, left, SIGN[i], valgus[i], rotation[i]) for i in (0, 1)],
        axis=1,
    )
    points = {}
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


def _feet(plan: StridePlan, path: Path, c: np.ndarray, origin: float) -> tuple[np.ndarray, ...]:
    """Ankle, heel, big toe and small toe, (T, 2, 3) each."""
    body = plan.body
    count, own = plan.own(c)
    stands = own < plan.stance
    s = np.clip((own - plan.stance) / (1 - plan.stance), 0, 1)
    on_floor = np.stack([_read(plan.stance_pitch[i], np.clip(own[:, i] / plan.stance[i], 0, 1)) for i in (0, 1)], axis=1)
    in_air = np.stack([[_read(plan.swing[i, k], s[:, i]) for i in (0, 1)] for k in range(3)], axis=0).transpose(0, 2, 1)
    pitch = np.where(stands, on_floor, in_air[2])
    rolled_x, rolled_z = roll_over(body, pitch)
    local_x = np.where(stands, rolled_x, in_air[0] / np.cos(plan.progression))
    ankle_z = np.where(stands, rolled_z + body.sole, in_air[1])
    at = plan.heel + count * plan.stride - origin
    blend = np.where(stands, 0.0, smoothstep(s))[..., None]
    total = 0.0
    ahead = 0.0
    for step, weight in ((0.0, 1 - blend), (plan.stride, blend)):
        fx, fy, facing = path.at(at + step)
        _, side = _frame(facing)
        direction, _ = _frame(facing + SIGN * plan.progression)
        start = np.stack([fx, fy, np.zeros_like(fx)], axis=-1) + (SIGN * plan.half_width)[:, None] * side
        reach = local_x - step / np.cos(plan.progression)
        total = total + weight * (start + reach[..., None] * direction)
        ahead = ahead + weight * (facing + SIGN * plan.progression)[..., None]
    ankle = total + ankle_z[..., None] * UP
    direction, across = _frame(ahead[..., 0])
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
    forward, left = _frame(heading)
    up = np.sin(lean)[:, None] * forward + np.tan(side_lean)[:, None] * left * np.cos(lean)[:, None] + np.cos(lean)[:, None] * UP
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    across_forward, across = _frame(heading - 0.7 * m["yaw"])
    chest = pelvis + body.trunk * up
    neck = chest + 0.02 * body.height * up
    head = neck + 0.115 * body.height * UP + 0.01 * body.height * forward
    points = {"mid_hip": pelvis, "neck": neck, "head": head + 0.07 * body.height * UP}
    h = 0.05 * body.height
    points["nose"] = head + 1.25 * h * forward - 0.2 * h * UP
    for i, (side, sign) in enumerate(zip(SIDES, SIGN, strict=True)):
        shoulder = chest + sign * body.shoulder_half * (across - (across * up).sum(-1, keepdims=True) * up)
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
