from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.io.events import read_events


@pytest.mark.parametrize("name", ["btk_A_gait1", "sydney_gait03", "gaitalytics_treadmill"])
def test_events_of_a_real_c3d(data, name):
    events = read_events(data / "c3d_pig_multilab/c3d" / f"{name}.c3d")
    reference = [row.split(",") for row in np.load(data / "c3d_pig_multilab/ref" / f"{name}.npz")["events"].tolist()]
    want = sorted(
        (float(t), side.lower(), {"IC": "initial_contact", "TO": "foot_off"}[word])
        for side, word, t, _, source in reference
        if source == "c3d"
    )
    got = [(t, s, e) for t, s, e in zip(events.time_s, events.side, events.event, strict=True)]
    assert len(got) == len(want)
    for one, other in zip(sorted(got), want, strict=True):
        assert one[0] == pytest.approx(other[0], abs=0.002)
        assert one[1:] == other[1:]
    assert np.allclose(events.frame, events.time_s * 100)


def test_events_by_eye_in_a_table(data):
    events = read_events(data / "mobile_gaitlab_cp_child/visual_events.csv", fps=29.97)
    assert len(events) == 19
    assert events.times("right", "initial_contact")[0] == pytest.approx(2 / 29.97)


def test_our_own_table_comes_back(tmp_path, data):
    events = read_events(data / "mobile_gaitlab_cp_child/visual_events.csv", fps=29.97)
    events.to_frame().to_csv(tmp_path / "a.csv", index=False)
    back = read_events(tmp_path / "a.csv")
    for column in ("side", "event", "time_s", "frame", "confidence", "bout"):
        assert np.array_equal(getattr(back, column), getattr(events, column))


def test_words_of_other_laboratories(tmp_path):
    (tmp_path / "a.csv").write_text("context;label;time\nLeft;Foot Strike;0,5\nRight;Toe-Off;0,6\nr;HS;1,0\n")
    events = read_events(tmp_path / "a.csv", fps=100)
    assert events.side.tolist() == ["left", "right", "right"]
    assert events.event.tolist() == ["initial_contact", "foot_off", "initial_contact"]
    assert events.time_s.tolist() == [0.5, 0.6, 1.0]
    assert events.frame.tolist() == [50, 60, 100]


def test_a_c3d_with_measured_and_estimated_events(tmp_path):
    ezc3d = pytest.importorskip("ezc3d")
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [100]
    file["parameters"]["POINT"]["LABELS"]["value"] = ["LHEE"]
    file["data"]["points"] = np.ones((4, 1, 300))
    for t, side, word in (
        (1.0, "Left", "eFS"),
        (1.005, "Left", "mFS"),
        (1.6, "Right", "Foot Strike"),
        (0.2, "General", "Event"),
        (2.0, "Left", "eFS"),
    ):
        file.add_event(time=[0, t], context=side, label=word)
    file.add_event(time=[1, 1.0], context="Left", label="Foot Off")  # one minute and a second
    file.write(str(tmp_path / "a.c3d"))
    events = read_events(tmp_path / "a.c3d")
    assert np.allclose(events.times("left", "initial_contact"), [1.005, 2.0], atol=1e-6)
    assert events.confidence[events.where("left", "initial_contact")].tolist() == [1.0, 0.5]
    assert np.allclose(events.times("left", "foot_off"), 61.0, atol=1e-5)
    assert len(events) == 4


def test_refusals(tmp_path):
    (tmp_path / "a.csv").write_text("side,event,frame\nL,IC,30\nX,IC,31\nL,jump,32\n")
    with pytest.raises(FileError, match=r"a.csv counts frames and does not say the frame rate"):
        read_events(tmp_path / "a.csv")
    with pytest.raises(FileError, match=r"a.csv has events that are not understood. Found: row 3: X, IC; row 4: L, jump"):
        read_events(tmp_path / "a.csv", fps=30)
    (tmp_path / "b.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match=r"b.csv is no table of gait events. Found: a, b. Expected: side, event and time_s"):
        read_events(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_text("side,event,time_s\nL,IC,soon\n")
    with pytest.raises(FileError, match=r"a time of c.csv is not a number"):
        read_events(tmp_path / "c.csv")
    (tmp_path / "d.json").write_text("{}")
    with pytest.raises(FileError, match=r"d.json holds no gait events in a form known"):
        read_events(tmp_path / "d.json")
