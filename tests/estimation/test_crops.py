from __future__ import annotations

import numpy as np
import pytest

from skelgait.estimation.crops import Crop, find_window, make_crop


def ramp(width: int = 640, height: int = 480) -> np.ndarray:
    """A picture whose colour tells the place: red x / 3, green y / 2."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.dstack([x / 3, y / 2, np.zeros_like(x)]).astype(np.uint8)


def cut(region: np.ndarray, side: float) -> Crop | None:
    image = ramp()
    window = find_window(region, image.shape[1::-1], 1.5)
    if window is None:
        return None
    left, top, right, bottom = window
    return make_crop(image[top:bottom, left:right], window[:2], region, side=side)


@pytest.mark.parametrize(("side", "step"), [(1000.0, 1), (100.0, 2), (60.0, 3), (41.0, 4)])
def test_places_in_a_crop_lead_back_to_the_picture(side: float, step: int) -> None:
    crop = cut(np.array([300.0, 200.0, 200.0]), side)
    assert crop is not None
    assert crop.step == step
    assert crop.offset == (150, 50)
    x, y, size = crop.inside
    assert size == pytest.approx(200 / step)
    row, column = 30, 45
    there = (np.array([column, row]) + 0.5) * step - 0.5 + crop.offset  # as estimates are mapped back
    np.testing.assert_allclose(crop.image[row, column, :2], there / [3, 2], atol=1.5)
    np.testing.assert_allclose(crop.image[round(y), round(x), :2], [100, 100], atol=2)


def test_at_the_edge_as_much_as_there_is() -> None:
    crop = cut(np.array([10.0, 470.0, 100.0]), 1000)
    assert crop is not None
    assert crop.offset == (0, 395)
    assert crop.image.shape == (85, 85, 3)
    assert crop.inside.tolist() == [10, 75, 100]
    assert crop.image.flags.c_contiguous
    assert cut(np.array([-11.0, 200.0, 100.0]), 1000) is None
    assert cut(np.full(3, np.nan), 1000) is None
