"""Who is who: one key a subject, however the name was written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial


def subject_key(name: Any) -> str:
    """One spelling for a subject: no outer or doubled spaces, no case, whole numbers without zeros in front or behind.

    Examples
    --------
    >>> [subject_key(name) for name in (" Child07", "child07", 7, "7.0", "007")]
    ['child07', 'child07', '7', '7', '7']
    """
    text = " ".join(str(name).split()).casefold()
    number = re.fullmatch(r"0*(\d+)(\.0*)?", text)
    return number.group(1) if number else text


def subject_keys(trials: Iterable[Any]) -> np.ndarray:
    """Keys of the subjects of trials, or of subjects named directly, (n,) str.

    Raises
    ------
    SkelgaitError
        No trials, or one that names no subject.
    """
    if isinstance(trials, (str, Trial)):
        raise SkelgaitError("one walk was given where a list is needed", found=repr(trials)[:60], expected="a list of trials")
    keys = []
    for n, trial in enumerate(trials):
        name = trial.subject if isinstance(trial, Trial) else trial
        if not isinstance(name, (str, int, float, np.generic)) or name != name or not str(name).strip():
            raise SkelgaitError(
                f"walk {n} names no subject", found=repr(trial)[:60], expected="a Trial, or the subject's name or number"
            )
        keys.append(subject_key(name))
    if not keys:
        raise SkelgaitError("there are no walks to tell apart", found="an empty list", expected="trials, or subjects' names")
    return np.array(keys)


def number_subjects(keys: Any) -> tuple[np.ndarray, int]:
    """(n,) number of the subject of each walk, counted in the order they appear, and how many there are."""
    _, first, inverse = np.unique(np.asarray(keys), return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return order[inverse.ravel()], len(first)
