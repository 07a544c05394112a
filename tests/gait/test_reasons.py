"""Which reason is told when several hold."""

from __future__ import annotations

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, Skeleton
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.reasons import PlaneEvidence, why_missing

BY_NAME = {d.name: d for d in DESCRIPTORS}


def told(
    name: str,
    *,
    skeleton: Skeleton = BODY25,
    fps: float = 60,
    bouts: int = 1,
    strides: int = 4,
    steps: int = 4,
    scale: str = "",
    count: int = 0,
    known: bool = False,
    small: str = "",
    angles: dict[str, str] | None = None,
) -> str:
    pose = PoseSequence(np.zeros((5, len(skeleton), 2)), fps=fps, skeleton=skeleton)
    both = dict.fromkeys(("left", "right"), strides)
    evidence = PlaneEvidence("sagittal", pose, bouts, both, dict.fromkeys(both, steps), angles or {}, small)
    return why_missing(BY_NAME[name], evidence, absent="absent", no_scale=scale, count=count, known=known)


def test_nothing_stands_against_a_value() -> None:
    assert told("cadence_spm", count=4, known=True) == ""


def test_no_recording_comes_first() -> None:
    assert why_missing(BY_NAME["cadence_spm"], None, absent="no camera", no_scale="", count=0, known=False) == "no camera"


def test_then_the_layout_then_the_frame_rate_then_the_walking_then_the_scale() -> None:
    assert told("left_foot_pitch_initial_contact_deg", skeleton=COCO17, fps=10) == "the layout coco17 has no heel and no toe"
    assert told("left_foot_pitch_initial_contact_deg", fps=30, bouts=0) == "30 frames/s are too few: it needs 50"
    assert told("speed_m_s", bouts=0, scale="no scale") == "nobody walks in the sagittal recording"
    assert told("speed_m_s", scale="no scale: nothing given", count=3) == "no scale: nothing given"


def test_too_few_cycles_take_a_value_back() -> None:
    assert told("stride_time_cv_percent", count=4, known=True) == "4 cycles, it needs 10"
    assert told("step_time_ratio", count=1, known=True) == "1 cycle, it needs 2"


def test_a_foot_without_strides_is_named() -> None:
    assert told("left_stride_time_s", strides=0) == "no complete stride of the left foot"
    assert told("left_knee_valgus_mid_stance_deg", steps=0) == "no complete stance of the left foot"
    assert told("cadence_spm", steps=0) == "no complete step of the left or the right foot"


def test_what_the_maker_of_the_angle_said_is_passed_on() -> None:
    angles = {"right_ankle_dorsiflexion_deg": "foot never flat"}
    assert told("right_ankle_dorsiflexion_max_stance_deg", angles=angles) == "foot never flat"
    assert "not seen" in told("left_ankle_dorsiflexion_max_stance_deg", angles=angles)


def test_the_rest() -> None:
    assert told("toe_clearance_ll", small="the leg spans 60 px") == "the leg spans 60 px"
    assert "knee straight" in told("left_knee_valgus_mid_stance_deg")
    assert told("left_swing_time_s") == "foot-offs or contacts were not found in any stride"
