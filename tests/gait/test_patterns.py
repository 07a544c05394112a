"""Gait patterns: walkers built to show one, recordings that do or do not, and what cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isnan, nan

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import CurveNorm, Group, Norms
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17, COCO23, SIDES
from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement, measure
from skelgait.gait.pattern_readings import Reading
from skelgait.gait.patterns import COLUMNS, Weighed, _judge, find_patterns, pattern_evidence
from skelgait.gait.reference import reference_curves
from skelgait.tasks.patterns import Criterion, Pattern, pattern_measures, pattern_rules
from skelgait.walker import Camera, Walker

FOUR = ("true_equinus", "jump", "apparent_equinus", "crouch")
GAIT = [name for name, rule in pattern_rules().items() if rule.kind == "gait pattern"]


def side_view(name: str = "child", camera: Camera | None = None, **child: object) -> Trial:
    return Trial(name, Walker(**child).film(camera, fps=60, duration_s=6).pose)  # type: ignore[arg-type]


def front_view(name: str = "child", **child: object) -> Trial:
    walk = Walker(**child).film(Camera(view="frontal_towards", distance_m=12), fps=60, duration_s=5)  # type: ignore[arg-type]
    return Trial(name, {"frontal": walk.pose})


def shown(table: pd.DataFrame, side: str | None = None, *, sure: bool = False) -> set[str]:
    """Names of the gait patterns present (on one side), or only of those beyond the error."""
    chosen = table[table["present"].eq(True) & (table["kind"] == "gait pattern")]
    chosen = chosen[~chosen["within_error"]] if sure else chosen
    return set(chosen["pattern"] if side is None else chosen.loc[chosen["side"] == side, "pattern"])


# --- walkers ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ({}, set()),
        ({"crouch_deg": 30.0}, {"flexed_knee", "crouch"}),
        ({"crouch_deg": 45.0}, {"flexed_knee", "crouch"}),
        ({"equinus_deg": 20.0}, {"equinus", "true_equinus"}),
        ({"equinus_deg": 30.0}, {"equinus", "true_equinus"}),
        ({"crouch_deg": 30.0, "equinus_deg": 20.0}, {"flexed_knee", "apparent_equinus"}),
        ({"stiff_knee": 0.6}, {"stiff_knee"}),
    ],
    ids=lambda x: ", ".join(f"{k} {v:g}" for k, v in x.items()) if isinstance(x, dict) else "-",
)
def test_walkers_show_what_they_were_built_to_show(child: dict[str, float], expected: set[str]) -> None:
    table = find_patterns(side_view(**child))
    assert shown(table, "left") == shown(table, "right") == expected


def test_the_walker_of_each_sagittal_pattern_is_of_that_pattern_in_truth() -> None:
    """The walker's own ankle and knee, not ours, lie in the rectangle the name says."""
    curves = reference_curves()
    for child, name in (
        ({"equinus_deg": 20.0}, "true_equinus"),
        ({"crouch_deg": 30.0, "equinus_deg": 30.0}, "jump"),
        ({"crouch_deg": 30.0, "equinus_deg": 20.0}, "apparent_equinus"),
        ({"crouch_deg": 30.0}, "crouch"),
    ):
        walk = Walker(**child).film(fps=60, duration_s=6)  # type: ignore[arg-type]
        found = measure(Trial("child", walk.pose))
        plane = found.planes["sagittal"]
        z = {}
        for angle in ("knee_flexion_deg", "ankle_dorsiflexion_deg"):
            truth = walk.truth.angles[f"right_{angle}"].to_numpy()
            stride = plane.strides.select(plane.strides.side == "right")
            at = stride.start_s[:, None] + stride.duration_s[:, None] * np.arange(20, 46, 2) / 100
            values = np.interp(at, walk.truth.angles.index.to_numpy(float), truth)
            norm = curves[angle]
            z[angle] = float(np.mean((values - norm.mean[10:23]) / norm.sd[10:23]))
        knee, ankle = z["knee_flexion_deg"], z["ankle_dorsiflexion_deg"]
        assert (knee > 1) == (name != "true_equinus")
        assert {"true_equinus": ankle < -1, "jump": ankle < -1, "apparent_equinus": -1 < ankle < 1, "crouch": ankle > 1}[name]


