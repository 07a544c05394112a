"""How much strides differ, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gait.conftest import with_contacts


def test_spread_is_about_the_mean_of_each_side(steady_pose) -> None:  # type: ignore[no-untyped-def]
    # left strides 1.0, 1.2, 1.0 s; right strides 1.1, 1.1 s: a difference between the sides is no variability
    values = with_contacts(steady_pose, [1.0, 2.0, 3.2, 4.2], [1.5, 2.6, 3.7]).values
    deviations = np.array([-0.2, 0.4, -0.2]) / 3
    assert values["stride_time_sd_s"] == pytest.approx(np.sqrt((deviations**2).sum() / (5 - 2)))
    assert values["stride_time_mad_s"] == pytest.approx(1.4826 * np.median([0, 0.2, 0, 0, 0]))
    assert values["stride_time_s"] == pytest.approx((3.2 / 3 + 1.1) / 2)


def test_cv_with_ten_strides_and_its_floor(steady_pose) -> None:  # type: ignore[no-untyped-def]
    left = np.cumsum([1.0, *[1.0, 1.04] * 3]).tolist()
    right = (np.array(left) + 0.5).tolist()
    result = with_contacts(steady_pose, left, right)
    mean, sd = 1.02, 0.02 * np.sqrt(12 / 10)
    assert result.counts["stride_time_cv_percent"] == 12
    assert result.values["stride_time_cv_percent"] == pytest.approx(100 * sd / mean)
    assert result.values["stride_time_cv_floor_percent"] == pytest.approx(100 / (50 * np.sqrt(6)) / mean)
    assert result.notes["stride_time_cv_percent"] == "unsteady: 12 strides, fewer than 30"


def test_steadier_than_the_frame_rate_can_show_is_told(steady_pose) -> None:  # type: ignore[no-untyped-def]
    left = (1 + np.arange(8)).tolist()
    result = with_contacts(steady_pose, left, (np.array(left) + 0.5).tolist())
    assert result.values["stride_time_cv_percent"] == pytest.approx(0, abs=1e-9)
    assert "not above what 50 frames/s could show" in result.notes["stride_time_cv_percent"]
