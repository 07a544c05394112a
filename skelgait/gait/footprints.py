"""Where the feet stand: step and stride length from footprints, under a still, a panning or a treadmill camera."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import Strides
from skelgait.gait.medians import column_medians, middle
from skelgait.gait.recording import LEAST_SIZE
from skelgait.gait.steps import Steps
from skelgait.signals.level import level
from skelgait.signals.travel import Bout

# The foot lies flat from about 10 to 30 % of the cycle: these shares of a step time after its contact.
FLAT_FROM, FLAT_TO = 0.2, 0.6
# The toe stays put until the other foot has landed: over these shares of a step time it shows how the ground moves.
GROUND_FROM, GROUND_TO = 0.2, 0.8
FEWEST_FRAMES = 2
MID_SWING = (0.35, 0.75)
FAR = 1e6
# Standing feet that move by less than this share of the walking speed do so by noise, rolling and skin: the camera is still.
STILL = 0.1


@dataclass(frozen=True, eq=False)
class Footprints:
    """Where each contact put the foot, one row a contact in order of time.

    Parameters
    ----------
    side : (N,) str
    bout : (N,) int
    contact_s : (N,) seconds
    forward_px : (N,) pixels
        Place of the flat foot along the direction of travel, in a frame that moves with the ground. NaN where not seen.
    leg_px : (N,) pixels
        Length of the leg at that moment, in the image.
    toe_x_px, toe_y_px : (N,) pixels
        Image position of the toe of the flat foot, as a level camera would have seen it; NaN where not seen.
    ground_px_s : (N,) pixels/second
        Forward speed of the ground in the image: 0 under a still camera, backwards on a treadmill or under a camera that
        follows.
    """

    side: np.ndarray
    bout: np.ndarray
    contact_s: np.ndarray
    forward_px: np.ndarray
    leg_px: np.ndarray
    toe_x_px: np.ndarray
    toe_y_px: np.ndarray
    ground_px_s: np.ndarray

    @cached_property
    def line(self) -> tuple[np.ndarray, np.ndarray]:
        """Every contact on one line, right feet a long way behind left ones, in order: place (N,), and the row it is of (N,)."""
        place = self.contact_s + FAR * (self.side == "right")
        order = np.argsort(place)
        return place[order], order


def find_footprints(pose: PoseSequence, events: GaitEvents, bouts: tuple[Bout, ...], *, step_s: float) -> Footprints:
    """Find where each foot stood after each contact, and how the ground moved in the image.

    Parameters
    ----------
    pose : PoseSequence
        Clean, from the side.
    events : GaitEvents
        Contacts.
    bouts : tuple of Bout
        For the direction of travel and which contacts belong together.
    step_s : float, seconds
        Typical step time.

    Returns
    -------
    Footprints
        One row a contact. Empty without contacts.

    Notes
    -----
    Step length is often taken as the distance between the two heels (or ankles) at contact. By then the heel of the
    rear foot has risen and rolled forward: on 13 overground recordings that distance is 3-10 % (ankles: 8-11 %) shorter
    than the way the hips travel, the distance between footprints is 0-2 %. So the place of each *flat* foot is
    taken (mean heel position 10-30 % of the cycle after its contact; the ankle, at the same moment of both feet, where
    the layout has no heel), as a pressure walkway does, and the steps add up to the stride.

    Between two footprints time passes, in which a camera can pan and a belt does run. The ground's speed in the image is
    that of the toes of the standing feet, carried on from one stance to the next; its path is subtracted. Where it stays under
    a tenth of the walking speed the camera is taken to be still. So the same rule gives step and stride length over ground, under
    a camera that follows smoothly (2 % short on the same recordings), and on a treadmill (length along the belt). A crop
    locked to the hips hides how they speed up and slow down within a step: then lengths are up to 10 % short.

    A camera that turns after the walker sees him ever more from before or behind: contacts at which the legs look smaller than
    0.89 of their largest (27 degrees) give no length.

    The leg length in the image is that of the whole clip times how much larger than usual the legs looked during the
    two steps round the contact, so a path somewhat towards the camera does not matter.
    """
    pose = level(pose)
    contact = events.where(event="initial_contact")
    side, time, bout = events.side[contact], events.time_s[contact], events.bout[contact]
    n = len(time)
    frame = (time - pose.time_s[0]) * pose.fps
    direction = np.array([float(b.direction) for b in bouts] or [0.0]).take(bout, mode="clip")
    left = side == "left"
    at, beyond = _frames_after(pose, frame, step_s, FLAT_FROM, FLAT_TO)
    stood, toe = _standing(pose, "heel", left, at, beyond), _standing(pose, "toe", left, at, beyond)
    seen = np.count_nonzero(np.isfinite(stood)) / stood.size if len(stood) else 1.0
    if seen < 0.9:  # the same point of both feet: the ankle serves where the heel is not seen
        ankle = _standing(pose, "ankle", left, at, beyond)
        stood = stood if 2 * seen > np.isfinite(ankle).mean() else ankle
    mean, when = _mean(np.array([stood[..., 0], toe[..., 0], toe[..., 1]]), at)
    (x, toe_x, toe_y), flat = mean, when[0]

    at, beyond = _frames_after(pose, frame, step_s, GROUND_FROM, GROUND_TO)
    ground = _slope(_standing(pose, "toe", left, at, beyond)[..., 0])
    if not np.isfinite(ground).all():
        ground = np.where(np.isfinite(ground), ground, _slope(stood[..., 0]))
    ground = direction * pose.fps * ground
    halfway = frame + 0.5 * (GROUND_FROM + GROUND_TO) * step_s * pose.fps
    leg = _leg_lengths(pose, frame, step_s)
    pace = _walking_pace(pose, frame, direction, step_s)
    moved = np.zeros(n)
    for b in set(bout.tolist()):
        own = np.flatnonzero((bout == b) & np.isfinite(ground))
        if len(own) == 0:
            continue
        speed = pace[own] - ground[own]
        speed = speed[np.isfinite(speed)]
        if not len(speed) or middle(np.abs(ground[own])) < STILL * abs(middle(speed)):
            ground[own] = 0.0
            continue
        there = bout == b
        leg[there & (leg < LEAST_SIZE * np.fmax.reduce(leg[there]))] = np.nan
        moved[bout == b] = _path(halfway[own], ground[own], flat[bout == b]) / pose.fps
    return Footprints(side, bout, time, direction * x - moved, leg, toe_x, toe_y, ground)


def step_lengths(footprints: Footprints, steps: Steps) -> np.ndarray:
    """Length of each step: how far ahead of the other footprint a foot lands.

    Parameters
    ----------
    footprints : Footprints
    steps : Steps
        From the same events.

    Returns
    -------
    (N,) leg lengths
        Negative where the foot lands behind the other. NaN where a footprint is missing.
    """
    first, then = steps.first, steps.then
    forward = footprints.forward_px[then] - footprints.forward_px[first]
    return forward / (0.5 * (footprints.leg_px[then] + footprints.leg_px[first]))


def stride_lengths(footprints: Footprints, strides: Strides) -> np.ndarray:
    """Length of each stride: the distance between two footprints of one foot.

    Parameters
    ----------
    footprints : Footprints
    strides : Strides
        From the same events.

    Returns
    -------
    (N,) leg lengths
        NaN where a footprint is missing.
    """
    first, then = (contact_index(footprints, strides.side, t) for t in (strides.start_s, strides.stop_s))
    forward = footprints.forward_px[then] - footprints.forward_px[first]
    return forward / (0.5 * (footprints.leg_px[then] + footprints.leg_px[first]))


def toe_clearances(pose: PoseSequence, footprints: Footprints, strides: Strides) -> np.ndarray:
    """Least height of the toe over the floor in the middle of each swing.

    Parameters
    ----------
    pose : PoseSequence
        Clean, from the side.
    footprints : Footprints
    strides : Strides
        From the same events.

    Returns
    -------
    (N,) leg lengths
        NaN where the toe, a footprint or the foot-off is missing.

    Notes
    -----
    The floor is the line between the two places where this toe itself stood, so a tilted camera, a slope, and the far
    foot's greater distance from the camera drop out. The middle of swing is 35-75 % of it: before, the toe still rises;
    after, it is lifted for contact.
    """
    pose = level(pose)
    first, then = (contact_index(footprints, strides.side, t) for t in (strides.start_s, strides.stop_s))
    swing = strides.stop_s - strides.foot_off_s
    swings = np.isfinite(swing)
    begin, end = (
        np.where(swings, (strides.foot_off_s + share * swing - pose.time_s[0]) * pose.fps, 0.0).astype(int) for share in MID_SWING
    )
    columns = [pose.skeleton.sources(f"{side}_toe") for side in SIDES]
    if not all(columns) or not len(strides):
        return np.full(len(strides), np.nan)
    at = begin[:, None] + np.arange(int((end - begin).max()) + 1)
    inside = (at <= end[:, None]) & (at < pose.n_frames)
    own = np.where(strides.side == "left", columns[0][0], columns[1][0])[:, None]
    toe = np.where(inside[..., None], pose.xy[np.minimum(at, pose.n_frames - 1), own], np.nan)
    x0, x1, y0, y1 = (column[i][:, None] for column in (footprints.toe_x_px, footprints.toe_y_px) for i in (first, then))
    leg = 0.5 * (footprints.leg_px[first] + footprints.leg_px[then])
    with np.errstate(invalid="ignore", divide="ignore"):
        # On a treadmill, or when the camera follows, both places are one.
        share = np.where(np.abs(x1 - x0) > 0.5 * leg[:, None], (toe[..., 0] - x0) / (x1 - x0), 0.5)
        height = y0 + share * (y1 - y0) - toe[..., 1]
    enough = np.isfinite(height).sum(axis=1) >= np.maximum(FEWEST_FRAMES, 0.8 * inside.sum(axis=1))
    return np.where(enough & swings, np.fmin.reduce(height, axis=1), np.nan) / leg


def contact_index(footprints: Footprints, side: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Row of the footprint each contact left.

    Parameters
    ----------
    footprints : Footprints
    side : (N,) str
    time_s : (N,) seconds
        Times that are contacts of that side.

    Returns
    -------
    (N,) int
    """
    line, order = footprints.line
    return order[line.searchsorted(time_s + FAR * (side == "right"))]


