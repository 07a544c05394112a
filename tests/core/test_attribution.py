from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.attribution import Attribution
from skelgait.core.errors import SkelgaitError

AXES = {"time": (0.0, 0.5, 1.0), "keypoint": ("left_knee", "right_knee")}
VALUES = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]])


def test_over_an_axis_is_the_mean_over_the_others() -> None:
    why = Attribution(VALUES, AXES, "gradcam", "gmfcs = II")
    assert why.over("keypoint").to_dict() == {"left_knee": 1.0, "right_knee": 1.0}
    assert why.over("time").tolist() == [0.5, 1.0, 1.5]
    assert Attribution(-VALUES, AXES, "ig", "x", signed=True).over("keypoint").tolist() == [1.0, 1.0]


def test_frame_and_normalised() -> None:
    why = Attribution(VALUES, AXES, "gradcam", "gmfcs = II", info={"trial": "a"})
    frame = why.to_frame()
    assert len(frame) == 6
    assert frame.loc[(frame.time == 1.0) & (frame.keypoint == "right_knee"), "value"].item() == 3
    assert why.normalised().values.sum() == pytest.approx(1)
    assert why.normalised().info["trial"] == "a"


def test_numbers_that_do_not_fit_their_axes_are_refused() -> None:
    with pytest.raises(SkelgaitError, match=r"do not fit.*shape \(2, 2\).*time 3, keypoint 2"):
        Attribution(VALUES[:2], AXES, "gradcam", "x")
    with pytest.raises(SkelgaitError, match=r"no axis 'joint'.*time, keypoint"):
        Attribution(VALUES, AXES, "gradcam", "x").over("joint")


def test_it_is_shown_in_one_line() -> None:
    why = Attribution(np.zeros((90, 17)), {"time": range(90), "keypoint": range(17)}, "gradcam", "gmfcs = III")
    assert repr(why) == "Attribution('gmfcs = III' by gradcam: 90 time x 17 keypoint)"
