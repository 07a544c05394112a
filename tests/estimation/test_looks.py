from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.skeleton import BLAZEPOSE33, Skeleton
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.looks import agreeing, choose_over_time, leg_points, with_same_sides
from skelgait.walker import Camera, Walker

LEGS, OTHERS = leg_points(BLAZEPOSE33)


def bodies() -> tuple[np.ndarray, np.ndarray]:
    """A child who walks past at 30 frames a second: joints (T, 33, 2), and regions (T, 3)."""
    walk = Walker(cadence_spm=120).film(Camera(size=(640, 360)), fps=30, duration_s=2, skeleton=BLAZEPOSE33)
    hips = walk.pose.point("mid_hip")
    ankles = 0.5 * (walk.pose.point("left_ankle") + walk.pose.point("right_ankle"))
    return walk.pose.xy, np.column_stack([hips, np.full(len(hips), np.median(ankles[:, 1] - hips[:, 1]) / 0.43)])


def exchanged(xy: np.ndarray) -> np.ndarray:
    out = xy.copy()
    out[..., LEGS, :] = xy[..., OTHERS, :]
    return out


def merged(xy: np.ndarray) -> np.ndarray:
    """Both legs drawn on the left one, as networks do where legs pass."""
    out = xy.copy()
    for k in LEGS:
        if BLAZEPOSE33.names[k].startswith("right"):
            out[..., k, :] = xy[..., BLAZEPOSE33.mirror[k], :]
    return out


def estimates(*looks: np.ndarray, votes: tuple[float, ...] = ()) -> list[Estimate]:
    return [Estimate(xy, np.ones(33), votes=v) for xy, v in zip(looks, votes or (0.9,) * len(looks), strict=True)]


def test_averaging_never_mixes_left_with_right() -> None:
    first = np.random.default_rng(0).normal(0, 100, (33, 2))
    looks, confidence = with_same_sides(np.array([first, exchanged(first + 1)]), np.array([np.arange(33.0)] * 2), BLAZEPOSE33)
    np.testing.assert_allclose(looks[1], first + 1)
    assert confidence[0].tolist() == list(range(33))
    assert confidence[1][LEGS].tolist() == OTHERS.tolist()


def test_looks_that_saw_the_same_legs_go_together() -> None:
    body = bodies()[0][20]
    nudged, elsewhere = body + [3, -3], body + 0.0
    elsewhere[BLAZEPOSE33.index("right_ankle")] += [60, 0]
    leg = 100.0
    assert agreeing(np.array([body]), BLAZEPOSE33, leg) == [(0,)]
    assert agreeing(np.array([body, nudged]), BLAZEPOSE33, leg) == [(0, 1), (0,), (1,)]
    assert agreeing(np.array([body, elsewhere, nudged]), BLAZEPOSE33, leg) == [(0, 2), (0,), (1,), (2,)]


@given(seed=st.integers(0, 99))
@settings(max_examples=8, deadline=None)
def test_what_moves_as_bodies_do_is_kept(seed: int) -> None:
    true, regions = bodies()
    random = np.random.default_rng(seed)
    seen, right = [], []
    for xy in true:
        good = xy + random.normal(0, 1, xy.shape)
        bad = xy + random.normal(0, 25, (1, 2)) if random.random() < 0.5 else merged(xy)
        looks = [good, bad] if random.random() < 0.5 else [good]  # the wrong one is as sure
        if random.random() < 0.5:
            looks[0] = exchanged(looks[0])  # a name is no evidence
        random.shuffle(looks)  # type: ignore[arg-type]
        seen.append(estimates(*looks))
        right.append(good)
    path = choose_over_time(seen, regions, np.arange(len(true)) / 30, BLAZEPOSE33)
    assert all(path)
    kept = np.array([np.sort(one.xy[LEGS], axis=0) for one in path if one])
    off = np.abs(kept - np.sort(np.array(right)[:, LEGS], axis=1)).max(axis=(1, 2))
    clear = np.array([np.abs(merged(xy) - xy).max() > 8 for xy in true])
    assert (off[clear] > 8).mean() < 0.06


def test_of_two_that_move_alike_the_one_more_looks_saw() -> None:
    true, regions = bodies()
    seen = [estimates(xy, xy + [2, 0], votes=(0.9, 1.8)) for xy in true]
    path = choose_over_time(seen, regions, np.arange(len(true)) / 30, BLAZEPOSE33)
    assert all(one is choices[1] for one, choices in zip(path, seen, strict=True))


def test_frames_without_anybody_stay_without() -> None:
    true, regions = bodies()
    regions[5] = np.nan
    seen = [estimates(xy) if k not in (0, 5, 6) else [] for k, xy in enumerate(true)]
    seen[7] = estimates(merged(true[7]) + [30, 0], true[7])
    path = choose_over_time(seen, regions, np.arange(len(true)) / 30, BLAZEPOSE33)
    assert [k for k, one in enumerate(path) if one is None] == [0, 5, 6]
    assert path[7] is seen[7][1]
    assert choose_over_time([[], []], regions[:2], np.arange(2.0), BLAZEPOSE33) == [None, None]


def test_a_layout_without_legs_takes_the_first() -> None:
    arm = Skeleton("arm", ("left_wrist", "right_wrist"))
    seen = [[Estimate(np.full((2, 2), float(k)), np.ones(2)) for k in range(2)]] * 3
    path = choose_over_time(seen, np.full((3, 3), 9.0), np.arange(3.0), arm)
    assert [one.xy[0, 0] for one in path if one] == [0, 0, 0]


def test_missing_points_are_no_evidence() -> None:
    true, regions = bodies()
    half = true[10].copy()
    half[LEGS[::2]] = np.nan
    seen = [estimates(xy) for xy in true]
    seen[10] = estimates(merged(true[10]) + [40, 0], half)
    assert choose_over_time(seen, regions, np.arange(len(true)) / 30, BLAZEPOSE33)[10] is seen[10][1]
