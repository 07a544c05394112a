"""Annotations of the public GMFCS data set: who was examined, when, and what was measured, in our units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skelgait.core.errors import FileError
from skelgait.io.source import open_source
from skelgait.io.table import read_table
from skelgait.io.trial_table import read_value

LEVELS = {"1": "I", "2": "II", "3": "III", "4": "IV"}
SIDES = {"L": "left", "R": "right"}
EMPTY = {"", "na", "n/a", "nan", "#n/a"}
KEYS = ("Patient_ID", "examid", "side")


@dataclass(frozen=True)
class Column:
    """A column whose meaning is known.

    Parameters
    ----------
    name : str
        What it is called here, unit last; a side goes before it when ``sided``.
    sided : bool
        Whether left and right have a value each.
    units : tuple of (low, high, factor)
        Between which limits the column's median lies when it is written in a unit, and the factor that makes it ours. The first
        is the unit the authors' code works in, where that is known. None: as it is written.
    """

    name: str
    sided: bool = False
    units: tuple[tuple[float, float, float], ...] = ()


LENGTH = ((60.0, 230.0, 0.01), (0.6, 2.3, 1.0), (600.0, 2300.0, 0.001))
LEG = ((25.0, 130.0, 0.01), (0.25, 1.3, 1.0), (250.0, 1300.0, 0.001))
STEP = ((0.1, 1.2, 1.0), (10.0, 120.0, 0.01), (120.0, 1200.0, 0.001))
# Measured by the laboratory's own system, not from the video: "lab" keeps them apart from the descriptors of the same kind.
COLUMNS: Mapping[str, Column] = {
    "age": Column("age_years", units=((1.0, 40.0, 1.0),)),
    "height": Column("height_m", units=LENGTH),
    "mass": Column("mass_kg", units=((5.0, 150.0, 1.0),)),
    "leglen": Column("leg_length_m", True, LEG),
    "bmi": Column("bmi_kg_m2", units=((8.0, 40.0, 1.0),)),
    "cadence": Column("lab_cadence_spm", True, ((0.3, 1.5, 120.0), (20.0, 250.0, 1.0))),  # strides a second, or steps a minute
    "speed": Column("lab_speed_m_s", True, ((0.1, 2.5, 1.0), (10.0, 250.0, 0.01))),
    "steplen": Column("lab_step_length_m", True, STEP),
    "cadenceNorm": Column("lab_cadence_norm", True),
    "speedNorm": Column("lab_speed_norm", True),
    "steplenNorm": Column("lab_step_length_norm", True),
    "HipFlex_IC": Column("lab_hip_flexion_initial_contact_deg", True),
    "HipRot_mean": Column("lab_hip_rotation_mean_deg", True),
    "KneeFlex_meanStance": Column("lab_knee_flexion_mean_stance_deg", True),
    "KneeFlex_maxExtension": Column("lab_knee_flexion_max_extension_deg", True),
    "GDI": Column("gdi", True),
    "faq": Column("faq"),
    "dxmod": Column("diagnosis"),
    "dxside": Column("diagnosis_side"),
}
MEASURES = {"age_years": (0, 120), "height_m": (0.4, 2.5), "mass_kg": (2, 400), "leg_length_m": (0.1, 1.4)}
# Body mass index nobody has: then height or mass is wrong, and which cannot be told.
LEANEST, HEAVIEST = 7.0, 80.0


@dataclass
class Remarks:
    """What was found out of order, told together in the end: a sentence, and whom it is about."""

    about: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, *who: str) -> None:
        """Add a sentence, or one more to those it is about."""
        self.about.setdefault(what, []).extend(who)

    def __str__(self) -> str:
        return "; ".join(f"{what}{_listed(who)}" for what, who in self.about.items())


def _listed(who: Sequence[str]) -> str:
    if not who:
        return ""
    first = ", ".join(who[:4]) + (", ..." if len(who) > 4 else "")
    return f" ({len(who)}: {first})"


def as_number_text(cell: Any) -> str:
    """A number of a person, an exam or a video, however a spreadsheet wrote it.

    Examples
    --------
    >>> [as_number_text(cell) for cell in (" 104583.0", "0104583", 104583, "nan", "10458301.avi", "A7")]
    ['104583', '104583', '104583', '', '10458301', 'A7']
    """
    text = str(cell).strip()
    if text.lower() in EMPTY:
        return ""
    text = re.sub(r"\.(avi|mp4|mov|mpg|mpeg|wmv|m4v)$", "", text, flags=re.IGNORECASE)
    whole = re.fullmatch(r"0*(\d+)(\.0*)?", text)
    return whole.group(1) if whole else text


def read_cells(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    """A table as text, its columns as they are named, whatever their case.

    Raises
    ------
    FileError
        A needed column is not there.
    """
    table, _ = read_table(open_source(path), as_text=True)
    table.columns = [str(column).strip() for column in table.columns]
    known = {name.lower(): name for name in (*COLUMNS, *KEYS, *needed)}
    names = [known.get(column.lower(), column) for column in table.columns]
    table.columns = [column if names.count(name) > 1 else name for column, name in zip(table.columns, names, strict=True)]
    lacking = [name for name in needed if name not in table.columns]
    if lacking:
        raise FileError(
            f"{path.name} has no column {lacking[0]}",
            found=", ".join(table.columns[:12]),
            expected=", ".join(needed),
            do="give the folder of the data set as it was downloaded",
        )
    return table.map(lambda cell: "" if str(cell).strip().lower() in EMPTY else str(cell).strip())


def read_exams(folder: Path, remarks: Remarks) -> dict[str, dict[str, Any]]:
    """Every exam: ``subject``, ``gmfcs`` (a level, or None), what it is as written, and all else under our names.

    Parameters
    ----------
    folder : Path
        With ``alldata.csv`` and, where there is one, ``gdi.csv``.
    remarks : Remarks
    """
    rows = read_cells(folder / "alldata.csv", (*KEYS, "gmfcs"))
    for key in ("Patient_ID", "examid"):
        rows[key] = rows[key].map(as_number_text)
    if (folder / "gdi.csv").is_file():
        scores = read_cells(folder / "gdi.csv", (*KEYS, "GDI"))
        for key in ("Patient_ID", "examid"):
            scores[key] = scores[key].map(as_number_text)
        scores = scores.drop_duplicates(list(KEYS))[[*KEYS, "GDI"]]
        rows = rows.drop(columns="GDI", errors="ignore").merge(scores, on=list(KEYS), how="left")
    else:
        remarks.add("there is no gdi.csv: the exams have no GDI")
    rows["side"] = [SIDES.get(side[:1].upper(), "") for side in rows["side"]]
    unknown = rows["Patient_ID"].eq("") | rows["examid"].eq("") | rows["side"].eq("")
    if unknown.any():
        remarks.add(
            "rows of alldata.csv without patient, exam or side are passed over", *(str(i + 2) for i in np.flatnonzero(unknown))
        )
    table = _in_our_units(rows[~unknown].fillna(""), remarks)
    names = [name for name in table.columns if name not in (*KEYS, "gmfcs")]
    of_exam: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_dict("records"):
        of_exam.setdefault(row["examid"], []).append({str(name): value for name, value in row.items()})
    ours = {column.name: column.sided for column in COLUMNS.values()}
    sided = {name for name in names if ours.get(name, any(_differ(sides, name) for sides in of_exam.values()))}
    return {exam: _join_sides(exam, sides, names, sided, remarks) for exam, sides in of_exam.items()}


def _differ(rows: list[dict[str, Any]], name: str) -> bool:
    return len({str(row[name]) for row in rows}) > 1


def _in_our_units(rows: pd.DataFrame, remarks: Remarks) -> pd.DataFrame:
    """Known columns renamed, in our units; a column whose unit cannot be told stays as it is written."""
    out: dict[str, Any] = {column: rows[column] for column in (*KEYS, "gmfcs")}
    for column in rows.columns.difference(list(out), sort=False):
        known = COLUMNS.get(column)
        as_written = pd.Series([read_value(cell) if cell else None for cell in rows[column]], rows.index, dtype=object)
        if known is None or not known.units:
            out[known.name if known else column] = as_written
            continue
        values = pd.to_numeric(rows[column], errors="coerce")
        middle = float(values.abs().median())
        factor = next((f for low, high, f in known.units if low <= middle <= high), None)
        if factor is not None:
            out[known.name] = values * factor
            if factor != known.units[0][2]:
                remarks.add(f"{column} is in another unit than the authors' code takes it for: median {middle:g}, times {factor:g}")
        elif np.isfinite(middle):
            out[column] = as_written
            remarks.add(f"the unit of {column} cannot be told (median {middle:g}): it is kept as {column}, and not used")
    table = pd.DataFrame(out)
    _check_together(table, remarks)
    return table


def _check_together(out: pd.DataFrame, remarks: Remarks) -> None:
    """Columns that must agree: steps with speed and cadence, body mass index with height and mass."""
    needed = {"lab_speed_m_s", "lab_cadence_spm", "lab_step_length_m"}
    if needed <= set(out.columns):
        ratio = float((out["lab_speed_m_s"] / (out["lab_cadence_spm"] / 60) / out["lab_step_length_m"]).median())
        if np.isfinite(ratio) and abs(ratio - 1) > 0.15:
            remarks.add(f"steplen is not speed by cadence (it would be {ratio:.2f} times as long): its unit is not sure")
    if {"height_m", "mass_kg"} <= set(out.columns):
        index = out["mass_kg"] / out["height_m"] ** 2
        if "bmi_kg_m2" in out.columns and abs(float((index / out["bmi_kg_m2"]).median()) - 1) > 0.05:
            remarks.add("bmi does not agree with height and mass: their units are not sure")
        impossible = (index < LEANEST) | (index > HEAVIEST)
        if impossible.any():
            out.loc[impossible, ["height_m", "mass_kg"]] = np.nan
            remarks.add("height and mass that nobody has together are left out, of exams", *_once(out.loc[impossible, "examid"]))
    for name, (low, high) in MEASURES.items():
        if name in out.columns:
            wrong = out[name].notna() & ~out[name].between(low, high)
            if wrong.any():
                out.loc[wrong, name] = np.nan
                remarks.add(f"{name} that cannot be right is left out, of exams", *_once(out.loc[wrong, "examid"]))


def _once(exams: pd.Series) -> list[str]:
    return list(dict.fromkeys(exams))


def _join_sides(exam: str, rows: list[dict[str, Any]], names: Sequence[str], sided: set[str], remarks: Remarks) -> dict[str, Any]:
    """One exam from its rows, one a side; empty where it cannot be used."""
    patients = {row["Patient_ID"] for row in rows}
    if len(patients) > 1:
        remarks.add("an exam has two patients and is passed over", exam)
        return {}
    of_side: dict[str, dict[str, Any]] = {}
    for row in rows:
        if of_side.setdefault(row["side"], row) is not row:
            remarks.add("an exam has more than one row a side; the first is taken", exam)
    levels = list(dict.fromkeys(level for row in of_side.values() if (level := as_number_text(row["gmfcs"]))))
    if len(levels) > 1:
        remarks.add("the two sides of an exam have different GMFCS levels: it has none", exam)
    written = "/".join(levels)
    found: dict[str, Any] = {"subject": patients.pop(), "gmfcs": LEVELS.get(written), "gmfcs_as_written": written}
    for name in names:
        cells = {side: row[name] for side, row in of_side.items() if row[name] is not None and row[name] == row[name]}
        if name in sided:
            found |= {f"{side}_{name}": value for side, value in cells.items()}
        elif cells:
            found[name] = next(iter(cells.values()))
    legs = [found[f"{side}_leg_length_m"] for side in SIDES.values() if f"{side}_leg_length_m" in found]
    if legs:
        found["leg_length_m"] = float(np.mean(legs))
    return found


def read_video_list(folder: Path, remarks: Remarks) -> list[tuple[str, str]]:
    """(exam, video) of every video, in order, each video once."""
    rows = read_cells(folder / "video_list.csv", ("Exam_ID", "Video_File"))
    pairs = [(as_number_text(exam), as_number_text(video)) for exam, video in zip(rows["Exam_ID"], rows["Video_File"], strict=True)]
    without = [exam for exam, video in pairs if exam and not video]
    if without:
        remarks.add("exams without a video", *without)
    pairs = list(dict.fromkeys(pair for pair in pairs if all(pair)))
    shared = {video for video, times in Counter(video for _, video in pairs).items() if times > 1}
    if shared:
        remarks.add("a video of two exams is passed over", *sorted(shared))
    several = [exam for exam, times in Counter(exam for exam, video in pairs if video not in shared).items() if times > 1]
    if several:
        remarks.add("an exam has more than one video; each is a trial", *several)
    return [(exam, video) for exam, video in pairs if video not in shared]
