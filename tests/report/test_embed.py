"""Figures become pictures inside the page, the same ones every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from skelgait.gait.measure import Measurement
from skelgait.report.embed import draw_visit, foot_off_percent, join_cycles, stills
from skelgait.report.visit import gather_visit


def test_the_readers_page_does_not_take_the_authors_style(side_only: Measurement) -> None:
    visit = gather_visit(side_only.trial, measurement=side_only)
    plain = draw_visit(visit).recordings[1][0].data
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "black"}):
        assert draw_visit(visit).recordings[1][0].data == plain
        assert mpl.rcParams["font.size"] == 30  # and leaves the author's as it was


def test_foot_off_is_the_mean_of_its_side(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    percent = m.strides.percent("foot_off")[m.strides.side == "left"]
    assert foot_off_percent([m])["left"] == pytest.approx(np.nanmean(percent))
    assert foot_off_percent([m, m]) == pytest.approx(foot_off_percent([m]))


def test_strides_of_several_recordings_stand_side_by_side(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    both = join_cycles([m, m])
    assert both.index.is_unique
    assert both.index.is_monotonic_increasing
    assert len(both) == 2 * len(m.cycles)
    assert join_cycles([m]).equals(m.cycles)


def test_faces_in_the_frames_of_a_page_are_hidden(side_only: Measurement, tmp_path: Path) -> None:
    pytest.importorskip("av")
    from skelgait.io.video_writing import write_video

    m = side_only.planes["sagittal"]
    width, height = m.pose.size
    noise = np.kron(
        np.random.default_rng(0).integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8)
    )
    film = tmp_path / "film.mp4"
    write_video(film, (noise for _ in range(m.pose.n_frames)), m.pose.fps)
    trial = side_only.trial.with_(video={"sagittal": str(film)})
    (recording,) = gather_visit(trial, measurement=replace(side_only, trial=trial)).recordings
    shown, (other,), why = stills(recording, [m.pose.time_s[30]])
    assert why == ""
    assert len(shown) == 6
    x, y = m.pose.point("nose")[30].round().astype(int)
    head = (slice(y - 20, y + 20), slice(x - 20, x + 20))
    assert other[head].std() < 30
    (kept,) = stills(recording, [m.pose.time_s[30]], faces=True)[1]
    assert kept[head].std() > 45
