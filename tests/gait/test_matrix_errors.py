"""The numbers of the validity matrix: floors against rounded events, measured errors against their table and the recordings."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from importlib.resources import files
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skelgait.core.skeleton import COCO17, COCO23
from skelgait.gait.matrix import validity_matrix
from skelgait.gait.matrix_errors import video_errors
from skelgait.gait.spatiotemporal import interval_floor_s


def test_floors_are_those_of_the_definitions() -> None:
    table = validity_matrix(views=["sagittal"], skeletons=[COCO23], fps=[25, 50], stride_s=0.8).set_index(["metric", "fps"])
    one = interval_floor_s(25)
    for name, factor in (("stride_time", 1), ("step_time", 1), ("single_support_time", 1), ("double_support_time", sqrt(2))):
        assert table.frame_floor[f"left_{name}_s", 25] == pytest.approx(one * factor)
        assert table.frame_floor[f"left_{name}_s", 50] == pytest.approx(one * factor / 2)
        assert table.frame_floor[f"{name}_s", 25] == pytest.approx(one * factor / sqrt(2))  # the mean of both sides
    assert table.frame_floor["left_stance_percent", 25] == pytest.approx(100 * one / 0.8)
    assert table.frame_floor["stride_time_cv_percent", 25] == pytest.approx(100 * one / 0.8)
    assert table.frame_floor["initial_contact", 25] == pytest.approx(1 / 25 / sqrt(12))
    # cadence: 60 over the mean of a left and a right step
    assert table.frame_floor["cadence_spm", 25] == pytest.approx(150 * one / sqrt(2) / 0.4)
    assert np.isnan(table.frame_floor["left_knee_flexion_max_swing_deg", 25])


def test_floors_are_what_rounding_to_frames_does() -> None:
    """Events of many unequal strides rounded to frames: the spread of the error that follows is the floor."""
    fps, n = 25.0, 20000
    random = np.random.default_rng(0)
    contact = np.cumsum(random.uniform(0.9, 1.1, n))
    off, other_off, other = (contact + share + random.uniform(0, 0.1, n) for share in (0.6, 0.1, 0.5))
    error = {k: np.round(v * fps) / fps - v for k, v in {"contact": contact, "off": off, "o off": other_off, "o": other}.items()}
    floor = validity_matrix(views=["sagittal"], skeletons=[COCO23], fps=[fps]).set_index("metric").frame_floor
    assert error["contact"].std() == pytest.approx(floor["initial_contact"], rel=0.02)
    assert (error["off"] - error["contact"]).std() == pytest.approx(floor["left_stance_time_s"], rel=0.02)
    both = error["o off"] - error["contact"] + error["off"] - error["o"]
    assert both.std() == pytest.approx(floor["left_double_support_time_s"], rel=0.02)


def test_measured_errors_are_those_of_the_table_and_grow_with_less() -> None:
    table = validity_matrix(skeletons=[COCO17, COCO23]).set_index(["metric", "view", "skeleton", "fps"]).sort_index()
    with files("skelgait.gait").joinpath("norm_tables", "measured_errors.csv").open(encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 400
    metrics = set(validity_matrix(skeletons=[COCO17, COCO23]).metric)
    for row in rows:
        layout = "coco23" if row["landmarks"] == "body and feet" else "coco17"
        name = row["metric"] if row["metric"] in metrics else f"left_{row['metric']}"
        own = table.loc[(name, row["view"], layout, float(row["fps"]))]
        own = own[own.kind != "EVGS item"].iloc[0] if isinstance(own, pd.DataFrame) else own
        assert own.given != "no", row
        assert own.error == float(row["noisy_median"])
        assert row["against"] in own.error_from
    knee = table.error["left_knee_flexion_max_swing_deg", "sagittal", "coco17"]
    assert knee[25.0] > knee[120.0]


def test_errors_of_video_keypoints_are_those_of_the_items() -> None:
    errors = video_errors()
    assert errors["knee_flexion_min_stance_deg"] == errors["knee_flexion_range_deg"] == 7.0
    assert errors["ankle_dorsiflexion_max_swing_deg"] == 9.3
    assert errors["thigh_flexion_min_stance_deg"] == 5.0  # the pelvis is not in it
    assert "step_time_s" not in errors


def test_recordings_measure_what_the_table_says(data: Path) -> None:
    """The benchmark, at 30 frames a second: no metric is further off than the table in the package says."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(root / "benchmarks" / "validity.py"), "--quick"],
        capture_output=True, text=True, timeout=300, env={**os.environ, "SKELGAIT_DATA": str(data)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
