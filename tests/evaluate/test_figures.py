"""The figures hold the numbers of the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.evaluate.figures import plot_confusion, plot_reliability
from tests.evaluate.conftest import GMFCS, Made


def test_confusion_shows_counts_percents_and_levels(made: Made, tmp_path: Path) -> None:
    figure = plot_confusion(made.probabilities, made.truth, task=GMFCS, groups=made.subjects, title="Fusion")
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_xticklabels()] == list(GMFCS.levels)
    cell = int(((made.truth == 1) & (made.predicted == 2)).sum())
    share = 100 * cell / (made.truth == 1).sum()
    assert ax.texts[1 * 4 + 2].get_text() == f"{cell}\n{share:.0f} %"
    assert ax.get_yticklabels()[1].get_text() == f"II\n({(made.truth == 1).sum()})"
    words = " ".join(t.get_text() for t in ax.texts) + ax.get_title(loc="left")
    assert "180 walks right, 60 subjects" in words
    assert "Fusion" in words
    figure.savefig(tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").stat().st_size > 5000


def test_a_level_nobody_has_shows_no_percent(made: Made) -> None:
    kept = made.truth != 3
    ax = plot_confusion(made.probabilities[kept], made.truth[kept], task=GMFCS).axes[0]
    assert ax.texts[12].get_text() == "0"


def test_one_item_or_all() -> None:
    task = Task("LIMBS", items=("left_knee", "right_knee"), levels=("no", "yes"))
    truth, p = np.array([[0, 1], [1, 1]]), np.eye(2)[[[0, 1], [1, 0]]]
    assert plot_confusion(p, truth, task=task).axes[0].texts[3].get_text() == "2\n67 %"
    assert plot_confusion(p, truth, task=task, item="right_knee").axes[0].texts[3].get_text() == "1\n50 %"
    with pytest.raises(SkelgaitError, match=r"no such item.*left_knee, right_knee"):
        plot_confusion(p, truth, task=task, item="hip")


def test_reliability_points_are_the_bins(made: Made, tmp_path: Path) -> None:
    figure = plot_reliability(made.probabilities, made.truth, task=GMFCS, groups=made.subjects, n_boot=100)
    top, below = figure.axes
    sure, right = made.probabilities.max(axis=1), made.predicted == made.truth
    inside = (sure > 0.7) & (sure <= 0.8)
    points = np.asarray(top.collections[-1].get_offsets())
    np.testing.assert_allclose(points[np.argmin(np.abs(points[:, 0] - 0.75))], [sure[inside].mean(), right[inside].mean()])
    assert sum(bar.get_height() for bar in below.patches) == len(sure)
    figure.savefig(tmp_path / "reliability.png")
    assert (tmp_path / "reliability.png").stat().st_size > 5000
    with pytest.raises(SkelgaitError, match="needs probabilities"):
        plot_reliability(made.predicted, made.truth, task=GMFCS)
    with pytest.raises(SkelgaitError, match="nothing to draw"):
        plot_reliability(made.probabilities, np.full(len(made.truth), -1), task=GMFCS)
