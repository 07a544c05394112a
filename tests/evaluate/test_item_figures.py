from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.item_figures import plot_item_confusion
from skelgait.tasks import EVGS, EVGS_BINARY


def test_every_item_has_its_counts_and_its_floor(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (30, 34))
    said = np.where(rng.random(truth.shape) < 0.8, truth, 1 - truth)
    truth[:, 3] = -1
    truth[:10, 4] = -1
    figure = plot_item_confusion(said, truth, task=EVGS_BINARY)
    assert len(figure.axes) == 34
    names = [ax.get_title(loc="left").replace("\n", " ") for ax in figure.axes]
    assert names[0] == "left initial contact"
    assert names[33] == "right max trunk lateral shift"
    for item in (0, 4, 33):
        known = truth[:, item] >= 0
        counts = [((truth[:, item] == i) & (said[:, item] == j) & known).sum() for i in (0, 1) for j in (0, 1)]
        *cells, told = (text.get_text() for text in figure.axes[item].texts)
        assert cells == [str(n) for n in counts]
        right = 100 * (said == truth)[known, item].mean()
        floor = 100 * max(truth[known, item].mean(), 1 - truth[known, item].mean())
        assert told == f"{right:.0f} | {floor:.0f} %"
    assert figure.axes[3].texts[-1].get_text() == "not scored"
    figure.savefig(tmp_path / "items.png")
    assert (tmp_path / "items.png").stat().st_size > 20_000


def test_three_levels_and_one_question() -> None:
    codes = np.random.default_rng(0).integers(0, 3, (8, 34))
    assert len(plot_item_confusion(codes, codes, task=EVGS).axes[0].texts) == 10
    with pytest.raises(SkelgaitError, match="is one question"):
        plot_item_confusion(np.array([0, 1]), np.array([0, 1]))
