"""Numbers as a page prints them: decimals by their unit, true signs, never certain."""

from __future__ import annotations

import numpy as np

NOTHING = "–"
_DECIMALS = {"s": 2, "spm": 0, "percent": 1, "deg": 1, "m": 2, "m/s": 2, "ll": 2, "ll/s": 2, "ratio": 2, "1": 3}


def number(value: float, unit: str, decimals: int | None = None) -> str:
    """A number as printed: decimals by its unit unless given, a true minus sign, a dash when there is none.

    Examples
    --------
    >>> number(111.6, "spm"), number(-3.04, "deg"), number(float("nan"), "s"), number(-0.04, "deg")
    ('112', '−3.0', '–', '0.0')
    """
    if not np.isfinite(value):
        return NOTHING
    text = f"{value:.{_DECIMALS.get(unit, 4) if decimals is None else decimals}f}"
    return (text.removeprefix("-") if float(text) == 0 else text).replace("-", "−")


def percent(share: float) -> str:
    r"""A probability as printed: never certain.

    Examples
    --------
    >>> percent(0.571), percent(0.998), percent(0.001), percent(float("nan"))
    ('57\xa0%', '>\xa099\xa0%', '<\xa01\xa0%', '–')
    """
    if not np.isfinite(share):
        return NOTHING
    return ("<\u00a01" if share < 0.005 else ">\u00a099" if share > 0.995 else f"{100 * share:.0f}") + "\u00a0%"


def smallest(unit: str) -> str:
    """The smallest step of a number as it is printed.

    Examples
    --------
    >>> smallest("s"), smallest("deg"), smallest("spm")
    ('0.01', '0.1', '1')
    """
    decimals = _DECIMALS.get(unit, 4)
    return f"{10.0**-decimals:.{decimals}f}"