def test_what_lies_well_beyond_the_error_is_said_to() -> None:
    table = find_patterns(side_view(crouch_deg=45.0)).set_index(["side", "pattern"])
    for side in SIDES:
        assert table.loc[(side, "crouch"), "margin_errors"] > 1
        assert not table.loc[(side, "crouch"), "within_error"]
    severe = find_patterns(side_view(equinus_deg=35.0)).set_index(["side", "pattern"]).loc["right"]
    assert severe.loc["equinus", "margin_errors"] > 1
    assert severe.loc["true_equinus", "within_error"], "that the knee is not bent is within its error"
    mild = find_patterns(side_view(equinus_deg=20.0)).set_index(["side", "pattern"]).loc[("right", "true_equinus")]
    assert mild["present"] is True
    assert mild["within_error"]
    assert 0 < mild["margin"] < 10


@pytest.mark.parametrize("child", [{"equinus_deg": 24.0}, {"crouch_deg": 30.0, "equinus_deg": 30.0}])
def test_a_foot_never_flat_names_nothing_within_the_error_of_its_zero(child: dict[str, float]) -> None:
    """Neither present nor absent: the zero is somebody else's. Beyond the error it still speaks."""
    trial = measure(side_view(**child))
    table = find_patterns(trial).set_index(["side", "pattern"])
    rows = pattern_evidence(trial)
    ankle = rows[(rows["pattern"] == "equinus") & (rows["side"] == "right")].iloc[0]
    assert "never seen flat" in ankle["reason"]
    assert 0 < ankle["margin"] < ankle["error"]
    name = "jump" if "crouch_deg" in child else "true_equinus"
    for row in (table.loc[("right", "equinus")], table.loc[("right", name)]):
        assert isnan(row["present"])
        assert not row["within_error"]
        assert "never seen flat" in row["reason"]
        assert "not sure enough" in row["reason"]
    severe = find_patterns(side_view(crouch_deg=30.0, equinus_deg=40.0)).set_index(["side", "pattern"])
    assert severe.loc[("right", "jump"), "present"] is True
    assert "never seen flat" in severe.loc[("right", "jump"), "reason"]


@pytest.mark.parametrize(
    ("age", "said"), [(9.0, ""), (30.0, "of 4 to 17 years, and this one is 30"), (2.0, "one is 2"), (None, "the age is not given")]
)
def test_limits_of_children_are_said_to_be(age: float | None, said: str) -> None:
    trial = replace(side_view(crouch_deg=45.0, stance_percent=(56.0, 66.0)), age_years=age)
    table = find_patterns(trial).set_index(["side", "pattern"]).loc["left"]
    assert table.loc["crouch", "present"] is True
    assert said in table.loc["crouch", "reason"]
    assert bool(table.loc["crouch", "reason"]) == bool(said)
    assert table.loc["temporal_asymmetry", "reason"] == "", "a ratio of both legs is of no age"


def test_one_leg_shows_what_the_other_does_not() -> None:
    table = find_patterns(side_view(crouch_deg=(0.0, 40.0)))
    assert shown(table, "left") & {*FOUR, "flexed_knee"} == set()
    assert shown(table, "right") >= {"crouch", "flexed_knee"}
    stiff = find_patterns(side_view(stiff_knee=(0.8, 0.0)))
    assert shown(stiff, "left", sure=True) == {"stiff_knee"}
    assert shown(stiff, "right") == set()


def test_asymmetry_of_time_of_steps_and_of_a_worse_leg() -> None:
    time = find_patterns(side_view(stance_percent=(56.0, 66.0)))
    assert shown(time, "left", sure=True) == {"temporal_asymmetry"}
    assert shown(time, "right") == set()
    steps = find_patterns(side_view(step_length_m=(0.4, 0.5)))
    assert shown(steps, "right", sure=True) == {"step_length_asymmetry"}
    assert shown(steps, "left") == set()
    worse = find_patterns(side_view(stance_percent=(56.0, 66.0), stiff_knee=(0.8, 0.0)))
    assert shown(worse, "left") >= {"hemiplegic_asymmetry", "temporal_asymmetry", "stiff_knee"}
    assert shown(worse, "right") == set()


