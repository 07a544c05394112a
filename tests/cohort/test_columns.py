"""Which columns of a table may tell who somebody is."""

from __future__ import annotations

from pathlib import Path

import pytest

from skelgait.cohort.columns import share_columns, visit_labels
from skelgait.cohort.plan import Walk
from skelgait.io.trial_table import TrialRow

SUBJECTS = ("Ann Lee", "Bo", "Cy", "Di", "Ed")


def walks(column: str, *cells: str) -> list[Walk]:
    return [
        Walk(i, name, "", TrialRow(i, name, {"subject": name, "sagittal": "a.npz", column: cell}, Path()))
        for i, (name, cell) in enumerate(zip(SUBJECTS, cells, strict=False), 2)
    ]


@pytest.mark.parametrize(
    ("column", "cells", "why"),
    [
        ("aid", ("none", "walker", "none"), ""),
        ("GMFM", ("66.5", "60", "71"), ""),
        ("side_affected", ("left", "right"), ""),
        ("patientName", ("a", "b"), "called 'patient'"),
        ("birth_year", ("2012", "2014"), "called 'birth'"),
        ("hospital_id", ("1", "2"), "called 'id'"),
        ("seen", ("3/4/24", "5/6/24"), "dates"),
        ("record", ("00123456", "22"), "long numbers"),
        ("setup", ("lab/a.mp4", "x"), "names of files or addresses"),
        ("setup", ("raw.mp4", "x"), "names of files or addresses"),
        ("helper", ("Mrs Lee", "none"), "names of subjects"),
        ("remark_", ("x", "y"), "called 'remark'"),
        ("said", ("fell twice on the way in", "none"), "free text"),
        ("nickname_", ("Mia", "Zoe", "Kit", "Lou", "Pip"), "texts of single subjects"),
    ],
)
def test_what_is_left_out_and_why(column: str, cells: tuple[str, ...], why: str) -> None:
    shown, hidden = share_columns(walks(column, *cells))
    assert (shown, hidden) == (([], {column: why}) if why else ([column], {}))
    assert share_columns(walks(column, *cells), [column]) == ([column], {})


def test_labels_of_visits_that_two_subjects_share() -> None:
    assert list(visit_labels(walks("Visit", "camp", "camp", "home")).values()) == ["camp", "camp", ""]
    assert list(visit_labels(walks("visit", "Lee", "Lee")).values()) == ["", ""]
    assert list(visit_labels(walks("visit", "2024-01-02", "2024-01-02", "v1")).values()) == ["", "", "v1"]
    assert list(visit_labels(walks("visit", "Lee", "x"), keep=True).values()) == ["Lee", "x"]
    assert list(visit_labels(walks("aid", "none", "x")).values()) == ["", ""]
