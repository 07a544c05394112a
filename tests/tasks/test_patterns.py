"""The tables of the gait patterns: complete, sourced, and consistent with each other and with the rest."""

from __future__ import annotations

import re

import numpy as np
import pytest

from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.tasks.evgs import evgs_items
from skelgait.tasks.patterns import KINDS, RELATIONS, ROLES, band_edge, pattern_measures, pattern_rules

RULES, MEASURES = pattern_rules(), pattern_measures()
CRITERIA = [c for rule in RULES.values() for c in rule.criteria]


def test_the_patterns_asked_for_are_there() -> None:
    gait = {name for name, rule in RULES.items() if rule.kind == "gait pattern"}
    assert gait >= {"crouch", "jump", "true_equinus", "apparent_equinus", "stiff_knee", "hemiplegic_asymmetry", "steppage"}
    assert gait >= {"trendelenburg", "stiff_ankle", "temporal_asymmetry", "step_length_asymmetry", "flexed_knee", "equinus"}
    codes = [rule.code for rule in RULES.values() if rule.kind == "joint pattern"]
    assert len(codes) == len(set(codes)) == 19
    assert {code[:4] for code in codes} == {"HS1", "HS2", "KSTS", "KSWS", "ASTS", "ASWS"}


@pytest.mark.parametrize("name", list(RULES))
def test_every_pattern_can_be_decided_and_says_where_it_comes_from(name: str) -> None:
    rule = RULES[name]
    roles = [c.role for c in rule.criteria]
    assert rule.kind in KINDS
    assert rule.what
    assert rule.source
    assert set(roles) <= set(ROLES)
    assert roles.count("all") + rule.at_least > 0
    assert roles.count("some") >= rule.at_least
    assert ("some" in roles) == (rule.at_least > 0)
    assert bool(rule.code) == (rule.kind == "joint pattern")
    deciding = [(c.measure, c.relation) for c in rule.criteria if c.role != "shown"]
    assert len(deciding) == len(set(deciding)), "one limit a side"


def test_every_criterion_has_a_measure_a_limit_and_a_source() -> None:
    assert {c.measure for c in CRITERIA} == set(MEASURES), "no measure is asked for that is not described, none described in vain"
    for c in CRITERIA:
        assert c.pattern in RULES
        assert c.relation in RELATIONS
        assert c.source
        assert np.isfinite(c.edge(10.0, 2.0))
        if c.limit.startswith("mean"):
            assert re.fullmatch(r"mean[+-]\d+sd", c.limit)
            assert MEASURES[c.measure].statistic in ("mean", "at", "max", "min"), "only these have a healthy SD"


def test_every_measure_has_an_error_with_its_source_and_a_descriptor_beside_it() -> None:
    names = {d.name for d in DESCRIPTORS}
    for m in MEASURES.values():
        assert m.error > 0
        assert m.error_source
        assert {f"left_{m.descriptor}", f"right_{m.descriptor}"} <= names
        assert m.unit in ("deg", "percent", "ratio")
        assert bool(m.angle) == bool(m.phase) == (m.statistic not in ("sides", "descriptor"))
        assert m.zero in ("", "foot", "pelvis")


def test_errors_are_those_of_the_edinburgh_score() -> None:
    error = {i.item: i.error for i in evgs_items()}
    assert MEASURES["knee_peak"].error == error[11]
    assert MEASURES["ankle_most"].error == error[3]
    assert MEASURES["hip_peak"].error == error[13]
    assert MEASURES["pelvis_up"].error == error[14]


def test_limits_of_the_edinburgh_score_are_the_same() -> None:
    edges = {i.item: i.edges for i in evgs_items()}
    limit = {(c.pattern, c.measure): c.edge() for c in CRITERIA if not c.limit.startswith("mean")}
    assert limit["steppage", "ankle_swing"] == edges[7][1]
    assert limit["steppage", "knee_peak"] == edges[11][2]
    assert limit["steppage", "hip_peak"] == edges[13][2]
    assert limit["trendelenburg", "pelvis_up"] == edges[14][2]


def test_the_four_sagittal_patterns_share_no_point_and_cover_the_bent_knee() -> None:
    """Each is a rectangle of ankle and knee scores; every point of the plane lies in one, or on the side of an extended knee."""
    four = ("true_equinus", "jump", "apparent_equinus", "crouch")

    def holds(name: str, score: dict[str, float]) -> bool:
        return all(c.sign * (score[c.measure] - c.edge(0.0, 1.0)) > 0 for c in RULES[name].criteria)

    for ankle in np.arange(-2.9, 3, 0.2):
        for knee in np.arange(-2.9, 3, 0.2):
            score = {"ankle_stance": float(ankle), "knee_stance": float(knee)}
            found = [name for name in four if holds(name, score)]
            assert len(found) <= 1
            assert holds("flexed_knee", score) == (bool(found) and found[0] != "true_equinus")
            assert holds("equinus", score) == (bool(found) and found[0] in ("true_equinus", "jump"))
            assert ("true_equinus" in found) == (ankle < -1 and knee < 1)


def test_band_edges() -> None:
    assert band_edge("mean+1sd", 10.0, 3.0) == 13.0
    assert band_edge("mean-2sd", 10.0, 3.0) == 4.0
    np.testing.assert_allclose(band_edge("mean-1sd", np.array([1.0, 2.0]), np.array([0.5, 1.0])), [0.5, 1.0])
