"""Angles between points in the image plane: the few formulas every measurement shares."""

from __future__ import annotations

import numpy as np


def forward_up(xy: np.ndarray, direction: np.ndarray | int, roll_deg: float = 0.0) -> np.ndarray:
    """Pixels as complex numbers: forward as the real part, up as the imaginary one.

    Parameters
    ----------
    xy : (T, K, 2) pixels
        x to the right, y down.
    direction : (T,) or int
        +1 where forward is image right, -1 where it is image left, 0 where it is not known.
    roll_deg : float, degrees
        How far a vertical of the world leans clockwise in the image (to the right, at its top); it is turned back.

    Returns
    -------
    (T, K) complex pixels
        NaN where the direction is 0.

    Examples
    --------
    >>> import numpy as np
    >>> forward_up(np.array([[[3.0, 4.0]]]), -1)
    array([[-3.-4.j]])
    """
    d = np.asarray(direction, float)
    d = np.where(d == 0, np.nan, np.sign(d))
    z = xy[..., 0] - 1j * xy[..., 1]
    if roll_deg:
        z = z * np.exp(1j * np.radians(roll_deg))
    out = np.empty(z.shape, complex)
    out.real = z.real * (d[:, None] if d.ndim else d)
    out.imag = z.imag
    return out


def lean_deg(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """How far a line leans forward of the vertical, degrees in -180..180: + where ``top`` is in front of ``bottom``.

    Examples
    --------
    >>> lean_deg(np.array([1 + 1j]), np.array([0j]))
    array([45.])
    """
    v = top - bottom
    return np.degrees(np.arctan2(v.real, v.imag))


def pitch_deg(back: np.ndarray, front: np.ndarray) -> np.ndarray:
    """How far a line rises forwards of the horizontal, degrees in -180..180: + where ``front`` is higher than ``back``.

    Examples
    --------
    >>> pitch_deg(np.array([0j]), np.array([1 - 1j]))
    array([-45.])
    """
    v = front - back
    return np.degrees(np.arctan2(v.imag, v.real))


def wrap_deg(angle: np.ndarray) -> np.ndarray:
    """The same angle in -180..180 degrees.

    Examples
    --------
    >>> wrap_deg(np.array([190.0, -20.0]))
    array([-170.,  -20.])
    """
    return angle - 360 * np.round(angle / 360)


def cross_talk_deg(flexion: np.ndarray | float, turn: np.ndarray | float) -> np.ndarray:
    """The false varus or valgus a straight-aligned leg shows in a front view when it is bent and turned.

    Parameters
    ----------
    flexion : degrees
        Knee flexion, thigh and shank leaning equally.
    turn : degrees
        How far the plane of the leg is turned out of the camera's line of sight.

    Returns
    -------
    degrees
        Deviation of hip-knee-ankle from a straight line in the image, with the sign of flexion times turn.

    Notes
    -----
    ``2 atan(tan(flexion / 2) sin turn)``, from the projection of two equal segments (no source; derived here).

    Examples
    --------
    >>> float(cross_talk_deg(20, 15).round(1))
    5.2
    """
    return np.degrees(2 * np.arctan(np.tan(np.radians(flexion) / 2) * np.sin(np.radians(turn))))
