"""Tables of a cohort: one row a walk, one row a number, the scores of each visit, what every column means, what failed."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.cohort.columns import code_subjects, share_columns, visit_labels
from skelgait.cohort.names import Redactor
from skelgait.cohort.plan import Plan, Walk
from skelgait.cohort.products import OF_VISIT, TABLES, TOTAL
from skelgait.cohort.work import Failure
from skelgait.gait.describe import ABOUT, NAMES
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.io.atomic import new_file
from skelgait.io.trial_columns import MEASURES

if TYPE_CHECKING:
    import pandas as pd

_WHO = ("row", "walk", "subject", "visit")
_LABEL = "visit_label"
_WHOSE = ("subject", "visit", "rows")


@cache
def column_meanings() -> dict[tuple[str, str], tuple[str, str]]:
    """(table, column) -> unit and meaning, of the columns that no descriptor defines; the table is empty for all of them."""
    with (files("skelgait.cohort") / "columns.csv").open(encoding="utf8") as file:
        return {(row["table"], row["column"]): (row["unit"], row["definition"]) for row in csv.DictReader(file)}


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything a cohort comes to.

    Parameters
    ----------
    walks : DataFrame
        One row a walk.
    descriptors : DataFrame
        One row a walk and descriptor.
    visits : DataFrame
        One row a visit, with its total score.
    evgs, patterns, knees : DataFrame
        As `score_evgs`, `find_patterns` and `knee_alignment` give them, of every visit.
    failures : DataFrame
        One row for everything that could not be done.
    dictionary : DataFrame
        One row a column of the others.
    """

    walks: pd.DataFrame
    descriptors: pd.DataFrame
    visits: pd.DataFrame
    evgs: pd.DataFrame
    patterns: pd.DataFrame
    knees: pd.DataFrame
    failures: pd.DataFrame
    dictionary: pd.DataFrame

    def __iter__(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Name and table of each."""
        return iter(vars(self).items())


def build_tables(
    plan: Plan, results: Mapping[str, dict[str, Any]], failures: Mapping[str, list[Failure]], keep: tuple[str, ...] = ()
) -> Tables:
    """Put the results of all walks together, in the order of the table.

    Parameters
    ----------
    plan : Plan
    results : mapping of key to result
        Of those that were kept.
    failures : mapping of key to list of Failure
        Of the jobs that failed, for whatever lasts or not.
    keep : tuple of str
        Columns of the table of walks to carry over whatever is in them; see `share_columns` and `visit_labels` for the others.

    Returns
    -------
    Tables
    """
    import pandas as pd

    codes = code_subjects(plan)
    called = visit_labels(plan.walks, keep=any(column.lower() == "visit" for column in keep))
    shared, _ = share_columns(plan.walks, keep)
    walks, visits = [], []
    taken = {*_WHO, _LABEL, "rows", "measured", "view", *NAMES, *ABOUT}
    long: dict[str, list] = {c: [] for c in (*_WHO, *TABLES["descriptors"])}
    of_visits: dict[str, dict[str, list]] = {name: {c: [] for c in (*_WHOSE, *TABLES[name])} for name in OF_VISIT}
    for walk in plan.walks:
        result = results.get(plan.of_walk.get(walk.number, ""), {})
        found = result.get("tables", {}).get("descriptors")
        known = walk.known
        who = {"row": walk.number, "walk": walk.id, **codes[walk.number]}
        about = {what: known.get(what) for what in (*MEASURES, "sex")}
        labels = {what: value for what, value in known.items() if what.startswith("label_")}
        others = {f"given_{what}" if what in taken else what: known.get(what) for what in shared}
        said = result.get("about", {}).get("descriptors", {})
        values = dict(zip(found["descriptor"], found["value"], strict=True)) if found else {}
        of_visit = {_LABEL: called[walk.number], "measured": any(value == value for value in values.values() if value is not None)}
        walks.append(who | of_visit | about | labels | others | said | values)
        if found:
            _extend(long, who, found)
    for (subject, visit), members in plan.visits.items():
        result = results.get(plan.of_visit.get((subject, visit), ""), {})
        who = codes[members[0].number] | {"rows": " ".join(str(w.number) for w in members)}
        total = result.get("about", {}).get("evgs", dict.fromkeys(TOTAL, np.nan))
        visits.append(who | {_LABEL: called[members[0].number], "walk": " ".join(w.id for w in members if w.id)} | total)
        for name, columns in of_visits.items():
            if found := result.get("tables", {}).get(name):
                _extend(columns, who, found)
    labels_seen = sorted({c for row in walks for c in row if c.startswith("label_")})
    others_seen = [f"given_{what}" if what in taken else what for what in shared]
    columns = [*_WHO, _LABEL, "measured", *MEASURES, "sex", *labels_seen, *others_seen, "view", *NAMES, *ABOUT]
    wide = pd.DataFrame(walks).reindex(columns=columns)
    wide[[*NAMES, *ABOUT]] = wide[[*NAMES, *ABOUT]].astype(float)
    wide = wide.drop(columns=[c for c in (*MEASURES, "sex") if wide[c].isna().all()])
    by_visit = pd.DataFrame(visits)[["subject", "visit", _LABEL, "rows", "walk", *TOTAL]]
    if not any(called.values()):
        wide, by_visit = wide.drop(columns=_LABEL), by_visit.drop(columns=_LABEL)
    tables = {
        "walks": wide,
        "descriptors": pd.DataFrame(long),
        "visits": by_visit,
        **{name: pd.DataFrame(columns) for name, columns in of_visits.items()},
        "failures": _failure_table(plan, failures, codes),
    }
    return Tables(**tables, dictionary=_dictionary(tables))


def _extend(columns: dict[str, list], who: dict[str, Any], found: dict[str, list]) -> None:
    """Add rows that all speak of the same walk or visit."""
    count = len(next(iter(found.values())))
    for name, column in columns.items():
        column += [who[name]] * count if name in who else found[name]


def _failure_table(plan: Plan, failures: Mapping[str, list[Failure]], codes: dict[int, dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    redact = Redactor(plan.walks)
    rows: dict[tuple[int, str, str], Walk] = {}
    for walk in plan.walks:
        if walk.problem:
            rows[walk.number, "table", redact(walk.problem)] = walk
        for failure in failures.get(plan.of_walk.get(walk.number, ""), ()):
            rows[walk.number, failure.stage, redact(failure.problem)] = walk
    for key in plan.of_visit.values():
        for failure in failures.get(key, ()):
            walk = plan.jobs[key].walks[failure.walk]
            rows[walk.number, failure.stage, redact(failure.problem)] = walk
    found = [
        {"row": row, "walk": walk.id, **codes[row], "stage": stage, "problem": problem}
        for (row, stage, problem), walk in sorted(rows.items(), key=lambda item: item[0])
    ]
    return pd.DataFrame(found, columns=["row", "walk", "subject", "visit", "stage", "problem"])


def _dictionary(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    defined = {d.name: d for d in DESCRIPTORS}
    columns = ["table", "column", "unit", "definition", "plane", "group", "needs", "source"]
    rows = []
    for table, of_table in (*((name, content.columns) for name, content in tables.items()), ("dictionary", columns)):
        for column in of_table:
            row = {"table": table, "column": column}
            d = defined.get(column)
            if d is not None:
                row |= {"unit": d.unit, "definition": d.definition, "plane": d.plane, "group": d.group}
                row |= {"needs": ", ".join(d.needs), "source": d.source}
            else:
                meanings = column_meanings()
                unit, definition = meanings.get((table, column)) or meanings.get(
                    ("", column), ("", "as given in the table of walks")
                )
                row |= {"unit": unit, "definition": definition}
            rows.append(row)
    return pd.DataFrame(rows, columns=columns).fillna("")


def write_tables(tables: Tables, folder: Path) -> list[Path]:
    """Write every table as CSV, and as Parquet where pyarrow is installed; older ones are replaced.

    Parameters
    ----------
    tables : Tables
    folder : Path

    Returns
    -------
    list of Path
    """
    written = []
    units = {(row.table, row.column): row.unit for row in tables.dictionary.itertuples() if row.unit}
    for name, table in tables:
        path = folder / f"{name}.csv"
        with new_file(path) as temporary:
            table.to_csv(temporary, index=False, float_format="%.8g", quoting=csv.QUOTE_MINIMAL)
        written.append(path)
        path = path.with_suffix(".parquet")
        if find_spec("pyarrow") is None:
            path.unlink(missing_ok=True)  # of an earlier run: it would contradict the CSV
        else:
            _write_parquet(table, path, {column: unit for (of, column), unit in units.items() if of == name})
            written.append(path)
    return written


def _write_parquet(table: pd.DataFrame, path: Path, units: Mapping[str, str]) -> None:
    """Parquet that tells the unit of each column in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(_typed(table), preserve_index=False)
    fields = [f.with_metadata({"unit": units[f.name]}) if f.name in units else f for f in arrow.schema]
    with new_file(path) as temporary:
        pq.write_table(arrow.cast(pa.schema(fields, metadata=arrow.schema.metadata)), temporary)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of mixed kinds (a label that is 2 here and II there) as text."""
    from pandas.api.types import is_object_dtype

    out = table.copy()
    for column in (c for c in out.columns if is_object_dtype(out[c])):
        kinds = {type(x) for x in out[column] if not (x is None or x != x)}
        if len(kinds) > 1 and not kinds <= {int, float}:
            out[column] = [None if x is None or x != x else str(x) for x in out[column]]
    return out


def write_subjects(plan: Plan, folder: Path) -> Path:
    """Write who is who: the only file with names in it.

    Parameters
    ----------
    plan : Plan
    folder : Path

    Returns
    -------
    Path
    """
    import pandas as pd

    codes = code_subjects(plan)
    rows = [
        {
            "row": w.number,
            "walk": w.id,
            **codes[w.number],
            "subject_name": w.subject,
            "walk_name": w.source.name,
            "visit_name": w.visit,
        }
        for w in plan.walks
    ]
    path = folder / "subjects.csv"
    with new_file(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)
    return path
