"""The words of the page say what the numbers say, and nothing more."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement
from skelgait.report.findings import build_knees, build_patterns, why_not_assessable
from skelgait.report.visit import Visit, gather_visit
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="module")
def visit(both_planes: Measurement) -> Visit:
    return gather_visit(both_planes.trial, measurement=both_planes)


def test_patterns_are_split_by_what_the_error_allows(visit: Visit) -> None:
    table = visit.patterns.copy()
    table["present"] = False
    rows = {name: table.index[(table.pattern == name) & (table.side == "right")][0] for name in ("stiff_knee", "crouch")}
    table.loc[list(rows.values()), "present"] = True
    table["within_error"], table["margin_errors"] = False, 0.8
    table.loc[rows["crouch"], "within_error"] = True
    patterns, findings, sources = build_patterns(replace(visit, patterns=table))
    status = {p.name: (p.left[0], p.right[0]) for p in patterns}
    assert status["stiff knee"] == ("absent", "present")
    assert status["crouch"] == ("absent", "present_hint")
    assert [f.title for f in findings] == ["right: crouch", "right: stiff knee"]
    assert all(1 <= f.source <= len(sources) for f in findings)
    table.loc[rows["crouch"], "margin_errors"] = 0.3  # as likely one as the other: no finding, whichever it is called
    for called in (True, False):
        table.loc[rows["crouch"], "present"] = called
        patterns, findings, _ = build_patterns(replace(visit, patterns=table))
        assert {p.name: p.right for p in patterns}["crouch"] == ("limit", "at the limit")
        assert [f.title for f in findings] == ["right: stiff knee"]


def test_a_pattern_that_cannot_be_told_is_not_called_absent(visit: Visit) -> None:
    table = visit.patterns.copy()
    table["present"] = table["present"].astype(object)
    table.loc[:, "present"] = np.nan
    changed = replace(visit, patterns=table)
    patterns, findings, _ = build_patterns(changed)
    assert {s for p in patterns for s in (p.left[0], p.right[0])} == {"unknown"}
    assert findings == []


def test_what_is_not_assessable_says_why(visit: Visit) -> None:
    table = visit.patterns.copy()
    table["present"] = table["present"].astype(object)
    chosen = table["pattern"].isin(["equinus", "jump"]) & (table["kind"] == "gait pattern")
    table.loc[chosen, ["present", "reason"]] = [np.nan, "this foot was never seen flat"]
    table.loc[(table["pattern"] == "trendelenburg") & (table["side"] == "left"), ["present", "reason"]] = [np.nan, "no front view"]
    assert why_not_assessable(replace(visit, patterns=table)) == [
        "Not assessable: equinus (both legs), jump (both legs): this foot was never seen flat.",
        "Not assessable: Trendelenburg sign (left): no front view.",
    ]


def test_evidence_keeps_its_brackets(visit: Visit) -> None:
    _, findings, _ = build_patterns(visit)
    assert findings
    for line in (line for f in findings for line in f.evidence):
        assert line.count("(") == line.count(")") > 0
        assert not re.search(r" deg\b|(?<![\w.])-\d|\+-", line), line


def test_knees_are_named_by_their_class(visit: Visit) -> None:
    left, right = build_knees(visit)
    assert (left.side, right.side) == ("left", "right")
    assert right.value.endswith("° valgus")
    assert right.word == "genu valgum"
    assert all(line.endswith((".", "?")) or "%" in line or "°" in line or line[-1].isalpha() for line in right.lines)


def test_a_knee_near_its_limit_is_asked_not_told(visit: Visit) -> None:
    table = visit.alignment.copy()
    right = table["side"] == "right"
    table.loc[right, "margin_deg"] = 2.0
    assert build_knees(replace(visit, alignment=table))[1].word == "genu valgum?"
    table.loc[right, ["margin_deg", "valgus_deg", "low", "high", "cross_talk_deg"]] = [0.4, 3.4, -3.0, 3.0, 0.0]
    knee = build_knees(replace(visit, alignment=table))[1]
    assert knee.word == "at the limit of genu valgum"
    assert knee.lines[1].endswith("95 % interval 2.3° varus to 9.1° valgus; cut-off of genu valgum 3.0° valgus")
    table.loc[right, ["alignment", "margin_deg"]] = ["neutral", 2.0]  # which is never far from a limit
    assert build_knees(replace(visit, alignment=table))[1].word == "neutral"


def test_without_a_front_view_nothing_is_said_of_knees(side_only: Measurement) -> None:
    visit = gather_visit(side_only.trial, measurement=side_only)
    assert build_knees(visit) == []


def test_a_visit_counts_the_strides_of_all_its_recordings(child: Walker) -> None:
    trials = [
        Trial("child07", child.film(Camera(view=v), fps=60, duration_s=4).pose, name=v, age_years=7)
        for v in ("sagittal_left", "sagittal_right", "frontal_towards")
    ]
    visit = gather_visit(trials)
    assert [r.number for r in visit.recordings] == [1, 2, 3]
    assert len({r.fingerprint for r in visit.recordings}) == 3
    name = "left_knee_flexion_max_swing_deg"
    single = [r.result.counts[name] for r in visit.planes["sagittal"]]
    assert visit.pooled.counts[name] == sum(single) > max(single)
    assert np.isfinite(visit.pooled.values["left_knee_valgus_mid_stance_deg"])
    assert set(visit.pooled.reasons) == {n for n, v in visit.pooled.values.items() if np.isnan(v)}
