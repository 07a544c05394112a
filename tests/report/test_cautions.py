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

FAR = "Filmed from one side only: the right leg was the far one"


@pytest.fixture(scope="module")
def visit(side_only: Measurement) -> Visit:
    return gather_visit(side_only.trial, measurement=side_only)


def changed_plane(visit: Visit, **changes: object) -> Visit:
    (r,) = visit.recordings
    return replace(visit, recordings=(replace(r, measured=replace(r.measured, **changes)),))  # type: ignore[arg-type]


def with_pose(visit: Visit, **changes: object) -> Visit:
    (r,) = visit.recordings
    return changed_plane(visit, pose=r.measured.pose.with_(**changes))


def test_a_sound_visit_has_none(child: Walker) -> None:
    views = ("sagittal_left", "sagittal_right", "frontal_towards")
    trials = [Trial("x", child.film(Camera(view=v), fps=60, duration_s=4).pose, name=v, age_years=7) for v in views]
    assert find_cautions(gather_visit(trials)) == []


@pytest.mark.parametrize(("factor", "said"), [(1.0, False), (2.0, True), (0.42, True)])
def test_a_cadence_nobody_walks_asks_about_the_frame_rate(child: Walker, factor: float, said: bool) -> None:
    pose = child.film(fps=60, duration_s=5).pose
    lines = find_cautions(gather_visit(Trial("x", pose.with_(fps=60 * factor, time_s=None))))
    assert any(f"really filmed at {60 * factor:.3g} frames a second" in line for line in lines) == said


def test_one_side_only_leaves_a_leg_behind_the_other(visit: Visit) -> None:
    (line,) = find_cautions(visit)
    assert line.startswith(FAR)
    assert "Touches all angles of the right leg: their error is counted 1.5 times." in line


def test_doubtful_sides_come_first(visit: Visit) -> None:
    sides = {"told_by": "height", "confidence": 0.62}
    line, far = find_cautions(with_pose(visit, info={"sides": sides}))
    assert line.startswith("Recording 1: Left and right leg could hardly be told apart (62\u00a0% sure)")
    assert "Touches every number of one leg" in line
    assert far.startswith(FAR)
    assert len(find_cautions(with_pose(visit, info={"sides": {**sides, "confidence": 0.99}}))) == 1
    line, _ = find_cautions(with_pose(visit, info={"sides": {"told_by": "names", "confidence": 0.95}}))
    assert "nothing but its own majority" in line


@pytest.mark.parametrize(("fps", "said"), [(25.0, True), (29.97, True), (50.0, False)])
def test_few_frames_a_second_are_said_with_what_that_does_to_times(visit: Visit, fps: float, said: bool) -> None:
    lines = find_cautions(changed_plane(visit, raw=visit.recordings[0].measured.raw.with_(fps=fps)))
    found = [line for line in lines if "frames a second" in line]
    assert bool(found) is said
    if fps == 25.0:  # 40 ms a frame: SD of an event 11.5, of an interval 16.3
        assert "an event would be uncertain by 12 ms, a time between two by 16 ms" in found[0]
        assert "Touches step, stance, swing and support times" in found[0]
        assert lines.index(found[0]) == len(lines) - 1


def test_points_that_were_often_unsure_are_named(visit: Visit) -> None:
    pose = visit.recordings[0].measured.pose
    confidence = pose.confidence.copy()
    confidence[:30, pose.skeleton.index("left_knee")] = 0.4
    assert not any("Often unsure" in line for line in find_cautions(with_pose(visit, confidence=confidence)))
    confidence[:100, pose.skeleton.index("left_knee")] = 0.4
    (line,) = [line for line in find_cautions(with_pose(visit, confidence=confidence)) if "Often unsure" in line]
    assert "left knee. Touches the angles of these joints" in line


def test_a_borrowed_zero_is_said_with_what_rests_on_it() -> None:
    walks = [
        Walker(equinus_deg=(25.0, 0.0)).film(Camera(view=v), fps=60, duration_s=5).pose for v in ("sagittal_left", "sagittal_right")
    ]
    lines = find_cautions(gather_visit([Trial("x", pose, age_years=8) for pose in walks]))
    (line,) = [line for line in lines if "never seen flat" in line]
    assert line.startswith("A foot (left leg) was never seen flat")  # not the other, though it is compared with this one
    assert "items 1, 2, 3 and 7" in line


@pytest.mark.parametrize(("age", "said"), [(30.0, True), (2.0, True), (9.0, False), (None, False)])
def test_an_age_beyond_the_limits_is_said(visit: Visit, age: float | None, said: bool) -> None:
    trial = visit.trial.with_(age_years=age)
    lines = find_cautions(replace(visit, pooled=replace(visit.pooled, trial=trial)))
    assert any(line.startswith("Aged") and "Touches every pattern and item" in line for line in lines) is said


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
    line = find_cautions(visit)[0]
    assert line.startswith("Recording 2: Seen at an angle (")
    assert "not read from it" in line


def test_what_could_not_be_measured_is_told_without_names(visit: Visit) -> None:
    failed = replace(visit, failures=("'sideways' has no pose for its video walk.mp4",))
    line = find_cautions(failed)[0]
    assert line.startswith("A recording could not be measured: ")


def test_steps_without_a_stride_are_said(visit: Visit) -> None:
    strides = visit.recordings[0].measured.strides
    none = replace(strides, **{field.name: getattr(strides, field.name)[:0] for field in fields(strides)})
    assert find_cautions(changed_plane(visit, strides=none))[0] == (
        "Recording 1: No complete stride was seen: nothing that needs one could be measured."
    )


def test_few_strides_are_said(visit: Visit) -> None:
    (r,) = visit.recordings
    strides = r.measured.strides
    rows = np.flatnonzero(strides.side == "left")[:2]
    few = replace(strides, **{field.name: getattr(strides, field.name)[rows] for field in fields(strides)})
    lines = find_cautions(replace(visit, recordings=(replace(r, measured=replace(r.measured, strides=few)),)))
    assert lines[0].startswith("Few strides: 2 of the left leg, 0 of the right. One odd step weighs heavily. Touches every mean")
