"""Find the same recording under two names: copied, rounded, moved, enlarged, mirrored or cut."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.trial import Trial

# Points that every layout of the body has; a layout without them is compared by all its own.
BODY = tuple(f"{side}_{part}" for part in ("shoulder", "hip", "knee", "ankle") for side in ("left", "right"))
SHORTEST = 20  # frames two recordings must share (or all of the shorter one)
STEP = 8  # frames from anchor to anchor
LIKENESS = 0.008  # root mean square distance of the same points, in spreads of the body
ROUNDING_PX = 0.45  # what rounding to whole pixels adds, where the body is large enough to be in pixels
SMALLEST_PX = 15.0  # spread of a body whose coordinates are pixels
BLOCK = 512  # anchors looked up at once
CROWD = 64  # matches of one anchor looked into: a noise-free synthetic walk repeats itself


@dataclass(frozen=True, eq=False)
class Shape:
    """The bodies of one recording: frames on which every point is known.

    Parameters
    ----------
    walk : int
        Which walk it belongs to.
    frames : (F,) int
        Frame numbers.
    xy : (F, P, 2)
        The points compared, left before right in pairs.
    spread : float
        Typical root mean square distance of the points from their middle.
    """

    walk: int
    frames: np.ndarray
    xy: np.ndarray
    spread: float

    @property
    def form(self) -> np.ndarray:
        """(F, 2 P) points about their middle, in spreads of their own frame."""
        centred = self.xy - self.xy.mean(axis=1, keepdims=True)
        size = np.sqrt((centred**2).sum(axis=2).mean(axis=1))
        return (centred / size[:, None, None]).reshape(len(centred), -1)

    @property
    def likeness(self) -> float:
        """How far apart the same points may be, in spreads."""
        return LIKENESS + (ROUNDING_PX / self.spread if self.spread > SMALLEST_PX else 0.0)


def find_copies(walks: Sequence[Any], keys: np.ndarray, ask: np.ndarray | None = None) -> Iterator[tuple[int, int, str]]:
    """Pairs of walks of different subjects that hold the same recording, and how.

    Parameters
    ----------
    walks : sequence of Trial
        Anything else is passed over.
    keys : (n,) str
        Their subjects: walks of one subject are not compared.
    ask : (n,) bool, optional
        Only pairs with one of these walks are wanted.

    Notes
    -----
    Every eighth frame of every recording, and its mirror image, is looked up among all frames of all recordings by the form of
    the body (a tree of the points about their middle). Recordings that meet at one shift in time are then laid over each other
    with one enlargement and one displacement for the whole overlap, and are copies when the points agree throughout. A
    recording that does not move, or has no frame with every point, is not compared.
    """
    groups: dict[tuple[str, ...], list[Shape]] = defaultdict(list)
    for n, walk in enumerate(walks):
        if isinstance(walk, Trial):
            for pose in walk.pose.values():
                names = _names(pose)
                shape = _shape(n, pose, names)
                if shape is not None:
                    groups[names].append(shape)
    for names, shapes in groups.items():
        swap = _mirror(names)
        yield from _copies_within(shapes, swap, keys, np.ones(len(walks), bool) if ask is None else ask)


def _names(pose: PoseSequence) -> tuple[str, ...]:
    return BODY if all(pose.skeleton.has(name) for name in BODY) else tuple(sorted(pose.skeleton.names))


def _mirror(names: tuple[str, ...]) -> np.ndarray:
    twin = {"left": "right", "right": "left"}
    place = {name: i for i, name in enumerate(names)}
    return np.array([place.get(twin.get(n.split("_", 1)[0], "-") + "_" + n.split("_", 1)[-1], i) for n, i in place.items()])


def _shape(walk: int, pose: PoseSequence, names: tuple[str, ...]) -> Shape | None:
    xy = np.stack([pose.point(name) for name in names], axis=1)
    known = np.isfinite(xy).all(axis=(1, 2))
    if known.sum() < min(3, len(known)):
        return None
    frames, xy = np.flatnonzero(known), xy[known]
    spreads = np.sqrt(((xy - xy.mean(axis=1, keepdims=True)) ** 2).sum(axis=2).mean(axis=1))
    alive = spreads > 1e-9 * (1 + np.abs(xy).max())
    frames, xy = frames[alive], xy[alive]
    if len(frames) < 3 or np.ptp(xy, axis=0).max() < 1e-3 * np.median(spreads[alive]):
        return None  # a body that is one point, or stands like a statue, is no recording
    return Shape(walk, frames, xy, float(np.median(spreads[alive])))


def _copies_within(shapes: list[Shape], swap: np.ndarray, keys: np.ndarray, ask: np.ndarray) -> Iterator[tuple[int, int, str]]:
    from scipy.spatial import cKDTree

    if len({keys[s.walk] for s in shapes}) < 2:
        return
    forms = [s.form for s in shapes]
    owner = np.repeat(np.arange(len(shapes)), [len(f) for f in forms])
    frame = np.concatenate([s.frames for s in shapes])
    subject = np.unique(keys[[s.walk for s in shapes]], return_inverse=True)[1].ravel()
    tree = cKDTree(np.concatenate(forms).astype(np.float32), leafsize=32)
    places = [np.arange(0, len(s.frames), STEP) if ask[s.walk] else np.empty(0, int) for s in shapes]
    anchors, anchor_owner = np.concatenate(places), np.repeat(np.arange(len(shapes)), [len(p) for p in places])
    reach = np.array([s.likeness for s in shapes]) * np.sqrt(len(swap)) * 1.5
    points = len(swap)
    votes: dict[tuple[int, int, bool], Counter[int]] = defaultdict(Counter)
    for mirrored in (False, True):
        for at in range(0, len(anchors), BLOCK):
            index, who = anchors[at : at + BLOCK], anchor_owner[at : at + BLOCK]
            look = np.stack([forms[s][i] for s, i in zip(who, index, strict=True)])
            if mirrored:
                look = (look.reshape(-1, points, 2)[:, swap] * np.array([-1.0, 1.0])).reshape(len(look), -1)
            near = tree.query_ball_point(look, reach[who], return_sorted=False)
            for s, i, found in zip(who, index, near, strict=True):
                found = np.asarray(found, int)
                found = found[subject[owner[found]] != subject[s]]
                for other, shift in zip(owner[found[:CROWD]], frame[found[:CROWD]] - shapes[s].frames[i], strict=True):
                    if s < other:
                        votes[int(s), int(other), mirrored][int(shift)] += 1
                    else:
                        votes[int(other), int(s), mirrored][int(-shift)] += 1
    for (a, b, mirrored), shifts in sorted(votes.items()):
        for shift, _ in shifts.most_common(3):
            shared = _shared_frames(shapes[a], shapes[b], shift, swap if mirrored else None)
            if shared:
                yield shapes[a].walk, shapes[b].walk, _in_words(shapes[a], shapes[b], shift, shared, mirrored)
                break


def _shared_frames(one: Shape, other: Shape, shift: int, swap: np.ndarray | None) -> int:
    """Frames two recordings share at a shift, 0 when they are not the same there."""
    _, i, j = np.intersect1d(one.frames + shift, other.frames, return_indices=True)
    if len(i) < min(SHORTEST, len(one.frames), len(other.frames)):
        return 0
    left, right = one.xy[i], other.xy[j]
    if swap is not None:
        left = left[:, swap] * np.array([-1.0, 1.0])
    a, b = left - left.mean(axis=(0, 1)), right - right.mean(axis=(0, 1))
    scale = (a * b).sum() / (a**2).sum()
    if scale <= 0:
        return 0
    apart = np.sqrt(((scale * a - b) ** 2).sum(axis=2).mean(axis=1)) / other.spread
    allowed = max(one.likeness, other.likeness)
    return len(i) if np.sqrt((apart**2).mean()) < allowed and (apart < 3 * allowed).mean() > 0.9 else 0


def _in_words(one: Shape, other: Shape, shift: int, shared: int, mirrored: bool) -> str:
    whole = shift == 0 and shared == len(one.frames) == len(other.frames)
    exact = whole and not mirrored and np.array_equal(one.xy, other.xy)
    kind = "the same pose" if exact else "the same recording" + (", mirrored" if mirrored else "")
    return kind if whole else f"{kind}, {shared} frames in common"
