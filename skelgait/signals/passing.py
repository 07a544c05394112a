"""Which leg is which when the estimator only says which one is in front: the foot that stands is followed past the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.signals.exchanges import SWITCH, stay_odds
from skelgait.signals.filters import outlier_rows
from skelgait.signals.floor import compare_heights, find_stances, floor_course, medians
from skelgait.signals.gaps import bridge_rows, find_runs
from skelgait.signals.heading import SHOULDER_LL, Headings, headings
from skelgait.signals.two_states import decode
from skelgait.signals.windows import block_medians, quantile

TOGETHER_LL, STRIDE_LL = 0.15, 0.3  # ankles that are together, and a stride apart
TIMES, AS_OFTEN = 2, 0.8  # legs turn back at least so often, and so often for each time they pass
CLEAR_LL = 0.12  # legs and feet further apart than this are clear of each other
LEAST_S, WINDOW_S = 0.07, 0.2  # the shortest stretch of clear legs, and how much of it is compared with the next
STEP_SHARE = 0.3  # of a step the window lasts at most
REACH_S = 0.7  # a foot may have stood and moved over a longer time
TOGETHER_S = 0.3  # feet side by side for so long may both have been set down
PLACE_LL = 0.04  # how exactly a standing foot is found again
FASTEST_LL_S = 12.0  # of a swinging foot
TIE = 0.5  # log odds that a tie is no exchange
NAMED = 0.5  # three quarters of the names for one leg, less the others: then they are believed
SURE = 8.0  # log odds beyond which one pair of stretches convinces no further
GAIN = 20.0  # log odds by which feet must stand better with changed names: about three steps
SIDE_ON, FRONT_ON = 0.5, 0.45  # of its side the body shows at least, and of its front at most (27 degrees off)
DOUBTFUL = 1.0  # standard errors by which one leg must stand lower in the image
OUTLIER_LL = 0.15  # legs that jump by less are not odd
WEIGHTS = {"ankle": 2.0}  # what a point has to say when names jump; the other points of knee and foot 1
FAR_LL = 0.3  # a point this far off its course says no more about its name


@dataclass(frozen=True, eq=False)
class Followed:
    """Legs named by following their feet.

    Parameters
    ----------
    exchanged : (T,) bool
        Where left and right must change places.
    clear : (T,) bool
        Where both legs are seen, well apart.
    by : str
        What told left from right: ``"height"`` of the feet in the image, or the ``"names"`` the estimator gave most of the time.
    confidence : float, 0.5..1
        That left is left.
    lower_ll : float, leg lengths
        How much lower the nearer leg stands in the image.
    """

    exchanged: np.ndarray
    clear: np.ndarray
    by: str
    confidence: float
    lower_ll: float


def legs_turn_back(left: np.ndarray, right: np.ndarray, parts: Sequence[str]) -> bool:
    """Whether the legs, as they are named, turn back about as often as they pass each other.

    Parameters
    ----------
    left, right : (J, 2, T) pixels
        The points of either leg over time; NaN where missing.
    parts : sequence of str
        Their names without the side: ``["hip", "knee", "ankle", ...]``.

    Returns
    -------
    bool
        True when ankles a stride apart come together and part again with the same one in front, at least twice and nearly as
        often as with the other one in front. Legs that walk pass each other at every step.

    Examples
    --------
    >>> t = np.arange(120) / 30
    >>> hip = np.stack([0 * t, 0 * t])
    >>> ankle = np.stack([50 * np.sin(6 * t), 100 + 0 * t])
    >>> legs_turn_back(np.stack([hip, ankle]), np.stack([hip, -ankle + [[0], [200]]]), ["hip", "ankle"])
    False
    >>> ankle[0] = np.abs(ankle[0])
    >>> legs_turn_back(np.stack([hip, ankle]), np.stack([hip, -ankle + [[0], [200]]]), ["hip", "ankle"])
    True
    """
    if not {"hip", "ankle"} <= set(parts):
        return False
    hip, ankle = parts.index("hip"), parts.index("ankle")
    apart = (left[ankle, 0] - right[ankle, 0]) / np.maximum(np.abs(left[hip, 1] - left[ankle, 1]), 1e-9)
    width = np.abs(apart)
    order = np.where(width > STRIDE_LL, np.sign(apart), 0.0)
    order = order[(order != 0) | (width < TOGETHER_LL)]
    order = np.concatenate([order[:1], order[1:][order[1:] != order[:-1]]])
    before, after = order[:-2][order[1:-1] == 0], order[2:][order[1:-1] == 0]
    back = int(np.count_nonzero(before == after))
    return back >= TIMES and back >= AS_OFTEN * (len(before) - back)


def follow_feet(pose: PoseSequence, left: np.ndarray, right: np.ndarray, sure: np.ndarray, parts: Sequence[str]) -> Followed | None:
    """Name both legs by following their feet, where the estimator's names only say which one is in front.

    Parameters
    ----------
    pose : PoseSequence
        Tells which way the person walks; evenly timed.
    left, right : (J, 2, T) pixels
        The points of either leg as named; NaN where missing or doubtful.
    sure : (J, T), 0..1
        How sure the points of both legs are.
    parts : sequence of str
        Their names without the side.

    Returns
    -------
    Followed or None
        None where the names are better believed: the person is not seen from the side, the legs are never clear of each other, or
        feet do not stand clearly better with other names (somebody who always leads with the same leg).

    Notes
    -----
    No name is believed. While the legs are clear of each other, an exchange shows as a jump (`stay_odds`). Where they pass or are
    not seen, the feet before are compared with the feet after: one of them stands on the floor all the while and is found where it
    was, the other has moved on; legs named the wrong way round would both have moved half as far. The floor may move in the image
    (a camera that follows, a treadmill): it moves with the slower foot. Feet that stay side by side for longer than 0.3 s may both
    have been set down there and tell nothing. Which of the two is the left one is seen from their height: of two feet on the floor
    the nearer one is lower in the image, and the nearer one is the left one when the person walks to image left; a camera that is
    tilted sideways lowers both alike. Where nearly all names agree, or that is not seen either, the names decide by majority.
    """
    found = headings(pose)
    fps, hip, ankle = pose.fps, parts.index("hip"), parts.index("ankle")
    size = max(_median(np.abs(leg[hip, 1] - leg[ankle, 1])) for leg in (left, right))
    if not (size > 0 and _seen_from_the_side(pose, found)):
        return None
    forward = np.where(np.repeat(found.across, found.block)[: pose.n_frames] < 0, -1.0, 1.0)
    foot = [k for k, part in enumerate(parts) if part not in ("hip", "knee")]
    limb = [k for k, part in enumerate(parts) if part != "hip"]
    clear = _clear((left - right) / size, limb, foot) & ~_odd(left[limb], right[limb], fps, OUTLIER_LL * size)
    turns = np.flatnonzero(forward[1:] != forward[:-1])
    clear[turns] = clear[turns + 1] = False
    _drop_short(clear, max(2, round(LEAST_S * fps)))
    if not clear.any():
        return None
    weights = np.array([[WEIGHTS.get(parts[k], 1.0)] for k in limb])
    apart = left[limb] - right[limb]
    jumps = stay_odds(apart, clear & ~np.isnan(apart[:, 0]), weights * sure[limb], fps, size)
    jumped = decode(jumps + SWITCH, clear * 1e-3)
    legs = np.stack([np.where(jumped, right, left), np.where(jumped, left, right)])
    _, start, stop = find_runs(clear[None])
    feet = legs[:, foot, 0] * forward
    hips = medians(np.stack([left[hip, 0], right[hip, 0]])) * forward
    floor = floor_course(np.where(clear, np.stack([medians(f) for f in feet]), np.nan) / size, hips / size, fps) * size
    stay = _passes(feet - floor, start, stop, forward, fps, size)
    named = np.add.reduceat(np.where(clear, 1.0 - 2.0 * jumped, 0.0), start) / np.count_nonzero(clear)
    state = decode(stay + TIE, 0.1 * named)
    agree = float(named @ (1.0 - 2.0 * state))
    by, confidence, lower = "names", 0.5 * (1 + agree), 0.0
    if agree < NAMED:
        hips = np.where(np.isnan(left[hip, 0]), right[hip, 0], left[hip, 0])
        flat = find_stances(legs[:, ankle], hips, floor, forward, (start, stop), fps, size)
        lower, error, odds = compare_heights(flat, state, stay)
        if lower > DOUBTFUL * error:
            state = decode(stay + TIE, 0.1 * named + odds)
            by, confidence = "height", 0.5 * (1 + math.erf(lower / error / math.sqrt(2)))
    gain = -(jumps + SWITCH)[jumped[1:] != jumped[:-1]].sum() - stay[state[1:] != state[:-1]].sum()
    if gain < GAIN:
        return None
    run = np.clip(np.searchsorted(start, np.arange(len(clear)), "right") - 1, 0, None)
    exchanged = _between(left, right, jumped ^ state[run], clear, limb, size)
    return Followed(exchanged, clear, by, confidence, lower if by == "height" else 0.0)


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return quantile(known) if known.size else 0.0


def _seen_from_the_side(pose: PoseSequence, found: Headings) -> bool:
    """By what the names of the legs do not touch: feet, knees and travel, and how wide the shoulders look."""
    if pose.plane:
        return pose.plane == "sagittal"
    shoulders = np.abs(found.evidence["shoulder_width_ll"])
    shoulders = shoulders[np.isfinite(shoulders)]
    if 2 * len(shoulders) > len(found.side_on) and shoulders.mean() > FRONT_ON * SHOULDER_LL:
        return False
    return float(np.abs(found.side_on).mean()) > SIDE_ON


def _clear(apart: np.ndarray, limb: list[int], foot: list[int]) -> np.ndarray:
    """Frames in which whole legs, and the feet along the way, are clear of each other."""
    known = ~np.isnan(apart[limb, 0])
    square = np.where(known, (apart[limb] ** 2).sum(axis=1), 0.0).sum(axis=0)
    feet = np.abs(medians(apart[foot, 0]))
    return (square > CLEAR_LL**2 * known.sum(axis=0)) & (feet > CLEAR_LL)


def _odd(left: np.ndarray, right: np.ndarray, fps: float, least: float) -> np.ndarray:
    """Frames in which most of the legs jump away and back, by whatever name: in their middle or in how far they are apart."""
    rows = np.concatenate([0.5 * (left + right), np.abs(left - right)])
    out = outlier_rows(rows, fps, least=least).any(axis=1)
    return out.sum(axis=0) > 0.25 * (~np.isnan(rows[:, 0])).sum(axis=0)


def _drop_short(clear: np.ndarray, least: int) -> None:
    _, start, stop = find_runs(clear[None])
    for a, b in zip(start, stop, strict=True):
        if b - a < least:
            clear[a:b] = False


def _passes(place: np.ndarray, start: np.ndarray, stop: np.ndarray, forward: np.ndarray, fps: float, size: float) -> np.ndarray:
    """Log odds that the legs keep their names from one stretch of clear legs to the next, (R - 1,).

    ``place`` (2, F, T): where the points of either foot are on the floor, forwards.
    """
    stay = np.zeros(max(len(start) - 1, 0))
    step_s = float(np.median(np.diff(0.5 * (start + stop)))) / fps if len(start) > 1 else 1.0
    window = max(2, round(min(WINDOW_S, max(STEP_SHARE * step_s, LEAST_S)) * fps))
    seen = ~np.isnan(place).all(axis=1).any(axis=0)
    for k in range(len(stay)):  # over steps
        first, last = max(start[k], stop[k] - window), min(stop[k + 1], start[k + 1] + window)
        after_s = 0.5 * (start[k + 1] + last - first - stop[k]) / fps
        together_s = np.count_nonzero(seen[stop[k] : start[k + 1]]) / fps
        if after_s > REACH_S or together_s > TOGETHER_S or forward[first] != forward[last - 1]:
            continue
        here, there = (
            block_medians(place[..., a:b].reshape(-1, b - a), b - a).reshape(2, -1)
            for a, b in ((first, stop[k]), (start[k + 1], last))
        )
        moved = medians((there[None] - here[:, None]).reshape(4, -1).T) / size
        if np.isnan(moved).any():
            continue
        same, other = _walked(moved[0], moved[3], after_s), _walked(moved[1], moved[2], after_s)
        sure = min(1.0, min(stop[k] - start[k], stop[k + 1] - start[k + 1]) / (0.1 * fps))
        stay[k] = min(max(same - other, -SURE), SURE) * sure
    return stay


def _walked(one: float, other: float, after_s: float) -> float:
    """Log probability of how far the two feet have moved forwards, leg lengths: in walking one of them has nearly always stood."""
    reach = FASTEST_LL_S * max(after_s, 0.1)
    stood = [math.exp(-0.5 * (way / PLACE_LL) ** 2) / (2.5 * PLACE_LL) for way in (one, other)]
    swung = [(1.0 if -PLACE_LL < way < reach else 0.02) / reach for way in (one, other)]
    one_stood = 0.45 * (stood[0] * swung[1] + stood[1] * swung[0])
    return math.log(one_stood + 0.08 * stood[0] * stood[1] + 0.02 * swung[0] * swung[1])


def _between(
    left: np.ndarray, right: np.ndarray, exchanged: np.ndarray, clear: np.ndarray, limb: list[int], size: float
) -> np.ndarray:
    """Names for the frames in which the legs are not clear of each other: those that leave both legs nearer to their course."""
    course = []
    for one, other in ((left, right), (right, left)):
        rows = np.where(clear, np.where(exchanged, other[limb], one[limb]), np.nan)
        course.append(bridge_rows(rows))

    def off(leg: np.ndarray, way: np.ndarray) -> np.ndarray:
        apart = np.sqrt(((leg[limb] - way) ** 2).sum(axis=1))
        return np.where(np.isnan(apart), 0.0, np.minimum(apart, FAR_LL * size)).sum(axis=0)

    same = off(left, course[0]) + off(right, course[1])
    other = off(left, course[1]) + off(right, course[0])
    return np.where(clear, exchanged, other < same)
