"""Figures show the numbers they were given, with units, and no global plotting state."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17
from skelgait.gait.measure import Measurement
from skelgait.report.figures import ankle_traces, compare_cycles, draw_cycles, draw_events, stances
from skelgait.report.style import SIDE_COLOURS


def lines(figure, gid: str) -> list:
    return [line for ax in figure.axes for line in ax.get_lines() if line.get_gid() == gid]


@pytest.fixture
def cycles() -> pd.DataFrame:
    index = pd.MultiIndex.from_product([["left", "right"], [0, 1, 2], np.arange(101.0)], names=["side", "cycle", "percent"])
    random = np.random.default_rng(0)
    return pd.DataFrame({name: random.normal(20, 5, len(index)) for name in ("knee_flexion_deg", "hip_flexion_deg")}, index=index)


def test_mean_curve_is_the_mean_of_the_strides(cycles: pd.DataFrame) -> None:
    figure = draw_cycles(cycles, columns=["knee_flexion_deg"])
    (mean,) = lines(figure, "left mean")
    expected = cycles.loc["left", "knee_flexion_deg"].unstack("cycle").mean(axis=1)
    np.testing.assert_allclose(mean.get_xydata(), np.column_stack([np.arange(101), expected]))
    strides = lines(figure, "right stride")
    assert len(strides) == 3
    np.testing.assert_allclose(strides[1].get_ydata(), cycles.loc[("right", 1), "knee_flexion_deg"])


def test_missing_samples_are_left_out_of_the_mean(cycles: pd.DataFrame) -> None:
    cycles.loc[("left", 0), "knee_flexion_deg"] = np.nan
    cycles.loc[("left", 1, 50.0), "knee_flexion_deg"] = np.nan
    (mean,) = lines(draw_cycles(cycles, columns=["knee_flexion_deg"]), "left mean")
    assert mean.get_ydata()[50] == cycles.loc[("left", 2, 50.0), "knee_flexion_deg"]
    assert len(lines(draw_cycles(cycles, columns=["knee_flexion_deg"]), "left stride")) == 2


def test_axes_say_angle_direction_and_unit(cycles: pd.DataFrame) -> None:
    figure = draw_cycles(cycles)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Hip", "Knee"]
    for ax in figure.axes:
        assert "flexion" in ax.get_ylabel()
        assert "°" in ax.get_ylabel()
        assert ax.get_xlabel() == "gait cycle (%)"
        assert ax.get_xlim() == (0, 100)


def test_foot_off_is_a_line_of_its_side(cycles: pd.DataFrame) -> None:
    (line,) = lines(draw_cycles(cycles, foot_off={"left": 61.5}, columns=["hip_flexion_deg"]), "left foot-off")
    assert set(line.get_xdata()) == {61.5}
    assert line.get_color() == SIDE_COLOURS["left"]


def test_flat_curves_are_not_blown_up(cycles: pd.DataFrame) -> None:
    low, high = draw_cycles(cycles * 0.01, columns=["hip_flexion_deg"]).axes[0].get_ylim()
    assert high - low == pytest.approx(20)


def test_one_side_only(cycles: pd.DataFrame) -> None:
    figure = draw_cycles(cycles.loc[["right"]])
    assert not lines(figure, "left mean")
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["right, mean ± SD of 3 strides"]


def test_no_cycle_is_refused_with_what_was_there(cycles: pd.DataFrame) -> None:
    with pytest.raises(SkelgaitError, match=r"no gait cycle to draw\..*0 rows"):
        draw_cycles(cycles.iloc[:0])
    with pytest.raises(SkelgaitError, match="ankle_dorsiflexion_deg"):
        draw_cycles(cycles, columns=["ankle_dorsiflexion_deg"])


def test_comparison_lays_the_means_over_each_other_at_one_scale(cycles: pd.DataFrame) -> None:
    figure = compare_cycles({"before": cycles, "after": cycles + 10}, columns=["knee_flexion_deg"])
    (before,), (after,) = lines(figure, "left before"), lines(figure, "left after")
    np.testing.assert_allclose(after.get_ydata() - before.get_ydata(), 10)
    assert before.get_linestyle() != after.get_linestyle()
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    with pytest.raises(SkelgaitError, match="1 to 4 walks"):
        compare_cycles({str(i): cycles for i in range(5)})


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


def test_figures_leave_pyplot_alone() -> None:
    code = (
        "import sys, skelgait.report.figures, skelgait.report.pictures\n"
        "import numpy as np, pandas as pd\n"
        "i = pd.MultiIndex.from_product([['left'], [0], range(101)], names=['side', 'cycle', 'percent'])\n"
        "skelgait.report.figures.draw_cycles(pd.DataFrame({'knee_flexion_deg': np.arange(101.)}, index=i))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
