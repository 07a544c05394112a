"""Tables go to Parquet and back by pandas alone: nothing in them needs code of ours."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import FileError, NotInstalled
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import Trial
from skelgait.gait.angles import joint_angles
from skelgait.gait.describe import describe, validity
from skelgait.gait.events import detect_events
from skelgait.io.poses import read_pose, write_pose
from skelgait.signals.clean import clean
from skelgait.walker import Walker


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    pose = Walker().film(fps=60, duration_s=4, dropout=0.1, random_state=0).pose
    trial = Trial("child", pose)
    return {
        "pose": pose.to_frame(),
        "events": detect_events(pose).to_frame(),
        "angles": joint_angles(pose),
        "describe": describe([trial]),
        "validity": validity([trial]),
    }


@pytest.mark.parametrize("name", ["pose", "events", "angles", "describe", "validity"])
def test_a_table_comes_back_from_parquet(tmp_path, tables, name):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra: interchange)")
    table = tables[name]
    table.to_parquet(tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(
        back, table, check_index_type=False, check_column_type=False
    )  # names come back as str, not object
    assert back.index.tolist() == table.index.tolist()
    assert back.index.name == table.index.name


@pytest.fixture
def raw() -> PoseSequence:
    return clean(Walker().film(fps=60, duration_s=2, dropout=0.05, swaps=1, random_state=0).pose).with_(source="a.mp4")


def test_a_pose_comes_back_whole(tmp_path: Path, raw: PoseSequence) -> None:
    pytest.importorskip("pyarrow")
    write_pose(raw, tmp_path / "a.parquet")
    back = read_pose(tmp_path / "a.parquet")
    for name in ("xy", "confidence", "filled", "swapped", "time_s"):
        np.testing.assert_array_equal(getattr(back, name), getattr(raw, name))
    assert (back.fps, back.view, back.size, back.source, back.steps) == (raw.fps, raw.view, raw.size, raw.source, raw.steps)
    assert back.skeleton == raw.skeleton


def test_a_long_table_of_somebody_else(tmp_path: Path, raw: PoseSequence) -> None:
    pytest.importorskip("pyarrow")
    table = raw.to_frame().rename(columns={"x_px": "x", "y_px": "y"})[["frame", "keypoint", "x", "y", "confidence"]]
    table.to_parquet(tmp_path / "a.parquet")
    back = read_pose(tmp_path / "a.parquet", fps=60)
    np.testing.assert_array_equal(back.point("left_ankle"), raw.point("left_ankle"))


def test_parquet_that_is_no_pose_or_is_cut(tmp_path: Path, raw: PoseSequence) -> None:
    pytest.importorskip("pyarrow")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(FileError, match=r"a.parquet holds no keypoints. Found: columns a. Expected: frame, keypoint, x, y"):
        read_pose(tmp_path / "a.parquet", fps=60)
    write_pose(raw, tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes((tmp_path / "b.parquet").read_bytes()[:3000])
    with pytest.raises(FileError, match=r"c.parquet breaks off, or is damaged"):
        read_pose(tmp_path / "c.parquet")


def test_without_pyarrow_it_is_said_how_to_get_it(tmp_path: Path, raw: PoseSequence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(NotInstalled, match=r"needs pyarrow, which is not installed. What to do: pip install .skelgait.parquet"):
        write_pose(raw, tmp_path / "a.parquet")
