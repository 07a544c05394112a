"""Columns of a table of walks: which have a meaning, what people call them, and what a misspelt one was meant to be."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Sequence

from skelgait.core.errors import FileError
from skelgait.core.trial import PLANES

# Columns with a meaning; label_* are labels, and every other column is a covariate.
MEASURES = ("age_years", "height_m", "mass_kg", "leg_length_m", "metres_per_px")
FILES = tuple(plane + ending for plane in PLANES for ending in ("", "_video", "_silhouettes", "_clip", "_events"))
SETTINGS = tuple(f"{plane}_{what}" for plane in PLANES for what in ("fps", "view", "person"))
SEXES = {**dict.fromkeys(("female", "f", "w", "woman", "girl"), "female"), **dict.fromkeys(("male", "m", "man", "boy"), "male")}
_SHARED = ("fps", "view", "person", "width_px", "height_px")
KNOWN = {"subject", "name", "trial", "sex", *MEASURES, *FILES, *SETTINGS, *_SHARED}
# What people write for a measure, and what is asked for.
_MEANT = {
    **dict.fromkeys(("age", "age_y", "age_yr", "age_yrs", "years", "age_months"), "age_years"),
    **dict.fromkeys(("height", "height_cm", "height_mm", "body_height", "body_height_m", "stature", "stature_m"), "height_m"),
    **dict.fromkeys(("weight", "weight_kg", "mass", "body_mass", "body_mass_kg", "body_weight", "body_weight_kg"), "mass_kg"),
    **dict.fromkeys(("leg_length", "leg_length_cm", "leg_length_mm", "leg_m", "leg_cm"), "leg_length_m"),
    **dict.fromkeys(("gender",), "sex"),
    **dict.fromkeys(("frame_rate", "framerate", "hz"), "fps"),
    **{"side_view": "sagittal", "lateral": "sagittal", "side_video": "sagittal_video"},
    **{"front": "frontal", "front_view": "frontal", "coronal": "frontal", "front_video": "frontal_video"},
}
# What a column of files is called where no other column names any.
_FILES_MEANT = {"side": "sagittal", "pose": "sagittal", "file": "sagittal", "path": "sagittal", "video": "sagittal_video"}
_UNITS = {"age_years": "years", "height_m": "metres", "mass_kg": "kilograms", "leg_length_m": "metres", "fps": "frames per second"}


def read_person(text: str) -> str | int | tuple[float, float, float, float]:
    """Whom to measure, as `read_pose` and `estimate_pose` take it.

    Parameters
    ----------
    text : str
        A word or name, a number, or a box.

    Returns
    -------
    str, int or (x, y, width, height)

    Raises
    ------
    FileError
        Several numbers that are no box.

    Examples
    --------
    >>> read_person("largest"), read_person("1"), read_person("420, 180, 160, 420")
    ('largest', 1, (420.0, 180.0, 160.0, 420.0))
    """
    words = text.strip()
    if words.lstrip("-").isdigit():
        return int(words)
    parts = words.split(",")
    if len(parts) == 1:
        return words
    try:
        x, y, width, height = map(float, parts)
    except ValueError:
        raise FileError(
            f"{text!r} is not a box", expected="x,y,width,height in the first frame", do="write it like 420,180,160,420"
        ) from None
    return x, y, width, height


def names_walks(header: Sequence[str]) -> bool:
    """Whether a header has a column (however misspelt) that names a subject or a recording.

    Parameters
    ----------
    header : sequence of str
        The cells of the first row.

    Examples
    --------
    >>> names_walks(["Subject", "sagital"]), names_walks(["frame", "keypoint", "x", "y"])
    (True, False)
    """
    return any(difflib.get_close_matches(column.strip().lower(), ("subject", *FILES), n=1, cutoff=0.8) for column in header)


def check_columns(columns: list[str], where: str) -> None:
    """Refuse columns of which no walks can be made, and tell those that look misspelt.

    Parameters
    ----------
    columns : list of str
    where : str
        The table, for messages.

    Raises
    ------
    FileError
        No column of subjects, none of files, or one twice.
    """
    misspelt = _misspelt(columns)
    hint = "; ".join(f"found {column}: did you mean {meant}?" for column, meant in misspelt.items())
    found = hint.removeprefix("found ") or ", ".join(columns[:10])
    if "subject" not in columns:
        raise FileError(f"{where} has no column subject", found=found, expected="subject, and sagittal or frontal")
    twice = sorted(
        {column.removesuffix(".1") for column in columns if column.endswith(".1") and column.removesuffix(".1") in columns}
    )
    if twice:
        raise FileError(f"{where} has a column twice", found=", ".join(twice), do="keep one of them")
    needed = [meant for meant in misspelt.values() if meant in FILES]
    if needed:
        raise FileError(f"{where} has no column {needed[0]}", found=found, do="rename the column")
    if not set(columns) & set(FILES):
        meant = [f"{column} to {_FILES_MEANT[column.lower()]}" for column in columns if column.lower() in _FILES_MEANT]
        rename = f"rename {meant[0]} (or to {meant[0].split()[-1].replace('sagittal', 'frontal')})" if meant else ""
        raise FileError(f"{where} names no files", found=found, expected=f"one of {', '.join(FILES)}", do=rename)
    for column, meant in misspelt.items():
        unit = f" ({_UNITS[meant]})" if meant in _UNITS else ""
        warnings.warn(
            f"column {column} of {where} is kept as a covariate and not used: did you mean {meant}{unit}?",
            UserWarning,
            stacklevel=4,
        )


def _misspelt(columns: list[str]) -> dict[str, str]:
    """Columns that look like one of ours which the table lacks, and which."""
    lacking = [column for column in sorted(KNOWN) if column not in columns]
    found = {}
    for column in columns:
        word = column.lower().replace(" ", "_")
        if column in KNOWN or word.startswith("label_"):
            continue
        near = [_MEANT[word]] if word in _MEANT else difflib.get_close_matches(word, lacking, n=1, cutoff=0.85)
        if near and near[0] in lacking:
            found[column] = near[0]
    return found