@pytest.mark.parametrize(("tilt", "side"), [(12.0, "left"), (-12.0, "right")])
def test_a_pelvis_that_drops_is_seen_from_the_front(tilt: float, side: str) -> None:
    """Left up: the right side hangs while the left leg stands, which is the left leg's sign."""
    table = find_patterns(front_view(pelvis_left_up_deg=tilt))
    assert shown(table, side, sure=True) == {"trendelenburg"}
    assert shown(table, {"left": "right", "right": "left"}[side]) == set()
    level = find_patterns(front_view())
    assert shown(level) == set()
    row = level.set_index(["side", "pattern"]).loc[("left", "trendelenburg")]
    assert row["present"] is False
    assert row["view"] == "frontal_towards"


def lifted(found: Measurement, drop: float, lift: float) -> Measurement:
    """The same walk with the feet hanging by some degrees and the knees lifted higher, both in swing only."""
    plane = found.planes["sagittal"]
    angles = dict(plane.angles)
    for side in SIDES:
        mine = plane.strides.select(plane.strides.side == side)
        own = np.zeros(len(plane.pose.time_s))
        for off, stop in zip(mine.foot_off_s, mine.stop_s, strict=True):
            own[(plane.pose.time_s >= off) & (plane.pose.time_s <= stop)] = 1.0
        angles[f"{side}_foot_pitch_deg"] = angles[f"{side}_foot_pitch_deg"] - drop * own
        angles[f"{side}_ankle_dorsiflexion_deg"] = angles[f"{side}_ankle_dorsiflexion_deg"] - drop * own
        angles[f"{side}_knee_flexion_deg"] = angles[f"{side}_knee_flexion_deg"] + lift * own
    return replace(found, planes={"sagittal": replace(plane, angles=angles)})


def test_steppage_needs_a_hanging_foot_and_a_high_knee() -> None:
    found = measure(side_view())
    assert shown(find_patterns(lifted(found, 35.0, 30.0)), sure=True) >= {"steppage"}
    assert "steppage" not in shown(find_patterns(lifted(found, 35.0, 0.0)))
    assert "steppage" not in shown(find_patterns(lifted(found, 0.0, 30.0)))
    assert "steppage" not in shown(find_patterns(side_view(crouch_deg=30.0, equinus_deg=30.0))), "a bent leg is no steppage"


def test_joint_patterns_of_the_same_walks() -> None:
    found = find_patterns(lifted(measure(side_view()), 35.0, 30.0)).set_index(["side", "pattern"])["present"]
    assert found["left", "ankle_drop_foot"] is True
    assert found["left", "knee_peak_increased"] is True
    crouch = find_patterns(side_view(crouch_deg=45.0)).set_index(["side", "pattern"])["present"]
    assert crouch["right", "knee_flexed_mid_stance"] is True
    assert crouch["right", "ankle_calcaneus"] is True
    assert crouch["right", "knee_hyperextension"] is False
    stiff = find_patterns(side_view(stiff_knee=0.6)).set_index(["side", "pattern"])["present"]
    assert stiff["right", "knee_peak_decreased"] is True
    assert stiff["right", "knee_peak_decreased_delayed"] is False
    healthy = find_patterns(side_view())
    assert not healthy["present"].eq(True).any()


def test_the_mirrored_child_swaps_its_sides() -> None:
    child = Walker(crouch_deg=(0.0, 40.0), stance_percent=(58.0, 64.0), equinus_deg=(35.0, 0.0))
    views = ("sagittal_right", "sagittal_left")
    here = find_patterns(Trial("a", child.film(Camera(view=views[0]), fps=60, duration_s=6).pose))
    there = find_patterns(Trial("b", child.mirrored().film(Camera(view=views[1]), fps=60, duration_s=6).pose))
    there["side"] = there["side"].map({"left": "right", "right": "left"})
    both = here.merge(there, on=["side", "pattern"], suffixes=("", "_mirrored"))
    clear = both["margin_errors"].abs() > 0.1
    assert clear.mean() > 0.8
    assert (both["present"] == both["present_mirrored"])[clear].all()
    assert (both["margin_errors"] - both["margin_errors_mirrored"]).abs().median() < 0.05
    assert shown(here, "right") >= {"crouch"}
    assert shown(here, "left") >= {"true_equinus"}


