"""A small data set in the form of the public one, planted with everything that is odd in it."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import skelgait as sg
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.io.gmfcs import read_gmfcs

# exam, patient, code, age; two exams of patient 1, whose level changed
EXAMS = (
    ("11", "1", "1", 6.5), ("12", "1", "2", 9.25), ("21", "2", "2", 8.0), ("31", "3", "3", 12.0), ("41", "4", "4", 14.0),
    ("51", "5", "0", 7.0), ("61", "6", "6", 7.0), ("71", "7", "", 7.0), ("81", "8", "1", 10.0),
)  # fmt: skip
VIDEOS = {exam: f"1000{exam}01" for exam, *_ in EXAMS}
FRAMES = 40


def keypoints(start: float, *, frames: int = FRAMES, lower: float = 0.0) -> np.ndarray:
    """(T, 75) of somebody who walks in the left half, as OpenPose prints them."""
    pose = sg.Walker().film(fps=25, duration_s=frames / 25, random_state=0, skeleton=sg.BODY25).pose
    xy = pose.xy - np.nanmean(pose.xy, axis=(0, 1))  # about the middle of the half
    xy = xy / np.nanmax(np.abs(xy)) * 110 + [start, 240 + lower]
    points = np.concatenate([xy, pose.confidence[..., None]], axis=2)
    points[np.isnan(xy).any(axis=2)] = 0.0
    return np.round(points, 4).reshape(len(points), -1)[:frames]


def frame(*people: Any) -> str:
    return json.dumps({"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": list(map(float, p))} for p in people]})


def write_frames(root: Path, video: str, texts: dict[int, str]) -> Path:
    folder = root / "openpose" / f"{video}-processed"
    folder.mkdir(parents=True)
    for number, text in texts.items():
        (folder / f"{video}-processed_{number:012d}_keypoints.json").write_text(text)
    return folder


def annotations(**columns: Any) -> pd.DataFrame:
    """alldata.csv: a row a side, numbers as the authors' code takes them."""
    rows = []
    for exam, patient, code, age in EXAMS:
        for side, more in (("L", 0.0), ("R", 0.02)):
            rows.append(
                {
                    "Patient_ID": patient, "examid": exam, "side": side, "gmfcs": code, "age": age,
                    "height": 120 + 2 * age, "mass": 20 + age, "bmi": round((20 + age) / (1.2 + 0.02 * age) ** 2, 3),
                    "leglen": 60 + age + 10 * more, "cadence": 1.0 + more, "speed": 1.0, "steplen": 0.5 / (1 + more),
                    "KneeFlex_maxExtension": 10 + 100 * more, "dxmod": "Diplegia", "faq": 8, "O2cost": 0.2, "SomeAngle": 3 + more,
                }
            )  # fmt: skip
    return pd.DataFrame(rows).assign(**columns)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("gmfcs") / "video-gait-v1"
    (root / "annotations").mkdir(parents=True)
    child = keypoints(160)
    for exam, video in VIDEOS.items():
        if exam != "81":  # a video that never came
            write_frames(root, video, {n + 1: frame(row) for n, row in enumerate(child)})
    annotations().to_csv(root / "annotations" / "alldata.csv", index=False)
    pd.DataFrame({"Exam_ID": list(VIDEOS), "Video_File": list(VIDEOS.values())}).to_csv(
        root / "annotations" / "video_list.csv", index=False
    )
    gdi = annotations()[["Patient_ID", "examid", "side"]].assign(GDI=[80.0 + n for n in range(2 * len(EXAMS))])
    gdi.to_csv(root / "annotations" / "gdi.csv", index=False)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """The data set, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "video-gait-v1"))


def read(root: Path, **settings: Any) -> tuple[dict[str, sg.Trial], str]:
    """Trials by name, and what was told."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        trials = read_gmfcs(root, progress=False, **settings)
    assert all("gmfcs" in w.filename for w in told), "a warning points at the caller"
    return {t.name: t for t in trials}, "\n".join(str(w.message) for w in told)


