from __future__ import annotations

import pytest

from skelgait.core.errors import FileError
from skelgait.io.source import open_source
from skelgait.io.trial_table import is_trial_table, read_trial_rows
from skelgait.io.trials import read_trial_row, read_trials


def test_names_of_walks(cohort, table):
    path = table("subject,sagittal\na,side.npz\nb,side.npz\na,plain.csv\n")
    assert [t.name for t in read_trials(path)] == ["a_1", "b", "a_2"]
    path = table("subject,trial,sagittal\na,T1,side.npz\nb,T1,side.npz\n")
    assert [t.name for t in read_trials(path)] == ["T1", "b_T1"]


def test_rows_are_read_one_by_one(cohort, table):
    path = table("subject,sagittal,age_years,label_gmfcs,aid\na,side.npz,8,II,none\nb,gone.npz,eight,I,frame\n")
    good, bad = read_trial_rows(path)
    assert (good.number, bad.number, good.path("sagittal")) == (2, 3, cohort / "side.npz")
    assert good.known() == {"age_years": 8.0, "label_gmfcs": "II", "aid": "none"}
    assert read_trial_row(good).age_years == 8
    assert bad.known() == {"label_gmfcs": "I", "aid": "frame"}
    with pytest.raises(FileError, match=r"age_years 'eight' is not a number; sagittal: there is no file"):
        read_trial_row(bad)


def test_keypoints_are_no_table_of_walks(cohort, table):
    assert not is_trial_table(open_source(cohort / "plain.csv"))
    assert is_trial_table(open_source(table("subject;sagittal\na;side.npz\n")))
    assert not is_trial_table(open_source(table("a,b\n1,2\n")))
