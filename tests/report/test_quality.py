"""How well a recording could be read, in words and shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skelgait.gait.measure import Measurement
from skelgait.report.quality import quality_notes, quality_rows, read_legs


def test_quality_counts_frames(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    pose = m.pose
    knee = pose.skeleton.index("left_knee")
    xy, filled = pose.xy.copy(), pose.filled.copy()
    xy[: pose.n_frames // 4, knee] = np.nan
    filled[-pose.n_frames // 4 :, knee] = True
    rows = quality_rows(replace(m, pose=pose.with_(xy=xy, filled=filled)))
    (row,) = [r for r in rows if r["label"] == "Knee"]
    assert row["cells"][:4] == ["50 %", "100 %", "25 %", "0 %"]


def test_what_was_mended_is_counted_in_the_frames_of_walking(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    n = m.pose.n_frames
    filled, swapped = np.zeros_like(m.pose.filled), np.zeros(n, bool)
    filled[:12, m.pose.skeleton.index("left_heel")] = True
    filled[6:18, m.pose.skeleton.index("right_knee")] = True
    filled[:, m.pose.skeleton.index("nose")] = True
    swapped[100:130] = True
    xy = m.pose.xy.copy()
    xy[50:55, m.pose.skeleton.index("left_hip")] = np.nan
    m = replace(m, pose=m.pose.with_(filled=filled, swapped=swapped, xy=xy, confidence=None))
    reading = read_legs(m)
    assert (reading.frames, reading.put_back, reading.filled, reading.unseen) == (n, 30, 18, 5)
    text = " ".join(quality_notes(m))
    for words in ("as the tracker named them", "exchanged back in 30 of 240 frames of walking (12 %)", "filled in in 18", "(8 %)"):
        assert words in text
    assert "ankle is missing in 5 of them (2 %)" in text
    (bout,) = m.bouts
    half = replace(m, bouts=(replace(bout, start=0, stop=120),))
    assert (read_legs(half).frames, read_legs(half).put_back) == (120, 20)


def test_nothing_mended_is_said_as_nothing(side_only: Measurement) -> None:
    text = " ".join(quality_notes(side_only.planes["sagittal"]))
    assert "exchanged back in none of the 240 frames" in text
    assert "No point of a leg was filled in." in text
    assert "60 frames a second: a time between two events" in text
    assert "turned" not in text


def test_how_the_sides_were_told_and_the_camera_held(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]

    def said(**info: object) -> str:
        return " ".join(quality_notes(replace(m, pose=m.pose.with_(info={**m.pose.info, **info}))))

    height = said(sides={"told_by": "height", "confidence": 0.972, "lower_ll": 0.03}, roll_deg=-3.04)
    assert "whose foot stands lower in the image is the near one (left is left: 97\u00a0% sure)." in height
    assert "The image is turned 3.0° anticlockwise" in height
    assert "name it was given most of the time (left is left: 71\u00a0% sure)." in said(
        sides={"told_by": "names", "confidence": 0.71}
    )
    assert "told by the shirt." in said(sides={"told_by": "the shirt"})
    assert "as the tracker named them" in said(sides="nonsense")
