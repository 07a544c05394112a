"""Who is who, from what was detected in a video's pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from skelgait.estimation.person import Person

START_SCORE = 0.5  # a person is believed in from here; one already followed is kept from lower scores on
LOST_S = 1.3  # somebody not seen for longer is at first taken for somebody new
HIDDEN_S = 4.0  # ... and joined to who was seen before when the motion of both fits, up to this long


def merge_detections(found: np.ndarray) -> np.ndarray:
    """(M, 4) detections of one image without repeats: of several about the same hips, the sure and large one stays.

    Parameters
    ----------
    found : (N, 4)
        Score, hip centre x, y, whole-body size.

    Returns
    -------
    (M, 4) array
        What stays, best first.
    """
    order = np.argsort(-(found[:, 0] ** 2) * np.sqrt(found[:, 3]))
    kept: list[np.ndarray] = []
    for row in found[order]:
        if all(np.hypot(*(row[1:3] - other[1:3])) > 0.3 * max(row[3], other[3]) for other in kept):
            kept.append(row)
    return np.array(kept).reshape(-1, 4)


def link_people(
    time_s: Sequence[float], found: Sequence[np.ndarray], ground: Sequence[np.ndarray], activity: Sequence[np.ndarray]
) -> list[Person]:
    """Tell from detections at several times who is who.

    Parameters
    ----------
    time_s : (S,) seconds
        When the images were taken.
    found : S arrays (N, 4)
        Score, hip centre x, y and whole-body size of everybody in the image.
    ground : S arrays (N, 3)
        The same places as a camera that had not moved would have seen them.
    activity : S arrays (N,)
        Image change about the legs.

    Returns
    -------
    list of Person
        In order of first appearance, then from left to right.

    Notes
    -----
    Each image's detections are assigned to the people known so far all at once (the Hungarian method), by distance in body sizes
    to where each should be by now, given how they moved, and by likeness of size. A walker who passes a bystander keeps walking,
    the bystander keeps standing.
    """
    tracks: list[list[tuple[int, int]]] = []
    for now, rows in enumerate(found):
        taken: set[int] = set()
        live = [t for t in tracks if time_s[now] - time_s[t[-1][0]] <= LOST_S]
        if live and len(rows):
            cost = np.full((len(live), len(rows)), 1e3)
            for i, track in enumerate(live):
                known = np.array([[time_s[s], *found[s][n, 1:]] for s, n in track[-5:]])
                place, slack = _expected(known, time_s[now])
                away = np.hypot(*(rows[:, 1:3] - place[:2]).T) / np.maximum(place[2], rows[:, 3])
                likeness = np.abs(np.log(rows[:, 3] / place[2]))
                cost[i] = np.where((away < slack) & (likeness < 0.7), away + 0.5 * likeness - 0.1 * rows[:, 0], 1e3)
            for who, row in np.transpose(linear_sum_assignment(cost)).tolist():
                if cost[who, row] < 1e3:
                    live[who].append((now, row))
                    taken.add(row)
        tracks += [[(now, n)] for n in range(len(rows)) if n not in taken and rows[n, 0] >= START_SCORE]
    everything = [
        np.column_stack([np.full(len(f), t), f, g, a]) for t, f, g, a in zip(time_s, found, ground, activity, strict=True)
    ]
    pieces = [_person(np.array([everything[s][n] for s, n in track])) for track in tracks if len(track) >= 2]
    pieces = _joined(pieces, np.concatenate(everything) if everything else np.empty((0, 9)))
    people = [p for p in pieces if len(p.time_s) >= min(3, len(time_s)) and np.median(p.score) >= START_SCORE]
    return sorted(people, key=lambda p: (p.time_s[0], p.region[0, 0]))


def _person(rows: np.ndarray) -> Person:
    """A person from rows of time, score, x, y, size, ground x, y, size, activity."""
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return Person(time_s=rows[:, 0], score=rows[:, 1], region=rows[:, 2:5], ground=rows[:, 5:8], activity=rows[:, 8])


def _rows(person: Person) -> np.ndarray:
    return np.column_stack([person.time_s, person.score, person.region, person.ground, person.activity])


def _end(person: Person, last: bool) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Time, place, velocity and size at one end, from about a second of sightings."""
    near = np.abs(person.time_s - person.time_s[-1 if last else 0]) <= 1.3
    time, region = person.time_s[near], person.region[near]
    away = time - time.mean()
    velocity = (away @ region[:, :2]) / max(float(away @ away), 1e-6)
    at = time[-1 if last else 0]
    return float(at), region[:, :2].mean(axis=0) + velocity * (at - time.mean()), velocity, float(np.median(region[:, 2]))


def _joined(pieces: list[Person], everything: np.ndarray) -> list[Person]:
    """Join pieces of one person's path across the time somebody else was in front or the detector was blind.

    Where two people overlap the detector gives one of them; so the sightings between the pieces that lie on the bridge are taken
    in, whoever they were given to.
    """
    while True:
        best, pair = 0.6, None
        ends, starts = [_end(p, True) for p in pieces], [_end(p, False) for p in pieces]
        for i, (t0, p0, v0, s0) in enumerate(ends):
            for j, (t1, p1, v1, s1) in enumerate(starts):
                if i == j or not 0 < t1 - t0 <= HIDDEN_S:
                    continue
                middle = 0.5 * (t0 + t1)
                miss = np.hypot(*(p0 + v0 * (middle - t0) - p1 - v1 * (middle - t1))) / max(s0, s1)
                miss += 0.5 * abs(np.log(s0 / s1)) + 0.05 * (t1 - t0)
                if miss < best:
                    best, pair = miss, (i, j)
        if pair is None:
            return pieces
        one, other = pieces[pair[0]], pieces[pair[1]]
        whole = np.concatenate([_rows(one), _rows(other)])
        bridge = everything[(everything[:, 0] > one.time_s[-1]) & (everything[:, 0] < other.time_s[0])]
        if len(bridge):
            (t0, p0, _, s0), (t1, p1, _, s1) = ends[pair[0]], starts[pair[1]]
            share = (bridge[:, 0] - t0) / (t1 - t0)
            place = p0 + share[:, None] * (p1 - p0)
            whole = np.concatenate([whole, bridge[np.hypot(*(bridge[:, 2:4] - place).T) < 0.25 * max(s0, s1)]])
        joined = _person(whole)
        pieces = [p for k, p in enumerate(pieces) if k not in pair] + [joined]


def _expected(known: np.ndarray, now: float) -> tuple[np.ndarray, float]:
    """Where somebody seen at (time, x, y, size) rows should be now, and how far off (body sizes) is still likely."""
    size = float(np.exp(np.median(np.log(known[:, 3]))))
    gap = now - known[-1, 0]
    if len(known) < 3:
        velocity = (known[-1, 1:3] - known[0, 1:3]) / max(known[-1, 0] - known[0, 0], 1e-3) if len(known) == 2 else np.zeros(2)
        return np.array([*(known[-1, 1:3] + 0.5 * velocity * gap), size]), 0.35 + 1.2 * min(gap, 1.0)
    time = known[:, 0] - known[:, 0].mean()
    velocity = (time @ known[:, 1:3]) / (time @ time)
    place = known[:, 1:3].mean(axis=0) + velocity * (now - known[:, 0].mean())
    return np.array([*place, size]), 0.35 + 0.35 * min(gap, 1.5)
