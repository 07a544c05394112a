from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import VideoError
from skelgait.io.video import read_frames, read_video_info, write_video
from skelgait.walker import Camera, Walker

SIZE = (160, 120)


def pictures(count: int, size: tuple[int, int] = SIZE) -> Iterator[np.ndarray]:
    """A white square that moves two pixels a frame over red."""
    for k in range(count):
        image = np.zeros((size[1], size[0], 3), np.uint8)
        image[..., 0] = 200
        image[20:40, 2 * k % (size[0] - 20) : 2 * k % (size[0] - 20) + 20] = 255
        yield image


def film(
    path: Path, times: list[float], *, clock: int = 15360, turn: int = 0, options: dict | None = None, notes: dict | None = None
) -> Path:
    """A video with frames at these times, as a phone would write it."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream("libx264", rate=30, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.time_base = Fraction(1, clock)
        if turn:
            stream.set_display_rotation(turn)
        container.metadata.update(notes or {})
        for image, time in zip(pictures(len(times)), times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = round(time * clock), Fraction(1, clock)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def steady(seconds: float, fps: float = 30) -> list[float]:
    return [k / fps for k in range(round(seconds * fps))]


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


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("turn", [90, -90, 180])
def test_rotation_is_applied_as_other_readers_do(tmp_path: Path, turn: int) -> None:
    path = film(tmp_path / "turned.mp4", steady(0.3), turn=turn)
    info = read_video_info(path)
    assert info.size == (SIZE if turn == 180 else SIZE[::-1])
    ours, _ = next(read_frames(path))
    other = cv2.VideoCapture(str(path)).read()[1][..., ::-1]
    assert ours.shape == other.shape
    assert np.abs(ours.astype(int) - other).mean() < 6
    assert ours.shape[1::-1] == info.size


def test_varying_frame_times_are_kept(tmp_path: Path) -> None:
    times = list(np.cumsum([0.0, *np.random.default_rng(3).choice([1 / 60, 1 / 30, 1 / 24], 40)]))
    path = film(tmp_path / "phone.mp4", times, clock=90000)
    assert read_video_info(path).variable_rate
    np.testing.assert_allclose([t for _, t in read_frames(path)], times, atol=2e-4)


def test_rounded_times_are_not_called_varying(tmp_path: Path) -> None:
    info = read_video_info(film(tmp_path / "walk.mkv", steady(2, 29.97), clock=1000))
    assert not info.variable_rate
    assert info.fps == pytest.approx(29.97, rel=2e-3)
    assert info.frames == 60


def test_slow_motion_noted_by_a_phone_or_given(tmp_path: Path) -> None:
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


@given(fps=st.floats(20, 480))
@settings(max_examples=5, deadline=None)
def test_times_scale_with_the_rate_that_is_given(tmp_path_factory: pytest.TempPathFactory, fps: float) -> None:
    path = tmp_path_factory.getbasetemp() / "rate.mp4"
    if not path.exists():
        film(path, steady(0.5))
    np.testing.assert_allclose([t for _, t in read_frames(path, fps=fps)], np.arange(15) / fps, atol=1e-9)


def test_sparse_small_and_unwanted_frames(tmp_path: Path) -> None:
    path = film(tmp_path / "long.mp4", steady(3))
    sparse = list(read_frames(path, every_s=0.5, short_side=60))
    assert [image.shape for image, _ in sparse] == [(60, 80, 3)] * 6
    np.testing.assert_allclose([t for _, t in sparse], np.arange(6) * 0.5, atol=0.05)
    assert next(read_frames(path, short_side=1000))[0].shape == (120, 160, 3)
    seen = [(image is not None, t) for image, t in read_frames(path, wanted=lambda t: 1 <= t < 2)]
    assert len(seen) == 90
    assert sum(there for there, _ in seen) == 30
    assert all(there == (1 <= t < 2) for there, t in seen)


def test_only_a_few_frames_are_read_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film(tmp_path / "long.mp4", steady(10))
    made: list = []
    monkeypatch.setattr("skelgait.io.video._frames", lambda *a: _counted(made, a))
    frames = read_frames(path)
    next(frames)
    frames.close()
    assert len(made) < 12
    assert not [t for t in threading.enumerate() if t.name == "skelgait-decode"]


def _counted(made: list, arguments: tuple) -> Iterator[tuple[np.ndarray, float]]:
    for k, image in enumerate(pictures(300)):
        made.append(arguments)
        yield image, k / 30


def test_non_square_pixels_are_made_square(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for image in pictures(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    assert read_video_info(path).size == (213, 120)
    assert next(read_frames(path))[0].shape == (120, 213, 3)


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        (".avi", "libx264", {"bf": "3"}),
        (".avi", "mjpeg", {}),
        (".webm", "libvpx-vp9", {"cpu-used": "8"}),
        (".mp4", "libx264", {"bf": "3"}),
    ],
)
def test_every_frame_of_common_formats_is_read_in_order(tmp_path: Path, suffix: str, codec: str, options: dict) -> None:
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


def test_files_that_are_no_videos(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"nowhere\.mp4 does not exist"):
        read_video_info(tmp_path / "nowhere.mp4")
    with pytest.raises(VideoError, match="is a folder"):
        read_video_info(tmp_path)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(VideoError, match=r"empty\.mp4 is empty \(0 bytes\)"):
        next(read_frames(empty))
    text = tmp_path / "notes.mp4"
    text.write_text("subject 7 walked well\n" * 40)
    with pytest.raises(VideoError, match=r"notes\.mp4 is not a video that can be read.*Found: .* text 'subject 7 wa'"):
        read_video_info(text)
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        stream.layout = "mono"
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 8000
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    with pytest.raises(VideoError, match=r"has no pictures\. Found: sound only"):
        read_video_info(sound)


def test_a_file_without_its_index_is_called_cut_off(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mp4", steady(2)).read_bytes()
    path = tmp_path / "interrupted.mp4"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(VideoError, match=r"interrupted\.mp4 breaks off: its index"):
        read_video_info(path)


@pytest.mark.parametrize(("suffix", "options"), [(".mp4", {"movflags": "faststart"}), (".mkv", {})])
def test_a_cut_file_gives_its_frames_and_then_says_so(tmp_path: Path, suffix: str, options: dict) -> None:
    whole = film(tmp_path / f"whole{suffix}", steady(3), options=options).read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    assert read_video_info(path).breaks_off
    kept = []
    with pytest.raises(VideoError, match=rf"cut\{suffix} breaks off after"):
        kept.extend(t for _, t in read_frames(path))
    assert 30 <= len(kept) <= 70
    assert (np.diff(kept) > 0).all()


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
