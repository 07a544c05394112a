"""A drawn cohort is what its page says: reproducible, overlapping, measurable, and neither stream knows all."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.walker.cohort import _film_child, _late_knee, _weaken, draw_cohort
from skelgait.walker.curves import healthy, sum_harmonics
from skelgait.walker.populations import HABITS, POPULATIONS, SEEN_BY, Population, Sign


@pytest.fixture(scope="module")
def cohort() -> list[sg.Trial]:
    return draw_cohort(16, 2, random_state=3, duration_s=5)


def truths(trials: list[sg.Trial]) -> pd.DataFrame:
    return pd.DataFrame([dict(t.covariates) for t in trials], index=[t.name for t in trials])


def latents(population: Population, children: int = 1500, seed: int = 0) -> tuple[np.ndarray, pd.DataFrame]:
    """Level and traits of children by the documented numbers alone, without filming them."""
    random = np.random.default_rng(seed)
    level = random.choice(len(population.levels), children, p=population.shares)
    severity = level + population.blur * random.standard_normal(children)
    traits = {
        sign.name: [sign.mean_at(s) for s in severity] + np.hypot(sign.between, sign.within) * random.standard_normal(children)
        for sign in population.signs
    }
    return level, pd.DataFrame(traits)


def test_trials_carry_what_a_clinic_knows_and_what_is_true(cohort: list[sg.Trial]) -> None:
    assert [t.name for t in cohort[:3]] == ["child000_1", "child000_2", "child001_1"]
    assert len({t.subject for t in cohort}) == 16
    for trial in cohort:
        assert trial.labels["gmfcs"] in sg.tasks.GMFCS.levels
        assert 3.5 <= trial.age_years <= 17
        assert 0.8 < trial.height_m < 2.0
        assert 0.44 < trial.leg_length_m / trial.height_m < 0.53
        assert all(key.startswith("truth_") for key in trial.covariates)
        assert {f"truth_{sign.name}" for sign in HABITS} <= set(trial.covariates)
        pose = trial.pose["sagittal"]
        assert pose.skeleton is sg.BODY25
        assert pose.view is None
        assert pose.missing_share < 0.1
        assert 4.1 < pose.duration_s < 5.9
    pickle.loads(pickle.dumps(cohort[:2]))


def test_levels_and_nuisance_vary(cohort: list[sg.Trial]) -> None:
    assert {t.labels["gmfcs"] for t in cohort} == {"I", "II", "III", "IV"}
    assert {t.pose["sagittal"].fps for t in cohort} == {25, 30, 50, 60}
    views = {sg.recognise_view(t.pose["sagittal"]).view for t in cohort}
    assert views == {"sagittal_left", "sagittal_right"}
    assert min(t.pose["sagittal"].missing_share for t in cohort) < 0.015 < max(t.pose["sagittal"].missing_share for t in cohort)


def test_a_child_is_the_same_whatever_the_company() -> None:
    few, many = draw_cohort(2, 2, random_state=7, duration_s=2), draw_cohort(3, 2, random_state=7, duration_s=2, n_jobs=2)
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.pose["sagittal"].xy, other.pose["sagittal"].xy)
        assert dict(one.covariates) == dict(other.covariates)
    elsewhere = draw_cohort(1, 1, random_state=8, duration_s=2)
    assert elsewhere[0].covariates["truth_cadence"] != few[0].covariates["truth_cadence"]


def test_walks_of_one_child_are_alike_and_not_the_same(cohort: list[sg.Trial]) -> None:
    truth = truths(cohort)
    for name in ("cadence", "arm_swing", "crouch"):
        pairs = truth[f"truth_{name}"].to_numpy().reshape(-1, 2)
        within, between = np.abs(np.diff(pairs, axis=1)).mean(), pairs.mean(axis=1).std()
        assert 0 < within < between
    assert (truth["truth_severity"].to_numpy().reshape(-1, 2).std(axis=1) == 0).all()


def test_what_is_true_is_what_is_measured(cohort: list[sg.Trial]) -> None:
    measured, truth = sg.describe(cohort, progress=False), truths(cohort)
    for descriptor, name, least in (
        ("cadence_spm", "cadence_spm", 0.97),
        ("cadence_dimensionless", "cadence", 0.9),
        ("step_length_ll", "step_length", 0.97),
        ("trunk_lean_mean_deg", "trunk_lean", 0.97),
    ):
        assert measured[descriptor].corr(truth[f"truth_{name}"]) > least, descriptor
    crouch = measured[["left_knee_flexion_min_stance_deg", "right_knee_flexion_min_stance_deg"]].mean(axis=1)
    assert crouch.corr(truth["truth_crouch"]) > 0.9


def test_nobody_measures_the_arms(cohort: list[sg.Trial]) -> None:
    """The sign that only the keypoints show: it is in the wrists, and in no descriptor's definition."""
    swing = []
    for trial in cohort:
        pose = sg.clean(trial.pose["sagittal"])
        reach = (pose.point("left_wrist") - pose.point("left_shoulder"))[:, 0]
        trunk = np.linalg.norm(pose.point("mid_shoulder") - pose.point("mid_hip"), axis=1)
        swing.append(np.nanstd(reach / np.nanmedian(trunk)))
    assert np.corrcoef(swing, truths(cohort)["truth_arm_swing"])[0, 1] > 0.85
    assert not [d.name for d in sg.DESCRIPTORS if any("wrist" in p or "elbow" in p for p in d.points)]


