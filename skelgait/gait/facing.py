"""Whether a body seen from the front or from behind faces along the line of sight, and has its sides the right way round."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.gait.geometry import body_points, require_legs
from skelgait.signals.heading import headings
from skelgait.signals.travel import body_size

# A body turned out of the image plane moves sideways in the image, points its feet there, and looks narrow. Over one second:
WINDOW_S = 1.0
MOST_DRIFT_LL_S = 0.36  # hips across the image, leg lengths a second: 15 degrees at a walk of 1.4 leg lengths a second
MOST_FOOT_LL = 0.065  # mean of both heel-toe lines across the image, leg lengths: some 18 degrees
LEAST_WIDTH = 0.90  # hip width, of its own widest: some 25 degrees
EXCHANGED = (
    "left and right are exchanged throughout: the body shows its back while it comes nearer, or its face while it leaves. "
    "The video may be mirrored or run backwards, the person may walk backwards, or the estimator took one side for the other. "
    "What to do: use the video as it was filmed (selfie cameras mirror), or exchange the names of left and right, and measure again"
)


class Legs(NamedTuple):
    """Size of the body in the image (T,), and left and right points on the axes of the body (T, 2)."""

    size: np.ndarray
    hip: np.ndarray
    knee: np.ndarray
    ankle: np.ndarray
    heel: np.ndarray
    toe: np.ndarray
    shoulder: np.ndarray


def find_legs(pose: PoseSequence, direction: np.ndarray | int) -> Legs:
    """The legs of a front view, and the size of the body; raises when the layout lacks a hip, knee or ankle."""
    require_legs(pose)
    return Legs(body_size(pose), *body_points(pose, direction, *Legs._fields[1:]))


def exchanged_sides(pose: PoseSequence, direction: np.ndarray | int) -> str:
    """Whether left and right are exchanged throughout a front view, in a sentence that says what to do; empty when they are not.

    Parameters
    ----------
    pose : PoseSequence
        Seen from the front or from behind.
    direction : (T,) or int
        +1 where the walker comes towards the camera, -1 where away, 0 where not known.

    Returns
    -------
    str
        Not empty when the body shows its back while it grows, or its face while it shrinks; or when the hips are in the wrong order
        for the direction in most frames.
    """
    if headings(pose).sides_exchanged:
        return EXCHANGED
    (hip,) = body_points(pose, direction, "hip")
    apart = (hip[:, 0] - hip[:, 1]).real
    known = np.isfinite(apart)
    return EXCHANGED if known.any() and (apart[known] < 0).mean() > 0.5 else ""


def in_order(legs: Legs) -> np.ndarray:
    """Frames whose left hip is on the left, (T,) bool; True where a hip is not seen."""
    return ~((legs.hip[:, 0] - legs.hip[:, 1]).real < 0)


def find_facing(pose: PoseSequence, direction: np.ndarray | int) -> np.ndarray:
    """Frames in which the body faces along the camera's line of sight, (T,) bool.

    The evidence is averaged over a second: a pelvis turns at every step, and that is no turn of the body. Evidence that is not
    there (no feet in the layout, a camera that follows) does not speak against a frame.
    """
    return facing_frames(pose, find_legs(pose, direction))


def facing_frames(pose: PoseSequence, legs: Legs) -> np.ndarray:
    """`find_facing` where the legs are known already."""
    hip, size = legs.hip, legs.size
    half = min(max(1, round(WINDOW_S * pose.fps / 2)), max(1, len(hip) // 2))
    feet = legs.toe - legs.heel
    with np.errstate(invalid="ignore", divide="ignore"):
        rows = np.stack([hip.mean(axis=1).real, np.abs(hip[:, 0] - hip[:, 1]) / size, *(feet.real / size[:, None]).T])
        start = np.clip(np.arange(len(hip)) - half, 0, max(len(hip) - 2 * half, 0))
        first, second = _means(rows, start, start + half), _means(rows, start + half, start + 2 * half)
        drift = (second[0] - first[0]) * pose.fps / half / size
        both = (first + second) / 2
        across = both[2:].mean(axis=0)
        width = both[1] / known_quantile(both[1], 0.9)
        turned = (np.abs(across) > MOST_FOOT_LL) | (width < LEAST_WIDTH)
        # In less than half a second the sway of a step looks like a drift.
        return ~(turned | (np.abs(drift) > MOST_DRIFT_LL_S) & (2 * half >= WINDOW_S * pose.fps / 2))


def known_quantile(values: np.ndarray, share: float) -> float:
    """The known value that a share of the known values lie below; NaN when none is known."""
    known = np.sort(values[np.isfinite(values)])
    return float(known[int(share * (len(known) - 1) + 0.5)]) if len(known) else float("nan")


def _means(rows: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Mean of each row over windows of frames, leaving NaN out, (C, T)."""
    known = np.isfinite(rows)
    sums = np.zeros((2, rows.shape[0], rows.shape[1] + 1))
    np.cumsum(np.where(known, rows, 0.0), axis=1, out=sums[0, :, 1:])
    np.cumsum(known, axis=1, out=sums[1, :, 1:])
    start, stop = np.minimum(start, rows.shape[1]), np.minimum(stop, rows.shape[1])
    total, count = (s[:, stop] - s[:, start] for s in sums)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
