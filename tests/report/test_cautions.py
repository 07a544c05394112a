"""What must be known before the numbers stands above them, and nothing else does."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement
from skelgait.report.cautions import find_cautions
from skelgait.report.visit import Visit, gather_visit
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="module")
def visit(side_only: Measurement) -> Visit:
    return gather_visit(side_only.trial, measurement=side_only)


def with_pose(visit: Visit, **changes: object) -> Visit:
    (r,) = visit.recordings
    return replace(visit, recordings=(replace(r, measured=replace(r.measured, pose=r.measured.pose.with_(**changes))),))


def test_a_sound_visit_has_none(visit: Visit) -> None:
    assert find_cautions(visit) == []


def test_doubtful_sides_come_first(visit: Visit) -> None:
    sides = {"told_by": "height", "confidence": 0.62}
    (line,) = find_cautions(with_pose(visit, info={"sides": sides}))
    assert line.startswith("Recording 1: Left and right leg could hardly be told apart (62\u00a0% sure)")
    assert not find_cautions(with_pose(visit, info={"sides": {**sides, "confidence": 0.99}}))
    (line,) = find_cautions(with_pose(visit, info={"sides": {"told_by": "names", "confidence": 0.95}}))
    assert "nothing but its own majority" in line


@pytest.mark.parametrize(("what", "words"), [("swapped", "exchanged back"), ("filled", "filled in"), ("xy", "is missing")])
def test_much_that_was_mended_is_said(visit: Visit, what: str, words: str) -> None:
    pose = visit.recordings[0].measured.pose
    changed = {"swapped": pose.swapped, "filled": pose.filled, "xy": pose.xy}[what].copy()
    knee = pose.skeleton.index("left_knee")
    for n, told in ((20, False), (100, True)):
        if what == "swapped":
            changed[:n] = True
        else:
            changed[:n, knee] = True if what == "filled" else np.nan
        lines = find_cautions(with_pose(visit, **{what: changed}, **({"confidence": None} if what == "xy" else {})))
        assert any(words in line for line in lines) is told


def test_an_oblique_recording_is_said_not_to_count(child: Walker) -> None:
    side, turned = (child.film(Camera(view="sagittal_right", yaw_deg=a), fps=60, duration_s=4).pose for a in (0, 45))
    visit = gather_visit([Trial("x", side, name="side"), Trial("x", turned, name="turned")])
    (line,) = find_cautions(visit)
    assert line.startswith("Recording 2: Seen at an angle (")
    assert "not read from it" in line


def test_what_could_not_be_measured_is_told_without_names(visit: Visit) -> None:
    failed = replace(visit, failures=("'sideways' has no pose for its video walk.mp4",))
    (line,) = find_cautions(failed)
    assert line.startswith("A recording could not be measured: ")


def test_few_strides_are_said(visit: Visit) -> None:
    (r,) = visit.recordings
    strides = r.measured.strides
    rows = np.flatnonzero(strides.side == "left")[:2]
    few = replace(strides, **{field.name: getattr(strides, field.name)[rows] for field in fields(strides)})
    lines = find_cautions(replace(visit, recordings=(replace(r, measured=replace(r.measured, strides=few)),)))
    assert lines == ["Few strides: 2 of the left leg, 0 of the right. One odd step weighs heavily."]
