"""A recording that stands on its head is one clear error, wherever it is given."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import PoseError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25
from skelgait.core.trial import Trial
from skelgait.gait.angles import joint_angles
from skelgait.gait.describe import describe
from skelgait.gait.events import detect_events
from skelgait.gait.measure import measure
from skelgait.signals.upright import require_upright
from skelgait.signals.view import recognise_view
from skelgait.walker import Camera, Walker

TURNS = {"upside down": (-1, -1), "y points up": (1, -1)}


@pytest.mark.parametrize("view", ["sagittal_right", "frontal_towards"])
@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("do", [detect_events, joint_angles, recognise_view, lambda pose: measure(Trial("child", pose))])
def test_a_walk_on_its_head_is_refused_and_says_what_to_do(view, turn, do):
    pose = Walker().film(Camera(view=view), fps=30, duration_s=3, noise_px=1, dropout=0.1).pose
    with pytest.raises(PoseError, match=r"upside down.*rotate the video, or give y downwards"):
        do(pose.with_(xy=np.array(pose.xy) * turn + [1920, 1080]))


def test_a_table_of_trials_keeps_the_others():
    pose = Walker().film(fps=30, duration_s=4).pose
    trials = [Trial("a", pose), Trial("b", pose.with_(xy=np.array(pose.xy) * [1, -1]))]
    with pytest.warns(UserWarning, match="b could not be measured: the feet lie above the hips"):
        table = describe(trials)
    assert table["cadence_spm"].notna().tolist() == [True, False]


@pytest.mark.parametrize("of", ["nothing seen", "lying", "jumping"])
def test_what_is_not_clearly_on_its_head_passes(of):
    xy = np.full((20, len(BODY25), 2), np.nan if of == "nothing seen" else 0.0)
    for side in ("left", "right"):
        xy[:, BODY25.index(f"{side}_ankle")] += {"lying": (200, -20)}.get(of, (20, 100))
    if of == "jumping":
        xy[:8] *= -1
    require_upright(PoseSequence(xy, fps=30, skeleton=BODY25))
