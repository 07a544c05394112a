"""One stride of one child, planned so that the feet stay where they stand.

Everything here is in the straight frame: x along the walk, y to the child's left, z up, metres; sides are index 0
(left) and 1 (right). `c` is the share of the right foot's cycle, `own` the share of each foot's own cycle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelgait.walker.curves import flatten, healthy, healthy_share, hermite, joint_targets, smoothstep

if TYPE_CHECKING:
    from skelgait.walker.child import Walker

NODES = 512
SIGN = np.array([1.0, -1.0])  # towards the side, along y
LONGEST = 0.99995  # a leg never stretches further than this share of thigh + shank


@dataclass(frozen=True)
class Body:
    """Lengths of a child in metres (segment shares of Winter 2009, table 4.1, shortened to a child's legs)."""

    height: float
    thigh: float
    shank: float
    hip_half: float
    shoulder_half: float
    trunk: float
    upper_arm: float
    forearm: float
    foot: float  # heel to big toe
    ankle_forward: float
    ankle_up: float  # above the heel-toe line
    sole: float  # heel and toe keypoints above the floor


def build_body(height: float, leg: float) -> Body:
    """The child of a height and a leg (thigh and shank) length."""
    return Body(
        height=height,
        thigh=0.502 * leg,
        shank=0.498 * leg,
        hip_half=0.047 * height,
        shoulder_half=0.098 * height,
        trunk=0.285 * height,
        upper_arm=0.172 * height,
        forearm=0.146 * height,
        foot=0.125 * height,
        ankle_forward=0.050 * height,
        ankle_up=0.030 * height,
        sole=0.012 * height,
    )


@dataclass(frozen=True)
class StridePlan:
    """Tables of one stride and how to read them at any moment."""

    body: Body
    stride: float
    contact: np.ndarray  # (2,) share of the right cycle at which each foot lands
    stance: np.ndarray  # (2,) share of its own cycle each foot stands
    heel: np.ndarray  # (2,) x of the standing heel, cycle 0
    half_width: float
    progression: np.ndarray  # (2,) radians, toes out
    height: np.ndarray  # (NODES + 1,) pelvis height over the right cycle
    stance_pitch: np.ndarray  # (2, NODES + 1) over stance
    swing: np.ndarray  # (2, 3, NODES + 1) ankle x from the standing heel, ankle z, pitch, over swing

    def own(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Number and share of each foot's own cycle at ``c``, both (..., 2)."""
        own = np.asarray(c, float)[..., None] - self.contact
        count = np.floor(own)
        return count, own - count

    def pelvis_height(self, c: np.ndarray) -> np.ndarray:
        """Height of the middle of the hips."""
        return _read(self.height, np.mod(c, 1.0))


def _read(table: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Cubic reading of an even table over 0..1; its slopes are central differences."""
    n = len(table) - 1
    return hermite(np.asarray(share) * n, np.arange(n + 1.0), table, np.gradient(table))


def roll_over(body: Body, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ankle forward of and above the heel of the flat foot, for a foot turned about its heel (toes up) or its toe."""
    cosine, sine = np.cos(pitch), np.sin(pitch)
    back = np.where(pitch < 0, body.foot, 0.0)
    x = body.ankle_forward - back
    return back + x * cosine - body.ankle_up * sine, x * sine + body.ankle_up * cosine


def pelvis_motion(walker: Walker, plan_contact: np.ndarray, body: Body, c: np.ndarray) -> dict[str, np.ndarray]:
    """Pelvis forward swing about steady progress, side sway, turn and tilt at ``c``, and the hips they carry."""
    left, right = c - plan_contact[0], c - plan_contact[1]
    up = (healthy("pelvis_own_side_up", left) - healthy("pelvis_own_side_up", right)) / 2 + walker.pelvis_left_up_deg
    turn = (healthy("pelvis_own_side_forward", right) - healthy("pelvis_own_side_forward", left)) / 2
    leg = body.thigh + body.shank
    middle = plan_contact.mean()
    forward = 0.012 * leg * np.sin(4 * np.pi * (c - middle - 0.30))
    sway = walker.pelvis_sway_m * np.cos(2 * np.pi * (c - middle - 0.55))
    obliquity, yaw = np.radians(up), np.radians(turn)
    hip_y = SIGN * (body.hip_half * np.cos(obliquity))[..., None]
    return {
        "forward": forward,
        "sway": sway,
        "obliquity": obliquity,
        "yaw": yaw,
        "hip_x": -hip_y * np.sin(yaw)[..., None],
        "hip_y": hip_y * np.cos(yaw)[..., None] + sway[..., None],
        "hip_z": SIGN * (body.hip_half * np.sin(obliquity))[..., None],
    }


def _reach(body: Body, knee: np.ndarray, valgus: float) -> np.ndarray:
    """Hip to ankle of a leg with a knee flexed and deviated sideways (radians)."""
    bend = np.hypot(knee, valgus)
    return np.sqrt(body.thigh**2 + body.shank**2 + 2 * body.thigh * body.shank * np.cos(bend))


def _bend(body: Body, reach: np.ndarray, valgus: float) -> np.ndarray:
    cosine = (reach**2 - body.thigh**2 - body.shank**2) / (2 * body.thigh * body.shank)
    bend = np.arccos(np.clip(cosine, -1, 1))
    return np.sqrt(np.maximum(bend**2 - valgus**2, 0))


def _line(body: Body, thigh: np.ndarray, knee: np.ndarray) -> np.ndarray:
    """Forward angle of the line from hip to ankle for a thigh angle and a knee flexion (radians)."""
    return np.arctan2(
        body.thigh * np.sin(thigh) - body.shank * np.sin(knee - thigh),
        body.thigh * np.cos(thigh) + body.shank * np.cos(knee - thigh),
    )


def plan_stride(walker: Walker) -> StridePlan:
    """Place the feet, raise the pelvis, roll and swing the feet so that the joints come near the walker's curves."""
    body = build_body(walker.body_height_m, walker.leg_m)
    contact, stance = walker.contact_shares, walker.stance_shares
    steps = walker.step_lengths_m
    stride = float(steps.sum())
    opposite_contact = np.array([1 - contact[0], contact[0]])
    opposite_off = np.array([stance[1] - contact[0], stance[0] - (1 - contact[0])])
    valgus = np.radians(walker.both("knee_valgus_deg"))
    half_width = walker.step_width_m / 2
    progression = np.radians(walker.both("foot_progression_deg"))
    cos_out = np.cos(progression)

    def shares(side: int, own: np.ndarray) -> np.ndarray:
        return healthy_share(own, opposite_off[side], opposite_contact[side], stance[side])

    def targets(side: int, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return joint_targets(
            share,
            crouch_deg=walker.both("crouch_deg")[side],
            equinus_deg=walker.both("equinus_deg")[side],
            stiff_knee=walker.both("stiff_knee")[side],
        )

    def hips(c: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        m = pelvis_motion(walker, contact, body, c)
        return stride * c + m["forward"] + m["hip_x"][:, side], m["hip_y"][:, side], m["hip_z"][:, side]

    # 1. Where the heels stand: as near as the step lengths allow to where thigh and shank would put them.
    wanted = np.zeros(2)
    for side in (0, 1):
        own = np.linspace(0.03, 0.97 * opposite_contact[side], 60)
        thigh, knee, pitch = targets(side, shares(side, own))
        hip_x, _, _ = hips(own + contact[side], side)
        ankle = hip_x + body.thigh * np.sin(thigh) - body.shank * np.sin(knee - thigh)
        wanted[side] = (ankle - roll_over(body, flatten(pitch, shares(side, own)))[0] * cos_out[side]).mean()
    right_heel = (wanted[1] + wanted[0] - steps[0]) / 2
    heel = np.array([right_heel + steps[0], right_heel])

    def ankle_standing(side: int, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, z = roll_over(body, pitch)
        return (
            heel[side] + x * cos_out[side],
            SIGN[side] * (half_width + x * np.sin(progression[side])),
            z + body.sole,
        )

    # 2. Pelvis height: over the leg that landed last; the last fifth of single support is bridged.
    c = np.arange(NODES) / NODES
    height = np.full(NODES, np.nan)
    for side in (0, 1):
        own = np.mod(c - contact[side], 1.0)
        share = shares(side, own)
        use = (own <= opposite_contact[side]) & (share < 0.41)
        _, knee, pitch = targets(side, share[use])
        hip_x, hip_y, hip_z = hips(own[use] + contact[side], side)
        ax, ay, az = ankle_standing(side, flatten(pitch, share[use]))
        flat2 = (hip_x - ax) ** 2 + (hip_y - ay) ** 2
        height[use] = az + np.sqrt(np.maximum(_reach(body, knee, valgus[side]) ** 2 - flat2, (0.3 * body.thigh) ** 2)) - hip_z
    height = _smooth_cycle(_bridge(height))
    table = np.r_[height, height[0]]

    # 3. Foot pitch on the ground, and 4. the swing that joins both ends of it.
    stance_pitch = np.zeros((2, NODES + 1))
    swing = np.zeros((2, 3, NODES + 1))
    for side in (0, 1):
        own = np.linspace(0, stance[side], NODES + 1)
        share = shares(side, np.minimum(own, stance[side] - 1e-9))
        _, knee, pitch = targets(side, share)
        now = own + contact[side]
        hip_x, hip_y, hip_z = hips(now, side)
        hip = np.stack([hip_x, hip_y, hip_z + _read(table, np.mod(now, 1.0))])
        reach = _reach(body, knee, valgus[side])
        low, high = np.full(NODES + 1, np.radians(-85)), np.zeros(NODES + 1)
        for _ in range(40):
            middle = (low + high) / 2
            short = np.linalg.norm(hip - np.stack(ankle_standing(side, middle)), axis=0) < reach
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        late = smoothstep(share, 0.34, 0.46)
        pitch = (1 - late) * flatten(pitch, share) + late * high
        stance_pitch[side] = pitch
        swing[side] = _plan_swing(
            body, hip, np.stack(ankle_standing(side, pitch)), pitch, own, valgus[side], stance[side], heel[side], stride,
            lambda s, side=side: (
                *targets(side, shares(side, s)),
                *hips(s + contact[side], side),
                _read(table, np.mod(s + contact[side], 1.0)),
            ),
            walker.toe_clearance_m,
        )  # fmt: skip
    return StridePlan(body, stride, contact, stance, heel, half_width, progression, table, stance_pitch, swing)


def _bridge(values: np.ndarray) -> np.ndarray:
    """Fill the unknown stretches of a cycle with cubics that match value and slope at both ends."""
    n = len(values)
    start = int(np.flatnonzero(np.isnan(values) & ~np.isnan(np.roll(values, 1)))[0])
    turned = np.roll(values, -start)
    known = np.flatnonzero(~np.isnan(turned))
    x = np.r_[known[-1] - n, known]
    y = turned[np.r_[known[-1], known]]
    slope = np.gradient(y, x)
    before, after = np.diff(x, prepend=x[0] - 1), np.diff(x, append=x[-1] + 1)
    edge_after, edge_before = np.flatnonzero(after > 1), np.flatnonzero(before > 1)
    inside = np.r_[np.nan, np.diff(y) / np.diff(x)]
    slope[edge_after] = inside[edge_after]
    slope[edge_before] = np.r_[inside[1:], np.nan][edge_before]
    slope[0] = slope[-1] = inside[-1]
    x, y, slope = np.r_[x, known[0] + n], np.r_[y, turned[known[0]]], np.r_[slope, slope[1]]
    return np.roll(hermite(np.arange(n, dtype=float), x.astype(float), y, slope), start)


def _smooth_cycle(values: np.ndarray, harmonics: float = 12.0) -> np.ndarray:
    spectrum = np.fft.rfft(values)
    order = np.arange(len(spectrum))
    return np.fft.irfft(spectrum * np.exp(-((order / harmonics) ** 4)), len(values))


def _plan_swing(
    body: Body,
    hip: np.ndarray,
    ankle: np.ndarray,
    pitch: np.ndarray,
    own: np.ndarray,
    valgus: float,
    stance: float,
    heel: float,
    stride: float,
    aim: Callable[[np.ndarray], tuple[np.ndarray, ...]],
    clearance: float,
) -> np.ndarray:
    """Ankle x from the heel it left, ankle z and pitch over swing: the healthy swing, bent to meet stance at both ends."""
    away = ankle - hip
    reach = np.linalg.norm(away, axis=0)
    flat = np.stack([_bend(body, reach, valgus), np.arctan2(away[0], -away[2]), pitch])
    s = np.linspace(0, 1, NODES + 1)
    share = stance + s * (1 - stance)
    thigh, knee, aimed_pitch, hip_x, _, hip_z, height = aim(np.minimum(share, 1 - 1e-9))
    aimed = np.stack([knee, _line(body, thigh, knee), aimed_pitch])
    slope_aimed = np.gradient(aimed, s, axis=1)
    slope_stance = np.gradient(flat, own / (1 - stance), axis=1)
    gap0, gap1 = flat[:, -1] - aimed[:, 0], flat[:, 0] - aimed[:, -1]
    rate0, rate1 = slope_stance[:, -1] - slope_aimed[:, 0], 0.5 * (slope_stance[:, 0] - slope_aimed[:, -1])
    # Values are mended over the whole swing, rates only near its ends, so that a fast push-off does not throw the foot.
    r = 1 - s
    mend = gap0[:, None] * (1 - smoothstep(s)) + gap1[:, None] * smoothstep(s)
    mend += rate0[:, None] * s * np.maximum(1 - s / 0.4, 0) ** 3 - rate1[:, None] * r * np.maximum(1 - r / 0.4, 0) ** 3
    knee, line, pitch = aimed + mend
    depth = np.sqrt(_reach(body, np.maximum(knee, 0.02), valgus) ** 2 - np.interp(s, [0, 1], [away[1, -1] ** 2, away[1, 0] ** 2]))
    x = hip_x + depth * np.sin(line) - heel
    z = hip_z + height - depth * np.cos(line)
    ends = np.array([ankle[0, -1] - heel, ankle[0, 0] + stride - heel]), np.array([ankle[2, -1], ankle[2, 0]])
    x += (ends[0][0] - x[0]) * (1 - s) + (ends[0][1] - x[-1]) * s
    z += (ends[1][0] - z[0]) * (1 - s) + (ends[1][1] - z[-1]) * s
    # The toe and the heel must pass over the floor: lift the foot where they would not, a little at a time.
    window = smoothstep(s, 0, 0.12) * (1 - smoothstep(s, 0.85, 1))
    asked = clearance * smoothstep(s, 0.05, 0.4) * (1 - smoothstep(s, 0.6, 0.95))
    for _ in range(12):
        heel_z = z - body.ankle_forward * np.sin(pitch) - body.ankle_up * np.cos(pitch) - body.sole
        lacking = (asked - np.minimum(heel_z, heel_z + body.foot * np.sin(pitch))) * window
        worst = int(lacking.argmax())
        if lacking[worst] < 1e-4:
            break
        z += lacking[worst] / window[worst] * window * np.exp(-(((s - s[worst]) / 0.16) ** 2))
    return np.stack([x, z, pitch])