def test_a_video_is_a_trial_of_its_patient_at_that_exam(made: Path) -> None:
    trials, told = read(made)
    assert list(trials) == [video for exam, video in VIDEOS.items() if exam != "81"]
    first, second = trials[VIDEOS["11"]], trials[VIDEOS["12"]]
    assert first.subject == second.subject == "1"
    assert (first.labels["gmfcs"], second.labels["gmfcs"]) == ("I", "II")  # the level is of the exam
    assert [trials[VIDEOS[e]].labels.get("gmfcs") for e in ("21", "31", "41", "51", "61", "71")] == [
        "II",
        "III",
        "IV",
        None,
        None,
        None,
    ]
    assert "3 of 8 videos have no GMFCS level from 1 to 4 (1 with 0, 1 with 6, 1 with none)" in told
    assert f"videos without keypoints are passed over (1: {VIDEOS['81']})" in told
    assert (first.age_years, first.mass_kg) == (6.5, 26.5)
    assert first.height_m == pytest.approx(1.33)
    assert first.leg_length_m == pytest.approx(0.666)
    more = first.covariates
    assert more["exam"] == "11"
    assert more["left_leg_length_m"] == pytest.approx(0.665)
    assert (more["left_gdi"], more["right_gdi"]) == (80, 81)
    assert more["left_lab_cadence_spm"] == pytest.approx(120)
    assert more["right_lab_cadence_spm"] == pytest.approx(122.4)
    assert more["left_lab_step_length_m"] == pytest.approx(0.5)
    assert (more["left_lab_knee_flexion_max_extension_deg"], more["right_lab_knee_flexion_max_extension_deg"]) == (10, 12)
    assert (more["diagnosis"], more["faq"], more["O2cost"]) == ("Diplegia", 8, 0.2)
    assert (more["left_SomeAngle"], more["right_SomeAngle"]) == (3, 3.02)
    assert "unit" not in told
    assert "not sure" not in told


def test_the_pose_is_what_was_written(made: Path) -> None:
    pose = read(made)[0][VIDEOS["21"]].pose["sagittal"]
    wanted = keypoints(160).reshape(FRAMES, 25, 3)
    seen = (wanted != 0).any(axis=2)
    assert np.allclose(pose.xy[seen], wanted[..., :2][seen])
    assert np.isnan(pose.xy[~seen]).all()
    assert np.allclose(pose.confidence, wanted[..., 2])
    assert (pose.fps, pose.view, pose.size, pose.skeleton) == (25.0, "sagittal", (320, 480), sg.BODY25)
    assert "no file says it" in pose.info["fps_source"]
    assert read(made, fps=29.97, max_frames=20)[0][VIDEOS["21"]].pose["sagittal"].duration_s == pytest.approx(20 / 29.97)


def test_whom_of_the_people_in_the_film(root: Path) -> None:
    child, helper, right = keypoints(160), keypoints(120), keypoints(480)
    shutil.rmtree(root / "openpose" / f"{VIDEOS['11']}-processed")
    texts = {n + 1: frame(right[n], child[n], helper[n]) for n in range(FRAMES)}
    texts |= {n: frame(right[0]) for n in (1, 2)}  # nobody in the left half yet
    texts[5] = frame()
    texts[7] = frame([], child[6])  # OpenPose writes nobody's points, too
    texts[FRAMES] = "{}"
    del texts[10]
    write_frames(root, VIDEOS["11"], texts)
    pose = read(root)[0][VIDEOS["11"]].pose["sagittal"]
    assert pose.n_frames == FRAMES - 3  # two at the start, one at the end
    assert pose.info["first_frame"] == 2
    ankle = sg.BODY25.index("left_ankle")
    wanted = child.reshape(FRAMES, 25, 3)[2:-1, ankle, :2]
    known = np.ones(FRAMES - 3, bool)
    known[[2, 7]] = False  # frames 5 and 10
    assert np.allclose(pose.xy[known, ankle], wanted[known])
    assert np.isnan(pose.xy[~known]).all()