def _frames_after(pose: PoseSequence, frame: np.ndarray, step_s: float, begin: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Frames from ``begin`` to ``end`` step times after each contact, (N, n), and which lie beyond the recording."""
    first = np.ceil(frame + begin * step_s * pose.fps).astype(int)
    at = first[:, None] + np.arange(max(FEWEST_FRAMES, round((end - begin) * step_s * pose.fps) + 1))
    return np.minimum(at, pose.n_frames - 1), at >= pose.n_frames


def _standing(pose: PoseSequence, part: str, left: np.ndarray, at: np.ndarray, beyond: np.ndarray) -> np.ndarray:
    """A part of the foot that landed, in the frames after each contact, (N, n, 2); NaN where the layout lacks it."""
    columns = [pose.skeleton.sources(f"{side}_{part}") for side in SIDES]
    if not all(columns):
        return np.full((*at.shape, 2), np.nan)
    values = pose.xy[at, np.where(left, columns[0][0], columns[1][0])[:, None]]
    values[beyond] = np.nan
    return values


def _mean(values: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the frames (last axis) that are known, and the mean of those frames; NaN with fewer than half of them."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    count = np.where((count >= FEWEST_FRAMES) & (2 * count >= values.shape[-1]), count, np.nan)
    return np.where(known, values, 0.0).sum(axis=-1) / count, np.where(known, at, 0).sum(axis=-1) / count


def _slope(values: np.ndarray) -> np.ndarray:
    """Slope a frame of a straight line through each row, NaN left out, (N,)."""
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    t = np.arange(values.shape[1], dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(known, t - np.where(known, t, 0.0).sum(axis=1, keepdims=True) / count, 0.0)
        slope = (t * np.where(known, values, 0.0)).sum(axis=1) / (t * t).sum(axis=1)
    return np.where(2 * count[:, 0] >= values.shape[1], slope, np.nan)


def _path(times: np.ndarray, speed: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Integral of a speed known at ``times`` (straight between, constant beyond) up to each ``at``."""
    total = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(times))])
    now = np.interp(at, times, speed)
    before = np.clip(np.searchsorted(times, at, "right") - 1, 0, len(times) - 1)
    return total[before] + 0.5 * (speed[before] + now) * (at - times[before])


