from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO17
from skelgait.io.poses import read_pose

PARTS = ["left hip", "LKnee", "ankle_l", "l_heel", "toe_left", "hat"]
OURS = ("left_hip", "left_knee", "left_ankle", "left_heel", "left_big_toe", "hat")


def table_of(people, names=None):
    """DeepLabCut's table of people (P, T, K, 2)."""
    values = [np.dstack([one, np.full(one.shape[:2], 0.95)]).reshape(len(one), -1) for one in people]
    levels = [["DLC_resnet50"], PARTS, ["x", "y", "likelihood"]]
    words = ["scorer", "bodyparts", "coords"]
    if names:
        levels.insert(1, names)
        words.insert(1, "individuals")
    return pd.DataFrame(np.hstack(values), columns=pd.MultiIndex.from_product(levels, names=words))


@pytest.fixture
def legs(walking):
    return walking(COCO17, 40)[:, [11, 13, 15, 9, 7, 0]]


def test_three_header_rows(tmp_path, legs):
    table_of([legs]).to_csv(tmp_path / "a.csv")
    pose = read_pose(tmp_path / "a.csv", fps=100)
    assert pose.skeleton.names == OURS
    assert np.allclose(pose.xy, legs)
    assert np.allclose(pose.confidence, 0.95)


def test_four_header_rows_and_an_individual_by_name(tmp_path, legs):
    still = np.repeat(legs[:1] + (900, 0), 40, axis=0)
    table_of([still, legs], ["anna", "ben"]).to_csv(tmp_path / "a.csv")
    assert np.allclose(read_pose(tmp_path / "a.csv", fps=100).xy, legs)
    assert np.allclose(read_pose(tmp_path / "a.csv", fps=100, person="anna").xy, still)
    assert np.allclose(read_pose(tmp_path / "a.csv", fps=100, person=0).xy, still)


def test_gaps_are_nan(tmp_path, legs):
    legs = legs.copy()
    legs[3, 2] = np.nan
    table_of([legs]).to_csv(tmp_path / "a.csv")
    pose = read_pose(tmp_path / "a.csv", fps=100)
    assert np.isnan(pose.xy[3, 2]).all()
    assert pose.confidence[3, 2] == 0


def write_hdf5(path, table):
    """The file pandas writes with format="table": column names pickled in an attribute (checked against pandas with PyTables)."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["pandas_type"] = np.bytes_(b"frame_table")
        rows = np.zeros(len(table), dtype=[("index", "<i8"), ("values_block_0", "<f8", (table.shape[1],))])
        rows["index"], rows["values_block_0"] = np.arange(len(table)), table.to_numpy()
        group["table"] = rows
        group["table"].attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(list(table.columns), 0))


def test_hdf5_without_pytables(tmp_path, legs):
    write_hdf5(tmp_path / "a.h5", table_of([legs + 50, legs], ["anna", "ben"]))
    pose = read_pose(tmp_path / "a.h5", fps=100, person="ben")
    assert pose.skeleton.names == OURS
    assert np.allclose(pose.xy, legs)


def test_hdf5_in_pandas_fixed_form(tmp_path, legs):
    h5py = pytest.importorskip("h5py")
    table = table_of([legs])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["pandas_type"] = np.bytes_(b"frame")
        group.attrs["block0_items_nlevels"] = 3
        group["block0_values"] = table.to_numpy()
        for i, (level, codes) in enumerate(zip(table.columns.levels, table.columns.codes, strict=True)):
            group[f"block0_items_level{i}"] = [name.encode() for name in level]
            group[f"block0_items_label{i}"] = np.asarray(codes, np.int8)
    assert np.allclose(read_pose(tmp_path / "a.h5", fps=100).xy, legs)


def test_refusals(tmp_path, legs):
    pytest.importorskip("h5py")
    write_hdf5(tmp_path / "a.h5", table_of([legs]))
    raw = (tmp_path / "a.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(FileError, match=r"cut.h5 breaks off or is no HDF5 file"):
        read_pose(tmp_path / "cut.h5", fps=30)
    text = table_of([legs]).to_csv()
    (tmp_path / "b.csv").write_text(text.replace("0.95", "high", 1))
    with pytest.raises(FileError, match=r"a coordinate of b.csv is not a number"):
        read_pose(tmp_path / "b.csv", fps=30)
    table_of([legs]).iloc[:0].to_csv(tmp_path / "c.csv")
    with pytest.raises(FileError, match=r"c.csv (has a header and no rows|is not a table)"):
        read_pose(tmp_path / "c.csv", fps=30)


def test_without_h5py_it_says_what_to_install(tmp_path, legs, monkeypatch):
    import sys

    from skelgait.core.errors import NotInstalled

    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(50))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(
        NotInstalled, match=r"a.h5 is an HDF5 file, and h5py is not installed. What to do: pip install h5py, or export the CSV"
    ):
        read_pose(tmp_path / "a.h5", fps=30)
