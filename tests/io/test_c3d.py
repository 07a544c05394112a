from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from skelgait.core.errors import FileError, NotInstalled
from skelgait.io.poses import read_pose

pytest.importorskip("ezc3d")
WALKS = ("btk_A_gait1", "c3dorg_crouchwalk", "gaitalytics_treadmill", "sydney_gait03")
LEGS = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle", "heel", "big_toe"))


def write_c3d(path, labels, xyz, *, rate=100.0, unit="mm", first=0, events=()):
    """A C3D of points xyz (T, M, 3), NaN as a negative residual; events (time_s from the first frame of the trial, side, word)."""
    import ezc3d

    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [rate]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(labels)
    file["parameters"]["POINT"]["UNITS"]["value"] = [unit]
    points = np.ones((4, len(labels), len(xyz)))
    points[:3] = np.moveaxis(xyz, -1, 0).transpose(0, 2, 1)
    file["data"]["points"] = points
    file["data"]["meta_points"] = {
        "residuals": np.where(np.isnan(points[0]), -1.0, 0.0)[None],
        "camera_masks": np.zeros((7, len(labels), len(xyz)), bool),
    }
    for time_s, side, word in events:
        file.add_event(time=[0, time_s], context=side, label=word)
    file["header"]["points"]["first_frame"] = first
    file.write(str(path))
    return path


def lab_walk(*, frames=150, direction=(1.0, 0.0), turn=False):
    """Pelvis, knee and foot markers in millimetres of somebody who walks in a laboratory with Z up."""
    t = np.linspace(0, 3, frames)
    go = np.where(t < 1.5, t, 3 - t) * 2 if turn else t
    ahead = np.array([*direction, 0.0])
    left = np.cross([0, 0, 1.0], ahead)
    heights = {"ASI": 950, "PSI": 950, "KNE": 480, "ANK": 80, "HEE": 40, "TOE": 40}
    aheads = {"ASI": 70, "PSI": -80, "KNE": 0, "ANK": 0, "HEE": -50, "TOE": 120}
    markers = {}
    for letter, sign in (("L", 1), ("R", -1)):
        for name, high in heights.items():
            wide = {"ASI": 120, "PSI": 45}.get(name, 130)
            centre = go[:, None] * 1000 * ahead + aheads[name] * ahead + sign * wide * left + (0, 0, high)
            markers[letter + name] = centre + 150 * np.sin(2 * np.pi * t + (sign > 0) * np.pi)[:, None] * ahead * (
                name in ("ANK", "HEE", "TOE")
            )
    return list(markers), np.stack(list(markers.values()), axis=1)


@pytest.mark.parametrize("name", WALKS)
def test_projection_equals_the_reference_of_the_same_trial(data, name):
    folder = data / "c3d_pig_multilab"
    pose = read_pose(folder / "c3d" / f"{name}.c3d")
    reference = np.load(folder / "ref" / f"{name}.npz")
    names = reference["names"].tolist()
    assert pose.fps == float(reference["fps"])
    assert pose.n_frames == int(reference["n_frames"])
    assert pose.view == "sagittal_right"
    points = [point for point in LEGS if pose.has(point)]
    assert len(points) >= 8
    ours = np.stack([pose.point(point) for point in points], axis=1)
    theirs = reference["kp_sag_ortho"][:, [names.index(point) for point in points], :2].astype(float) * 5  # 200 px a metre -> 1000
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    apart = ours - theirs
    apart -= np.nanmedian(apart, axis=(0, 1))
    assert np.nanmax(np.abs(apart[..., 1])) < 0.1  # millimetres
    assert np.nanmax(np.abs(apart[..., 0])) < 3.0  # the two directions of travel differ by a fraction of a degree


def test_where_the_points_come_from_is_told(data):
    pose = read_pose(data / "c3d_pig_multilab/c3d/sydney_gait03.c3d")
    origin = pose.info["points"]
    assert (origin["left_hip"], origin["right_knee"], origin["left_ankle"]) == (
        "LFEP (joint centre)",
        "RFEO (joint centre)",
        "LTIO (joint centre)",
    )
    assert origin["left_heel"] == "LHEE (marker on the skin)"
    assert pose.info["metres_per_px"] == 0.001
    assert "up is +Z" in pose.info["projection"]
    assert pose.info["first_frame"] == 151


