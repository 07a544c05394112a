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
    reasons = {reason.lower() for reason, _ in groups if " cycles, it needs " not in reason}
    wanted = {side_only.reasons[d.name].lower() for d in DESCRIPTORS if np.isnan(side_only.values[d.name])}
    assert reasons == {reason for reason in wanted if " cycles, it needs " not in reason}
    assert all(names for _, names in groups)
    text = " ".join(name for _, names in groups for name in names)
    assert "Knee valgus" in text


def test_the_indices_of_a_quantity_are_one_entry(side_only: Measurement) -> None:
    gone = changed(side_only, **{n: np.nan for n in side_only.values if n.startswith("step_time_")})
    gone = replace(gone, reasons={n: "hidden" if n.startswith("step_time_") else r for n, r in gone.reasons.items()})
    names = next(names for reason, names in group_refused(gone) if reason == "Hidden")
    assert "Step time: variability" in names
    assert "Step time: left against right" in names
    some = changed(gone, step_time_sd_s=0.02, step_time_ratio=1.0)
    names = next(names for reason, names in group_refused(some) if reason == "Hidden")
    assert "Step time: variability (MAD, CV, frame-rate floor of the CV)" in names
    (compared,) = [n for n in names if "left against right" in n]
    assert compared.startswith("Step time: left against right (difference, % of left,")
    assert "normalised difference" in compared


def test_too_few_strides_of_several_kinds_are_one_reason(side_only: Measurement) -> None:
    few = {"stride_time_cv_percent": "7 cycles, it needs 10", "step_time_cv_percent": "8 cycles, it needs 10"}
    gone = changed(side_only, **dict.fromkeys(few, np.nan))
    gone = replace(gone, reasons={n: few.get(n, "hidden") for n in gone.values})
    assert "7 to 8 cycles, it needs 10" in [reason for reason, _ in group_refused(gone)]
    one = replace(gone, reasons={n: "1 cycle of the left leg, it needs 2" if n in few else "hidden" for n in gone.values})
    assert "1 cycle of the left leg, it needs 2" in [reason for reason, _ in group_refused(one)]
