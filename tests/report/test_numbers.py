"""Numbers as they are printed."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.report.numbers import NOTHING, number, percent, smallest


def test_numbers_never_read_minus_zero() -> None:
    assert number(-0.001, "s") == "0.00"
    assert number(-12.34, "deg") == "−12.3"


def test_what_is_not_known_is_a_dash() -> None:
    assert number(np.nan, "s") == percent(np.nan) == NOTHING


@pytest.mark.parametrize(("share", "printed"), [(0, "< 1 %"), (0.004, "< 1 %"), (0.006, "1 %"), (0.994, "99 %"), (1, "> 99 %")])
def test_nothing_is_certain(share: float, printed: str) -> None:
    assert percent(share).replace("\u00a0", " ") == printed


@pytest.mark.parametrize("unit", ["s", "deg", "spm", "m", "percent"])
def test_the_smallest_step_is_the_last_digit_printed(unit: str) -> None:
    assert number(float(smallest(unit)), unit) == smallest(unit)
