"""Steps of a walk that limps."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.events import GaitEvents
from skelgait.gait.spatiotemporal import cadence_spm
from skelgait.gait.steps import believable, find_steps, why_no_steps


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


def test_a_step_belongs_to_the_foot_that_lands() -> None:
    steps = find_steps(WALK)
    assert steps.side.tolist() == ["right", "left", "right", "left"]
    np.testing.assert_allclose(steps.duration_s, [0.6, 0.4, 0.6, 0.4])
    assert cadence_spm(steps.duration_s.mean()) == pytest.approx(120)


def test_steps_need_both_feet_one_bout_and_a_believable_time() -> None:
    rows = (("left", "IC", 0.0), ("left", "IC", 1.0), ("right", "IC", 1.1), ("left", "IC", 1.6), ("right", "IC", 4.0))
    assert find_steps(events(*rows)).duration_s.round(3).tolist() == [0.5]
    assert len(find_steps(events(*rows, bout=[0, 0, 0, 1, 1]))) == 0
    assert len(find_steps(events(("left", "TO", 0.0)))) == 0


def test_a_stride_with_a_missed_contact_is_not_believed() -> None:
    assert believable(np.array([1.0, 1.05, 2.02, 0.98, 0.45])).tolist() == [True, True, False, True, False]
    assert believable(np.zeros(0)).shape == (0,)


def test_why_there_are_no_steps() -> None:
    assert why_no_steps(WALK) == ""
    assert why_no_steps(events(("left", "IC", 0.0), ("left", "IC", 1.0))) == ""
    slow = events(("left", "IC", 0.0), ("right", "IC", 1.3), ("left", "IC", 2.7))
    assert "a step takes 1.4 s, and more than 1.25 s is not taken for a step" in why_no_steps(slow)
