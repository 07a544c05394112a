from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelgait.core.clip import Clip
from skelgait.core.errors import FileError
from skelgait.core.events import GaitEvents
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.trial import Trial
from skelgait.io.trial_folder import write_trials
from skelgait.io.trials import read_trials


def test_round_trip(tmp_path, walk, equal):
    events = GaitEvents(["left", "right"], ["initial_contact", "foot_off"], [0.25, 0.5], [15, 30], confidence=[1, 0.5])
    first = Trial(
        "007",
        walk,
        name="a",
        age_years=8,
        sex="female",
        labels={"gmfcs": "II", "evgs": 1},
        covariates={"aid": "walker"},
        events={"sagittal": events},
    )
    second = Trial("b", {"frontal": walk.with_(view="frontal_away")}, height_m=1.3)
    write_trials([first, second], tmp_path / "cohort")
    one, two = read_trials(tmp_path / "cohort" / "trials.csv")
    for got, want in ((one, first), (two, second)):
        assert (got.subject, got.name, got.age_years, got.sex, got.height_m) == (
            want.subject,
            want.name,
            want.age_years,
            want.sex,
            want.height_m,
        )
        assert dict(got.labels) == dict(want.labels)
        assert dict(got.covariates) == dict(want.covariates)
        assert all(equal(got.pose[plane], want.pose[plane]) for plane in want.pose)
    assert np.allclose(one.events["sagittal"].time_s, [0.25, 0.5])
    assert one.events["sagittal"].confidence.tolist() == [1, 0.5]
    with pytest.raises(FileError, match=r"two trials share a name. Found: a"):
        write_trials([first, first], tmp_path / "twice")


def test_the_folder_one_stands_in(tmp_path, walk, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_trials([Trial("a", walk)], ".")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0000_sagittal.npz", "trials.csv"]
    assert read_trials("trials.csv")[0].subject == "a"
    with pytest.raises(FileError, match=r"folder \. is not empty"):
        write_trials([Trial("a", walk)], ".")
    with pytest.raises(FileError, match=r"is a file, not a folder"):
        write_trials([Trial("a", walk)], "trials.csv")


def test_a_label_of_several_answers_comes_back(tmp_path, walk):
    evgs = [0, 1, None, 2]
    labels = {
        "evgs": evgs,
        "pattern": ("true equinus", "WNL"),
        "codes": np.array([1, 0]),
        "shares": np.array([0.5, np.nan]),
        "odd": "[sic",
    }
    write_trials([Trial("a", walk, labels=labels)], tmp_path / "cohort")
    back = read_trials(tmp_path / "cohort" / "trials.csv")[0].labels
    assert dict(back) == {"evgs": evgs, "pattern": ["true equinus", "WNL"], "codes": [1, 0], "shares": [0.5, None], "odd": "[sic"}


def test_a_label_of_many_items_has_a_column_each(tmp_path, walk):
    write_trials([Trial("a", walk, labels={"evgs": {"left_01": 2, "left_02": 0}, "gmfcs": "I"})], tmp_path / "cohort")
    assert dict(read_trials(tmp_path / "cohort" / "trials.csv")[0].labels) == {"left_01": 2, "left_02": 0, "gmfcs": "I"}


def test_silhouettes_in_memory_get_a_file_and_others_stay_where_they_are(tmp_path: Path) -> None:
    loose = SilhouetteSequence(np.ones((4, 64, 44), bool), fps=30, view="frontal")
    kept = SilhouetteSequence(np.ones((6, 64, 44), bool), fps=30).save(tmp_path / "kept.silhouettes.npz")
    trials = [
        Trial("a", silhouettes=loose),
        Trial("b", silhouettes={"sagittal": kept, "frontal": loose}),
        Trial("c", silhouettes={"frontal": str(tmp_path / "kept.silhouettes.npz")}),
    ]
    write_trials(trials, tmp_path / "cohort")
    a, b, c = read_trials(tmp_path / "cohort" / "trials.csv")
    assert len(a.silhouette_sequence()) == len(b.silhouette_sequence("frontal")) == 4
    assert Path(b.silhouettes["sagittal"]) == Path(c.silhouettes["frontal"]) == tmp_path / "kept.silhouettes.npz"
    assert sorted(p.name for p in (tmp_path / "cohort").glob("*.npz")) == [
        "0000_frontal.silhouettes.npz",
        "0001_frontal.silhouettes.npz",
    ]


def test_clips_in_memory_get_a_file_and_others_stay_where_they_are(tmp_path: Path) -> None:
    loose = Clip(np.zeros((4, 8, 8, 3), np.uint8), fps=25, view="frontal")
    kept = Clip(np.zeros((6, 8, 8, 1), np.uint8), fps=25).save(tmp_path / "kept.clip.npz")
    write_trials([Trial("a", clips=loose), Trial("b", clips={"sagittal": kept})], tmp_path / "cohort")
    a, b = read_trials(tmp_path / "cohort" / "trials.csv")
    assert (len(a.clip()), len(b.clip("sagittal"))) == (4, 6)
    assert Path(b.clips["sagittal"]) == tmp_path / "kept.clip.npz"
    assert [p.name for p in (tmp_path / "cohort").glob("*.npz")] == ["0000_frontal.clip.npz"]
    (tmp_path / "kept.clip.npz").unlink()
    with pytest.raises(FileError, match="sagittal_clip: there is no file"):
        read_trials(tmp_path / "cohort" / "trials.csv")
