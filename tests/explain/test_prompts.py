from __future__ import annotations

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError


@pytest.fixture(scope="module")
def walk() -> object:
    return sg.Walker().film(sg.Camera(size=(320, 320)), fps=20, duration_s=1)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip(np.full((20, 320, 320, 3), 128, np.uint8), fps=20, boxes=[[0, 0, 320, 320]] * 20)


def sheet_of(figure: object) -> np.ndarray:
    return figure.axes[0].images[0].get_array()


def test_a_sheet_shows_the_prompt_and_makes_pale_what_is_pruned(walk: object, clip: Clip) -> None:
    figure = sg.plot_prompt(clip, walk.pose, side=320, most=6, columns=3)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.00 s", "0.20 s", "0.35 s", "0.55 s", "0.70 s", "0.90 s"]
    sheet = sheet_of(figure)
    assert sheet.shape == (2 * (320 + 22 + 6), 3 * (320 + 6), 3)
    coloured = [(sheet[..., c] - np.delete(sheet, c, axis=2).max(2) > 0.6).mean() for c in range(3)]
    assert min(coloured) > 1e-4
    grey, pale = ((np.abs(sheet - value).max(2) < 0.01).mean() for value in (128 / 255, 0.75 + 0.25 * 128 / 255))
    assert 0.02 < grey < 0.2
    assert pale > 0.5
    title = figure.axes[0].get_title(loc="left")
    assert title.startswith("body25, body: ")
    assert title.endswith("of the foreground (the pose)")


def test_silhouettes_tell_the_foreground_where_there_are_some(walk: object, clip: Clip) -> None:
    alone = sg.plot_prompt(clip, silhouettes=walk.silhouette_sequence(), most=2, columns=2)
    assert alone.axes[0].get_title(loc="left").endswith("(silhouettes)")
    both = sg.plot_prompt(clip, walk.pose, walk.silhouette_sequence(), most=2, columns=2)
    assert both.axes[0].get_title(loc="left") == f"body25, body: {alone.axes[0].get_title(loc='left')}"
    assert np.abs(sheet_of(both) - sheet_of(alone)).max() > 0.4  # the prompt
    grey = sg.plot_prompt(Clip(clip.frames[..., :1], fps=20, boxes=clip.boxes), walk.pose, most=1)
    assert sheet_of(grey).shape[2] == 3


def test_settings_that_fit_nothing_are_refused(walk: object, clip: Clip) -> None:
    with pytest.raises(SkelgaitError, match="nothing to show"):
        sg.plot_prompt(clip)
    for wrong in ({"most": 0}, {"columns": 0}, {"patch": 0}, {"side": 8}):
        with pytest.raises(SkelgaitError, match="a sheet needs pictures"):
            sg.plot_prompt(clip, walk.pose, **wrong)
    one = Clip(clip.frames[:1], fps=20, boxes=clip.boxes[:1])
    assert len(sg.plot_prompt(one, walk.pose).axes[0].texts) == 1