def test_levels_overlap_as_documented() -> None:
    """A classifier that knew every trait of a walk would still err; one that knew the severity would hardly."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import cross_val_score

    level, traits = latents(POPULATIONS["gmfcs"], 4000)
    traits = traits.drop(columns=["trunk_sway", "detector_noise"])  # not seen from the side; the camera's, not the child's
    hidden = {"descriptors": ["arm_swing"], "skeleton": ["cadence"]}

    def score(columns: list[str]) -> float:
        return float(cross_val_score(LinearDiscriminantAnalysis(), traits[columns], level, cv=5).mean())

    everything = score(list(traits))
    streams = {who: score([c for c in traits if c not in unseen]) for who, unseen in hidden.items()}
    assert 0.72 < everything < 0.82
    assert all(0.60 < value < everything - 0.05 for value in streams.values()), streams
    assert max(score([name]) for name in traits) < 0.70


def test_only_some_signs_and_how_strongly() -> None:
    both = _weaken(POPULATIONS["gmfcs"], ("crouch",), 2.0)
    means = {sign.name: sign.means for sign in both.signs}
    old = {sign.name: sign.means for sign in POPULATIONS["gmfcs"].signs}
    assert means["crouch"] == pytest.approx([2 * m - old["crouch"][0] for m in old["crouch"]])
    assert all(len(set(means[name])) == 1 for name in means if name != "crouch")
    level, traits = latents(_weaken(POPULATIONS["gmfcs"], None, 0.0))
    assert abs(traits.corrwith(pd.Series(level))).max() < 0.08
    strong = draw_cohort(8, 1, strength=6.0, duration_s=1, random_state=1, signs=["arm_swing"])
    levels = [sg.tasks.GMFCS.levels.index(t.labels["gmfcs"]) for t in strong]
    assert np.corrcoef(levels, truths(strong)["truth_arm_swing"])[0, 1] < -0.8


def test_genu_from_the_front() -> None:
    walks = draw_cohort(20, 1, "genu", random_state=2, duration_s=4)
    assert {t.labels["genu"] for t in walks} == set(sg.tasks.GENU.levels)
    assert all(list(t.pose) == ["frontal"] for t in walks)
    measured, truth = sg.describe(walks, progress=False), truths(walks)
    valgus = measured[["left_knee_valgus_mid_stance_deg", "right_knee_valgus_mid_stance_deg"]]
    known = valgus.notna().all(axis=1).to_numpy()
    assert known.mean() > 0.7
    worse = np.where(truth["truth_affected_side"] == "left", valgus.iloc[:, 0], valgus.iloc[:, 1])
    assert np.corrcoef(worse[known], truth["truth_knee_valgus"][known])[0, 1] > 0.8
    by = truth.groupby([t.labels["genu"] for t in walks])["truth_knee_valgus"].mean()
    assert by["varum"] < by["normal"] < by["valgum"]


@pytest.fixture(scope="module")
def spines() -> list[sg.Trial]:
    return draw_cohort(18, 2, "scoliosis", random_state=1, duration_s=2, n_jobs=2)


def test_scoliosis_from_the_front_with_silhouettes(spines: list[sg.Trial]) -> None:
    assert {t.labels["scoliosis"] for t in spines} == set(sg.tasks.SCOLIOSIS.levels)
    for trial in spines:
        walk = trial.silhouette_sequence("frontal")
        assert list(trial.pose) == ["frontal"]
        assert walk.frames.shape[1:] == (64, 44)
        assert len(walk) + len(walk.empty) == trial.pose["frontal"].n_frames
        assert len(walk) > 0.6 * trial.pose["frontal"].n_frames
    assert any(len(t.silhouette_sequence().empty) for t in spines)
    again = draw_cohort(1, 2, "scoliosis", random_state=1, duration_s=2)
    assert np.array_equal(again[1].silhouette_sequence().frames, spines[1].silhouette_sequence().frames)
    assert not np.array_equal(spines[0].silhouette_sequence().frames_at([9]), spines[1].silhouette_sequence().frames_at([9]))


def test_what_is_planted_in_a_spine_is_in_the_keypoints(spines: list[sg.Trial]) -> None:
    measured, truth = sg.postural_asymmetry(spines), truths(spines)
    side = np.where(truth["truth_affected_side"] == "left", 1, -1)
    for column, name, least in (
        ("shoulder_to_left_percent", "trunk_shift", 0.7),
        ("shoulder_left_up_deg", "shoulder_tilt", 0.6),
        ("hip_left_up_deg", "pelvic_tilt", 0.6),
    ):
        known = measured[column].notna().to_numpy()
        assert known.mean() > 0.8
        assert np.corrcoef(measured[column][known], (side * truth[f"truth_{name}"])[known])[0, 1] > least, column
    by = truth.groupby([t.labels["scoliosis"] for t in spines])["truth_trunk_shift"].mean()
    assert by["negative"] < by["neutral"] < by["positive"]


def test_the_shift_is_in_the_silhouettes_too() -> None:
    """The middle of the shoulders against that of the hips, in the picture; from behind, left is left."""
    walks = draw_cohort(16, 1, "scoliosis", random_state=2, duration_s=2, signs=["trunk_shift"], strength=2, n_jobs=2)
    truth = truths(walks)
    place = np.arange(44)
    seen = []
    for trial in walks:
        mean = np.asarray(trial.silhouette_sequence().frames, float).mean(axis=0)
        shoulders, hips = ((rows.sum(axis=0) * place).sum() / rows.sum() for rows in (mean[13:20], mean[30:36]))
        towards = sg.recognise_view(trial.pose["frontal"]).view == "frontal_towards"
        seen.append((shoulders - hips) * (1 if towards else -1))
    planted = truth["truth_trunk_shift"] * np.where(truth["truth_affected_side"] == "left", 1, -1)
    assert np.corrcoef(seen, planted)[0, 1] > 0.8


def test_levels_of_scoliosis_overlap_as_documented() -> None:
    """Even one who knew all three signs exactly, and the side they are on, would err."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import cross_val_score

    level, traits = latents(replace(POPULATIONS["scoliosis"], shares=(1 / 3, 1 / 3, 1 / 3)), 6000)

    def score(columns: list[str]) -> float:
        return float(cross_val_score(LinearDiscriminantAnalysis(), traits[columns], level, cv=5).mean())

    assert 0.75 < score(list(traits)) < 0.85
    assert all(score([name]) < 0.75 for name in traits)