def test_hips_estimated_from_the_pelvis_lie_near_the_model_s(data):
    from skelgait.io.c3d import open_c3d, parameter
    from skelgait.io.markers import body_points

    file = open_c3d(data / "c3d_pig_multilab/c3d/sydney_gait03.c3d")
    labels = parameter(file, "POINT", "LABELS")
    points = np.moveaxis(file["data"]["points"][:3], 0, -1) / 1000
    markers = {label: points[i] for i, label in enumerate(labels)}
    pelvis = {label: markers[label] for label in ("LASI", "RASI", "LPSI", "RPSI", "LKNE", "RKNE")}
    estimated, origin = body_points(pelvis)
    assert origin["left_hip"] == "estimated from the pelvis markers (Harrington 2007)"
    for side, centre in (("left", "LFEP"), ("right", "RFEP")):
        assert np.nanmedian(np.linalg.norm(estimated[f"{side}_hip"] - markers[centre], axis=1)) < 0.03


@pytest.mark.parametrize("direction", [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.6, -0.8)])
def test_any_direction_of_the_laboratory(tmp_path, direction):
    labels, xyz = lab_walk(direction=direction)
    path = write_c3d(tmp_path / "a.c3d", [f"Anna:{label}" for label in labels], xyz)
    side = read_pose(path)
    assert side.fps == 100
    assert np.ptp(side.point("left_hip")[:, 0]) == pytest.approx(3000, abs=1)
    assert side.point("left_hip")[-1, 0] > side.point("left_hip")[0, 0]  # to image right
    assert np.median(side.point("left_ankle")[:, 1] - side.point("left_hip")[:, 1]) > 700  # y down
    assert (side.point("left_big_toe") - side.point("left_heel"))[:, 0].min() == pytest.approx(170, abs=0.1)
    front = read_pose(path, view="frontal_towards")
    assert np.allclose((front.point("left_knee") - front.point("right_knee"))[:, 0], 260, atol=0.1)
    back = read_pose(path, view="frontal_away")
    assert np.allclose((back.point("left_knee") - back.point("right_knee"))[:, 0], -260, atol=0.1)
    left = read_pose(path, view="sagittal_left")
    assert left.view == "sagittal_left"
    assert left.point("left_hip")[-1, 0] < left.point("left_hip")[0, 0]


def test_a_walk_there_and_back_has_no_side(tmp_path):
    labels, xyz = lab_walk(turn=True)
    pose = read_pose(write_c3d(tmp_path / "a.c3d", labels, xyz))
    assert pose.view == "sagittal"
    x = pose.point("left_hip")[:, 0]
    assert x[75] - x[0] == pytest.approx(3000, rel=0.02)
    assert abs(x[-1] - x[0]) < 10


def test_gaps_other_units_and_the_first_frame(tmp_path):
    labels, xyz = lab_walk()
    xyz[10:20, labels.index("LKNE")] = np.nan
    xyz[30, labels.index("RKNE")] = 0.0
    pose = read_pose(write_c3d(tmp_path / "a.c3d", labels, xyz / 1000, unit="m", rate=120.0))
    assert pose.fps == 120
    assert np.isnan(pose.point("left_knee")[10:20]).all()
    assert np.isnan(pose.point("right_knee")[30]).all()
    assert np.ptp(pose.point("left_hip")[:, 0]) == pytest.approx(3000, abs=1)


def test_two_subjects_in_one_file(tmp_path):
    labels, xyz = lab_walk()
    still = np.repeat(xyz[:1], len(xyz), axis=0) + (0, 2000, 0)
    both = [f"Ben:{label}" for label in labels] + [f"Anna:{label}" for label in labels]
    path = write_c3d(tmp_path / "a.c3d", both, np.concatenate([still, xyz], axis=1))
    assert np.ptp(read_pose(path).point("left_hip")[:, 0]) > 2900
    assert np.ptp(read_pose(path, person="Ben").point("left_hip")[:, 0]) < 1
    assert np.ptp(read_pose(f"{path}#Anna").point("left_hip")[:, 0]) > 2900
    with pytest.raises(FileError, match=r"has no subject 'Carl'. Found: Ben, Anna"):
        read_pose(f"{path}#Carl")


