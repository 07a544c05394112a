"""The lengths of a child's body and the geometry of its legs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIGN = np.array([1.0, -1.0])  # left and right along y, which points to the child's left
UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Body:
    """Lengths of a child in metres."""

    height: float
    thigh: float
    shank: float
    hip_half: float
    shoulder_half: float
    trunk: float
    upper_arm: float
    forearm: float
    foot: float  # heel to big toe
    ankle_forward: float  # from the heel
    ankle_up: float  # above the heel-toe line
    sole: float  # heel and big toe above the floor: the radius they roll over


def build_body(height: float, leg: float) -> Body:
    """The child of a height and a leg (thigh and shank) length, in metres.

    Notes
    -----
    Shares of the height follow Winter (Biomechanics and Motor Control of Human Movement, 4th ed. 2009, figure 4.1), with
    shorter legs. The foot is one rigid piece that rolls over heel and toes, so its big toe lies behind the tip of the shoe.
    """
    return Body(
        height=height,
        thigh=0.502 * leg,
        shank=0.498 * leg,
        hip_half=0.047 * height,
        shoulder_half=0.098 * height,
        trunk=0.285 * height,
        upper_arm=0.172 * height,
        forearm=0.146 * height,
        foot=0.110 * height,
        ankle_forward=0.050 * height,
        ankle_up=0.030 * height,
        sole=0.012 * height,
    )


def roll_over(body: Body, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ankle forward of and above the heel of the flat foot, for a foot on its heel (toes up) or on its ball (toes down).

    The foot rolls without slipping on rounds whose middles are the heel and the big toe: a heel that comes down, and a big toe
    behind a heel that rises, move forward a little and stay as high as they are, as markers on the heel and over the ball do.
    """
    cosine, sine = np.cos(pitch), np.sin(pitch)
    front = np.where(pitch < 0, body.foot, 0.0)
    x, z = body.ankle_forward - front, body.ankle_up
    return front - body.sole * pitch + x * cosine - z * sine, x * sine + z * cosine


def roll_over_rate(body: Body, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivative of `roll_over` by the pitch."""
    cosine, sine = np.cos(pitch), np.sin(pitch)
    x, z = body.ankle_forward - np.where(pitch < 0, body.foot, 0.0), body.ankle_up
    return -body.sole - x * sine - z * cosine, x * cosine - z * sine


def reach_of(body: Body, knee: np.ndarray, valgus: float) -> np.ndarray:
    """Hip to ankle of a leg whose knee is flexed and deviates sideways, radians."""
    return np.sqrt(body.thigh**2 + body.shank**2 + 2 * body.thigh * body.shank * np.cos(np.hypot(knee, valgus)))


def knee_of(body: Body, reach: np.ndarray, valgus: float) -> np.ndarray:
    """Knee flexion (radians) that leaves ``reach`` between hip and ankle: the inverse of `reach_of`."""
    cosine = (reach**2 - body.thigh**2 - body.shank**2) / (2 * body.thigh * body.shank)
    return np.sqrt(np.maximum(np.arccos(np.clip(cosine, -1, 1)) ** 2 - valgus**2, 0))


def line_of(body: Body, thigh: np.ndarray, knee: np.ndarray) -> np.ndarray:
    """Forward angle (radians) of the line from hip to ankle for a thigh angle and a knee flexion."""
    shank = knee - thigh
    return np.arctan2(
        body.thigh * np.sin(thigh) - body.shank * np.sin(shank), body.thigh * np.cos(thigh) + body.shank * np.cos(shank)
    )


def axes(heading: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors forward and to the left of headings (...), each (..., 3)."""
    c, s, zero = np.cos(heading), np.sin(heading), np.zeros_like(heading)
    return np.stack([c, s, zero], axis=-1), np.stack([-s, c, zero], axis=-1)
