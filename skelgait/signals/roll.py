"""Whether the camera was held level, told from the floor the feet stood on."""

from __future__ import annotations

import math

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.signals.gaps import find_runs
from skelgait.signals.heading import BLOCK_S, leg_lengths, leg_points
from skelgait.signals.windows import block_medians

LEAST_TRAVEL_LL = 2.5  # a shorter walk shows too little floor
LEAST_SPAN_LL = 1.5  # nor do footprints of one foot nearer together than this
STANDING = 0.25  # a foot slower than this share of the hips stands
LEAST_DEG = 1.0  # less than this cannot be told from the walk itself
SURE = 3.0  # nor less than this many standard errors
CONVERGING_DEG = 0.5  # floor and hips may differ by this: more means a walk at an angle to the camera, not a turned camera
STEADY_LL = 0.008  # a footprint is never placed better than this


def camera_roll(pose: PoseSequence) -> float:
    """How far the image is turned, from the line of the footprints in a walk across it.

    Parameters
    ----------
    pose : PoseSequence
        A walk seen from the side by a camera that stands still.

    Returns
    -------
    float, degrees
        Positive: what is seen is turned clockwise (a level floor falls to image right; the camera was turned anticlockwise).
        NaN when it cannot be told: no walk of 2.5 leg lengths one way, fewer than three footprints, a following camera, a walk
        at an angle to the camera, or less than 1 degree or three standard errors.

    Notes
    -----
    Each foot's standing places lie on a line of their own (the far foot appears higher), the slope is common to both. A walk
    that leads away from the camera also makes the floor rise, but then the hips come nearer to it; so the roll is given only when
    floor and hips run in parallel. An uphill floor cannot be told from a turned camera.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> camera_roll(PoseSequence(np.zeros((50, 17, 2)), fps=25, skeleton=COCO17))
    nan
    """
    points = leg_points(pose)
    _, hip, _, ankle, heel, toe = points.swapaxes(0, 1)
    have_feet = [[[pose.has(f"{side}_heel", f"{side}_toe")]] for side in SIDES]
    feet = np.where(have_feet, 0.5 * (heel + toe), ankle)
    lengths = leg_lengths(pose, points)
    known = lengths[~np.isnan(lengths)]
    if not known.size:
        return math.nan
    return roll_from(feet, 0.5 * (hip[0] + hip[1]), float(np.median(known)), pose.fps)


def roll_from(feet: np.ndarray, hips: np.ndarray, size: float, fps: float) -> float:
    """`camera_roll` from the courses of both feet (2, 2, T), of the mid-hip (2, T) and the leg length in pixels."""
    block = max(1, round(BLOCK_S * fps))
    courses = block_medians(np.concatenate([feet[0], feet[1], hips]), block)
    hip_x, hip_y = courses[4], courses[5]
    seen = np.flatnonzero(~np.isnan(hip_x))
    if len(seen) < 8 or size <= 0:
        return math.nan
    ends = sorted((int(seen[hip_x[seen].argmin()]), int(seen[hip_x[seen].argmax()])))
    one_way = slice(ends[0], ends[1] + 1)
    courses, hip_x, hip_y = courses[:, one_way], hip_x[one_way], hip_y[one_way]
    travel = abs(hip_x[-1] - hip_x[0])
    if travel < LEAST_TRAVEL_LL * size:
        return math.nan
    pace = travel / (len(hip_x) - 1)
    place, side = _footprints(courses[:4], STANDING * pace)
    feet_apart = [one for foot in (0, 1) if len(one := place[side == foot])]
    spans = [float(one[:, 0].max() - one[:, 0].min()) for one in feet_apart if len(one) > 1]
    if len(place) < 3 or not spans or max(spans) < LEAST_SPAN_LL * size:
        return math.nan
    x, y = np.concatenate([one - one.sum(axis=0) / len(one) for one in feet_apart]).T
    power = float(x @ x)
    slope = float(x @ y) / power
    free = max(1, len(x) - 1 - len(feet_apart))
    error = max(math.sqrt(float(((y - slope * x) ** 2).sum()) / free), STEADY_LL * size) / math.sqrt(power)
    both = ~np.isnan(hip_x) & ~np.isnan(hip_y)
    across, up = hip_x[both] - hip_x[both].mean(), hip_y[both]
    hip_slope = float(across @ up) / float(across @ across)
    roll = math.degrees(math.atan(slope))
    level = abs(roll) < max(LEAST_DEG, SURE * math.degrees(error))
    converging = abs(roll - math.degrees(math.atan(hip_slope))) > CONVERGING_DEG
    return math.nan if level or converging else round(roll, 2)


def _footprints(courses: np.ndarray, slow: float) -> tuple[np.ndarray, np.ndarray]:
    """Where each foot stood, (N, 2) pixels, and which foot (N,), from courses (4, B): left x, y, right x, y."""
    across = courses[::2]
    pace = np.abs(across[:, 1:] - across[:, :-1])
    still = np.zeros((2, courses.shape[1]), bool)
    still[:, :-1] = pace < slow
    still[:, 1:] &= pace < slow
    side, start, stop = find_runs(still)
    long = stop - start >= 2
    side, start, stop = side[long], start[long], stop[long]
    total = np.zeros((4, courses.shape[1] + 1))
    np.cumsum(np.where(np.isnan(courses), 0.0, courses), axis=1, out=total[:, 1:])
    row = 2 * side[:, None] + np.arange(2)
    place = total[row, stop[:, None]] - total[row, start[:, None]]
    return place / (stop - start)[:, None], side
