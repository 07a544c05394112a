"""Where each foot turns round relative to the hips: the strides, counted but not yet timed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.gait.extrema import alternating_peaks
from skelgait.gait.foot_motion import FootMotion

PROMINENCE_LL, PROMINENCE_SHARE = 0.08, 0.35  # least swing of the foot before the hips: leg lengths, share of its usual swing
APART_S = 0.3  # two landings of a foot are never closer


@dataclass(frozen=True, eq=False)
class Turns:
    """When each foot turns round relative to the hips: once before every landing and once before every foot-off.

    Parameters
    ----------
    side : (N,) int
        0 left, 1 right.
    contact : (N,) bool
        True where the foot is farthest ahead (it is about to land), False where it is farthest behind (about to leave).
    column : (N,) int
        Column of the `FootMotion`.
    prominence : (N,), 0..1
        How far the foot went, as a share of its usual swing.
    """

    side: np.ndarray
    contact: np.ndarray
    column: np.ndarray
    prominence: np.ndarray

    def __len__(self) -> int:
        return len(self.column)


def find_turns(motion: FootMotion) -> Turns:
    """Count the strides: where each foot is farthest ahead of the hips and farthest behind them, alternately.

    Parameters
    ----------
    motion : FootMotion

    Returns
    -------
    Turns
        Left first; by time within a side.

    Notes
    -----
    Ends of the recording count as turning points (the true one may lie outside): whether there is an event near them is for
    the other rules to say.
    """
    feet = np.flatnonzero(motion.seen.any(axis=1))
    if not len(feet):
        return Turns(np.zeros(0, int), np.zeros(0, bool), np.zeros(0, int), np.zeros(0))
    ahead = motion.ahead[feet]
    last = ahead.shape[1] - 1
    ordered = np.sort(ahead, axis=1)
    swing = ordered[:, int(0.95 * last)] - ordered[:, int(0.05 * last)]
    least = np.maximum(PROMINENCE_LL, PROMINENCE_SHARE * swing)
    foot, at, up, prominence = alternating_peaks(ahead, least, int(APART_S * motion.fps))
    return Turns(feet[foot], up, at, np.minimum(prominence / np.maximum(swing, least)[foot], 1.0))
