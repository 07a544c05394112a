"""The measures of a visit: strides pooled by how well they were seen, legs compared."""

from __future__ import annotations

from math import hypot, isnan

import numpy as np
import pytest

from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.measure import measure
from skelgait.gait.pattern_measures import CURVES, FEET, CurveSamples
from skelgait.gait.pattern_readings import FRONT_TIMES_ERROR, _pool, read_visit
from skelgait.gait.reference import reference_curves
from skelgait.tasks.patterns import pattern_measures
from skelgait.walker import Camera, Walker

MEASURES = pattern_measures()
NAMES = [m.name for m in CURVES]


def samples(view: str, values: list[float], foot: list[int], near: bool, weight: float = 1.0) -> CurveSamples:
    value = np.repeat(np.array(values)[:, None], len(CURVES), axis=1)
    n = len(values)
    return CurveSamples(view, np.full(n, "left"), value, np.array(foot), np.full(n, near), np.full(n, weight))


def test_strides_with_their_own_zero_come_before_borrowed_ones() -> None:
    both = [samples("sagittal_left", [5.0, 7.0], [0, 1], near=True), samples("sagittal_right", [30.0], [2], near=False)]
    ankle, knee = (NAMES.index(n) for n in ("ankle_stance", "knee_stance"))
    own = _pool(MEASURES["ankle_stance"], "left", ankle, both)
    assert (own.value, own.cycles, own.views, own.note) == (5.0, 1, ("sagittal_left",), "")
    assert own.error == MEASURES["ankle_stance"].error
    every = _pool(MEASURES["knee_stance"], "left", knee, both)  # needs no zero: all three count
    assert (every.value, every.cycles, every.far) == (7.0, 3, False)
    stand_in = _pool(MEASURES["ankle_stance"], "left", ankle, both[1:])
    assert stand_in.note == FEET[2][0]
    assert stand_in.error == pytest.approx(hypot(1.5 * MEASURES["ankle_stance"].error, FEET[2][1]))
    assert isnan(_pool(MEASURES["knee_stance"], "right", knee, both).value)


def test_a_stride_weighs_as_much_as_it_was_seen() -> None:
    well, badly = (
        samples("sagittal_left", [10.0, 10.0], [0, 0], True, 1.0),
        samples("sagittal_right", [40.0] * 3, [0] * 3, False, 0.2),
    )
    assert _pool(MEASURES["knee_peak"], "left", NAMES.index("knee_peak"), [well, badly]).value < 12


def test_legs_compared_are_mirror_images() -> None:
    walk = Walker(stance_percent=(56.0, 66.0), step_length_m=(0.42, 0.5), stiff_knee=(0.5, 0.0)).film(fps=60, duration_s=6)
    found = read_visit([measure(Trial("w", walk.pose))], reference_curves())
    for name in ("swing_over_stance", "step_over_other"):
        assert found["left", name].value * found["right", name].value == pytest.approx(1.0)
    assert found["left", "swing_over_stance"].value > 1.2
    assert found["right", "step_over_other"].value == pytest.approx(0.5 / 0.42, abs=0.04)
    assert found["left", "steps_apart"].value == found["right", "steps_apart"].value == found["right", "step_over_other"].value
    below = [found[side, "knee_peak_below_other"].value for side in SIDES]
    assert below[0] == -below[1] > 10
    assert found["left", "knee_peak_below_other"].value == pytest.approx(
        found["right", "knee_peak"].value - found["left", "knee_peak"].value
    )


def test_times_from_the_front_are_less_sure_and_say_so() -> None:
    walk = Walker(stance_percent=(58.0, 64.0)).film(Camera(view="frontal_towards", distance_m=12), fps=60, duration_s=5)
    found = read_visit([measure(Trial("w", {"frontal": walk.pose}))], reference_curves())
    times = found["left", "swing_over_stance"]
    assert times.error == FRONT_TIMES_ERROR * MEASURES["swing_over_stance"].error
    assert "frontal" in times.note
    assert times.views == ("frontal_towards",)
    assert isnan(found["left", "step_over_other"].value)
    assert "from the side" in found["left", "step_over_other"].note
    assert "from the side" in found["left", "knee_stance"].note


def test_few_strides_are_less_sure() -> None:
    errors = []
    for seconds in (2.6, 6.0):
        walk = Walker(stance_percent=(58.0, 64.0)).film(fps=60, duration_s=seconds)
        errors.append(read_visit([measure(Trial("w", walk.pose))], reference_curves())["left", "swing_over_stance"])
    assert errors[0].cycles < 3 <= errors[1].cycles
    assert errors[0].error == pytest.approx(0.1 * (3 / errors[0].cycles) ** 0.5)
    assert errors[1].error == 0.1


def test_every_measure_of_both_sides_has_a_value_or_a_reason() -> None:
    walk = Walker().film(fps=60, duration_s=4)
    found = read_visit([measure(Trial("w", walk.pose))], reference_curves())
    assert set(found) == {(side, name) for side in SIDES for name in MEASURES}
    for (_, name), r in found.items():
        assert np.isfinite(r.value) or r.note, name
        assert np.isfinite(r.value) == np.isfinite(r.error) == (r.cycles > 0) == bool(r.views)


def test_a_pelvis_that_is_known_moves_what_rests_on_it() -> None:
    child = Walker(crouch_deg=10).film(fps=60, duration_s=5).pose
    plain, known = (
        read_visit([measure(Trial("child", child, covariates=covariates))], reference_curves())
        for covariates in ({}, {"pelvic_tilt_deg": 21.6})
    )
    for (side, name), reading in known.items():
        if MEASURES[name].zero == "pelvis":
            assert reading.value - plain[side, name].value == pytest.approx(10)
            assert reading.error < 0.7 * plain[side, name].error
            assert "21.6 degrees" in reading.note
        elif not isnan(reading.value):
            assert reading == plain[side, name]
