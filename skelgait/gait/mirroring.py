"""A walk's numbers as those of the mirror child: left and right change places, and what compares them turns about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import nan

from skelgait.core.skeleton import other_side
from skelgait.gait.descriptors import COMPARED, SUBTRACTED, symmetry_column
from skelgait.gait.posture import POSTURE
from skelgait.gait.symmetry import INDICES

# Positive to the left, without a twin of its own.
SIGNED = ("pelvis_left_up_mean_deg", "trunk_left_lean_mean_deg", *POSTURE)


def _minus(value: float) -> float:
    return -value


# Each index with left and right exchanged, from the index itself; those that are not here change their sign.
TURNED: Mapping[str, Callable[[float], float]] = {
    "ratio": lambda value: 1 / value if value else nan,
    "difference_of_left": lambda value: 100 * value / (value - 100) if value != 100 else nan,
    "left_share": lambda value: 100 - value,
    "gait_asymmetry": lambda value: value,
}


def mirror_descriptors(numbers: Mapping[str, float]) -> dict[str, float]:
    """The numbers of one walk as the mirrored walk has them.

    Parameters
    ----------
    numbers : mapping of name to number
        A row of `skelgait.describe`, whole or in part, or of a table of your own.

    Returns
    -------
    dict
        The same names. What begins with ``left_`` or ``right_`` takes its twin's number (NaN where there is no twin); symmetry
        indices and leans to the left turn about; every other number stays.

    Examples
    --------
    >>> mirror_descriptors({"left_step_time_s": 0.5, "right_step_time_s": 0.4, "step_time_ratio": 1.25, "cadence_spm": 133.0})
    {'left_step_time_s': 0.4, 'right_step_time_s': 0.5, 'step_time_ratio': 0.8, 'cadence_spm': 133.0}
    """
    turned = _turned()
    return {
        name: turned[name](value) if name in turned else value if (twin := other_side(name)) == name else numbers.get(twin, nan)
        for name, value in numbers.items()
    }


@lru_cache(maxsize=1)
def _turned() -> dict[str, Callable[[float], float]]:
    tables = ((COMPARED, tuple(INDICES)), (SUBTRACTED, ("difference",)))
    columns = {
        symmetry_column(name, index, unit): TURNED.get(index, _minus)
        for table, indices in tables
        for name, unit, _ in table
        for index in indices
    }
    return columns | dict.fromkeys(SIGNED, _minus)
