"""Choose the person of a recording in which several were seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from skelgait.core.errors import NoPerson, PoseError
from skelgait.core.skeleton import Skeleton
from skelgait.io.tracks import body_sizes, join, link, walking_score

PERSONS = ("walking", "largest", "longest")

ASK = "leave it out for the one who walks"

# The rate assumed for following people when nobody says it.
ASSUMED_FPS = 30.0


@dataclass(frozen=True, eq=False)
class People:
    """Everybody an estimator saw in a recording: one row a detection.

    Parameters
    ----------
    xy : (N, K, 2) pixels
        NaN where missing. Detections without one seen keypoint are dropped.
    confidence : (N, K), 0..1, or None
        None: 1 where seen.
    frame : (N,) int
        Frame of each detection, 0-based.
    n_frames : int
        Frames of the recording, T.
    skeleton : Skeleton
        Names of the K keypoints.
    track : (N,) int, optional
        Who it is, when the file says so.
    names : tuple of str
        Names of the tracks, when the file gives them: ``track`` counts in them.
    fps, size, view, time_s
        As in `PoseSequence`; None where the file does not say.
    info : mapping
        What else the file said, plain data.
    """

    xy: np.ndarray
    confidence: np.ndarray | None
    frame: np.ndarray
    n_frames: int
    skeleton: Skeleton
    track: np.ndarray | None = None
    names: tuple[str, ...] = ()
    fps: float | None = None
    size: tuple[int, int] | None = None
    view: str | None = None
    time_s: np.ndarray | None = None
    info: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        xy = np.array(self.xy, dtype=float)
        xy = xy.reshape(-1, len(self.skeleton), 2)
        missing = ~np.isfinite(xy).all(axis=2)
        if self.confidence is None:
            confidence = np.where(missing, 0.0, 1.0)
        else:
            confidence = np.array(self.confidence, dtype=float).reshape(missing.shape)
            missing |= (xy == 0).all(axis=2) & ~(confidence > 0)
            confidence[missing | np.isnan(confidence)] = 0.0
        xy[missing] = np.nan
        keep = ~missing.all(axis=1)
        set_ = object.__setattr__
        set_(self, "xy", xy[keep])
        set_(self, "confidence", confidence[keep])
        set_(self, "frame", np.asarray(self.frame, int)[keep])
        set_(self, "n_frames", int(self.n_frames))
        if self.track is not None:
            set_(self, "track", np.asarray(self.track, int)[keep])

    @classmethod
    def one(cls, xy: np.ndarray, confidence: np.ndarray | None, *, skeleton: Skeleton) -> People:
        """One person in every frame, from ``xy (T, K, 2)`` and ``confidence (T, K)``."""
        frames = np.arange(len(xy))
        return cls(xy, confidence, frames, len(xy), skeleton, track=np.zeros(len(xy), int))

    @classmethod
    def several(cls, xy: np.ndarray, confidence: np.ndarray | None, *, skeleton: Skeleton, names: Iterable[str] = ()) -> People:
        """Known people in every frame, from ``xy (M, T, K, 2)`` and ``confidence (M, T, K)``."""
        people, frames = xy.shape[:2]
        confidence = None if confidence is None else confidence.reshape(people * frames, -1)
        return cls(
            xy.reshape(people * frames, -1, 2),
            confidence,
            np.tile(np.arange(frames), people),
            frames,
            skeleton,
            track=np.repeat(np.arange(people), frames),
            names=tuple(names),
        )

    def with_(self, **changes: Any) -> People:
        """A copy with some fields changed."""
        return replace(self, **changes)


def as_confidence(scores: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Scores of any estimator as confidences 0..1, and what was done to them.

    Parameters
    ----------
    scores : array
        NaN counts as 0.

    Returns
    -------
    confidence : array of the same shape, 0..1
    info : dict
        ``{"confidence": "..."}`` when something had to be changed.

    Notes
    -----
    Some estimators (RTMPose and other SimCC heads) give scores a little above 1: those are clipped. Where more than half of
    the positive scores exceed 1 they are not shares at all (old AlphaPose: 0 to 6): all are divided by their 95th percentile.

    Examples
    --------
    >>> as_confidence(np.array([0.2, 0.7, 1.3]))[0].tolist()
    [0.2, 0.7, 1.0]
    """
    scores = np.nan_to_num(np.asarray(scores, float), nan=0.0, posinf=0.0, neginf=0.0)
    if not scores.size or (scores.min() >= 0 and scores.max() <= 1):
        return scores, {}
    positive = scores[scores > 0]
    if positive.size and np.mean(positive > 1) > 0.5:
        top = float(np.percentile(positive, 95))
        return np.clip(scores / top, 0, 1), {"confidence": f"scores up to {positive.max():.3g} divided by {top:.3g} and clipped"}
    return np.clip(scores, 0, 1), {"confidence": f"scores {scores.min():.3g} to {scores.max():.3g} clipped to 0..1"}


