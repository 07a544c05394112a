from __future__ import annotations

import pytest

from skelgait.core.errors import FileError
from skelgait.io.source import open_source
from skelgait.io.trial_table import is_trial_table
from skelgait.io.trials import read_trials


def test_tables_that_are_none(cohort, table):
    with pytest.raises(FileError, match=r"trials.csv has no column subject. Found: name, sagittal"):
        read_trials(table("name,sagittal\na,side.npz\n"))
    with pytest.raises(FileError, match=r"trials.csv names no files. Found: subject, age_years. Expected: one of sagittal"):
        read_trials(table("subject,age_years\na,8\n"))
    with pytest.raises(FileError, match=r"trials.csv names no files[\s\S]*rename side to sagittal \(or to frontal\)"):
        read_trials(table("subject,side\na,side.npz\n"))
    with pytest.raises(FileError, match=r"trials.csv has a column twice. Found: sagittal"):
        read_trials(table("subject,sagittal,sagittal\na,side.npz,side.npz\n"))
    with pytest.raises(FileError, match=r"trials.csv has a header and no rows"):
        read_trials(table("subject,sagittal\n"))
    with pytest.raises(FileError, match=r"Found: Expected 3 fields in line 3, saw 4[\s\S]*a decimal comma[\s\S]*needs semicolons"):
        read_trials(table("subject,sagittal,height_m\na,side.npz,1.3\nb,side.npz,1,3\n"))
    with pytest.raises(FileError, match=r"a decimal comma[\s\S]*needs semicolons"):
        read_trials(table("subject,sagittal,height_m\na,side.npz,1,3\n"))
    with pytest.raises(FileError, match=r"there is no file or folder"):
        read_trials(cohort / "gone.csv")
    with pytest.raises(FileError, match=r"side.npz is not a table of walks. Found: npz"):
        read_trials(cohort / "side.npz")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("subject,sagital,age_years", r"has no column sagittal. Found: sagital: did you mean sagittal\?"),
        ("subject,sagital,frontal", r"has no column sagittal. Found: sagital: did you mean sagittal\?"),
        ("subject,front_view,age_years", r"has no column frontal. Found: front_view: did you mean frontal\?"),
        ("subjct;sagittal", r"has no column subject. Found: subjct: did you mean subject\?"),
        ("child,sagittal", r"has no column subject. Found: child, sagittal"),
    ],
)
def test_a_misspelt_column_is_named(cohort, header, words, table):
    path = table(f"{header}\n{header.replace('subject', 'a')}\n")
    assert is_trial_table(open_source(path))
    with pytest.raises(FileError, match=words):
        read_trials(path)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("height_cm", r"height_cm .* did you mean height_m \(metres\)"),
        ("Height", r"Height .* did you mean height_m \(metres\)"),
        ("age", r"did you mean age_years \(years\)"),
        ("weight_kg", r"did you mean mass_kg \(kilograms\)"),
        ("age_year", r"did you mean age_years"),
    ],
)
def test_a_measure_under_another_name_is_told(cohort, column, words, table):
    path = table(f"subject,sagittal,{column}\na,side.npz,12\n")
    with pytest.warns(UserWarning, match=words):
        (trial,) = read_trials(path)
    assert dict(trial.covariates) == {column: 12}


@pytest.mark.filterwarnings("error")
def test_a_covariate_that_is_one_is_not_told(cohort, table):
    read_trials(table("subject,sagittal,height_m,height_cm,aid,side,fps \na,side.npz,1.2,120,none,left,60\n"))
