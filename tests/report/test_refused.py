"""What was refused: everything, by its reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement
from skelgait.report.refused import group_refused


def changed(result: Measurement, **values: float) -> Measurement:
    reasons = {**result.reasons, **{name: f"{name} was taken away" for name, v in values.items() if np.isnan(v)}}
    return replace(result, values={**result.values, **values}, reasons=reasons)


def test_refused_and_measured_make_the_whole(side_only: Measurement) -> None:
    groups = group_refused(side_only)
    assert sum(np.isnan(side_only.values[d.name]) for d in DESCRIPTORS) > 0
    reasons = {reason.lower() for reason, _ in groups}
    assert reasons == {side_only.reasons[d.name].lower() for d in DESCRIPTORS if np.isnan(side_only.values[d.name])}
    assert all(names for _, names in groups)
    text = " ".join(name for _, names in groups for name in names)
    assert "Knee valgus" in text


def test_the_indices_of_a_quantity_are_one_entry(side_only: Measurement) -> None:
    gone = changed(side_only, **{n: np.nan for n in side_only.values if n.startswith("step_time_")})
    gone = replace(gone, reasons={n: "hidden" if n.startswith("step_time_") else r for n, r in gone.reasons.items()})
    names = next(names for reason, names in group_refused(gone) if reason == "Hidden")
    assert "Step time: variability (SD, MAD, CV, frame-rate floor of the CV)" in names
    (compared,) = [n for n in names if "left against right" in n]
    assert compared.startswith("Step time: left against right (difference, ratio,")
    assert "normalised difference" in compared
