"""The public data set for GMFCS from video: OpenPose keypoints of children at a gait laboratory, with what was measured there.

Kidzinski L et al. Nat Commun 2020;11:4054, doi:10.1038/s41467-020-17807-z; the data at https://simtk.org/frs/?group_id=1918
(``video-gait-v1``, CC BY-NC 2.0).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import Trial
from skelgait.io.gmfcs_splits import Split, read_split
from skelgait.io.gmfcs_tables import MEASURES, Remarks, read_exams, read_video_list
from skelgait.io.gmfcs_videos import Videos
from skelgait.io.paths import find_path

FPS = 25.0


def read_gmfcs(
    folder: str | Path,
    *,
    fps: float = FPS,
    splits: str | Path | None = None,
    max_frames: int | None = 1499,
    progress: bool = True,
) -> list[Trial]:
    r"""Read the public GMFCS data set: one trial a video, with the child's level and what the gait laboratory measured.

    Parameters
    ----------
    folder : str or Path
        Of the data set, with ``annotations/alldata.csv``, ``annotations/video_list.csv``, where there is one
        ``annotations/gdi.csv``, and the keypoints: ``openpose/<video>-processed/<video>-processed_<12 digits>_keypoints.json``, or
        tables ``processed/video_csvs/<video>.csv`` (75 numbers a row: x, y, confidence of BODY_25).
    fps : float, frames per second
        Of the films: no file says it. See Notes.
    splits : str or Path, optional
        Folder with a published split: ``train_dataset14.npy``, ``val_...``, ``test_...`` (level, patient, video, clip), or
        ``train_test_valid_id_split.csv``. Default: looked for in ``folder`` and its ``processed``.
    max_frames : int, optional
        Frames read of a film; the published systems read 1,499. None: all.
    progress : bool
        Show a bar.

    Returns
    -------
    list of Trial
        In the order of the list of videos. ``subject`` is the patient, ``name`` the video, ``labels["gmfcs"]`` the level (I to IV)
        at that exam, absent where the table has none or another code. ``age_years``, ``height_m``, ``mass_kg`` and
        ``leg_length_m`` (mean of the legs) are of that exam. ``covariates`` has the exam, the code as written, every other
        column of the table, and ``split`` (``"train"``, ``"val"``, ``"test"``) where a split is known.

    Raises
    ------
    FileError
        Tables or keypoints are missing, or are not what their names say; no video is left.

    Warns
    -----
    UserWarning
        Once for everything that was out of order, with counts and names: videos without keypoints or without an exam, exams of
        two minds, units. Once for a split that has patients on two sides: the one published with the ST-GCN baseline does
        (`skelgait.leakage_check` refuses it).

    Notes
    -----
    *Columns.* What the laboratory measured is not from the video and keeps apart from the descriptors by its name:
    ``left_lab_cadence_spm``, ``left_lab_speed_m_s``, ``left_lab_step_length_m``, ``left_lab_knee_flexion_max_extension_deg``,
    ``left_gdi`` (and ``right_``), ``bmi_kg_m2``, ``faq``, ``diagnosis``. Columns not known here keep their names, the side before
    them where the two differ; their units are not known. None of these may be an input to a model that is to work from video.

    *Units* are told by the columns' medians: height in cm (the authors' code sorts it into 90 to 180), leg length likewise,
    cadence in strides a second (their page says so, and it agrees with speed), speed in m/s, age in years, mass in kg. What does
    not fit together (steps with speed and cadence; body mass index with height and mass) is told.

    *Who.* In each frame the first person all of whose points are left of pixel 320, as in the published ST-GCN baseline; the
    authors' own code, and the tables it writes, have the last. Nobody follows a person from frame to frame. Points at (0, 0)
    with confidence 0 are missing. Frames without anybody at either end are cut off; a frame that is missing, empty or damaged
    is one without anybody.

    *View.* ``"sagittal"``: the authors' code takes the left half for the side view, and turns children that walk the other way by
    where their toes point. The camera turns with the child (their sample film does), so travel across the image is not
    the child's: step lengths and speed from keypoints are not to be trusted.

    *Not verified*, because the data cannot be had here: everything above was learnt from public code that reads the data, and
    from the one sample film beside that code; no file of the data set itself was seen. So the frame rate: 25 is a constant in
    the authors' training code, their sample film has 29.97; ``docs/learning_from_public_data.md`` shows how to tell by the
    laboratory's cadence. So the meaning of the GMFCS codes 0 and 6, which the baseline leaves out.

    References
    ----------
    Kidzinski L et al. Nat Commun 2020;11:4054. Zhao P et al. Motor function assessment of children with cerebral palsy using
    monocular video, IEEE BSN 2023. Code: github.com/stanfordnmbl/mobile-gaitlab, github.com/The77Lab/gmfcs_stgcn.

    Examples
    --------
    >>> import json, tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> for part in ("annotations", "openpose/101-processed"):
    ...     (root / part).mkdir(parents=True)
    >>> row = "7,11,{},2,9.5,131,28,66\n"
    >>> head = "Patient_ID,examid,side,gmfcs,age,height,mass,leglen\n"
    >>> _ = (root / "annotations/alldata.csv").write_text(head + row.format("L") + row.format("R"))
    >>> _ = (root / "annotations/video_list.csv").write_text("Exam_ID,Video_File\n11,101\n")
    >>> child = {"people": [{"pose_keypoints_2d": [100.0, 200.0, 0.9] * 25}]}
    >>> for n in range(1, 30):
    ...     _ = (root / f"openpose/101-processed/101-processed_{n:012d}_keypoints.json").write_text(json.dumps(child))
    >>> with warnings.catch_warnings():  # of the GDI that is not there
    ...     warnings.simplefilter("ignore")
    ...     trial = read_gmfcs(root, progress=False)[0]
    >>> trial.subject, trial.name, dict(trial.labels), trial.height_m, trial.pose["sagittal"].n_frames
    ('7', '101', {'gmfcs': 'II'}, 1.31, 29)
    """
    from tqdm.auto import tqdm

    root, _ = find_path(folder)
    tables = _find_tables(root)
    remarks = Remarks()
    exams = read_exams(tables, remarks)
    videos = Videos(tables.parent if tables.name == "annotations" else root)
    listed = read_video_list(tables, remarks)
    split = _find_split(root, splits)
    trials: list[Trial] = []
    for exam, video in tqdm(listed, "reading", unit="video", disable=not progress or None, leave=False):
        known = exams.get(exam)
        if not known:
            remarks.add("videos whose exam is not in alldata.csv are passed over", video)
            continue
        if (pose := videos.read(video, fps, max_frames, remarks)) is None:
            continue
        trials.append(_trial(exam, video, known, pose, split, remarks))
    if not trials:
        found = str(remarks) or "an empty list of videos"
        raise FileError(
            f"no video of {root} could be read", found=found, do="see that the keypoints were unpacked beside the tables"
        )
    _tell(trials, remarks, split)
    return trials


def _find_tables(root: Path) -> Path:
    """The folder of the annotations."""
    if not root.is_dir():
        expected = "the folder of the GMFCS data set, with annotations/alldata.csv"
        raise FileError(f"{root} is not a folder", expected=expected, do="check the path")
    for folder in (root / "annotations", root, root / "data" / "annotations"):
        if (folder / "alldata.csv").is_file():
            if not (folder / "video_list.csv").is_file():
                raise FileError(f"{folder} has no video_list.csv", found="alldata.csv", do="it says which video is of which exam")
            return folder
    found = ", ".join(sorted(entry.name for entry in root.iterdir())[:8]) or "nothing"
    raise FileError(
        f"{root} is not the GMFCS data set",
        found=found,
        expected="annotations/alldata.csv, annotations/video_list.csv, openpose/",
        do="give the folder video-gait-v1 as it was downloaded",
    )


def _find_split(root: Path, splits: str | Path | None) -> Split | None:
    if splits is None:
        return next((found for place in (root, root / "processed") if (found := read_split(place)) is not None), None)
    place, _ = find_path(splits)
    found = read_split(place)
    if found is None:
        raise FileError(
            f"{place} holds no split",
            expected="train_dataset14.npy and test_dataset14.npy, or train_test_valid_id_split.csv",
            do="give the folder they are in",
        )
    return found


def _trial(exam: str, video: str, known: Mapping[str, Any], pose: PoseSequence, split: Split | None, remarks: Remarks) -> Trial:
    covariates: dict[str, Any] = {"exam": exam, **{k: v for k, v in known.items() if k not in ("subject", "gmfcs", *MEASURES)}}
    if split is not None and video in split.side:
        covariates["split"] = split.side[video]
        for what, ours in (("patient", known["subject"]), ("level", known["gmfcs_as_written"])):
            theirs = getattr(split, what).get(video, "")
            if theirs and theirs != ours:
                remarks.add(f"{split.source} has another {what} than alldata.csv", video)
    measures: dict[str, Any] = {what: known.get(what) for what in MEASURES}
    labels = {"gmfcs": known["gmfcs"]} if known["gmfcs"] else {}
    return Trial(known["subject"], {"sagittal": pose}, name=video, labels=labels, covariates=covariates, **measures)


def _tell(trials: list[Trial], remarks: Remarks, split: Split | None) -> None:
    codes = Counter(str(t.covariates["gmfcs_as_written"]) or "none" for t in trials if "gmfcs" not in t.labels)
    if codes:
        told = ", ".join(f"{n} with {code}" for code, n in sorted(codes.items()))
        remarks.add(f"{codes.total()} of {len(trials)} videos have no GMFCS level from 1 to 4 ({told}): they have no label")
    if split is not None and (outside := [t.name for t in trials if "split" not in t.covariates]):
        remarks.add(f"videos that are not in {split.source}", *outside)
    if remarks.about:
        warnings.warn(f"read_gmfcs: {remarks}", UserWarning, stacklevel=3)
    if split is None:
        return
    shared = split.shared({t.name: t.subject for t in trials})
    if shared:
        told = "; ".join(
            f"{len(who)} patients in {a} and {b} ({', '.join(who[:4])}{', ...' if len(who) > 4 else ''})"
            for (a, b), who in shared.items()
        )
        warnings.warn(
            f"the split of {split.source} has patients on two sides: {told}. What a model scores on it is not what it scores on "
            "children it has not seen. What to do: split by patient, sg.split_by_subject(trials) or sg.subject_folds(trials)",
            UserWarning,
            stacklevel=3,
        )