@pytest.mark.parametrize(
    ("child", "expected"),
    [({}, set()), ({"crouch_deg": 45.0}, {"crouch"}), ({"equinus_deg": 30.0}, {"equinus"}), ({"stiff_knee": 0.6}, {"stiff_knee"})],
)
def test_noise_and_gaps_at_thirty_frames_a_second(child: dict[str, float], expected: set[str]) -> None:
    pose = Walker(**child).film(fps=30, duration_s=6, noise_px=2, dropout=0.05, swaps=2, random_state=1).pose  # type: ignore[arg-type]
    table = find_patterns(Trial("child", pose))
    assert expected <= shown(table, "left") & shown(table, "right")
    assert shown(table, sure=True) <= {*expected, "flexed_knee", "true_equinus"}


@pytest.mark.parametrize(("scale", "shift"), [(0.6, (200.0, -40.0)), (1.7, (-300.0, 90.0))])
def test_size_and_place_in_the_image_change_nothing(scale: float, shift: tuple[float, float]) -> None:
    pose = side_view(crouch_deg=25.0, stance_percent=(58.0, 64.0)).pose["sagittal"]
    here = find_patterns(Trial("a", pose))
    there = find_patterns(Trial("a", pose.with_(xy=pose.xy * scale + shift, size=None)))
    assert (here["margin_errors"] - there["margin_errors"]).abs().max() < 0.02
    assert (here["present"].isna() == there["present"].isna()).all()


# --- visits ----------------------------------------------------------------------------------------------------------------------


def test_a_visit_sees_each_leg_from_its_own_side() -> None:
    child = Walker(crouch_deg=32.0)
    seen = [Trial("child", child.film(Camera(view=v), fps=60, duration_s=6).pose) for v in ("sagittal_right", "sagittal_left")]
    front = front_view(crouch_deg=32.0)
    alone = find_patterns(seen[0]).set_index(["side", "pattern"]).loc[("left", "flexed_knee")]
    visit = find_patterns([*seen, front]).set_index(["side", "pattern"])
    both = visit.loc[("left", "flexed_knee")]
    assert both["margin"] == pytest.approx(alone["margin"], abs=1.0)
    assert both["margin_errors"] == pytest.approx(1.5 * alone["margin_errors"], rel=0.05)  # the far leg is 1.5 times as uncertain
    assert both["view"] == "sagittal_right, sagittal_left"
    assert both["cycles"] > alone["cycles"]
    assert visit.loc[("left", "trendelenburg"), "present"] is False
    assert visit["present"].notna().all()


def test_what_is_measured_is_not_measured_again() -> None:
    trial = side_view(crouch_deg=20.0)
    pd.testing.assert_frame_equal(find_patterns(trial), find_patterns(measure(trial)))


# --- what cannot be told ---------------------------------------------------------------------------------------------------------


def test_a_table_has_every_pattern_of_both_sides() -> None:
    table = find_patterns(side_view())
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * len(pattern_rules())
    assert table["side"].tolist() == ["left"] * len(pattern_rules()) + ["right"] * len(pattern_rules())
    known = table["present"].notna()
    assert (table.loc[~known, "reason"] != "").all()
    assert table.loc[known, "margin"].notna().all()
    assert ((table["margin"] > 0) == table["present"].eq(True)).all()
    assert ((table["margin_errors"].abs() < 1) & known == table["within_error"]).all()
    assert table.loc[~known, "pattern"].unique().tolist() == ["trendelenburg"]


