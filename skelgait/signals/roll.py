"""Whether the camera was held level, told from the walk."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.signals.floor import SPEED_S, floor_course
from skelgait.signals.gaps import find_runs
from skelgait.signals.heading import BLOCK_S, JOINTS, leg_lengths, leg_points
from skelgait.signals.windows import block_medians, local_lines

LEAST_TRAVEL_LL = 2.5  # a shorter walk shows too little floor
LEAST_SPAN_LL = 1.5  # nor do footprints of one foot nearer together than this
STANDING = 0.25  # a foot slower than this share of the hips stands
LEAST_DEG = 1.0  # less than this cannot be told from the walk itself
SURE = 3.0  # nor less than this many standard errors
CONVERGING_DEG = 0.5  # floor and hips may differ by this: more means a walk at an angle to the camera, not a turned camera
STEADY_LL = 0.008  # a footprint is never placed better than this
# On a floor that moves: the least that can be told; how long the feet look at least, from the side, in leg lengths; and how long
# toes stand at least. Slower than this over the floor, in leg lengths a second, they stand; the ends of a stance do not count.
LEAST_MOVING_DEG, FEET_LONG, LEAST_STANCE_S, STANDS_LL_S, ENDS = 1.5, 0.13, 0.2, 0.3, 6
# From the front: how far up the trunk the centre of mass is; the least that can be told from a lean; and how wide, in leg lengths,
# hips and shoulders look at least when the body faces the camera (0.2 and 0.4 square on).
TRUNK_SHARE, LEAST_LEAN_DEG, HIPS_WIDE, SHOULDERS_WIDE = 0.35, 2.5, 0.14, 0.28
LEAST_BALANCE_S = 1.0


def camera_roll(pose: PoseSequence) -> float:
    """How far the image is turned, told from the walk.

    Parameters
    ----------
    pose : PoseSequence
        A walk from any side.

    Returns
    -------
    float, degrees
        Positive: what is seen is turned clockwise (a level floor falls to image right; the camera was turned anticlockwise).
        NaN when it cannot be told, or is too small to be told from the walk itself.

    Notes
    -----
    *From the side*: the line of the footprints. Each foot's standing places lie on a line of their own (the far foot appears
    higher), the slope is common to both. A walk that leads away from the camera also makes the floor rise, but then the hips come
    nearer to it; so the roll is given only when floor and hips run in parallel. An uphill floor cannot be told from a turned
    camera. NaN without 2.5 leg lengths of walk one way, with fewer than three footprints, or for less than 1 degree or three
    standard errors.

    *From the side, on a treadmill or before a camera that follows*: the way standing toes move in the image. On 23 recorded walks
    followed by a level camera it is level within 0.8 degrees, so the roll is given from 1.5 degrees, and three standard errors, on.

    *From the front or behind*: balance. Over whole strides the centre of mass (0.35 of the way from hips to shoulders) is above the
    middle of both feet. On 11 recorded walks that line stands within 0.8 degrees of the vertical; a synthetic child whose trunk
    leans 8 degrees to one side throughout stands 1.4 degrees off. So the roll is given from 2.5 degrees on. A body that leans on
    something, or on somebody, cannot be told from a turned camera. NaN without a second of frames with hips, shoulders and ankles.

    References
    ----------
    The balance of the centre of mass over the base of support: Winter DA. Human balance and posture control during standing and
    walking. Gait Posture 1995;3:193-214. doi:10.1016/0966-6362(96)82849-9. The estimates of roll are our own.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> camera_roll(PoseSequence(np.zeros((50, 17, 2)), fps=25, skeleton=COCO17))
    nan
    """
    found = leg_points(pose)
    points = {
        f"{side}_{joint}": found[i, j, 0] + 1j * found[i, j, 1]
        for i, side in enumerate(SIDES)
        for j, joint in enumerate(JOINTS)
        if pose.has(f"{side}_{joint}")
    }
    lengths = leg_lengths(pose)
    known = lengths[~np.isnan(lengths)]
    return tell_roll(points, pose.plane, float(np.median(known)), pose.fps) if known.size else math.nan


def tell_roll(points: Mapping[str, np.ndarray], plane: str | None, size: float, fps: float) -> float:
    """`camera_roll` from named points.

    Parameters
    ----------
    points : mapping of name to (T,) complex pixels
        x + iy, y down, NaN where missing; the sides' hips and ankles, and heels, toes and shoulders where the layout has them.
    plane : str or None
        Of the view, where known.
    size : float, pixels
        Length of the legs.
    fps : float, frames per second

    Returns
    -------
    float, degrees
    """
    if not {"left_hip", "right_hip", "left_ankle", "right_ankle"} <= points.keys() or plane == "oblique":
        return math.nan
    if {f"{side}_{part}" for side in SIDES for part in ("heel", "toe")} <= points.keys():
        feet = [0.5 * (points[f"{side}_heel"] + points[f"{side}_toe"]) for side in SIDES]
    else:
        feet = [points[f"{side}_ankle"] for side in SIDES]
    hips = 0.5 * (points["left_hip"] + points["right_hip"])
    if plane != "frontal":
        both = np.array([*feet, hips])
        both = np.stack([both.real, both.imag], axis=1)
        roll = roll_from(both[:2], both[2], size, fps)
        if math.isnan(roll):
            roll = _roll_of_toes(points, hips, size, fps)
        if plane == "sagittal" or not math.isnan(roll):
            return roll
    if not {"left_shoulder", "right_shoulder"} <= points.keys():
        return math.nan
    if plane is None:
        few = slice(None, None, max(1, len(hips) // 64))
        for part, least in (("hip", HIPS_WIDE), ("shoulder", SHOULDERS_WIDE)):
            width = points[f"left_{part}"].real[few] - points[f"right_{part}"].real[few]
            known = width[~np.isnan(width)]
            if not known.size or abs(float(known.mean())) < least * size:
                return math.nan
    shoulders = 0.5 * (points["left_shoulder"] + points["right_shoulder"])
    return balance_from(hips, shoulders, 0.5 * (feet[0] + feet[1]), fps)


def _roll_of_toes(points: Mapping[str, np.ndarray], hips: np.ndarray, size: float, fps: float) -> float:
    """`camera_roll` from the side where the floor moves in the image; NaN where it does not."""
    if "left_toe" not in points or "left_heel" not in points or not size > 0 or _travel(hips) > LEAST_TRAVEL_LL * size:
        return math.nan
    few = slice(None, None, max(1, len(hips) // 64))
    feet = np.concatenate([(points[f"{side}_toe"] - points[f"{side}_heel"]).real[few] for side in SIDES])
    feet = feet[~np.isnan(feet)]
    ahead = float(feet.mean()) if feet.size else 0.0
    if abs(ahead) < FEET_LONG * size:
        return math.nan
    forward = math.copysign(1.0, ahead) / size
    toes = np.array([points[f"{side}_toe"] for side in SIDES])
    floor = floor_course(toes.real * forward, hips.real * forward, fps)
    if not floor.any():
        return math.nan
    _, speed = local_lines(toes.real * forward, max(1, round(SPEED_S * fps)))
    with np.errstate(invalid="ignore"):
        stands = np.abs(speed - np.gradient(floor)) * fps < STANDS_LL_S
    slopes, powers = [], []
    for side, start, stop in zip(*find_runs(stands), strict=True):
        end = (stop - start) // ENDS
        own = toes[side, start + end : stop - end]
        if stop - start >= LEAST_STANCE_S * fps and not np.isnan(own).any():
            own = own - own.mean()
            powers.append(float(own.real @ own.real))
            slopes.append(float(own.real @ own.imag) / powers[-1])
    if len(slopes) < 3:
        return math.nan
    slope = float(np.average(slopes, weights=powers))
    error = math.degrees(float(np.std(slopes))) / math.sqrt(len(slopes))
    roll = math.degrees(math.atan(slope))
    return math.nan if abs(roll) < max(LEAST_MOVING_DEG, SURE * error) else round(roll, 2)


def _travel(hips: np.ndarray) -> float:
    """How far the hips go across the image, pixels; infinite when they are not seen."""
    x = hips.real[~np.isnan(hips.real)]
    return float(np.ptp(x)) if x.size else math.inf


def balance_from(hips: np.ndarray, shoulders: np.ndarray, feet: np.ndarray, fps: float) -> float:
    """`camera_roll` from the front, from the middles of hips, shoulders and feet, (T,) complex each."""
    upright = (1 - TRUNK_SHARE) * hips + TRUNK_SHARE * shoulders - feet
    height = np.abs(upright)
    with np.errstate(invalid="ignore"):
        seen = height > 0
    if np.count_nonzero(seen) < LEAST_BALANCE_S * fps:
        return math.nan
    middle = complex((upright[seen] / height[seen]).mean())
    roll = math.degrees(math.atan2(middle.real, -middle.imag))
    return math.nan if abs(roll) < LEAST_LEAN_DEG else round(roll, 2)


def roll_from(feet: np.ndarray, hips: np.ndarray, size: float, fps: float) -> float:
    """`camera_roll` from the side, from the courses of both feet (2, 2, T), of the mid-hip (2, T) and the leg length in pixels."""
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
