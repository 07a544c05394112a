"""Contacts and foot-offs stand at their times, on the traces they were found on."""

from __future__ import annotations

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17
from skelgait.gait.measure import Measurement
from skelgait.report.timeline import ankle_traces, draw_events, stances


def lines(figure, gid: str) -> list:
    return [line for ax in figure.axes for line in ax.get_lines() if line.get_gid() == gid]


def test_events_stand_at_their_times_on_the_trace(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    figure = draw_events(m.pose, m.events, direction=m.direction)
    for side in ("left", "right"):
        (trace,) = lines(figure, f"{side} ankle")
        for event in ("initial_contact", "foot_off"):
            (marks,) = lines(figure, f"{side} {event}")
            x, y = marks.get_xdata(), marks.get_ydata()
            np.testing.assert_allclose(x, m.events.times(side, event))
            np.testing.assert_allclose(y, np.interp(x, *trace.get_xydata().T), atol=1e-9)
    assert figure.axes[-1].get_xlabel() == "time (s)"
    assert "leg lengths" in figure.axes[0].get_ylabel()


def test_contacts_are_where_the_ankle_is_in_front(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    traces, _ = ankle_traces(m.pose, m.direction)
    for side in ("left", "right"):
        at = np.interp(m.events.times(side, "initial_contact"), m.pose.time_s, traces[side])
        assert (at > 0.2).all()


def test_long_walks_take_several_rows(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    figure = draw_events(m.pose, m.events, direction=m.direction, row_s=1.0)
    assert len(figure.axes) == 4
    marks = [x for line in lines(figure, "left initial_contact") for x in line.get_xdata()]
    np.testing.assert_allclose(marks, m.events.times("left", "initial_contact"))


def test_stance_pairs_stay_within_a_bout() -> None:
    kinds = ["initial_contact", "foot_off", "initial_contact", "foot_off"]
    events = GaitEvents(["left"] * 4, kinds, [1, 1.6, 2, 4.0], [0, 0, 0, 0], bout=[0, 0, 0, 1])
    assert stances(events, "left") == [(1.0, 1.6)]


def test_a_leg_never_seen_leaves_its_trace_empty() -> None:
    t = np.arange(120) / 60
    xy = np.zeros((120, 17, 2))
    xy[..., 0] = 100 + 200 * t[:, None]
    for side, phase in (("left", 0.0), ("right", np.pi)):
        for name, y in (("shoulder", 0), ("hip", 100), ("knee", 150), ("ankle", 200)):
            k = COCO17.index(f"{side}_{name}")
            xy[:, k, 1] = y
            xy[:, k, 0] += y / 4 * np.sin(2 * np.pi * t + phase) * (y > 100)
    for joint in ("knee", "ankle"):
        xy[:, COCO17.index(f"left_{joint}")] = np.nan
    pose = PoseSequence(xy, fps=60, skeleton=COCO17, view="sagittal_right")
    events = GaitEvents(["left", "right"], ["initial_contact"] * 2, [0.5, 1.0], frame=[30, 60])
    figure = draw_events(pose, events, direction=np.ones(120, int))
    assert np.isnan(lines(figure, "left ankle")[0].get_ydata()).all()
    assert np.isfinite(lines(figure, "right ankle")[0].get_ydata()).all()
