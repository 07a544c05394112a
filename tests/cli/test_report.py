"""A page alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.usefixtures("no_pictures")
def test_report_alone(run: Run, walks: Path, tmp_path: Path) -> None:
    code, out, err = run("report", walks / "side.csv", "--out", tmp_path / "page.html", "--quiet")
    assert (code, out) == (0, f"report: {tmp_path / 'page.html'}\n"), err
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.usefixtures("no_pictures")
def test_a_page_of_a_visit(run: Run, walks: Path, tmp_path: Path) -> None:
    side, front, page = walks / "side.csv", walks / "front.csv", tmp_path / "visit.html"
    code, _, err = run("report", side, side, front, "--out", page, "--subject", "anna", "--quiet")
    assert code == 0, err
    text = page.read_text(encoding="utf8")
    assert "in 3 recordings (side, right near; front)" in text
    assert "<title>Gait report: anna" not in text
    code, _, err = run("report", side, front, "--out", page, "--identify", "--language", tmp_path / "none.csv", "--quiet")
    assert (code, len(err.splitlines())) == (2, 1)
    code, _, err = run("report", side, front, "--out", page, "--subject", "anna", "--identify", "--quiet")
    assert code == 0, err
    assert "<title>Gait report: anna" in page.read_text(encoding="utf8")


@pytest.mark.parametrize("option", ["--clips", "--no-clips"])
@pytest.mark.parametrize("command", ["report", "analyze"])
def test_clips_are_left_out_when_told(
    run: Run, walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, option: str
) -> None:
    from skelgait.report.embed import Drawings

    given: list[bool] = []

    def draw(*_: object, clips: bool, **__: object) -> Drawings:
        given.append(clips)
        return Drawings()

    for module in ("page", "results"):
        monkeypatch.setattr(f"skelgait.report.{module}.draw_visit", draw)
    out = tmp_path / ("page.html" if command == "report" else "results")
    more = () if command == "report" else ("--no-overlay",)
    code, _, err = run(command, walks / "side.csv", "--out", out, option, "--quiet", *more)
    assert (code, given) == (0, [option == "--clips"]), err
