from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO17
from skelgait.io.poses import read_pose

h5py = pytest.importorskip("h5py")
NODES = ["hip_L", "knee_L", "ankle_L", "toe_L"]


@pytest.fixture
def tracks(walking):
    """(tracks, frames, nodes, 2): one stands, one walks."""
    legs = [11, 13, 15, 9]
    return np.stack([walking(COCO17, 50, start_px=800, speed_px=0)[:, legs], walking(COCO17, 50)[:, legs]])


def write_hdf5(path, tracks, order="matlab", dims=False):
    with h5py.File(path, "w") as file:
        scores = np.full(tracks.shape[:3], 0.9)
        if order == "matlab":
            file["tracks"], file["point_scores"] = tracks.transpose(0, 3, 2, 1), scores.transpose(0, 2, 1)
            words = ["track", "xy", "node", "frame"]
        else:
            file["tracks"], file["point_scores"] = tracks.transpose(1, 2, 3, 0), scores.transpose(1, 2, 0)
            words = ["frame", "node", "xy", "track"]
        if dims:
            file["tracks"].attrs["dims"] = json.dumps(words)
            file["point_scores"].attrs["dims"] = json.dumps([w for w in words if w != "xy"])
        file["node_names"] = [name.encode() for name in NODES]
        file["track_names"] = [b"track_0", b"track_1"][: len(tracks)]


@pytest.mark.parametrize(("order", "dims"), [("matlab", False), ("matlab", True), ("python", False), ("python", True)])
def test_the_analysis_hdf5_in_either_order(tmp_path, tracks, order, dims):
    write_hdf5(tmp_path / "a.h5", tracks, order, dims)
    pose = read_pose(tmp_path / "a.h5", fps=60)
    assert pose.skeleton.names == ("left_hip", "left_knee", "left_ankle", "left_big_toe")
    assert np.allclose(pose.xy, tracks[1])
    assert np.allclose(pose.confidence, 0.9)
    assert np.allclose(read_pose(tmp_path / "a.h5", fps=60, person="track_0").xy, tracks[0])


def test_the_csv(tmp_path, tracks):
    rows = []
    for t in range(50):
        for p in (0, 1):
            if (p, t) == (1, 9):
                continue
            row = {"track": f"track_{p}", "frame_idx": t + 100, "instance.score": 0.9}
            for k, node in enumerate(NODES):
                row |= {f"{node}.x": tracks[p, t, k, 0], f"{node}.y": tracks[p, t, k, 1], f"{node}.score": 0.8}
            rows.append(row)
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    pose = read_pose(tmp_path / "a.csv", fps=60)
    assert np.isnan(pose.xy[9]).all()
    assert np.allclose(np.delete(pose.xy, 9, 0), np.delete(tracks[1], 9, 0))
    assert pose.info["first_frame"] == 100
    pd.DataFrame(rows).assign(track=None).to_csv(tmp_path / "b.csv", index=False)  # never tracked
    assert np.allclose(read_pose(tmp_path / "b.csv", fps=60).xy[10:], tracks[1][10:])


def test_shapes_that_do_not_fit_are_refused(tmp_path, tracks):
    write_hdf5(tmp_path / "a.h5", tracks)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["node_names"]
        file["node_names"] = [b"hip_L", b"knee_L", b"toe_L"]
    with pytest.raises(FileError, match=r"data sets of a.h5 do not fit each other. Found: 3 nodes, tracks"):
        read_pose(tmp_path / "a.h5", fps=60)
    (tmp_path / "b.slp").write_bytes(b"\x00\x01" * 20)
    with pytest.raises(FileError, match=r"b.slp is a SLEAP project. What to do: export it in SLEAP"):
        read_pose(tmp_path / "b.slp", fps=60)
