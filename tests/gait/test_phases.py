"""Phases by hand: two strides whose every number was computed on paper."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.events import GaitEvents
from skelgait.gait.cycles import Strides, find_strides
from skelgait.gait.phases import PHASES, stride_phases


def events(*rows: tuple[str, str, float], bout: list[int] | None = None) -> GaitEvents:
    side, kind, time = zip(*rows, strict=True)
    kinds = {"IC": "initial_contact", "TO": "foot_off"}
    return GaitEvents(side, [kinds[k] for k in kind], time, np.array(time) * 100, bout=bout)  # type: ignore[arg-type]


# A limping walk: the right foot lands 0.6 s after the left, the left 0.4 s after the right.
WALK = events(
    ("left", "IC", 0.00),
    ("right", "TO", 0.10),
    ("right", "IC", 0.60),
    ("left", "TO", 0.75),
    ("left", "IC", 1.00),
    ("right", "TO", 1.10),
    ("right", "IC", 1.60),
    ("left", "TO", 1.75),
    ("left", "IC", 2.00),
)


def phases_of(side: str) -> dict[str, float]:
    strides = find_strides(WALK)
    return dict(zip(PHASES, stride_phases(strides)[strides.side == side][0].round(6).tolist(), strict=True))


def test_phases_of_the_left_stride_by_hand() -> None:
    assert phases_of("left") == {
        "stride_time_s": 1.0,
        "stance_time_s": 0.75,
        "swing_time_s": 0.25,
        "single_support_time_s": 0.5,
        "double_support_time_s": 0.25,
        "stance_percent": 75.0,
        "swing_percent": 25.0,
        "initial_double_support_percent": 10.0,
        "terminal_double_support_percent": 15.0,
        "double_support_percent": 25.0,
        "single_support_percent": 50.0,
    }


def test_phases_of_the_right_stride_are_the_right_limbs_own() -> None:
    right = phases_of("right")
    assert (right["stance_percent"], right["single_support_percent"]) == (50.0, 25.0)
    assert (right["initial_double_support_percent"], right["terminal_double_support_percent"]) == (15.0, 10.0)


def test_phases_add_up() -> None:
    for side in ("left", "right"):
        p = phases_of(side)
        parts = p["initial_double_support_percent"] + p["single_support_percent"] + p["terminal_double_support_percent"]
        assert p["stance_percent"] == pytest.approx(parts)
        assert p["stance_percent"] + p["swing_percent"] == pytest.approx(100)


def test_a_running_stride_has_no_phases_of_walking() -> None:
    # running: the other foot is long gone when this one lands
    running = stride_phases(Strides(["left"], [0], [0.0], [0.7], [0.25], [0.6], [0.35]))[0]  # type: ignore[arg-type]
    named = dict(zip(PHASES, running, strict=True))
    assert named["stride_time_s"] == pytest.approx(0.7)
    assert all(np.isnan(value) for name, value in named.items() if name != "stride_time_s")


@pytest.mark.parametrize(("off", "given"), [(0.40, False), (0.46, True), (0.62, True), (0.88, True), (0.93, False)])
def test_a_stance_nobody_walks_with_is_none(off: float, given: bool) -> None:
    one = stride_phases(Strides(["left"], [0], [0.0], [1.0], [off], [0.05], [0.4]))[0]  # type: ignore[arg-type]
    named = dict(zip(PHASES, one, strict=True))
    assert np.isfinite(named["stride_time_s"])
    for name in ("stance_time_s", "swing_time_s", "stance_percent", "swing_percent", "double_support_time_s"):
        assert np.isfinite(named[name]) == given, name


@pytest.mark.parametrize(("other_off", "given"), [(0.05, True), (0.38, False)])
def test_a_swing_of_the_other_foot_nobody_walks_with_is_no_single_support(other_off: float, given: bool) -> None:
    one = stride_phases(Strides(["left"], [0], [0.0], [1.0], [0.62], [other_off], [0.45]))[0]  # type: ignore[arg-type]
    named = dict(zip(PHASES, one, strict=True))
    assert named["stance_percent"] == pytest.approx(62)
    assert np.isfinite(named["single_support_time_s"]) == given


def test_a_missing_event_takes_only_what_needs_it() -> None:
    one = stride_phases(Strides(["left"], [0], [0.0], [1.0], [0.6], [np.nan], [0.5]))[0]  # type: ignore[arg-type]
    named = dict(zip(PHASES, one, strict=True))
    assert named["stance_percent"] == pytest.approx(60)
    assert named["terminal_double_support_percent"] == pytest.approx(10)
    assert np.isnan([named["initial_double_support_percent"], named["double_support_percent"]]).all()
