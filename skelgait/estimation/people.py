"""The people in a video, from what was detected now and then: who is who, who walks, and where each is at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from skelgait.core.errors import NoPerson

START_SCORE = 0.5  # a person is believed in from here; one already followed is kept from lower scores on
LOST_S = 1.3  # somebody not seen for longer is at first taken for somebody new
HIDDEN_S = 4.0  # ... and joined to who was seen before when the motion of both fits, up to this long
TRAVELS = 0.75  # body sizes; standing people, as detected, wander over about 0.3


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody followed through a video.

    Parameters
    ----------
    time_s : (N,) seconds
        When seen.
    region : (N, 3) pixels
        Hip centre x, y and whole-body size.
    score : (N,)
        Of the detector, 0..1.
    ground : (N, 3)
        ``region`` as the camera would have seen it had it not moved since the first frame.
    activity : (N,)
        How much the image changes about the legs, in grey levels above its surroundings.
    """

    time_s: np.ndarray
    region: np.ndarray
    score: np.ndarray
    ground: np.ndarray
    activity: np.ndarray

    @property
    def size(self) -> float:
        """Median whole-body size in pixels."""
        return float(np.median(self.region[:, 2]))

    @property
    def travel(self) -> float:
        """How far the person gets relative to the background, in body sizes; coming nearer or going away counts too."""
        path = smooth_path(self.time_s, self.ground, self.time_s)
        x, y, size = np.ptp(path, axis=0)
        depth = np.log(path[:, 2].max() / path[:, 2].min()) if size else 0.0
        return float((x + 0.5 * y) / np.median(path[:, 2]) + 2 * depth)

    def at(self, time_s: np.ndarray, *, beyond_s: float = 0.6) -> np.ndarray:
        """(T, 3) region at any times: smooth between sightings, carried on for ``beyond_s`` at both ends, else NaN."""
        region = smooth_path(self.time_s, self.region, time_s)
        region[(time_s < self.time_s[0] - beyond_s) | (time_s > self.time_s[-1] + beyond_s)] = np.nan
        return region

    def resized(self, factor: float, shift: tuple[float, float]) -> Person:
        """The same person with another body size and hip centre (shift in old body sizes)."""
        change = np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, factor]])
        return Person(self.time_s, self.region @ change.T, self.score, self.ground @ change.T, self.activity)


def smooth_path(time_s: np.ndarray, values: np.ndarray, at_s: np.ndarray, *, width_s: tuple[float, float, float] = (0.35, 0.5, 1.0)) -> np.ndarray:
    """Values seen at some times, smoothed and read at others: straight lines through neighbours in time, outliers counting little.

    Parameters
    ----------
    time_s : (N,) seconds
        When seen.
    values : (N, 3)
        x, y and size.
    at_s : (T,) seconds
        Where to read.
    width_s : three floats
        Width (standard deviation) of the neighbourhood for x, y and size. Size changes slowest, and is detected worst.

    Returns
    -------
    (T, 3) array
        Smoothed values.
    """
    out = np.empty((len(at_s), 3))
    for k, width in enumerate(width_s):
        logs = np.log(values[:, k]) if k == 2 else values[:, k]
        trust = np.ones(len(time_s))
        for _ in range(4):
            fitted = _lines(time_s, logs, trust, time_s, width)
            off = np.abs(logs - fitted)
            scale = max(1.5 * float(np.median(off)), 0.02 if k == 2 else 0.01 * float(np.median(values[:, 2])))
            trust = 1 / (1 + (off / (2 * scale)) ** 2)
        read = _lines(time_s, logs, trust, at_s, width)
        out[:, k] = np.exp(np.clip(read, logs.min() - 0.3, logs.max() + 0.3)) if k == 2 else read
    return out


