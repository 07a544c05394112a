"""The limits of knee alignment by age."""

from __future__ import annotations

import pytest

from skelgait.tasks.alignment import ALIGNMENTS, AXIS_WARNING, alignment_limits, alignment_rows


def test_the_table_covers_every_age_from_one_once_and_names_its_sources():
    rows = alignment_rows()
    assert rows[0].age_from == 1
    assert [row.age_to for row in rows[:-1]] == [row.age_from for row in rows[1:]]
    assert rows[-1].age_to == float("inf")
    for row in rows:
        assert "doi:" in row.source
        assert row.how
        assert row.low < row.centre < row.high
        assert row.high - row.low in (6, 8)  # 3 degrees to either side; 1 more where anatomical axes had to be converted
        assert ("anatomical" in row.how) == (row.high - row.low == 8)


@pytest.mark.parametrize(
    ("age", "valgus", "name"),
    [
        (1.5, 0.0, "genu valgum"),  # bow-legged on average
        (1.5, -3.6, "neutral"),
        (2.0, -1.0, "genu varum"),
        (4, 5.0, "neutral"),
        (6, 5.5, "genu valgum"),
        (9, 3.0, "neutral"),
        (9, 3.01, "genu valgum"),
        (9, -3.01, "genu varum"),
        (60, -2.9, "neutral"),
        (None, 3.5, "genu valgum"),
    ],
)
def test_an_angle_has_a_name_that_depends_on_the_age(age, valgus, name):
    limits = alignment_limits(age)
    assert limits.name(valgus) == name
    assert name in ALIGNMENTS


def test_margins_and_ages_without_limits():
    assert alignment_limits(9).margin(6.5) == pytest.approx(3.5)
    assert alignment_limits(9).margin(-2.0) == pytest.approx(1.0)
    assert alignment_limits(0.9) is None
    assert "mechanical" in AXIS_WARNING
    assert "anatomical" in AXIS_WARNING
