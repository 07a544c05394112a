from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from skelgait.core.errors import VideoError
from skelgait.io.video import read_video_info
from skelgait.io.video_frames import read_frames

Film = Callable[..., Path]


def steady(seconds: float, fps: float = 30) -> list[float]:
    return [k / fps for k in range(round(seconds * fps))]


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


def test_a_file_without_its_index_is_called_cut_off(tmp_path: Path, film: Film) -> None:
    whole = film(tmp_path / "whole.mp4", steady(2)).read_bytes()
    path = tmp_path / "interrupted.mp4"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(VideoError, match=r"interrupted\.mp4 breaks off: its index"):
        read_video_info(path)


def test_a_sound_file_with_a_cover_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "lecture.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=44100)
        sound.layout = "mono"
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.float32), "fltp", "mono")
        silence.sample_rate = 44100
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        for packet in (*cover.encode(picture), *cover.encode(), *sound.encode(silence), *sound.encode()):
            container.mux(packet)
    with av.open(str(path)) as container:
        assert container.streams.video
    with pytest.raises(VideoError, match=r"lecture\.mp3 has no pictures\. Found: sound only"):
        read_video_info(path)
