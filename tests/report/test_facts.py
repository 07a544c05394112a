"""Who was measured and how, in words of the clinic."""

from __future__ import annotations

from dataclasses import replace

from skelgait.gait.measure import Measurement
from skelgait.report.facts import about_subject, list_facts, step_words
from skelgait.report.visit import gather_visit


def test_measures_are_printed_as_they_are_known(side_only: Measurement) -> None:
    trial = side_only.trial
    assert about_subject(trial) == "age and height not given"
    full = trial.with_(age_years=7 + 5 / 12, sex="male", height_m=1.2149, leg_length_m=0.6, mass_kg=24.04)
    assert about_subject(full) == "7.4 years · male · height 1.21 m · leg length 0.60 m · 24 kg"


def test_steps_are_words() -> None:
    assert step_words("estimate_pose(MediapipePose, subject='walking')") == "keypoints by MediapipePose"
    assert step_words("resample(fps=50)") == "evenly timed at 50 frames a second"


def test_a_recording_is_described_without_names_of_the_code(side_only: Measurement) -> None:
    (name, text), *rest = list_facts(gather_visit(side_only.trial, measurement=side_only))
    assert name == "Recording 1"
    assert "_" not in text
    assert "(" not in text.split("Walking")[0]
    assert "gaps filled, smoothed at" in text
    assert "Walking: 0.0 to 4.0 s" in text
    assert "consensus of several rules" in text
    assert [n for n, _ in rest][-1] == "Software"


def test_the_file_is_named_only_when_asked(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    named = replace(side_only, planes={"sagittal": replace(m, raw=m.raw.with_(source="/ward/anna.json"))})
    for identify in (False, True):
        visit = gather_visit(named.trial, measurement=named, identify=identify)
        assert ("anna.json" in list_facts(visit)[0][1]) is identify
