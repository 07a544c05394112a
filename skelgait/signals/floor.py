"""Where the floor is while somebody walks past, and which foot stands lower on it in the image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skelgait.signals.windows import block_medians, local_lines, quantile

SPEED_S = 0.07  # over this long on either side a speed is told
STANDS_LL_S, FLAT_LL = 0.35, 0.3  # a foot slower than this stands, and one nearer than this to the hips is flat
AT_REST = 0.7  # the camera is at rest unless feet stand so much less of the time then
HIPS_STAY = 0.3  # nor if the hips then go forwards by less than this share of how fast the floor would move
HEIGHT_LL, LEVEL = 0.006, 0.05  # how exactly a height is seen at best, and how level the floor is in the image
CAPPED = 3.0  # log odds beyond which the height of one stance convinces no further


def medians(values: np.ndarray) -> np.ndarray:
    """Median along the first axis, NaN left out: (T,) of (F, T)."""
    return block_medians(values.T, values.shape[0])[:, 0]


def floor_course(place: np.ndarray, hips: np.ndarray, fps: float) -> np.ndarray:
    """Where the floor has moved to in the image, of a camera that may follow the walker.

    Parameters
    ----------
    place : (2, T) leg lengths
        Where the feet are in the image, forwards; NaN where they are not clear of each other.
    hips : (T,) leg lengths
        Where the hips are.
    fps : float, frames per second

    Returns
    -------
    (T,) leg lengths
        Forwards. All zero, a camera at rest, unless feet stand far more often on a floor that moves, or the hips stay in place.

    Examples
    --------
    >>> t = np.arange(120) / 30
    >>> steps = np.stack([np.floor(s) + np.clip(2 * (s % 1) - 1, 0, 1) for s in (t, t + 0.5)]) - [[0], [0.5]]
    >>> float(floor_course(steps, t, 30).max())
    0.0
    >>> round(float(floor_course(steps - t, 0 * t, 30)[-1]))
    -4
    """
    _, speed = local_lines(place, max(1, round(SPEED_S * fps)))
    speed = np.where(np.isnan(speed).any(axis=0), np.nan, speed * fps)
    block = max(1, round(0.5 * fps))
    at = np.arange(place.shape[1])
    pace = speed.min(axis=0)
    for _ in range(3):  # first with the slower foot, then with whatever goes about as fast
        middle = block_medians(pace[None], block)[0]
        known = np.flatnonzero(~np.isnan(middle))
        if len(known) < 3:
            return 0.0 * at
        middle = middle[known]
        middle = np.sort(np.stack([middle, np.r_[middle[:1], middle[:-1]], np.r_[middle[1:], middle[-1:]]]), axis=0)[1]
        moving = np.interp(at, known * block + (block - 1) / 2, middle)
        pace = medians(np.where(np.abs(speed - moving) < STANDS_LL_S, speed, np.nan))
    stand = [np.count_nonzero(np.abs(speed - way).min(axis=0) < STANDS_LL_S) for way in (0.0, moving)]
    goes = np.diff(block_medians(hips[None], block)[0]) * fps / block
    stays = np.isfinite(goes).any() and quantile(goes[np.isfinite(goes)]) < HIPS_STAY * quantile(np.abs(moving))
    return 0.0 * at if stand[0] > AT_REST * stand[1] and not stays else np.cumsum(moving) / fps


@dataclass(frozen=True, eq=False)
class Stances:
    """Feet flat on the floor while the legs are clear of each other: one entry a leg and stretch.

    Parameters
    ----------
    near : (N,) -1 or 1
        Whether the leg would be the nearer one if its stretch is named as it is.
    run : (N,) int
        Number of the stretch.
    x, y : (N,) leg lengths
        Where the ankle is in the image.
    weight : (N,), 0..1
    """

    near: np.ndarray
    run: np.ndarray
    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray


def find_stances(
    ankles: np.ndarray,
    hips: np.ndarray,
    floor: np.ndarray,
    forward: np.ndarray,
    runs: tuple[np.ndarray, np.ndarray],
    fps: float,
    size: float,
) -> Stances:
    """Find where each leg stands flat in each stretch of clear legs.

    Parameters
    ----------
    ankles : (2, 2, T) pixels
        Of either leg.
    hips : (T,) pixels
        Along the image.
    floor : (T,) pixels
        From `floor_course`.
    forward : (T,) +1 or -1
        Image right or left.
    runs : (start, stop)
        Stretches of clear legs, half-open.
    fps : float, frames per second
    size : float, pixels
        Length of the legs.

    Returns
    -------
    Stances
    """
    start, stop = runs
    frames = len(floor)
    run = np.full(frames, -1)
    for k, (a, b) in enumerate(zip(start, stop, strict=True)):
        run[a:b] = k
    _, speed = local_lines(ankles[:, 0] * forward - floor, max(1, round(0.1 * fps)))
    with np.errstate(invalid="ignore"):
        stands = (np.abs(speed) * fps < STANDS_LL_S * size) & (np.abs(ankles[:, 0] - hips) < FLAT_LL * size)
    leg, at = np.nonzero(stands & (run >= 0))
    key = leg * len(start) + run[at]
    count = np.bincount(key, minlength=2 * len(start))
    here = np.flatnonzero(count)
    x, y = (np.bincount(key, ankles[leg, axis, at], 2 * len(start))[here] / (count[here] * size) for axis in (0, 1))
    near = np.where(here < len(start), -1.0, 1.0) * forward[start[here % len(start)]]
    return Stances(near, here % len(start), x, y, np.minimum(count[here] / (0.1 * fps), 1.0))


def compare_heights(found: Stances, state: np.ndarray, stay: np.ndarray) -> tuple[float, float, np.ndarray]:
    """How much lower the nearer foot stands in the image.

    Parameters
    ----------
    found : Stances
    state : (R,) bool
        Whether the names of each stretch are exchanged, as far as is known.
    stay : (R - 1,)
        Log odds that names stay from one stretch to the next; where they are near 0 the stretches do not hang together.

    Returns
    -------
    lower, error : float, leg lengths
        Infinite error when nothing is seen.
    odds : (R,)
        Log odds against exchanged names of each stretch.
    """
    nothing = 0.0, math.inf, np.zeros(len(state))
    part = np.concatenate([[0], np.cumsum(np.abs(stay) < 1.0)])[found.run]  # stretches that hang together
    if not len(part):
        return nothing
    use = part == np.bincount(part, found.weight).argmax()
    near = np.where(state[found.run], -found.near, found.near)
    if use.sum() < 3 or abs(near[use].sum()) == use.sum():
        return nothing
    middle = found.x[use].mean()
    terms = np.stack([np.ones(use.sum()), found.x[use] - middle, 0.5 * near[use]], axis=1)
    weight = found.weight[use]
    spread = HEIGHT_LL
    for _ in range(8):  # least squares that leave out what stands out; the floor is nearly level
        level = np.array([[0.0, spread / LEVEL, 0.0]])
        a = np.concatenate([terms * np.sqrt(weight)[:, None], level])
        inverse = np.linalg.inv(a.T @ a)
        fit = inverse @ (terms.T @ (weight * found.y[use]))
        rest = found.y[use] - terms @ fit
        spread = max(1.48 * quantile(np.abs(rest)) * np.sqrt(len(rest) / max(len(rest) - 2, 1)), HEIGHT_LL)
        weight = found.weight[use] / (1 + (rest / (2 * spread)) ** 2)
    lower = abs(float(fit[2]))
    above = found.y - fit[0] - fit[1] * (found.x - middle)
    odds = np.clip(above * lower * found.near / spread**2, -CAPPED, CAPPED) * found.weight
    return lower, spread * math.sqrt(inverse[2, 2]), np.bincount(found.run, odds, len(state))
