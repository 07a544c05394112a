"""A walk into a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skelgait as sg

Run = Callable[..., tuple[int, str, str]]


def test_analyze_writes_everything_and_says_where(run: Run, walks: Path, tmp_path: Path) -> None:
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
def test_side_and_front_together(run: Run, walks: Path, tmp_path: Path) -> None:
    code, _, err = run("analyze", walks / "front.csv", walks / "side.csv", "--out", tmp_path, "--no-overlay")
    assert code == 0, err
    assert {"sagittal_events.csv", "frontal_events.csv"} <= {p.name for p in tmp_path.iterdir()}
    row = pd.read_csv(tmp_path / "descriptors.csv").iloc[0]
    assert np.isfinite(row.left_knee_flexion_range_deg)
    assert row.left_knee_valgus_mid_stance_deg == pytest.approx(8, abs=1.5)


@pytest.mark.usefixtures("no_pictures")
def test_a_recording_given_as_another_plane_is_told(run: Run, walks: Path, tmp_path: Path) -> None:
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
def test_analyze_says_why_nothing_was_measured(run: Run, walks: Path, tmp_path: Path) -> None:
    pose = sg.read_pose(walks / "side.csv")
    still = pose.with_(xy=np.repeat(pose.xy[:1], pose.n_frames, axis=0))
    sg.write_pose(still, tmp_path / "still.npz")
    code, _, err = run("analyze", tmp_path / "still.npz", "--out", tmp_path / "r", "--no-overlay")
    assert code == 2
    assert "no stride could be measured: " in err


@pytest.mark.usefixtures("no_pictures")
def test_a_front_view_without_strides_is_not_told_to_lack_a_side_view(run: Run, walks: Path, tmp_path: Path) -> None:
    pose = sg.read_pose(walks / "front.csv")
    cut = {name: getattr(pose, name)[:42] for name in ("xy", "confidence", "time_s")}
    sg.write_pose(pose.with_(**cut, filled=None, swapped=None, view="frontal"), tmp_path / "short.npz")
    code, _, err = run("analyze", tmp_path / "short.npz", "--out", tmp_path / "r", "--no-overlay")
    assert code == 2
    assert "no stride could be measured: no complete stride" in err


def test_a_walk_that_fails_leaves_no_folder(run: Run, walks: Path, tmp_path: Path) -> None:
    args = ("analyze", walks / "side.csv", walks / "side.csv", "--out")
    assert run(*args, tmp_path / "r")[0] == 2
    assert not (tmp_path / "r").exists()
    (tmp_path / "mine").mkdir()
    assert run(*args, tmp_path / "mine")[0] == 2
    assert (tmp_path / "mine").is_dir()
