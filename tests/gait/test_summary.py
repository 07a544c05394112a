"""Cadence and scale, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import measure
from skelgait.walker import Camera, Walker
from tests.gait.conftest import with_contacts

CHILD = Walker(cadence_spm=112, leg_length_m=0.6)


def test_cadence_weighs_the_sides_alike(steady_pose) -> None:  # type: ignore[no-untyped-def]
    # steps: right 0.6, left 0.4, right 0.6 s; the mean of three would say 112.5
    result = with_contacts(steady_pose, [1.0, 2.0], [1.6, 2.6])
    assert result.values["cadence_spm"] == pytest.approx(120)
    assert result.values["step_time_difference_s"] != result.values["step_time_difference_s"]  # one left step is too few
    assert result.reasons["step_time_difference_s"] == "1 cycle, it needs 2"


def test_one_foot_tells_the_cadence_from_its_strides(steady_pose) -> None:  # type: ignore[no-untyped-def]
    result = with_contacts(steady_pose, [1.0, 2.2, 3.4], [])
    assert result.values["cadence_spm"] == pytest.approx(100)
    assert result.notes["cadence_spm"] == "from the strides of the left foot alone"


@pytest.mark.parametrize(
    ("known", "leg"),
    [({"leg_length_m": 0.7}, 0.7), ({"height_m": 1.5}, 0.47 * 1.5), ({"leg_length_m": 0.7, "height_m": 1.2}, 0.7)],
)
def test_metres_follow_from_what_is_known_of_the_subject(steady_pose, known: dict[str, float], leg: float) -> None:  # type: ignore[no-untyped-def]
    result = measure(Trial("child", steady_pose, **known))  # type: ignore[arg-type]
    assert result.values["speed_m_s"] == pytest.approx(result.values["speed_ll_s"] * leg, rel=1e-6)
    assert result.values["speed_dimensionless"] == pytest.approx(result.values["speed_m_s"] / np.sqrt(9.81 * leg), rel=1e-6)
    assert result.values["cadence_dimensionless"] == pytest.approx(
        result.values["cadence_spm"] / 60 * np.sqrt(leg / 9.81), rel=1e-6
    )
    assert "uncertain" in result.notes["speed_m_s"]


def test_a_known_pixel_size_is_a_scale() -> None:
    walk = CHILD.film(Camera(perspective=False), fps=50, duration_s=8)
    result = measure(Trial("child", walk.pose, metres_per_px=walk.truth.metres_per_px))
    assert result.values["stride_length_m"] == pytest.approx(walk.truth.stride_length_m, rel=0.02)
    assert "known length" in result.notes["stride_length_m"]
