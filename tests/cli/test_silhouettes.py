"""Silhouettes out of a video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import NoPerson
from skelgait.io.video_writing import write_video

Run = Callable[..., tuple[int, str, str]]


def test_a_video_becomes_a_file_and_a_sheet(run: Run, tmp_path: Path) -> None:
    film = sg.Walker(cadence_spm=120).film(sg.Camera(size=(480, 360)), fps=15, duration_s=1.2)
    write_video(tmp_path / "walk.mp4", film.frames(), 15)
    out, sheet = tmp_path / "walk.silhouettes.npz", tmp_path / "sheet.png"
    code, said, err = run("silhouettes", tmp_path / "walk.mp4", "--out", out, "--sheet", sheet, "--view", "sagittal_right")
    assert (code, err) == (0, "")
    walk = sg.SilhouetteSequence.open(out)
    assert (walk.fps, walk.view) == (15, "sagittal_right")
    assert len(walk) > 12
    assert sheet.read_bytes()[:4] == b"\x89PNG"
    assert said.splitlines() == [repr(walk), f"silhouettes: {out}", f"sheet: {sheet}"]


def test_options_reach_the_door_and_errors_speak_of_options(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def extract(video: Path, **settings: object) -> None:
        asked.update(settings)
        raise NoPerson("no frame shows the whole body", do="film the whole person, or pass whole=False to keep parts")

    monkeypatch.setattr(sg, "extract_silhouettes", extract)
    words = ("--person", "1", "--segmenter", "a.onnx", "--cut-off", "--fps", "240", "--quiet")
    code, _, err = run("silhouettes", tmp_path / "walk.mp4", "--out", tmp_path / "o.npz", *words)
    assert code == 2
    assert "or add --cut-off to keep parts" in err
    assert asked == {"subject": 1, "segmenter": "a.onnx", "whole": False, "fps": 240, "progress": False, "view": None}


def test_nothing_is_extracted_for_a_place_that_cannot_be_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sg, "extract_silhouettes", lambda *_, **__: pytest.fail("minutes are spent"))
    code, _, err = run("silhouettes", tmp_path / "walk.mp4", "--out", tmp_path / "nowhere" / "o.npz")
    assert code == 2
    assert "there is no folder" in err


def test_what_is_no_video_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "walk.mp4").write_text("this is not a video")
    code, _, err = run("silhouettes", tmp_path / "walk.mp4", "--out", tmp_path / "o.npz")
    assert code == 2
    assert "Found: it starts with the text 'this is not '" in err
    film = tmp_path / "grey.mp4"
    write_video(film, (np.full((240, 320, 3), 128, np.uint8) for _ in range(12)), 30)
    code, _, err = run("silhouettes", film, "--out", tmp_path / "o.npz", "--quiet")
    assert code == 2
    assert "nobody was found in" in err
    assert not (tmp_path / "o.npz").exists()
