from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.core.events import GaitEvents
from skelgait.core.skeleton import COCO17
from skelgait.core.trial import Trial
from skelgait.io.poses import write_pose
from skelgait.io.source import open_source
from skelgait.io.trials import is_trial_table, read_trial_row, read_trial_rows, read_trials, write_trials


@pytest.fixture
def cohort(tmp_path, walk, walking):
    """A folder with poses, a file without a rate or view, a video and events."""
    write_pose(walk, tmp_path / "side.npz")
    write_pose(walk.with_(view=None), tmp_path / "plain.csv")
    write_pose(walk.with_(view="frontal_towards"), tmp_path / "front.npz")
    write_pose(walk, tmp_path / "frames")
    np.savez(tmp_path / "shares.npz", xy=walking(COCO17, 9) / (1920, 1080), names=COCO17.names)
    (tmp_path / "walk.mp4").write_bytes(b"x")
    GaitEvents(["left"], ["initial_contact"], [0.5], [30]).to_frame().to_csv(tmp_path / "events.csv", index=False)
    return tmp_path


def table(folder, text):
    (folder / "trials.csv").write_text(text)
    return folder / "trials.csv"


def test_one_row_a_walk(cohort):
    path = table(
        cohort,
        "subject,name,sagittal,frontal,sagittal_video,sagittal_events,age_years,sex,height_m,mass_kg,leg_length_m,metres_per_px,label_gmfcs,label_evgs_1,aid,session\n"
        "007,first,side.npz,front.npz,walk.mp4,events.csv,8.5,F,1.28,26,0.62,0.003,II,1,none,2\n"
        "anna,,plain.csv,,,,9,boy,,,,,NA,,walker,1.5\n",
    )
    one, two = read_trials(path)
    assert (one.subject, one.name, one.sex, one.age_years, one.height_m) == ("007", "first", "female", 8.5, 1.28)
    assert (one.mass_kg, one.leg_length_m, one.metres_per_px) == (26, 0.62, 0.003)
    assert list(one.pose) == ["sagittal", "frontal"]
    assert one.pose["frontal"].view == "frontal_towards"
    assert one.video == {"sagittal": str(cohort / "walk.mp4")}
    assert len(one.events["sagittal"]) == 1
    assert dict(one.labels) == {"gmfcs": "II", "evgs_1": 1}
    assert dict(one.covariates) == {"aid": "none", "session": 2}
    assert (two.name, two.sex, two.age_years, two.height_m) == ("anna", "male", 9, None)
    assert two.pose["sagittal"].view == "sagittal"  # the file does not tell; the column does
    assert dict(two.labels) == {}
    assert dict(two.covariates) == {"aid": "walker", "session": 1.5}


def test_what_read_pose_is_told(cohort):
    path = table(
        cohort,
        "subject,sagittal,fps,sagittal_fps,view,width_px,height_px\na,frames,60,,sagittal_left,,\nb,frames,60,120,,,\nc,shares.npz,30,,,1920,1080\n",
    )
    a, b, c = (t.pose["sagittal"] for t in read_trials(path))
    assert (a.fps, a.view) == (60, "sagittal_left")
    assert (b.fps, b.view) == (120, "sagittal")
    assert c.size == (1920, 1080)
    assert np.nanmax(c.xy) > 500


def test_names_of_walks(cohort):
    path = table(cohort, "subject,sagittal\na,side.npz\nb,side.npz\na,plain.csv\n")
    assert [t.name for t in read_trials(path)] == ["a_1", "b", "a_2"]
    path = table(cohort, "subject,trial,sagittal\na,T1,side.npz\nb,T1,side.npz\n")
    assert [t.name for t in read_trials(path)] == ["T1", "b_T1"]


def test_a_spreadsheet_of_another_country(cohort):
    path = cohort / "trials.csv"
    path.write_bytes("\ufeffsubject;sagittal;age_years;label_gmfcs;Name des Kindes\nMäx;side.npz;8,5;II;x\n".encode())
    trial = read_trials(path)[0]
    assert (trial.subject, trial.age_years, trial.labels["gmfcs"]) == ("Mäx", 8.5, "II")
    path.write_bytes("subject;sagittal\nMäx;side.npz\n".encode("latin-1"))
    assert read_trials(path)[0].subject == "Mäx"


def test_all_problems_in_one_error(cohort):
    path = table(
        cohort,
        "subject,name,sagittal,frontal,frontal_video,age_years,height_m,sex\n"
        "a,x,gone.npz,,,8,,\n"
        ",,side.npz,,,,,\n"
        "b,x2,side.npz,,,eight,1.3,\n"
        "c,x3,side.npz,,,8,128,\n"
        "d,x4,side.npz,,,8,,unsure\n"
        "e,x5,,,,8,,\n"
        "f,x6,front.npz,,,8,,\n"
        "g,x7,,,gone.mp4,8,,\n"
        "h,x8,frames,,,8,,\n"
        "i,x9,side.npz,,,8,1.2,f\n"
        "i,x9,side.npz,,,8,1.2,f\n",
    )
    with pytest.raises(FileError) as error:
        read_trials(path)
    text = str(error.value)
    assert text.startswith("trials.csv has 10 problems. Found:")
    for line in (
        "row 2: sagittal: there is no file or folder",
        "row 3: no subject",
        "row 4: age_years 'eight' is not a number",
        "row 5: trial 'x3': height_m cannot be right. Found: 128",
        "row 6: sex 'unsure' is not understood",
        "row 7: no file for e",
        "row 8: sagittal: front.npz was seen from frontal_towards",
        "row 9: frontal_video: there is no file gone.mp4",
        "row 10: sagittal: frames does not say its frame rate",
        "row 12: the name 'x9' is taken by row 11",
    ):
        assert line in text
    assert "row 11:" not in text
    assert text.index("row 2:") < text.index("row 9:") < text.index("row 12:")


