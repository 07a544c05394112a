"""Shares of scores and patterns: they fill the bar, and say what they count."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skelgait.report.shares import pattern_shares, score_shares


def test_scores_are_counted_by_side() -> None:
    scores = [0.0, 0.0, 1.0, np.nan]
    table = pd.DataFrame({"side": ["left"] * 4 + ["right"] * 4, "item": 9, "tier": "computed", "score": [*scores, *[2.0] * 4]})
    (row,) = score_shares(table)
    left, right = row["sides"]
    assert row["name"] == "Peak knee extension in stance"
    assert left["shares"] == [50.0, 25.0, 0.0, 25.0]
    assert left["said"] == "2 × 0, 1 × 1, 1 × not scored"
    assert right["shares"] == [0.0, 0.0, 100.0, 0.0]


def test_a_pattern_is_absent_near_present_or_not_known() -> None:
    rows = [(False, False), (True, True), (True, False), (None, None)]
    table = pd.DataFrame(rows, columns=["present", "within_error"]).assign(side="left", pattern="crouch", kind="gait pattern")
    other = table.assign(pattern="knee_hyperextension", kind="joint")
    (row,) = pattern_shares(pd.concat([table, other]))
    left, right = row["sides"]
    assert row["name"] == "crouch"
    assert left["shares"] == [25.0] * 4
    assert left["said"] == "1 × absent, 1 × present, within the error, 1 × present, 1 × cannot be told"
    assert right["shares"] == [0.0] * 4
