"""The words of the page say what the numbers say, and nothing more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement
from skelgait.report.findings import build_knees, build_patterns, summarise_visit
from skelgait.report.visit import Visit, gather_visit
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="module")
def visit(both_planes: Measurement) -> Visit:
    return gather_visit(both_planes.trial, measurement=both_planes)


def with_values(visit: Visit, **values: float) -> Visit:
    return replace(visit, pooled=replace(visit.pooled, values={**visit.pooled.values, **values}))


def test_the_walk_is_said_with_its_norms(visit: Visit) -> None:
    line = summarise_visit(with_values(visit, cadence_spm=131.4, speed_m_s=0.876))[0]
    assert "in 2 recordings (side, right near; front): cadence 131 steps/min (norm 113 – 142), speed 0.88 m/s (norm" in line
    assert "leg lengths" not in line
    bare = summarise_visit(replace(with_values(visit, cadence_spm=131.4, speed_m_s=np.nan), norms={}))[0]
    assert "cadence 131 steps/min, speed" in bare
    assert "leg lengths/s" in bare


def test_the_score_is_said_with_its_interval(visit: Visit) -> None:
    whole = visit.total.loc["total"]
    (line,) = [s for s in summarise_visit(visit) if s.startswith("Edinburgh")]
    for number in (whole.score, whole.scored, whole.low, whole.high):
        assert f" {number:.0f}" in line


def test_patterns_are_split_by_what_the_error_allows(visit: Visit) -> None:
    table = visit.patterns.copy()
    table["present"] = False
    rows = {name: table.index[(table.pattern == name) & (table.side == "right")][0] for name in ("stiff_knee", "crouch")}
    table.loc[list(rows.values()), "present"] = True
    table["within_error"] = False
    table.loc[rows["crouch"], "within_error"] = True
    lines = summarise_visit(replace(visit, patterns=table))
    assert "Patterns beyond measurement error: right: stiff knee." in lines
    assert "Patterns within measurement error of their limit: right: crouch." in lines
    patterns, findings, sources = build_patterns(replace(visit, patterns=table))
    status = {p.name: (p.left[0], p.right[0]) for p in patterns}
    assert status["stiff knee"] == ("absent", "present")
    assert status["crouch"] == ("absent", "present_hint")
    assert [f.title for f in findings] == ["right: crouch", "right: stiff knee"]
    assert all(1 <= f.source <= len(sources) for f in findings)
    table["present"] = table["present"].astype(object)
    table.loc[:, "present"] = False
    assert any("None of the gait patterns" in line for line in summarise_visit(replace(visit, patterns=table)))


def test_a_pattern_that_cannot_be_told_is_not_called_absent(visit: Visit) -> None:
    table = visit.patterns.copy()
    table["present"] = table["present"].astype(object)
    table.loc[:, "present"] = np.nan
    changed = replace(visit, patterns=table)
    patterns, findings, _ = build_patterns(changed)
    assert {s for p in patterns for s in (p.left[0], p.right[0])} == {"unknown"}
    assert findings == []
    assert not any("pattern" in line.lower() for line in summarise_visit(changed))


def test_evidence_keeps_its_brackets(visit: Visit) -> None:
    _, findings, _ = build_patterns(visit)
    assert findings
    for line in (line for f in findings for line in f.evidence):
        assert line.count("(") == line.count(")") > 0


def test_the_furthest_from_their_norm_are_named(visit: Visit) -> None:
    values = {"right_knee_flexion_max_swing_deg": 5.0, "cadence_spm": 126.0}
    norms = {"right_knee_flexion_max_swing_deg": (47.0, 71.0, "a book"), "cadence_spm": (113.0, 142.0, "a book")}
    (line,) = [s for s in summarise_visit(replace(with_values(visit, **values), norms=norms)) if s.startswith("Outside")]
    assert line == "Outside the norm: 1; furthest right: knee flexion, greatest in swing 5.0° (norm 47.0 – 71.0)."
    inside = with_values(visit, right_knee_flexion_max_swing_deg=60.0)
    assert not [s for s in summarise_visit(replace(inside, norms=norms)) if s.startswith("Outside")]


def test_knees_are_named_by_their_class(visit: Visit) -> None:
    left, right = build_knees(visit)
    assert (left.side, right.side) == ("left", "right")
    assert right.value.endswith("° valgus")
    assert right.word == "genu valgum"
    (line,) = [s for s in summarise_visit(visit) if s.startswith("Knees")]
    assert f"right {right.value} (genu valgum)" in line


def test_without_a_front_view_nothing_is_said_of_knees(side_only: Measurement) -> None:
    visit = gather_visit(side_only.trial, measurement=side_only)
    assert build_knees(visit) == []
    assert not [s for s in summarise_visit(visit) if s.startswith("Knees")]


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
