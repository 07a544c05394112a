"""Swing: the foot flies from where it stood to where it will stand, as a healthy leg would carry it."""

from __future__ import annotations

import numpy as np

from skelgait.walker.anatomy import Body, knee_of, line_of, reach_of
from skelgait.walker.curves import smoothstep
from skelgait.walker.stance import Aim


def plan_swing(
    body: Body,
    aim: Aim,
    hip: np.ndarray,
    standing: tuple[np.ndarray, np.ndarray, np.ndarray],
    stance: float,
    heel: float,
    stride: float,
    clearance: float,
) -> np.ndarray:
    """Ankle forward of the heel it left, ankle height and pitch, (3, N) over swing.

    Parameters
    ----------
    aim, hip : Aim, (N, 3) metres
        The curves and the hip over swing.
    standing : (N,) radians, (N, 3), (N, 3) metres
        Pitch, hip and ankle over the stance before.
    stance : float
        Share of the cycle on the floor.
    heel, stride, clearance : float, metres
        Where the heel stood, how far it goes, and the least height of the foot in mid-swing.

    Notes
    -----
    Knee, hip-ankle line and pitch follow the aim; their misfit at both ends is spread over the whole swing, the misfit
    of their rates only near the ends, so that a fast push-off does not throw the foot. Landing keeps half of the
    aim's rates: a heel lands with some speed.
    """
    pitch0, hip0, ankle0 = standing
    leg = ankle0 - hip0
    ground = np.stack([knee_of(body, np.linalg.norm(leg, axis=1), aim.valgus), np.arctan2(leg[:, 0], -leg[:, 2]), pitch0])
    s = np.linspace(0, 1, len(aim.c))
    aimed = np.stack([aim.knee, line_of(body, aim.thigh, aim.knee), aim.pitch])
    rate = np.gradient(aimed, s, axis=1)
    rate0 = np.gradient(ground, s * stance / (1 - stance), axis=1)
    r = 1 - s
    mended = (
        aimed
        + (ground[:, -1] - aimed[:, 0])[:, None] * (1 - smoothstep(s))
        + (ground[:, 0] - aimed[:, -1])[:, None] * smoothstep(s)
    )
    mended += (rate0[:, -1] - rate[:, 0])[:, None] * s * np.maximum(1 - s / 0.25, 0) ** 3
    landing = np.array([0.0, 0.5, 0.5])[:, None]  # a knee that is nearly straight has no rate to speak of
    mended -= landing * (rate0[:, 0] - rate[:, -1])[:, None] * r * np.maximum(1 - r / 0.4, 0) ** 3
    knee, line, pitch = mended
    knee = 0.05 + 0.01 * np.logaddexp(0, (knee - 0.05) / 0.01)  # a swinging leg stays a little bent
    across = leg[-1, 1] + (leg[0, 1] - leg[-1, 1]) * smoothstep(s)
    depth = np.sqrt(reach_of(body, knee, aim.valgus) ** 2 - across**2)
    x = hip[:, 0] + depth * np.sin(line) - heel
    z = hip[:, 2] - depth * np.cos(line)
    x += (ankle0[-1, 0] - heel - x[0]) * r + (ankle0[0, 0] + stride - heel - x[-1]) * s
    z += (ankle0[-1, 2] - z[0]) * r + (ankle0[0, 2] - z[-1]) * s
    # A leg that is already ahead of the hip lifts its foot by swinging on, not by bending the knee.
    lift, pitch = _clear(body, s, z, pitch, clearance)
    onward = 0.7 * smoothstep(s, 0.6, 0.8) / np.maximum(np.tan(line), 0.3)
    return np.stack([x + onward * lift / (1 + lift / 0.01), z + lift, pitch])


def _clear(body: Body, s: np.ndarray, z: np.ndarray, pitch: np.ndarray, clearance: float) -> tuple[np.ndarray, np.ndarray]:
    """Lift and pitch of a foot that passes over the floor: toes up by some degrees first, then the whole foot up."""
    window = smoothstep(s, 0, 0.10) * (1 - smoothstep(s, 0.88, 1))
    rise = smoothstep(s, 0.05, 0.4)
    asked = clearance * rise * np.stack([0.3 * (1 - smoothstep(s, 0.75, 1.0)), 1 - smoothstep(s, 0.6, 0.95)])  # heel, toe
    lift, raised = np.zeros_like(z), 0.0
    for _ in range(24):
        heel = z + lift - body.ankle_forward * np.sin(pitch) - body.ankle_up * np.cos(pitch) - body.sole
        toe = heel + body.foot * np.sin(pitch)
        lacking = (asked - np.stack([heel, toe])).max(axis=0)
        worst = int((lacking * window).argmax())
        if (lacking * window)[worst] < 1e-4:
            break
        bump = window / window[worst] * np.exp(-(((s - s[worst]) / 0.16) ** 2))
        if toe[worst] < heel[worst] and raised < np.radians(25):
            more = min(lacking[worst] / (body.foot - body.ankle_forward), np.radians(4))
            pitch, raised = pitch + more * bump, raised + more
        else:
            lift = lift + lacking[worst] * bump
    return lift, pitch
