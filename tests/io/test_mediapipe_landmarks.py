from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import FileError, PoseError
from skelgait.core.skeleton import BLAZEPOSE33
from skelgait.io.poses import read_pose

SIZE = (1280, 720)


@pytest.fixture
def landmarks(walking):
    """xy in pixels, and the same as shares of the image with visibility: (T, 33, 4)."""
    xy = walking(BLAZEPOSE33, 30, ground_px=700)
    shares = xy / SIZE
    return xy, np.dstack([shares, np.zeros((30, 33)), np.full((30, 33), 0.7)])


@pytest.mark.parametrize(
    "pattern",
    [
        "{field}_{i}",
        "{field}{j}",
        "{i}_{field}",
        "landmark_{i}_{field}",
        "{NAME}_{field}",
        "{name}.{field}",
        "{field}_{name}",
        "Pose {j} {field}",
    ],
)
def test_every_habit_of_naming_columns(tmp_path, landmarks, pattern):
    xy, values = landmarks
    columns = {}
    for i, name in enumerate(BLAZEPOSE33.names):
        for f, field in enumerate(("x", "y", "z", "visibility")):
            columns[pattern.format(field=field, i=i, j=i + 1, name=name, NAME=name.upper())] = values[:, i, f]
    table = pd.DataFrame({"frame": np.arange(30), "timestamp_ms": np.round(np.arange(30) * 1000 / 60), **columns})
    table.to_csv(tmp_path / "a.csv", index=False)
    pose = read_pose(tmp_path / "a.csv", size=SIZE)
    assert pose.skeleton is BLAZEPOSE33
    assert np.allclose(pose.xy, xy)
    assert np.allclose(pose.confidence, 0.7)
    assert pose.fps == 60
    assert pose.is_uniform  # whole milliseconds are no unsteady camera


def test_the_size_may_stand_in_the_file(tmp_path, landmarks):
    xy, values = landmarks
    columns = {f"{field}_{i}": values[:, i, f] for i in range(33) for f, field in enumerate(("x", "y"))}
    pd.DataFrame({**columns, "width": 1280, "height": 720}).to_csv(tmp_path / "a.csv", index=False)
    assert np.allclose(read_pose(tmp_path / "a.csv", fps=30).xy, xy)
    (tmp_path / "b.csv").write_text(
        "# fps=50 width=1280 height=720 view=sagittal_left\n" + pd.DataFrame(columns).to_csv(index=False)
    )
    pose = read_pose(tmp_path / "b.csv")
    assert np.allclose(pose.xy, xy)
    assert (pose.fps, pose.view, pose.size) == (50, "sagittal_left", SIZE)
    pd.DataFrame(columns).to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(PoseError, match=r"shares of the image, not pixels"):
        read_pose(tmp_path / "c.csv", fps=30)


def test_presence_counts_and_empty_cells_are_missing(tmp_path, landmarks):
    values = landmarks[1]
    columns = {f"{field}_{i}": values[:, i, f] for i in range(33) for f, field in enumerate(("x", "y", "z", "visibility"))}
    columns |= {f"presence_{i}": np.full(30, 0.5) for i in range(33)}
    table = pd.DataFrame(columns)
    table.loc[4] = np.nan
    table.to_csv(tmp_path / "a.csv", index=False)
    pose = read_pose(tmp_path / "a.csv", fps=30, size=SIZE)
    assert np.isnan(pose.xy[4]).all()
    assert np.allclose(pose.confidence[5], 0.35)


def test_a_semicolon_table_with_decimal_commas(tmp_path, walking):
    xy = walking(BLAZEPOSE33, 10)
    columns = {f"{name}_{axis}": xy[:, k, a] + 0.25 for k, name in enumerate(BLAZEPOSE33.names) for a, axis in enumerate("xy")}
    pd.DataFrame(columns).to_csv(tmp_path / "a.csv", index=False, sep=";", decimal=",")
    assert np.allclose(read_pose(tmp_path / "a.csv", fps=30).xy, xy + 0.25)


def test_any_tool_with_an_x_and_a_y_column_a_keypoint(tmp_path, walking):
    names = ["LHip", "LKnee", "LAnkle", "hat"]
    xy = walking(BLAZEPOSE33, 10)[:, :4]
    columns = {f"{name}_{axis}": xy[:, k, a] for k, name in enumerate(names) for a, axis in enumerate("xy")}
    pd.DataFrame({"time": np.arange(10) / 25, **columns}).to_csv(tmp_path / "a.csv", index=False)
    pose = read_pose(tmp_path / "a.csv")
    assert pose.skeleton.names == ("left_hip", "left_knee", "left_ankle", "hat")
    assert pose.fps == 25


def test_arrays(tmp_path, landmarks):
    xy, values = landmarks
    np.savez(tmp_path / "a.npz", landmarks=values, fps=60, width=1280, height=720)
    pose = read_pose(tmp_path / "a.npz")
    assert np.allclose(pose.xy, xy)
    assert np.allclose(pose.confidence, 0.7)
    assert pose.fps == 60
    np.savez(tmp_path / "b.npz", pose_landmarks=np.dstack([values, np.full((30, 33), 0.5)]))
    assert np.allclose(read_pose(tmp_path / "b.npz", fps=30, size=SIZE).confidence, 0.35)
    np.savez(tmp_path / "c.npz", landmarks=values[:, :20])
    with pytest.raises(
        FileError, match=r"not 33 landmarks a frame, and there are no names.*Found: shape \(30, 20, 4\).*save the names too"
    ):
        read_pose(tmp_path / "c.npz", fps=30)


def test_text_in_a_coordinate_is_refused(tmp_path, landmarks):
    columns = {f"{field}_{i}": landmarks[1][:, i, f] for i in range(33) for f, field in enumerate(("x", "y"))}
    table = pd.DataFrame(columns).astype(object)
    table.loc[3, "x_7"] = "lost"
    table.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(FileError, match=r"column x_7 of a.csv holds text"):
        read_pose(tmp_path / "a.csv", fps=30)
