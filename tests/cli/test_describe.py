"""Rows of numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skelgait as sg

Run = Callable[..., tuple[int, str, str]]


def test_describe_a_table_and_files(run: Run, walks: Path, tmp_path: Path) -> None:
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


def test_a_walk_that_cannot_be_measured_is_named_and_the_others_stay(run: Run, walks: Path, tmp_path: Path) -> None:
    pose = sg.read_pose(walks / "side.csv")
    sg.write_pose(pose.with_(xy=np.full_like(pose.xy, np.nan), confidence=None), tmp_path / "blind.npz")
    code, out, err = run("describe", walks / "side.csv", tmp_path / "blind.npz")
    assert code == 0
    assert len(out.splitlines()) == 3
    assert "blind" in err
    assert len(err.strip().splitlines()) == 1


def test_a_table_that_is_not_right_is_told_as_a_table(run: Run, walks: Path, tmp_path: Path) -> None:
    table = tmp_path / "trials.csv"
    table.write_text("subject,sagital,age_years\nanna,side.csv,7\n")
    code, _, err = run("describe", table)
    assert code == 2
    assert "trials.csv has no column sagittal. Found: sagital: did you mean sagittal?" in err
    table.write_text(f"subject;sagittal\nanna;{walks / 'side.csv'}\n")
    code, out, err = run("describe", table)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 2


def test_a_rate_that_overrules_the_file_is_told(run: Run, walks: Path, tmp_path: Path) -> None:
    code, _, err = run("describe", walks / "side.csv", "--fps", 60)
    assert (code, err) == (0, "skelgait: side.csv says 30 frames/s, you said 60: 60 is used\n")
    assert run("describe", walks / "side.csv", "--fps", 30)[2] == ""


@pytest.mark.parametrize("option", [("--fps", 30), ("--view", "sagittal"), ("--person", "1")])
def test_a_table_of_walks_says_its_own_rate_view_and_person(run: Run, walks: Path, option: tuple[object, ...]) -> None:
    code, _, err = run("describe", walks / "trials.csv", *option)
    assert code == 2
    assert f"{option[0]} cannot be given with a table of walks" in err
