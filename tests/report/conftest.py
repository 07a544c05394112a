"""Walks that several tests of the report look at."""

from __future__ import annotations

import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement, measure
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="session")
def child() -> Walker:
    return Walker(age_years=7, cadence_spm=126, stiff_knee=(0.0, 0.4), knee_valgus_deg=(3.0, 9.0))


@pytest.fixture(scope="session")
def both_planes(child: Walker) -> Measurement:
    """A child filmed from the side and from the front, measured."""
    side = child.film(Camera(view="sagittal_right"), fps=60, duration_s=5, random_state=0).pose
    front = child.film(Camera(view="frontal_towards"), fps=60, duration_s=5, random_state=0).pose
    return measure(Trial("child07", {"sagittal": side, "frontal": front}, age_years=7, height_m=1.21, sex="female"))


@pytest.fixture(scope="session")
def side_only(child: Walker) -> Measurement:
    return measure(Trial("sideways", child.film(Camera(view="sagittal_left"), fps=60, duration_s=4).pose))
