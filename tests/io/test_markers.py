from __future__ import annotations

import numpy as np

from skelgait.io.markers import body_points, split_subjects


def at(x, y, z, frames=4):
    return np.tile([x, y, z], (frames, 1)).astype(float)


def test_a_joint_centre_beats_a_pair_beats_a_marker():
    markers = {"LKNE": at(0, 0.3, 0.5), "LKNM": at(0, 0.2, 0.5)}
    points, origin = body_points(markers)
    assert np.allclose(points["left_knee"], at(0, 0.25, 0.5))
    assert origin["left_knee"] == "LKNE and LKNM (midway between two markers)"
    points, origin = body_points({**markers, "LFEO": at(0, 0.24, 0.5)})
    assert origin["left_knee"] == "LFEO (joint centre)"
    points, origin = body_points({"LKNE": at(0, 0.3, 0.5)})
    assert origin["left_knee"] == "LKNE (marker on the skin)"


def test_a_source_that_is_never_seen_does_not_count():
    _, origin = body_points({"LFEO": np.full((4, 3), np.nan), "LKNE": at(0, 0.3, 0.5)})
    assert origin["left_knee"] == "LKNE (marker on the skin)"


def test_marker_sets_of_several_laboratories():
    sets = {
        "LLEK LMEK LLM LMM LHEE LMT2": "knee ankle heel big_toe",  # HBM2
        "l_knee_study l_mknee_study l_ankle_study l_mankle_study l_calc_study LHJC_study": "knee ankle heel hip",  # OpenCap
        "L.Knee.Lat L.Knee.Med L.Ankle.Lat L.Ankle.Med L.Heel L.Toe.Tip L.Acromium": "knee ankle heel big_toe shoulder",  # OpenSim
        "LHip LKnee LAnkle LHeel LBigToe LSmallToe": "hip knee ankle heel big_toe small_toe",  # Pose2Sim
        "LFEP LFEO LTIO LHEE LTOE LCLO LHUO LRAO": "hip knee ankle heel big_toe shoulder elbow wrist",  # Plug-in Gait
    }
    for labels, want in sets.items():
        points, _ = body_points({label: at(0, 0, i) for i, label in enumerate(labels.split())})
        assert set(points) == {f"left_{part}" for part in want.split()}, labels


def test_hips_from_the_pelvis_lie_inside_below_and_behind_the_front_spines():
    pelvis = {
        "LASI": at(0.1, 0.12, 0.95),
        "RASI": at(0.1, -0.12, 0.95),
        "LPSI": at(-0.05, 0.05, 0.95),
        "RPSI": at(-0.05, -0.05, 0.95),
    }
    points, _ = body_points(pelvis)
    # width 240 mm, depth 150 mm: 45.9 mm behind, 82.9 mm below, 86.5 mm beside the middle of the front spines
    assert np.allclose(points["left_hip"], at(0.0541, 0.0865, 0.8671), atol=1e-6)
    assert np.allclose(points["right_hip"], at(0.0541, -0.0865, 0.8671), atol=1e-6)
    sacrum = {**{k: v for k, v in pelvis.items() if "PSI" not in k}, "SACR": at(-0.05, 0, 0.95)}
    assert np.allclose(body_points(sacrum)[0]["left_hip"], points["left_hip"])


def test_subjects_are_told_apart_by_the_colon():
    assert split_subjects(["Anna:LKNE", "Ben:LKNE", "*12", "Anna:LKNE"]) == {
        "Anna": {"LKNE": 0},
        "Ben": {"LKNE": 1},
        "": {"*12": 2},
    }
