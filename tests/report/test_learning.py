"""The page of a model, from tables and pictures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skelgait as sg
from skelgait.report.learning import Answer, Learnt, Picture, write_learning_page

PNG = b"\x89PNG\r\n\x1a\nbytes"
LEVELS = sg.tasks.GMFCS.levels


def scores(right: float, n: int = 40) -> pd.DataFrame:
    """Of answers that are right in a share of cases, 20 children with two walks each, nobody of level IV."""
    truth = np.repeat(np.arange(n // 2) % 3, 2)
    said = np.where(np.arange(n) < right * n, truth, (truth + 1) % 4)
    return sg.score_table(np.eye(4)[said], truth, task=sg.tasks.GMFCS, groups=np.repeat(np.arange(n // 2), 2), n_boot=100)


def difference(low: float, high: float) -> pd.Series:
    return pd.Series({"difference": (low + high) / 2, "low": low, "high": high})


def write(folder: Path, **changes: object) -> str:
    given: dict[str, object] = {
        "learnt": Learnt((80, 40), (40, 20), {"I": 30, "II": 20, "III": 10}, ["left hip", "right knee"], 17, 32, 41.6),
        "scores": {"fusion": scores(0.75), "forest": scores(0.5)},
        "differences": {"forest": difference(0.05, 0.4)},
        "answer": Answer("child3_1", "II", "II", 0.81, (("skeleton map", 0.2), ("descriptor bars", -0.1))),
        "pictures": [Picture(name, f"about {name}", PNG) for name in ("confusion", "skeleton", "descriptors")],
    }
    files = changes.pop("files", ())
    given |= changes
    path = write_learning_page(folder / "learning.html", **given, files=files)  # type: ignore[arg-type]
    return path.read_text(encoding="utf8")


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page[page.index("<main>") :]).split())


def test_it_says_what_was_learnt_and_how_well(tmp_path: Path) -> None:
    text = plain(write(tmp_path, files=["scores.csv"]))
    assert "learnt from 80 walks of 40 synthetic children, asked about 40 walks of 20 others" in text
    row = scores(0.75).loc["accuracy"]
    assert f"fusion {row.value:.2f} {row.low:.2f} to {row.high:.2f}" in text
    assert "always the commonest level 0.35" in text
    assert "In all 30 children of level I, 20 children of level II, 10 children of level III." in text
    assert "17 descriptors" in text
    assert "took 42 seconds" in text
    assert "scores.csv" in text
    assert [p.name for p in tmp_path.iterdir()] == ["learning.html"]


def test_it_says_whether_the_model_knows_the_source(tmp_path: Path) -> None:
    trials = [sg.Trial(f"child{i}", covariates={"source": ("clinic", "public")[i % 2]}) for i in range(40)]
    noise = np.random.default_rng(0).normal(size=(40, 3))
    assert "Whether it knows where a walk was recorded" not in plain(write(tmp_path))
    blind = plain(write(tmp_path, sources=sg.source_probe(noise, trials, n_boot=200)))
    assert "that it knows where a walk was recorded is not shown" in blind
    assert "guessing would be right in 0.50" in blind
    noise[:, 1] += 9 * (np.arange(40) % 2)
    told = plain(write(tmp_path, sources=sg.source_probe(noise, trials, n_boot=200)))
    assert "clinic 20 1.00 1.00 to 1.00" in told
    assert "mean 40 1.00" in told
    assert "It knows where a walk was recorded: it could answer by the camera." in told


def test_it_is_honest(tmp_path: Path) -> None:
    text = plain(write(tmp_path))
    assert "These children are synthetic." in text
    assert "Nothing on this page says how well a model does on patients." in text
    assert "must not be compared" in text
    for figure in ("70.9 %", "65.3 %", "76.6 %", "35.8 %", "42 of these children are in its training, too"):
        assert figure in text
    assert "hiding what the skeleton map ranks highest takes the answer away faster than hiding in a random order (+0.20)" in text
    assert "hiding what the descriptor bars rank highest takes the answer away no faster" in text
    assert "do not believe it (−0.10)" in text
    assert "It is the first walk of the test that the model answers rightly." in text
    wrong = Answer("child3_1", "II", "I", 0.4, ())
    assert "It answers no walk of the test rightly" in plain(write(tmp_path, answer=wrong))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.05, 0.4, "the fusion is right more often than the forest (difference +0.23, 95 % interval +0.05 to +0.40)"),
        (-0.4, -0.1, "the fusion is right less often than the forest"),
        (-0.1, 0.2, "Whether the fusion is better than the forest cannot be told from so few children"),
    ],
)
def test_what_the_paired_interval_says(tmp_path: Path, low: float, high: float, words: str) -> None:
    assert words in plain(write(tmp_path, differences={"forest": difference(low, high)}))


def test_a_level_nobody_has_is_a_dash(tmp_path: Path) -> None:
    assert re.search(r"III 12 \S+ \S+ to \S+ IV 0 – – to –", plain(write(tmp_path)))


def test_it_asks_nothing_of_the_network_and_runs_nothing(tmp_path: Path) -> None:
    page = write(tmp_path)
    assert not re.search(r"<script|src=\"(?!data:)|href=|url\((?!data:)|@import", page)
    assert "default-src 'none'; img-src data:" in page
    assert page.count("data:image/png;base64,") == 3


def test_names_from_outside_are_only_text(tmp_path: Path) -> None:
    page = write(tmp_path, answer=Answer("<b>x</b>\u202e", "II", "II", 0.5, ()), files=['<img src="x">.csv'])
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "&lt;img" in page
    assert "\u202e" not in page