def test_refusals(tmp_path, data):
    labels, xyz = lab_walk()
    with pytest.raises(FileError, match=r"no marker of odd.c3d is known. Found: M0, M1.*Expected: joint centres \(LFEP"):
        read_pose(write_c3d(tmp_path / "odd.c3d", [f"M{i}" for i in range(len(labels))], xyz))
    high = [label for label in labels if "ASI" in label or "KNE" in label]
    with pytest.raises(FileError, match=r"up and down cannot be told in part.c3d. Found: left_knee, right_knee"):
        read_pose(write_c3d(tmp_path / "part.c3d", high, xyz[:, [labels.index(label) for label in high]]))
    raw = (data / "c3d_pig_multilab/c3d/sydney_gait03.c3d").read_bytes()
    (tmp_path / "cut.c3d").write_bytes(raw[:3000])
    with pytest.raises(FileError, match=r"cut.c3d breaks off or is damaged. Found: 3000 bytes; the frames are said to begin"):
        read_pose(tmp_path / "cut.c3d")
    lying = xyz[..., [2, 1, 0]] * (1, 1, 0.1)
    lying[..., 2] += xyz[..., 2] * 0.9
    with pytest.raises(FileError, match=r"nobody stands upright in lying.c3d"):
        read_pose(write_c3d(tmp_path / "lying.c3d", labels, lying))


def test_a_c3d_that_breaks_off_in_its_frames(tmp_path, data):
    raw = (data / "c3d_pig_multilab/c3d/sydney_gait03.c3d").read_bytes()
    (tmp_path / "cut.c3d").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(FileError, match=r"cut.c3d breaks off"):
        read_pose(tmp_path / "cut.c3d")


def test_without_ezc3d_it_says_what_to_install(tmp_path, monkeypatch):
    labels, xyz = lab_walk(frames=10)
    path = write_c3d(tmp_path / "a.c3d", labels, xyz)
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(
        NotInstalled, match=r'a.c3d is a C3D file, and ezc3d is not installed. What to do: pip install "skelgait\[mocap\]"'
    ):
        read_pose(path)


# Reads damaged copies of a file in a process of its own; prints how many were refused and how many were read.
DAMAGE = """
import random, sys
from pathlib import Path
from skelgait.core.errors import SkelgaitError
from skelgait.io.c3d import open_c3d

raw, copy, rng = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]), random.Random(int(sys.argv[3]))
start = (raw[0] - 1) * 512
refused = read = 0
for i in range(240):
    damaged = bytearray(raw)
    if i % 4 == 0:
        damaged = damaged[: rng.randrange(len(raw))]
    elif i % 4 == 1:
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(24)] ^= 1 << rng.randrange(8)
    elif i % 4 == 2:
        for _ in range(rng.randrange(1, 30)):
            damaged[rng.randrange(start, start + 512 * raw[start + 2])] ^= 1 << rng.randrange(8)
    else:
        for _ in range(rng.randrange(1, 200)):
            damaged[rng.randrange(len(raw))] = rng.randrange(256)
    copy.write_bytes(damaged)
    try:
        open_c3d(copy)
        read += 1
    except SkelgaitError as error:
        assert copy.name in str(error) and "What to do" in str(error), error
        refused += 1
print(refused, read)
"""


@pytest.mark.parametrize("seed", [0, 1])
def test_damaged_files_are_refused_and_nobody_dies(tmp_path, seed):
    labels, xyz = lab_walk(frames=30)
    path = write_c3d(tmp_path / "whole.c3d", labels, xyz)
    args = [sys.executable, "-c", DAMAGE, str(path), str(tmp_path / "damaged.c3d"), str(seed)]
    done = subprocess.run(args, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    refused, read = map(int, done.stdout.split())
    assert refused + read == 240
    assert refused > 120
