"""Keep names out of what is shared: walks go by what is in them, and messages lose every name the table knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath

from skelgait.cohort.plan import Walk
from skelgait.core.trial import PLANES, Trial
from skelgait.io.trial_columns import FILES
from skelgait.io.trial_table import TrialRow

# Shorter than this, or a short number, a name is found in every other word.
_SHORTEST, _SHORTEST_NUMBER = 3, 5
# Names of files that tell nobody, and words that messages need.
_PLAIN = re.compile(
    r"(walk|trial|pose|keypoint|video|file|frame|event|result)s?|gait|data|empty|left|right|side|front|back|sagittal|frontal|openpose",
    re.I,
)


def list_names(walk: Walk) -> dict[str, str]:
    """Every string of a walk that may tell who it is, and what to write in its place.

    Examples
    --------
    >>> walk = Walk(2, "Ann Lee", "row 2", TrialRow(2, "Ann Lee", {"sagittal": "lee/walk_1.csv"}, PurePath("/x")))
    >>> sorted(list_names(walk))
    ['/x/', 'Ann Lee', 'lee', 'lee/walk_1.csv', 'walk_1', 'walk_1.csv']
    """
    found = {walk.subject: "<subject>"}
    if isinstance(walk.source, TrialRow):
        found[walk.source.name] = "<name>"
        found[str(walk.source.folder).rstrip("/\\") + "/"] = ""
        files = {column: walk.source.cells[column] for column in FILES if column in walk.source.cells}
    else:
        found[walk.source.name] = "<name>"
        files = {f"{plane}_video": str(path) for plane, path in walk.source.video.items()}
        files |= {plane: pose.source for plane, pose in walk.source.pose.items() if pose.source}
    for column, cell in files.items():
        path = PurePath(cell)
        for text in (cell, path.name, path.stem, path.name.split("#")[0].split(".")[0]):
            found.setdefault(text, f"<{column} file>")
        for part in path.parts[:-1]:
            found.setdefault(part, "<folder>")
    return {
        text: words
        for text, words in found.items()
        if text.strip("/\\.")
        and not _PLAIN.fullmatch(text)
        and (len(text) >= _SHORTEST_NUMBER if text.isdigit() else len(text) >= _SHORTEST)
    }


class Redactor:
    """Takes the names of some walks out of messages.

    Parameters
    ----------
    walks : iterable of Walk
    """

    def __init__(self, walks: Iterable[Walk]) -> None:
        self._words: dict[str, str] = {}
        for walk in walks:
            self._words |= {text.lower(): words for text, words in list_names(walk).items()}
        longest = sorted(self._words, key=len, reverse=True)
        self._pattern = re.compile(
            "|".join(f"{_edge(t[0], '<!')}{re.escape(t)}{_edge(t[-1], '!')}" for t in longest), re.IGNORECASE
        )

    def __call__(self, text: str) -> str:
        """The message without them."""
        return self._pattern.sub(lambda found: self._words[found.group().lower()], text) if self._words else text


def _edge(character: str, side: str) -> str:
    return f"(?{side}[^\\W_])" if character.isalnum() else ""


def hide_names(trial: Trial, name: str, subject: str, *, pictures: bool = False) -> Trial:
    """The trial as it is measured and shown: no subject, no names of files, nothing that was noted of it.

    Parameters
    ----------
    trial : Trial
    name, subject : str
        What they are called instead.
    pictures : bool
        Leave it its videos.

    Returns
    -------
    Trial
    """
    poses = {plane: pose.with_(source=f"{name} {plane}") for plane, pose in trial.pose.items() if plane in PLANES}
    return replace(
        trial,
        subject=subject,
        name=name,
        pose=poses,
        video=trial.video if pictures else {},
        silhouettes={},
        clips={},
        labels={},
        covariates={},
    )
