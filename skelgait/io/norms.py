"""A laboratory's own norms: our CSV, Schwartz-style JSON as CGM software keeps it, and GCD text of Vicon and Motion Lab."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.norms import COLUMNS, PROFILE_VARIABLES, CurveNorm, Group, Norm, Norms, parse_norms, resample_curve
from skelgait.io.atomic import new_file
from skelgait.io.foreign import refuse_foreign
from skelgait.io.paths import find_path

TILT, OBLIQUITY, TURN, HIP, HIP_IN, HIP_TURN, KNEE, ANKLE, PROGRESSION = PROFILE_VARIABLES
# Axes X, Y, Z of each group of angles in the JSON form; "" is no variable of ours.
JSON_ANGLES = {
    "PelvisAngles": (TILT, OBLIQUITY, TURN),
    "HipAngles": (HIP, HIP_IN, HIP_TURN),
    "KneeAngles": (KNEE, "", ""),
    "AnkleAngles": (ANKLE, "", ""),
    "FootProgressAngles": ("", "", PROGRESSION),
}
GCD_ANGLES = {
    "PelvicTilt": TILT,
    "PelvicObliquity": OBLIQUITY,
    "PelvicRotation": TURN,
    "HipFlexExt": HIP,
    "HipAbAdduct": HIP_IN,
    "HipRotation": HIP_TURN,
    "KneeFlexExt": KNEE,
    "DorsiPlanFlex": ANKLE,
    "FootProgression": PROGRESSION,
    "TrunkFlexExt": "trunk_lean_deg",
}
GCD_NUMBERS = {
    "Cadence": "cadence_spm",
    "StrideTime": "stride_time_s",
    "StepTime": "step_time_s",
    "StrideLength": "stride_length_m",
    "StepLength": "step_length_m",
    "Speed": "speed_m_s",
    "FootOff": "stance_percent",
}
SIDES = ("Left", "Right")


def read_norms(path: str | Path, *, source: str = "", speed: str = "", ages: tuple[float, float] | None = None) -> Norms:
    r"""Read a laboratory's own norms.

    Parameters
    ----------
    path : str or Path
        Told apart by content. *CSV*: columns ``name mean sd source`` and, if known, ``percent sex age_from age_to n low high who``;
        a row with a ``percent`` is a point of a curve. *JSON*: ``{collection: {speed: {"KneeAngles": {"X": [[percent, low, high],
        ...]}}}}``, the band being mean ± 1 SD. *GCD*: lines ``!KneeFlexExt`` followed by a mean, or a mean and an SD, a line.
    source : str
        Where the numbers come from, for JSON and GCD; default what the file calls itself.
    speed : str
        Which speed of a JSON file; default ``Free``, or the only one.
    ages : (from, to) in years, optional
        Ages the norms hold for, half-open. JSON and GCD do not tell; default all ages.

    Returns
    -------
    Norms
        For ``compare(..., norms=...)``, ``sagittal_deviation(..., norms=...)`` and ``gait_profile(..., norms=...)``.

    Raises
    ------
    FileError
        Not a file, or of none of these forms, or with nothing in it that has a name here.
    SkelgaitError
        A number that cannot be read, a row without a source, a curve that does not run from 0 to 100 %.

    Notes
    -----
    Of JSON and GCD the nine angles of the gait profile are read, with Plug-in-Gait signs; moments and powers are left out.
    The hip is that of Plug-in-Gait, from pelvis to thigh: it is called ``hip_flexion_to_pelvis_deg``, since ours is to the
    trunk. Where left and right are given, their means are averaged and the larger SD is kept. Band edges that are all zero
    (an angle that was not measured) are left out.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "ours.csv"
    >>> _ = file.write_text("name,mean,sd,age_from,age_to,source\ncadence_spm,126,8,6,8,our laboratory\n")
    >>> read_norms(file).number("cadence_spm", 7).low
    110.0
    """
    path, _ = find_path(path)
    text = _read_text(path)
    start = text.lstrip()[:1]
    if start in "{[" and start:
        norms = _from_json(text, path, source, speed)
    elif start in "#!$" and start:
        norms = _from_gcd(text, path, source)
    else:
        norms = _from_csv(text, path)
    if not norms.numbers and not norms.curves:
        raise FileError(f"{path.name} holds no norms that can be used", do=f"name angles as one of {', '.join(JSON_ANGLES)}")
    return norms.with_ages(*ages) if ages else norms


def _read_text(path: Path) -> str:
    """The text of a file of norms.

    Raises
    ------
    FileError
        A folder, empty, or no text.
    """
    forms = "a CSV with the columns name, mean, sd and source, or JSON, or GCD text"
    if path.is_dir():
        raise FileError(f"{path} is a folder", expected=forms, do="give one file")
    refuse_foreign(path, b"")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} cannot be read", found=error.strerror or str(error), do="check its permissions") from None
    if not raw.strip():
        raise FileError(f"{path.name} is not a table of norms: it is empty", found=f"{len(raw)} bytes", expected=forms)
    if b"\0" in raw:
        raise FileError(f"{path.name} is not a table of norms", found=f"bytes {raw[:8]!r}", expected=forms, do="save it as text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def write_norms(norms: Norms, path: str | Path) -> Path:
    """Write norms as CSV, whole or not at all.

    Parameters
    ----------
    norms : Norms
    path : str or Path

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    FileError
        The folder does not exist or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> ours = Norms((Norm("cadence_spm", 126.0, 8.0, Group(6, 8, source="our laboratory")),))
    >>> file = write_norms(ours, Path(tempfile.mkdtemp()) / "ours.csv")
    >>> read_norms(file).number("cadence_spm", 7) == ours.numbers[0]
    True
    """
    path = Path(path)
    with new_file(path) as temporary, temporary.open("w", newline="", encoding="utf8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(norm_rows(norms))
    return path


def import_norms(
    path: str | Path, to: str | Path, *, source: str = "", speed: str = "", ages: tuple[float, float] | None = None
) -> Norms:
    r"""Read norms of any form and write them as CSV: what ``skelgait norms import`` does.

    Parameters
    ----------
    path : str or Path
        File to read.
    to : str or Path
        CSV file to write.
    source, speed, ages
        As in `read_norms`.

    Returns
    -------
    Norms
        What was written.

    Raises
    ------
    FileError, SkelgaitError
        As in `read_norms` and `write_norms`; then nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "ours.gcd").write_text("#!DST-0.GCD\n!KneeFlexExt\n" + "20.0 5.0\n" * 51)
    >>> norms = import_norms(folder / "ours.gcd", folder / "ours.csv", ages=(6, 12), source="our laboratory")
    >>> read_norms(folder / "ours.csv").curve("knee_flexion_deg", 7).typical_deg
    5.0
    """
    norms = read_norms(path, source=source, speed=speed, ages=ages)
    write_norms(norms, to)
    return norms


def norm_rows(norms: Norms) -> Iterator[dict[str, object]]:
    """The rows of a norm file: a number each, then the points of the curves.

    Parameters
    ----------
    norms : Norms

    Yields
    ------
    mapping of column to value
        Columns as in `skelgait.core.norms.COLUMNS`.
    """
    for n in norms.numbers:
        yield {"name": n.name, "mean": n.mean, "sd": _text(n.sd), "low": _text(n.low), "high": _text(n.high), **_group(n.group)}
    for c in norms.curves:
        for percent, mean, sd in zip(np.linspace(0, 100, len(c.mean)), c.mean.tolist(), c.sd.tolist(), strict=True):
            yield {"name": c.name, "percent": f"{percent:g}", "mean": mean, "sd": _text(sd), **_group(c.group)}


def _group(group: Group) -> dict[str, object]:
    ages = {"age_from": _text(group.age_from), "age_to": _text(group.age_to)}
    return {**ages, "sex": group.sex, "n": group.n or "", "source": group.source, "who": group.who}


def _text(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


def _from_csv(text: str, path: Path) -> Norms:
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text.splitlines()[0] if text.strip() else "", ",;\t")
    except csv.Error:
        dialect = "excel"
    reader = csv.DictReader(text.splitlines(), dialect=dialect)
    columns = [str(c).strip() for c in reader.fieldnames or []]
    lacking = [c for c in ("name", "source") if c not in columns]
    if lacking or not {"mean", "low"} & set(columns):
        raise FileError(
            f"{path.name} is not a table of norms",
            found=f"columns {', '.join(columns[:8]) or 'none'}",
            expected=f"columns {', '.join(COLUMNS)} (only name, mean and source are required), or JSON, or GCD text",
        )
    reader.fieldnames = columns
    return parse_norms(reader, path.name)


def _from_json(text: str, path: Path, source: str, speed: str) -> Norms:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise FileError(f"{path.name} is not valid JSON", found=str(error), do="export it again") from None
    form = '{collection: {speed: {"KneeAngles": {"X": [[percent, low, high], ...]}}}}'
    try:
        collection, speeds = next(iter(content.items()))
        chosen = speed or ("Free" if "Free" in speeds else next(iter(speeds)) if len(speeds) == 1 else "")
        if chosen not in speeds:
            found, do = ", ".join(speeds), 'choose one with speed="..."'
            raise FileError(f"{path.name} has no norms for speed {chosen or 'Free'!r}", found=found, do=do)
        group = Group(source=source or f"{collection}, {chosen} speed")
        curves = []
        for angle, axes in speeds[chosen].items():
            for axis, name in zip("XYZ", JSON_ANGLES.get(angle, ("", "", "")), strict=True):
                band = np.array(axes.get(axis, []), float) if name else np.empty((0, 3))
                if len(band) and band[:, 1:].any():
                    middle, half = band[:, 1:].mean(axis=1), 0.5 * np.abs(band[:, 2] - band[:, 1])
                    curves.append(resample_curve(name, np.column_stack([band[:, 0], middle, half]), group, path.name))
    except (AttributeError, TypeError, ValueError, IndexError, StopIteration) as error:
        if isinstance(error, SkelgaitError):
            raise
        raise FileError(f"{path.name} is not a file of norm curves", found=str(error), expected=form) from None
    return Norms((), tuple(curves), path.name)


def _from_gcd(text: str, path: Path, source: str) -> Norms:
    blocks: dict[str, list[list[float]]] = {}
    block: list[list[float]] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0][0] in "#$":
            block = []
        elif words[0][0] == "!":
            block = blocks.setdefault(words[0][1:], [])
        else:
            try:
                block.append([float(w) for w in words[:2]])
            except ValueError:
                block = []
    group = Group(source=source or path.name)
    curves = tuple(c for key, name in GCD_ANGLES.items() for c in _gcd_curve(blocks, key, name, group, path.name))
    numbers = tuple(n for key, name in GCD_NUMBERS.items() for n in _gcd_number(blocks, key, name, group))
    return Norms(numbers, curves, path.name)


def _gcd_columns(blocks: dict[str, list[list[float]]], key: str) -> list[np.ndarray]:
    """Mean and SD (NaN without one) of a variable, (P, 2), of each side that has it."""
    found = (blocks.get(f"{side}{key}") for side in ("", *SIDES))
    return [np.array([[*row, math.nan][:2] for row in block]) for block in found if block]


def _gcd_curve(blocks: dict[str, list[list[float]]], key: str, name: str, group: Group, file: str) -> Iterator[CurveNorm]:
    sides = [
        resample_curve(name, np.column_stack([np.linspace(0, 100, len(columns)), columns]), group, file)
        for columns in _gcd_columns(blocks, key)
    ]
    if sides:
        yield replace(sides[0], mean=np.mean([s.mean for s in sides], axis=0), sd=np.max([s.sd for s in sides], axis=0))


def _gcd_number(blocks: dict[str, list[list[float]]], key: str, name: str, group: Group) -> Iterator[Norm]:
    values = np.array([columns[0] for columns in _gcd_columns(blocks, key) if len(columns) == 1])
    if len(values):
        yield Norm(name, float(values[:, 0].mean()), float(values[:, 1].max()), group)
