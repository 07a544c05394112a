"""What goes wrong is one line and an exit code."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import skelgait as sg
from skelgait.cli import app

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("args", [
    ("analyze", "nowhere.json", "--out", "{tmp}/r"),
    ("analyze", "nowhere.mp4", "--out", "{tmp}/r"),
    ("analyze", "{walks}/trials.csv", "--out", "{tmp}/r"),
    ("analyze", "{walks}/side.csv", "{walks}/side.csv", "--out", "{tmp}/r"),
    ("analyze", "{walks}/side.csv", "--out", "{walks}/side.csv"),
    ("analyze", "{walks}/side.csv", "{walks}/front.csv", "--view", "frontal", "--out", "{tmp}/r"),
    ("analyze", "{walks}/side.csv", "--height", "121", "--out", "{tmp}/r"),
    ("analyze", "{walks}/side.csv"),
    ("analyze", "{walks}/side.csv", "--fps", "fast", "--out", "{tmp}/r"),
    ("analyze", "{walks}/side.csv", "--view", "above", "--out", "{tmp}/r"),
    ("describe", "{walks}/nothing.csv"),
    ("describe", "{walks}/side.csv", "--out", "{tmp}/nowhere/n.csv"),
    ("report", "{walks}/side.csv", "--out", "{tmp}/nowhere/page.html"),
    ("extract", "{walks}/trials.csv", "--out", "{tmp}/p.npz"),
    ("extract", "{walks}/side.csv", "--out", "{tmp}/p.xyz"),
    ("extract", "{walks}/side.csv", "--out", "{tmp}/nowhere/frames"),
    ("report", "{walks}/side.csv", "--out", "{tmp}/page.html", "--size", "wide"),
    ("report", "{walks}/side.csv", "--out", "{tmp}/page.html", "--language", "klingon"),
    ("cohort", "{walks}/side.csv", "--out", "{tmp}/c"),
    ("cohort", "{walks}", "--out", "{tmp}/c"),
    ("cohort", "walk.mp4", "--out", "{tmp}/c"),
    ("cohort", "{walks}/trials.csv", "--out", "{tmp}/c", "--person", "longest"),
    ("cohort", "{walks}/trials.csv", "--out", "{tmp}/c", "--norms", "nowhere.csv"),
    ("norms", "show", "happiness"),
    ("norms", "nonsense"),
    ("extract", "walk.mp4", "--person", "1,2,3", "--out", "{tmp}/p.npz"),
    ("nonsense",),
], ids=lambda a: " ".join(a).replace("{walks}/", "").replace("{tmp}/", ""))  # fmt: skip
def test_bad_input_is_one_line_and_two(run: Run, args: tuple[str, ...], walks: Path, tmp_path: Path) -> None:
    code, _, err = run(*(a.format(walks=walks, tmp=tmp_path) for a in args))
    assert code == 2
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("skelgait")
    assert "Traceback" not in err


def test_our_own_fault_is_one_line_and_one_and_debug_shows_it(
    run: Run, walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no\nway")

    monkeypatch.setattr("skelgait.report.results.write_results", broken)
    code, _, err = run("analyze", walks / "side.csv", "--out", tmp_path, "--quiet")
    assert (code, err) == (1, "skelgait: unexpected ZeroDivisionError: no way (add --debug for the traceback)\n")
    done = CliRunner().invoke(app, ["analyze", str(walks / "side.csv"), "--out", str(tmp_path), "--quiet", "--debug"])
    assert isinstance(done.exception, ZeroDivisionError)


def test_endings_are_looked_at_first(run: Run, walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skelgait.estimation.estimate.estimate_pose", lambda *_, **__: pytest.fail("estimated first"))
    code, _, err = run("extract", "walk.mp4", "--out", tmp_path / "zz.json")
    assert code == 2
    assert "a pose cannot be written as zz.json" in err
    code, _, err = run("report", walks / "side.csv", "--out", tmp_path / "x.pdf")
    assert code == 2
    assert "a page cannot be written as x.pdf. Expected: .html" in err
    assert list(tmp_path.iterdir()) == []


GIVEN = {
    "trials.csv": b"subject,sagittal\nanna,side.csv\n",
    "report.html": b"<!DOCTYPE html><html></html>",
    "walk.mp3": b"ID3\x03" + bytes(40),
    "notes.docx": b"PK\x03\x04" + bytes(40),
}


@pytest.mark.parametrize("command", ["analyze", "report", "describe", "extract"])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("trials.csv", "trials.csv is a table of walks, where one recording is wanted"),
        ("report.html", "report.html is a web page: perhaps a report"),
        ("walk.mp3", "walk.mp3 is sound"),
        ("notes.docx", "notes.docx is a text document"),
        ("clips", "folder clips holds 2 videos, no keypoints. Found: w1.mp4, w2.mp4"),
        ("C:\\Users\\Anna Smith\\walk.mp4", "a path of Windows"),
        ('side.csv"', "What to do: give side.csv"),
    ],
)
def test_what_is_no_walk_is_told_kindly(
    run: Run, command: str, given: str, words: str, walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "side.csv").write_bytes((walks / "side.csv").read_bytes())
    (tmp_path / "clips").mkdir()
    for name in ("w1.mp4", "w2.mp4"):
        (tmp_path / "clips" / name).write_bytes(b"\0\0\0\x18ftypmp42")
    for name, raw in GIVEN.items():
        (tmp_path / name).write_bytes(raw)
    before = sorted(p.name for p in tmp_path.iterdir())
    out = {"analyze": "r", "report": "p.html", "extract": "p.npz", "describe": "n.csv"}[command]
    files = (given, "side.csv") if command == "describe" else (given,)  # a table alone is what describe wants
    code, _, err = run(command, *files, "--out", out)
    assert code == 2
    assert words in err
    assert "What to do: " in err
    assert len(err.strip().splitlines()) == 1
    assert "sg." not in err  # the shell is spoken to
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_path_with_spaces_that_was_torn(run: Run, walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "My walk.csv").write_bytes((walks / "side.csv").read_bytes())
    code, _, err = run("analyze", "My", "walk.csv", "--out", "r")
    assert code == 2
    assert 'put it in quotation marks: "My walk.csv"' in err


def test_options_are_named_where_scripts_have_arguments(run: Run, walks: Path, tmp_path: Path) -> None:
    sg.write_pose(sg.read_pose(walks / "side.csv"), tmp_path / "frames")
    assert "for example --fps 60" in run("describe", tmp_path / "frames")[2]
    assert "give --person 0, or leave it out" in run("describe", walks / "side.csv", "--person", 4)[2]


def test_a_full_disk_is_one_line_and_leaves_nothing(run: Run, walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("numpy.savez_compressed", full)
    monkeypatch.setattr("pandas.DataFrame.to_csv", full)
    for command, out in (("extract", "p.npz"), ("extract", "p.csv"), ("describe", "n.csv"), ("analyze", "r")):
        code, _, err = run(command, walks / "side.csv", "--out", tmp_path / out, "--quiet")
        assert code == 2
        assert "cannot be written. Found: No space left on device. What to do: free some space" in err
        assert str(tmp_path / out) in err
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_run_leaves_the_results_of_the_one_before(walks: Path, tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "import os, sys\n"
        "import skelgait.report.results as results\n"
        "from skelgait.report.embed import Drawings\n"
        "results.draw_visit = lambda *_, **__: Drawings()\n"
        "write = results._write_pose\n"
        f"results._write_pose = lambda *a: (write(*a), os.kill(os.getpid(), {int(number)}))\n"
        "from skelgait.cli import main\n"
        "main()\n"
    )
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "report.html").write_text("of the run before")
    args = [sys.executable, "-c", code, "analyze", str(walks / "side.csv"), "--out", str(folder), "--no-overlay", "--quiet"]
    done = subprocess.run(args, capture_output=True, timeout=120)
    assert done.returncode == (128 + number if number == signal.SIGTERM else -number)
    assert [p.name for p in folder.iterdir() if not p.name.startswith(".unfinished")] == ["report.html"]
    assert (folder / "report.html").read_text() == "of the run before"
    assert (number == signal.SIGKILL) == any(p.name.startswith(".unfinished") for p in folder.iterdir())
