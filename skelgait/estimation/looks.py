"""Several looks at one frame: which of them agree, and which, over time, belong to a body that moves as bodies do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skelgait.core.skeleton import Skeleton
from skelgait.estimation.estimators import Estimate

LEG_SHARE = 0.43  # of the whole-body size, thigh and shank together as the networks see them
AGREE_LL = 0.3  # looks whose knees and ankles all lie nearer than this saw the same legs
STILL_LL = 0.2  # how far a joint is likely to go in 1/30 s, besides the way of the whole body
FAR = 3.0  # times as far: from here on one joint counts no more than in proportion
VOTES = 0.15  # what a look's word is worth against a joint that goes as far as is likely
_LEG = ("hip", "knee", "ankle", "heel", "foot_index", "big_toe", "toe")


def leg_points(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the keypoints of both legs, and of the same points of the other leg."""
    points = [k for k, name in enumerate(skeleton.names) if name.split("_", 1)[-1] in _LEG]
    return np.array(points, int), np.array(skeleton.mirror, int)[points]


def with_same_sides(looks: np.ndarray, confidence: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Looks with the legs of each named like those of the first: averaging left with right would meet in the middle.

    Parameters
    ----------
    looks : (N, K, 2) pixels
        The same body.
    confidence : (N, K)
        Of each point.
    skeleton : Skeleton
        Their layout.

    Returns
    -------
    looks, confidence : (N, K, 2) and (N, K) arrays
        The same, with the legs of some exchanged.
    """
    points, others = leg_points(skeleton)
    off = [np.abs(looks[:, order] - looks[:1, points]).sum(axis=(1, 2)) for order in (points, others)]
    exchanged, order = np.flatnonzero(off[1] < off[0]), np.arange(looks.shape[1])
    order[points] = others
    looks, confidence = looks.copy(), confidence.copy()
    looks[exchanged], confidence[exchanged] = looks[exchanged][:, order], confidence[exchanged][:, order]
    return looks, confidence


def agreeing(looks: np.ndarray, skeleton: Skeleton, leg_px: float) -> list[tuple[int, ...]]:
    """Every look by itself, and every set of looks that saw the same legs as one of them did.

    Parameters
    ----------
    looks : (N, K, 2) pixels
        Sides named alike (`with_same_sides`).
    skeleton : Skeleton
        Their layout.
    leg_px : float
        Length of a leg.

    Returns
    -------
    list of tuple of int
        Numbers of looks, no set twice.
    """
    limb = [k for k, name in enumerate(skeleton.names) if name.endswith(("knee", "ankle"))]
    apart = np.hypot(*np.moveaxis(looks[:, None, limb] - looks[None, :, limb], -1, 0)).max(axis=-1)
    groups = [tuple(np.flatnonzero(row).tolist()) for row in apart < AGREE_LL * leg_px]
    return sorted({*groups, *((k,) for k in range(len(looks)))}, key=lambda group: (-len(group), group))


def choose_over_time(
    seen: Sequence[Sequence[Estimate]], regions: np.ndarray, time_s: np.ndarray, skeleton: Skeleton
) -> list[Estimate | None]:
    """Of what each frame may show, choose what makes the most likely movement.

    Parameters
    ----------
    seen : T sequences of Estimate
        What each frame may show; empty where the subject is not seen.
    regions : (T, 3) pixels
        The subject's hip centre x, y and whole-body size, in the pixels of the estimates.
    time_s : (T,) seconds
        When.
    skeleton : Skeleton
        Layout of the estimates.

    Returns
    -------
    list of Estimate or None
        One a frame.

    Notes
    -----
    The cheapest path through all frames (Viterbi): joints that go far from one frame to the next cost much, looks that agree and
    are sure cost little. Whether a leg is called left or right costs nothing: `skelgait.repair_swaps` puts names right later.
    Frames that show one thing only, before and after which one thing only is shown, take no time.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> body = np.random.default_rng(0).normal(100, 30, (17, 2))
    >>> right, wrong = Estimate(body, np.ones(17)), Estimate(body + 40, np.ones(17))
    >>> path = choose_over_time([[right], [wrong, right], [right]], np.full((3, 3), 100.0), np.arange(3) / 30, COCO17)
    >>> path[1] is right
    True
    """
    points, others = leg_points(skeleton)
    places = {name: k for k, name in enumerate(points.tolist())}
    exchange = np.array([places[k] for k in others.tolist()], int)
    frames = [k for k, choices in enumerate(seen) if len(choices)]
    chosen: list[Estimate | None] = [None] * len(seen)
    if not frames:
        return chosen
    came: list[np.ndarray] = []
    cost, before, last = np.zeros(1), np.zeros((1, len(points), 2)), frames[0]
    for frame in frames:
        choices = seen[frame]
        x, y, size = regions[frame]
        here = np.array([choice.xy[points] for choice in choices])
        here = (here - (x, y)) / (LEG_SHARE * size)
        if len(choices) == len(before) == 1:
            came.append(np.zeros(1, int))
        else:
            way = np.zeros((len(before), len(choices)))
            if came:
                way = _unlikely(before, here, exchange, float(time_s[frame] - time_s[last]))
            total = cost[:, None] + way
            came.append(total.argmin(axis=0))
            cost = total.min(axis=0) - VOTES * np.log([max(choice.votes, 0.05) for choice in choices])
        before, last = here, frame
    at = int(cost.argmin())
    for frame, origin in zip(reversed(frames), reversed(came), strict=True):
        chosen[frame] = seen[frame][at]
        at = int(origin[at])
    return chosen


def _unlikely(before: np.ndarray, here: np.ndarray, exchange: np.ndarray, after_s: float) -> np.ndarray:
    """(B, N) how unlikely it is that legs (B, P, 2) become legs (N, P, 2) in some time, by whichever name; leg lengths."""
    steps = max(30 * after_s, 0.1)
    both = np.stack([here, here[:, exchange]])
    with np.errstate(invalid="ignore"):
        far = np.hypot(*np.moveaxis(both[:, None] - before[None, :, None], -1, 0)) / (STILL_LL * np.sqrt(steps))
        each = np.minimum(far**2, FAR * far)
    known = ~np.isnan(each)
    mean = np.where(known, each, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return mean.min(axis=0) / np.sqrt(max(steps, 1.0))