def test_without_feet_the_knee_still_tells_what_the_ankle_would_only_name() -> None:
    table = find_patterns(Trial("c", Walker(crouch_deg=40.0).film(fps=60, duration_s=6, skeleton=COCO17).pose))
    table = table.set_index(["side", "pattern"])
    for side in SIDES:
        assert table.loc[(side, "flexed_knee"), "present"] is True
        assert table.loc[(side, "true_equinus"), "present"] is False  # the knee alone rules it out
        for name in ("jump", "apparent_equinus", "crouch"):
            assert isnan(table.loc[(side, name), "present"])
            assert "has no heel" in table.loc[(side, name), "reason"]
        assert table.loc[(side, "stiff_knee"), "present"] is False


def test_each_view_says_what_it_cannot_show() -> None:
    front = find_patterns(front_view()).set_index(["side", "pattern"])
    assert isnan(front.loc[("left", "crouch"), "present"])
    assert "measured from the side" in front.loc[("left", "crouch"), "reason"]
    assert front.loc[("left", "temporal_asymmetry"), "present"] is False
    side = find_patterns(side_view()).set_index(["side", "pattern"])
    assert "from the front" in side.loc[("left", "trendelenburg"), "reason"]


def test_refusals() -> None:
    with pytest.raises(SkelgaitError, match="visit"):
        find_patterns([])
    with pytest.raises(SkelgaitError, match="one subject"):
        find_patterns([side_view("a"), side_view("b")])
    with pytest.raises(SkelgaitError, match="visit is made of trials"):
        find_patterns(side_view().pose["sagittal"])  # type: ignore[arg-type]


# --- the judgement ---------------------------------------------------------------------------------------------------------------

_M = pattern_measures()["knee_peak"]


def judge(values: list[float], roles: list[str], at_least: int = 0) -> dict[str, object]:
    """A pattern whose criteria all read "more than 10 degrees", each with an error of 2."""
    criteria = tuple(Criterion("p", role, "knee_peak", ">", "10", "s") for role in roles)
    rule = Pattern("p", "gait pattern", "", at_least, "what", "source", "caution", criteria)
    readings = [Reading(v, 2.0, 3, ("sagittal_left",)) if v == v else Reading(note="unseen") for v in values]
    return _judge(rule, [Weighed(c, _M, r, 10.0, (nan, nan)) for c, r in zip(criteria, readings, strict=True)])


@pytest.mark.parametrize(
    ("values", "roles", "at_least", "present", "margin"),
    [
        ([15, 11], ["all", "all"], 0, True, 1),
        ([15, 8], ["all", "all"], 0, False, -2),
        ([15, nan], ["all", "all"], 0, nan, nan),
        ([8, nan], ["all", "all"], 0, False, -2),
        ([10], ["all"], 0, False, 0),
        ([15, 14, 8], ["some"] * 3, 2, True, 4),
        ([15, 9, 8], ["some"] * 3, 2, False, -1),
        ([15, 14, nan], ["some"] * 3, 2, True, 4),
        ([15, nan, 8], ["some"] * 3, 2, nan, nan),
        ([9, nan, 8], ["some"] * 3, 2, False, -1),
        ([11, 15, 8], ["all", "some", "some"], 1, True, 1),
        ([16, 8, nan], ["all", "some", "some"], 1, nan, nan),
        ([9, 8, nan], ["all", "some", "some"], 1, False, -1),
        ([12, 3], ["all", "shown"], 0, True, 2),
        ([12, nan], ["all", "shown"], 0, True, 2),
    ],
)
def test_missing_values_count_against_both_answers(
    values: list[float], roles: list[str], at_least: int, present: object, margin: float
) -> None:
    found = judge(values, roles, at_least)
    if present is not True and present is not False:
        assert isnan(found["present"])  # type: ignore[arg-type]
        assert found["reason"] == "unseen"
        assert found["within_error"] is False
        return
    assert found["present"] is present
    assert found["margin"] == margin
    assert found["margin_errors"] == margin / 2
    assert found["within_error"] == (abs(margin) < 2)
    assert found["reason"] == ("caution" if present else "")


