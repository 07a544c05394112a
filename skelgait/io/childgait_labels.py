"""What is published beside the ChildGait poses: the answers of both tracks of the challenge, and who is in which set."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skelgait.core.errors import FileError
from skelgait.core.skeleton import SIDES
from skelgait.io.gmfcs_tables import Remarks

ITEMS = 17
FILES = {1: "track1_train.json", 2: "track2_train.json"}
# Children of the test sets: their answers are not published.
TEST: Mapping[int, tuple[int, ...]] = {
    1: (4, 5, 18, 26, 28, 40, 42, 43, 47, 48, 53, 54, 72, 78, 83, 85),
    2: (4, 6, 7, 13, 26, 35, 39, 42, 50),
}
# The patterns of the second track, as `skelgait.tasks` calls them.
PATTERNS: Mapping[str, str] = {
    "WNL": "WNL",
    "type1": "true equinus",
    "type2": "jump",
    "type3": "apparent equinus",
    "type4": "crouch",
}
_OTHERWISE = {"patient_id": 1, "left": {"1": 0, "...": 0, "17": 1, "Total": 1}, "right": {"...": "the same"}}


@dataclass(frozen=True)
class Labels:
    """Answers by child.

    Parameters
    ----------
    evgs : mapping of number to list
        34 codes, left items 1 to 17 and then the right: 0 typical, 1 atypical, None where there is none.
    pattern : mapping of number to list
        Left and right gait pattern.
    found : tuple of int
        Tracks whose file was there.
    """

    evgs: Mapping[int, list[int | None]] = field(default_factory=dict)
    pattern: Mapping[int, list[str | None]] = field(default_factory=dict)
    found: tuple[int, ...] = ()

    def of(self, child: int) -> dict[str, Any]:
        """Labels of a trial."""
        own = {"evgs": self.evgs.get(child), "cp_pattern": self.pattern.get(child)}
        return {name: answer for name, answer in own.items() if answer is not None}

    def split(self, child: int, track: int) -> str | None:
        """``"test"`` or ``"train"`` in a track; None for a child that is in neither set."""
        if child in TEST[track]:
            return "test"
        return "train" if track == 1 or child in self.pattern else None


def read_labels(places: Sequence[Path], remarks: Remarks, *, needed: bool) -> Labels:
    """The answers in ``track1_train.json`` and ``track2_train.json``, in the first of several folders that has each.

    Raises
    ------
    FileError
        A file that is not what its name says; none at all where they are ``needed``.
    """
    at = {track: next((p / name for p in places if (p / name).is_file()), None) for track, name in FILES.items()}
    if needed and not any(at.values()):
        raise FileError(
            f"there are no labels in {places[0]}", expected=" or ".join(FILES.values()), do="give the folder they are in"
        )
    for track, path in at.items():
        if path is None:
            remarks.add(f"there is no {FILES[track]}: track {track} has no labels")
    evgs = {} if at[1] is None else {child: _scores(at[1], row, child, remarks) for child, row in _rows(at[1])}
    pattern = {} if at[2] is None else {child: _patterns(at[2], row, child) for child, row in _rows(at[2])}
    return Labels(evgs, pattern, tuple(track for track, path in at.items() if path))


def _rows(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    """Number of the child and its row, each once."""
    try:
        content = json.loads(path.read_bytes())
        rows = [(int(row["patient_id"]), row) for row in content]
        if any(not isinstance(row[side], dict) for _, row in rows for side in SIDES):
            raise TypeError("a limb that is no object")
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise FileError(
            f"{path} is no list of labels",
            found=f"{type(fault).__name__}: {fault}"[:120],
            expected=f"[{json.dumps(_OTHERWISE)}, ...]",
            do="take it from the challenge's data page again",
        ) from fault
    children = [child for child, _ in rows]
    if twice := sorted({child for child in children if children.count(child) > 1}):
        raise FileError(f"{path} has a child twice", found=", ".join(map(str, twice)), do="leave one row of each")
    return rows


def _scores(path: Path, row: Mapping[str, Any], child: int, remarks: Remarks) -> list[int | None]:
    codes: list[int | None] = []
    for side in SIDES:
        own = [row[side].get(str(item)) for item in range(1, ITEMS + 1)]
        wrong = [value for value in own if value is not None and (isinstance(value, bool) or value not in (0, 1))]
        if wrong:
            raise FileError(
                f"{path}: child {child} has an item that is neither 0 nor 1", found=repr(wrong[0]), expected="0 typical, 1 atypical"
            )
        if None in own:
            remarks.add("children with items that nobody scored", str(child))
        total = row[side].get("Total")
        if total is not None and None not in own and total != sum(v for v in own if v):
            remarks.add("children whose Total is not the sum of their items: the items are believed", f"{child} {side}")
        codes += [None if value is None else int(value) for value in own]
    return codes


def _patterns(path: Path, row: Mapping[str, Any], child: int) -> list[str | None]:
    written = [row[side].get("gait_subtype") for side in SIDES]
    known = {name.lower(): pattern for name, pattern in PATTERNS.items()}
    unknown = [w for w in written if w is not None and str(w).strip().lower() not in known]
    if unknown:
        raise FileError(f"{path}: child {child} has an unknown gait_subtype", found=repr(unknown[0]), expected=", ".join(PATTERNS))
    return [None if w is None else known[str(w).strip().lower()] for w in written]
