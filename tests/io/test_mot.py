from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.gait.angles import joint_angles
from skelgait.io.mot import write_mot
from skelgait.walker import Camera, Walker


def read_mot(path: Path) -> tuple[dict[str, str], pd.DataFrame]:
    """A motion file, by the rules of OpenSim's Storage: header to ``endheader``, labels, as many rows and columns as it says."""
    head, body = path.read_text(encoding="ascii").split("endheader\n")
    header = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    labels, *rows = [line.split("\t") for line in body.splitlines()]
    assert len(rows) == int(header["nRows"])
    assert {len(row) for row in [labels, *rows]} == {int(header["nColumns"])}
    return header, pd.DataFrame(np.array(rows, float), columns=labels).set_index("time")


@pytest.fixture(scope="module")
def angles() -> pd.DataFrame:
    return joint_angles(Walker().film(fps=60, duration_s=4).pose)


def test_a_walk_from_the_side(tmp_path, angles):
    write_mot(angles, tmp_path / "walk.mot")
    header, motion = read_mot(tmp_path / "walk.mot")
    assert (tmp_path / "walk.mot").read_text().startswith("Coordinates\nversion=1\n")
    assert header["inDegrees"] == "yes"
    assert np.allclose(motion.index, angles.index, atol=1e-9)
    assert set(motion) == {"pelvis_tilt", *(f"{joint}_{s}" for joint in ("hip_flexion", "knee_angle", "ankle_angle") for s in "rl")}
    for s, side in (("r", "right"), ("l", "left")):
        assert np.allclose(motion[f"knee_angle_{s}"], -angles[f"{side}_knee_flexion_deg"], atol=1e-6)
        assert np.allclose(motion[f"ankle_angle_{s}"], angles[f"{side}_ankle_dorsiflexion_deg"], atol=1e-6)
        # the thigh stands in space as it was seen
        assert np.allclose(motion[f"hip_flexion_{s}"] + motion["pelvis_tilt"], angles[f"{side}_thigh_flexion_deg"], atol=1e-6)


def test_the_knee_turns_with_the_model(tmp_path, angles):
    write_mot(angles, tmp_path / "a.mot", model="gait2392")
    write_mot(angles, tmp_path / "b.mot", model="rajagopal")
    (_, a), (_, b) = read_mot(tmp_path / "a.mot"), read_mot(tmp_path / "b.mot")
    assert a["knee_angle_r"].min() < -50
    assert b["knee_angle_r"].max() > 50
    knees = ["knee_angle_r", "knee_angle_l"]
    assert (a[knees] == -b[knees]).all(axis=None)
    pd.testing.assert_frame_equal(a.drop(columns=knees), b.drop(columns=knees))


def test_from_the_front_the_trunk_stands_on_the_pelvis(tmp_path):
    table = pd.DataFrame(
        {"pelvis_left_up_deg": [4.0, -3.0], "trunk_left_lean_deg": [0.0, 2.0], "left_knee_valgus_deg": [8.0, 9.0]},
        index=pd.Index([0.0, 0.1], name="time_s"),
    )
    write_mot(table, tmp_path / "a.mot")
    _, motion = read_mot(tmp_path / "a.mot")
    assert motion["pelvis_list"].tolist() == [4, -3]
    assert motion["lumbar_bending"].tolist() == [-4, 1]  # a trunk upright on a pelvis raised on the left bends to the left
    assert set(motion) == {"pelvis_list", "lumbar_bending"}


def test_a_filmed_front_view_has_its_coordinates(tmp_path):
    angles = joint_angles(Walker().film(Camera(view="frontal_towards"), fps=60, duration_s=4).pose)
    write_mot(angles, tmp_path / "a.mot", missing="nan")
    _, motion = read_mot(tmp_path / "a.mot")
    assert {"pelvis_list", "lumbar_bending", "hip_adduction_r", "hip_adduction_l"} == set(motion)
    assert np.allclose(motion["hip_adduction_r"], angles["right_hip_adduction_deg"], atol=1e-6, equal_nan=True)


def test_gaps_are_refused_or_written(tmp_path, angles):
    holed = angles.copy()
    holed.iloc[3:5, holed.columns.get_loc("left_knee_flexion_deg")] = np.nan
    holed["right_ankle_dorsiflexion_deg"] = np.nan
    with pytest.raises(SkelgaitError, match=r"every angle at every time. Found: 1 of 6 with gaps; knee_angle_l lacks 2 of \d+"):
        write_mot(holed, tmp_path / "a.mot")
    assert os.listdir(tmp_path) == []
    write_mot(holed, tmp_path / "a.mot", missing="nan")
    _, motion = read_mot(tmp_path / "a.mot")
    assert motion["knee_angle_l"].isna().to_numpy().nonzero()[0].tolist() == [3, 4]
    assert "ankle_angle_r" not in motion


def test_refusals(tmp_path, angles):
    with pytest.raises(FileError, match=r"a.sto is no name of a motion file"):
        write_mot(angles, tmp_path / "a.sto")
    with pytest.raises(SkelgaitError, match=r"unknown model for a motion file. Found: 'gait10'"):
        write_mot(angles, tmp_path / "a.mot", model="gait10")
    with pytest.raises(SkelgaitError, match=r"unknown missing for a motion file. Found: 'zero'"):
        write_mot(angles, tmp_path / "a.mot", missing="zero")
    with pytest.raises(SkelgaitError, match=r"times of the angles do not increase"):
        write_mot(angles.iloc[::-1], tmp_path / "a.mot")
    with pytest.raises(SkelgaitError, match=r"none of the angles has a coordinate"):
        write_mot(angles[["left_shank_lean_deg"]], tmp_path / "a.mot")
    with pytest.raises(FileError, match=r"no folder"):
        write_mot(angles, tmp_path / "nowhere" / "a.mot")
    assert os.listdir(tmp_path) == []