def test_evidence_row_by_row() -> None:
    trial = measure(side_view(crouch_deg=40.0))
    rows = pattern_evidence(trial)
    table = find_patterns(trial).set_index(["side", "pattern"])
    must = rows[rows["role"] == "all"].assign(z=lambda r: r["margin"] / r["error"])
    worst = must.groupby(["side", "pattern"])["z"].min()
    for name in FOUR:  # all their criteria must hold, so the worst decides
        assert table.loc[("right", name), "margin_errors"] == pytest.approx(worst["right", name])
    knee = rows[(rows["measure"] == "knee_stance") & (rows["pattern"] == "crouch") & (rows["side"] == "right")].iloc[0]
    assert knee["limit"] == pytest.approx(knee["healthy_mean"] + knee["healthy_sd"])
    assert knee["margin"] == pytest.approx(knee["value"] - knee["limit"])
    assert (
        f"knee flexion in mid-stance {knee['value']:.1f} deg (limit > {knee['limit']:.1f} deg"
        in table.loc[("right", "crouch"), "evidence"]
    )


def test_a_laboratory_brings_its_own_healthy_band() -> None:
    """Children who all walk as this one make him healthy."""
    trial = side_view(crouch_deg=30.0)
    own = reference_curves()["knee_flexion_deg"]
    bent = CurveNorm("knee_flexion_deg", own.mean + 25, own.sd, Group(source="our laboratory"))
    assert "flexed_knee" in shown(find_patterns(trial))
    assert "flexed_knee" not in shown(find_patterns(trial, norms=Norms(curves=(bent,), name="ours")))


# --- recordings ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walks(recorded_walks: list) -> Callable[[str], dict[str, Measurement]]:
    """Every recording as one camera saw it, measured once."""
    done: dict[str, dict[str, Measurement]] = {}

    def seen(camera: str) -> dict[str, Measurement]:
        if camera not in done:
            done[camera] = {w.name: measure(Trial(w.name, w.pose(camera))) for w in recorded_walks}
        return done[camera]

    return seen


def test_the_crouch_recording_is_crouch_on_both_sides(walks: Callable[[str], dict[str, Measurement]]) -> None:
    for camera in ("kp_sag_ortho", "kp_sag_persp"):
        table = find_patterns(next(m for name, m in walks(camera).items() if "crouchwalk" in name))
        for side in SIDES:
            assert {"crouch", "flexed_knee"} <= shown(table, side, sure=True)
            assert not {"jump", "apparent_equinus", "true_equinus"} & shown(table, side)
        row = table.set_index(["side", "pattern"]).loc[("left", "crouch")]
        assert "heel was never seen" in row["reason"]  # it has none: the line from ankle to toe stands for the foot


def other_side(pose: PoseSequence) -> PoseSequence:
    """The walk as a camera without perspective sees it from the other side."""
    return pose.with_(xy=pose.xy * np.array([-1.0, 1.0]))


def test_the_stiff_ankle_is_flagged(recorded_walks: list) -> None:
    """Left ankle: 8 degrees of range by Plug-in-Gait. From the right it is the far leg, and the same value no more than a hint."""
    stiff = [w for w in recorded_walks if w.name.startswith("btk_A")]
    assert len(stiff) == 2
    for walk in stiff:
        pose = walk.pose("kp_sag_ortho")
        far, near = (find_patterns(Trial(walk.name, p)) for p in (pose, other_side(pose)))
        assert "stiff_ankle" in shown(far, "left") & shown(near, "left", sure=True)
        assert "stiff_ankle" not in shown(far, "right") | shown(near, "right")


def healthy(walks: dict[str, Measurement]) -> dict[str, Measurement]:
    return {name: m for name, m in walks.items() if "btk_A" not in name and "crouchwalk" not in name}