def test_damaged_frames_count_as_nobody_and_a_film_of_nobody_is_passed_over(root: Path) -> None:
    folder = root / "openpose" / f"{VIDEOS['11']}-processed"
    (folder / f"{VIDEOS['11']}-processed_{3:012d}_keypoints.json").write_text('{"people": [{"pose_key')
    (folder / f"{VIDEOS['11']}-processed_{4:012d}_keypoints.json").write_bytes(b"")
    (folder / f"{VIDEOS['11']}-processed_{5:012d}_keypoints.json").write_text(frame([1.0, 2.0, 0.5]))
    (folder / ".DS_Store").write_bytes(b"x")
    shutil.rmtree(root / "openpose" / f"{VIDEOS['21']}-processed")
    right = keypoints(480)
    write_frames(root, VIDEOS["21"], {n + 1: frame(row) for n, row in enumerate(right)})
    (root / "openpose" / f"{VIDEOS['31']}-processed").rename(root / "openpose" / f"0{VIDEOS['31']}-processed")  # a lost zero
    trials, told = read(root)
    assert np.isnan(trials[VIDEOS["11"]].pose["sagittal"].xy[2:5]).all()
    assert f"videos with frames that cannot be read, which count as frames without anybody (1: {VIDEOS['11']})" in told
    assert VIDEOS["21"] not in trials
    assert f"videos with hardly anybody in the left half are passed over (1: {VIDEOS['21']})" in told
    assert VIDEOS["31"] in trials


@pytest.mark.parametrize("header", [False, True])
def test_tables_of_keypoints(root: Path, header: bool) -> None:
    shutil.rmtree(root / "openpose")
    folder = root / "processed" / "video_csvs"
    folder.mkdir(parents=True)
    table = keypoints(160)
    table[:3] = np.nan
    table[10] = np.nan
    names = ",".join(f"c{i}" for i in range(75)) if header else ""
    np.savetxt(folder / f"{VIDEOS['11']}.csv", table, delimiter=",", header=names, comments="")
    trials, told = read(root)
    pose = trials[VIDEOS["11"]].pose["sagittal"]
    assert pose.n_frames == FRAMES - 3
    assert pose.info["first_frame"] == 3
    assert "the last" in pose.info["person"]
    assert np.isnan(pose.xy[7]).all()
    assert np.allclose(pose.xy[8, 8], table[11].reshape(25, 3)[8, :2])
    assert "videos without keypoints are passed over (8:" in told


def test_missing_annotations(root: Path) -> None:
    table = annotations().astype({"height": object, "mass": object, "gmfcs": object, "side": object, "examid": object})
    table.loc[table.examid == "11", "height"] = "NA"
    table.loc[(table.examid == "21") & (table.side == "R"), "height"] = ""
    table.loc[table.examid == "31", "mass"] = 3100  # in grams
    table.loc[table.examid == "12", "leglen"] = 710.0  # in millimetres, alone
    table.loc[(table.examid == "41") & (table.side == "R"), "gmfcs"] = "3"
    table.loc[table.index[-1], "side"] = "?"
    table["examid"] = [f"{e}.0" for e in table.examid]  # pandas wrote it
    table = table[(table.examid != "51.0") & ~((table.examid == "61.0") & (table.side == "R"))]
    table.to_csv(root / "annotations" / "alldata.csv", index=False)
    (root / "annotations" / "gdi.csv").unlink()
    trials, told = read(root)
    assert (trials[VIDEOS["11"]].height_m, trials[VIDEOS["11"]].age_years) == (None, 6.5)
    assert trials[VIDEOS["21"]].height_m == pytest.approx(1.36)
    assert (trials[VIDEOS["31"]].height_m, trials[VIDEOS["31"]].mass_kg) == (None, None)
    assert "height and mass that nobody has together are left out, of exams (1: 31)" in told
    assert trials[VIDEOS["12"]].leg_length_m is None
    assert "leg_length_m that cannot be right is left out, of exams (1: 12)" in told
    assert "gmfcs" not in trials[VIDEOS["41"]].labels
    assert trials[VIDEOS["41"]].covariates["gmfcs_as_written"] == "4/3"
    assert "the two sides of an exam have different GMFCS levels: it has none (1: 41)" in told
    assert f"videos whose exam is not in alldata.csv are passed over (1: {VIDEOS['51']})" in told
    assert VIDEOS["61"] in trials  # one side is enough
    assert "left_gdi" not in trials[VIDEOS["11"]].covariates
    assert "there is no gdi.csv" in told
    assert "without patient, exam or side are passed over (1: 16)" in told  # as a spreadsheet counts


