"""Strides and cycles."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.gait.cycles import Strides, cut_cycles, find_strides, resample_cycles, share_between, stack_cycles

IC, TO = "initial_contact", "foot_off"


def events(*rows, bout=None):
    side, event, time = zip(*rows, strict=True)
    return GaitEvents(list(side), list(event), list(time), [60 * t for t in time], bout=bout)


def walk(n=4, period=1.0, start=0.0):
    rows = []
    for k in range(n):
        t = start + k * period
        rows += [
            ("left", IC, t),
            ("right", TO, t + 0.1 * period),
            ("right", IC, t + 0.5 * period),
            ("left", TO, t + 0.6 * period),
        ]
    return rows


def test_strides_of_a_plain_walk():
    strides = find_strides(events(*walk(4)))
    assert strides.side.tolist() == ["left"] * 3 + ["right"] * 3
    np.testing.assert_allclose(strides.start_s, [0, 1, 2, 0.5, 1.5, 2.5])
    np.testing.assert_allclose(strides.duration_s, 1)
    np.testing.assert_allclose(strides.percent("foot_off"), 60)
    np.testing.assert_allclose(strides.percent("opposite_foot_off"), 10)
    np.testing.assert_allclose(strides.percent("opposite_contact"), 50)
    assert strides.to_frame().columns.tolist()[-3:] == ["foot_off_percent", "opposite_foot_off_percent", "opposite_contact_percent"]


def test_a_missing_event_is_nan_and_the_stride_stays():
    rows = [r for r in walk(2) if r != ("left", TO, 0.6)]
    strides = find_strides(events(*rows))
    assert np.isnan(strides.foot_off_s[0])
    assert strides.opposite_contact_s[0] == 0.5


def test_a_missed_contact_leaves_no_double_stride():
    rows = [r for r in walk(4) if r != ("left", IC, 1.0)]
    strides = find_strides(events(*rows))
    np.testing.assert_allclose(strides.start_s[strides.side == "left"], [2.0])
    alone = [r for r in rows if r[0] == "left"]  # only the other foot's events tell: its foot-offs do
    np.testing.assert_allclose(find_strides(events(*alone)).start_s, [2.0])


@pytest.mark.parametrize(("period", "kept"), [(0.39, 0), (0.41, 1), (2.49, 1), (2.51, 0)])
def test_strides_outside_what_people_walk_are_left_out(period, kept):
    assert len(find_strides(events(("left", IC, 0.0), ("left", IC, period)))) == kept


def test_no_stride_crosses_a_turn():
    rows = walk(2) + walk(2, start=2.0)
    strides = find_strides(events(*rows, bout=[0] * 8 + [1] * 8))
    np.testing.assert_allclose(strides.start_s, [0, 2, 0.5, 2.5])
    assert strides.bout.tolist() == [0, 1, 0, 1]
    late = find_strides(events(("left", IC, 0.0), ("left", IC, 1.0), ("left", TO, 0.6), bout=[0, 0, 1]))
    assert np.isnan(late.foot_off_s[0])  # an event of another bout is not this stride's


def test_no_events_no_strides():
    none = GaitEvents([], [], [], [])
    assert len(find_strides(none)) == 0
    table = cut_cycles(pd.DataFrame({"left_knee_flexion_deg": [1.0, 2.0]}, index=pd.Index([0, 1.0], name="time_s")), none)
    assert len(table) == 0
    assert table.columns.tolist() == ["knee_flexion_deg"]
    assert table.index.names == ["side", "cycle", "percent"]


def test_share_of_stance_and_swing():
    time = np.arange(0, 2, 0.1)
    stance = share_between(events(*walk(2)), "left", IC, TO, time)
    swing = share_between(events(*walk(2)), "left", TO, IC, time)
    assert np.isfinite(stance).tolist() == [True] * 6 + [False] * 4 + [True] * 6 + [False] * 4
    assert np.isfinite(swing).tolist() == [False] * 6 + [True] * 4 + [False] * 10
    assert stance[3] == pytest.approx(0.5)
    assert np.isnan(share_between(events(("left", IC, 0.0), ("left", TO, 3.0)), "left", IC, TO, time)).all()


def test_resampling_is_linear_and_hits_the_ends():
    values = np.column_stack([np.arange(10.0), np.arange(10.0) ** 2])
    cycles = resample_cycles(values, np.arange(10.0), [1.5, 4], [3.5, 9], 5)
    np.testing.assert_allclose(cycles[0, :, 0], [1.5, 2, 2.5, 3, 3.5])
    np.testing.assert_allclose(cycles[1, :, 0], np.linspace(4, 9, 5))
    np.testing.assert_allclose(cycles[0, :, 1], [2.5, 4, 6.5, 9, 12.5])


def test_gaps_stay_gaps_and_a_sample_on_a_frame_needs_only_that_frame():
    values = np.arange(10.0)[:, None].copy()
    values[4] = np.nan
    cycle = resample_cycles(values, np.arange(10.0), [1], [7], 13)[0, :, 0]  # every half frame
    np.testing.assert_allclose(cycle, [1, 1.5, 2, 2.5, 3, np.nan, np.nan, np.nan, 5, 5.5, 6, 6.5, 7])


def test_nothing_is_known_outside_the_recording():
    cycle = resample_cycles(np.arange(5.0)[:, None], np.arange(5.0), [-1], [5], 7)[0, :, 0]
    np.testing.assert_allclose(cycle, [np.nan, 0, 1, 2, 3, 4, np.nan])


def test_uneven_frames_are_read_at_their_own_times():
    time = np.array([0.0, 1.0, 1.5, 4.0])
    np.testing.assert_allclose(resample_cycles(2 * time[:, None], time, [0.5], [3.5], 7)[0, :, 0], 2 * np.linspace(0.5, 3.5, 7))


@given(
    rate=st.sampled_from([25.0, 30.0, 60.0, 150.0]),
    shift=st.floats(-3, 30),
    period=st.floats(0.5, 1.6),
    points=st.integers(2, 201),
)
@settings(max_examples=25, deadline=None)
def test_a_curve_of_the_cycle_comes_back_at_any_rate(rate, shift, period, points):
    time = shift + np.arange(round(4 * rate)) / rate
    start = shift + np.array([0.2, 0.3 + period])
    phase = (time[:, None] - start) / period
    cycles = resample_cycles(np.sin(2 * np.pi * phase), time, start, start + period, points)
    want = np.sin(2 * np.pi * np.linspace(0, 1, points))
    worst = (2 * np.pi / (period * rate)) ** 2 / 8  # error of linear interpolation
    for k in (0, 1):
        assert np.abs(cycles[k, :, k] - want).max() <= worst + 1e-9


def table():
    time = np.arange(241) / 60
    return pd.DataFrame(
        {"left_knee_flexion_deg": time, "right_knee_flexion_deg": -time, "left_only_deg": time, "trunk_lean_deg": 10 * time},
        index=pd.Index(time, name="time_s"),
    )


def test_cut_cycles_has_one_row_a_side_cycle_and_percent():
    cycles = cut_cycles(table(), events(*walk(4)))
    assert cycles.index.names == ["side", "cycle", "percent"]
    assert len(cycles) == 6 * 101
    assert cycles.columns.tolist() == ["knee_flexion_deg", "only_deg", "trunk_lean_deg"]
    assert cycles.index.get_level_values("cycle").unique().tolist() == [0, 1, 2]
    left, right = cycles.loc[("left", 1)], cycles.loc[("right", 0)]
    np.testing.assert_allclose(left["knee_flexion_deg"], np.linspace(1, 2, 101))
    np.testing.assert_allclose(right["knee_flexion_deg"], -np.linspace(0.5, 1.5, 101))
    np.testing.assert_allclose(right["trunk_lean_deg"], 10 * np.linspace(0.5, 1.5, 101))
    assert right["only_deg"].isna().all()
    np.testing.assert_allclose(left.index, np.arange(101.0))


def test_strides_can_be_chosen_before_cutting():
    strides = find_strides(events(*walk(4)))
    chosen = strides.select(strides.start_s > 0.9)
    cycles = cut_cycles(table(), chosen, points=5)
    assert cycles.groupby("side").size().to_dict() == {"left": 10, "right": 10}
    names, stacked = stack_cycles({name: table()[name].to_numpy() for name in table()}, table().index.to_numpy(), chosen, points=5)
    np.testing.assert_allclose(stacked.reshape(-1, len(names)), cycles.to_numpy())


def test_strides_are_read_only_and_typed():
    strides = Strides(["left"], [0], [0.0], [1.0], [0.6], [0.1], [0.5])
    with pytest.raises(ValueError, match="read-only"):
        strides.start_s[0] = 3
    assert strides.bout.dtype == int


def test_refusals():
    with pytest.raises(SkelgaitError, match="no rows"):
        cut_cycles(table().iloc[:0], events(*walk(2)))
    with pytest.raises(SkelgaitError, match="points=1"):
        cut_cycles(table(), events(*walk(2)), points=1)
