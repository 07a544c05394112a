from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.skeleton import other_side
from skelgait.gait.describe import NAMES, describe
from skelgait.gait.descriptors import symmetry_column
from skelgait.gait.mirroring import mirror_descriptors
from skelgait.gait.symmetry import INDICES

CHILDREN = (
    ({}, ("sagittal_right",)),
    ({"cadence_spm": 100, "step_time_ratio": 1.3, "crouch_deg": (25, 5), "stiff_knee": (0.5, 0.0)}, ("sagittal_left",)),
    ({"knee_valgus_deg": (8, -4), "trunk_left_lean_deg": 4, "pelvis_left_up_deg": 3, "trunk_sway_deg": 5}, ("frontal_towards",)),
    ({"step_time_ratio": 0.8, "stride_time_cv_percent": 4, "equinus_deg": (0, 15)}, ("sagittal_right", "frontal_away")),
)


def measured(trial: sg.Trial) -> dict[str, float]:
    return dict(describe([trial], progress=False).iloc[0].loc[list(NAMES)].astype(float))


def check(trial: sg.Trial, rel: float, least: int) -> None:
    """What follows from the walk's own numbers is what the mirrored walk measures."""
    follows = mirror_descriptors(measured(trial))
    turned = measured(trial.with_(pose={plane: pose.mirrored() for plane, pose in trial.pose.items()}))
    assert list(follows) == list(turned) == list(NAMES)
    assert np.isfinite(list(turned.values())).sum() > least
    different = {n: (follows[n], turned[n]) for n in NAMES if follows[n] != pytest.approx(turned[n], rel=rel, abs=rel, nan_ok=True)}
    assert not different


@pytest.mark.parametrize(("child", "views"), CHILDREN)
def test_a_walk_need_not_be_measured_twice(child: dict, views: tuple[str, ...]) -> None:
    films = {v.split("_")[0]: sg.Walker(**child).film(sg.Camera(view=v), duration_s=8, noise_px=1.5).pose for v in views}
    check(sg.Trial("child", films, height_m=1.3), 1e-4, 40)


def test_nor_a_recorded_one(data: Path) -> None:
    pose = sg.read_pose(data / "mobile_gaitlab_cp_child" / "openpose_json", fps=29.97)
    check(sg.Trial("child", pose), 0.01, 40)


def test_every_index_turns_about() -> None:
    left, right = 0.39, 0.25
    straight = {symmetry_column("step_time", name, "s"): rule(left, right) for name, (_, rule) in INDICES.items()}
    turned = mirror_descriptors(straight)
    expected = [rule(right, left) for _, rule in INDICES.values()]
    assert list(turned.values()) == pytest.approx(expected)


def test_numbers_of_ones_own_change_places_by_their_names() -> None:
    turned = mirror_descriptors({"left_rom": 1.0, "right_rom": 2.0, "left_only": 3.0, "age": 4.0})
    assert turned == pytest.approx({"left_rom": 2.0, "right_rom": 1.0, "left_only": np.nan, "age": 4.0}, nan_ok=True)
    assert other_side("leftover") == "leftover"