def _leg_lengths(pose: PoseSequence, frame: np.ndarray, step_s: float) -> np.ndarray:
    """Leg length in the image round each contact, (N,) pixels."""
    at = [pose.skeleton.index(f"{side}_{part}") for side in SIDES for part in ("hip", "knee", "ankle")]
    points = pose.xy[:, at]
    bones = points[:, [0, 1, 3, 4]] - points[:, [1, 2, 4, 5]]
    length = np.sqrt(bones[..., 0] ** 2 + bones[..., 1] ** 2)
    legs = length[:, ::2] + length[:, 1::2]
    known = np.isfinite(legs)
    seen = known.sum(axis=0)
    if not seen.any():
        return np.full(len(frame), np.nan)
    whole = column_medians(legs, seen)
    ratio = np.where(known, legs / whole, 0.0).sum(axis=1)
    total, count = np.zeros((2, len(legs) + 1))
    ratio.cumsum(out=total[1:])
    known.sum(axis=1).cumsum(out=count[1:])
    low, high = (np.minimum(np.maximum(frame + k * step_s * pose.fps, 0), pose.n_frames).astype(int) for k in (-1, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return whole[seen > 0].mean() * (total[high] - total[low]) / (count[high] - count[low])


def _walking_pace(pose: PoseSequence, frame: np.ndarray, direction: np.ndarray, step_s: float) -> np.ndarray:
    """Forward speed of the hips in the image round each contact, (N,) pixels/second."""
    x = pose.point("mid_hip")[:, 0]
    low, high = (np.minimum(np.maximum(frame + k * step_s * pose.fps, 0), pose.n_frames - 1).astype(int) for k in (-1, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return direction * (x[high] - x[low]) * pose.fps / (high - low)
