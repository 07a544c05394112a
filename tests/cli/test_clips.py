"""A clip out of a video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import skelgait as sg
from skelgait.cli.mistakes import for_the_shell
from skelgait.io.video_writing import write_video

Run = Callable[..., tuple[int, str, str]]


def test_a_video_becomes_a_file(run: Run, tmp_path: Path) -> None:
    film = sg.Walker(cadence_spm=120).film(sg.Camera(size=(480, 360)), fps=15, duration_s=1.2)
    write_video(tmp_path / "walk.mp4", film.frames(), 15)
    out = tmp_path / "walk.clip.npz"
    code, said, err = run("clip", tmp_path / "walk.mp4", "--out", out, "--view", "sagittal_right", "--grey", "--side", "64")
    assert (code, err) == (0, "")
    clip = sg.Clip.open(out)
    assert (clip.fps, clip.view, clip.frames.shape[1:]) == (15, "sagittal_right", (64, 64, 1))
    assert len(clip) > 8
    assert said.splitlines() == [repr(clip), f"clip: {out}"]


def test_nothing_is_cut_for_a_place_that_cannot_be_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sg, "extract_clip", lambda *_, **__: pytest.fail("minutes are spent"))
    code, _, err = run("clip", tmp_path / "walk.mp4", "--out", tmp_path / "nowhere" / "o.npz")
    assert code == 2
    assert "there is no folder" in err


def test_a_walk_without_a_clip_is_told_the_command() -> None:
    with pytest.raises(sg.SkelgaitError) as told:
        sg.Trial("a").clip()
    assert for_the_shell(str(told.value)).endswith(
        "make it with `skelgait clip`, and name it in a column of the table, frontal_clip."
    )
    with pytest.raises(sg.SkelgaitError, match=r"no frontal clip.*make it with sg.extract_clips") as told:
        sg.Trial("a", video={"frontal": "a.mp4"}).clip("frontal")
    assert for_the_shell(str(told.value)).endswith("make it with `skelgait train --clips-folder FOLDER`.")
