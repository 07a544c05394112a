"""The first lines say the main numbers in plain words, and what was not possible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skelgait.gait.measure import Measurement
from skelgait.report.glance import build_supports, build_tiles


def with_values(result: Measurement, **values: float) -> Measurement:
    return replace(result, values={**result.values, **values})


def tile(result: Measurement, what: str):
    return next((t for t in build_tiles(result) if t.what == what), None)


def test_difference_is_said_in_words(both_planes: Measurement) -> None:
    longer = tile(with_values(both_planes, left_step_time_s=0.52, right_step_time_s=0.48), "Step time")
    assert [(n.side, n.text) for n in longer.numbers] == [("left", "0.52"), ("right", "0.48")]
    assert longer.lines[0] == "left 0.04 s longer than right"
    less = with_values(both_planes, left_knee_flexion_max_swing_deg=40.0, right_knee_flexion_max_swing_deg=61.5)
    assert tile(less, "Knee flexion, greatest in swing").lines[0] == "left 21.5° less than right"
    alike = tile(with_values(both_planes, left_step_time_s=0.5, right_step_time_s=0.5001), "Step time")
    assert alike.lines[0] == "left and right alike"
    close = tile(with_values(both_planes, left_step_time_s=0.5349, right_step_time_s=0.5351), "Step time")
    assert close.lines[0] == "left and right less than 0.01 s apart"


def test_varus_and_valgus_are_named_not_signed(both_planes: Measurement) -> None:
    result = with_values(both_planes, left_knee_valgus_mid_stance_deg=-4.2, right_knee_valgus_mid_stance_deg=7.0)
    knee = tile(result, "Knee from the front, mid-stance")
    assert [n.text for n in knee.numbers] == ["4.2° varus", "7.0° valgus"]


def test_metres_are_preferred_and_leg_lengths_are_the_fallback(both_planes: Measurement) -> None:
    assert tile(both_planes, "Step length").unit == "m"
    missing = {f"{side}step_length_m": np.nan for side in ("", "left_", "right_")}
    assert tile(with_values(both_planes, **missing), "Step length (leg lengths)").numbers[0].text != "–"


def test_one_missing_side_says_why(both_planes: Measurement) -> None:
    result = with_values(both_planes, left_stance_percent=np.nan)
    result = replace(result, reasons={**result.reasons, "left_stance_percent": "no complete stride of the left foot"})
    stance = tile(result, "Stance, share of the stride")
    assert stance.numbers[0].text == "–"
    assert "no complete stride of the left foot" in stance.lines


def test_one_step_is_in_the_singular(both_planes: Measurement) -> None:
    one = with_values(both_planes, left_step_time_s=np.nan)
    one = replace(one, counts={**one.counts, "right_step_time_s": 1})
    assert "from 1 right step" in tile(one, "Step time").lines
    two = replace(both_planes, counts={**both_planes.counts, "left_step_time_s": 1, "right_step_time_s": 1})
    assert "from 1 left + 1 right steps" in tile(two, "Step time").lines


def test_nothing_measured_gives_no_tile(both_planes: Measurement) -> None:
    empty = replace(both_planes, values=dict.fromkeys(both_planes.values, np.nan))
    assert build_tiles(empty) == []
    assert {s.status for s in build_supports(empty)} == {"no"}


def test_supports_follow_the_view(side_only: Measurement) -> None:
    status = {s.what: s for s in build_supports(side_only)}
    assert status["Cadence, step and stride times"].status == "yes"
    assert status["Hip, knee, ankle, trunk from the side"].status == "yes"
    assert status["Knee varus/valgus from the front"].status == "no"
    assert status["Knee varus/valgus from the front"].why
    assert status["The same in metres"].status == "no"


def test_a_part_is_said_as_a_part(side_only: Measurement) -> None:
    result = with_values(side_only, left_hip_flexion_range_deg=np.nan)
    result = replace(result, reasons={**result.reasons, "left_hip_flexion_range_deg": "the hip was hidden"})
    (angles,) = [s for s in build_supports(result) if s.what.startswith("Hip")]
    assert angles.status == "partly"
    assert angles.why == "the hip was hidden"