def test_tables_that_are_none(cohort):
    with pytest.raises(FileError, match=r"trials.csv has no column subject. Found: name, sagittal"):
        read_trials(table(cohort, "name,sagittal\na,side.npz\n"))
    with pytest.raises(FileError, match=r"trials.csv names no files. Found: subject, age_years. Expected: one of sagittal"):
        read_trials(table(cohort, "subject,age_years\na,8\n"))
    with pytest.raises(FileError, match=r"trials.csv has a column twice. Found: sagittal"):
        read_trials(table(cohort, "subject,sagittal,sagittal\na,side.npz,side.npz\n"))
    with pytest.raises(FileError, match=r"trials.csv has a header and no rows"):
        read_trials(table(cohort, "subject,sagittal\n"))
    with pytest.raises(FileError, match=r"there is no file or folder"):
        read_trials(cohort / "gone.csv")
    with pytest.raises(FileError, match=r"side.npz is not a table of walks. Found: npz"):
        read_trials(cohort / "side.npz")


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


def test_rows_are_read_one_by_one(cohort):
    path = table(cohort, "subject,sagittal,age_years,label_gmfcs,aid\na,side.npz,8,II,none\nb,gone.npz,eight,I,frame\n")
    good, bad = read_trial_rows(path)
    assert (good.number, bad.number, good.path("sagittal")) == (2, 3, cohort / "side.npz")
    assert good.known() == {"age_years": 8.0, "label_gmfcs": "II", "aid": "none"}
    assert read_trial_row(good).age_years == 8
    assert bad.known() == {"label_gmfcs": "I", "aid": "frame"}
    with pytest.raises(FileError, match=r"age_years 'eight' is not a number; sagittal: there is no file"):
        read_trial_row(bad)


def test_a_pose_at_hand_is_not_read_again(cohort, walk):
    (row,) = read_trial_rows(table(cohort, "subject,sagittal_video\na,walk.mp4\n"))
    (cohort / "walk.mp4").write_bytes(b"")
    assert read_trial_row(row, {"sagittal": walk.with_(view=None)}).pose["sagittal"].view == "sagittal"
    with pytest.raises(FileError, match="the video was seen from frontal_towards"):
        read_trial_row(row, {"sagittal": walk.with_(view="frontal_towards")})


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("subject,sagital,age_years", r"has no column sagittal. Found: sagital: did you mean sagittal\?"),
        ("subject,sagital,frontal", r"has no column sagittal. Found: sagital: did you mean sagittal\?"),
        ("subjct;sagittal", r"has no column subject. Found: subjct: did you mean subject\?"),
        ("child,sagittal", r"has no column subject. Found: child, sagittal"),
    ],
)
def test_a_misspelt_column_is_named(cohort, header, words):
    path = table(cohort, f"{header}\n{header.replace('subject', 'a')}\n")
    assert is_trial_table(open_source(path))
    with pytest.raises(FileError, match=words):
        read_trials(path)


def test_keypoints_are_no_table_of_walks(cohort):
    assert not is_trial_table(open_source(cohort / "plain.csv"))
    assert is_trial_table(open_source(table(cohort, "subject;sagittal\na;side.npz\n")))
    assert not is_trial_table(open_source(table(cohort, "a,b\n1,2\n")))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("height_cm", r"height_cm .* did you mean height_m \(metres\)"),
        ("Height", r"Height .* did you mean height_m \(metres\)"),
        ("age", r"did you mean age_years \(years\)"),
        ("weight_kg", r"did you mean mass_kg \(kilograms\)"),
        ("age_year", r"did you mean age_years"),
    ],
)
def test_a_measure_under_another_name_is_told(cohort, column, words):
    path = table(cohort, f"subject,sagittal,{column}\na,side.npz,12\n")
    with pytest.warns(UserWarning, match=words):
        (trial,) = read_trials(path)
    assert dict(trial.covariates) == {column: 12}


@pytest.mark.filterwarnings("error")
def test_a_covariate_that_is_one_is_not_told(cohort):
    read_trials(table(cohort, "subject,sagittal,height_m,height_cm,aid,side,fps \na,side.npz,1.2,120,none,left,60\n"))


def test_advice_for_a_single_file_is_not_given_of_a_table(cohort):
    with pytest.raises(FileError) as error:
        read_trials(table(cohort, "subject,sagittal\na,gone.npz\n"))
    text = str(error.value)
    assert "relative paths" not in text
    assert ". ." not in " ".join(text.split())
    assert text.count("What to do") == 1
