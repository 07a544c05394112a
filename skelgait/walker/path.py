"""The line a child walks along: straight for ever, or there and back with turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEP = 0.002


@dataclass(frozen=True)
class Path:
    """A line on the floor read by the distance walked.

    Parameters
    ----------
    lane_m : float or None
        Length of the straight stretches; None: straight for ever.
    turn_m : float
        Distance walked while turning half round, to the left.
    """

    lane_m: float | None = None
    turn_m: float = 1.8

    def at(self, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, y (metres) and heading (radians, to the left +) at distances walked, any shape."""
        distance = np.asarray(distance, float)
        if self.lane_m is None:
            return distance, np.zeros_like(distance), np.zeros_like(distance)
        half = self.lane_m + self.turn_m
        grid = np.arange(0, half + STEP, STEP)
        s = np.clip((grid - self.lane_m) / self.turn_m, 0, 1)
        heading = np.pi * (s - np.sin(2 * np.pi * s) / (2 * np.pi))
        middle = (heading[1:] + heading[:-1]) / 2
        x = np.r_[0, np.cumsum(np.cos(middle))] * STEP
        y = np.r_[0, np.cumsum(np.sin(middle))] * STEP
        lap = np.maximum(np.floor(distance / half), 0)  # before the start: straight
        within = distance - lap * half
        gx, gy = np.interp(within, grid, x) + np.minimum(within, 0), np.interp(within, grid, y)
        end_x, end_y = np.interp(half, grid, x), np.interp(half, grid, y)
        # Two half laps close the oval: the second starts where the first ended and comes back turned by pi.
        back = np.mod(lap, 2) == 1
        return np.where(back, end_x - gx, gx), np.where(back, end_y - gy, gy), np.interp(within, grid, heading) + lap * np.pi

    def turning(self, distance: np.ndarray) -> np.ndarray:
        """Whether the child is turning at distances walked."""
        distance = np.asarray(distance, float)
        if self.lane_m is None:
            return np.zeros(distance.shape, bool)
        return (distance > 0) & (np.mod(distance, self.lane_m + self.turn_m) > self.lane_m)
