from __future__ import annotations

import numpy as np
import pytest

from skelgait.estimation.linking import link_people, merge_detections
from skelgait.estimation.person import Person

EVERY = 0.4


def link(found: list[list[tuple[float, float, float, float]]]) -> list[Person]:
    rows = [np.array(one, float).reshape(-1, 4) for one in found]
    times = [EVERY * k for k in range(len(rows))]
    return link_people(times, rows, [r[:, 1:] for r in rows], [np.zeros(len(r)) for r in rows])


def test_repeats_about_the_same_hips_are_merged_and_neighbours_kept() -> None:
    found = np.array([[0.9, 100, 100, 200], [0.8, 110, 95, 220], [0.75, 105, 100, 60], [0.7, 180, 100, 210], [0.4, 400, 90, 50]])
    kept = merge_detections(found)
    assert sorted(kept[:, 1]) == [100, 180, 400]
    assert merge_detections(np.empty((0, 4))).shape == (0, 4)


def test_of_two_sizes_at_one_place_the_whole_person_stays() -> None:
    kept = merge_detections(np.array([[0.75, 152, 284, 225], [0.72, 176, 292, 535]]))
    assert kept[:, 3].tolist() == [535]


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_walker_passes_two_bystanders_and_each_stays_who_they_are(mirrored: bool) -> None:
    rng = np.random.default_rng(5)
    found = []
    for k in range(20):
        walker = 1800 - 230 * EVERY * k
        people = [
            (0.8, x + rng.normal(0, 12), 400 + rng.normal(0, 15), size * rng.uniform(0.9, 1.1))
            for x, size in ((1200, 480), (1500, 520))
        ]
        if min(abs(walker - 1200), abs(walker - 1500)) > 150:  # beside somebody only one of the two is seen
            people.append((0.7, walker + rng.normal(0, 25), 400 + rng.normal(0, 20), 600 * rng.uniform(0.85, 1.15)))
        found.append([(s, 1920 - x, y, h) if mirrored else (s, x, y, h) for s, x, y, h in people])
    people = link(found)
    travel = np.array([p.travel for p in people])
    walker_path = people[int(np.argmax(travel))]
    assert np.sort(travel)[-2] < 0.6
    assert walker_path.time_s[0] == 0
    assert walker_path.time_s[-1] >= 7.2
    x = 1800 - 230 * walker_path.time_s
    assert np.median(np.abs(walker_path.region[:, 0] - (1920 - x if mirrored else x))) < 40


def test_somebody_hidden_for_two_seconds_is_the_same_afterwards() -> None:
    found = [[(0.9, 100 + 90 * k, 300, 400)] if not 6 <= k <= 10 else [] for k in range(18)]
    people = link(found)
    assert len(people) == 1
    assert people[0].time_s[[0, -1]].tolist() == [0.0, pytest.approx(6.8)]


def test_somebody_else_far_away_is_somebody_else() -> None:
    found = [[(0.9, 100 + 5 * k, 300, 400)] if k < 6 else [(0.9, 1500 + 5 * k, 300, 400)] for k in range(14)]
    people = link(found)
    assert [round(p.region[0, 0], -1) for p in people] == [100, 1530]


def test_order_is_of_appearance_then_left_to_right() -> None:
    found = [[(0.9, 900, 300, 400), (0.9, 200, 300, 400)] + ([(0.9, 500, 310, 380)] if k > 4 else []) for k in range(12)]
    assert [round(p.region[0, 0]) for p in link(found)] == [200, 900, 500]


def test_weak_and_fleeting_detections_are_nobody() -> None:
    assert link([[(0.4, 300, 300, 400)] for _ in range(12)]) == []
    assert link([[(0.9, 300, 300, 400)] if k == 5 else [] for k in range(12)]) == []
    assert link([]) == []
