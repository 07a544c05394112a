"""z and percentile by hand, the right norm for each age, and a sentence where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import Group, Norm, Norms
from skelgait.core.trial import Trial
from skelgait.gait.describe import describe
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import measure
from skelgait.gait.norms import cited_norms, compare, percentile, tibiofemoral_norms
from skelgait.walker import Walker

OURS = Norms((Norm("cadence_spm", 100.0, 10.0, Group(6, 12, n=50, source="our laboratory")),))


@pytest.fixture(scope="module")
def child() -> Trial:
    walk = Walker(age_years=7, cadence_spm=126).film(fps=60, duration_s=6)
    return Trial("child07", walk.pose, age_years=7, height_m=walk.walker.body_height_m)


def test_z_percentile_and_band_by_hand() -> None:
    row = compare({"cadence_spm": 115.0}, 7, norms=OURS).iloc[0]
    assert (row["mean"], row.sd, row.low, row.high, row.z, row.n) == (100, 10, 80, 120, 1.5, 50)
    # Crawford & Howell: t = 1.5 / sqrt(51 / 50) = 1.4852 with 49 degrees of freedom.
    assert row.percent == pytest.approx(92.80, abs=0.01)
    assert row.source == "our laboratory"


def test_percentile_of_small_groups_is_nearer_the_middle() -> None:
    assert percentile(2.0) == pytest.approx(97.725, abs=1e-3)
    assert percentile(2.0, 6) < percentile(2.0, 60) < percentile(2.0)
    assert percentile(0.0, 6) == 50
    assert np.isnan(percentile(np.nan, 6))


@pytest.mark.parametrize(
    ("age", "mean", "n"), [(3, 0.900, 11), (5, 0.904, 14), (7.9, 0.955, 20), (8.0, 0.960, 21), (10, 1.059, 15), (14.9, 1.072, 12)]
)
def test_stride_time_of_each_age_is_the_published_one(age: float, mean: float, n: int) -> None:
    row = compare({"left_stride_time_s": 1.0}, age).iloc[0]
    assert (row["mean"], row.n) == (mean, n)


def test_standard_errors_became_standard_deviations() -> None:
    norm = cited_norms().number("stride_time_s", 7)
    assert norm.sd / np.sqrt(norm.group.n) == pytest.approx(0.012, rel=1e-5)


def test_cadence_and_step_time_follow_from_stride_time() -> None:
    collection = cited_norms()
    stride, cadence, step = (collection.number(n, 6.5) for n in ("stride_time_s", "cadence_spm", "step_time_s"))
    assert cadence.mean == pytest.approx(120 / stride.mean)
    assert (cadence.low, cadence.high) == (120 / stride.high, 120 / stride.low)
    assert cadence.sd / cadence.mean == pytest.approx(stride.sd / stride.mean)
    assert (step.mean, step.sd) == (stride.mean / 2, stride.sd / 2)


def test_no_norm_says_why() -> None:
    reason = compare({"stride_time_s": 1.0, "knee_flexion_range_deg": 50.0}, 9).reason
    assert reason[0] == "no norm for this age (9 years): there are norms for 3-8 and 10-14 years"
    assert reason[1] == "no norm known"
    assert compare({"stride_time_s": 1.0}).reason[0] == "no norm: the age is not known"
    assert compare({"single_support_percent": 38.0}, 4).reason[0] == "the source gives no SD: only the mean is known"
    assert compare({"left_knee_valgus_mid_stance_deg": 1.0}, 40).reason[0] == "no norm: the sex is not known"
    assert "tibiofemoral_norms" in compare({"left_knee_valgus_mid_stance_deg": 1.0}, 5).reason[0]


def test_alignment_of_adults_depends_on_sex_and_names_the_mechanical_axis() -> None:
    his, hers = (compare({"left_knee_valgus_mid_stance_deg": 1.0}, 30, sex).iloc[0] for sex in ("male", "female"))
    assert (his["mean"], hers["mean"]) == (-1.5, -0.5)
    assert "mechanical axis" in his.source


def test_a_healthy_walker_lies_within_the_norms_of_its_age(child: Trial) -> None:
    table = compare(child)
    known = table[table.z.notna()]
    assert len(known) > 40
    assert (known.z.abs() < 2.5).mean() > 0.9
    assert (known.low < known["mean"]).all()
    assert (known.source != "").all()
    assert ((table.z.isna()) == (table.reason != "")).all()


def test_a_crouching_walker_does_not() -> None:
    pose = Walker(crouch_deg=30).film(fps=60, duration_s=5).pose
    table = compare(Trial("child", pose, age_years=8)).set_index("descriptor")
    assert table.z["left_knee_flexion_min_stance_deg"] > 3
    assert table.percent["left_knee_flexion_min_stance_deg"] > 99


def test_every_form_of_the_question_has_the_same_answer(child: Trial) -> None:
    measured = measure(child)
    table = compare(measured)
    for same in (compare([child]), compare(measured.values, 7), compare(pd.Series(measured.values), 7)):
        pd.testing.assert_frame_equal(table.drop(columns="reason"), same.drop(columns="reason"))
    rows = compare(describe([child, child.with_(name="again")]), 7)
    assert rows.trial.unique().tolist() == ["child07", "again"]
    np.testing.assert_allclose(rows.z[: len(table)], table.z)
    assert table.descriptor.tolist() == [d.name for d in DESCRIPTORS]
    assert "no scale" not in "".join(table.reason)


def test_own_norms_come_first_and_the_cited_fill_in(child: Trial) -> None:
    table = compare(child, norms=OURS).set_index("descriptor")
    assert table.source["cadence_spm"] == "our laboratory"
    assert "Hausdorff" in table.source["stride_time_s"]


def test_what_is_refused(child: Trial) -> None:
    with pytest.raises(SkelgaitError, match=r"cannot be an age.*0 to 120"):
        compare({"cadence_spm": 1.0}, -1)
    with pytest.raises(SkelgaitError, match="unknown sex"):
        compare({"cadence_spm": 1.0}, 7, "m")
    with pytest.raises(SkelgaitError, match=r"none of these is a descriptor.*speed"):
        compare({"speed": 1.0}, 7)
    wrong = Norms((Norm("cadence", 100.0, 10.0, Group(source="ours")),))
    with pytest.raises(SkelgaitError, match=r"not measured here.*cadence.*did you mean cadence_spm"):
        compare({"cadence_spm": 1.0}, 7, norms=wrong)
    with pytest.raises(SkelgaitError, match=r"of one subject.*another, child07"):
        compare([child, child.with_(subject="another")])


def test_anatomical_axes_are_kept_apart_from_the_mechanical() -> None:
    four = tibiofemoral_norms(4).set_index("population")
    assert four.loc["Korea", "mean"] == 7.8
    assert np.isnan(four.loc["Korea", "sd"])
    assert four.loc["Korea", "mechanical_mean"] == pytest.approx(1.8)
    nigeria = four.loc["Nigeria"]
    assert (nigeria.mechanical_low, nigeria.mechanical_high) == pytest.approx((6.8 - 1.6 - 7, 6.8 + 1.6 - 5))
    assert set(tibiofemoral_norms(6, "male").sex) == {"male", ""}
    assert tibiofemoral_norms(30).empty
    assert len(tibiofemoral_norms()) > 20
