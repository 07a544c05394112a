"""How much strides differ, beside what the frame rate alone shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skelgait.gait.measure import Measurement
from skelgait.report.variability import build_variability


def changed(result: Measurement, **values: float) -> Measurement:
    reasons = {**result.reasons, **{name: f"{name} was taken away" for name, v in values.items() if np.isnan(v)}}
    return replace(result, values={**result.values, **values}, reasons=reasons)


def test_variability_stands_beside_what_the_frame_rate_alone_shows(both_planes: Measurement) -> None:
    result = changed(both_planes, stride_time_sd_s=0.0214, stride_time_cv_percent=2.31, stride_time_cv_floor_percent=0.7)
    row = next(r for r in build_variability(result) if r[0] == "Stride time")
    assert row[1:3] == ("s", "0.021")
    assert row[4:6] == ("2.3 %", "0.7 %")
