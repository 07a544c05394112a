"""Frames of the recording are found at the moments of the pose, slow motion included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17
from skelgait.gait.measure import Measurement, measure
from skelgait.report.embed import draw_visit, stills
from skelgait.report.footage import frames_at, match_clock
from skelgait.report.pictures import choose_contacts
from skelgait.report.visit import Recording, gather_visit

pytest.importorskip("av")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second at 30 fps; frame i has the shade 8 i."""
    from skelgait.io.video_writing import write_video

    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_video(path, (np.full((64, 96, 3), 8 * i, np.uint8) for i in range(30)), 30)
    return path


def pose_of(frames: int, fps: float) -> PoseSequence:
    return PoseSequence(np.ones((frames, 17, 2)), fps=fps, skeleton=COCO17)


def test_frames_nearest_the_moments(film: Path) -> None:
    info = match_clock(film, pose_of(30, 30))
    found = frames_at(info, np.array([20 / 30, 0.101, 5.0]))
    assert [None if f is None else round(float(f.mean()) / 8) for f in found] == [20, 3, None]


def test_slow_motion_is_stretched_to_the_pose(film: Path) -> None:
    assert match_clock(film, pose_of(30, 240)).time_scale == pytest.approx(1 / 8)
    assert match_clock(film, pose_of(30, 30)).time_scale == 1
    assert match_clock(film, pose_of(15, 15)).time_scale == 1  # every second frame was estimated: the clock is the same


def test_contacts_carry_their_frames(both_planes: Measurement, tmp_path: Path) -> None:
    from skelgait.io.video_writing import write_video

    shades = 1.6  # a frame
    write_video(tmp_path / "walk.mp4", (np.full((64, 96, 3), round(shades * i), np.uint8) for i in range(150)), 30)
    m = both_planes.planes["sagittal"]
    images, (last,), why = stills(Recording(1, both_planes, m, str(tmp_path / "walk.mp4")), [4.0])
    assert why == ""
    assert float(last.mean()) / shades / 30 == pytest.approx(4.0, abs=0.05)
    assert list(images) == choose_contacts(m.events, 6).tolist()
    for row, image in images.items():
        assert float(image.mean()) / shades / 30 == pytest.approx(m.events.time_s[row], abs=0.05)


def test_a_lost_video_is_said_and_the_page_stays(both_planes: Measurement, tmp_path: Path) -> None:
    trial = both_planes.trial.with_(video={"sagittal": str(tmp_path / "gone.mp4")})
    visit = gather_visit(trial, measurement=measure(trial))
    strip = next(d for d in draw_visit(visit).recordings[1] if d.name == "contacts")
    assert "could not be shown" in strip.caption
    assert "does not exist" in strip.caption
    assert "gone.mp4" not in strip.caption
    assert strip.uri.startswith("data:image/svg")
