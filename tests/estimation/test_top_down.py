from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import PoseError
from skelgait.core.skeleton import BODY25, COCO17, COCO23, HALPE26, WHOLEBODY133, Skeleton
from skelgait.estimation.top_down import box_of, skeleton_of


def test_a_box_holds_the_whole_person() -> None:
    x1, y1, x2, y2 = box_of(np.array([[100.0, 200.0, 80.0]]))[0]
    assert (x1 + x2) / 2 == 100
    assert (y1 + y2) / 2 == 200
    assert y2 - y1 == pytest.approx(80, rel=0.05)
    assert (x2 - x1) / (y2 - y1) == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize("skeleton", [COCO17, COCO23, HALPE26, WHOLEBODY133])
def test_known_layouts_by_number(skeleton: Skeleton) -> None:
    assert skeleton_of(len(skeleton)) is skeleton


def test_a_model_of_its_own_brings_its_names() -> None:
    own = skeleton_of(3, names=["left_hip", "left_knee", "left_ankle"], bones=[(0, 1), (1, 2)], called="leg")
    assert (own.name, own.bones) == ("leg", (("left_hip", "left_knee"), ("left_knee", "left_ankle")))
    assert skeleton_of(25, names=BODY25.names) is BODY25
    assert skeleton_of(17, names=[f"point_{k}" for k in range(17)]).names[0] == "point_0"
    with pytest.raises(PoseError, match=r"a model gave 19 keypoints.*17 \(coco17\)"):
        skeleton_of(19)
