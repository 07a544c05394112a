"""Visits in the order in which they were, and labels that tell nobody."""

from __future__ import annotations

import datetime

import pytest

from skelgait.cohort.visits import find_dates, is_plain_label, looks_like_date, order_visits


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (("v10", "v2", "v1"), ("v1", "v2", "v10")),
        (("after", "before"), ("before", "after")),
        (("post-op 12 months", "pre-op", "post-op 6 months"), ("pre-op", "post-op 6 months", "post-op 12 months")),
        (("1 year", "6 weeks", "baseline"), ("baseline", "6 weeks", "1 year")),
        (("2nd", "1st"), ("1st", "2nd")),
        (("2024-02-01", "1.3.2023"), ("1.3.2023", "2024-02-01")),
        (("winter", "summer"), ("winter", "summer")),
        (("visit 2", "session 1"), ("visit 2", "session 1")),
        (("AFO", "barefoot"), ("AFO", "barefoot")),
    ],
)
def test_labels_tell_the_order_where_they_can(labels: tuple[str, ...], order: tuple[str, ...]) -> None:
    assert tuple(order_visits({label: [] for label in labels}, find_dates(labels))) == order


def test_a_date_comes_before_the_labels_and_age_after_them() -> None:
    dates = find_dates(["2024-05-01", "2023-05-01"])
    visits = {"v1": [{"Date": "2024-05-01"}], "v2": [{"Date": "2023-05-01"}]}
    assert order_visits(visits, dates) == ["v2", "v1"]
    assert order_visits({"v1": [{"age_years": 9.0}], "v2": [{"age_years": 8.0}]}, {}) == ["v1", "v2"]
    assert order_visits({"row 2": [{"age_years": 9.0}], "row 3": [{"age_years": 8.0}]}, {}) == ["row 2", "row 3"]
    assert order_visits({"AFO": [{"age_years": 9.0}], "shoes": [{"age_years": 8.0}]}, {}) == ["shoes", "AFO"]
    assert order_visits({"v2": [{"date": "2024-05-01"}], "v1": [{}]}, dates) == ["v1", "v2"], "one without a date"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-11", (2024, 3, 11)),
        ("20240311", (2024, 3, 11)),
        ("2024-03-11T10:30", (2024, 3, 11)),
        ("11.3.24", (2024, 3, 11)),
        ("11 March 2024", (2024, 3, 11)),
        ("Mar 11, 2024", (2024, 3, 11)),
        ("25/3/2024", (2024, 3, 25)),
        ("3/25/2024", (2024, 3, 25)),
        ("3/4/2024", None),
        ("2024-13-40", None),
        ("31.2.2024", None),
    ],
)
def test_dates_as_people_write_them(text: str, day: tuple[int, int, int] | None) -> None:
    assert find_dates([text]).get(text) == (datetime.date(*day) if day else None)
    if day or "/" in text:
        assert looks_like_date(text)


@pytest.mark.parametrize("label", ["before", "Post-op, 6 months", "v2", "T0", "AFO + shoes", "follow-up 1", "3"])
def test_labels_every_clinic_uses(label: str) -> None:
    assert is_plain_label(label)


@pytest.mark.parametrize("label", ["2024-03-11", "with May", "Dr Jones", "123456", "", "before Anna left"])
def test_labels_that_may_tell_somebody(label: str) -> None:
    assert not is_plain_label(label)
