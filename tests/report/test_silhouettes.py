"""The contact sheet of silhouettes."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.report.silhouettes import plot_silhouettes


def walk(frames: int = 20, **settings: object) -> SilhouetteSequence:
    """Frame n is black but for column n."""
    drawn = np.zeros((frames, 64, 44), bool)
    drawn[np.arange(frames), :, np.arange(frames)] = True
    return SilhouetteSequence(drawn, fps=30, **settings)  # type: ignore[arg-type]


def test_pictures_spread_over_the_walk_each_with_its_number() -> None:
    sequence = walk(frame=np.arange(20) * 3 + 100)
    sheet, _ = plot_silhouettes(sequence, most=6, columns=3).axes
    numbers = [int(text.get_text()) for text in sheet.texts]
    assert numbers == [100, 112, 124, 133, 145, 157]
    (shown,) = sheet.images
    picture = np.asarray(shown.get_array())
    assert picture.shape == (2 * 78, 3 * 50, 3)
    for place, number in enumerate(numbers):
        top, left = place // 3 * 78 + 11, place % 3 * 50 + 3
        dark = np.flatnonzero((picture[top : top + 64, left : left + 44].max(axis=2) < 0.3).all(axis=0))
        assert dark.tolist() == [(number - 100) // 3]  # as it is: neither mirrored nor turned


def test_the_band_shows_what_is_kept_and_what_is_not() -> None:
    sequence = walk(5, frame=[3, 4, 5, 8, 9], empty=[0, 1, 2, 6, 7, 10], info={"cut_off": [6, 10]})
    figure = plot_silhouettes(sequence)
    sheet, band = figure.axes
    assert sheet.get_title(loc="left") == "5 silhouettes, 6 frames left out; 2 cut off by an edge"
    runs = [(p.get_x(), p.get_x() + p.get_width(), p.get_facecolor()[:3]) for p in band.patches]  # type: ignore[attr-defined]
    assert [(start, stop) for start, stop, _ in runs] == [(3, 6), (8, 10), (6, 7), (10, 11)]
    assert runs[0][2] == runs[1][2] != runs[2][2] == runs[3][2]
    assert band.get_xlim() == (0, 11)
    figure.canvas.draw()


def test_few_or_no_pictures() -> None:
    assert len(plot_silhouettes(walk(2)).axes[0].texts) == 2
    with pytest.raises(SkelgaitError, match="a sheet needs pictures"):
        plot_silhouettes(walk(), most=0)
