"""Short films for the tests of estimation: drawn ones with known truth, and pieces of real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skelgait.io.video import read_video_info
from skelgait.io.video_frames import read_parts
from skelgait.io.video_writing import write_video
from skelgait.walker import Camera, Walker
from skelgait.walker.film import Walk


@pytest.fixture(scope="session")
def walk() -> Walk:
    """A child who crosses the picture to the right in two seconds."""
    return Walker(cadence_spm=120).film(Camera(size=(640, 360)), fps=30, duration_s=2)


@pytest.fixture(scope="session")
def film(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a video file."""
    path = tmp_path_factory.mktemp("film") / "child.mp4"
    write_video(path, walk.frames(), 30)
    return path


@pytest.fixture(scope="session")
def piece(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int, int], Path]:
    """Frames ``start`` to ``stop`` of a recording as a file of its own."""
    folder = tmp_path_factory.mktemp("pieces")

    def cut(name: str, start: int, stop: int) -> Path:
        path = folder / f"{Path(name).stem}_{start}_{stop}.mp4"
        if not path.exists():
            info = read_video_info(data / name)
            frames = read_parts(info, lambda t: (0, 0, *info.size) if start <= round(t * info.fps) < stop else None)
            write_video(path, (frame for frame, _ in frames if frame is not None), info.fps)
        return path

    return cut
