from __future__ import annotations

import numpy as np
import pytest

from skelgait.estimation.closer import has_companion, was_missed
from skelgait.estimation.person import Person
from skelgait.estimation.scan import Scan


def somebody(x: float, size: float, *, y: float = 120.0, start: float = 0.0, speed: float = 20.0) -> Person:
    time = np.arange(start, start + 4, 0.4)
    region = np.column_stack([x + speed * (time - start), np.full(time.size, y), np.full(time.size, size)])
    return Person(time, 2 * region, np.ones(time.size), 2 * region, np.zeros(time.size))


def red(image: np.ndarray) -> np.ndarray:
    """A detector of red people; their hips are in the middle of the red, and they are as tall as it."""
    rows, columns = np.nonzero((image[..., 0] > 200) & (image[..., 1] < 60))
    if rows.size < 40:
        return np.empty((0, 4))
    return np.array([[0.9, columns.mean(), rows.mean(), np.ptp(rows) + 1.0]])


def scan(people: list[Person], *, child: float, size: float, share: float = 1.0, lower: float = 0.2) -> Scan:
    """Small pictures, half as large as the video, of the first person with a red child ``child`` sizes beside them."""
    pictures = []
    for k, time in enumerate(people[0].time_s):
        image = np.full((256, 455, 3), 90, np.uint8)
        x, y, body = people[0].at(np.array([time]))[0] / 2
        half = 0.5 * size * body
        if k < share * len(people[0].time_s):
            top, left = int(y + lower * body - half), int(x + child * body - 0.15 * half)
            image[max(top, 0) : int(y + lower * body + half), max(left, 0) : int(x + child * body + 0.15 * half)] = (255, 0, 0)
        pictures.append((float(time), image))
    return Scan(people, pictures, 0.5, (0.0, 0.0, 909.0, 511.0))


@pytest.mark.parametrize("child", [-0.35, 0.25, 0.5])
def test_a_child_beside_an_adult_is_noticed(child: float) -> None:
    assert has_companion(scan([somebody(200, 160)], child=child, size=0.55), somebody(200, 160), red)


@pytest.mark.parametrize(
    ("child", "size", "share", "lower"),
    [(0.3, 0.55, 0.2, 0.2), (1.6, 0.55, 1, 0.2), (0.3, 0.2, 1, 0.2), (0.3, 0.55, 1, -0.1)],
)
def test_who_is_seldom_there_or_far_off_or_too_small_or_higher_up_is_none(
    child: float, size: float, share: float, lower: float
) -> None:
    assert not has_companion(scan([somebody(200, 160)], child=child, size=size, share=share, lower=lower), somebody(200, 160), red)


def test_who_is_as_tall_is_none() -> None:
    tall = scan([somebody(200, 160)], child=0.3, size=0.55)
    assert not has_companion(tall, somebody(200, 160), lambda image: red(image) * [1, 1, 1, 1.8])


def test_who_is_known_already_is_none() -> None:
    adult, child = somebody(200, 160), somebody(200 + 0.4 * 160, 88, y=120 + 0.2 * 160)
    assert has_companion(scan([adult], child=0.4, size=0.55), adult, red)
    assert not has_companion(scan([adult, child], child=0.4, size=0.55), adult, red)


def test_of_nothing_nothing_can_be_said() -> None:
    adult = somebody(200, 160)
    assert not has_companion(Scan([adult], [], 0.5, (0, 0, 909, 511)), adult, red)
    late = somebody(200, 160, start=99)
    assert not has_companion(scan([adult], child=0.3, size=0.55), late, red)


def test_who_turns_up_in_the_middle_was_missed() -> None:
    size = (910, 512)
    assert was_missed(somebody(200, 80, start=2), size)
    assert not was_missed(somebody(200, 80), size)
    assert not was_missed(somebody(60, 80, start=2), size)  # comes in at the left
    assert not was_missed(somebody(420, 80, start=2), size)  # comes in at the right
    assert not was_missed(somebody(200, 200, start=2), size)  # large enough to be seen
