from __future__ import annotations

import numpy as np
import pytest

import skelgait as sg

SKELETON = {"stgcn": {"stages": [16, 16, 32]}}
FEW = {"descriptors": {"names": ["cadence_spm", "left_step_length_ll", "trunk_lean_mean_deg"], "width": 32}}


@pytest.fixture(scope="session")
def waving() -> list[sg.Trial]:
    """Sixteen walks alike but for the left wrist, which waves in the abnormal ones."""
    trials = []
    for child in range(16):
        pose = sg.Walker(cadence_spm=100 + child % 5).film(fps=30, duration_s=3, random_state=child).pose
        xy = pose.xy.copy()
        if child % 2:
            xy[:, pose.skeleton.index("left_wrist"), 1] -= 120 + 25 * np.sin(np.arange(len(xy)) / 5)
        labels = {"gait": "abnormal" if child % 2 else "normal"}
        trials.append(sg.Trial(f"child{child}", pose.with_(xy=xy), labels=labels))
    return trials


def fit(waving: list[sg.Trial], encoders: dict, **settings: object) -> sg.GaitClassifier:
    given = {
        "max_epochs": 15,
        "batch_size": 4,
        "optimizer": {"adamw": {"lr": 1e-2}},
        "progress": False,
        "random_state": 0,
        **settings,
    }
    return sg.GaitClassifier("GAIT_BINARY", encoders, **given).fit(waving)


@pytest.fixture(scope="session")
def skeleton_model(waving: list[sg.Trial]) -> sg.GaitClassifier:
    # with keypoints left out in training: else every answer about a walk with one hidden is about a walk it has never seen
    return fit(waving, SKELETON, augmentation={"joint_dropout": 0.1}, max_epochs=60)


@pytest.fixture(scope="session")
def fused_model(waving: list[sg.Trial]) -> sg.GaitClassifier:
    return fit(waving, {**SKELETON, **FEW}, fusion={"cross_attention": {"width": 32}})
