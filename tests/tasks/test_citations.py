"""Every source the tables and pages name is listed, and what was not verified at the source says so in its row."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from skelgait.tasks.citations import READ, UNVERIFIED, citations

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "skelgait"
TABLES = [
    *sorted(t for t in (PACKAGE / "tasks").glob("*.csv") if t.name != "citations.csv"),
    *sorted((PACKAGE / "gait" / "norm_tables").glob("*.csv")),
]
PAGES = [ROOT / "docs" / name for name in ("evgs.md", "varus_valgus.md", "patterns.md", "norms.md")]
DOI = re.compile(r"10\.\d{4,}/(?:[^\s,;:|\"'\]()]|\([^\s()]*\))+")
# Sources of the method, not of a number of the tables: they stand beside the code that follows them.
OF_METHODS = {"10.1080/00031305.2015.1089789"}


def dois(text: str) -> set[str]:
    return {doi.rstrip(".") for doi in DOI.findall(text.replace("%28", "(").replace("%29", ")"))}


def cells() -> list[tuple[str, str]]:
    """(table, cell) of every cell of every table."""
    found = []
    for table in TABLES:
        with table.open(encoding="utf8") as file:
            found += [(table.name, cell) for row in csv.DictReader(file) for cell in row.values() if cell]
    return found


def test_every_citation_is_complete() -> None:
    assert len(citations()) > 40
    names = [c.source for c in citations()]
    assert len(set(names)) == len(names)
    for c in citations():
        assert c.read in READ, c.source
        assert c.reference, c.source
        assert c.used_for, c.source
        assert all(DOI.fullmatch(doi) for doi in c.doi.split()), c.source
        assert c.read != UNVERIFIED or c.note, c.source


@pytest.mark.parametrize("place", [*TABLES, *PAGES], ids=lambda p: p.name)
def test_every_doi_is_listed(place: Path) -> None:
    listed = {doi for c in citations() for doi in c.doi.split()} | OF_METHODS
    assert dois(place.read_text(encoding="utf8")) <= listed


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("Read et al. 2003", "EVGS Reference Guide"),
        ("Altman & Davis 2012", "Altman & Davis 2012"),
        ("Sangeux et al. 2015", "10.1016/j.gaitpost.2014.12.019"),
        ("Sangeux et al. 2015", "Sangeux et al. 2015: "),
        ("Stiff-knee gait, 50 people", "50 people after stroke"),
    ],
)
def test_rows_that_rest_on_what_was_not_verified_say_so(source: str, named: str) -> None:
    assert next(c for c in citations() if c.source == source).read == UNVERIFIED
    naming = [(table, cell) for table, cell in cells() if named in cell]
    assert naming
    for table, cell in naming:
        assert UNVERIFIED in cell, (table, cell)
