"""What is not to be believed: somebody else's body, points outside the picture, bodies squeezed into a part of it, legs cut off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skelgait.core.skeleton import Skeleton
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.looks import LEG_SHARE, leg_points
from skelgait.estimation.person import OTHERS, misfit

SQUEEZED = 0.8  # of the legs' usual length: both legs shorter than this for a while are none
WHILE_S = 0.3
AT_EDGE_LL = 0.5  # hips nearer than this to the left or right edge: a leg may be cut off
DOUBT = 0.2  # confidence of what is doubtful is multiplied with this, which is less than `skelgait.clean` takes


def drop_others(
    seen: Sequence[Sequence[Estimate]], regions: np.ndarray, others: np.ndarray, skeleton: Skeleton
) -> list[list[Estimate]]:
    """Estimates without those that are clearly of somebody else: a child's adult, a passer-by.

    Parameters
    ----------
    seen : T sequences of Estimate
        What each frame may show.
    regions : (T, 3) pixels
        The subject's hip centre x, y and whole-body size.
    others : (N, T, 3) pixels
        Everybody else's; NaN where they are not in view.
    skeleton : Skeleton
        Layout of the estimates.

    Returns
    -------
    T lists of Estimate
        What fits the subject as well as anybody, or nearly so, by the place of the hips and the length of the legs.
    """
    names = [f"{side}_{point}" for side in ("left", "right") for point in ("hip", "knee", "ankle")]
    if not len(others) or not set(names) <= set(skeleton.names):
        return [list(row) for row in seen]
    joints = [skeleton.index(name) for name in names]
    kept = []
    for row, region, near in zip(seen, regions, np.swapaxes(others, 0, 1), strict=True):
        people = np.vstack([region, near[np.isfinite(near).all(axis=1)]])
        if len(people) == 1 or not row:
            kept.append(list(row))
            continue
        legs = np.array([one.xy[joints] for one in row]).reshape(len(row), 2, 3, 2)
        size = np.hypot(*np.moveaxis(np.diff(legs, axis=2), -1, 0)).sum(axis=2).mean(axis=1) / LEG_SHARE
        hips = legs[:, :, 0].mean(axis=1)
        off = misfit(np.column_stack([hips, size]), people)
        theirs = off[:, 1:].min(axis=1) < off[:, 0] - OTHERS
        kept.append([one for one, other in zip(row, theirs, strict=True) if not other])
    return kept


def drop_outside(xy: np.ndarray, skeleton: Skeleton, picture: tuple[float, float, float, float]) -> np.ndarray:
    """Joints without those nobody can have seen.

    Parameters
    ----------
    xy : (T, K, 2) pixels
        Joints.
    skeleton : Skeleton
        Their layout.
    picture : (left, top, right, bottom) pixels
        The part of the video that is picture.

    Returns
    -------
    (T, K, 2) array
        NaN outside the picture; and above the legs throughout, where the picture ends at the waist: a network then squeezes a whole
        body into what it sees, shoulders on the hips.
    """
    inside = np.all((xy >= picture[:2]) & (xy <= picture[2:]), axis=2)
    out = np.where(inside[..., None], xy, np.nan)
    if _trunk_is_invented(out, skeleton):
        out[:, np.setdiff1d(np.arange(len(skeleton)), leg_points(skeleton)[0])] = np.nan
    return out


def find_doubtful(
    xy: np.ndarray, skeleton: Skeleton, regions: np.ndarray, time_s: np.ndarray, picture: tuple[float, float, float, float]
) -> np.ndarray:
    """Points that lie in the picture and are not to be believed all the same.

    Parameters
    ----------
    xy : (T, K, 2) pixels
        Joints, NaN where missing.
    skeleton : Skeleton
        Their layout.
    regions : (T, 3) pixels
        The subject's hip centre x, y and whole-body size.
    time_s : (T,) seconds
        When.
    picture : (left, top, right, bottom) pixels
        The part of the video that is picture.

    Returns
    -------
    (T, K) bool
        Everything, in frames where for a while both legs are shorter than 0.8 of what they usually are (the upper quartile over the
        video, in whole-body sizes): a whole body was squeezed into a part of the picture. A leg that is shorter than that while the
        hips are at the left or right edge: it is cut off, and was laid over the one that is seen.
    """
    doubtful = np.zeros(xy.shape[:2], bool)
    names = [[f"{side}_{point}" for point in ("hip", "knee", "ankle")] for side in ("left", "right")]
    if not {name for side in names for name in side} <= set(skeleton.names):
        return doubtful
    joints = np.stack([[xy[:, skeleton.index(name)] for name in side] for side in names])  # (2, 3, T, 2)
    length = np.hypot(*np.moveaxis(np.diff(joints, axis=1), -1, 0)).sum(axis=1) / regions[:, 2]
    longer = np.fmax(*length)
    known = np.isfinite(longer)
    if known.sum() < 5:
        return doubtful
    usual = np.percentile(longer[known], 75)
    first, last = (np.searchsorted(time_s[known], time_s + half) for half in (-0.5 * WHILE_S, 0.5 * WHILE_S))
    doubtful[_running_median(longer[known], first, last) < SQUEEZED * usual] = True
    hips = np.where(np.isnan(joints[0, 0, :, 0]), joints[1, 0, :, 0], joints[0, 0, :, 0])
    with np.errstate(invalid="ignore"):
        from_edge = np.minimum(hips - picture[0], picture[2] - hips) / (LEG_SHARE * regions[:, 2])
        cut = (from_edge < AT_EDGE_LL) & (length < SQUEEZED * usual)
    points, _ = leg_points(skeleton)
    for side, which in zip(("left", "right"), cut, strict=True):
        doubtful[np.ix_(which, [k for k in points if skeleton.names[k].startswith(side)])] = True
    return doubtful


def _running_median(values: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Medians of values[first:last], one for each pair; NaN where it is empty."""
    count = last - first
    at = first[:, None] + np.arange(max(int(count.max(initial=0)), 1))
    windows = np.where(at < last[:, None], values[np.minimum(at, len(values) - 1)], np.nan)
    out = np.full(len(first), np.nan)
    out[count > 0] = np.nanmedian(windows[count > 0], axis=1)
    return out


def _trunk_is_invented(xy: np.ndarray, skeleton: Skeleton) -> bool:
    """Whether shoulders sit on the hips."""
    needed = [f"{side}_{point}" for side in ("left", "right") for point in ("shoulder", "hip", "ankle")]
    if not set(needed) <= set(skeleton.names):
        return False
    shoulders, hips, ankles = (xy[:, [skeleton.index(name) for name in needed[k::3]]].mean(axis=1) for k in range(3))
    trunk, leg = np.hypot(*(shoulders - hips).T), np.hypot(*(hips - ankles).T)
    both = np.isfinite(trunk + leg)
    return bool(both.sum() > 0.2 * np.isfinite(leg).sum() and np.median(trunk[both]) < 0.42 * np.median(leg[both]))
