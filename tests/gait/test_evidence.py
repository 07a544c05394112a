"""Every descriptor of the table is there, with its reason or its caution."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.events import GaitEvents
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.evidence import FROM_THE_FRONT, OF_THE_PLANE, TIMED, plane_evidence
from skelgait.gait.measure import measure
from skelgait.gait.samples import PlaneCycles
from skelgait.walker import Camera, Walker

NAMES = [d.name for d in DESCRIPTORS]


@pytest.fixture(scope="module")
def pose():  # type: ignore[no-untyped-def]
    return Walker(cadence_spm=112, leg_length_m=0.6).film(Camera(), fps=50, duration_s=14).pose


@pytest.mark.parametrize("view", ["sagittal_left", "frontal_towards"])
@pytest.mark.parametrize("fps", [15, 30, 60])
@pytest.mark.parametrize("duration_s", [0.5, 2, 6])
def test_the_order_is_that_of_the_table_and_each_gap_has_its_reason(view: str, fps: float, duration_s: float) -> None:
    found = measure(Trial("child", Walker().film(Camera(view=view), fps=fps, duration_s=duration_s).pose.with_(view=view)))
    assert list(found.values) == list(found.counts) == list(found.filled) == NAMES
    missing = [name for name, value in found.values.items() if np.isnan(value)]
    assert list(found.reasons) == missing  # in the same order
    assert all(found.reasons.values())
    assert not set(found.notes) & set(missing)


def test_a_walk_off_the_plane_is_noted_beside_what_it_changes_only() -> None:
    for view, plane in (("sagittal_left", "sagittal"), ("frontal_away", "frontal")):
        pose = Walker().film(Camera(view=view, yaw_deg=14), fps=60, duration_s=6).pose
        found = measure(Trial("child", {plane: pose}, height_m=1.28))
        turned = {name for name, note in found.notes.items() if "the walk heads some" in note}
        assert turned == {name for name in OF_THE_PLANE[plane] if np.isfinite(found.values[name])}


def test_times_from_the_front_carry_a_caution_beside_any_other() -> None:
    found = measure(Trial("child", {"frontal": Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=8).pose}))
    given = [name for name in TIMED if np.isfinite(found.values[name])]
    assert len(given) > 60
    assert all(found.notes[name].endswith(FROM_THE_FRONT) for name in given)
    assert found.notes["stride_time_cv_percent"].startswith("unsteady: ")


def test_what_a_plane_offered(pose) -> None:  # type: ignore[no-untyped-def]
    walk = PlaneCycles(measure(Trial("child", pose)).planes["sagittal"])
    seen = plane_evidence(walk)
    assert seen.strides == {side: (walk.strides.side == side).sum() for side in ("left", "right")}
    assert sum(seen.steps.values()) == len(walk.steps)
    assert (seen.plane, seen.bouts, seen.phases) == ("sagittal", 1, {})
    assert seen.small.startswith(f"the leg spans {walk.leg_px:.0f} px")  # a small child in a long walk
    walk.leg_px = 140.0
    assert plane_evidence(walk).small == ""


@pytest.mark.parametrize(
    ("stance", "given", "noted"), [(0.3, False, False), (0.6, True, False), (0.85, True, True), (0.95, False, False)]
)
def test_a_stance_nobody_walks_with_is_told_and_a_long_one_noted(pose, stance, given, noted) -> None:  # type: ignore[no-untyped-def]
    left, right = np.arange(0.5, 5.5), np.arange(1.0, 5.5)
    rows = [("left", "initial_contact", t) for t in left] + [("right", "initial_contact", t) for t in right]
    rows += [("left", "foot_off", t + stance) for t in left] + [("right", "foot_off", t + 0.6) for t in right]
    side, event, time_s = zip(*sorted(rows, key=lambda row: row[2]), strict=True)
    events = GaitEvents(side, event, time_s, np.array(time_s) * pose.fps)
    found = measure(Trial("child", {"sagittal": pose}, events={"sagittal": events}))
    for name in ("left_stance_percent", "left_swing_time_s"):
        assert np.isfinite(found.values[name]) == given, name
        assert given or "walkers stand for 45-90 %" in found.reasons[name]
        assert ("longer than the 80 %" in found.notes.get(name, "")) == noted
    assert np.isfinite(found.values["left_stride_time_s"])
    assert found.values["right_stance_percent"] == pytest.approx(60)
