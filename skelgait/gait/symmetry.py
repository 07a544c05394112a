"""How alike left and right are: the indices in use, with one sign."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType


def difference(left: float, right: float) -> float:
    """Left minus right, in the unit of the quantity.

    Parameters
    ----------
    left, right : float
        The quantity on each side.

    Returns
    -------
    float
        ``left - right``; 0 is symmetric, positive means more on the left.

    Examples
    --------
    >>> round(difference(0.39, 0.25), 2)
    0.14
    """
    return left - right


def ratio(left: float, right: float) -> float:
    """Left over right; 1 is symmetric.

    Parameters
    ----------
    left, right : float
        The quantity on each side, positive.

    Returns
    -------
    float
        ``left / right``; NaN unless both are positive.

    Examples
    --------
    >>> round(ratio(0.39, 0.25), 2)
    1.56
    """
    return left / right if _positive(left, right) else math.nan


def difference_of_left(left: float, right: float) -> float:
    """Difference in percent of the left.

    Parameters
    ----------
    left, right : float
        The quantity on each side, positive.

    Returns
    -------
    float, percent
        ``100 (left - right) / left``; NaN unless both are positive.

    Examples
    --------
    >>> round(difference_of_left(0.39, 0.25), 2)
    35.9
    """
    return 100 * (left - right) / left if _positive(left, right) else math.nan


def difference_of_larger(left: float, right: float) -> float:
    """Difference in percent of the larger side.

    Parameters
    ----------
    left, right : float
        The quantity on each side, positive.

    Returns
    -------
    float, percent
        ``100 (left - right) / max(left, right)``, between -100 and 100; NaN unless both are positive.

    Examples
    --------
    >>> round(difference_of_larger(0.39, 0.25), 2)
    35.9
    """
    return 100 * (left - right) / max(left, right) if _positive(left, right) else math.nan


def symmetry_index(left: float, right: float) -> float:
    """Robinson's symmetry index: difference in percent of the mean of both sides.

    Parameters
    ----------
    left, right : float
        The quantity on each side, positive.

    Returns
    -------
    float, percent
        ``100 (left - right) / (0.5 (left + right))``, between -200 and 200; NaN unless both are positive.

    References
    ----------
    Robinson, Herzog & Nigg (1987), J Manipulative Physiol Ther 10:172-176.

    Examples
    --------
    >>> round(symmetry_index(0.39, 0.25), 2)
    43.75
    """
    return 200 * (left - right) / (left + right) if _positive(left, right) else math.nan


def normalised_difference(left: float, right: float) -> float:
    """Difference in percent of the sum of both sides.

    Parameters
    ----------
    left, right : float
        The quantity on each side, positive.

    Returns
    -------
    float, percent
        ``100 (left - right) / (left + right)``, between -100 and 100; NaN unless both are positive.

    Examples
    --------
    >>> round(normalised_difference(0.39, 0.25), 2)
    21.88
    """
    return 100 * (left - right) / (left + right) if _positive(left, right) else math.nan


def left_share(left: float, right: float) -> float:
    """The left side's part of the sum of both; 50 is symmetric.

    Parameters
    ----------
    left, right : float
        The quantity on each side, positive.

    Returns
    -------
    float, percent
        ``100 left / (left + right)``, between 0 and 100; NaN unless both are positive.

    Examples
    --------
    >>> round(left_share(0.39, 0.25), 2)
    60.94
    """
    return 100 * left / (left + right) if _positive(left, right) else math.nan


def symmetry_angle(left: float, right: float) -> float:
    """Zifchock's symmetry angle: how far (left, right) lies from the line of equality.

    Parameters
    ----------
    left, right : float
        The quantity on each side; may be negative, not both zero.

    Returns
    -------
    float, percent
        ``100 (45 deg - atan(left / right)) / 90 deg``, between -100 and 100.

    Notes
    -----
    The one index whose sign is opposite: **negative** when the left is larger, as its authors write it.
    The angle of the vector (right, left) is taken in half a turn, which is what the published rule
    "if 45 - atan > 90, take 45 - atan - 180" amounts to for quantities of either sign.

    References
    ----------
    Zifchock et al. (2008), Gait Posture 27:622-627, doi:10.1016/j.gaitpost.2007.08.006.

    Examples
    --------
    >>> round(symmetry_angle(0.39, 0.25), 2)
    -13.71
    """
    if not (math.isfinite(left) and math.isfinite(right)) or left == right == 0:
        return math.nan
    angle = 45 - math.degrees(math.atan2(left, right))
    return (angle - 180 if angle > 90 else angle + 180 if angle < -90 else angle) / 0.9


def gait_asymmetry(left: float, right: float) -> float:
    """Plotnik's gait asymmetry: 100 times the logarithm of the ratio of the sides, without sign.

    Parameters
    ----------
    left, right : float
        The quantity on each side, positive; its authors use swing times.

    Returns
    -------
    float, percent
        ``100 |ln(shorter / longer)|``, 0 or more; NaN unless both are positive.

    References
    ----------
    Plotnik, Giladi, Balash, Peretz & Hausdorff (2005), Ann Neurol 57:656-663, doi:10.1002/ana.20452.

    Examples
    --------
    >>> round(gait_asymmetry(0.39, 0.25), 2)
    44.47
    """
    return abs(100 * math.log(left / right)) if _positive(left, right) else math.nan


def indices_of(left: float, right: float) -> tuple[float, ...]:
    """Every index of a pair, in the order of `INDICES`.

    Parameters
    ----------
    left, right : float
        The quantity on each side.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> indices_of(0.39, 0.25) == tuple(rule(0.39, 0.25) for _, rule in INDICES.values())
    True
    """
    apart, angle = left - right, symmetry_angle(left, right)
    if not _positive(left, right):
        return apart, *(math.nan,) * 6, angle, math.nan
    both, larger = left + right, max(left, right)
    shares = left / right, 100 * apart / left, 100 * apart / larger, 200 * apart / both, 100 * apart / both, 100 * left / both
    return apart, *shares, angle, abs(100 * math.log(left / right))


def _positive(left: float, right: float) -> bool:
    return left > 0 and right > 0  # False for NaN, too


# Name of each index in a column (`step_time_symmetry_index_percent`), its unit ("" is that of the quantity) and its rule.
INDICES: Mapping[str, tuple[str, Callable[[float, float], float]]] = MappingProxyType(
    {
        "difference": ("", difference),
        "ratio": ("ratio", ratio),
        "difference_of_left": ("percent", difference_of_left),
        "difference_of_larger": ("percent", difference_of_larger),
        "symmetry_index": ("percent", symmetry_index),
        "normalised_difference": ("percent", normalised_difference),
        "left_share": ("percent", left_share),
        "symmetry_angle": ("percent", symmetry_angle),
        "gait_asymmetry": ("percent", gait_asymmetry),
    }
)
