"""The doors: one row a trial, one line a descriptor, and a bad trial that does not take the others with it."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import MissingKeypoint, SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import Skeleton
from skelgait.core.trial import Trial
from skelgait.gait.describe import ABOUT, describe, validity
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import measure
from skelgait.walker import Camera, Walker

NAMES = [d.name for d in DESCRIPTORS]


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return [
        Trial(f"child{i}", Walker(cadence_spm=spm, height_m=1.3).film(fps=60, duration_s=5).pose, name=f"walk{i}", height_m=1.3)
        for i, spm in enumerate((100, 120, 150))
    ]


@pytest.fixture(scope="module")
def table(trials: list[Trial]) -> pd.DataFrame:
    return describe(trials)


@pytest.fixture
def footless() -> Trial:
    feet = Skeleton("feet", ("left_heel", "right_heel"))
    return Trial("bad", PoseSequence(np.zeros((30, 2, 2)), fps=30, skeleton=feet))


def test_one_row_a_trial_in_the_order_given(table: pd.DataFrame) -> None:
    assert table.index.tolist() == ["walk0", "walk1", "walk2"]
    assert table.index.name == "trial"
    assert table.columns.tolist() == ["subject", *NAMES, *ABOUT]
    assert table.subject.tolist() == ["child0", "child1", "child2"]
    assert table.cadence_spm.tolist() == pytest.approx([100, 120, 150], abs=0.7)
    assert all(kind.kind == "f" for kind in table.dtypes.drop("subject"))


def test_the_columns_about_the_recording(table: pd.DataFrame, trials: list[Trial]) -> None:
    first = measure(trials[0])
    assert table.n_strides.iloc[0] == len(first.planes["sagittal"].strides)
    assert table.n_steps.iloc[0] == first.counts["step_time_s"]
    assert table.n_bouts.tolist() == [1, 1, 1]
    assert table.fps.tolist() == [60, 60, 60]
    assert table.duration_s.tolist() == pytest.approx([5, 5, 5])


def test_one_trial_needs_no_list_and_a_generator_serves(trials: list[Trial], table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(describe(trials[0]), table.iloc[:1])
    pd.testing.assert_frame_equal(describe(t for t in trials), table)


def test_no_trials_give_an_empty_table() -> None:
    assert describe([]).shape == (0, 1 + len(NAMES) + len(ABOUT))
    assert len(validity([])) == 0


def test_two_processes_say_what_one_says(trials: list[Trial], table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(describe(trials, n_jobs=2), table)


def test_trials_do_not_change_each_other(trials: list[Trial], table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(describe(trials[::-1]), table[::-1])


def test_validity_tells_the_same_numbers_and_what_they_rest_on(trials: list[Trial], table: pd.DataFrame) -> None:
    long = validity(trials)
    assert long.columns.tolist() == ["trial", "descriptor", "value", "unit", "n", "filled_share", "reason", "note"]
    wide = long.pivot(index="trial", columns="descriptor", values="value")[NAMES]
    np.testing.assert_array_equal(wide.to_numpy(), table[NAMES].to_numpy())
    assert (long.value.isna() == (long.reason != "")).all()
    assert (long.n[long.value.notna()] > 0).all()
    assert long.filled_share[long.value.notna()].between(0, 1).all()
    assert long.unit.tolist()[: len(NAMES)] == [d.unit for d in DESCRIPTORS]


def test_a_bad_trial_becomes_a_row_of_nan_with_its_reason(trials: list[Trial], footless: Trial) -> None:
    with pytest.warns(UserWarning, match="bad could not be measured"):
        table = describe([trials[0], footless, trials[1]])
    assert table.cadence_spm.isna().tolist() == [False, True, False]
    assert table.loc["bad", "subject"] == "bad"
    with pytest.warns(UserWarning, match="bad could not be measured"):
        long = validity([footless])
    assert long.value.isna().all()
    assert long.reason.str.contains("hip").all()


def test_a_bad_trial_stops_everything_when_asked(footless: Trial) -> None:
    with pytest.raises(MissingKeypoint):
        describe([footless], errors="raise")


def test_a_trial_without_a_pose_says_so() -> None:
    with pytest.raises(SkelgaitError, match=r"'empty' has no pose.*read_pose"):
        describe(Trial("empty"), errors="raise")


def test_what_is_not_a_trial_is_refused(trials: list[Trial]) -> None:
    with pytest.raises(SkelgaitError, match="PoseSequence"):
        describe(trials[0].pose["sagittal"])  # type: ignore[arg-type]
    with pytest.raises(SkelgaitError, match="errors="):
        describe(trials, errors="ignore")


def test_two_walks_of_one_name_are_refused_with_what_to_do(trials: list[Trial]) -> None:
    pose = trials[0].pose["sagittal"]
    again = [Trial("child07", pose), trials[0], Trial("child07", pose)]
    for door in (describe, validity):
        with pytest.raises(SkelgaitError, match=r"share a name.*'child07' \(2 times\).*name=\"child07, walk 2\""):
            door(again)
    with pytest.raises(SkelgaitError, match=r"and 2 more"):
        describe([Trial(str(i % 7), pose) for i in range(14)])
    named = [Trial("child07", pose, name=f"child07, walk {i}") for i in (1, 2)]
    assert describe(named).index.is_unique


def test_a_bar_only_when_it_takes_long(
    trials: list[Trial], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    describe(trials)
    assert capfd.readouterr().err == ""
    describe(trials, progress=True)
    assert "3/3" in capfd.readouterr().err


def test_a_front_view_alone_gives_what_it_can() -> None:
    walk = Walker(knee_valgus_deg=10).film(Camera(view="frontal_towards"), fps=60, duration_s=6)
    row = describe(Trial("child", {"frontal": walk.pose})).iloc[0]
    assert row.left_knee_valgus_mid_stance_deg == pytest.approx(10, abs=2)
    assert np.isnan(row.left_knee_flexion_max_swing_deg)
    assert row.fps == 60


@pytest.mark.parametrize("n_jobs", [0, "2", True, 1.5])
def test_a_number_of_processes_that_is_none(n_jobs):
    with pytest.raises(SkelgaitError, match="n_jobs is no number of processes"):
        describe([], n_jobs=n_jobs)