def _lines(time_s: np.ndarray, value: np.ndarray, trust: np.ndarray, at_s: np.ndarray, width: float) -> np.ndarray:
    """Weighted local straight lines; where sightings are sparse the neighbourhood widens to the nearest few."""
    out = np.empty(len(at_s))
    for part in np.array_split(np.arange(len(at_s)), max(1, len(at_s) * len(time_s) // 500_000)):
        gap = time_s[None] - at_s[part, None]
        near = np.sort(np.abs(gap), axis=1)[:, min(2, len(time_s) - 1)]
        weight = trust * np.exp(-0.5 * (gap / np.maximum(width, 0.7 * near)[:, None]) ** 2)
        total = weight.sum(axis=1)
        middle = (weight * gap).sum(axis=1) / total
        mean = (weight * value).sum(axis=1) / total
        away = gap - middle[:, None]
        spread = (weight * away**2).sum(axis=1)
        slope = (weight * away * value).sum(axis=1) / np.maximum(spread, 1e-9 * np.maximum(total, 1e-12))
        out[part] = mean - np.where(spread > 1e-3 * width**2 * total, slope, 0.0) * middle
    return out


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
    Each image's detections are assigned to the people known so far all at once (the Hungarian method), by distance in body sizes to where
    each should be by now, given how they moved, and by likeness of size. A walker who passes a bystander keeps walking, the bystander
    keeps standing.
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
            for i, n in zip(*linear_sum_assignment(cost), strict=True):
                if cost[i, n] < 1e3:
                    live[i].append((now, int(n)))
                    taken.add(int(n))
        tracks += [[(now, n)] for n in range(len(rows)) if n not in taken and rows[n, 0] >= START_SCORE]
    rows = [[np.array([time_s[s], *found[s][n], *ground[s][n], activity[s][n]]) for s, n in track] for track in tracks]
    pieces = [_person(np.array(piece)) for piece in rows]
    pieces = _joined([p for p in pieces if len(p.time_s) >= 2], _everything(time_s, found, ground, activity))
    people = [p for p in pieces if len(p.time_s) >= min(3, len(time_s)) and np.median(p.score) >= START_SCORE]
    return sorted(people, key=lambda p: (p.time_s[0], p.region[0, 0]))


def _everything(time_s, found, ground, activity) -> np.ndarray:  # type: ignore[no-untyped-def]
    return np.concatenate(
        [np.column_stack([np.full(len(f), t), f, g, a]) for t, f, g, a in zip(time_s, found, ground, activity, strict=True)]
    ).reshape(-1, 9)


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

    Where two people overlap the detector gives one of them; so the sightings between the pieces that lie on the bridge are taken in,
    whoever they were given to.
    """
    while True:
        best, pair = 0.6, None
        for i, one in enumerate(pieces):
            for j, other in enumerate(pieces):
                gap = other.time_s[0] - one.time_s[-1]
                if i == j or not 0 < gap <= HIDDEN_S:
                    continue
                (t0, p0, v0, s0), (t1, p1, v1, s1) = _end(one, True), _end(other, False)
                middle = 0.5 * (t0 + t1)
                miss = np.hypot(*(p0 + v0 * (middle - t0) - p1 - v1 * (middle - t1))) / max(s0, s1)
                miss += 0.5 * abs(np.log(s0 / s1)) + 0.05 * gap
                if miss < best:
                    best, pair = miss, (i, j)
        if pair is None:
            return pieces
        one, other = pieces[pair[0]], pieces[pair[1]]
        whole = np.concatenate([_rows(one), _rows(other)])
        bridge = everything[(everything[:, 0] > one.time_s[-1]) & (everything[:, 0] < other.time_s[0])]
        if len(bridge):
            (t0, p0, _, s0), (t1, p1, _, s1) = _end(one, True), _end(other, False)
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


def choose_person(people: Sequence[Person], subject: str | int | tuple[float, float, float, float], *, where: str) -> int:
    """Which of the people is the subject.

    Parameters
    ----------
    people : sequence of Person
        Everybody found.
    subject : {"walking", "largest"}, int or (x, y, width, height)
        Who travels most (or, when nobody travels, whose legs move most: a treadmill); who is largest; the place in ``people``; or who is
        in this box, pixels, when first seen.
    where : str
        What to call the video in an error.

    Returns
    -------
    int
        Place in ``people``.

    Raises
    ------
    NoPerson
        Nobody was found, or nobody fits ``subject``.
    """
    if not people:
        raise NoPerson(
            f"nobody was found in {where}",
            do="check that a person is in view, upright and at least a fifth of the picture's height, and that the file is the right one",
        )
    listed = "; ".join(
        f"{i}: x={p.region[0, 0]:.0f}, y={p.region[0, 1]:.0f}, size={p.size:.0f} px, from {p.time_s[0]:.1f} to {p.time_s[-1]:.1f} s, "
        f"travels {p.travel:.1f} body sizes"
        for i, p in enumerate(people)
    )
    if isinstance(subject, str):
        longest = max(len(p.time_s) for p in people)
        if subject == "largest":
            return int(np.argmax([p.size * min(1, 3 * len(p.time_s) / longest) for p in people]))
        if subject == "walking":
            travel = np.array([p.travel * min(1, len(p.time_s) / 5) for p in people])
            if travel.max() >= TRAVELS:
                return int(np.argmax(travel))
            return int(np.argmax([np.median(p.activity) * p.size * min(1, 2 * len(p.time_s) / longest) for p in people]))
        raise NoPerson(f"unknown subject {subject!r}", expected="'walking', 'largest', a number, or a box (x, y, width, height)")
    if isinstance(subject, int | np.integer):
        if not 0 <= subject < len(people):
            raise NoPerson(f"there is no person {subject} in {where}", found=listed, expected=f"0 to {len(people) - 1}")
        return int(subject)
    x, y, width, height = (float(v) for v in subject)
    places = np.array([[*p.region[0, :2], p.time_s[0]] for p in people])
    off = np.hypot((places[:, 0] - (x + width / 2)) / width, (places[:, 1] - (y + height / 2)) / height) + places[:, 2] / 2
    inside = (np.abs(places[:, 0] - (x + width / 2)) <= 0.75 * width) & (np.abs(places[:, 1] - (y + height / 2)) <= 0.75 * height)
    if not inside.any():
        raise NoPerson(f"nobody was found in the box {tuple(subject)} of {where}", found=listed, do="give one of these numbers as subject=")
    return int(np.argmin(np.where(inside, off, np.inf)))
