"""The graph of a skeleton: its centre, how far each keypoint lies from it, and who sends to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES, SKELETONS, Skeleton

PARTITIONS = ("spatial", "compat")
ALSO_CALLED = {"openpose18": "coco18", "openpose25": "body25", "wholebody133": "coco_wholebody133"}

# The middle of the body, by what a skeleton has of it: the first complete choice.
CENTRES = (("mid_hip",), ("left_hip", "right_hip"), ("neck",), ("left_shoulder", "right_shoulder"), ("nose",))

# Graphs of the published weights: keypoint towards the centre, as (from, to) in the order of the skeleton, and that centre.
_COCO_TREE = (
    *((15, 13), (13, 11), (16, 14), (14, 12), (11, 5), (12, 6), (9, 7), (7, 5)),
    *((10, 8), (8, 6), (5, 0), (6, 0), (1, 0), (3, 1), (2, 0), (4, 2)),
)
_OPENPOSE_TREE = (
    *((4, 3), (3, 2), (7, 6), (6, 5), (13, 12), (12, 11), (10, 9), (9, 8), (11, 5)),
    *((8, 2), (5, 1), (2, 1), (0, 1), (15, 0), (14, 0), (17, 15), (16, 14)),
)
PUBLISHED: Mapping[str, tuple[tuple[tuple[int, int], ...], int]] = {"coco17": (_COCO_TREE, 0), "coco18": (_OPENPOSE_TREE, 1)}
# What each keypoint's bone starts from in published bone streams: as above, but the hips of COCO-17 hang on the nose.
PUBLISHED_BONES: Mapping[str, tuple[int, ...]] = {
    "coco17": (0, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 0, 0, 11, 12, 13, 14),
    "coco18": (0, 0, 1, 2, 3, 1, 5, 6, 2, 8, 9, 5, 11, 12, 0, 0, 14, 15),
}


def find_skeleton(skeleton: str | Mapping[str, Any]) -> Skeleton:
    """The skeleton a setting names.

    Parameters
    ----------
    skeleton : str, or mapping with ``names`` and ``bones``
        A layout's name (``"coco17"``, ``"coco23"``, ``"body25"``, ...), or one of your own as plain data.

    Returns
    -------
    Skeleton

    Raises
    ------
    SkelgaitError
        An unknown name, or a mapping without names and bones.

    Examples
    --------
    >>> len(find_skeleton("openpose18"))
    18
    >>> len(find_skeleton({"names": ["left_hip", "left_knee"], "bones": [["left_hip", "left_knee"]]}))
    2
    """
    if isinstance(skeleton, Mapping):
        if not {"names", "bones"} <= set(skeleton):
            raise SkelgaitError(
                "a skeleton of your own lacks its keypoints or its bones",
                found=", ".join(map(str, skeleton)) or "nothing",
                expected='{"names": [...], "bones": [[name, name], ...]}',
            )
        bones = tuple((str(a), str(b)) for a, b in skeleton["bones"])
        return Skeleton(str(skeleton.get("name", "own")), tuple(map(str, skeleton["names"])), bones)
    name = ALSO_CALLED.get(str(skeleton), str(skeleton))
    if name not in SKELETONS:
        raise SkelgaitError(f"there is no skeleton {skeleton!r}", expected=f"one of {', '.join(SKELETONS)}")
    return SKELETONS[name]


def find_roots(skeleton: Skeleton) -> tuple[int, ...]:
    """Keypoints at the centre: the mid-hip, or both hips; without hips the neck, both shoulders or the nose; else all of them.

    Examples
    --------
    >>> from skelgait.core.skeleton import BODY25, COCO17
    >>> find_roots(COCO17), find_roots(BODY25)
    ((11, 12), (8,))
    """
    for choice in CENTRES:
        if all(name in skeleton.names for name in choice):
            return tuple(skeleton.index(name) for name in choice)
    return _roots_of(skeleton, list(range(len(skeleton))))


def _roots_of(skeleton: Skeleton, members: list[int]) -> tuple[int, ...]:
    """Where a part that is not joined to the centre begins: its first keypoint without a side, else its first pair."""
    for k in members:
        if not skeleton.names[k].startswith(tuple(f"{side}_" for side in SIDES)):
            return (k,)
    twin = int(skeleton.mirror[members[0]])
    return (members[0], twin) if twin != members[0] and twin in members else (members[0],)


def distances(skeleton: Skeleton) -> tuple[np.ndarray, tuple[tuple[int, ...], ...]]:
    """How many bones lie between each keypoint and the centre.

    Parameters
    ----------
    skeleton : Skeleton

    Returns
    -------
    distance : (K,) int64
        0 at the centre. Where the centre is a pair, from the nearer of the two.
    roots : tuple of tuple of int
        The centre first, then where each part begins that is not joined to it (the head of a layout without a neck).

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> distances(COCO17)[0].tolist()
    [2, 3, 3, 4, 4, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 2, 2]
    """
    count = len(skeleton)
    near = _neighbours(skeleton)
    distance = np.full(count, -1)
    roots = []
    start: tuple[int, ...] = find_roots(skeleton)
    while start:
        roots.append(start)
        front, hops = list(start), 0
        while front:
            distance[front] = hops
            front = sorted({j for i in front for j in near[i] if distance[j] < 0})
            hops += 1
        left = np.flatnonzero(distance < 0).tolist()
        start = _roots_of(skeleton, _joined(near, left[0])) if left else ()
    return distance, tuple(roots)


def _neighbours(skeleton: Skeleton) -> list[set[int]]:
    near: list[set[int]] = [set() for _ in skeleton.names]
    for a, b in skeleton.edge_index().T.tolist():
        near[a].add(b)
        near[b].add(a)
    return near


def _joined(near: list[set[int]], start: int) -> list[int]:
    """Everything joined to one keypoint, itself included, in order."""
    seen, front = {start}, [start]
    while front:
        front = [j for i in front for j in near[i] if j not in seen]
        seen.update(front)
    return sorted(seen)


def adjacency(skeleton: Skeleton, partition: str = "spatial") -> np.ndarray:
    """Who sends to whom, in three subsets: from where a keypoint is, from nearer the centre, from further out.

    Parameters
    ----------
    skeleton : Skeleton
    partition : {"spatial", "compat"}
        ``"spatial"`` is the partition of the paper. ``"compat"`` is what the published code makes of it.

    Returns
    -------
    (3, K, K) float32
        ``[subset, from, to]``. The three together hold every bone both ways and every keypoint's own value, divided by how many
        reach it: each column of their sum adds up to 1.

    Raises
    ------
    SkelgaitError
        An unknown partition, or ``"compat"`` for a skeleton nobody published weights for.

    Notes
    -----
    ``"spatial"`` (Yan et al., section 3.3): a keypoint's neighbour is in subset 0 when both are equally far from the centre (the
    keypoint itself always is), in subset 1 when the neighbour is nearer to it, in subset 2 when it is further away. The centre of
    gravity of the paper is the mid-hip here, or the two hips where the layout has no such point; distance is counted in bones.

    ``"compat"`` is the published code's, bit for bit, with its hand-written bones and its centre (nose of COCO-17, neck of
    OpenPose-18): distances to the centre beyond one bone are infinite there, so that two keypoints two or more bones away count as
    equally far, and bones between them go into subset 1 both ways (with bones from further out, which the paper has in subset 2).
    Weights published for it expect just that.

    References
    ----------
    Yan S, Xiong Y, Lin D. Spatial temporal graph convolutional networks for skeleton-based action recognition. AAAI 2018.
    doi:10.1609/aaai.v32i1.12328

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> np.count_nonzero(adjacency(COCO17, "compat"), axis=(1, 2)).tolist()
    [17, 22, 10]
    >>> np.count_nonzero(adjacency(COCO17), axis=(1, 2)).tolist()
    [21, 16, 16]
    """
    if partition not in PARTITIONS:
        raise SkelgaitError(f"there is no partition {partition!r}", expected=" or ".join(PARTITIONS))
    if partition == "compat":
        return _published(skeleton)
    distance, _ = distances(skeleton)
    joined = np.eye(len(skeleton))
    a, b = skeleton.edge_index()
    joined[a, b] = joined[b, a] = 1
    joined /= joined.sum(axis=0)
    source, target = distance[:, None], distance[None, :]
    return np.stack([joined * (source == target), joined * (source < target), joined * (source > target)]).astype(np.float32)


def _published(skeleton: Skeleton) -> np.ndarray:
    known = {SKELETONS[name].names: graph for name, graph in PUBLISHED.items()}
    if skeleton.names not in known:
        raise SkelgaitError(
            f"nobody published weights for skeleton {skeleton.name!r}, so there is nothing to be compatible with",
            expected=", ".join(PUBLISHED),
            do='use partition="spatial"',
        )
    edges, centre = known[skeleton.names]
    count = len(skeleton)
    joined = np.eye(count)
    for a, b in edges:
        joined[a, b] = joined[b, a] = 1
    # one hop is as far as the published code looks: everything further from the centre is equally, infinitely, far
    distance = np.where(joined[:, centre] > 0, 1.0, np.inf)
    distance[centre] = 0
    normal = joined @ np.diag(joined.sum(axis=0) ** -1)
    own = np.eye(count, dtype=bool)
    outer, inner = distance[:, None], distance[None, :]
    return np.stack([normal * own, normal * (~own & (outer >= inner)), normal * (outer < inner)]).astype(np.float32)


def parents(skeleton: Skeleton) -> np.ndarray:
    """What each keypoint's bone starts from, as weights on all keypoints.

    Parameters
    ----------
    skeleton : Skeleton

    Returns
    -------
    (K, K) float32
        Row k adds up to 1: the neighbours nearer the centre, or at the centre the centre itself, so that
        ``xy - parents @ xy`` is the bone that ends at each keypoint. Where the centre is a pair, each of the two starts from their
        middle.

    Notes
    -----
    Where two neighbours are nearer (the nose, from both shoulders) their middle is taken: the mirror child has the mirror bones.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> COCO17.names[parents(COCO17)[COCO17.index("left_ankle")].argmax()]
    'left_knee'
    """
    distance, roots = distances(skeleton)
    near = _neighbours(skeleton)
    weights = np.zeros((len(skeleton), len(skeleton)), np.float32)
    for k in range(len(skeleton)):
        inner = [j for j in near[k] if distance[j] < distance[k]] or next(list(r) for r in roots if k in r)
        weights[k, inner] = 1 / len(inner)
    return weights


def published_parents(skeleton: Skeleton) -> np.ndarray:
    """`parents` as published bone streams have them, where weights were published; else `parents`.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> int(published_parents(COCO17)[COCO17.index("left_hip")].argmax())
    0
    """
    known = {SKELETONS[name].names: bones for name, bones in PUBLISHED_BONES.items()}
    if skeleton.names not in known:
        return parents(skeleton)
    weights = np.zeros((len(skeleton), len(skeleton)), np.float32)
    weights[np.arange(len(skeleton)), known[skeleton.names]] = 1
    return weights
