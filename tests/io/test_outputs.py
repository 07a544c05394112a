"""What skelgait wrote is told when it is given back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import skelgait as sg
from skelgait.cohort.run import run_cohort
from skelgait.core.errors import FileError
from skelgait.io.outputs import name_output
from skelgait.report.results import write_results


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of `skelgait analyze`, and in it one of `skelgait cohort`."""
    folder = tmp_path_factory.mktemp("results")
    trial = sg.Trial("a", sg.Walker().film(fps=30, duration_s=3).pose)
    write_results(trial, folder, overlay=False, progress=False)
    run_cohort([trial], folder / "cohort", pages=False, names=True, progress=False)
    return folder


def test_every_table_that_is_written_is_recognised(written: Path) -> None:
    tables = [path for path in written.rglob("*.csv") if path.name != "pose.csv"]
    assert len(tables) > 12
    for path in tables:
        header = path.read_text(encoding="utf8").splitlines()[0].split(",")
        assert name_output(header), path.name
        with pytest.raises(
            FileError, match=rf"{path.name} is what skelgait wrote .*, not a recording. What to do: give what it was"
        ):
            sg.read_pose(path, fps=30)
    assert sg.read_pose(written / "pose.csv").n_frames == 90


@pytest.mark.parametrize("read", [sg.read_trials, lambda path: run_cohort(path, path.parent / "out", progress=False)])
def test_a_table_of_numbers_is_no_table_of_walks(written: Path, read: object) -> None:
    words = r"descriptors.csv is what skelgait wrote \(measured numbers.*\), not a table of walks.*its keypoints are in .*pose.npz"
    with pytest.raises(FileError, match=words):
        read(written / "descriptors.csv")  # type: ignore[operator]


def test_what_is_said_of_a_run_is_no_recording(written: Path) -> None:
    with pytest.raises(FileError, match=r"run.json is what skelgait wrote \(what is said about a run of a cohort\)"):
        sg.read_pose(written / "cohort" / "run.json")


def test_a_table_of_walks_with_numbers_beside_is_one(tmp_path: Path) -> None:
    sg.write_pose(sg.Walker().film(fps=30, duration_s=2).pose, tmp_path / "a.npz")
    (tmp_path / "trials.csv").write_text("subject,sagittal,cadence_spm\nann,a.npz,120\n")
    assert sg.read_trials(tmp_path / "trials.csv")[0].covariates["cadence_spm"] == 120
    with pytest.raises(FileError, match="is a table of walks, where one recording is wanted"):
        sg.read_pose(tmp_path / "trials.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "a.json is not JSON, although it is called so. Found: it begins with 'hello'.*export the keypoints again"),
        ('{"people": [}], "version": 1.3}', "a.json is damaged: it is not JSON throughout.*it goes wrong at line 1, letter 13"),
        ('{"people": [', "a.json breaks off"),
        (
            json.dumps({"weight": 3}),
            "of no format skelgait reads. Found: a JSON object with weight.*export keypoints, frame by frame",
        ),
    ],
)
def test_a_broken_document_says_how(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(FileError, match=words):
        sg.read_pose(tmp_path / "a.json")
