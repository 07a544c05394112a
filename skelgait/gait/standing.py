"""What a foot does just after it landed and while it stands: how far its toes come down, how still it is, how noisy."""

from __future__ import annotations

import numpy as np

from skelgait.gait.foot_motion import FootMotion
from skelgait.gait.turns import Turns

QUIET_S = (0.10, 0.25)  # after landing the foot stands still: what moves then is noise
STAND_S, AFTER_CONTACT_S, UNSTEADY = 0.12, (0.12, -0.14), 0.6  # where a standing foot is looked at, and what is not standing
DROP_S = 0.08  # so soon after a landing on the heel the toes have come down


def toes_drop(motion: FootMotion, turns: Turns, column: np.ndarray) -> np.ndarray:
    """How far the toes come down just after each landing: much after a landing on the heel.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns
    column : (N,) float
        About when it lands; good to 30 ms.

    Returns
    -------
    (N,) leg lengths
        Within 80 ms, over the ground or relative to the heel, whichever is less. Infinite where it is not known: heel or toe
        was not seen, or it is a foot-off.

    Notes
    -----
    2.5 to 10 % of the leg in 22 recorded walks, 1.2 to 2 % in one whose feet land flat; under 0.2 % in a synthetic child with an
    equinus of 20 degrees or more.
    """
    known = turns.contact & np.isfinite(column) & motion.mostly_seen[turns.side]
    last = motion.n_columns - 1
    start = np.minimum(np.maximum(np.where(known, column, 0.0), 0), last)
    stop = np.minimum(start + DROP_S * motion.fps, last)
    moments = np.array([start, stop])
    before = np.minimum(moments.astype(int), last - 1)
    share = (moments - before)[..., None]  # to a part of a frame: whichever frames a landing falls between, the drop is the same
    height = (1 - share) * motion.risen[turns.side, :, before] + share * motion.risen[turns.side, :, before + 1]
    heel, _, toe = (height[1] - height[0]).T
    return np.where(known & (stop < last), np.minimum(-toe, heel - toe), np.inf)


def steadiness(motion: FootMotion, turns: Turns, column: np.ndarray) -> np.ndarray:
    """How still the foot stands just after it landed, or before it leaves.

    Parameters
    ----------
    motion : FootMotion
    turns : Turns
    column : (N,) float
        The moments; NaN where there is none.

    Returns
    -------
    (N,), 0..1
        1 for a foot at rest, a half for one whose stillest point moves at 0.6 walking speeds, near 0 for a point that is guessed.
    """
    known = np.isfinite(column)
    rest = np.where(turns.contact, *AFTER_CONTACT_S) * motion.fps
    half = max(1.0, STAND_S / 2 * motion.fps)
    middle = np.where(known, column + rest, 0.0)
    end = motion.n_columns - 1
    first = np.minimum(np.maximum(np.rint(middle - half).astype(int), 0), end)
    last = np.minimum(np.maximum(np.rint(middle + half).astype(int), first), end)
    total = np.zeros((2, 3, motion.n_columns + 1))
    np.abs(motion.speed).cumsum(axis=2, out=total[..., 1:])
    moved = (total[turns.side, :, last + 1] - total[turns.side, :, first]) / (last + 1 - first)[:, None]
    stillest = np.where(motion.seen[turns.side], moved, np.inf).min(axis=1)
    return np.where(known, 1 / (1 + (stillest / UNSTEADY) ** 4), 0.0)


def quiet_noise(motion: FootMotion, turns: Turns, column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Noise of a signal (2, T) of each foot, (N,): its median standard deviation soon after landing, when the foot stands."""
    start, stop = (round(s * motion.fps) for s in QUIET_S)
    offset = np.arange(start, max(stop, start + 3) + 1)
    own = np.flatnonzero(turns.contact & (column + offset[-1] <= motion.n_columns - 1))
    side = turns.side[own]
    if not len(own):
        return np.zeros(len(turns))
    window = rows[side[:, None], np.rint(column[own]).astype(int)[:, None] + offset]
    window = window - window.sum(axis=1, keepdims=True) / len(offset)
    noise = np.sqrt((window * window).sum(axis=1) / len(offset))
    each = (np.sort(noise[side == foot]) for foot in (0, 1))
    usual = np.array([one[len(one) // 2] if len(one) else noise.max() for one in each])
    return usual[turns.side]
