from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO17, HALPE26
from skelgait.io.poses import read_pose, write_pose


def write_trc(path, labels, xyz, *, fps=100, units="mm", start=1):
    """A TRC as OpenSim and Vicon write it: xyz (T, M, 3), NaN as empty cells."""
    head = [
        "PathFileType\t4\t(X/Y/Z)\tx.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
    ]
    head += [
        f"{fps}\t{fps}\t{len(xyz)}\t{len(labels)}\t{units}\t{fps}\t1\t{len(xyz)}",
        "Frame#\tTime\t" + "\t\t\t".join(labels) + "\t\t",
    ]
    head += ["\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(labels) + 1)), ""]
    rows = []
    for i, frame in enumerate(xyz):
        rows.append("\t".join([str(start + i), f"{i / fps:.5f}", *("" if np.isnan(v) else f"{v:.6f}" for v in frame.ravel())]))
    path.write_text("\n".join(head + rows) + "\n")
    return path


def side_walk(walking, frames=60):
    """Marker positions (T, M, 3) in metres of somebody of 1.6 m who walks along +X with Y up, Z to their right."""
    names = [f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle", "heel", "big_toe")]
    xy = walking(HALPE26.subset(names), frames, height_px=1600, ground_px=0, speed_px=15) / 1000
    z = np.where([name.startswith("left") for name in names], -0.09, 0.09) + 0.02 * np.sin(np.arange(frames) / 5)[:, None]
    return names, np.dstack([xy[..., 0], -xy[..., 1], z])


@pytest.mark.parametrize(("units", "factor"), [("mm", 1000), ("m", 1)])
def test_opensim_markers_are_projected(tmp_path, walking, units, factor):
    names, xyz = side_walk(walking)
    labels = [f"{n[0].upper()}{n.split('_', 1)[1].title().replace('_', '')}" for n in names]
    write_trc(tmp_path / "a.trc", labels, xyz * factor, units=units)
    pose = read_pose(tmp_path / "a.trc")
    assert (pose.fps, pose.view, pose.info["metres_per_px"]) == (100, "sagittal_right", 0.001)
    for k, name in enumerate(names):
        want = np.c_[xyz[:, k, 0], -xyz[:, k, 1]] * 1000
        moved = pose.point(name) - want
        assert np.allclose(moved, moved[0], atol=1.0)  # the sway turns the direction of travel a little
    assert np.allclose(pose.point("left_knee") - pose.point("left_hip"), (xyz[:, 1] - xyz[:, 0])[:, :2] * (1000, -1000), atol=0.2)


def test_the_views_of_a_walk_along_x(tmp_path, walking):
    names, xyz = side_walk(walking)
    write_trc(tmp_path / "a.trc", ["Anna:" + n for n in names], xyz, units="m")
    right = read_pose(tmp_path / "a.trc", view="sagittal_right").point("left_hip")
    left = read_pose(tmp_path / "a.trc", view="sagittal_left").point("left_hip")
    assert right[-1, 0] > right[0, 0]
    assert np.allclose(np.diff(left[:, 0]), -np.diff(right[:, 0]))
    for view, sign in (("frontal_towards", 1), ("frontal_away", -1)):
        pose = read_pose(tmp_path / "a.trc", view=view)
        assert pose.view == view
        # the left hip stands at image right of somebody seen from the front
        assert np.allclose((pose.point("left_hip") - pose.point("right_hip"))[:, 0], sign * 180, atol=0.1)
    assert read_pose(tmp_path / "a.trc", view="frontal").view == "frontal_towards"


def test_sports2d_pixels_are_taken_as_they_are(tmp_path, walking):
    names = [n for n in HALPE26.names if n not in ("left_eye", "right_eye", "left_ear", "right_ear")]
    skeleton = HALPE26.subset(names)
    xy = walking(skeleton, 30)
    xy[4, 3] = np.nan
    labels = [
        n.replace("left_", "L").replace("right_", "R").replace("big_toe", "BigToe").replace("small_toe", "SmallToe") for n in names
    ]
    write_trc(
        tmp_path / "px.trc", labels, np.dstack([xy, np.where(np.isnan(xy[..., :1]), np.nan, 0)]), units="m", fps=30
    )  # "m" is what it writes
    pose = read_pose(tmp_path / "px.trc", view="sagittal_right")
    assert pose.skeleton.names == tuple(names)
    assert np.allclose(pose.xy, xy, equal_nan=True, atol=1e-5)
    assert "metres_per_px" not in pose.info


def test_sports2d_metres_are_turned_down(tmp_path, walking):
    xy = walking(COCO17, 30, height_px=1700, ground_px=0) / 1000
    write_trc(
        tmp_path / "m.trc",
        COCO17.names,
        np.dstack([xy[..., 0], -xy[..., 1], np.tile(np.linspace(-0.1, 0.1, 17), (30, 1))]),
        units="m",
        fps=30,
    )
    pose = read_pose(tmp_path / "m.trc")
    assert pose.info["metres_per_px"] == 0.001
    assert np.allclose(pose.xy, xy * 1000, atol=0.01)
    assert pose.skeleton is COCO17


def test_round_trip_in_pixels(tmp_path, walk):
    steady = walk.with_(time_s=None)
    write_pose(steady, tmp_path / "a.trc")
    back = read_pose(tmp_path / "a.trc", view="sagittal_right")
    assert (back.fps, back.skeleton, back.n_frames) == (60, walk.skeleton, 40)
    assert np.allclose(back.xy, walk.xy, equal_nan=True, atol=1e-9)
    write_pose(walk, tmp_path / "uneven.trc")
    assert np.allclose(read_pose(tmp_path / "uneven.trc").time_s, walk.time_s)


def test_round_trip_in_metres(tmp_path, walk):
    write_pose(walk.with_(info={"metres_per_px": 0.004}), tmp_path / "a.trc")
    back = read_pose(tmp_path / "a.trc")
    scale = back.info["metres_per_px"] / 0.004
    assert np.allclose(back.xy * scale, walk.xy, equal_nan=True, atol=1e-6)


def test_refusals(tmp_path, walking):
    names, xyz = side_walk(walking)
    path = write_trc(tmp_path / "a.trc", names, xyz, units="m")
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    (tmp_path / "cut.trc").write_text("".join(lines[:40]))
    with pytest.raises(FileError, match=r"cut.trc breaks off. Found: 34 frames. Expected: 60, by its header"):
        read_pose(tmp_path / "cut.trc")
    (tmp_path / "mid.trc").write_text("".join(lines[:40])[:-30])
    with pytest.raises(FileError, match=r"mid.trc breaks off|mid.trc are not numbers"):
        read_pose(tmp_path / "mid.trc")
    (tmp_path / "few.trc").write_text(text.replace("\t10\tm\t", "\t12\tm\t"))
    with pytest.raises(FileError, match=r"columns of few.trc do not fit its header. Found: 32 columns, 10 names, NumMarkers 12"):
        read_pose(tmp_path / "few.trc")
    write_trc(tmp_path / "odd.trc", [f"M{i}" for i in range(10)], xyz, units="m")
    with pytest.raises(FileError, match=r"no marker of odd.trc is known. Found: M0, M1"):
        read_pose(tmp_path / "odd.trc")
    write_trc(tmp_path / "yard.trc", names, xyz, units="yard")
    with pytest.raises(FileError, match=r"the unit of yard.trc is not known. Found: 'yard'"):
        read_pose(tmp_path / "yard.trc")
    (tmp_path / "head.trc").write_text("PathFileType\t4\n")
    with pytest.raises(FileError, match=r"header of head.trc is not a TRC's"):
        read_pose(tmp_path / "head.trc")
