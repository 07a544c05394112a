"""When a quick look is not enough: somebody small was missed, such as a child whom an adult accompanies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skelgait.estimation.person import Person
from skelgait.estimation.scan import TILE, Scan

PICTURES = 5
SHARE = 0.4  # of the pictures that must show somebody
SMALLER = (0.3, 0.8)  # of the walker's size; who is larger is found anyway
LOWER = 0.06  # of the walker's size: the hips of somebody smaller on the same floor are so much lower at least
SCORE = 0.6
LATE_S = 0.8


def was_missed(person: Person, size: tuple[int, int]) -> bool:
    """Whether somebody small turns up in the middle of the picture, where they cannot have come from.

    Parameters
    ----------
    person : Person
        Of those the quick look found.
    size : (width, height) pixels
        The video.

    Returns
    -------
    bool
        True when they are smaller than half the picture and first seen after more than 0.8 s, a body size or more from its edges.
    """
    x, _, body = person.region[0]
    return bool(person.time_s[0] > LATE_S and person.size < 0.5 * min(size) and body < x < size[0] - body)


def has_companion(scan: Scan, person: Person, detector: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether somebody smaller walks or stands close to a person, whom a quick look would not tell from them.

    Parameters
    ----------
    scan : Scan
        What the quick look found.
    person : Person
        Of those.
    detector : callable
        Image -> (N, 4) of score, hip centre x, y and whole-body size, pixels.

    Returns
    -------
    bool
        True when a closer look at either side of the person shows somebody smaller in two of five pictures.

    Notes
    -----
    Of people who overlap, BlazePose's detector gives the one who fills more of what it sees. Two squares at the height of the
    person's legs, 0.8 of their size wide, show no whole adult but a whole child.
    """
    at = np.array([time for time, _ in scan.pictures])
    path = person.at(at, beyond_s=0.0) * scan.shrink
    there = np.flatnonzero(np.isfinite(path).all(axis=1))
    if not there.size:
        return False
    chosen = there[np.unique(np.linspace(0, there.size - 1, min(PICTURES, there.size)).round().astype(int))]
    known = [other.at(at[chosen], beyond_s=0.0) * scan.shrink for other in scan.people if other is not person]
    shown = 0
    for k, frame in enumerate(chosen):
        x, y, size = path[frame]
        found = np.concatenate([_beside(scan.pictures[frame][1], path[frame], side, detector) for side in (-1, 1)])
        small = (found[:, 0] > SCORE) & (found[:, 3] > SMALLER[0] * size) & (found[:, 3] < SMALLER[1] * size)
        small &= (found[:, 2] > y + LOWER * size) & (np.abs(found[:, 1] - x) < 0.8 * size)
        for other in known:
            with np.errstate(invalid="ignore"):
                small &= ~(np.hypot(found[:, 1] - other[k, 0], found[:, 2] - other[k, 1]) < 0.3 * other[k, 2])
        shown += bool(small.any())
    return len(chosen) > 1 and shown >= SHARE * len(chosen)


def _beside(image: np.ndarray, region: np.ndarray, side: int, detector: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(N, 4) who is in a square to one side of somebody's legs, pixels of the image."""
    import cv2

    x, y, size = region
    half = 0.4 * size
    left, top = int(x + side * 0.3 * size - half), int(y + 0.12 * size - half)
    left, top = max(0, left), max(0, top)
    part = image[top : top + round(2 * half), left : left + round(2 * half)]
    if min(part.shape[:2]) < 24:
        return np.empty((0, 4))
    larger = TILE / max(part.shape[:2])
    found = detector(cv2.resize(part, None, fx=larger, fy=larger, interpolation=cv2.INTER_LINEAR))
    return found / [1, larger, larger, larger] + [0, left, top, 0]
