"""When each stride comes: steady, or a little early or late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.walker.curves import hermite


@dataclass(frozen=True)
class Rhythm:
    """Time against progress, in strides of the right foot.

    Parameters
    ----------
    stride_s : float, seconds
        Mean stride.
    start : float
        Progress at time 0.
    variation : float
        Standard deviation of the strides as a share of their mean.
    seed : int
        Which irregular walk.
    """

    stride_s: float
    start: float
    variation: float = 0.0
    seed: int = 0

    def _time_of(self, strides: int) -> tuple[np.ndarray, np.ndarray]:
        """Progress -2, -1, 0, ... and the time of each; the strides spread round their mean, each as the last time."""
        wobble = np.random.default_rng(self.seed).standard_normal(strides + 4)
        lasts = self.stride_s * np.clip(1 + self.variation * wobble, 0.6, 1.4)
        progress = np.arange(-2.0, strides + 3)
        time = np.concatenate([[0.0], np.cumsum(lasts)])
        return progress, time - hermite(np.array([self.start]), progress, time, self._slopes(time))[0]

    @staticmethod
    def _slopes(time: np.ndarray) -> np.ndarray:
        rise = np.diff(time)
        return np.concatenate([[rise[0]], 2 * rise[1:] * rise[:-1] / (rise[1:] + rise[:-1]), [rise[-1]]])

    def time(self, progress: np.ndarray) -> np.ndarray:
        """Seconds at progress (...)."""
        progress = np.asarray(progress, float)
        if not self.variation:
            return (progress - self.start) * self.stride_s
        nodes, time = self._time_of(int(np.ceil(progress.max(initial=1.0))) + 2)
        return hermite(progress, nodes, time, self._slopes(time))

    def progress(self, time_s: np.ndarray) -> np.ndarray:
        """Progress at seconds (T,): the inverse of `time`."""
        time_s = np.asarray(time_s, float)
        if not self.variation:
            return self.start + time_s / self.stride_s
        strides = int(np.ceil(time_s.max() / (0.6 * self.stride_s))) + 3
        nodes, time = self._time_of(strides)
        slopes = self._slopes(time)
        guess = np.interp(time_s, time, nodes)
        for _ in range(6):
            ahead = hermite(guess + 1e-6, nodes, time, slopes) - hermite(guess - 1e-6, nodes, time, slopes)
            guess = guess - (hermite(guess, nodes, time, slopes) - time_s) * 2e-6 / ahead
        return guess
