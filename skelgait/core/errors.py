"""Errors that say what was wrong, what was found, what was expected and what to do."""

from __future__ import annotations


class SkelgaitError(ValueError):
    """An input skelgait cannot use, told so that the person who holds the camera understands it.

    Parameters
    ----------
    problem : str
        What is wrong, naming the file, trial or argument.
    found, expected, do : str
        What was there, what should have been there, and what to do about it. Each is optional.

    Examples
    --------
    >>> print(SkelgaitError("walk.csv has no time column", found="columns x, y", do="add a time_s column"))
    walk.csv has no time column. Found: columns x, y. What to do: add a time_s column.
    """

    def __init__(self, problem: str, *, found: str = "", expected: str = "", do: str = "") -> None:
        parts = [problem, found and f"Found: {found}", expected and f"Expected: {expected}", do and f"What to do: {do}"]
        super().__init__(" ".join(_end(part) for part in parts if part))
        self.problem, self.found, self.expected, self.do = problem, found, expected, do


def _end(sentence: str) -> str:
    """The sentence with one mark at its end: its own, else a full stop."""
    sentence = sentence.rstrip(" .;,:\n")
    return sentence if sentence.endswith(("?", "!")) else f"{sentence}."


class PoseError(SkelgaitError):
    """Numbers that are not a pose: wrong shape, infinite coordinates, no frames, no frame rate."""


class FileError(SkelgaitError):
    """A file that is missing, truncated, of an unknown format or not what its name says."""


class VideoError(FileError):
    """A video that cannot be read, is empty or breaks off."""


class NoPerson(SkelgaitError):
    """Nobody (or not the person asked for) was found."""


class WrongView(SkelgaitError):
    """The camera looked from a side this measurement cannot be made from."""


class MissingKeypoint(SkelgaitError):
    """The skeleton lacks a point this measurement needs."""


class NotInstalled(SkelgaitError, ImportError):
    """An optional part of skelgait was asked for and is not installed."""
