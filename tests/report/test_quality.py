"""How well a recording could be read, in words and shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skelgait.gait.measure import Measurement
from skelgait.report.quality import quality_rows


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
