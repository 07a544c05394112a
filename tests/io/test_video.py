from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from skelgait.io.video import read_video_info
from skelgait.io.video_frames import read_frames

Film = Callable[..., Path]


def steady(seconds: float, fps: float = 30) -> list[float]:
    return [k / fps for k in range(round(seconds * fps))]


def test_rounded_times_are_not_called_varying(tmp_path: Path, film: Film) -> None:
    info = read_video_info(film(tmp_path / "walk.mkv", steady(2, 29.97), clock=1000))
    assert not info.variable_rate
    assert info.fps == pytest.approx(29.97, rel=2e-3)
    assert info.frames == 60


def test_slow_motion_noted_by_a_phone_or_given(tmp_path: Path, film: Film) -> None:
    path = film(
        tmp_path / "slow.mp4",
        steady(2),
        options={"movflags": "use_metadata_tags"},
        notes={"com.android.capture.fps": "240.000000"},
    )
    info = read_video_info(path)
    assert info.fps == pytest.approx(240)
    assert info.duration_s == pytest.approx(60 / 240)
    assert [t for _, t in read_frames(path)][-1] == pytest.approx(59 / 240)
    plain = film(tmp_path / "plain.mp4", steady(2))
    assert read_video_info(plain).fps == 30
    assert [t for _, t in read_frames(plain, fps=240)][-1] == pytest.approx(59 / 240)
    assert read_video_info(path, fps=120).duration_s == pytest.approx(60 / 120)


def test_non_square_pixels_are_made_square(tmp_path: Path, film: Film) -> None:
    path = film(tmp_path / "wide.mp4", steady(0.2), pixel=Fraction(4, 3))
    assert read_video_info(path).size == (213, 120)
    assert next(read_frames(path))[0].shape == (120, 213, 3)


def test_the_real_recordings(data: Path) -> None:
    for name, size, fps, frames in (
        ("vigma_stroke_video/081017bf_20_video.mp4", (1920, 1080), 30, 241),
        ("videos/p2s_single_cam01.mp4", (1080, 1920), 60, 100),
        ("mobile_gaitlab_cp_child/input_frames0-149.mp4", (320, 480), 29.97, 150),
    ):
        info = read_video_info(data / name)
        assert (info.size, info.fps, info.frames) == (size, pytest.approx(fps), frames)
        assert not info.variable_rate
        assert not info.breaks_off