def test_scores_of_the_edinburgh_score_are_as_common_as_told_and_belong_to_the_walk() -> None:
    visits = draw_cohort(70, 1, "evgs", duration_s=0.4, planes=[], n_jobs=2)
    codes = sg.tasks.EVGS.encode([t.labels["evgs"] for t in visits])
    known = codes >= 0
    assert known.sum(0).tolist() == [0 if i % 17 in (3, 7, 14) else 70 for i in range(34)]
    atypical = np.where(known, codes > 0, np.nan)
    assert 0.25 < np.nanmean(atypical) < 0.35
    each = np.nanmean(atypical[:, known.all(0)], axis=0)
    assert (each > 0.02).sum() >= 26  # hardly anybody bends the hip too much or too little in swing
    limbs = (codes[:, :17] > 0) == (codes[:, 17:] > 0)
    assert 0.72 < limbs[:, known[0, :17]].mean() < 0.9
    level = [("mild", "moderate", "marked").index(t.covariates["truth_level"]) for t in visits]
    assert np.corrcoef(level, np.nansum(atypical, axis=1))[0, 1] > 0.5
    assert list(draw_cohort(1, 1, "evgs", duration_s=1)[0].pose) == ["sagittal", "frontal"]


def test_shares_are_as_asked_and_change_nobody() -> None:
    few = draw_cohort(40, 1, "scoliosis", random_state=3, duration_s=0.4, shares=(16, 1, 1), planes=[])
    assert 33 <= sum(t.labels["scoliosis"] == "negative" for t in few) < 40
    same = draw_cohort(40, 1, "scoliosis", random_state=3, duration_s=0.4, shares=(0.5, 0.25, 0.25), planes=[])
    usual = draw_cohort(40, 1, "scoliosis", random_state=3, duration_s=0.4, planes=[])
    assert [dict(t.covariates) for t in same] == [dict(t.covariates) for t in usual]
    assert [t.height_m for t in few] == [t.height_m for t in usual]


