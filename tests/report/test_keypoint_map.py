"""Which keypoints were seen when."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25
from skelgait.report.keypoint_map import SURENESS, draw_quality
from skelgait.report.style import FILLED, MISSING, SWAPPED


def test_every_shade_differs_in_a_grey_print() -> None:
    grey = sorted(float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114))) for *_, colour in (*SURENESS, ("", "", MISSING)))
    assert min(np.diff(grey)) > 0.08  # what is filled in has a line of its own


def test_quality_shows_seen_filled_missing_and_repaired() -> None:
    frames = 50
    confidence = np.full((frames, 25), 0.9)
    filled = np.zeros((frames, 25), bool)
    xy = np.random.default_rng(0).normal(500, 50, (frames, 25, 2))
    knee, heel = BODY25.index("left_knee"), BODY25.index("right_heel")
    filled[10:15, knee] = True
    xy[20:30, heel] = np.nan
    swapped = np.arange(frames) >= 45
    pose = PoseSequence(xy, confidence, fps=25, skeleton=BODY25, filled=filled, swapped=swapped)
    (ax,) = draw_quality(pose).axes
    names = [t.get_text() for t in ax.get_yticklabels()]
    picture = ax.get_images()[0].get_array()
    np.testing.assert_allclose(picture[names.index("left knee"), 12], to_rgb(FILLED))
    np.testing.assert_allclose(picture[names.index("left knee"), 16], to_rgb(SURENESS[-1][2]))
    np.testing.assert_allclose(picture[names.index("right heel"), 25], to_rgb(MISSING))
    (line,) = [c for c in ax.collections if c.get_gid() == "filled"]  # told in a grey print, too
    np.testing.assert_allclose(line.get_segments()[0][:, 0], [10 / 25, 15 / 25])
    (bar,) = [line for line in ax.get_lines() if line.get_gid() == "swapped"]
    np.testing.assert_allclose(bar.get_xdata(), [45 / 25, 50 / 25])
    assert bar.get_color() == SWAPPED
    assert ax.get_xlabel() == "time (s)"


def test_a_short_gap_in_a_long_recording_stays_visible() -> None:
    frames = 20_000
    filled = np.zeros((frames, 25), bool)
    filled[9_001, BODY25.index("left_knee")] = True
    pose = PoseSequence(np.ones((frames, 25, 2)), fps=60, skeleton=BODY25, filled=filled)
    (ax,) = draw_quality(pose).axes
    picture = ax.get_images()[0].get_array()
    assert picture.shape[1] <= 1500
    assert (np.abs(picture - to_rgb(FILLED)).max(axis=2) < 1e-9).sum() == 1
