"""The table of descriptors: names that say side and unit, sources, and needs that exist."""

from __future__ import annotations

import pytest

from skelgait.core.skeleton import BODY25, SIDES
from skelgait.gait.descriptors import DESCRIPTORS, Descriptor, symmetry_column
from skelgait.gait.peaks import PEAKS
from skelgait.gait.symmetry import INDICES

BY_NAME = {d.name: d for d in DESCRIPTORS}
SUFFIXES = {"spm": "_spm", "percent": "_percent", "s": "_s", "ll": "_ll", "m": "_m", "deg": "_deg", "ll/s": "_ll_s", "m/s": "_m_s",
            "ratio": "_ratio", "1": "_dimensionless", "ll/spm": "_ll_per_spm", "m/spm": "_m_per_spm"}  # fmt: skip


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(DESCRIPTORS)


@pytest.mark.parametrize("name", [
    "cadence_spm", "left_step_length_ll", "right_step_time_s", "speed_m_s", "left_knee_flexion_max_swing_deg",
    "left_knee_flexion_min_stance_deg", "step_time_symmetry_index_percent", "left_knee_valgus_mid_stance_deg", "step_width_ll",
    "trunk_lean_mean_deg", "stride_time_cv_percent", "stride_time_cv_floor_percent", "left_stance_percent",
])  # fmt: skip
def test_names_others_rely_on(name: str) -> None:
    assert name in BY_NAME


@pytest.mark.parametrize("d", DESCRIPTORS, ids=lambda d: d.name)
def test_a_row_says_everything_it_must(d: Descriptor) -> None:
    assert d.name.endswith(SUFFIXES[d.unit])
    assert d.plane in ("sagittal", "frontal", "either")
    assert d.group in ("time", "space", "angle", "variability", "symmetry")
    assert d.definition
    assert d.source
    assert d.scale in ("", "metres", "leg_length")
    assert all(BODY25.has(p) for p in d.points), d.points
    assert d.needs[0].startswith(("sagittal view", "frontal view"))
    assert d.min_fps >= 20
    assert d.min_cycles >= 1


def test_whatever_one_side_has_the_other_has_too() -> None:
    for d in DESCRIPTORS:
        if d.side:
            other = SIDES[1 - SIDES.index(d.side)] + d.name.removeprefix(d.side)
            assert BY_NAME[other].unit == d.unit
            assert BY_NAME[other].source == d.source


def test_metres_need_a_scale_and_nothing_else_does() -> None:
    for d in DESCRIPTORS:
        assert bool(d.scale) == (d.unit in ("m", "m/s", "m/spm", "1")), d.name


def test_every_cv_stands_beside_its_sd_and_times_beside_their_floor() -> None:
    for d in DESCRIPTORS:
        if d.name.endswith("_cv_percent"):
            stem = d.name.removesuffix("_cv_percent")
            assert d.min_cycles == 10
            assert any(n.startswith(f"{stem}_sd_") for n in BY_NAME)
            assert ("_time" in stem) == (f"{stem}_cv_floor_percent" in BY_NAME)


def test_every_peak_and_every_index_is_in_the_table() -> None:
    for peak in PEAKS:
        for side in SIDES if peak.sided else ("",):
            assert f"{side}_{peak.name}_deg".removeprefix("_") in BY_NAME
    for quantity, unit in (("step_time", "s"), ("stance_time", "s"), ("swing_time", "s"), ("step_length", "ll")):
        for index in INDICES:
            assert BY_NAME[symmetry_column(quantity, index, unit)].group == "symmetry"


def test_needs_are_told_in_words() -> None:
    scale = "a scale (height, leg length or a known distance)"
    assert BY_NAME["speed_m_s"].needs == ("sagittal view", "ankle", "hip", "knee", scale)
    assert BY_NAME["left_foot_pitch_initial_contact_deg"].needs == ("sagittal view", "heel", "toe", "50 frames/s")
    assert BY_NAME["stride_time_cv_percent"].needs == ("sagittal view (else frontal)", "ankle", "hip", "knee", "10 cycles")
