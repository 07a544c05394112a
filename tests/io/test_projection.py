from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import FileError, PoseError
from skelgait.io.projection import METRES_PER_PX, project


def body(frames=60, speed=1.0, heading=0.0, up="Z"):
    """A stiff body that walks along a heading (radians from X), in metres, with any axis up."""
    t = np.linspace(0, 2, frames)[:, None]
    ahead, left = np.array([np.cos(heading), np.sin(heading), 0]), np.array([-np.sin(heading), np.cos(heading), 0])
    place = {"hip": (0, 0.1, 0.9), "ankle": (0, 0.1, 0.1), "heel": (-0.06, 0.1, 0.03), "big_toe": (0.14, 0.1, 0.03)}
    points = {}
    for side, sign in (("left", 1), ("right", -1)):
        for part, (x, y, z) in place.items():
            points[f"{side}_{part}"] = speed * t * ahead + x * ahead + sign * y * left + np.array([0, 0, z])
    order = {"Z": [0, 1, 2], "Y": [1, 2, 0], "X": [2, 0, 1]}[up]
    return {name: xyz[:, order] for name, xyz in points.items()}


@settings(max_examples=25, deadline=None)
@given(heading=st.floats(-3.1, 3.1), up=st.sampled_from("XYZ"), speed=st.sampled_from([0.0, 0.8, 1.5]))
def test_whatever_the_heading_and_the_axis_up(heading, up, speed):
    points = body(heading=heading, up=up, speed=speed)
    names = list(points)
    xy, size, view, info = project(points, "sagittal_right", "x")
    toe, heel, hip, other = (xy[:, names.index(n)] for n in ("left_big_toe", "left_heel", "left_hip", "right_hip"))
    assert view == "sagittal_right"
    assert np.allclose((toe - heel)[:, 0], 200, atol=1e-6)
    assert np.allclose((heel - hip)[:, 1], 870, atol=1e-6)
    assert np.allclose(hip, other, atol=1e-6)
    assert hip[-1, 0] - hip[0, 0] == pytest.approx(2000 * speed, abs=1e-6)
    assert (xy >= 0).all()
    assert (xy.max(axis=(0, 1)) <= size).all()
    assert info["metres_per_px"] == METRES_PER_PX
    front = project(points, "frontal", "x")[0]
    assert np.allclose((front[:, names.index("left_hip")] - front[:, names.index("right_hip")])[:, 0], 200, atol=1e-6)
    oblique = project(points, "oblique", "x")[0]
    assert np.allclose(
        (oblique[:, names.index("left_big_toe")] - oblique[:, names.index("left_heel")])[:, 0], 200 / np.sqrt(2), atol=1e-6
    )


def test_mirror_views():
    points = body()
    right, left = project(points, "sagittal_right", "x")[0], project(points, "sagittal_left", "x")[0]
    assert np.allclose(right[..., 0] + left[..., 0], (right[..., 0] + left[..., 0])[0, 0])
    assert np.allclose(right[..., 1], left[..., 1])


def test_refusals():
    with pytest.raises(PoseError, match=r"unknown view 'side'"):
        project(body(), "side", "x")
    with pytest.raises(
        FileError, match=r"up and down cannot be told in x. Found: left_hip, right_hip. Expected: hips or shoulders, and ankles"
    ):
        project({name: xyz for name, xyz in body().items() if "hip" in name}, None, "x")
    still = {name: xyz for name, xyz in body(speed=0).items() if name in ("left_hip", "left_ankle")}
    with pytest.raises(FileError, match=r"the direction of travel cannot be told in x"):
        project(still, None, "x")
