"""The window of the player: it holds the walker, and follows the walk but not the hips' own movement."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.gait.measure import Measurement, PlaneMeasurement, measure_plane
from skelgait.report.framing import NARROWEST, WIDEST, frame_walk
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="module", params=["sagittal", "frontal"])
def plane(request: pytest.FixtureRequest, both_planes: Measurement) -> PlaneMeasurement:
    return both_planes.planes[request.param]


def test_the_walker_is_in_it_all_the_time(plane: PlaneMeasurement) -> None:
    framing = frame_walk(plane)
    xy = framing.place(plane.pose.xy)
    legs = [plane.pose.skeleton.index(f"{s}_{p}") for s in ("left", "right") for p in ("hip", "knee", "ankle", "big_toe")]
    assert np.nanmax(np.abs(xy[:, legs, 0])) < framing.wide
    assert np.nanmin(xy[..., 1]) > framing.top
    assert np.nanmax(xy[..., 1]) < framing.bottom + 0.1
    assert NARROWEST <= framing.wide <= WIDEST


def test_its_size_is_that_of_the_leg(both_planes: Measurement) -> None:
    side, front = (frame_walk(both_planes.planes[p]) for p in ("sagittal", "frontal"))
    assert np.ptp(side.unit) == 0
    assert front.unit[-1] > 1.2 * front.unit[0]  # he comes nearer


def test_the_bobbing_of_the_hips_stays_to_be_seen() -> None:
    m = measure_plane(Walker(cadence_spm=120).film(Camera(view="sagittal_right"), fps=60, duration_s=6).pose)
    hips = m.pose.point("mid_hip")[:, 1]
    middle = slice(60, -60)
    assert np.ptp(frame_walk(m).centre[middle, 1]) < 0.3 * np.ptp(hips[middle])


def test_a_short_recording_is_followed_on_a_straight_line() -> None:
    m = measure_plane(Walker().film(fps=60, duration_s=2.5).pose.with_(view="sagittal_right"))
    course = frame_walk(m).centre[:, 0]
    assert np.abs(np.diff(course, 2)).max() < 1e-6
    assert np.ptp(course) > 100


def test_a_body_that_was_never_seen_has_a_window_all_the_same(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    from dataclasses import replace

    pose = m.pose.with_(xy=np.full_like(m.pose.xy, np.nan), confidence=None)
    framing = frame_walk(replace(m, pose=pose))
    assert np.isfinite([framing.wide, framing.top, framing.bottom]).all()
    assert np.isfinite(framing.centre).all()
