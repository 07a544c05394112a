"""One child has one key, however its name was written."""

from __future__ import annotations

import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.subjects import number_subjects, subject_key, subject_keys


@pytest.mark.parametrize("names", [("Child07", " child07 ", "CHILD07"), ("7", 7, 7.0, "007", " 7 "), ("a b", "A  B")])
def test_spellings_of_one_name_have_one_key(names: tuple) -> None:
    assert len({subject_key(name) for name in names}) == 1


@pytest.mark.parametrize("names", [("child7", "child07"), ("1.10", "1.1"), ("7a", "7"), ("70", "7")])
def test_different_names_stay_apart(names: tuple) -> None:
    assert len({subject_key(name) for name in names}) == len(names)


def test_subjects_are_numbered_in_the_order_they_appear() -> None:
    number, count = number_subjects(subject_keys([sg.Trial("zoe"), sg.Trial("adam"), sg.Trial("Zoe")]))
    assert number.tolist() == [0, 1, 0]
    assert count == 2


@pytest.mark.parametrize("walks", [[], [None], ["a", float("nan")], ["", "b"]])
def test_no_subject_is_refused(walks: list) -> None:
    with pytest.raises(SkelgaitError, match=r"names no subject|no walks"):
        subject_keys(walks)


def test_one_trial_is_not_a_list_of_trials() -> None:
    with pytest.raises(SkelgaitError, match="a list is needed"):
        subject_keys(sg.Trial("adam"))
