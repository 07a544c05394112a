from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from skelgait.core.errors import FileError, VideoError
from skelgait.io.video import read_video_info
from skelgait.io.video_frames import read_frames
from skelgait.io.video_writing import write_video
from skelgait.walker import Camera, Walker

Pictures = Callable[..., Iterator[np.ndarray]]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "walk.mp4"
    walk = Walker(cadence_spm=120).film(Camera(size=(321, 241)), fps=24, duration_s=1)
    write_video(path, walk.frames(), 24)
    info = read_video_info(path)
    assert (info.codec, info.size, info.frames, info.fps) == ("h264", (320, 240), 24, 24.0)
    assert info.duration_s == pytest.approx(1.0)
    assert (info.variable_rate, info.time_scale, info.breaks_off) == (False, 1.0, "")
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
    for (image, time), (k, drawn) in zip(read_frames(path), enumerate(walk.frames()), strict=True):
        assert time == pytest.approx(k / 24)
        assert np.abs(image.astype(int) - drawn[:240, :320]).mean() < 4
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_frames_give_the_same_bytes_where_asked(tmp_path: Path) -> None:
    grain = np.random.default_rng(0).normal(0, 6, (24, 90, 160, 3))  # 160: x264 differs from itself where pictures are not n x 128
    room = np.broadcast_to(np.linspace(40, 200, 160)[:, None], (90, 160, 3))
    frames = [np.clip(np.roll(room, 3 * t, 1) + one, 0, 255).astype(np.uint8) for t, one in enumerate(grain)]
    for k in range(6):
        write_video(tmp_path / f"{k}.mp4", frames, 30, repeatable=True)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_a_failed_write_leaves_nothing(tmp_path: Path, pictures: Pictures) -> None:
    with pytest.raises(VideoError, match="no frames to write"):
        write_video(tmp_path / "none.mp4", [], 30)
    with pytest.raises(VideoError, match=r"frame 1 .* has another size"):
        write_video(tmp_path / "two.mp4", [np.zeros((8, 8, 3), np.uint8), np.zeros((8, 10, 3), np.uint8)], 30)

    def broken() -> Iterator[np.ndarray]:
        yield from pictures(3)
        raise RuntimeError("camera unplugged")

    with pytest.raises(RuntimeError, match="unplugged"):
        write_video(tmp_path / "half.mp4", broken(), 30)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_to(tmp_path: Path, pictures: Pictures) -> None:
    with pytest.raises(FileError, match="nowhere"):
        write_video(tmp_path / "nowhere" / "walk.mp4", pictures(3), 30)
