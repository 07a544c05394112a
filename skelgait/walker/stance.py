"""Stance: one smooth pelvis over two feet that stand, each joint as near its curve as the floor allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.walker.anatomy import SIGN, Body, line_of, reach_of, roll_over, roll_over_rate
from skelgait.walker.curves import smoothstep

HARMONICS = 10  # of the stride, in the height of the pelvis
ROUNDS = 40
PUSHES = 8  # shape functions of a foot's late roll
DEGREE = np.pi / 180
STRAIGHTEST = 2.5 * DEGREE  # a standing knee is not planned straighter than this


@dataclass(frozen=True)
class Aim:
    """What one standing leg aims at, at (N,) moments of its stance: the curves, and the hip without the unknowns."""

    c: np.ndarray
    share: np.ndarray  # of the healthy cycle
    thigh: np.ndarray
    knee: np.ndarray
    pitch: np.ndarray
    hip: np.ndarray  # (N, 3), height without the pelvis
    valgus: float
    progression: float


@dataclass(frozen=True)
class Settled:
    """The compromise: pelvis height and forward swing as harmonics, heels, and the corrections of each foot's pitch."""

    height: np.ndarray  # (1 + 2 * HARMONICS,)
    forward: np.ndarray  # (4,)
    heel: np.ndarray  # (2,)
    push: np.ndarray  # (2, PUSHES + 1)


def harmonics(c: np.ndarray, count: int) -> np.ndarray:
    """(..., 1 + 2 * count): one, then cosine and sine of each harmonic of the stride."""
    angle = 2 * np.pi * np.asarray(c)[..., None] * np.arange(1, count + 1)
    waves = np.stack([np.cos(angle), np.sin(angle)], axis=-1).reshape(*angle.shape[:-1], -1)
    return np.concatenate([np.ones((*angle.shape[:-1], 1)), waves], axis=-1)


def pushes(share: np.ndarray) -> np.ndarray:
    """(N, PUSHES + 1) ways a standing foot may pitch beyond its aim: cubic B-splines of late stance, and the landing."""
    knots = 0.28 + (0.60 - 0.28) / (PUSHES - 2) * np.arange(-1, PUSHES + 3)
    width = knots[1] - knots[0]
    x = np.abs((share[:, None] - knots[1 : PUSHES + 1]) / width)
    bumps = np.where(x < 1, 2 / 3 - x**2 + x**3 / 2, np.where(x < 2, (2 - x) ** 3 / 6, 0))
    bumps *= smoothstep(share, 0.26, 0.36)[:, None]
    return np.c_[bumps, 1 - smoothstep(share, 0.0, 0.09)]


