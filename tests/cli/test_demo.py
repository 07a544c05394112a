"""The walk of known truth, and the model learnt at the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skelgait as sg

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.usefixtures("no_pictures")
def test_demo_measures_what_is_true(run: Run, tmp_path: Path) -> None:
    code, out, err = run("demo", "--out", tmp_path / "demo", "--no-overlay", "--no-learning")
    assert code == 0, err
    page = tmp_path / "demo" / "report.html"
    assert out.splitlines()[-1] == f"report: {page}"
    assert err.splitlines()[-1] == "left out: learning (--no-learning)"
    for line in out.splitlines()[1:6]:
        true, measured = (float(x) for x in re.findall(r"-?\d+\.\d+", line)[:2])
        assert measured == pytest.approx(true, abs=max(0.02, 0.015 * abs(true)) if "knee" not in line else 1.5), line
    assert "synthetic child" in page.read_text(encoding="utf8")


@pytest.mark.usefixtures("no_pictures")
def test_it_ends_with_a_model_and_its_page(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CHILDREN", 15), ("WALKS", 1), ("SECONDS", 3.0), ("EPOCHS", 3), ("STAGES", (4, 8))):
        monkeypatch.setattr(f"skelgait.cli.demo_learning.{name}", value)
    code, out, err = run("demo", "--out", tmp_path, "--no-overlay", "--quiet")
    assert (code, err) == (0, "")
    folder = tmp_path / "learning"
    assert out.splitlines() == [f"report: {tmp_path / 'report.html'}", f"learning: {folder / 'learning.html'}"]
    assert sorted(p.name for p in folder.iterdir()) == [
        *("answers.csv", "confusion.png", "descriptors.png", "gmfcs.safetensors", "keypoints.csv"),
        *("learning.html", "scores.csv", "skeleton.png"),
    ]
    page = (folder / "learning.html").read_text(encoding="utf8")
    scores = pd.read_csv(folder / "scores.csv").set_index(["model", "metric"])
    assert scores.loc[("fusion of both", "subjects"), "value"] == 5
    row = scores.loc[("fusion of both", "accuracy")]
    assert f'{row.value:.2f} <span class="spread">{row.low:.2f} to {row.high:.2f}</span>' in page
    answers = pd.read_csv(folder / "answers.csv")
    assert (answers.true == answers.answer).mean() == pytest.approx(row.value)
    assert np.allclose(answers.filter(like="p_").sum(axis=1), 1, atol=1e-3)
    model = sg.GaitClassifier.load(folder / "gmfcs.safetensors")
    children = sg.draw_cohort(15, 1, duration_s=3.0)
    assert len(model.has_seen(children)) == 10
    assert not set(model.has_seen(children)) & set(answers.subject)
    ranked = pd.read_csv(folder / "keypoints.csv")
    assert ranked["mean"].is_monotonic_decreasing


@pytest.mark.usefixtures("no_pictures")
def test_without_torch_it_measures_and_says_what_is_left_out(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *a: None if name == "torch" else find(name, *a))
    code, out, err = run("demo", "--out", tmp_path, "--no-overlay")
    assert code == 0
    assert out.splitlines()[-1] == f"report: {tmp_path / 'report.html'}"
    (line,) = [line for line in err.splitlines() if line.startswith("left out")]
    assert line == (
        "left out: learning: models need packages that are not installed. Found: no torch. "
        'What to do: pip install "skelgait[learn]".'
    )
    assert not (tmp_path / "learning").exists()