def test_every_level_can_walk_however_extreme() -> None:
    """Traits at the ends of their range, all at once: no walker refuses them."""
    for population in POPULATIONS.values():
        worst = replace(population, signs=tuple(replace(sign, between=3 * sign.between) for sign in population.signs))
        for child in range(6):
            assert len(_film_child(worst, 0, child, 1, population.planes, sg.COCO17, 1.0)) == 1


def test_a_population_of_your_own() -> None:
    limp = Population(
        "limp", ("no", "yes"), (0.5, 0.5), 0.0, ("sagittal",), (Sign("asymmetry", "share", (0.0, 0.15), 0.01, 0.005, 0.0, 0.3),)
    )
    walks = draw_cohort(8, 1, limp, duration_s=1)
    uneven = truths(walks)["truth_asymmetry"]
    limps = np.array([t.labels["limp"] == "yes" for t in walks])
    assert uneven[limps].min() > uneven[~limps].max()


def test_a_late_knee_is_late_in_swing_only() -> None:
    share = np.arange(1000) / 1000
    plain, late = (sum_harmonics(_late_knee(d), share) for d in (0.0, 0.03))
    np.testing.assert_allclose(plain, healthy("knee_flexion", share), atol=0.05)
    assert (late.argmax() - plain.argmax()) / 1000 == pytest.approx(0.03, abs=0.006)
    assert late.max() == pytest.approx(plain.max(), abs=0.8)
    assert np.abs(late - plain)[share < 0.45].max() < 0.8


def test_signs_say_what_they_are() -> None:
    for population in POPULATIONS.values():
        assert sum(population.shares) == pytest.approx(1)
        known = {sign.name for sign in HABITS} | {"trunk_shift", "shoulder_tilt", "pelvic_tilt", "equinus", "foot_out"}
        for sign in population.signs:
            assert sign.name in known
            assert len(sign.means) in (1, len(population.levels))
            assert sign.seen_by in SEEN_BY
            assert sign.low <= min(sign.means)
            assert max(sign.means) <= sign.high
    rise = Sign("x", "", (0.0, 1.0, 3.0), 1, 1, -9, 9)
    assert [rise.mean_at(s) for s in (-0.5, 0, 0.5, 1.5, 2, 2.5)] == [-0.5, 0, 0.5, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"task": "height"}, "no children for this question"),
        ({"planes": ["transverse"]}, "no such plane"),
        ({"signs": ["wings"]}, r"no such sign.*wings.*cadence"),
        ({"n_subjects": 0}, "needs a child and a walk"),
        ({"shares": (1, 1)}, "these shares are none.*number, 0 or more, for each of I, II, III, IV"),
        ({"task": "scoliosis", "shares": (1, -1, 1)}, "these shares are none"),
    ],
)
def test_refusals(options: dict, told: str) -> None:
    with pytest.raises(SkelgaitError, match=told):
        draw_cohort(**options)
