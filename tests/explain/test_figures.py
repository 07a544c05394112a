from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.explain.figures import plot_beeswarm, plot_deletion, plot_descriptors, plot_skeleton_heat

CURVE = {"hidden": [0, 0.5, 1], "probability": [0.9, 0.3, 0.2], "random": [0.9, 0.7, 0.2]}


@pytest.fixture(scope="module")
def walk() -> sg.Trial:
    return sg.Trial("child07", sg.Walker(cadence_spm=120).film(fps=30, duration_s=3).pose)


def on_keypoints(walk: sg.Trial, hot: str = "left_knee") -> sg.Attribution:
    names = sg.COCO17.names
    values = np.zeros((90, 17))
    values[:, names.index(hot)] = 1 + np.sin(np.arange(90) / 5)
    return sg.Attribution(values, {"time": np.arange(90) / 30, "keypoint": names}, "gradcam", "gmfcs = II")


def on_descriptors(shares: list[float], values: list[float]) -> sg.Attribution:
    names = ("cadence_spm", "left_step_length_ll")
    info = {"values": values, "deletion": CURVE, "faithfulness": 0.13}
    return sg.Attribution(shares, {"descriptor": names}, "shap", "gmfcs = II", signed=True, info=info)


def test_heat_is_drawn_at_phases_of_the_cycle_on_the_hottest_keypoint(walk: sg.Trial) -> None:
    events = sg.detect_events(sg.clean(walk.pose["sagittal"]))
    figure = plot_skeleton_heat(on_keypoints(walk), walk, events=events, phases=4)
    panels = [ax for ax in figure.axes if ax.get_title().endswith("%")]
    assert [ax.get_title() for ax in panels] == ["0 %", "25 %", "50 %", "75 %"]
    sizes = panels[1].collections[0].get_sizes()
    assert sg.COCO17.names[int(np.argmax(sizes))] == "left_knee"
    low, high = panels[0].get_ylim()
    assert low > high, "the picture's y points down"
    moments = plot_skeleton_heat(on_keypoints(walk), walk, phases=3)
    assert [ax.get_title() for ax in moments.axes[:3]] == ["0.0 s", "1.5 s", "3.0 s"]


def test_a_keypoint_that_was_lost_stays_with_the_body(walk: sg.Trial) -> None:
    pose = walk.pose["sagittal"]
    xy, ear = pose.xy.copy(), pose.skeleton.index("right_ear")
    xy[20:80, ear] = np.nan
    never = pose.skeleton.index("left_ear")
    xy[:, never] = np.nan
    lost = walk.with_(pose=pose.with_(xy=xy))
    whole, gaps = (plot_skeleton_heat(on_keypoints(walk), one, phases=3).axes[1] for one in (walk, lost))
    distance = [np.linalg.norm(np.subtract(*ax.collections[0].get_offsets()[[4, 2]])) for ax in (whole, gaps)]  # ear to eye
    assert distance[1] == pytest.approx(distance[0], rel=0.5)


def test_a_beeswarm_has_a_dot_a_walk_and_the_largest_share_on_top() -> None:
    figure = plot_beeswarm([on_descriptors([0.01 * i, 0.2 * i], [100 + i, np.nan]) for i in range(6)])
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cadence spm", "left step length ll"]
    assert [len(c.get_offsets()) for c in ax.collections] == [6, 6]


def test_bars_say_for_and_against_and_curves_how_faithful() -> None:
    bars = plot_descriptors(on_descriptors([-0.2, 0.1], [1, 2])).axes[0].patches
    assert bars[0].get_width() == pytest.approx(0.1)
    assert bars[0].get_facecolor() != bars[1].get_facecolor()
    legend = plot_deletion(on_descriptors([0, 0], [0, 0])).axes[0].get_legend()
    assert legend.get_texts()[0].get_text() == "shap: +0.13"


def test_figures_for_other_attributions_are_refused(walk: sg.Trial) -> None:
    with pytest.raises(SkelgaitError, match=r"another attribution.*descriptor"):
        plot_skeleton_heat(on_descriptors([0, 0], [0, 0]), walk)
    with pytest.raises(SkelgaitError, match="nothing to plot"):
        plot_beeswarm([])
    with pytest.raises(SkelgaitError, match="no deletion curve"):
        plot_deletion(on_keypoints(walk))
    with pytest.raises(SkelgaitError, match="no whole left stride"):
        plot_skeleton_heat(on_keypoints(walk), walk, events=sg.GaitEvents([], [], [], []))


def test_the_numbers_under_small_shares_do_not_run_into_each_other() -> None:
    names = ("ankle_dorsiflexion_range_gait_asymmetry_percent", "cadence_spm")
    figure = plot_descriptors(sg.Attribution([-0.0084, 0.0071], {"descriptor": names}, "shap", "gmfcs = II", signed=True))
    FigureCanvasAgg(figure).draw()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
