"""The folder of results: complete, readable again, and nobody else's files touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.gait.measure import Measurement
from skelgait.report.embed import Drawings
from skelgait.report.results import write_results


@pytest.fixture(scope="module")
def folder(side_only: Measurement, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "new" / "child07"
    written, left_out = write_results(side_only.trial, folder, measurement=side_only, overlay=False)
    assert left_out == []
    assert all(path.stat().st_size for path in written)
    return folder


def test_everything_is_there(folder: Path) -> None:
    figures = [f"{name}.{kind}" for name in ("events", "cycles", "contacts", "quality") for kind in ("png", "svg")]
    tables = ["descriptors", "validity", "events", "strides", "angles", "cycles", "swapped_frames", "pose"]
    names = ["report.html", "files_of_skelgait.csv", "pose.npz", *figures, *(f"{t}.csv" for t in tables)]
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)


def test_tables_hold_what_was_measured(folder: Path, side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    row = pd.read_csv(folder / "descriptors.csv").iloc[0]
    assert row["cadence_spm"] == pytest.approx(side_only.values["cadence_spm"], rel=1e-5)
    assert row["subject"] == "sideways"
    validity = pd.read_csv(folder / "validity.csv").set_index("descriptor")
    missing = validity["value"].isna()
    assert validity.loc[missing, "reason"].notna().all()
    events = sg.GaitEvents.from_frame(pd.read_csv(folder / "events.csv"))
    np.testing.assert_allclose(events.time_s, m.events.time_s, rtol=1e-5)
    angles = pd.read_csv(folder / "angles.csv").set_index("time_s")
    np.testing.assert_allclose(angles["left_knee_flexion_deg"], m.angles["left_knee_flexion_deg"], rtol=1e-4, atol=1e-3)
    cycles = pd.read_csv(folder / "cycles.csv")
    assert list(cycles.columns[:3]) == ["side", "cycle", "percent"]
    assert len(cycles) == 101 * len(m.strides)


def test_the_pose_reads_back(folder: Path, side_only: Measurement) -> None:
    pose = side_only.planes["sagittal"].pose
    for name in ("pose.npz", "pose.csv"):
        again = sg.read_pose(folder / name)
        assert again.view == pose.view
        np.testing.assert_allclose(again.xy, pose.xy, atol=0.01)


def test_of_two_recordings_the_plane_leads(both_planes: Measurement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skelgait.report.results.draw_visit", lambda *_, **__: Drawings())
    (tmp_path / "notes.txt").write_text("mine")
    written, _ = write_results(both_planes.trial, tmp_path, measurement=both_planes, overlay=False)
    names = {p.name for p in written}
    assert {"sagittal_events.csv", "frontal_events.csv", "sagittal_pose.npz", "report.html", "descriptors.csv"} <= names
    assert "events.csv" not in names
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert written[0].name == "report.html"


def test_of_another_walk_in_the_same_folder_nothing_is_left(
    both_planes: Measurement, side_only: Measurement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelgait.report.results.draw_visit", lambda *_, **__: Drawings())
    before, _ = write_results(both_planes.trial, tmp_path, measurement=both_planes, overlay=False)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "frontal_events.csv").write_text("mended by hand")
    (tmp_path / "frontal_angles.csv").unlink()
    written, _ = write_results(side_only.trial, tmp_path, measurement=side_only, overlay=False)
    kept = {tmp_path / "notes.txt", tmp_path / "frontal_events.csv"}
    assert set(tmp_path.iterdir()) == {*written, *kept}
    assert (tmp_path / "frontal_events.csv").read_text() == "mended by hand"
    assert {p.name for p in before} > {"sagittal_events.csv", "frontal_events.csv", "report.html"}


@pytest.mark.parametrize("listed", ["", "name,size\nnotes.txt,4\n", "file,sha256\nnotes.txt,abc\n../notes.txt,abc\n\xff"])
def test_a_list_that_is_not_ours_removes_nothing(
    side_only: Measurement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str
) -> None:
    monkeypatch.setattr("skelgait.report.results.draw_visit", lambda *_, **__: Drawings())
    folder = tmp_path / "out"
    folder.mkdir()
    for path in (tmp_path / "notes.txt", folder / "notes.txt"):
        path.write_text("mine")
    (folder / "files_of_skelgait.csv").write_text(listed, encoding="latin-1")
    write_results(side_only.trial, folder, measurement=side_only, overlay=False)
    assert (folder / "notes.txt").read_text() == (tmp_path / "notes.txt").read_text() == "mine"


def test_a_file_in_the_way_is_refused(side_only: Measurement, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SkelgaitError, match="is a file"):
        write_results(side_only.trial, tmp_path / "taken", measurement=side_only)


def test_the_page_is_there_before_the_overlay_is_drawn(
    side_only: Measurement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def draw(_: object, to: Path, **__: object) -> Path:
        assert not (tmp_path / "overlay.mp4").exists(), "an old video beside a new page"
        to.write_text("film")
        done.append(to.name)
        return to

    def look(page: Path) -> None:
        assert "</html>" in page.read_text(encoding="utf8")
        assert (tmp_path / "descriptors.csv").exists()
        done.append(page.name)

    monkeypatch.setattr("skelgait.report.results.draw_visit", lambda *_, **__: Drawings())
    monkeypatch.setattr("skelgait.report.results.write_overlay", draw)
    for _ in range(2):
        done.clear()
        written, _ = write_results(side_only.trial, tmp_path, measurement=side_only, on_page=look)
        assert done == ["report.html", "overlay.mp4"]
        assert (tmp_path / "overlay.mp4").read_text() == "film"
        assert set(written) == set(tmp_path.iterdir())
        assert "overlay.mp4" in (tmp_path / "files_of_skelgait.csv").read_text()


def test_without_the_video_extra_everything_else_is_written(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('av', 'cv2', 'mediapipe'): sys.modules[name] = None\n"
        "import skelgait as sg\n"
        "from skelgait.report.results import write_results\n"
        "trial = sg.Trial('child', {'sagittal': sg.Walker().film(fps=30, duration_s=3).pose}, video={'sagittal': 'walk.mp4'})\n"
        f"written, left_out = write_results(trial, {str(tmp_path)!r})\n"
        "print(len(written), left_out)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "overlay.mp4: " in done.stdout
    assert 'pip install "skelgait[video]"' in done.stdout
    assert (tmp_path / "report.html").exists()
    assert "could not be shown" in (tmp_path / "report.html").read_text(encoding="utf8")
