"""The summary says what the numbers say, and nothing more."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement
from skelgait.report.cautions import find_cautions
from skelgait.report.summary import summarise_visit
from skelgait.report.visit import Visit, gather_visit
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="module")
def visit(both_planes: Measurement) -> Visit:
    return gather_visit(both_planes.trial, measurement=both_planes)


def with_values(visit: Visit, **values: float) -> Visit:
    return replace(visit, pooled=replace(visit.pooled, values={**visit.pooled.values, **values}))


def test_the_walk_is_said_with_its_norms(visit: Visit) -> None:
    line = summarise_visit(with_values(visit, cadence_spm=131.4, speed_m_s=0.876))[0]
    assert "in 2 recordings (side, right near; front): cadence 131 steps/min (norm 113 to 142), speed 0.88 m/s (norm" in line
    assert "leg lengths" not in line
    bare = summarise_visit(replace(with_values(visit, cadence_spm=131.4, speed_m_s=np.nan), norms={}))[0]
    assert "cadence 131 steps/min, speed" in bare
    assert "leg lengths/s" in bare


def test_the_score_is_said_with_its_interval(visit: Visit) -> None:
    whole = visit.total.loc["total"]
    (line,) = [s for s in summarise_visit(visit) if s.startswith("Edinburgh")]
    for number in (whole.score, whole.scored, whole.low, whole.high):
        assert f" {number:.0f}" in line


def with_patterns(visit: Visit, present: dict[tuple[str, str], bool]) -> Visit:
    """Every pattern absent beyond doubt but these: (name, side) to whether within the error."""
    table = visit.patterns.copy()
    table["present"], table["within_error"], table["margin_errors"] = False, False, 0.8
    for (name, side), near in present.items():
        at = table.index[(table.pattern == name) & (table.side == side)]
        table.loc[at, "present"], table.loc[at, "within_error"] = True, near
    return replace(visit, patterns=table)


def test_patterns_are_split_by_what_the_error_allows(visit: Visit) -> None:
    found = {("stiff_knee", "left"): False, ("stiff_knee", "right"): False, ("equinus", "left"): False, ("crouch", "right"): True}
    lines = summarise_visit(with_patterns(visit, found))
    assert "Gait patterns, beyond measurement error: equinus (left), stiff knee (both legs)." in lines
    assert "Possible, but within measurement error of their limit: crouch (right)." in lines
    assert not any("No gait pattern" in line for line in lines)


def test_a_pattern_at_its_limit_is_not_named(visit: Visit) -> None:
    found = with_patterns(visit, {("crouch", "right"): True, ("equinus", "left"): True})
    found.patterns.loc[found.patterns["pattern"] == "crouch", "margin_errors"] = 0.2
    lines = summarise_visit(found)
    assert "Possible, but within measurement error of their limit: equinus (left)." in lines
    assert not any("crouch" in line for line in lines)


def test_no_pattern_is_said_with_how_many_are_near_their_limit(visit: Visit) -> None:
    bare = with_patterns(visit, {})
    table = bare.patterns
    gait = table.index[table["kind"] == "gait pattern"]
    table.loc[gait[:3], "within_error"] = True
    table["present"] = table["present"].astype(object)
    table.loc[gait[-2:], "present"] = np.nan
    n = len(gait)
    (line,) = [s for s in summarise_visit(bare) if "pattern" in s]
    assert line.startswith(
        f"No gait pattern of the whole leg was found. {n - 2} of {n} patterns and legs could be judged, 3 of them"
    )
    table.loc[:, "present"] = np.nan
    assert not any("pattern" in s.lower() for s in summarise_visit(bare))


def test_the_furthest_from_their_norm_are_named(visit: Visit) -> None:
    values = {"right_knee_flexion_max_swing_deg": 5.0, "cadence_spm": 126.0}
    norms = {"right_knee_flexion_max_swing_deg": (47.0, 71.0, "a book"), "cadence_spm": (113.0, 142.0, "a book")}
    line = summarise_visit(replace(with_values(visit, **values), norms=norms))[-1]
    said = "right knee flexion, greatest in swing 5.0° (norm 47.0 to 71.0°)"
    assert line == f"1 of 2 numbers that have a norm lies outside it: {said}."
    low = {**norms, "cadence_spm": (140.0, 160.0, "a book")}
    line = summarise_visit(replace(with_values(visit, **values), norms=low))[-1]
    assert line.startswith(f"2 of 2 numbers that have a norm lie outside it; furthest: {said}; cadence 126 steps/min")
    inside = with_values(visit, right_knee_flexion_max_swing_deg=60.0)
    assert summarise_visit(replace(inside, norms=norms))[-1] == "All 2 numbers that have a norm lie within it."
    only = {"cadence_spm": norms["cadence_spm"]}
    assert summarise_visit(replace(inside, norms=only))[-1] == "The one number that has a norm lies within it."


def test_knees_are_said_with_their_probability_and_their_age(visit: Visit) -> None:
    table = visit.alignment.copy()
    left, right = (table.index[table["side"] == s][0] for s in ("left", "right"))
    columns = ["valgus_deg", "alignment", "margin_deg", "p_neutral", "p_valgum", "usual_low", "usual_for_age", "apparent"]
    table.loc[left, columns] = [-0.4, "neutral", 2.6, 0.7, 0.1, -5.0, True, False]
    table.loc[right, columns] = [8.2, "genu valgum", 5.2, 0.04, 0.96, -5.0, False, False]
    lines = summarise_visit(replace(visit, alignment=table))
    said = "left 0.4° varus (neutral, probability 70\u00a0%, usual at this age); "
    said += "right 8.2° valgus (genu valgum, probability 96\u00a0%, unusual at this age)"
    assert f"Knees from the front: {said}." in lines
    table["apparent"] = True
    assert any("bent in stance" in line for line in summarise_visit(replace(visit, alignment=table)))


@pytest.mark.parametrize(("value", "p"), [(3.4, 0.55), (2.6, 0.45)])
def test_a_knee_at_the_cut_off_is_not_named_but_shown_with_it(visit: Visit, value: float, p: float) -> None:
    """Either side of it: what one hundredth of a degree decides is not a finding."""
    table = visit.alignment.copy()
    right = table.index[table["side"] == "right"][0]
    columns = ["valgus_deg", "alignment", "margin_deg", "p_neutral", "p_valgum", "low", "high", "cross_talk_deg", "usual_for_age"]
    named = "genu valgum" if value > 3 else "neutral"
    table.loc[right, columns] = [value, named, abs(value - 3), 1 - p, p, -3.0, 3.0, 0.0, True]
    text = " ".join(summarise_visit(replace(visit, alignment=table)))
    low, high = (f"{abs(x):.1f}° {'valgus' if x > 0 else 'varus'}" for x in (value - 5.684, value + 5.684))
    said = f"right {value}° valgus (at the limit of genu valgum: 95 % interval {low} to {high}, cut-off 3.0° valgus, "
    assert said + f"probability {100 * p:.0f}\u00a0%, usual at this age)" in text


def test_patterns_of_single_joints_are_part_of_the_story(visit: Visit) -> None:
    """What the evidence lists, the summary names, too."""
    found = {("knee_flexed_at_contact", side): True for side in ("left", "right")} | {("knee_peak_increased", "left"): False}
    lines = summarise_visit(with_patterns(visit, found))
    assert any(line.startswith("No gait pattern of the whole leg was found.") for line in lines)
    assert "Single joints, beyond measurement error: knee peak increased (left)." in lines
    assert "Single joints, possible but within measurement error: knee flexed at contact (both legs)." in lines
    names = visit.patterns[visit.patterns["kind"] == "joint pattern"]["pattern"].unique()[:6]
    lines = summarise_visit(with_patterns(visit, {(str(name), "left"): True for name in names}))
    (line,) = [line for line in lines if line.startswith("Single joints")]
    assert line.endswith("(left) and 2 more.")


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (7.0, ""),
        (30.0, "Aged 30: patterns and score are judged by limits of children"),
        (2.5, "Aged 2.5: "),
        (None, "The age is not given: the limits of patterns and score"),
    ],
)
def test_limits_of_children_are_said_to_be(visit: Visit, age: float | None, said: str) -> None:
    other = replace(visit, pooled=replace(visit.pooled, trial=visit.trial.with_(age_years=age)))
    lines = [line for line in summarise_visit(other) if "limits of" in line]
    assert len(lines) == bool(said)
    assert said in "".join(lines)


def test_one_point_is_in_the_singular_and_what_is_expected_is_said(visit: Visit) -> None:
    total = visit.total.copy()
    total.loc["total", ["score", "scored", "expected", "expected_sd"]] = [1.0, 20, 6.2, 1.9]
    (line,) = [s for s in summarise_visit(replace(visit, total=total)) if s.startswith("Edinburgh")]
    assert "Score: 1 point on the 20 of 34 items" in line
    assert "(expected, with the error of keypoints: 6 ± 2)" in line


def test_without_a_front_view_nothing_is_said_of_knees(side_only: Measurement) -> None:
    lines = summarise_visit(gather_visit(side_only.trial, measurement=side_only))
    assert not any("Knees" in line for line in lines)
    assert lines[-1] == "Nothing is compared with norms: the age is not given."


def test_an_age_without_norms_says_so(visit: Visit) -> None:
    lines = summarise_visit(replace(visit, norms={}))
    assert lines[-1] == "Nothing is compared with norms: there are none for this age."


def test_no_stride_is_said_with_its_reason(child: Walker) -> None:
    pose = child.film(Camera(view="frontal_towards"), fps=60, duration_s=4).pose.with_(view="sagittal")
    lines = summarise_visit(gather_visit(Trial("wrong", {"sagittal": pose}, age_years=7)))
    assert len(lines) == 1
    assert lines[0].startswith("No stride could be measured in 1 recording (side): this recording looks frontal")
    assert "_" not in lines[0]


def test_a_recording_without_a_usable_keypoint_does_not_count_as_measured(child: Walker) -> None:
    pose = child.film(Camera(view="sagittal_left"), fps=60, duration_s=4).pose
    bad = pose.with_(xy=np.full_like(pose.xy, np.nan), confidence=None)
    visit = gather_visit([Trial("x", pose, name="good"), Trial("x", bad, name="bad")])
    assert re.match(r"\d+ strides in 1 of 2 recordings \(side, left near\): ", summarise_visit(visit)[0])
    first = find_cautions(visit)[0]
    assert first.startswith("Recording 2: Nothing was measured from it: the left hip")
    assert first.endswith("are never seen: whether and how the person walks cannot be told.")


TEN = {
    "usual": Walker(age_years=8),
    "slow": Walker(age_years=8, cadence_spm=80, step_length_m=0.3),
    "fast adult": Walker(age_years=35, cadence_spm=125),
    "crouch": Walker(age_years=9, crouch_deg=35.0),
    "stiff left": Walker(age_years=10, stiff_knee=(0.7, 0.0)),
    "equinus right": Walker(age_years=6, equinus_deg=(0.0, 20.0)),
    "valgus": Walker(age_years=12, knee_valgus_deg=(12.0, 12.0)),
    "varus": Walker(age_years=12, knee_valgus_deg=(-12.0, -12.0)),
    "limps": Walker(age_years=8, step_time_ratio=1.35, step_length_m=(0.6, 0.42)),
    "sways": Walker(age_years=8, trunk_sway_deg=9.0),
}
SAID = {
    "usual": ["No gait pattern of the whole leg was found", "neutral"],
    "slow": ["cadence 80 steps/min (norm"],
    "fast adult": ["cadence 125 steps/min"],
    "crouch": ["flexed knee (both legs)", "bent in stance"],
    "stiff left": ["stiff knee (left)"],
    "equinus right": ["equinus (right)"],
    "valgus": ["° valgus (genu valgum, probability"],
    "varus": ["° varus (genu varum, probability"],
    "limps": ["asymmetry (left)"],
    "sways": ["Edinburgh Visual Gait Score"],
}
NOT_SAID = {
    "usual": ["beyond measurement error:", "genu", "outside it"],
    "stiff left": ["stiff knee (right)", "stiff knee (both"],
    "equinus right": ["equinus (left)", "equinus (both"],
    "valgus": ["genu varum"],
    "varus": ["genu valgum"],
    "fast adult": ["crouch"],
}


@pytest.mark.parametrize("name", TEN)
def test_ten_walkers_are_summed_up_as_they_were_made(name: str) -> None:
    walker = TEN[name]
    views = ("sagittal_left", "sagittal_right", "frontal_towards")
    trials = [
        Trial(
            "x",
            walker.film(Camera(view=v), fps=60, duration_s=5, noise_px=1.0, random_state=1).pose,
            name=v,
            age_years=walker.age_years,
        )
        for v in views
    ]
    lines = summarise_visit(gather_visit(trials))
    text = " ".join(lines)
    for words in SAID[name]:
        assert words in text, text
    for words in NOT_SAID.get(name, []):
        assert words not in text, text
    for line in lines:
        assert line[0].isupper() or line[0].isdigit()
        assert line.endswith(".")
        assert not re.search(r"nan|None|_|\.\.|  |\( |\d{1,3}\.\d{3}|-\d", line), line
    assert not re.search(r"\b(normal|healthy|pathological|severe|diagnos|should|must)\b", text), text
