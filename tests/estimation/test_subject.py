from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import NoPerson
from skelgait.estimation.person import Person
from skelgait.estimation.subject import choose_person


def somebody(x: float, size: float, *, speed: float = 0.0, start: float = 0.0, stop: float = 6.0, activity: float = 1.0) -> Person:
    time = np.arange(start, stop, 0.4)
    region = np.column_stack([x + speed * (time - start), np.full(time.size, 300.0), np.full(time.size, size)])
    return Person(time, region, np.ones(time.size), region, np.full(time.size, activity))


PEOPLE = [somebody(200, 600), somebody(900, 300, speed=-100), somebody(1500, 400, start=2.0)]


def test_walking_is_who_travels() -> None:
    assert choose_person(PEOPLE, "walking", where="a.mp4") == 1


def test_on_a_treadmill_it_is_whose_legs_move() -> None:
    people = [somebody(200, 500, activity=0.5), somebody(900, 400, activity=9.0), somebody(1500, 500, activity=0.2)]
    assert choose_person(people, "walking", where="a.mp4") == 1


def test_largest_number_and_box() -> None:
    assert choose_person(PEOPLE, "largest", where="a.mp4") == 0
    assert choose_person(PEOPLE, 2, where="a.mp4") == 2
    assert choose_person(PEOPLE, np.int64(0), where="a.mp4") == 0
    assert choose_person(PEOPLE, (800, 150, 200, 330), where="a.mp4") == 1
    assert choose_person(PEOPLE, (1400, 100, 220, 400), where="a.mp4") == 2


def test_who_is_not_there_is_told_with_who_is() -> None:
    with pytest.raises(NoPerson, match=r"nobody was found in a\.mp4"):
        choose_person([], "walking", where="a.mp4")
    with pytest.raises(NoPerson, match=r"no person 3 in a\.mp4.*0: x=200.*1: x=900.*Expected: 0 to 2"):
        choose_person(PEOPLE, 3, where="a.mp4")
    with pytest.raises(NoPerson, match=r"nobody was found in the box \(0, 0, 40, 40\).*2: x=1500"):
        choose_person(PEOPLE, (0, 0, 40, 40), where="a.mp4")
    with pytest.raises(NoPerson, match=r"unknown subject 'tallest'.*'walking', 'largest'"):
        choose_person(PEOPLE, "tallest", where="a.mp4")
