"""Left and right leg mixed up by the estimator: put right, and told."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.pose import PoseSequence, check_pose
from skelgait.core.skeleton import Skeleton
from skelgait.signals.exchanges import find_swaps
from skelgait.signals.gaps import find_runs
from skelgait.signals.passing import follow_feet, legs_turn_back

if TYPE_CHECKING:
    import pandas as pd

# The points of the leg and how much each has to say; the points of one foot count about as much as its ankle together, so that
# a foot on the wrong leg cannot outvote the knee.
LEG = {"hip": 1.0, "knee": 2.0, "ankle": 1.0, "heel": 0.5, "big_toe": 0.3, "small_toe": 0.2, "foot_index": 0.3}

SHOULDERS = 0.1  # a trunk is in the picture when shoulders are seen in this share of the frames


@lru_cache(maxsize=64)
def leg_pairs(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the left and of the right keypoints of the whole leg, hip to toes, in the same order."""
    names = leg_parts(skeleton)
    pairs = np.array([[skeleton.index(f"{side}_{name}") for name in names] for side in ("left", "right")], int)
    pairs.setflags(write=False)
    return pairs[0], pairs[1]


@lru_cache(maxsize=64)
def leg_votes(skeleton: Skeleton) -> np.ndarray:
    """How much each pair of `leg_pairs` has to say."""
    votes = np.array([LEG[name] for name in leg_parts(skeleton)])
    votes.setflags(write=False)
    return votes


@lru_cache(maxsize=64)
def leg_parts(skeleton: Skeleton) -> tuple[str, ...]:
    """Names of the points of `leg_pairs` without their side."""
    return tuple(name for name in LEG if f"left_{name}" in skeleton.names and f"right_{name}" in skeleton.names)


def name_legs(pose: PoseSequence, left: np.ndarray, right: np.ndarray, sure: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Which frames have left and right leg exchanged.

    Parameters
    ----------
    pose : PoseSequence
        Evenly timed.
    left, right : (J, 2, T) pixels
        The points of `leg_pairs`; NaN where missing or doubtful.
    sure : (J, T), 0..1
        The lesser confidence of each pair.

    Returns
    -------
    exchanged : (T,) bool
        Where the legs must change places.
    notes : dict
        Empty, or ``sides`` for ``info``: how left was told from right although the names do not say it.
    """
    parts = leg_parts(pose.skeleton)
    if legs_turn_back(left, right, parts) or _only_legs(pose):
        found = follow_feet(pose, left, right, sure, parts)
        if found is not None:
            told = {"told_by": found.by, "confidence": round(found.confidence, 3), "lower_ll": round(found.lower_ll, 3)}
            return found.exchanged, {"sides": told}
    return find_swaps(left, right, sure * leg_votes(pose.skeleton)[:, None], pose.fps), {}


def _only_legs(pose: PoseSequence) -> bool:
    """Whether the shoulders of the layout are hardly ever seen: names of legs without a trunk are guessed, however they run."""
    shoulders = [k for side in ("left", "right") for k in pose.skeleton.sources(f"{side}_shoulder")]
    seen = int(np.count_nonzero(np.isfinite(pose.xy[:, shoulders, 0])))
    return len(shoulders) == 2 and seen < SHOULDERS * 2 * pose.n_frames


def repair_swaps(pose: PoseSequence) -> PoseSequence:
    """Exchange left and right leg back in the frames where the estimator mixed them up.

    Parameters
    ----------
    pose : PoseSequence
        Raw or gated, any layout and view.

    Returns
    -------
    PoseSequence
        Hips, knees, ankles and feet of both sides exchanged together where needed; ``swapped`` marks those frames.

    Notes
    -----
    What decides is the position of each left point relative to its right twin, carried on by its own movement: legs that pass
    each other go on as they came, while an exchange turns them round. Each point gives log odds for either reading of each step
    between frames, from how well it is predicted in this very walk (so from its noise), with a ceiling; points of one foot share
    one voice, the knee has two. A two-state dynamic programme (`decode`) weighs these odds, the confidence of the points, a cost
    for each exchange and a small one for the time spent exchanged; so a clip is never turned over as a whole, and a doubtful
    frame cannot turn over the rest. Frames with both legs on top of each other say nothing. The lengths of thigh and shank do not
    change when whole legs are exchanged and therefore have no say. Single joints (a knee or a foot on the wrong leg) are not
    exchanged: where they jump, `clean` drops them.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=60, duration_s=3, swaps=2, random_state=1)
    >>> bool((repair_swaps(walk.pose).swapped == walk.truth.swapped).all())
    True
    """
    at_left, at_right = leg_pairs(pose.skeleton)
    if not len(at_left):
        return pose
    rows = pose.xy.transpose(1, 2, 0)
    sure = np.minimum(pose.confidence[:, at_left], pose.confidence[:, at_right]).T
    swapped, notes = name_legs(pose, rows[at_left], rows[at_right], sure)
    if not swapped.any():
        return pose.with_(info={**pose.info, **notes}) if notes else pose
    order = np.arange(len(pose.skeleton))
    order[at_left], order[at_right] = at_right, at_left
    xy, confidence, filled = pose.xy.copy(), pose.confidence.copy(), pose.filled.copy()
    for array in (xy, confidence, filled):
        array[swapped] = array[swapped][:, order]
    return pose.with_(xy=xy, confidence=confidence, filled=filled, swapped=pose.swapped ^ swapped, info={**pose.info, **notes})


def swapped_frames(pose: PoseSequence) -> pd.DataFrame:
    """Audit table of the stretches whose legs were exchanged.

    Parameters
    ----------
    pose : PoseSequence
        From `repair_swaps` or `clean`.

    Returns
    -------
    DataFrame
        One row a stretch: ``start_frame stop_frame`` (half-open), ``start_s stop_s`` (time of the first frame, and the end of the
        last) and ``n_frames``.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=60, duration_s=3, swaps=2, random_state=1)
    >>> table = swapped_frames(repair_swaps(walk.pose))
    >>> len(table), bool(table.n_frames.sum() == walk.truth.swapped.sum())
    (2, True)
    """
    check_pose(pose)
    import pandas as pd

    _, start, stop = find_runs(pose.swapped[None])
    return pd.DataFrame(
        {
            "start_frame": start,
            "stop_frame": stop,
            "start_s": pose.time_s[start],
            "stop_s": pose.time_s[stop - 1] + 1 / pose.fps,
            "n_frames": stop - start,
        }
    )
