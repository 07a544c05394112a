"""Numbers that follow from steps and strides have their published values."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.gait.spatiotemporal import dimensionless_cadence, dimensionless_speed, dimensionless_time, interval_floor_s


def test_size_free_quantities_have_their_published_values() -> None:
    assert round(dimensionless_speed(1.0, 0.5), 3) == 0.452
    assert round(dimensionless_cadence(150, 0.5), 3) == 0.564
    assert round(dimensionless_time(0.8, 0.5), 2) == 3.54


@pytest.mark.parametrize(("fps", "milliseconds"), [(25, 16.3), (30, 13.6), (60, 6.8), (120, 3.4)])
def test_the_floor_of_an_interval(fps: float, milliseconds: float) -> None:
    assert 1000 * interval_floor_s(fps) == pytest.approx(milliseconds, abs=0.05)
    # the claim behind it: two events rounded to the frame spread an interval by this much
    times = np.random.default_rng(0).uniform(0, 10, (2, 20000))
    rounded = np.round(times * fps) / fps
    assert np.std(np.diff(rounded - times, axis=0)) == pytest.approx(interval_floor_s(fps), rel=0.03)
