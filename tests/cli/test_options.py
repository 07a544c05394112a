"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import click
import pytest
import typer

from skelgait.cli import app
from skelgait.cli.app import COMMANDS
from skelgait.cli.options import Page, Recordings, Subject

Run = Callable[..., tuple[int, str, str]]


def options(command: str) -> dict[str, click.Parameter]:
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group) or hasattr(group, "commands")
    return {one.name: one for one in group.commands[command].params}  # type: ignore[union-attr]


@pytest.mark.parametrize("command", ["analyze", "report", "describe", "extract"])
def test_recordings_are_read_alike_everywhere(command: str) -> None:
    assert {field.name for field in fields(Recordings)} <= set(options(command))


@pytest.mark.parametrize("command", ["analyze", "report"])
def test_subject_and_page_are_said_alike(command: str) -> None:
    assert {field.name for group in (Subject, Page) for field in fields(group)} <= set(options(command))


def test_an_option_is_the_same_wherever_it_stands() -> None:
    seen: dict[str, tuple[str, object]] = {}
    for command, _ in COMMANDS:
        for name, one in options(command.__name__).items():
            if name in ("out", "trials", "files", "video", "overlay", "jobs"):  # each command's own
                continue
            said = (getattr(one, "help", None) or "", one.default)
            assert seen.setdefault(name, said) == said, f"--{name} of {command.__name__}"
    assert {"fps", "view", "person", "subject", "age", "norms", "quiet"} <= set(seen)


def test_a_decimal_comma_is_one(run: Run, walks: Path, tmp_path: Path) -> None:
    code, _, err = run("analyze", walks / "side.csv", walks / "side.csv", "--height", "1,28", "--age", "7,5", "--out", tmp_path)
    assert code == 2
    assert "both recordings look sagittal" in err  # read, and on to the next
    code, _, err = run("analyze", walks / "side.csv", "--height", "tall", "--out", tmp_path)
    assert "'tall' is not a number" in err


def test_a_size_a_person_a_box(run: Run, walks: Path, tmp_path: Path) -> None:
    for option, value, words in (
        ("--size", "1920", "'1920' is not WIDTHxHEIGHT, for example 1920x1080"),
        ("--size", "0x0", "is not WIDTHxHEIGHT"),
        ("--person", "1,2", "'1,2' is not a box x,y,width,height"),
        ("--person", "1,2,3,4", "a box chooses a person of a video, not of a keypoint file"),
        ("--who", "nobody", "'nobody' is no way to choose a person"),
    ):
        code, _, err = run("describe", walks / "side.csv", option, value)
        assert code == 2
        assert words in err, err


def test_shares_of_the_image_become_pixels_with_a_size(run: Run, walks: Path, tmp_path: Path) -> None:
    import skelgait as sg

    pose = sg.read_pose(walks / "side.csv")
    width, height = pose.size or (960, 540)
    sg.write_pose(pose.with_(xy=pose.xy / (width, height), size=None), tmp_path / "frames")
    code, _, err = run("extract", tmp_path / "frames", "--out", tmp_path / "p.npz", "--fps", 30)
    assert code == 2
    assert "for example --size 1920x1080" in err
    code, _, err = run("extract", tmp_path / "frames", "--out", tmp_path / "p.npz", "--fps", 30, "--size", f"{width}x{height}")
    assert code == 0, err
    assert sg.read_pose(tmp_path / "p.npz").size == (width, height)
