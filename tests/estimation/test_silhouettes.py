from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.estimation.silhouettes import Silhouettes, pack_square, read_silhouettes


def disc(width: int, height: int, x: float, y: float, radius: float) -> np.ndarray:
    column, row = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return np.hypot(column - x, row - y) < radius


@pytest.mark.parametrize("shrink", [1.0, 0.4])
def test_a_mask_comes_back_where_it_was(shrink: float) -> None:
    whole = disc(640, 480, 300, 210, 60)
    left, top, wide, tall = 180, 90, 250, 240
    crop = disc(round(wide * shrink), round(tall * shrink), (300 - left) * shrink, (210 - top) * shrink, 60 * shrink)
    bits, square = pack_square(crop, (left, top), np.array([300.0, 220.0, 170.0, wide]), 1.25)
    np.testing.assert_allclose(square, [300 - 106.25, 220 - 106.25, 212.5])
    back = Silhouettes(bits[None], square[None], np.zeros(1), (640, 480)).mask(0)
    assert (back & whole).sum() / (back | whole).sum() > (0.98 if shrink == 1 else 0.94)


def test_a_square_that_sticks_out_of_the_picture_and_a_frame_without_anybody() -> None:
    bits, square = pack_square(np.ones((100, 50), bool), (0, 20), np.array([10.0, 70.0, 80.0, 50]), 1.25)
    gone, nowhere = pack_square(None, (0, 0), np.full(4, np.nan), 1.25)
    both = Silhouettes(np.array([bits, gone]), np.array([square, nowhere]), np.arange(2) / 30, (200, 150))
    assert len(both) == 2
    mask = both.mask(0)
    assert mask[25:115, 0:48].all()
    assert not mask[:, 62:].any()
    assert not both.mask(1).any()
    assert not both.crop(1).any()


def test_saved_and_read(tmp_path: Path) -> None:
    one = Silhouettes(np.arange(256 * 32, dtype=np.uint8).reshape(1, 256, 32), np.array([[1.0, 2.0, 3.0]]), np.zeros(1), (20, 10))
    one.save(tmp_path / "walk.npz")
    back = read_silhouettes(tmp_path / "walk.npz")
    for name in ("bits", "squares", "time_s"):
        np.testing.assert_array_equal(getattr(back, name), getattr(one, name))
    assert back.size == (20, 10)
    assert [p.name for p in tmp_path.iterdir()] == ["walk.npz"]
    np.savez(tmp_path / "other.npz", a=1)
    with pytest.raises(FileError, match="holds no silhouettes"):
        read_silhouettes(tmp_path / "other.npz")
    whole = (tmp_path / "walk.npz").read_bytes()
    for raw in (b"", b"no archive", whole[:100], whole[:-30]):
        (tmp_path / "walk.npz").write_bytes(raw)
        with pytest.raises(FileError, match="holds no silhouettes"):
            read_silhouettes(tmp_path / "walk.npz")
    with pytest.raises(FileError, match="there is no file"):
        read_silhouettes(tmp_path / "none.npz")