def test_units_are_told_by_the_columns(root: Path) -> None:
    ours = annotations()
    changed = {
        "height": ours.height / 100,
        "leglen": ours.leglen * 10,
        "steplen": ours.steplen * 100,
        "cadence": ours.cadence * 120,
    }
    ours.assign(**changed).to_csv(root / "annotations" / "alldata.csv", index=False)
    trials, told = read(root)
    one = trials[VIDEOS["11"]]
    assert one.height_m == pytest.approx(1.33)
    assert one.leg_length_m == pytest.approx(0.666)
    assert one.covariates["left_lab_step_length_m"] == pytest.approx(0.5)
    assert one.covariates["left_lab_cadence_spm"] == pytest.approx(120)
    assert told.count("is in another unit than the authors' code takes it for") == 4
    assert "not sure" not in told

    ours.assign(height=ours.height / 2.54, steplen=2 * ours.steplen).to_csv(root / "annotations" / "alldata.csv", index=False)
    trials, told = read(root)
    assert "the unit of height cannot be told" in told  # inches
    assert trials[VIDEOS["11"]].height_m is None
    assert trials[VIDEOS["11"]].covariates["height"] == pytest.approx(133 / 2.54, rel=1e-3)
    assert "steplen is not speed by cadence (it would be 0.50 times as long)" in told  # strides
    ours.assign(mass=ours.mass * 2.205).to_csv(root / "annotations" / "alldata.csv", index=False)
    assert "bmi does not agree with height and mass" in read(root)[1]


def test_the_list_of_videos_may_say_too_little_or_too_much(root: Path) -> None:
    folder = root / "openpose"
    shutil.copytree(folder / f"{VIDEOS['11']}-processed", folder / "10001102-processed")
    for path in (folder / "10001102-processed").iterdir():
        path.rename(path.with_name(path.name.replace(VIDEOS["11"], "10001102")))
    pairs = [*VIDEOS.items(), ("11", "10001102"), ("11", VIDEOS["11"]), ("99", ""), ("31", VIDEOS["21"]), ("98", "10009801")]
    table = pd.DataFrame(pairs, columns=["Exam_ID", "Video_File"]).assign(Date="x")
    table.to_csv(root / "annotations" / "video_list.csv", index=False)
    trials, told = read(root)
    assert {VIDEOS["11"], "10001102"} <= set(trials)
    assert trials["10001102"].covariates["exam"] == "11"
    assert "an exam has more than one video; each is a trial (1: 11)" in told
    assert f"a video of two exams is passed over (1: {VIDEOS['21']})" in told
    assert VIDEOS["21"] not in trials
    assert "exams without a video (1: 99)" in told
    assert "videos whose exam is not in alldata.csv are passed over (1: 10009801)" in told


def write_split(folder: Path, ending: str = "_dataset14.npy", **sides: list[tuple[str, str, str]]) -> None:
    """Lists of clips, several a video, as the baseline ships them."""
    folder.mkdir(exist_ok=True)
    for side in ("train", "val", "test"):
        clips = [(int(level), int(patient), int(video), clip) for level, patient, video in sides[side] for clip in range(3)]
        np.save(folder / f"{side}{ending}", np.array(clips, dtype=np.int64).reshape(-1, 4))


def test_the_shipped_split_and_its_leak(root: Path) -> None:
    rows = {exam: (code, patient, VIDEOS[exam]) for exam, patient, code, _ in EXAMS}
    # level by level, as the baseline drew it: patient 1 is level I in training and level II in test
    write_split(root, train=[rows["11"], rows["31"]], val=[rows["41"]], test=[rows["12"], rows["21"]])
    trials, told = read(root)
    sides = {name: t.covariates.get("split") for name, t in trials.items()}
    assert (sides[VIDEOS["11"]], sides[VIDEOS["12"]], sides[VIDEOS["41"]], sides[VIDEOS["51"]]) == ("train", "test", "val", None)
    assert "has patients on two sides: 1 patients in train and test (1)" in told
    assert "sg.split_by_subject" in told
    train, test = ([t for t in trials.values() if t.covariates.get("split") == side] for side in ("train", "test"))
    with pytest.raises(SkelgaitError, match=r"leaks? between train and test. Found: subject 1 \(1 and 1 walks\)"):
        sg.leakage_check(train, test)


