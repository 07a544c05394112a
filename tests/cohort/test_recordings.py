"""Recordings become trials."""

from __future__ import annotations

from pathlib import Path

import pytest

import skelgait as sg
from skelgait.cohort.recordings import Reading, read_visit, read_walk, read_walks
from skelgait.core.errors import FileError, SkelgaitError

READING = Reading()


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walks")
    child = sg.Walker(cadence_spm=120)
    for name, look in (("side", "sagittal_right"), ("front", "frontal_towards")):
        pose = child.film(sg.Camera(view=look), fps=30, duration_s=4).pose
        sg.write_pose(pose, folder / f"{name}.csv")
        sg.write_pose(pose.with_(view=None), folder / f"unknown_{name}.npz")
    (folder / "walk.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    (folder / "camera.dat").write_bytes(b"\0\0\0\x18ftypmp42")
    return folder


@pytest.fixture
def films(walks: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict]]:
    """What the estimator is asked for; it answers with the walk from the side."""
    asked: list[tuple[str, dict]] = []

    def estimate(video: str, estimator: str, **how: object) -> sg.PoseSequence:
        asked.append((Path(video).name, {"estimator": estimator, **how}))
        return sg.read_pose(walks / "side.csv")

    monkeypatch.setattr("skelgait.estimation.estimate.estimate_pose", estimate)
    return asked


def test_a_walk_is_filed_under_what_it_shows(walks: Path) -> None:
    trial = read_walk([walks / "unknown_front.npz", walks / "unknown_side.npz"], READING, {"subject": "anna", "age_years": 7})
    assert (trial.subject, trial.age_years) == ("anna", 7)
    assert trial.pose["sagittal"].n_frames == trial.pose["frontal"].n_frames == 120
    assert (trial.pose["sagittal"].xy == sg.read_pose(walks / "side.csv").xy).all()
    assert read_walk([walks / "front.csv"], READING).subject == "front"


def test_videos_are_told_by_name_or_content(walks: Path, films: list) -> None:
    how = Reading(fps=240, person=(1, 2, 3, 4), keep_partial=True, model_path="m.task")
    for name in ("walk.mp4", "camera.dat"):
        trial = read_walk([walks / name], how)
        assert trial.video == {"sagittal": str(walks / name)}
    assert [name for name, _ in films] == ["walk.mp4", "camera.dat"]
    assert films[0][1] == {
        **{"estimator": "mediapipe", "subject": (1, 2, 3, 4), "fps": 240, "view": None, "model_path": "m.task"},
        **{"progress": False, "keep_partial": True},
    }
    shown = read_walk([walks / "side.csv"], READING, videos=[walks / "walk.mp4"])
    assert shown.video == {"sagittal": str(walks / "walk.mp4")}


def test_what_takes_minutes_comes_last(walks: Path, films: list) -> None:
    for recordings, about, how, words in (
        (["walk.mp4", "gone.csv"], {}, READING, "there is no file or folder"),
        (["walk.mp4", "trials.csv"], {}, READING, "there is no file or folder"),
        (["walk.mp4"], {"height_m": 128.0}, READING, "height_m cannot be right"),
        (["walk.mp4", "side.csv"], {}, Reading(view="sagittal"), "a view speaks of one recording"),
        (["walk.mp4", "side.csv"], {}, Reading(person=3), "person 3 is not in side.csv"),
        (["walk.mp4", "walk.mp4", "walk.mp4"], {}, READING, "one walk has at most two recordings"),
    ):
        with pytest.raises(SkelgaitError, match=words):
            read_walk([walks / name for name in recordings], how, about)
    assert films == []


def test_a_visit(walks: Path, films: list) -> None:
    side, front = walks / "side.csv", walks / "front.csv"
    (both,) = read_visit([side, front], READING, {"subject": "anna"})
    assert set(both.pose) == {"sagittal", "frontal"}
    visit = read_visit([side, front, side, walks / "walk.mp4"], READING, {"subject": "anna"})
    assert [list(t.pose) for t in visit] == [["sagittal"], ["frontal"], ["sagittal"], ["sagittal"]]
    assert [dict(t.video) for t in visit][3] == {"sagittal": str(walks / "walk.mp4")}
    assert {t.subject for t in visit} == {"anna"}


def test_many_walks(walks: Path) -> None:
    trials = read_walks([walks / "side.csv", walks / "unknown_front.npz"], READING, {"height_m": 1.2})
    assert [(t.name, t.subject, t.height_m) for t in trials] == [("side", "side", 1.2), ("unknown_front", "unknown_front", 1.2)]


def test_refusals(walks: Path, films: list) -> None:
    side = walks / "side.csv"
    for call, words in (
        (lambda: read_walk([side, side], READING), "both recordings look sagittal"),
        (lambda: read_walk([side], READING, videos=[walks / "gone.mp4"]), "there is no file or folder"),
        (lambda: read_walk([side, walks / "front.csv"], READING, videos=[walks / "walk.mp4"]), "one video for each recording"),
        (lambda: read_walk([walks / "walk.mp4"], Reading(person="longest")), "'longest' is no way to choose a person of a video"),
        (lambda: read_walk([side], Reading(person=(1, 2, 3, 4))), "a box chooses a person of a video"),
    ):
        with pytest.raises(SkelgaitError, match=words):
            call()
    (walks / "a b.csv").write_text("x")
    with pytest.raises(FileError, match="piece of a path with spaces"):
        read_walk([str(walks / "a"), "b.csv"], READING)
