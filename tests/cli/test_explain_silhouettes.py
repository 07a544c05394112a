"""A model of silhouettes on the command line: it answers, and shows why over the silhouette."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skelgait as sg
from tests.cli.conftest import Run


@pytest.mark.parametrize(("method", "first"), [("", "row "), ("strips", "rows ")])
def test_answers_about_silhouettes_are_explained(run: Run, tmp_path: Path, method: str, first: str) -> None:
    y, x = np.mgrid[:64, :44]
    walks = []
    for child in range(4):
        body = np.hypot((x - 22) / (8 + child + np.arange(8)[:, None, None] % 3), (y - 32) / 30) < 1
        file = tmp_path / f"child{child}.silhouettes.npz"
        sg.SilhouetteSequence(body, fps=30, view="frontal").save(file)
        walks.append(
            {"subject": f"child{child}", "frontal_silhouettes": file.name, "label_scoliosis": ("negative", "positive")[child % 2]}
        )
    pd.DataFrame(walks).to_csv(tmp_path / "trials.csv", index=False)
    recipe = sg.recipes.sconet(
        encoder={"channels": [4, 4, 8, 8], "width": 8}, max_steps=2, subjects=4, walks_each=1, progress=False
    )
    recipe.fit(sg.read_trials(tmp_path / "trials.csv")).save(tmp_path / "model.safetensors")
    code, out, err = run("predict", tmp_path / "model.safetensors", tmp_path / "trials.csv", "--out", tmp_path / "said.csv")
    assert code == 0, out + err
    assert len(pd.read_csv(tmp_path / "said.csv")) == 4
    code, out, err = run("predict", tmp_path / "model.safetensors", tmp_path / "child1.silhouettes.npz")
    assert code == 0, out + err
    assert out.splitlines()[1].startswith("child1,child1,")
    code, out, err = run("predict", tmp_path / "model.safetensors", tmp_path / "child1.silhouettes.npz", "--view", "sagittal_left")
    assert code == 2
    assert "silhouettes of the sagittal plane" in err
    sg.SilhouetteSequence(body, fps=30).save(tmp_path / "any.silhouettes.npz")
    code, out, err = run("predict", tmp_path / "model.safetensors", tmp_path / "any.silhouettes.npz")
    assert (code, "say it with --view" in err) == (2, True)
    assert run("predict", tmp_path / "model.safetensors", tmp_path / "any.silhouettes.npz", "--view", "frontal")[0] == 0
    code, out, err = run("analyze", tmp_path / "any.silhouettes.npz", "--out", tmp_path / "results")
    assert (code, "is what skelgait wrote (silhouettes of a walk), not a recording" in err) == (2, True)
    about = ["--method", method] if method else []
    code, out, err = run("explain", tmp_path / "model.safetensors", tmp_path / "trials.csv", "--out", tmp_path / "why", *about)
    assert code == 0, out + err
    answers = pd.read_csv(tmp_path / "why" / "answers.csv")
    assert answers["first"].str.startswith(first).all()
    assert all((tmp_path / "why" / name).exists() for name in answers.figure)