def test_a_clean_split_and_one_that_disagrees(root: Path, tmp_path: Path) -> None:
    rows = {exam: (code, patient, VIDEOS[exam]) for exam, patient, code, _ in EXAMS}
    wrong = ("3", "2", VIDEOS["21"])
    write_split(
        tmp_path / "splits", "_dataset.npy", train=[rows["11"], rows["12"]], val=[], test=[wrong, ("1", "44", VIDEOS["41"])]
    )
    trials, told = read(root, splits=tmp_path / "splits")
    assert "two sides" not in told
    assert f"has another level than alldata.csv (2: {VIDEOS['21']}, {VIDEOS['41']})" in told
    assert f"has another patient than alldata.csv (1: {VIDEOS['41']})" in told
    assert "videos that are not in" in told
    own = "videoid,pct_missing,Patient_ID,dataset\n" + f"{VIDEOS['11']},0.1,1,train\n{VIDEOS['12']}.0,0.1,1,validation\n"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "train_test_valid_id_split.csv").write_text(own)
    trials, told = read(root, splits=tmp_path / "own")
    assert (trials[VIDEOS["11"]].covariates["split"], trials[VIDEOS["12"]].covariates["split"]) == ("train", "val")
    assert "1 patients in train and val (1)" in told


def test_trials_survive_a_table(root: Path, tmp_path: Path) -> None:
    trials, _ = read(root)
    sg.write_trials(trials.values(), tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        back = sg.read_trials(tmp_path / "out" / "trials.csv")
    assert [t.labels.get("gmfcs") for t in back] == [t.labels.get("gmfcs") for t in trials.values()]
    assert back[0].covariates["left_gdi"] == 80


REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no annotations": (lambda r: shutil.rmtree(r / "annotations"), "is not the GMFCS data set. Found: openpose"),
    "no list": (lambda r: (r / "annotations" / "video_list.csv").unlink(), "has no video_list.csv"),
    "no keypoints": (lambda r: shutil.rmtree(r / "openpose"), "there are no keypoints in"),
    "no level": (
        lambda r: annotations().drop(columns="gmfcs").to_csv(r / "annotations" / "alldata.csv", index=False),
        "alldata.csv has no column gmfcs",
    ),
    "another list": (
        lambda r: (r / "annotations" / "video_list.csv").write_text("a,b\n1,2\n"),
        "video_list.csv has no column Exam_ID",
    ),
    "no exam": (
        lambda r: (r / "annotations" / "video_list.csv").write_text("Exam_ID,Video_File\n5,6\n"),
        r"no video of .* could be read. Found: videos whose exam is not in alldata.csv",
    ),
    "a split of words": (
        lambda r: (np.save(r / "train_dataset14.npy", [["a"]]), np.save(r / "test_dataset14.npy", [["a"]])),
        "train_dataset14.npy is no list of clips",
    ),
    "a split cut off": (
        lambda r: ((r / "train_dataset14.npy").write_bytes(b"\x93NUMPY"), (r / "test_dataset14.npy").write_bytes(b"")),
        "train_dataset14.npy cannot be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals(root: Path, case: str) -> None:
    spoil, words = REFUSALS[case]
    spoil(root)
    with pytest.raises(FileError, match=words):
        read_gmfcs(root, progress=False)


def test_more_refusals(root: Path) -> None:
    with pytest.raises(FileError, match="there is no file or folder"):
        read_gmfcs(root / "gone")
    with pytest.raises(FileError, match="is not a folder"):
        read_gmfcs(root / "annotations" / "alldata.csv")
    with pytest.raises(FileError, match="holds no split"):
        read_gmfcs(root, splits=root / "openpose")
    table = root / "processed" / "video_csvs"
    table.mkdir(parents=True)
    shutil.rmtree(root / "openpose")
    (table / f"{VIDEOS['11']}.csv").write_text("1,2,3\n")
    with pytest.raises(FileError, match=r"is not a table of BODY_25. Found: 3 columns"):
        read_gmfcs(root, progress=False)


def test_a_real_child_of_that_laboratory(data: Path, root: Path) -> None:
    """The sample film beside the authors' code, put where the data set has its frames."""
    frames = sorted((data / "mobile_gaitlab_cp_child" / "openpose_json").glob("*.json"))
    shutil.rmtree(root / "openpose" / f"{VIDEOS['11']}-processed")
    write_frames(root, VIDEOS["11"], {n: path.read_text() for n, path in enumerate(frames)})
    trial = read(root, fps=29.97)[0][VIDEOS["11"]]
    pose = trial.pose["sagittal"]
    assert pose.n_frames == 150
    assert sg.recognise_view(pose).view == "sagittal_left"
    assert sg.describe([trial], progress=False)["cadence_spm"].iloc[0] == pytest.approx(120, abs=6)  # by eye
