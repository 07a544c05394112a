from __future__ import annotations

import os

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.core.events import GaitEvents
from skelgait.io.event_files import write_events
from skelgait.io.events import read_events
from skelgait.io.poses import read_pose


def some_events(until_s: float, n: int = 12) -> GaitEvents:
    time = np.linspace(0.0031, until_s, n)
    sides, kinds = np.resize(["left", "left", "right", "right"], n), np.resize(["initial_contact", "foot_off"], n)
    return GaitEvents(sides, kinds, time, time * 100, np.linspace(0.2, 1, n), np.arange(n) // 6, method="consensus")


def recording(path, *, first_frame: int = 0, frames: int = 300, general: bool = True):
    ezc3d = pytest.importorskip("ezc3d")
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [100]
    file["parameters"]["POINT"]["LABELS"]["value"] = ["LHEE"]
    file["header"]["points"]["first_frame"] = first_frame
    file["data"]["points"] = np.ones((4, 1, frames))
    file.add_event(time=[0, first_frame / 100 + 0.5], context="Left", label="Foot Strike")
    if general:
        file.add_event(time=[0, first_frame / 100 + 0.7], context="General", label="Start")
    file.write(str(path))
    return path


@pytest.mark.parametrize("name", ["btk_A_gait1", "c3dorg_crouchwalk", "gaitalytics_treadmill", "sydney_gait03"])
def test_events_go_into_a_copy_of_a_real_recording_and_come_back(tmp_path, data, name):
    source = data / "c3d_pig_multilab/c3d" / f"{name}.c3d"
    before = source.stat().st_mtime_ns
    events = some_events(2.0)
    write_events(events, tmp_path / "out.c3d", into=source)
    back = read_events(tmp_path / "out.c3d")
    assert np.abs(back.time_s - events.time_s).max() < 0.001
    assert back.side.tolist() == events.side.tolist()
    assert back.event.tolist() == events.event.tolist()
    assert source.stat().st_mtime_ns == before
    here, there = read_pose(source), read_pose(tmp_path / "out.c3d")
    assert np.array_equal(here.fps, there.fps)
    assert here.skeleton.names == there.skeleton.names
    assert np.allclose(here.xy, there.xy, atol=1e-3, rtol=0, equal_nan=True)


@pytest.mark.parametrize("name", ["btk_A_gait1", "c3dorg_crouchwalk"])
def test_points_and_analog_channels_stay(tmp_path, data, name):
    ezc3d = pytest.importorskip("ezc3d")
    source = data / "c3d_pig_multilab/c3d" / f"{name}.c3d"
    write_events(some_events(2.0), tmp_path / "out.c3d", into=source)
    a, b = ezc3d.c3d(str(source)), ezc3d.c3d(str(tmp_path / "out.c3d"))
    assert np.allclose(a["data"]["points"], b["data"]["points"], atol=1e-3, rtol=0, equal_nan=True)
    assert np.allclose(a["data"]["analogs"], b["data"]["analogs"], equal_nan=True)
    assert np.array_equal(a["data"]["meta_points"]["residuals"], b["data"]["meta_points"]["residuals"])
    assert a["parameters"]["POINT"]["LABELS"]["value"] == b["parameters"]["POINT"]["LABELS"]["value"]
    assert a["header"]["points"] == b["header"]["points"]


def test_a_table_keeps_everything_but_the_method(tmp_path):
    events = some_events(3.0)
    write_events(events, tmp_path / "a.csv")
    back = read_events(tmp_path / "a.csv")
    for column in ("side", "event", "time_s", "frame", "confidence", "bout"):
        assert np.array_equal(getattr(back, column), getattr(events, column))


def test_times_count_from_the_camera_and_general_events_stay(tmp_path):
    source = recording(tmp_path / "in.c3d", first_frame=6500)
    write_events(some_events(2.5), tmp_path / "out.c3d", into=source)
    import ezc3d

    group = ezc3d.c3d(str(tmp_path / "out.c3d"))["parameters"]["EVENT"]
    assert group["USED"]["value"].tolist() == [13]
    assert group["TIMES"]["value"][:, 0] == pytest.approx([1, 5.0031], abs=1e-4)  # frame 6500 at 100 Hz: a minute and 5 s
    assert set(zip(group["CONTEXTS"]["value"], group["LABELS"]["value"], strict=True)) == {
        ("General", "Start"), ("Left", "Foot Strike"), ("Left", "Foot Off"), ("Right", "Foot Strike"), ("Right", "Foot Off"),
    }  # fmt: skip
    assert np.abs(read_events(tmp_path / "out.c3d").time_s - some_events(2.5).time_s).max() < 0.001


def test_refusals_leave_nothing_behind(tmp_path):
    source = recording(tmp_path / "in.c3d")
    content = source.read_bytes()
    events = some_events(2.0)
    with pytest.raises(FileError, match=r"cannot be written to a.txt. Found: ending .txt"):
        write_events(events, tmp_path / "a.txt")
    with pytest.raises(FileError, match=r"ending .csv with into="):
        write_events(events, tmp_path / "a.csv", into=source)
    with pytest.raises(FileError, match=r"a.c3d needs a recording"):
        write_events(events, tmp_path / "a.c3d")
    with pytest.raises(FileError, match=r"no file .*other.c3d"):
        write_events(events, tmp_path / "a.c3d", into=tmp_path / "other.c3d")
    with pytest.raises(FileError, match=r"is the recording itself"):
        write_events(events, source, into=source)
    with pytest.raises(FileError, match=r"gait events lie outside in.c3d. Found: 3\.\d+ s. Expected: 0 to 3.000 s"):
        write_events(some_events(9.0), tmp_path / "a.c3d", into=source)
    with pytest.raises(FileError, match=r"holds 255 events at most. Found: 301"):
        write_events(some_events(2.9, 300), tmp_path / "a.c3d", into=source)
    with pytest.raises(FileError, match=r"no gait events to write"):
        write_events(GaitEvents([], [], [], []), tmp_path / "a.c3d", into=source)
    assert os.listdir(tmp_path) == ["in.c3d"]
    assert source.read_bytes() == content