@pytest.mark.parametrize("camera", ["kp_sag_ortho", "kp_sag_persp"])
def test_healthy_walks_are_flagged_with_no_gait_pattern(camera: str, walks: Callable[[str], dict[str, Measurement]]) -> None:
    tables = {name: find_patterns(m) for name, m in healthy(walks(camera)).items()}
    assert len(tables) >= 20
    assert {name: shown(t, sure=True) for name, t in tables.items() if shown(t, sure=True)} == {}
    together = pd.concat(tables.values())
    together = together[together["present"].notna()]
    sure = together["present"].eq(True) & ~together["within_error"]
    joint = together["kind"] == "joint pattern"
    assert sure[joint].mean() <= 0.005  # 2 of 760
    assert together["present"].eq(True)[~joint].mean() < 0.05  # hints within the error of keypoints


def test_healthy_walks_from_the_front_do_not_drop_the_pelvis(walks: Callable[[str], dict[str, Measurement]]) -> None:
    rows = pd.concat([find_patterns(m) for m in healthy(walks("kp_front_persp")).values() if "frontal" in m.planes])
    assert shown(rows, sure=True) == set()
    rows = rows[(rows["pattern"] == "trendelenburg") & rows["present"].notna()]
    assert len(rows) >= 36
    assert not rows["present"].any()


def with_angles_of_the_laboratory(found: Measurement, arrays: dict[str, np.ndarray]) -> Measurement:
    """The same strides with Plug-in-Gait's knee and ankle in the place of ours."""
    plane = found.planes["sagittal"]
    theirs = dict(plane.angles)
    for side in SIDES:
        letter = side[0].upper()
        theirs[f"{side}_knee_flexion_deg"] = arrays[f"ang_{letter}Knee"][:, 0].astype(float)
        theirs[f"{side}_ankle_dorsiflexion_deg"] = arrays[f"ang_{letter}Ankle"][:, 0].astype(float)
        theirs[f"{side}_foot_pitch_deg"] = theirs[f"{side}_ankle_dorsiflexion_deg"] - theirs[f"{side}_shank_lean_deg"]
    return replace(found, planes={"sagittal": replace(plane, angles=theirs)})


def test_the_same_patterns_as_from_three_dimensional_angles(
    recorded_walks: list, walks: Callable[[str], dict[str, Measurement]]
) -> None:
    """Of all patterns of knee and ankle; where neither is within the error, without exception."""
    of_angles = {
        name
        for name, rule in pattern_rules().items()
        if all(pattern_measures()[c.measure].angle.startswith(("knee", "ankle")) for c in rule.criteria if c.role != "shown")
    }
    parts = []
    for walk in recorded_walks:
        found = walks("kp_sag_ortho")[walk.name]
        lab = find_patterns(with_angles_of_the_laboratory(found, walk.arrays))
        parts.append(find_patterns(found).merge(lab, on=["side", "pattern"], suffixes=("", "_lab")))
    both = pd.concat(parts)
    both = both[both["pattern"].isin(of_angles) & both["present"].notna() & both["present_lab"].notna()]
    same = both["present"] == both["present_lab"]
    sure = ~both["within_error"] & ~both["within_error_lab"]
    assert len(both) > 1000
    assert both["present_lab"].eq(True).sum() > 50
    assert same.mean() > 0.98
    assert sure.sum() > 400
    assert same[sure].all()


def test_a_layout_with_feet_and_one_without_agree_on_the_knee(recorded_walks: list) -> None:
    walk = next(w for w in recorded_walks if "sydney_gait03" in w.name)
    pose = walk.pose("kp_sag_ortho")
    assert set(pose.skeleton.names) <= {*COCO23.names, *COCO17.names}
    keep = [i for i, name in enumerate(pose.skeleton.names) if name in COCO17.names]
    order = [COCO17.index(pose.skeleton.names[i]) for i in keep]
    xy = np.full((len(pose.xy), len(COCO17), 2), np.nan)
    xy[:, order] = pose.xy[:, keep]
    bare = find_patterns(Trial("a", PoseSequence(xy, fps=pose.fps, skeleton=COCO17)))
    full = find_patterns(Trial("a", pose))
    both = bare.merge(full, on=["side", "pattern"], suffixes=("_bare", ""))
    knees = both[both["pattern"].isin(["flexed_knee", "stiff_knee", "knee_flexed_mid_stance"])]
    assert (knees["present_bare"] == knees["present"]).all()