def limit_late(pitch: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In late stance toes never rise: positive pitches become flat, with no corner. Also the derivative."""
    e = 0.03
    capped = np.where(pitch < -2 * e, pitch + e, -(np.minimum(pitch, 0) ** 2) / (4 * e))
    rate = np.where(pitch < -2 * e, 1.0, -np.minimum(pitch, 0) / (2 * e))
    late = smoothstep(share, 0.20, 0.30)
    return (1 - late) * pitch + late * capped, 1 - late + late * rate


def settle(
    body: Body, aims: tuple[Aim, Aim], arrivals: tuple[Aim, Aim], heel: float, steps: np.ndarray, half_width: float
) -> Settled:
    """Gauss-Newton over pelvis height, forward swing, heel place and late foot roll.

    Parameters
    ----------
    aims, arrivals : (Aim, Aim)
        Stance of left and right, and the end of their swing, when the pelvis must leave room for the heel.
    heel : float, metres
        First guess of the right heel.
    steps : (2,) metres
        Left and right step length.
    half_width : float, metres
        Of the base.

    Notes
    -----
    Residuals are degrees of knee (through the distance from hip to ankle, which is smooth where the angle is not), of
    the hip-ankle line and of foot pitch, with strong terms against a leg longer than its bones and against a heel
    that meets the floor before its time.
    """
    n_height, n_push = 1 + 2 * HARMONICS, PUSHES + 1
    at_forward, at_heel, at_push = n_height, n_height + 4, n_height + 5
    size = at_push + 2 * n_push
    x = np.zeros(size)
    x[0], x[at_heel] = 0.96 * (body.thigh + body.shank) + body.ankle_up + body.sole, heel
    x[at_push:] = -0.06  # start in the air: a foot held flat feels no push
    straight = reach_of(body, np.array(STRAIGHTEST), 0.0)
    bases = [(harmonics(a.c, HARMONICS), harmonics(a.c, 2)[:, 1:], pushes(a.share)) for a in aims]
    rooms = [(harmonics(a.c, HARMONICS), _heel_below(body, a)) for a in arrivals]
    order = np.repeat(np.arange(1, HARMONICS + 1), 2)
    calm_height = np.zeros((n_height - 1, size))
    calm_height[:, 1:n_height] = np.diag(0.35 * order**2)
    calm_forward = np.zeros((4, size))
    calm_forward[:, at_forward:at_heel] = np.diag([100.0, 100.0, 10.0, 10.0])

    def system(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        rows, values = [calm_height, calm_forward], [calm_height @ x, calm_forward @ x]
        for up, low in rooms:
            room = up @ x[:n_height] + low - 0.003
            w = np.where(room < 0, 1000.0 / np.sqrt(len(low)), 0.0)
            d_room = np.zeros((len(low), size))
            d_room[:, :n_height] = up
            rows.append(w[:, None] * d_room)
            values.append(w * room)
        for i, (aim, (up, ahead, push)) in enumerate(zip(aims, bases, strict=True)):
            n = len(aim.c)
            free = aim.pitch + push @ x[at_push + i * n_push : at_push + (i + 1) * n_push]
            pitch, given = limit_late(free, aim.share)
            rx, rz = roll_over(body, pitch)
            dx, dz = roll_over_rate(body, pitch)
            co, si = np.cos(aim.progression), np.sin(aim.progression)
            ankle = np.stack(
                [x[at_heel] + (steps[0] if i == 0 else 0.0) + rx * co, SIGN[i] * (half_width + rx * si), rz + body.sole], axis=1
            )
            hip = aim.hip + np.stack([ahead @ x[at_forward:at_heel], np.zeros(n), up @ x[:n_height]], axis=1)
            leg = hip - ankle
            reach = np.linalg.norm(leg, axis=1)
            unit = leg / reach[:, None]
            d_reach = np.zeros((n, size))
            d_reach[:, :n_height] = unit[:, 2:] * up
            d_reach[:, at_forward:at_heel] = unit[:, :1] * ahead
            d_reach[:, at_heel] = -unit[:, 0]
            by_pitch = -(unit[:, 0] * dx * co + unit[:, 1] * SIGN[i] * dx * si + unit[:, 2] * dz)
            d_reach[:, at_push + i * n_push : at_push + (i + 1) * n_push] = (by_pitch * given)[:, None] * push
            line = np.arctan2(-leg[:, 0], leg[:, 2])
            flat2 = leg[:, 0] ** 2 + leg[:, 2] ** 2
            d_line = np.zeros((n, size))
            d_line[:, :n_height] = (leg[:, 0] / flat2)[:, None] * up
            d_line[:, at_forward:at_heel] = (-leg[:, 2] / flat2)[:, None] * ahead
            d_line[:, at_heel] = leg[:, 2] / flat2
            bend = np.maximum(np.hypot(aim.knee, aim.valgus), 6 * DEGREE)
            per_degree = body.thigh * body.shank * np.sin(bend) / reach_of(body, bend, 0.0) * DEGREE
            trust = 1 + 0.7 * smoothstep(aim.share, 0.48, 0.58) + 1.5 * (1 - smoothstep(aim.share, 0.0, 0.06))
            w = 2 * trust / per_degree / np.sqrt(n)
            rows.append(w[:, None] * d_reach)
            values.append(w * (reach - reach_of(body, aim.knee, aim.valgus)))
            over = np.where(reach > straight, 12 / per_degree / np.sqrt(n), 0.0)
            rows.append(over[:, None] * d_reach)
            values.append(over * (reach - straight))
            w = 0.35 / DEGREE / np.sqrt(n)
            rows.append(w * d_line)
            values.append(w * (line - line_of(body, aim.thigh, aim.knee)))
            d_pitch = np.zeros((n, size))
            d_pitch[:, at_push + i * n_push : at_push + (i + 1) * n_push] = push
            w = (0.40 - 0.20 * smoothstep(aim.share, 0.42, 0.52)) / DEGREE / np.sqrt(n)
            rows.append(w[:, None] * d_pitch)
            values.append(w * (free - aim.pitch))
            landing = np.zeros((1, size))
            landing[0, at_push + (i + 1) * n_push - 1] = 0.4 / DEGREE
            rows.append(landing)
            values.append(landing @ x)
            bumpy = np.zeros((PUSHES - 2, size))
            for k in range(PUSHES - 2):
                bumpy[k, at_push + i * n_push + k : at_push + i * n_push + k + 3] = [1, -2, 1]
            rows.append(0.05 / DEGREE * bumpy)
            values.append(0.05 / DEGREE * bumpy @ x)
        # Block by block: small products stay on one core, where a busy machine would make threads wait for each other.
        normal = np.sum([row.T @ row for row in rows], axis=0)
        slope = np.sum([row.T @ value for row, value in zip(rows, values, strict=True)], axis=0)
        return normal, slope, float(sum(value @ value for value in values))

    # Levenberg and Marquardt's damping: the terms against overlong legs bend the way down.
    normal, slope, cost = system(x)
    damping = 1e-3
    for _ in range(ROUNDS):
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)) + 1e-9 * np.eye(size), -slope)
        tried = system(x + step)
        gain = cost - tried[2]
        if gain > 0:
            x, (normal, slope, cost), damping = x + step, tried, damping / 5
            if gain < 1e-5 * cost:
                break
        else:
            damping *= 6
    push = x[at_push:].reshape(2, n_push)
    return Settled(x[:n_height], x[at_forward:at_heel], np.array([x[at_heel] + steps[0], x[at_heel]]), push)


def _heel_below(body: Body, aim: Aim) -> np.ndarray:
    """Height of the heel of a leg as it is aimed, above the middle of the hips (so negative), (N,) metres."""
    drop = reach_of(body, aim.knee, aim.valgus) * np.cos(line_of(body, aim.thigh, aim.knee))
    return aim.hip[:, 2] - drop - body.ankle_forward * np.sin(aim.pitch) - body.ankle_up * np.cos(aim.pitch) - body.sole


def legs_standing(
    body: Body, aim: Aim, settled: Settled, side: int, half_width: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pitch (N,), hip and ankle (N, 3) of a standing leg under a compromise."""
    pitch, _ = limit_late(aim.pitch + pushes(aim.share) @ settled.push[side], aim.share)
    rx, rz = roll_over(body, pitch)
    ankle = np.stack(
        [
            settled.heel[side] + rx * np.cos(aim.progression),
            SIGN[side] * (half_width + rx * np.sin(aim.progression)),
            rz + body.sole,
        ],
        axis=1,
    )
    forward = harmonics(aim.c, 2)[:, 1:] @ settled.forward
    hip = aim.hip + np.stack([forward, 0 * forward, harmonics(aim.c, HARMONICS) @ settled.height], axis=1)
    return pitch, hip, ankle


def rise_over(body: Body, hip: np.ndarray, ankle: np.ndarray) -> float:
    """How far (metres) the pelvis must come down for the leg to reach its ankle throughout, 0 when it does."""
    level = ((hip - ankle)[:, :2] ** 2).sum(axis=1)
    longest = reach_of(body, np.array(1.0 * DEGREE), 0.0)
    return float(np.maximum((hip - ankle)[:, 2] - np.sqrt(np.maximum(longest**2 - level, 0)), 0).max())
