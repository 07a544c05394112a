"""What follows from steps and strides: cadence, and numbers made independent of size."""

from __future__ import annotations

import math

GRAVITY_M_S2 = 9.81


def cadence_spm(step_time_s: float) -> float:
    """Steps a minute from a mean step time.

    Parameters
    ----------
    step_time_s : float, seconds

    Returns
    -------
    float, steps/min

    Examples
    --------
    >>> cadence_spm(0.5)
    120.0
    """
    return 60 / step_time_s


def dimensionless_speed(speed_m_s: float, leg_length_m: float) -> float:
    """Speed made independent of size: ``v / sqrt(g L)``, the square root of the Froude number.

    Parameters
    ----------
    speed_m_s : float, metres/second
    leg_length_m : float, metres

    Returns
    -------
    float

    References
    ----------
    Hof (1996), Gait Posture 4:222-223, doi:10.1016/0966-6362(95)01057-2.

    Examples
    --------
    >>> round(dimensionless_speed(1.0, 0.5), 3)
    0.452
    """
    return speed_m_s / math.sqrt(GRAVITY_M_S2 * leg_length_m)


def dimensionless_cadence(cadence_spm: float, leg_length_m: float) -> float:
    """Cadence made independent of size: steps a second over ``sqrt(g / L)``.

    Parameters
    ----------
    cadence_spm : float, steps/min
    leg_length_m : float, metres

    Returns
    -------
    float

    References
    ----------
    Hof (1996), Gait Posture 4:222-223, doi:10.1016/0966-6362(95)01057-2.

    Examples
    --------
    >>> round(dimensionless_cadence(150, 0.5), 3)
    0.564
    """
    return cadence_spm / 60 * math.sqrt(leg_length_m / GRAVITY_M_S2)


def dimensionless_time(time_s: float, leg_length_m: float) -> float:
    """A time made independent of size: ``t / sqrt(L / g)``.

    Parameters
    ----------
    time_s : float, seconds
    leg_length_m : float, metres

    Returns
    -------
    float

    References
    ----------
    Hof (1996), Gait Posture 4:222-223, doi:10.1016/0966-6362(95)01057-2.

    Examples
    --------
    >>> round(dimensionless_time(0.8, 0.5), 2)
    3.54
    """
    return time_s / math.sqrt(leg_length_m / GRAVITY_M_S2)


def interval_floor_s(fps: float) -> float:
    """Standard deviation of an interval between two events that are only known to the frame: ``1 / (fps sqrt 6)``.

    Parameters
    ----------
    fps : float, frames/second

    Returns
    -------
    float, seconds

    Notes
    -----
    What the frame rate alone adds to the spread of stride times. Events of `detect_events` are finer than a frame, so
    the true floor lies below; a spread near this number says nothing about the walker.

    Examples
    --------
    >>> round(1000 * interval_floor_s(25), 1)
    16.3
    """
    return 1 / (fps * math.sqrt(6))
