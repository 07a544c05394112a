"""Keypoints out of a video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("command", ["extract", "analyze"])
@pytest.mark.parametrize("options", [(), ("--keep-partial",)])
def test_what_is_there_of_a_video_can_be_kept(
    run: Run, command: str, options: tuple[str, ...], walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skelgait.core.errors import VideoError

    asked = []

    def estimate(*_: object, keep_partial: bool, **__: object) -> None:
        asked.append(keep_partial)
        raise VideoError("it breaks off", do="copy it from the camera again, or pass keep_partial=True")

    monkeypatch.setattr("skelgait.estimation.estimate.estimate_pose", estimate)
    (tmp_path / "walk.mp4").write_bytes(b"x")
    code, _, err = run(command, tmp_path / "walk.mp4", "--out", tmp_path / "out.npz", *options)
    assert (code, asked) == (2, [bool(options)])
    assert "or add --keep-partial" in err


def test_a_text_is_no_video(run: Run, tmp_path: Path) -> None:
    (tmp_path / "walk.mp4").write_text("this is not a video")
    code, _, err = run("extract", tmp_path / "walk.mp4", "--out", tmp_path / "walk.npz")
    assert code == 2
    assert "Found: it starts with the text 'this is not '" in err
