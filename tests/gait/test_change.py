"""A planted change is found, none is found where there is none, and published limits are applied as published."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.gait.change import (
    CHANGED,
    PERHAPS,
    UNKNOWN,
    WITHIN,
    change_limits,
    compare_visits,
    mdc95,
    standard_error_of_measurement,
)
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement, measure
from skelgait.gait.norms import bare_name
from skelgait.gait.uncertainty import uncertainty
from skelgait.walker import Camera, Walker


def trial(seed: int, **settings: object) -> Trial:
    walker = Walker(stride_time_cv_percent=3, rhythm_seed=seed, **settings)  # type: ignore[arg-type]
    return Trial("child07", walker.film(fps=60, duration_s=6, noise_px=1.5, random_state=seed).pose, height_m=1.28, name=f"{seed}")


@pytest.fixture(scope="module")
def operated() -> pd.DataFrame:
    """A stiff right knee freed, the cadence raised by 4 (less than 10 steps a minute), all else alike."""
    before, after = trial(1, stiff_knee=(0.0, 0.7), cadence_spm=118), trial(2, cadence_spm=122)
    return compare_visits(before, after, scores={"evgs_total": (31, 28), "gps_deg": (12.1, 9.9)}, resamples=500).set_index(
        "descriptor"
    )


def test_formulas_by_hand() -> None:
    assert standard_error_of_measurement(8.0, 0.75) == 4
    assert mdc95(4.0) == pytest.approx(11.087, abs=1e-3)
    assert change_limits()["knee_flexion_max_swing_deg"].mdc95 == pytest.approx(1.96 * np.sqrt(2) * 2.91)
    with pytest.raises(SkelgaitError, match=r"outside its range.*0 to 1"):
        standard_error_of_measurement(8.0, 1.2)


def test_every_limit_speaks_of_something_measured_and_names_its_source() -> None:
    names = {bare_name(d.name) for d in DESCRIPTORS} | {"evgs_total", "gps_deg"}
    for limit in change_limits().values():
        assert limit.measure in names
        assert limit.source
        assert limit.who
        assert np.isfinite([limit.mdc95, limit.mdc_percent, limit.mcid]).any()


def test_a_limit_in_percent_is_of_the_larger_value() -> None:
    assert change_limits()["double_support_time_s"].mdc(0.2, 0.3) == pytest.approx(0.24)


def test_the_planted_change_is_found_and_only_there(operated: pd.DataFrame) -> None:
    assert operated.verdict["right_knee_flexion_max_swing_deg"] == CHANGED
    assert operated.difference["right_knee_flexion_max_swing_deg"] > 15
    assert "Lin et al. 2023" in operated.mdc_from["right_knee_flexion_max_swing_deg"]
    for name in ("left_knee_flexion_max_swing_deg", "right_knee_flexion_min_stance_deg", "left_ankle_dorsiflexion_max_stance_deg"):
        assert operated.verdict[name] == WITHIN


def test_published_error_outweighs_steady_strides(operated: pd.DataFrame) -> None:
    """Four steps a minute are more than the strides scatter, but less than two sessions differ by."""
    row = operated.loc["cadence_spm"]
    assert row.difference == pytest.approx(4, abs=2)
    assert (row.verdict, row.mdc95) == (WITHIN, 9.958)


def test_own_error_is_that_of_both_visits() -> None:
    visits = trial(1), trial(2, cadence_spm=140)
    table = compare_visits(*visits, resamples=500).set_index("descriptor")
    ses = [uncertainty(v, resamples=500, random_state=i).set_index("descriptor").se["stance_percent"] for i, v in enumerate(visits)]
    assert table.mdc95["stance_percent"] == pytest.approx(1.96 * np.hypot(*ses))
    assert table.mdc_from["stance_percent"] == "the spread over strides of both visits"
    assert "difference between days" in table.reason["stance_percent"]


def test_edinburgh_total_follows_both_rules(operated: pd.DataFrame) -> None:
    row = operated.loc["evgs_total"]
    assert (row.difference, row.mdc95, row.mcid, row.verdict, row.important) == (-3, 4.78, 2.4, WITHIN, True)
    more = compare_visits(trial(1), trial(2), scores={"evgs_total": (31, 26)}, resamples=200).iloc[0]
    assert (more.verdict, more.important) == (CHANGED, True)
    less = compare_visits(trial(1), trial(2), scores={"evgs_total": (31, 29)}, resamples=200).iloc[0]
    assert (less.verdict, less.important) == (WITHIN, False)


def test_where_no_error_is_published_nothing_is_claimed(operated: pd.DataFrame) -> None:
    row = operated.loc["gps_deg"]
    assert (row.verdict, row.important, row.mcid) == (UNKNOWN, True, 1.6)
    assert row.reason == "no measurement error is published for it, only what matters"


def test_walkers_who_walk_alike_twice_seldom_change() -> None:
    found = [compare_visits(trial(2 * i), trial(2 * i + 1), resamples=300) for i in range(4)]
    told = pd.concat(found).query(f"verdict != '{UNKNOWN}'")
    assert len(told) > 600
    assert told.verdict.isin([CHANGED, PERHAPS]).mean() < 0.05
    assert not (told.verdict == CHANGED).any()


def test_people_who_walk_twice_within_minutes_have_not_changed(recorded_walks: list) -> None:
    """Few strides know little of the next walk: what no published limit covers is never called changed."""
    people: dict[str, list[Measurement]] = {}
    for walk in recorded_walks:
        if walk.name.startswith(("walkNorm", "sydney")):
            poses = {"sagittal": walk.pose("kp_sag_persp"), "frontal": walk.pose("kp_front_persp")}
            person = re.sub(r"a\d+$|gait\d+$", "", walk.name)
            people.setdefault(person, []).append(measure(Trial(person, poses, name=walk.name)))
    pairs = [pair for walks in people.values() for pair in pairwise(walks)]
    assert len(pairs) >= 5
    told = pd.concat([compare_visits(*pair, resamples=200) for pair in pairs]).query(f"verdict != '{UNKNOWN}'")
    published = ~told.reason.str.contains("no limit is published")
    assert published.sum() > 200
    assert (told.verdict == CHANGED)[published].mean() <= 0.05
    assert not told.verdict[~published].eq(CHANGED).any()
    assert told.verdict[~published].eq(PERHAPS).any()


def test_what_one_visit_lacks_cannot_be_told(operated: pd.DataFrame) -> None:
    front = Trial("child07", Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=5).pose, name="front")
    table = compare_visits([trial(1), front], trial(2), resamples=200).set_index("descriptor")
    row = table.loc["left_pelvis_up_mid_stance_deg"]
    assert (row.verdict, row.important) == (UNKNOWN, None)
    assert row.reason.startswith("after: no frontal recording")
    assert table.verdict["left_knee_flexion_max_swing_deg"] == WITHIN
    assert operated.reason["left_pelvis_up_mid_stance_deg"].startswith("before: no frontal recording")


def test_order_of_rows_and_sign() -> None:
    table = compare_visits(trial(1), trial(2), resamples=200)
    assert table.descriptor.tolist() == [d.name for d in DESCRIPTORS]
    np.testing.assert_allclose(table.difference, table.after - table.before)


def test_what_is_refused() -> None:
    with pytest.raises(SkelgaitError, match=r"of one subject.*ben, child07"):
        compare_visits(trial(1), trial(2).with_(subject="ben"))
    with pytest.raises(SkelgaitError, match=r"the score evgs_total cannot be compared.*two numbers"):
        compare_visits(trial(1), trial(2), scores={"evgs_total": ("a", 3)}, resamples=200)  # type: ignore[dict-item]
