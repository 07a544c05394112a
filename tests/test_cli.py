"""The command line: what it writes, how it fails, and how fast it starts."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import skelgait as sg
from skelgait.cli import app

COMMANDS = ("demo", "extract", "analyze", "describe", "cohort", "report", "formats")


def run(*args: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(a) for a in args], prog_name="skelgait")
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
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


@pytest.mark.parametrize("command", [(), *((c,) for c in COMMANDS)], ids=lambda c: " ".join(c) or "skelgait")
def test_help_teaches(command: tuple[str, ...]) -> None:
    code, out, _ = run(*command, "--help")
    assert code == 0
    assert re.search(r"^ +skelgait \w+", out, re.M), "an example to copy"


def test_help_is_fast_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['skelgait', '--help']\nfrom skelgait.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert time.perf_counter() - start < 3  # the promise is 0.5 s; a busy machine must not fail the suite
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_analyze_writes_everything_and_says_where(walks: Path, tmp_path: Path) -> None:
    code, out, err = run(
        "analyze", walks / "side.csv", "--out", tmp_path / "results", "--age", 7, "--height", 1.21, "--subject", "anna"
    )
    assert code == 0, err
    assert out.splitlines()[-1] == f"report: {tmp_path / 'results' / 'report.html'}"
    assert "Cadence: 120 steps/min" in out
    names = {p.name for p in (tmp_path / "results").iterdir()}
    wanted = {"pose.npz", "pose.csv", "events.csv", "angles.csv", "cycles.csv", "descriptors.csv", "validity.csv", "report.html"}
    assert wanted | {"overlay.mp4", "cycles.png", "cycles.svg"} <= names
    assert pd.read_csv(tmp_path / "results" / "descriptors.csv").cadence_spm[0] == pytest.approx(120, abs=1)
    assert "anna" in (tmp_path / "results" / "report.html").read_text(encoding="utf8")


@pytest.mark.usefixtures("no_pictures")
def test_side_and_front_together(walks: Path, tmp_path: Path) -> None:
    code, _, err = run("analyze", walks / "front.csv", walks / "side.csv", "--out", tmp_path, "--no-overlay")
    assert code == 0, err
    assert {"sagittal_events.csv", "frontal_events.csv"} <= {p.name for p in tmp_path.iterdir()}
    row = pd.read_csv(tmp_path / "descriptors.csv").iloc[0]
    assert np.isfinite(row.left_knee_flexion_range_deg)
    assert row.left_knee_valgus_mid_stance_deg == pytest.approx(8, abs=1.5)


@pytest.mark.usefixtures("no_pictures")
def test_report_alone(walks: Path, tmp_path: Path) -> None:
    code, out, err = run("report", walks / "side.csv", "--out", tmp_path / "page.html", "--quiet")
    assert (code, out) == (0, f"report: {tmp_path / 'page.html'}\n"), err
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.usefixtures("no_pictures")
def test_a_page_of_a_visit(walks: Path, tmp_path: Path) -> None:
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


def test_describe_a_table_and_files(walks: Path, tmp_path: Path) -> None:
    code, out, err = run("describe", walks / "trials.csv")
    assert code == 0, err
    row = pd.read_csv(io.StringIO(out)).iloc[0]
    assert row["subject"] == "anna"
    assert row["cadence_spm"] == pytest.approx(120, abs=1)
    code, out, err = run(
        "describe", walks / "side.csv", walks / "front.csv", "--out", tmp_path / "n.csv", "--validity", tmp_path / "v.csv"
    )
    assert code == 0, err
    assert pd.read_csv(tmp_path / "n.csv").trial.tolist() == ["side", "front"]
    assert set(pd.read_csv(tmp_path / "v.csv").trial) == {"side", "front"}
    assert "2 walks" in out


def test_formats_lists_what_is_read_and_written() -> None:
    from skelgait.io.formats import FORMATS

    code, out, _ = run("formats")
    assert code == 0
    for one in FORMATS:
        assert one.name in out
    for layout in sg.SKELETONS:
        assert layout in out


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
    ("extract", "{walks}/side.csv", "--out", "{tmp}/p.npz"),
    ("extract", "walk.mp4", "--who", "him", "--out", "{tmp}/p.npz"),
    ("nonsense",),
], ids=lambda a: " ".join(a).replace("{walks}/", "").replace("{tmp}/", ""))  # fmt: skip
def test_bad_input_is_one_line_and_two(args: tuple[str, ...], walks: Path, tmp_path: Path) -> None:
    code, _, err = run(*(a.format(walks=walks, tmp=tmp_path) for a in args))
    assert code == 2
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("skelgait")
    assert "Traceback" not in err


def test_our_own_fault_is_one_line_and_one_and_debug_shows_it(walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no\nway")

    monkeypatch.setattr("skelgait.report.results.write_results", broken)
    code, _, err = run("analyze", walks / "side.csv", "--out", tmp_path, "--quiet")
    assert (code, err) == (1, "skelgait: unexpected ZeroDivisionError: no way (add --debug for the traceback)\n")
    done = CliRunner().invoke(app, ["analyze", str(walks / "side.csv"), "--out", str(tmp_path), "--quiet", "--debug"])
    assert isinstance(done.exception, ZeroDivisionError)


def test_a_walk_that_cannot_be_measured_is_named_and_the_others_stay(walks: Path, tmp_path: Path) -> None:
    pose = sg.read_pose(walks / "side.csv")
    sg.write_pose(pose.with_(xy=np.full_like(pose.xy, np.nan), confidence=None), tmp_path / "blind.npz")
    code, out, err = run("describe", walks / "side.csv", tmp_path / "blind.npz")
    assert code == 0
    assert len(out.splitlines()) == 3
    assert "blind" in err
    assert len(err.strip().splitlines()) == 1


def test_version() -> None:
    assert run("--version") == (0, f"skelgait {sg.__version__}\n", "")


def test_the_module_runs_in_a_process_of_its_own(walks: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "skelgait", "describe", str(walks / "side.csv"), "--out", str(tmp_path / "n.csv")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"1 walk: {tmp_path / 'n.csv'}\n"
    done = subprocess.run([sys.executable, "-m", "skelgait", "describe", "gone.json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith("skelgait: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("no_pictures")
def test_demo_measures_what_is_true(tmp_path: Path) -> None:
    code, out, err = run("demo", "--out", tmp_path / "demo", "--no-overlay")
    assert code == 0, err
    page = tmp_path / "demo" / "report.html"
    assert out.splitlines()[-1] == f"report: {page}"
    for line in out.splitlines()[1:6]:
        true, measured = (float(x) for x in re.findall(r"-?\d+\.\d+", line)[:2])
        assert measured == pytest.approx(true, abs=max(0.02, 0.015 * abs(true)) if "knee" not in line else 1.5), line
    assert "synthetic child" in page.read_text(encoding="utf8")


def test_a_table_that_is_not_right_is_told_as_a_table(walks: Path, tmp_path: Path) -> None:
    table = tmp_path / "trials.csv"
    table.write_text("subject,sagital,age_years\nanna,side.csv,7\n")
    code, _, err = run("describe", table)
    assert code == 2
    assert "trials.csv has no column sagittal. Found: sagital: did you mean sagittal?" in err
    table.write_text(f"subject;sagittal\nanna;{walks / 'side.csv'}\n")
    code, out, err = run("describe", table)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 2


@pytest.mark.usefixtures("no_pictures")
def test_a_recording_given_as_another_plane_is_told(walks: Path, tmp_path: Path) -> None:
    words = "looks frontal_towards, but it was given as sagittal"
    code, _, err = run("analyze", walks / "front.csv", "--view", "sagittal", "--out", tmp_path / "r", "--no-overlay")
    assert code == 2
    assert words in err
    code, _, err = run("report", walks / "side.csv", "--view", "frontal", "--out", tmp_path / "p.html")
    assert code == 2
    assert "looks sagittal_right, but it was given as frontal" in err
    pose = sg.read_pose(walks / "front.csv")
    sg.write_pose(pose.with_(view=None), tmp_path / "front.csv")
    (tmp_path / "trials.csv").write_text(f"subject,sagittal\nanna,front.csv\nberta,{walks / 'side.csv'}\n")
    code, _, err = run("describe", tmp_path / "trials.csv")
    assert code == 0
    assert words in err
    assert "anna" in err
    assert len(err.strip().splitlines()) == 1
    code, _, err = run("describe", tmp_path / "front.csv", "--view", "sagittal")
    assert code == 2
    assert words in err


@pytest.mark.usefixtures("no_pictures")
def test_analyze_says_why_nothing_was_measured(walks: Path, tmp_path: Path) -> None:
    pose = sg.read_pose(walks / "side.csv")
    still = pose.with_(xy=np.repeat(pose.xy[:1], pose.n_frames, axis=0))
    sg.write_pose(still, tmp_path / "still.npz")
    code, _, err = run("analyze", tmp_path / "still.npz", "--out", tmp_path / "r", "--no-overlay")
    assert code == 2
    assert "no stride could be measured: " in err


def test_a_rate_that_overrules_the_file_is_told(walks: Path, tmp_path: Path) -> None:
    code, _, err = run("describe", walks / "side.csv", "--fps", 60)
    assert (code, err) == (0, "skelgait: side.csv says 30 frames/s, you said 60: 60 is used\n")
    assert run("describe", walks / "side.csv", "--fps", 30)[2] == ""


@pytest.mark.parametrize("option", [("--fps", 30), ("--view", "sagittal"), ("--person", "1")])
def test_a_table_of_walks_says_its_own_rate_view_and_person(walks: Path, option: tuple[object, ...]) -> None:
    code, _, err = run("describe", walks / "trials.csv", *option)
    assert code == 2
    assert f"{option[0]} cannot be given with a table of walks" in err


@pytest.mark.parametrize("command", ["extract", "analyze"])
@pytest.mark.parametrize("options", [(), ("--keep-partial",)])
def test_what_is_there_of_a_video_can_be_kept(
    command: str, options: tuple[str, ...], walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skelgait.core.errors import VideoError

    asked = []

    def estimate(*_: object, keep_partial: bool, **__: object) -> None:
        asked.append(keep_partial)
        raise VideoError("it breaks off", do="copy it from the camera again, or pass keep_partial=True")

    monkeypatch.setattr(sg, "estimate_pose", estimate, raising=False)
    (tmp_path / "walk.mp4").write_bytes(b"x")
    code, _, err = run(command, tmp_path / "walk.mp4", "--out", tmp_path / "out.npz", *options)
    assert (code, asked) == (2, [bool(options)])
    assert "or add --keep-partial" in err


def test_a_walk_that_fails_leaves_no_folder(walks: Path, tmp_path: Path) -> None:
    args = ("analyze", walks / "side.csv", walks / "side.csv", "--out")
    assert run(*args, tmp_path / "r")[0] == 2
    assert not (tmp_path / "r").exists()
    (tmp_path / "mine").mkdir()
    assert run(*args, tmp_path / "mine")[0] == 2
    assert (tmp_path / "mine").is_dir()


def test_endings_are_looked_at_first(walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sg, "estimate_pose", lambda *_, **__: pytest.fail("estimated first"), raising=False)
    code, _, err = run("extract", "walk.mp4", "--out", tmp_path / "zz.json")
    assert code == 2
    assert "a pose cannot be written as zz.json" in err
    code, _, err = run("report", walks / "side.csv", "--out", tmp_path / "x.pdf")
    assert code == 2
    assert "a page cannot be written as x.pdf. Expected: .html" in err
    assert list(tmp_path.iterdir()) == []


def test_a_decimal_comma_is_one(walks: Path, tmp_path: Path) -> None:
    code, _, err = run("analyze", walks / "side.csv", walks / "side.csv", "--height", "1,28", "--age", "7,5", "--out", tmp_path)
    assert code == 2
    assert "both recordings look sagittal" in err  # read, and on to the next
    code, _, err = run("analyze", walks / "side.csv", "--height", "tall", "--out", tmp_path)
    assert "'tall' is not a number" in err


def test_a_text_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "walk.mp4").write_text("this is not a video")
    code, _, err = run("extract", tmp_path / "walk.mp4", "--out", tmp_path / "walk.npz")
    assert code == 2
    assert "Found: it starts with the text 'this is not '" in err
