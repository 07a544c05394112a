"""What the tables cite, and how far each source was read: ``citations.csv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

UNVERIFIED = "not verified at the source"
READ = ("text", "abstract", UNVERIFIED)


@dataclass(frozen=True)
class Citation:
    """One source of a number or a rule: a row of ``citations.csv``.

    Parameters
    ----------
    source : str
        How the tables name it.
    reference : str
        Title and where it is printed.
    doi : str
        Empty where there is none or it is not known; several are parted by a space.
    used_for : str
        What is taken from it.
    read : {"text", "abstract", "not verified at the source"}
        How far it was read for that.
    note : str
        On whom it was found, or what could not be checked.

    Examples
    --------
    >>> {c.source: c.read for c in citations()}["Baker et al. 2012"]
    'abstract'
    """

    source: str
    reference: str
    doi: str
    used_for: str
    read: str
    note: str


@cache
def citations() -> tuple[Citation, ...]:
    """Every source, in the order of the table.

    Returns
    -------
    tuple of Citation

    Examples
    --------
    >>> sum(c.read == UNVERIFIED for c in citations()) < len(citations()) / 5
    True
    """
    with (files("skelgait.tasks") / "citations.csv").open(encoding="utf8") as table:
        return tuple(Citation(**row) for row in csv.DictReader(table))
