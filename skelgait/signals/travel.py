"""Which way the person walks: straight bouts, their direction, and the person's size in the image."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import atan2, degrees, isfinite, nan, radians, tan

import numpy as np

from skelgait.core.pose import PoseSequence, check_pose
from skelgait.signals.gaps import find_runs
from skelgait.signals.heading import BLOCK_S, HALF_WINDOW_S, STILL_LL_S, Headings, headings, leg_lengths
from skelgait.signals.upright import require_upright
from skelgait.signals.windows import block_medians, local_lines, quantile

LEAST_S = 0.6  # a shorter stretch is no bout
DOUBT = 0.25  # a heading weaker than this, of 1, faces neither way
STRAIGHT = 0.85  # beside a turn: share of its usual strength the heading must have (cos 32 degrees)
STILL_GROWTH_S = 0.02  # growth slower than this along the line of sight: on the spot
OBLIQUE_DEG = (27.0, 63.0)  # a heading between these is neither across nor along the camera's line of sight


@dataclass(frozen=True)
class Bout:
    """A straight stretch of walking.

    Parameters
    ----------
    start, stop : int, frames
        Half-open: frames ``start`` to ``stop - 1``.
    direction : int
        Sagittal and oblique: +1 to image right, -1 to image left. Frontal: +1 towards the camera, -1 away.
    plane : str
        ``"sagittal"``, ``"frontal"`` or ``"oblique"``.
    treadmill : bool
        True when the person walks but stays where they are in the image: a treadmill, or a camera that follows.
    speed_ll_s : float, leg lengths a second
        Speed of the hips across the image; NaN when frontal (depth is not seen) or ``treadmill``.

    Examples
    --------
    >>> Bout(10, 70, 1, "sagittal").n_frames
    60
    """

    start: int
    stop: int
    direction: int
    plane: str
    treadmill: bool = False
    speed_ll_s: float = float("nan")

    @property
    def n_frames(self) -> int:
        """Length in frames."""
        return self.stop - self.start


def leg_length_px(pose: PoseSequence) -> float:
    """Length of the legs in the image: median thigh + median shank, mean of both sides, pixels.

    Parameters
    ----------
    pose : PoseSequence
        Any view; the length is that of the whole clip. Towards or away from the camera use `body_size`.

    Returns
    -------
    float
        Pixels; NaN when no leg was seen.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> xy = np.zeros((5, 17, 2))
    >>> xy[:, 13:15, 1], xy[:, 15:17, 1] = 40, 75
    >>> leg_length_px(PoseSequence(xy, fps=50, skeleton=COCO17))
    75.0
    """
    length: float | None = pose.memory.get("leg_length_px")  # every room asks for it; a pose never changes
    if length is None:
        known = [x for leg in leg_lengths(pose) if isfinite(x := quantile(leg[np.isfinite(leg)]))]
        length = pose.memory["leg_length_px"] = sum(known) / len(known) if known else nan
    return length


def body_size(pose: PoseSequence) -> np.ndarray:
    """Apparent size of the person over time: the leg length as the camera saw it in each frame.

    Parameters
    ----------
    pose : PoseSequence
        Any view.

    Returns
    -------
    (T,) pixels
        Smoothed over one second by local straight lines (so growth at the ends is kept); NaN throughout when no leg was seen.

    Notes
    -----
    Thigh + shank of whichever leg looks longer: in a frontal view the swinging shank points away from the camera and looks
    short, the standing leg does not.

    Examples
    --------
    >>> from skelgait.walker import Camera, Walker
    >>> size = body_size(Walker().film(Camera(view="frontal_towards"), fps=30, duration_s=3).pose)
    >>> size.shape, bool(size[-1] > size[0])
    ((90,), True)
    """
    legs = leg_lengths(pose)
    block = max(1, round(BLOCK_S * pose.fps))
    size = block_medians(np.fmax(legs[0], legs[1])[None], block)
    level, _ = local_lines(size, max(1, round(HALF_WINDOW_S * pose.fps / block)))
    known = np.isfinite(level[0])
    if not known.any():
        return np.full(pose.n_frames, np.nan)
    middle = np.arange(len(known)) * block + (block - 1) / 2
    return _extended(np.arange(pose.n_frames), middle[known], level[0][known])


def _extended(at: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Linear interpolation that goes on straight for half a block beyond the first and last sample."""
    out = np.interp(at, x, y)
    if len(x) > 1:
        half = (x[1] - x[0]) / 2
        for end, edge, inner in ((at < x[0], 0, 1), (at > x[-1], -1, -2)):
            step = np.clip(at[end] - x[edge], -half, half)
            out[end] += step * (y[edge] - y[inner]) / (x[edge] - x[inner])
    return out


def _runs(on: np.ndarray) -> list[tuple[int, int]]:
    _, start, stop = find_runs(on[None])
    return list(zip(start.tolist(), stop.tolist(), strict=True))


