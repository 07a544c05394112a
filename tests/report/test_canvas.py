"""Where the pose lies in a picture: the whole recording, or the box the body moves in."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17
from skelgait.gait.measure import Measurement
from skelgait.report.canvas import Canvas, fit_canvas


def test_canvas_without_a_known_size_holds_the_body(both_planes: Measurement) -> None:
    pose = both_planes.planes["sagittal"].pose.with_(size=None)
    canvas = fit_canvas(pose)
    drawn = (pose.xy[np.isfinite(pose.xy[..., 0])] - canvas.origin) * canvas.scale
    assert (np.percentile(drawn, [1, 99], axis=0) > 0).all()
    assert (np.percentile(drawn, [1, 99], axis=0) < canvas.image).all()
    assert canvas.width % 2 == canvas.height % 2 == 0


def test_a_portrait_phone_video_keeps_its_shape() -> None:
    canvas = fit_canvas(PoseSequence(np.zeros((2, 17, 2)), fps=30, skeleton=COCO17, size=(1080, 1920)))
    assert canvas.image == (405, 720)
    assert canvas == Canvas((0.0, 0.0), 0.375, (405, 720))
    assert canvas.width > 405
    assert canvas.place(np.array([540.0, 0.0]))[0] == pytest.approx(canvas.width / 2, abs=1)


def test_a_small_recording_is_at_most_doubled() -> None:
    assert fit_canvas(PoseSequence(np.zeros((2, 17, 2)), fps=30, skeleton=COCO17, size=(160, 120))).image == (320, 240)
