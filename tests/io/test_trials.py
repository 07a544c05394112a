from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.io.trial_table import read_trial_rows
from skelgait.io.trials import read_trial_row, read_trials


def test_one_row_a_walk(cohort, table):
    path = table(
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


def test_what_read_pose_is_told(cohort, table):
    path = table(
        "subject,sagittal,fps,sagittal_fps,view,width_px,height_px\na,frames,60,,sagittal_left,,\nb,frames,60,120,,,\nc,shares.npz,30,,,1920,1080\n",
    )
    a, b, c = (t.pose["sagittal"] for t in read_trials(path))
    assert (a.fps, a.view) == (60, "sagittal_left")
    assert (b.fps, b.view) == (120, "sagittal")
    assert c.size == (1920, 1080)
    assert np.nanmax(c.xy) > 500


def test_a_spreadsheet_of_another_country(cohort):
    path = cohort / "trials.csv"
    path.write_bytes("\ufeffsubject;sagittal;age_years;label_gmfcs;Name des Kindes\nMäx;side.npz;8,5;II;x\n".encode())
    trial = read_trials(path)[0]
    assert (trial.subject, trial.age_years, trial.labels["gmfcs"]) == ("Mäx", 8.5, "II")
    path.write_bytes("subject;sagittal\nMäx;side.npz\n".encode("latin-1"))
    assert read_trials(path)[0].subject == "Mäx"


def test_all_problems_in_one_error(cohort, table):
    path = table(
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


def test_a_pose_at_hand_is_not_read_again(cohort, walk, table):
    (row,) = read_trial_rows(table("subject,sagittal_video\na,walk.mp4\n"))
    (cohort / "walk.mp4").write_bytes(b"")
    assert read_trial_row(row, {"sagittal": walk.with_(view=None)}).pose["sagittal"].view == "sagittal"
    with pytest.raises(FileError, match="the video was seen from frontal_towards"):
        read_trial_row(row, {"sagittal": walk.with_(view="frontal_towards")})


def test_advice_for_a_single_file_is_not_given_of_a_table(table):
    with pytest.raises(FileError) as error:
        read_trials(table("subject,sagittal\na,gone.npz\n"))
    text = str(error.value)
    assert "relative paths" not in text
    assert ". ." not in " ".join(text.split())
    assert text.count("What to do") == 1
