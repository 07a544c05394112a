"""Which columns of a table of walks go into the tables of a cohort, and which may tell who somebody is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from skelgait.cohort.plan import Plan, Walk
from skelgait.cohort.visits import find_dates, is_plain_label, looks_like_date, order_visits
from skelgait.core.trial import Trial
from skelgait.io.trial_columns import MEASURES

VISIT = "visit"
# Words in the name of a column whose cells are about a person, a day or a file.
_TELLING = re.compile(
    r"(sur|fore|first|last|full|user|file)?names?|initials|patient|birth|birthday|birthdate|dob|born|dates?|address|street|postcode|zip|"
    r"phone|telephone|email|mail|mrn|nhs|ssn|insurance|ids?|code|pseudonym|files?|path|folder|video|url|link|comments?|notes?|remarks?|"
    r"therapist|clinician|doctor|physician|surgeon|examiner|assessor|operator|referrer|parents?|mother|father|school|employer|recorded"
)
_FILE = re.compile(r"[/\\@]|\.[A-Za-z]\w{1,4}$")
_LONG_NUMBER = re.compile(r"\d{5,}")
_MOST_WORDS = 4
# So many texts, most of all, that are said of one subject only: then they tell subjects apart.
_FEWEST_TEXTS = 5


def code_subjects(plan: Plan) -> dict[int, dict[str, Any]]:
    """Number of the subject and of its visit, a row.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    dict of row to mapping
        ``subject``: s0001, ... in order of first appearance; ``visit``: 1, 2, ... from first to last, see `order_visits`.
    """
    known = {walk.number: walk.known for walk in plan.walks}
    dates = find_dates(str(value) for of in known.values() for value in of.values() if isinstance(value, str | int))
    visits: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for walk in plan.walks:
        visits.setdefault(walk.subject, {}).setdefault(walk.visit, []).append(known[walk.number])
    subjects = {subject: f"s{i:04d}" for i, subject in enumerate(visits, 1)}
    places = {subject: order_visits(of, dates) for subject, of in visits.items()}
    return {w.number: {"subject": subjects[w.subject], "visit": places[w.subject].index(w.visit) + 1} for w in plan.walks}


def visit_labels(walks: Sequence[Walk], *, keep: bool = False) -> dict[int, str]:
    """The user's own label of each walk's visit; empty where it was not given, or may tell who somebody is.

    Parameters
    ----------
    walks : sequence of Walk
    keep : bool
        All of them, as they are.

    Returns
    -------
    dict of row to str
        A label is kept that consists of words every clinic uses (before, post-op, 6 months, v2), or is said of two or more subjects
        and is neither a date nor the name of one.
    """
    given = {walk.number: str(_own(walk, VISIT)) for walk in walks if _own(walk, VISIT) is not None}
    of: dict[str, set[str]] = {}
    for walk in walks:
        if walk.number in given:
            of.setdefault(given[walk.number], set()).add(walk.subject)
    names = _names(walks)

    def may(label: str) -> bool:
        shared = len(of[label]) > 1 and not looks_like_date(label) and not _LONG_NUMBER.search(label)
        return keep or is_plain_label(label) or (shared and not names & _words(label))

    return {walk.number: label if (label := given.get(walk.number, "")) and may(label) else "" for walk in walks}


def share_columns(walks: Sequence[Walk], keep: Sequence[str] = ()) -> tuple[list[str], dict[str, str]]:
    """Columns of the table of walks (covariates) that go into the tables.

    Parameters
    ----------
    walks : sequence of Walk
    keep : sequence of str
        Those that go in whatever is in them.

    Returns
    -------
    list of str
    dict of column to str
        Those that do not, and why.
    """
    cells: dict[str, list[tuple[str, Any]]] = {}
    for walk in walks:
        for column, value in walk.known.items():
            if column not in (*MEASURES, "sex", _own_column(walk, VISIT)) and not column.startswith("label_"):
                cells.setdefault(column, []).append((walk.subject, value))
    names = _names(walks)
    why = {column: _tells(column, of, names) for column, of in cells.items() if column not in keep}
    return [column for column in cells if not why.get(column)], {column: words for column, words in why.items() if words}


def _tells(column: str, cells: list[tuple[str, Any]], names: set[str]) -> str:
    """Why a column may tell who somebody is; empty when it does not look so."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column)
    if telling := [word for word in re.split(r"[\W\d_]+", words.lower()) if _TELLING.fullmatch(word)]:
        return f"called {telling[0]!r}"
    texts = [str(value) for _, value in cells]
    if any(map(looks_like_date, texts)):
        return "dates"
    if any(map(_LONG_NUMBER.search, (text.split(".")[0] for text in texts))):
        return "long numbers"
    texts = [value for _, value in cells if isinstance(value, str)]
    if any(map(_FILE.search, texts)):
        return "names of files or addresses"
    if any(names & _words(text) for text in texts):
        return "names of subjects"
    if any(len(text.split()) > _MOST_WORDS for text in texts):
        return "free text"
    said: dict[str, set[str]] = {}
    for subject, value in cells:
        if isinstance(value, str):
            said.setdefault(value.lower(), set()).add(subject)
    if len(said) / 2 < sum(len(of) == 1 for of in said.values()) >= _FEWEST_TEXTS:
        return "texts of single subjects"
    return ""


def _own_column(walk: Walk, what: str) -> str | None:
    """A column by its name, in whatever case it is written."""
    columns = walk.source.covariates if isinstance(walk.source, Trial) else walk.source.cells
    return next((column for column in columns if column.lower() == what), None)


def _own(walk: Walk, what: str) -> Any:
    column = _own_column(walk, what)
    return None if column is None else (walk.source.covariates if isinstance(walk.source, Trial) else walk.source.cells)[column]


def _names(walks: Sequence[Walk]) -> set[str]:
    """Words of the subjects' names that are not numbers."""
    return {word for walk in walks for word in _words(walk.subject) if not word.isdigit() and len(word) > 2}


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.lower()))
