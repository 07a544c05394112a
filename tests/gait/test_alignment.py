"""Knock-knee and bow-leg: planted in walkers, in recorded walks against three-dimensional joint centres, and refused."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.alignment import COLUMNS, align_measurements, knee_alignment
from skelgait.gait.frontal import find_mid_stance
from skelgait.gait.geometry import cross_talk_deg
from skelgait.gait.measure import measure
from skelgait.walker import Camera, Walker

VIEWS = ("frontal_towards", "frontal_away")


def film(
    view: str = "frontal_towards", *, yaw_deg: float = 0.0, noise_px: float = 0.0, fps: float = 60, seconds: float = 5, **child
):
    return Walker(**child).film(Camera(view=view, yaw_deg=yaw_deg), fps=fps, duration_s=seconds, noise_px=noise_px)


def align(*walks, age_years: float | None = 9, **how):
    trials = [Trial("child", walk.pose, name=f"walk{i}", age_years=age_years) for i, walk in enumerate(walks)]
    return knee_alignment(trials, **how).set_index("side")


# ---------------------------------------------------------------- truth


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("planted", [(15, 15), (10, -10), (5, 0), (-5, -15), (0, 0)])
def test_planted_alignment_is_read_and_named(view, planted):
    found = align(film(view, knee_valgus_deg=planted))
    assert found.valgus_deg.to_numpy() == pytest.approx(planted, abs=0.5)
    names = {1: "genu valgum", 0: "neutral", -1: "genu varum"}
    assert found.alignment.tolist() == [names[(v > 3) - (v < -3)] for v in planted]
    assert (found.steps >= 4).all()
    assert (found.iqr_deg < 0.5).all()
    assert found.views.tolist() == [view, view]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("fps", "noise_px", "most"), [(60, 1, 0.8), (60, 2, 1.5), (30, 2, 2.0)])
def test_noise_spreads_the_steps_and_moves_the_median_little(view, fps, noise_px, most):
    found = align(film(view, knee_valgus_deg=(8, -6), noise_px=noise_px, fps=fps, seconds=6))
    assert found.valgus_deg.to_numpy() == pytest.approx([8, -6], abs=most)
    assert found.iqr_deg.max() > 0.1
    assert found.alignment.tolist() == ["genu valgum", "genu varum"]


def test_front_and_back_of_one_visit_are_pooled_and_told_apart():
    child = {"knee_valgus_deg": (8, -6)}
    one, two = film("frontal_towards", **child), film("frontal_away", **child)
    found, alone = align(one, two), align(one)
    assert found.steps.tolist() == (alone.steps + align(two).steps).tolist()
    assert found.loc["left", "views"] == "frontal_towards, frontal_away"
    for way in ("towards_deg", "away_deg"):
        assert found[way].to_numpy() == pytest.approx([8, -6], abs=0.6)
    assert alone.away_deg.isna().all()


def test_a_walk_there_and_back_shows_both_ways():
    walk = Walker(there_and_back=True, knee_valgus_deg=(8, -6)).film(Camera(view="frontal_towards"), fps=30, duration_s=14)
    found = align(walk)
    assert found.towards_deg.to_numpy() == pytest.approx([8, -6], abs=1.0)
    assert found.away_deg.to_numpy() == pytest.approx([8, -6], abs=1.0)


def test_one_row_a_step():
    walk = film(knee_valgus_deg=(8, -6))
    steps = knee_alignment(Trial("child", walk.pose, name="front"), detail=True)
    both = align(walk)
    assert set(steps.trial) == {"front"}
    assert set(steps["view"]) == {"frontal_towards"}
    for side in SIDES:
        own = steps[steps.side == side]
        assert own.valgus_deg.median() == pytest.approx(both.loc[side, "valgus_deg"])
        assert len(own) == both.loc[side, "steps_seen"]
        assert own.passed.sum() == both.loc[side, "passed"]
        contacts = walk.truth.events.times(side, "initial_contact")
        assert np.abs(own.start_s.to_numpy()[:, None] - contacts).min(axis=1).max() < 0.06
    assert (steps.mid_stance < steps.frames).all()
    assert (steps.passed <= steps.mid_stance).all()
    assert (steps.stop_s > steps.start_s).all()


def test_knees_apart_and_ankles_apart():
    straight, valgus, varus = (align(film(knee_valgus_deg=v, step_width_m=0.12)).loc["left"] for v in (0, 12, -12))
    assert valgus.kasr < straight.kasr - 0.2 < varus.kasr - 0.4
    body = Walker()
    assert straight.ankle_separation_ll == pytest.approx(0.12 / body.leg_m, rel=0.15)
    assert straight.kasr == pytest.approx(straight.knee_separation_ll / straight.ankle_separation_ll, rel=0.05)
    assert np.isnan(align(film(step_width_m=0.0)).loc["left", "kasr"])  # the ankles meet


def test_the_projection_angle_is_the_most_valgus_reading():
    found = align(film(knee_valgus_deg=(8, -6)))
    assert (found.fppa_deg.to_numpy() > found.valgus_deg.to_numpy() - 0.3).all()
    assert found.fppa_deg.to_numpy() == pytest.approx([8, -6], abs=1.0)


# ---------------------------------------------------------------- bent and turned legs


@pytest.mark.parametrize("yaw_deg", [-12, -6, 6, 12])
@pytest.mark.parametrize("view", VIEWS)
def test_the_false_valgus_of_a_bent_and_turned_leg_is_foretold(view, yaw_deg):
    child = {"crouch_deg": 30}
    found = align(film(view, yaw_deg=yaw_deg, **child), film("sagittal_right", **child))
    assert found.turn_deg.to_numpy() == pytest.approx([-yaw_deg] * 2, abs=1.0)
    assert found.knee_flexion_deg.to_numpy() == pytest.approx([33] * 2, abs=3)
    assert found.cross_talk_deg.to_numpy() == pytest.approx(found.valgus_deg.to_numpy(), abs=1.2)
    assert np.abs(found.cross_talk_deg).to_numpy() == pytest.approx(np.abs(cross_talk_deg(33, yaw_deg)), rel=0.2)
    assert found.cross_talk_deg["left"] * found.cross_talk_deg["right"] < 0
    assert found.apparent.all()


def test_crouch_with_hips_turned_in_is_apparent_valgus():
    child = {"crouch_deg": 30, "hip_rotation_deg": 15}
    found = align(film(**child), film("sagittal_left", **child))
    assert (found.valgus_deg > 6).all()
    assert found.apparent.all()
    assert found.notes.str.contains("apparent alignment: the stance knee is bent by 3").all()
    assert (found.flexed == found.mid_stance).all()
    alone = align(film(**child))  # the front view cannot tell
    assert not alone.apparent.any()
    assert alone.notes.str.contains("no side view").all()
    assert alone.cross_talk_deg.isna().all()


def test_a_straight_leg_is_not_apparent():
    found = align(film(), film("sagittal_left"))
    assert not found.apparent.any()
    assert (found.flexed < 0.2 * found.mid_stance).all()
    assert not found.notes.str.contains("side view").any()


def test_a_leg_bent_deeply_is_refused_and_the_gate_named():
    found = align(film(crouch_deg=65), film("sagittal_left", crouch_deg=65))
    assert found.valgus_deg.isna().all()
    assert (found.alignment == "").all()
    assert found.reason.str.contains("refused: thigh or shank points at the camera").all()
    assert (found.foreshortened == found.mid_stance).all()
    assert (found.passed == 0).all()
    assert found.apparent.all()


def test_a_body_turned_away_is_refused_and_the_gate_named():
    found = align(film(yaw_deg=20))
    assert found.valgus_deg.isna().all()
    assert found.reason.str.contains("refused: the body is turned").all()
    assert (found.turned > 0.9 * found.mid_stance).all()


# ---------------------------------------------------------------- limits, probabilities, cautions


def test_probabilities_sum_to_one_and_widen_with_the_error():
    walk = film(knee_valgus_deg=(4, 4))
    found, sure = align(walk), align(walk, error_deg=0.3)
    for table in (found, sure):
        assert table[["p_varum", "p_neutral", "p_valgum"]].sum(axis=1).to_numpy() == pytest.approx([1, 1])
    assert (found.p_valgum < 0.75).all()
    assert (sure.p_valgum > 0.95).all()
    assert found.notes.str.contains("from a limit, less than the error").all()
    assert not sure.notes.str.contains("from a limit").any()


@pytest.mark.parametrize(
    ("age", "alignment", "usual"),
    [(1.5, "genu valgum", None), (4, "neutral", None), (9, "genu valgum", True), (None, "genu valgum", None), (0.8, "", None)],
)
def test_limits_follow_the_age(age, alignment, usual):
    found = align(film(knee_valgus_deg=4.5), age_years=age).loc["left"]
    assert found.alignment == alignment
    assert found.usual_for_age is usual or found.usual_for_age == usual
    assert ("age is not known" in found.notes) == (age is None)
    assert ("no limits for this age" in found.notes) == (age == 0.8)
    assert found.valgus_deg == pytest.approx(4.5, abs=0.5)
    assert ("doi:" in found.source) == bool(alignment)


def test_the_axis_is_named():
    table = knee_alignment(Trial("child", film(seconds=3).pose))
    assert list(table.columns) == list(COLUMNS)
    assert "mechanical axis" in table.attrs["axis"]
    assert "anatomical" in table.attrs["axis"]


def test_few_steps_are_said():
    found = align(film(seconds=1.8))
    assert (found.steps < 3).all()
    assert found.notes.str.contains("3 are advised").all()


def test_from_the_side_nothing_is_said_of_varus_and_valgus():
    found = align(film("sagittal_right"))
    assert found.valgus_deg.isna().all()
    assert (found.reason == "no recording from the front or from behind: varus and valgus do not show from the side").all()
    assert found[["mid_stance", "passed"]].to_numpy().sum() == 0
    assert len(knee_alignment(Trial("child", film("sagittal_right").pose), detail=True)) == 0


def test_a_visit_is_of_one_subject():
    pose = film(seconds=3).pose
    with pytest.raises(SkelgaitError, match="one subject"):
        knee_alignment([Trial("a", pose), Trial("b", pose)])


def test_measured_walks_give_the_same():
    trial = Trial("child", film(knee_valgus_deg=(8, -6)).pose, age_years=9)
    one, two = knee_alignment(trial), align_measurements([measure(trial)])
    assert one.valgus_deg.tolist() == two.valgus_deg.tolist()
    assert knee_alignment(measure(trial)).alignment.tolist() == one.alignment.tolist()


@pytest.mark.parametrize("view", VIEWS)
def test_the_mirror_child_swaps_sides(view):
    walk = film(view, knee_valgus_deg=(8, -3), noise_px=0.5)
    found = align(walk)
    mirrored = knee_alignment(Trial("child", walk.pose.mirrored(), age_years=9)).set_index("side")
    for name in ("valgus_deg", "fppa_deg", "steps", "passed", "p_valgum", "kasr"):
        assert mirrored[name].to_numpy() == pytest.approx(found[name].to_numpy()[::-1], abs=1e-6), name
    assert mirrored.turn_deg.to_numpy() == pytest.approx(-found.turn_deg.to_numpy()[::-1], abs=1e-6)


# ---------------------------------------------------------------- recorded walks


@pytest.fixture(scope="module")
def children(data, recorded_walks):
    """Alignment of every recorded walk, from the front with its side view: (name, subject, table, 3D reference by side)."""
    with (data / "c3d_children_ukbb" / "subjects.csv").open() as file:
        ages = {row["subject"]: (float(row["age_years"]), {"m": "male", "f": "female"}[row["sex"]]) for row in csv.DictReader(file)}
    out = []
    for walk in recorded_walks:
        subject = walk.name.removeprefix("walkNorm_")[:6]
        age, sex = ages.get(subject, (None, None))
        pose = {"frontal": walk.pose("kp_front_persp"), "sagittal": walk.pose("kp_sag_persp")}
        measured = measure(Trial(subject, pose, age_years=age, sex=sex))
        plane = measured.planes["frontal"]
        true = {}
        for side in SIDES:
            middle = find_mid_stance(plane.events, side, plane.pose.time_s)
            true[side] = float(np.nanmedian(walk.arrays[f"hka_{side[0].upper()}"][: len(middle)][middle]))
        out.append((walk.name, subject, align_measurements([measured]).set_index("side"), true))
    return out


def test_every_recorded_knee_is_near_that_of_its_joint_centres(children):
    apart = {
        (name, side): table.loc[side, "valgus_deg"] - true[side]
        for name, _, table, true in children
        for side in SIDES
        if np.isfinite(table.loc[side, "valgus_deg"])
    }
    assert len(apart) >= 44
    assert np.median(np.abs(list(apart.values()))) < 0.4
    assert max(np.abs(list(apart.values()))) < 1.0


def test_the_valgus_child_reads_valgus_on_both_sides_in_both_walks(children):
    found = [table for _, subject, table, _ in children if subject == "NP1009"]
    assert len(found) == 2
    for table in found:
        assert table.alignment.tolist() == ["genu valgum", "genu valgum"]
        assert (table.p_valgum > 0.5).all()
        assert not table.apparent.any()
        assert not table.loc["left", "usual_for_age"]


def test_the_other_children_are_usual_for_their_age_but_for_one_knee(children):
    """One right knee is as far in valgus (5.7 and 6.0 degrees by its joint centres) as the valgus child's, and is said to be."""
    others = [(s, side, table.loc[side]) for _, s, table, _ in children if s.startswith("NP") and s != "NP1009" for side in SIDES]
    unusual = {(subject, side) for subject, side, row in others if not row.usual_for_age}
    assert unusual == {("NP1002", "right")}
    both = {s for _, s, table, _ in children if s.startswith("NP") and (table.alignment == "genu valgum").all()}
    assert both == {"NP1009"}


def test_imitated_crouch_is_refused(children):
    table = next(t for name, _, t, _ in children if "crouch" in name)
    assert table.valgus_deg.isna().all()
    assert table.apparent.all()
    assert (table.knee_flexion_deg > 60).all()
    assert table.reason.str.startswith("refused: thigh or shank").all()


def test_the_leg_with_the_known_varus_reads_varus(children):
    for name in ("btk_A_gait1", "btk_A_gait2"):
        table = next(t for n, _, t, _ in children if n == name)
        assert table.alignment["left"] == "genu varum"
        assert table.alignment["right"] == "neutral"
