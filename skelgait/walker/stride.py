"""One stride of one child, planned so that the feet stay where they stand.

Everything here is in the straight frame: x along the walk, y to the child's left, z up, metres; sides are index 0
(left) and 1 (right). `c` is the share of the right foot's cycle, `own` the share of each foot's own cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from skelgait.walker.anatomy import SIGN, Body, build_body
from skelgait.walker.curves import flatten, healthy, healthy_share, hermite, joint_targets
from skelgait.walker.stance import HARMONICS, Aim, harmonics, legs_standing, rise_over, settle
from skelgait.walker.swing import plan_swing

if TYPE_CHECKING:
    from skelgait.walker.child import Walker

NODES = 256
TIPTOE = (
    1 / 3
)  # of the last double support: then only the tips of the toes touch, the ball, where the big toe's keypoint is, has left


@dataclass(frozen=True)
class StridePlan:
    """One stride and how to read it at any moment."""

    body: Body
    stride: float
    contact: np.ndarray  # (2,) share of the right cycle at which each foot lands
    leave: np.ndarray  # (2,) share of its own cycle at which the ball of each foot leaves the floor
    heel: np.ndarray  # (2,) x of the standing heel, cycle 0
    half_width: float
    progression: np.ndarray  # (2,) radians, toes out
    height: np.ndarray  # harmonics of the pelvis height
    forward: np.ndarray  # harmonics of the pelvis's swing about steady progress
    stance_pitch: np.ndarray  # (2, NODES + 1) until it leaves
    swing: np.ndarray  # (2, 3, NODES + 1): ankle forward of the heel it left, ankle height, pitch

    def own(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Number and share of each foot's own cycle at ``c``, both (..., 2)."""
        own = np.asarray(c, float)[..., None] - self.contact
        count = np.floor(own)
        return count, own - count

    def pelvis_height(self, c: np.ndarray) -> np.ndarray:
        """Height of the middle of the hips."""
        return harmonics(c, HARMONICS) @ self.height

    def pelvis_forward(self, c: np.ndarray) -> np.ndarray:
        """Distance of the pelvis ahead of steady progress."""
        return harmonics(c, 2)[..., 1:] @ self.forward

    def pitch_standing(self, side: int, share: np.ndarray) -> np.ndarray:
        """Pitch of a standing foot at a share of its time on the floor."""
        return read_table(self.stance_pitch[side], share)

    def swinging(self, side: int, share: np.ndarray) -> np.ndarray:
        """Ankle x, ankle z and pitch, (3, ...), of a swinging foot at a share of its swing."""
        return np.stack([read_table(table, share) for table in self.swing[side]])


def read_table(table: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Cubic reading of an even table over 0..1; its slopes are central differences."""
    n = len(table) - 1
    return hermite(np.asarray(share) * n, np.arange(n + 1.0), table, np.gradient(table))


def pelvis_motion(walker: Walker, body: Body, c: np.ndarray) -> dict[str, np.ndarray]:
    """Sway, turn and tilt of the pelvis at ``c``, and where they carry the hips, (..., 2) each."""
    contact = walker.contact_shares
    left, right = c - contact[0], c - contact[1]
    up = (healthy("pelvis_own_side_up", left) - healthy("pelvis_own_side_up", right)) / 2 + walker.pelvis_left_up_deg
    turn = (healthy("pelvis_own_side_forward", right) - healthy("pelvis_own_side_forward", left)) / 2
    sway = walker.pelvis_sway_m * np.cos(2 * np.pi * (c - contact.mean() - 0.55))
    obliquity, yaw = np.radians(up), np.radians(turn)
    hip_y = SIGN * (body.hip_half * np.cos(obliquity))[..., None]
    return {
        "sway": sway,
        "obliquity": obliquity,
        "yaw": yaw,
        "hip_x": -hip_y * np.sin(yaw)[..., None],
        "hip_y": hip_y * np.cos(yaw)[..., None] + sway[..., None],
        "hip_z": SIGN * (body.hip_half * np.sin(obliquity))[..., None],
    }


@lru_cache(maxsize=64)
def plan_stride(walker: Walker) -> StridePlan:
    """Place the feet, carry the pelvis, roll and swing the feet so that the joints come near the walker's curves."""
    body = build_body(walker.body_height_m, walker.leg_m)
    contact, stance, steps = walker.contact_shares, walker.stance_shares, walker.step_lengths_m
    stride = float(steps.sum())
    opposite_contact = np.array([1 - contact[0], contact[0]])
    opposite_off = stance[::-1] - opposite_contact[::-1]
    leave = stance - TIPTOE * (stance - opposite_contact)
    valgus = np.radians(walker.both("knee_valgus_deg"))
    progression = np.radians(walker.both("foot_progression_deg"))
    half_width = walker.step_width_m / 2

    def aim(side: int, own: np.ndarray) -> Aim:
        share = healthy_share(own, opposite_off[side], opposite_contact[side], stance[side])
        thigh, knee, pitch = joint_targets(
            share,
            crouch_deg=walker.both("crouch_deg")[side],
            equinus_deg=walker.both("equinus_deg")[side],
            stiff_knee=walker.both("stiff_knee")[side],
            knee_harmonics=walker.knee_harmonics,
        )
        c = own + contact[side]
        m = pelvis_motion(walker, body, c)
        hip = np.stack([stride * c + m["hip_x"][:, side], m["hip_y"][:, side], m["hip_z"][:, side]], axis=1)
        return Aim(c, share, thigh, knee, pitch, hip, float(valgus[side]), float(progression[side]))

    def standing(side: int, nodes: int) -> Aim:
        own = np.linspace(0, leave[side], nodes)
        own[-1] -= 1e-9
        a = aim(side, own)
        return Aim(a.c, a.share, a.thigh, a.knee, flatten(a.pitch, a.share), a.hip, a.valgus, a.progression)

    def arriving(side: int) -> Aim:
        return aim(side, leave[side] + (1 - leave[side]) * np.linspace(0.7, 0.96, 14))

    first_heel = stride / 4 - (steps[0] - stride * contact[0]) / 2
    arrivals = (arriving(0), arriving(1))
    settled = settle(body, (standing(0, 56), standing(1, 56)), arrivals, first_heel, steps, half_width)
    legs = [legs_standing(body, standing(i, NODES + 1), settled, i, half_width) for i in (0, 1)]
    sink = max(rise_over(body, hip, ankle) for _, hip, ankle in legs)
    settled.height[0] -= sink
    swing = []
    for i, (pitch, hip, ankle) in enumerate(legs):
        hip = hip - np.array([0, 0, sink])
        own = np.linspace(leave[i], 1, NODES + 1)
        own[-1] -= 1e-9
        a = aim(i, own)
        forward = harmonics(a.c, 2)[:, 1:] @ settled.forward
        swing_hip = a.hip + np.stack([forward, 0 * forward, harmonics(a.c, HARMONICS) @ settled.height], axis=1)
        swing.append(plan_swing(body, a, swing_hip, (pitch, hip, ankle), leave[i], settled.heel[i], stride, walker.toe_clearance_m))
    return StridePlan(
        body,
        stride,
        contact,
        leave,
        settled.heel,
        half_width,
        progression,
        settled.height,
        settled.forward,
        np.stack([pitch for pitch, _, _ in legs]),
        np.stack(swing),
    )