def _straight(axis: np.ndarray, strength: np.ndarray, active: np.ndarray, least: int) -> list[tuple[int, int, int]]:
    """(start, stop, sign) of stretches of blocks where the person walks one way along ``axis``."""
    usual = STRAIGHT * quantile(np.abs(strength[active]), 0.6)
    out: list[tuple[int, int, int]] = []
    for a, b in _runs(active):
        signs = np.sign(axis[a:b])
        cuts = [a, *(a + 1 + np.flatnonzero(signs[1:] != signs[:-1])).tolist(), b]
        for start, stop in pairwise(cuts):
            sure = np.flatnonzero(np.abs(axis[start:stop]) > DOUBT)
            if not len(sure):
                continue
            sign = int(np.sign(axis[start + sure[0]]))
            # beside a turn only what heads straight stays; the ends of the walk stay as they are
            straight = np.flatnonzero(np.abs(strength[start:stop]) >= usual) if (start, stop) != (a, b) else sure
            if not len(straight):
                continue
            first = start if start == a else start + int(straight[0])
            last = stop if stop == b else start + int(straight[-1]) + 1
            if out and out[-1][2] == sign and first - out[-1][1] <= 2 * least:
                out[-1] = (out[-1][0], last, sign)
            elif last - first >= least or (first == a and last == b):
                out.append((first, last, sign))
    return out


def find_bouts(pose: PoseSequence, *, plane: str | None = None) -> tuple[Bout, ...]:
    """Straight stretches of walking, in order of time.

    Parameters
    ----------
    pose : PoseSequence
        Raw or clean, any layout with hips and ankles, any view.
    plane : {"sagittal", "frontal", "oblique"}, optional
        Where known. Default: that of ``pose.view``; else each bout's own.

    Returns
    -------
    tuple of Bout
        Turns split them; a treadmill or a camera that follows gives one bout. Empty when nobody walks.

    Raises
    ------
    MissingKeypoint
        The layout has no hips or no ankles.
    PoseError
        The feet lie above the hips.

    Notes
    -----
    The heading is judged over one second (`headings`). A plain walk is covered from its first to its last frame: ends are not
    trimmed; beside a turn the frames that head more than about 30 degrees off belong to no bout.

    Examples
    --------
    >>> from skelgait.walker import Camera, Walker
    >>> walk = Walker(there_and_back=True).film(Camera(view="sagittal_left"), fps=30, duration_s=10)
    >>> [(bout.direction, bout.plane) for bout in find_bouts(walk.pose)]
    [(-1, 'sagittal'), (1, 'sagittal')]
    """
    check_pose(pose)
    plane = plane or pose.plane
    before: tuple[Bout, ...] | None = pose.memory.get("bouts")  # each with its own plane: nothing changes when that is asked for
    if before is not None and all(plane in (None, bout.plane) for bout in before):
        return before
    require_upright(pose)
    found = headings(pose)
    least = max(2, round(LEAST_S * pose.fps / found.block))
    active = found.active
    if not active.any():
        return ()
    strength = [float(np.abs(axis[active]).sum()) for axis in (found.across, found.towards)]
    frontal = plane == "frontal" or (plane is None and strength[1] > strength[0] * tan(radians(OBLIQUE_DEG[1])))
    axis, strong = (found.towards, found.strength_towards) if frontal else (found.across, found.strength_across)
    hip = pose.skeleton.index("left_hip"), pose.skeleton.index("right_hip")
    seen = np.isfinite(pose.xy[:, hip, 0]).any(axis=1)
    bouts = []
    for first, last, sign in _straight(axis, strong, active, least):
        there = np.flatnonzero(seen[first * found.block : last * found.block])
        if len(there):
            start, stop = first * found.block + int(there[0]), first * found.block + int(there[-1]) + 1
            bouts.append(_bout(found, slice(first, last), start, stop, sign, plane))
    if plane is None:
        pose.memory["bouts"] = tuple(bouts)
    return tuple(bouts)


def _bout(found: Headings, s: slice, start: int, stop: int, sign: int, plane: str | None) -> Bout:
    if plane is None:
        angle = degrees(atan2(abs(float(found.front_on[s].sum())), abs(float(found.side_on[s].sum()))))
        plane = "sagittal" if angle < OBLIQUE_DEG[0] else "frontal" if angle > OBLIQUE_DEG[1] else "oblique"
    # the stretch may have been cut along the other axis: its direction is that of the plane it lies in
    sign = int(np.sign((found.towards if plane == "frontal" else found.across)[s].sum())) or sign
    speed = abs(_mean(found.evidence["speed_ll_s"][s]))
    still = speed < STILL_LL_S and (plane == "sagittal" or abs(_mean(found.evidence["growth_s"][s])) < STILL_GROWTH_S)
    return Bout(start, stop, sign, plane, still, nan if still or plane == "frontal" else speed)


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else nan


def travel_direction(pose: PoseSequence, bouts: tuple[Bout, ...] | None = None) -> np.ndarray:
    """Direction of walking in each frame.

    Parameters
    ----------
    pose : PoseSequence
        Any view.
    bouts : tuple of Bout, optional
        From `find_bouts`, when already known.

    Returns
    -------
    (T,) int8
        ``direction`` of the bout a frame lies in, 0 outside bouts.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> travel_direction(Walker().film(fps=30, duration_s=2).pose)[:3].tolist()
    [1, 1, 1]
    """
    out = np.zeros(pose.n_frames, np.int8)
    for bout in find_bouts(pose) if bouts is None else bouts:
        out[bout.start : bout.stop] = bout.direction
    return out
