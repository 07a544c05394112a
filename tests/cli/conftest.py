"""Walks to give to the command line, and a way to run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import skelgait as sg
from skelgait.cli import app

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a command; gives its exit code, what it said, and what it said on stderr."""

    def command(*args: object) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, [str(a) for a in args], prog_name="skelgait")
        return done.exit_code, done.stdout, done.stderr

    return command


@pytest.fixture(scope="session")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a walk from the side, the same from the front, and a table of them."""
    folder = tmp_path_factory.mktemp("walks")
    child = sg.Walker(cadence_spm=120, knee_valgus_deg=8.0)
    sg.write_pose(child.film(sg.Camera(view="sagittal_right"), fps=30, duration_s=4).pose, folder / "side.csv")
    sg.write_pose(child.film(sg.Camera(view="frontal_towards"), fps=30, duration_s=4).pose, folder / "front.csv")
    (folder / "trials.csv").write_text("subject,sagittal,frontal,age_years\nanna,side.csv,front.csv,7\n")
    return folder


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    from skelgait.report.embed import Drawings

    for module in ("page", "results"):
        monkeypatch.setattr(f"skelgait.report.{module}.draw_visit", lambda *_, **__: Drawings())
