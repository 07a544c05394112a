"""One of the people in a video: where they are at any time, smoothly, from having been seen now and then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

OTHERS = 0.2  # body sizes by which somebody else must fit better; hips of a good estimate wander by half of that


def misfit(seen: np.ndarray, people: np.ndarray) -> np.ndarray:
    """(M, N) how badly what was seen (M, 3) fits each of some people (N, 3): hip centres apart and unlike sizes, in body sizes."""
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.hypot(*np.moveaxis(seen[:, None, :2] - people[:, :2], -1, 0)) / people[:, 2]
        return apart + 0.5 * np.abs(np.log(seen[:, None, 2] / people[:, 2]))


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

    @cached_property
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


def smooth_path(
    time_s: np.ndarray, values: np.ndarray, at_s: np.ndarray, *, width_s: tuple[float, float, float] = (0.35, 0.5, 1.0)
) -> np.ndarray:
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
