"""The forms norms come in: our CSV, Schwartz-style JSON as CGM software keeps it, and GCD text of Vicon and Motion Lab."""

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


def parse_text(text: str, path: Path, *, source: str, speed: str) -> Norms:
    """The norms in a text, by the form its first character tells.

    Parameters
    ----------
    text : str
    path : Path
        Where it comes from, for messages.
    source, speed : str
        As in `read_norms`.

    Raises
    ------
    FileError
        Of none of the forms.
    SkelgaitError
        A number that cannot be read, a row without a source, a curve that does not run from 0 to 100 %.
    """
    start = text.lstrip()[:1]
    if start in "{[":
        return _from_json(text, path, source, speed)
    if start in "#!$":
        return _from_gcd(text, path, source)
    return _from_csv(text, path)


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
    if not numbers and not curves:
        raise FileError(
            f"{path.name} holds no norms that can be used",
            found=", ".join(list(blocks)[:8]) or "no line that begins with ! and a name",
            expected=f"!{', !'.join((*GCD_ANGLES, *GCD_NUMBERS))} (or LeftKneeFlexExt), then a mean, or a mean and an SD, a line",
            do="rename the blocks, or write the norms as a CSV",
        )
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
