from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import BLAZEPOSE33, BODY25, COCO17, COCO18, COCO23, SKELETONS, Skeleton
from skelgait.encoders.graph import adjacency, distances, find_roots, find_skeleton, parents, published_parents

ALL = list(SKELETONS.values())


def sizes(skeleton: Skeleton, partition: str) -> list[int]:
    return np.count_nonzero(adjacency(skeleton, partition), axis=(1, 2)).tolist()


def reference_partition(count: int, edges: tuple, centre: int) -> np.ndarray:
    """The published construction, step by step as it is published: hops up to 1, all pairs, four subsets merged to three."""
    linked = np.zeros((count, count))
    for a, b in (*edges, *((k, k) for k in range(count))):
        linked[a, b] = linked[b, a] = 1
    hop = np.full((count, count), np.inf)
    hop[linked > 0] = 1
    np.fill_diagonal(hop, 0)
    normal = linked / linked.sum(0)[None, :]
    out = []
    for reach in (0, 1):
        root, close, further = (np.zeros((count, count)) for _ in range(3))
        for i in range(count):
            for j in range(count):
                if hop[j, i] == reach:
                    to_centre, from_centre = hop[j, centre], hop[i, centre]
                    where = root if to_centre == from_centre else close if to_centre > from_centre else further
                    where[j, i] = normal[j, i]
        out += [root] if reach == 0 else [root + close, further]
    return np.stack(out).astype(np.float32)


@pytest.mark.parametrize(
    ("skeleton", "edges", "centre", "found"),
    [
        (
            COCO17,
            "15-13 13-11 16-14 14-12 11-5 12-6 9-7 7-5 10-8 8-6 5-0 6-0 1-0 3-1 2-0 4-2",
            0,
            [17, 22, 10],
        ),
        (
            COCO18,
            "4-3 3-2 7-6 6-5 13-12 12-11 10-9 9-8 11-5 8-2 5-1 2-1 0-1 15-0 14-0 17-15 16-14",
            1,
            [18, 25, 9],
        ),
    ],
    ids=["coco17", "openpose18"],
)
def test_compat_is_the_published_partition_bit_for_bit(skeleton: Skeleton, edges: str, centre: int, found: list[int]) -> None:
    pairs = tuple(tuple(map(int, edge.split("-"))) for edge in edges.split())
    assert np.array_equal(adjacency(skeleton, "compat"), reference_partition(len(skeleton), pairs, centre))
    assert sizes(skeleton, "compat") == found


def test_the_true_partition_has_every_bone_once_each_way() -> None:
    # the bone between the hips and that between the shoulders join points equally far from the centre: subset 0
    assert sizes(COCO17, "spatial") == [17 + 4, 16, 16]
    assert sizes(COCO18, "spatial") == [18, 17, 17]


def test_subset_1_is_nearer_the_centre_and_subset_2_further_out() -> None:
    graph = adjacency(COCO17)
    hip, knee, ankle = (COCO17.index(f"left_{joint}") for joint in ("hip", "knee", "ankle"))
    assert graph[1, hip, knee] > 0  # what the knee gets from the hip
    assert graph[2, ankle, knee] > 0
    assert graph[2, hip, knee] == graph[1, ankle, knee] == 0
    assert graph[0, hip, COCO17.index("right_hip")] > 0


@pytest.mark.parametrize("skeleton", ALL, ids=lambda s: s.name)
def test_any_skeleton(skeleton: Skeleton) -> None:
    graph, order = adjacency(skeleton), skeleton.mirror
    linked = np.eye(len(skeleton), dtype=bool)
    a, b = skeleton.edge_index()
    linked[a, b] = linked[b, a] = True
    assert np.array_equal(graph.sum(0) > 0, linked)
    assert np.count_nonzero(graph) == linked.sum(), "a bone is in two subsets"
    assert np.allclose(graph.sum((0, 1)), 1)
    assert np.array_equal(graph[:, order][:, :, order], graph), "the mirror child has another graph"
    start = parents(skeleton)
    assert np.allclose(start.sum(1), 1)
    assert np.array_equal(start[order][:, order], start)
    distance, roots = distances(skeleton)
    assert distance.min() == 0
    assert roots[0] == find_roots(skeleton)


def test_centres() -> None:
    def named(skeleton: Skeleton) -> list[str]:
        return [skeleton.names[k] for k in find_roots(skeleton)]

    assert named(BODY25) == ["mid_hip"]
    assert named(COCO18) == ["left_hip", "right_hip"]
    arms = COCO23.subset([f"{s}_{j}" for s in ("left", "right") for j in ("shoulder", "elbow", "wrist")])
    assert named(arms) == ["left_shoulder", "right_shoulder"]
    legs = COCO17.subset(["left_knee", "right_knee", "left_ankle", "right_ankle"])
    assert [[legs.names[k] for k in part] for part in distances(legs)[1]] == [["left_knee", "right_knee"]]
    # a head that no bone joins to the trunk has a centre of its own
    assert [BLAZEPOSE33.names[k] for k in distances(BLAZEPOSE33)[1][1]] == ["nose"]


def test_bones() -> None:
    start = parents(COCO17)
    at = COCO17.index
    assert start[at("left_ankle"), at("left_knee")] == 1
    assert start[at("nose"), at("left_shoulder")] == start[at("nose"), at("right_shoulder")] == 0.5
    assert start[at("left_hip"), at("left_hip")] == start[at("left_hip"), at("right_hip")] == 0.5
    published = published_parents(COCO17)
    assert published[at("left_hip"), at("nose")] == 1
    assert published[at("nose"), at("nose")] == 1
    assert np.array_equal(published_parents(BODY25), parents(BODY25))


def test_a_skeleton_of_your_own() -> None:
    own = find_skeleton({"name": "leg", "names": ["left_hip", "left_knee", "left_ankle"], "bones": [["left_hip", "left_knee"]]})
    assert sizes(own, "spatial") == [3, 1, 1]
    assert find_skeleton("body25") is BODY25


def test_refusals() -> None:
    with pytest.raises(SkelgaitError, match=r"there is no skeleton 'coco19'\. Expected: one of coco17, coco23"):
        find_skeleton("coco19")
    with pytest.raises(SkelgaitError, match="lacks its keypoints or its bones"):
        find_skeleton({"names": ["nose"]})
    with pytest.raises(SkelgaitError, match=r"there is no partition 'uniform'\. Expected: spatial or compat"):
        adjacency(COCO17, "uniform")
    with pytest.raises(SkelgaitError, match="nobody published weights for skeleton 'body25'"):
        adjacency(BODY25, "compat")
