from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents

MIXED = GaitEvents(["right", "left", "left"], ["initial_contact", "foot_off", "initial_contact"], [1.0, 0.5, 0.2], [30, 15, 6])


def test_sorted_selectable_and_back() -> None:
    assert MIXED.time_s.tolist() == [0.2, 0.5, 1.0]
    assert MIXED.times("left", "initial_contact").tolist() == [0.2]
    assert len(MIXED.select(side="left")) == 2
    table = MIXED.to_frame()
    assert list(table.columns) == ["side", "event", "time_s", "frame", "confidence", "bout"]
    again = GaitEvents.from_frame(table)
    assert np.array_equal(again.time_s, MIXED.time_s)
    assert again.side.tolist() == MIXED.side.tolist()


def test_from_frames_only() -> None:
    table = pd.DataFrame({"side": ["left"], "event": ["foot_off"], "frame": [45]})
    assert GaitEvents.from_frame(table, fps=30).time_s.tolist() == [1.5]


def test_no_events_is_fine() -> None:
    assert len(GaitEvents([], [], [], [])) == 0
    assert GaitEvents([], [], [], []).to_frame().empty


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((["up"], ["foot_off"], [1.0], [1]), "unknown side. Found: up"),
        ((["left"], ["jump"], [1.0], [1]), "unknown event. Found: jump"),
        ((["left"], ["foot_off"], [np.nan], [1]), "not a number"),
        ((["left", "left"], ["foot_off"], [1.0], [1]), "side has the wrong length"),
    ],
)
def test_refusals(args: tuple, text: str) -> None:
    with pytest.raises(SkelgaitError, match=text):
        GaitEvents(*args)
    with pytest.raises(SkelgaitError, match="lacks columns"):
        GaitEvents.from_frame(pd.DataFrame({"a": [1]}))
