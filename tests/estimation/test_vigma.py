"""A man after a stroke, filmed from the side with everything above his waist out of the picture, bystanders in it, and a leg that
stays stiff: from the video to contacts and knee angles without a word about the view, against force plates and motion capture.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skelgait as sg
from skelgait.core.pose import PoseSequence


@pytest.fixture(scope="module")
def folder(data: Path) -> Path:
    return data / "vigma_stroke_video"


@pytest.fixture(scope="module")
def pose(folder: Path) -> PoseSequence:
    """About ten seconds on two processors."""
    pytest.importorskip("mediapipe")
    return sg.clean(sg.estimate_pose(folder / "081017bf_20_video.mp4", progress=False))


@pytest.fixture(scope="module")
def plates(folder: Path) -> dict[tuple[str, str], np.ndarray]:
    """Times of the steps on the force plates, seconds."""
    row = pd.read_csv(folder / "081017bf_step.csv").iloc[0]
    steps = np.array(row.iloc[3:15]).reshape(4, 3)
    return {
        (side, event): steps[steps[:, 2] == side[0].upper(), column].astype(float)
        for side in ("left", "right")
        for column, event in enumerate(("initial_contact", "foot_off"))
    }


def nearest(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """How late the nearest event is for each true one, seconds; infinite where there is none at all."""
    late = found[None] - true[:, None]
    return late[np.arange(len(true)), np.abs(late).argmin(axis=1)] if len(found) else np.full(len(true), np.inf)


def test_it_is_the_walker_and_not_a_bystander(pose: PoseSequence, folder: Path) -> None:
    hips = pose.point("mid_hip")[:, 0]
    mocap = pd.read_csv(folder / "081017bf_20_jnt.csv", usecols=["time", "hipx"])
    walked = np.interp(pose.time_s, mocap.time, mocap.hipx)
    seen = np.isfinite(hips) & (pose.time_s > 1) & (pose.time_s < 6.5)
    assert seen.sum() > 100
    assert np.corrcoef(hips[seen], walked[seen])[0, 1] < -0.99


def test_the_view_is_told(pose: PoseSequence) -> None:
    view = sg.recognise_view(pose)
    assert view.view == "sagittal_left"
    assert view.confidence > 0.3


def test_left_is_told_from_right_by_the_nearer_foot(pose: PoseSequence) -> None:
    assert pose.info["sides"]["told_by"] == "height"
    assert pose.info["sides"]["confidence"] > 0.99
    assert 0.03 < pose.info["sides"]["lower_ll"] < 0.15


def test_contacts_are_those_of_the_plates(pose: PoseSequence, plates: dict[tuple[str, str], np.ndarray]) -> None:
    events = sg.detect_events(pose)
    for side in ("left", "right"):
        late = nearest(events.times(side, "initial_contact"), plates[side, "initial_contact"])
        assert np.abs(late).max() < 0.1, (side, late)
    left_off, right_off = (nearest(events.times(s, "foot_off"), plates[s, "foot_off"]) for s in ("left", "right"))
    assert (np.abs(np.concatenate([left_off, right_off])) < 0.1).sum() >= 3
    # no contact is invented between those of the plates
    first, last = plates["right", "initial_contact"][0], plates["left", "foot_off"][-1]
    for side, expected in (("left", 2), ("right", 3)):
        times = events.times(side, "initial_contact")
        assert ((times > first - 0.1) & (times < last)).sum() == expected


def test_the_left_knee_is_the_stiff_one(pose: PoseSequence, folder: Path) -> None:
    angles = sg.joint_angles(pose)
    mocap = pd.read_csv(folder / "081017bf_20_jnt.csv", usecols=[0, 3, 4, 5, 6])
    during = mocap[(mocap.time > 2.3) & (mocap.time < 6.5)]
    for side, least, most in (("right", 55, 85), ("left", 28, 52)):
        knee = angles[f"{side}_knee_flexion_deg"][2.3:6.5].dropna()
        range_deg = float(np.subtract(*np.percentile(knee, [98, 2])))
        true = during[f"{side[0].upper()}thigh"] - during[f"{side[0].upper()}shank"]
        assert range_deg == pytest.approx(np.ptp(true), abs=15)
        assert least < range_deg < most
