"""Figures become pictures inside the page, the same ones every time."""

from __future__ import annotations

import base64

import matplotlib as mpl
import numpy as np

from skelgait.gait.measure import Measurement
from skelgait.report.embed import Drawing, draw_plane, foot_off_percent, quality_rows
from skelgait.report.figures import draw_events


def test_svg_is_the_same_every_time_and_says_no_date(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    first, second = (Drawing("x", "", "", draw_events(m.pose, m.events, direction=m.direction)).uri for _ in range(2))
    assert first == second
    svg = base64.b64decode(first.split(",")[1]).decode("utf8")
    assert svg.lstrip().startswith("<?xml")
    assert "dc:date" not in svg


def test_photographs_are_jpeg() -> None:
    from matplotlib.figure import Figure

    uri = Drawing("x", "", "", Figure(figsize=(1, 1)), photo=True).uri
    assert uri.startswith("data:image/jpeg;base64,/9j/")


def test_the_readers_page_does_not_take_the_authors_style(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    plain = draw_plane(side_only, m)[1].data
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "black"}):
        assert draw_plane(side_only, m)[1].data == plain
        assert mpl.rcParams["font.size"] == 30  # and leaves the author's as it was


def test_foot_off_is_the_mean_of_its_side(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    percent = m.strides.percent("foot_off")[m.strides.side == "left"]
    assert foot_off_percent(m)["left"] == np.nanmean(percent)


def test_quality_counts_frames(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    pose = m.pose
    knee = pose.skeleton.index("left_knee")
    xy, filled = pose.xy.copy(), pose.filled.copy()
    xy[: pose.n_frames // 4, knee] = np.nan
    filled[-pose.n_frames // 4 :, knee] = True
    from dataclasses import replace

    rows = quality_rows(replace(m, pose=pose.with_(xy=xy, filled=filled)))
    (row,) = [r for r in rows if r["label"] == "Knee"]
    assert row["cells"][:4] == ["50 %", "100 %", "25 %", "0 %"]
