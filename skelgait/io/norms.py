"""A laboratory's own norms: read from any form, written as our CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.norms import COLUMNS, Group, Norms
from skelgait.io.atomic import new_file
from skelgait.io.foreign import refuse_foreign
from skelgait.io.norm_checks import check_norms
from skelgait.io.norm_forms import JSON_ANGLES, parse_text
from skelgait.io.paths import find_path


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
        Ages the norms hold for, half-open: children of 6 to 12 years, 12-year-olds until their 13th birthday, are ``(6, 13)``.
        JSON and GCD do not tell; default all ages.

    Returns
    -------
    Norms
        For ``compare(..., norms=...)``, ``sagittal_deviation(..., norms=...)`` and ``gait_profile(..., norms=...)``.

    Raises
    ------
    FileError
        Not a file, or of none of these forms, or with nothing in it that has a name here; or numbers surely in another unit
        or have the sign turned round.
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
    norms = parse_text(text, path, source=source, speed=speed)
    if not norms.numbers and not norms.curves:
        raise FileError(f"{path.name} holds no norms that can be used", do=f"name angles as one of {', '.join(JSON_ANGLES)}")
    check_norms(norms, path.name)
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
    >>> from skelgait.core.norms import Norm
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
    >>> norms = import_norms(folder / "ours.gcd", folder / "ours.csv", ages=(6, 13), source="our laboratory")
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
