from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import VideoError
from skelgait.io.video import read_video_info
from skelgait.io.video_frames import read_frames, read_parts

Film = Callable[..., Path]
Pictures = Callable[..., Iterator[np.ndarray]]
SIZE = (160, 120)


def steady(seconds: float, fps: float = 30) -> list[float]:
    return [k / fps for k in range(round(seconds * fps))]


@pytest.mark.parametrize("turn", [90, -90, 180])
def test_rotation_is_applied_as_other_readers_do(tmp_path: Path, turn: int, film: Film) -> None:
    path = film(tmp_path / "turned.mp4", steady(0.3), turn=turn)
    info = read_video_info(path)
    assert info.size == (SIZE if turn == 180 else SIZE[::-1])
    ours, _ = next(read_frames(path))
    other = cv2.VideoCapture(str(path)).read()[1][..., ::-1]
    assert ours.shape == other.shape
    assert np.abs(ours.astype(int) - other).mean() < 6
    assert ours.shape[1::-1] == info.size


def test_varying_frame_times_are_kept(tmp_path: Path, film: Film) -> None:
    times = list(np.cumsum([0.0, *np.random.default_rng(3).choice([1 / 60, 1 / 30, 1 / 24], 40)]))
    path = film(tmp_path / "phone.mp4", times, clock=90000)
    assert read_video_info(path).variable_rate
    np.testing.assert_allclose([t for _, t in read_frames(path)], times, atol=2e-4)


@given(fps=st.floats(20, 480))
@settings(max_examples=5, deadline=None)
def test_times_scale_with_the_rate_that_is_given(tmp_path_factory: pytest.TempPathFactory, fps: float, film: Film) -> None:
    path = tmp_path_factory.getbasetemp() / "rate.mp4"
    if not path.exists():
        film(path, steady(0.5))
    np.testing.assert_allclose([t for _, t in read_frames(path, fps=fps)], np.arange(15) / fps, atol=1e-9)


def test_sparse_and_small_frames(tmp_path: Path, film: Film) -> None:
    path = film(tmp_path / "long.mp4", steady(3))
    sparse = list(read_frames(path, every_s=0.5, short_side=60))
    assert [image.shape for image, _ in sparse] == [(60, 80, 3)] * 6
    np.testing.assert_allclose([t for _, t in sparse], np.arange(6) * 0.5, atol=0.05)
    assert next(read_frames(path, short_side=1000))[0].shape == (120, 160, 3)
    assert sparse[3][0][15, 5, 0] < 230 < sparse[3][0][15, 50, 0]  # the square has moved on 90 pixels


def test_only_a_few_frames_are_read_ahead(tmp_path: Path, film: Film) -> None:
    info = read_video_info(film(tmp_path / "long.mp4", steady(10)))
    asked: list[float] = []
    frames = read_parts(info, asked.append)
    next(frames)
    frames.close()
    assert 1 <= len(asked) < 12
    assert not [t for t in threading.enumerate() if t.name == "skelgait-decode"]


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        (".avi", "libx264", {"bf": "3"}),
        (".avi", "mjpeg", {}),
        (".webm", "libvpx-vp9", {"cpu-used": "8"}),
        (".mp4", "libx264", {"bf": "3"}),
    ],
)
def test_every_frame_of_common_formats_is_read_in_order(
    tmp_path: Path, suffix: str, codec: str, options: dict, pictures: Pictures
) -> None:
    path = tmp_path / f"walk{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for image in pictures(40):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    assert read_video_info(path).frames == 40
    images, times = zip(*read_frames(path), strict=True)
    np.testing.assert_allclose(times, np.arange(40) / 30, atol=2e-3)
    for k, (image, drawn) in enumerate(zip(images, pictures(40), strict=True)):
        assert np.abs(image.astype(int) - drawn).mean() < 8, k


@pytest.mark.parametrize(("suffix", "options"), [(".mp4", {"movflags": "faststart"}), (".mkv", {})])
def test_a_cut_file_gives_its_frames_and_then_says_so(tmp_path: Path, suffix: str, options: dict, film: Film) -> None:
    whole = film(tmp_path / f"whole{suffix}", steady(3), options=options).read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    assert read_video_info(path).breaks_off
    kept = []
    with pytest.raises(VideoError, match=rf"cut\{suffix} breaks off after"):
        kept.extend(t for _, t in read_frames(path))
    assert 30 <= len(kept) <= 70
    assert (np.diff(kept) > 0).all()


@pytest.mark.parametrize("turn", [0, 90, 180, -90])
@pytest.mark.parametrize(
    ("layout", "size", "pixel"),
    [("yuv420p", SIZE, None), ("yuv444p", SIZE, None), ("yuv444p", (161, 121), None), ("yuv420p", SIZE, Fraction(4, 3))],
)
def test_a_part_is_what_the_whole_frame_shows_there(
    tmp_path: Path, film: Film, turn: int, layout: str, size: tuple[int, int], pixel: Fraction | None
) -> None:
    path = film(tmp_path / "turned.mp4", steady(0.2), turn=turn, layout=layout, size=size, pixel=pixel)
    info = read_video_info(path)
    wholes = list(read_frames(path, info=info))
    for part in ((0, 0, *info.size), (20, 30, 90, 80), (11, 17, 58, 100), (info.size[0] - 31, 0, info.size[0], 9)):
        left, top, right, bottom = part
        parts = list(read_parts(info, lambda t, part=part: part if t > 0.05 else None))
        assert [t for _, t in parts] == [t for _, t in wholes]
        for (image, time), (whole, _) in zip(parts, wholes, strict=True):
            if time <= 0.05:
                assert image is None
                continue
            assert image is not None
            assert image.shape == (bottom - top, right - left, 3)
            off = np.abs(image.astype(int) - whole[top:bottom, left:right])
            assert off[2:-2, 2:-2].max(initial=0) <= 1  # at the edge of a part colours are spread a little otherwise
            assert off.mean() < 4