def choose_person(people: People, person: str | int | None, where: str) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """The keypoints of one person over the whole recording.

    Parameters
    ----------
    people : People
    person : {"walking", "largest", "longest"}, int, str or None
        ``"walking"`` (None means this): who travels most for their size, by the image (sideways, or growing and shrinking
        along the line of sight) and by the steps of their legs, so a panning camera or a treadmill does not mislead.
        ``"largest"``: the greatest median size. ``"longest"``: seen in most frames. An index counts people in the order
        in which they appear; a name picks a track that the file names.
    where : str
        The file, for errors.

    Returns
    -------
    xy : (T, K, 2) pixels
        NaN in frames without the person.
    confidence : (T, K)
    info : dict
        How many people there were and who was taken.

    Raises
    ------
    NoPerson
        Nobody in any frame, an index out of range, an unknown name.
    PoseError
        ``person`` is none of the above.

    Notes
    -----
    Detections without identities are linked from frame to frame by the mean distance of the keypoints, in body sizes, after
    the last step is repeated. Broken tracks are joined when the second starts where the first would have been. A file that
    never shows two people at once is taken to show one. Tracks shorter than a tenth of the longest are not chosen by
    quality, only by index.
    """
    if not len(people.xy):
        raise NoPerson(
            f"nobody was seen in {where}",
            found=f"{people.n_frames} frames without a keypoint",
            do="check the recording, or run the estimator again with a lower detection threshold",
        )
    tracks = _tracks(people)
    order = list(dict.fromkeys(tracks[np.argsort(people.frame, kind="stable")].tolist()))
    if people.names:
        order = sorted(order)
    rows = {track: np.flatnonzero(tracks == track) for track in order}
    at = _pick(people, rows, person, where)
    chosen = rows[at]
    xy = np.full((people.n_frames, len(people.skeleton), 2), np.nan)
    confidence = np.zeros(xy.shape[:2])
    assert people.confidence is not None
    xy[people.frame[chosen]] = people.xy[chosen]
    confidence[people.frame[chosen]] = people.confidence[chosen]
    info: dict[str, Any] = {}
    if len(order) > 1:
        info = {"people": len(order), "person": order.index(at), "person_asked": "walking" if person is None else person}
    return xy, confidence, info


def check_only_person(person: str | int | None, where: str) -> None:
    """Refuse to look for another person in a file that holds one.

    Raises
    ------
    NoPerson
        An index other than 0.
    PoseError
        ``person`` is no way to choose one.
    """
    if isinstance(person, (int, np.integer)) and not isinstance(person, bool):
        if person != 0:
            raise NoPerson(f"person {person} is not in {where}", found="1 person", do="give person=0, or leave it out")
    elif person is not None and person not in PERSONS:
        raise PoseError(f"{person!r} is no way to choose a person", expected="'walking', 'largest', 'longest' or an index", do=ASK)


def _pick(people: People, rows: dict[int, np.ndarray], person: str | int | None, where: str) -> int:
    """Track of the person asked for."""
    order = list(rows)
    if isinstance(person, (int, np.integer)) and not isinstance(person, bool):
        if not 0 <= person < len(order):
            spans = [f"{i}: frames {people.frame[r].min()} to {people.frame[r].max()}" for i, r in enumerate(rows.values())]
            raise NoPerson(
                f"person {person} is not in {where}",
                found=f"{len(order)} people ({', '.join(spans[:8])}{', ...' if len(spans) > 8 else ''})",
                do=f"give person= 0 to {len(order) - 1}, or 'walking'",
            )
        return order[int(person)]
    named = {people.names[track]: track for track in order} if people.names else {}
    if person in named:
        return named[str(person)]
    if person is not None and person not in PERSONS:
        if people.names and isinstance(person, str):
            raise NoPerson(f"{person!r} is not in {where}", found=", ".join(named), do="give one of these names as person=")
        raise PoseError(f"{person!r} is no way to choose a person", expected="'walking', 'largest', 'longest' or an index", do=ASK)
    seen = {track: len(at) for track, at in rows.items()}
    long_enough = [track for track in order if seen[track] >= 0.1 * max(seen.values())]
    if len(long_enough) == 1 or person == "longest":
        return max(long_enough, key=lambda track: seen[track])
    if person == "largest":
        return max(long_enough, key=lambda track: float(np.median(body_sizes(people.xy[rows[track]]))))
    return max(long_enough, key=lambda track: walking_score(people.xy[rows[track]], people.skeleton))


def _tracks(people: People) -> np.ndarray:
    """(N,) number of the person each detection shows."""
    fps = people.fps or ASSUMED_FPS
    busiest = np.bincount(people.frame).max()
    if people.track is not None:
        pairs = people.frame.astype(np.int64) * (int(people.track.max(initial=0)) + 1) + people.track
        if len(np.unique(pairs)) == len(pairs):
            return people.track if people.names else join(people.xy, people.frame, people.track, fps)
    if busiest == 1:
        return np.zeros(len(people.frame), int)
    return join(people.xy, people.frame, link(people.xy, people.frame, fps), fps)
