from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.skeleton import BLAZEPOSE33, COCO17, Skeleton
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.looks import leg_points
from skelgait.estimation.trust import drop_others, drop_outside, find_doubtful
from skelgait.walker import Camera, Walker

SIZE = (640, 360)
PICTURE = (0.0, 0.0, 639.0, 359.0)


def walk(view: str = "sagittal_right", **child: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (T, 33, 2), regions (T, 3) and times of a child who stays in the picture."""
    film = Walker(**child).film(Camera(view=view, size=SIZE), fps=30, duration_s=3, skeleton=BLAZEPOSE33)  # type: ignore[arg-type]
    xy, hips = film.pose.xy, film.pose.point("mid_hip")
    tall = np.nanmedian(np.nanmax(xy[..., 1], axis=1) - np.nanmin(xy[..., 1], axis=1))
    if view.startswith("frontal"):
        tall = np.nanmax(xy[..., 1], axis=1) - np.nanmin(xy[..., 1], axis=1)
    return xy, np.column_stack([hips, np.broadcast_to(tall, len(hips))]), film.pose.time_s


@pytest.mark.parametrize("view", ["sagittal_right", "sagittal_left", "frontal_towards", "frontal_away"])
@pytest.mark.parametrize("crouch_deg", [0.0, 35.0])
def test_whole_bodies_are_believed(view: str, crouch_deg: float) -> None:
    xy, regions, time_s = walk(view, crouch_deg=crouch_deg)
    assert not find_doubtful(xy, BLAZEPOSE33, regions, time_s, (-2000.0, -2000.0, 2000.0, 2000.0)).any()


def test_a_body_squeezed_into_its_lower_half_is_not() -> None:
    xy, regions, time_s = walk()
    squeezed = slice(0, 30)
    feet = np.nanmax(xy[squeezed, :, 1], axis=1)[:, None]
    xy = xy.copy()
    xy[squeezed, :, 1] = feet - 0.6 * (feet - xy[squeezed, :, 1])
    xy[10] = np.nan
    doubtful = find_doubtful(xy, BLAZEPOSE33, regions, time_s, (-2000.0, -2000.0, 2000.0, 2000.0))
    assert doubtful[:27].all()
    assert not doubtful[33:].any()


def test_a_single_odd_frame_is_left_to_cleaning() -> None:
    xy, regions, time_s = walk()
    xy = xy.copy()
    xy[40] = xy[40].mean(axis=0) + 0.5 * (xy[40] - xy[40].mean(axis=0))
    assert not find_doubtful(xy, BLAZEPOSE33, regions, time_s, (-2000.0, -2000.0, 2000.0, 2000.0)).any()


def test_a_leg_cut_off_by_the_edge_is_not_believed_and_the_other_is() -> None:
    xy, regions, time_s = walk()
    xy = xy.copy()
    points, _ = leg_points(BLAZEPOSE33)
    left = [k for k in points if BLAZEPOSE33.names[k].startswith("left")]
    at = 45
    hip = xy[at, BLAZEPOSE33.index("left_hip")]
    xy[at, left] = hip + 0.5 * (xy[at, left] - hip)
    middle = (hip[0] - 200.0, 0.0, hip[0] + 200.0, 359.0)
    edge = (hip[0] - 200.0, 0.0, hip[0] + 10.0, 359.0)
    assert not find_doubtful(xy, BLAZEPOSE33, regions, time_s, middle)[at].any()
    there = find_doubtful(xy, BLAZEPOSE33, regions, time_s, edge)
    assert np.flatnonzero(there[at]).tolist() == sorted(left)
    assert not there[:at].any()


def test_the_body_of_somebody_else_is_not_the_subjects() -> None:
    xy, regions, _ = walk()
    adult = regions * [1, 1, 1.5] + [60, -0.25 * regions[0, 2], 0]
    theirs = adult[:, None, :2] + 1.5 * (xy - regions[:, None, :2])
    seen = [[Estimate(a, np.ones(33)), Estimate(b, np.ones(33))] for a, b in zip(xy, theirs, strict=True)]
    seen[3] = []
    kept = drop_others(seen, regions, adult[None], BLAZEPOSE33)
    assert [len(row) for row in kept] == [0 if k == 3 else 1 for k in range(len(xy))]
    assert all(row[0] is seen[k][0] for k, row in enumerate(kept) if row)
    adult[:] = np.nan  # out of view
    assert drop_others(seen, regions, adult[None], BLAZEPOSE33) == seen
    assert drop_others(seen, regions, np.empty((0, len(xy), 3)), BLAZEPOSE33) == seen
    same = np.broadcast_to(regions, (1, *regions.shape))  # somebody in the very same place: no reason to drop
    assert all(len(a) == 1 for a in drop_others([row[:1] for row in seen if row], regions[1:], same[:, 1:], BLAZEPOSE33))


def test_too_little_to_tell() -> None:
    xy, regions, time_s = walk()
    assert not find_doubtful(np.full_like(xy, np.nan), BLAZEPOSE33, regions, time_s, PICTURE).any()
    assert not find_doubtful(xy[:4], BLAZEPOSE33, regions[:4], time_s[:4], PICTURE).any()
    arm = Skeleton("arm", ("left_wrist", "right_wrist"))
    assert not find_doubtful(xy[:, :2], arm, regions, time_s, PICTURE).any()


def test_what_lies_outside_is_missing() -> None:
    xy = np.full((2, 17, 2), 100.0)
    xy[0, 3], xy[0, 4], xy[1, 5] = (-1, 100), (100, 360), (np.nan, 3)
    gone = np.isnan(drop_outside(xy, COCO17, PICTURE)).all(axis=2)
    assert np.argwhere(gone).tolist() == [[0, 3], [0, 4], [1, 5]]


def test_shoulders_on_the_hips_are_invented() -> None:
    xy, _, _ = walk()
    legs, _ = leg_points(BLAZEPOSE33)
    assert not np.isnan(drop_outside(xy, BLAZEPOSE33, (-2000.0, -2000.0, 2000.0, 2000.0))).any()
    squeezed = xy.copy()
    above = np.setdiff1d(np.arange(33), legs)
    squeezed[:, above, 1] = regions_top(xy) - 0.2 * (regions_top(xy) - xy[:, above, 1])
    out = drop_outside(squeezed, BLAZEPOSE33, (-2000.0, -2000.0, 2000.0, 2000.0))
    assert np.isnan(out[:, above]).all()
    np.testing.assert_array_equal(out[:, legs], xy[:, legs])


def regions_top(xy: np.ndarray) -> np.ndarray:
    """(T, 1) height of the hips in the picture."""
    return xy[:, [BLAZEPOSE33.index("left_hip")], 1]
