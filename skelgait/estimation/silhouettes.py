"""Silhouettes of one person, kept small: one bit a pixel, cut to the person."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelgait.core.mapped import refusing

SIDE = 256


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Where the person is in every frame, pixel by pixel.

    Parameters
    ----------
    bits : (T, 256, 32) uint8
        Each frame's square about the person, 256 x 256 pixels, packed eight pixels a byte. All zero where the person is not seen.
    squares : (T, 3) pixels
        Left, top and side of that square in the video; NaN where the person is not seen.
    time_s : (T,) seconds
        Time of each frame.
    size : (width, height) pixels
        The video.

    Examples
    --------
    >>> import numpy as np
    >>> one = Silhouettes(np.full((1, 256, 32), 255, np.uint8), np.array([[10.0, 20.0, 64.0]]), np.zeros(1), (200, 100))
    >>> one.mask(0).sum(), one.crop(0).shape
    (np.int64(4096), (256, 256))
    """

    bits: np.ndarray
    squares: np.ndarray
    time_s: np.ndarray
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.bits)

    def crop(self, frame: int) -> np.ndarray:
        """(256, 256) bool: the silhouette in its own square."""
        return np.unpackbits(self.bits[frame], axis=1).astype(bool)

    def mask(self, frame: int) -> np.ndarray:
        """(height, width) bool: the silhouette in the whole picture."""
        width, height = self.size
        out = np.zeros((height, width), bool)
        if np.isfinite(self.squares[frame]).all():
            left, top, side = self.squares[frame]
            x, y = np.arange(width), np.arange(height)
            column = np.floor((x + 0.5 - left) / side * SIDE).astype(int)
            row = np.floor((y + 0.5 - top) / side * SIDE).astype(int)
            inside_x, inside_y = (column >= 0) & (column < SIDE), (row >= 0) & (row < SIDE)
            out[np.ix_(inside_y, inside_x)] = self.crop(frame)[np.ix_(row[inside_y], column[inside_x])]
        return out

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to a compressed ``.npz``; read it back with `read_silhouettes`."""
        target = Path(path)
        part = target.with_name(f".{target.name}.part")
        try:
            with part.open("wb") as file:
                np.savez_compressed(
                    file, skelgait_silhouettes=1, bits=self.bits, squares=self.squares, time_s=self.time_s, size=np.array(self.size)
                )
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def read_silhouettes(path: str | os.PathLike[str]) -> Silhouettes:
    """Read silhouettes that `Silhouettes.save` wrote.

    Parameters
    ----------
    path : path
        An ``.npz`` file.

    Returns
    -------
    Silhouettes
        As they were.

    Raises
    ------
    FileError
        Not such a file.
    """
    with (
        refusing(path, what="silhouettes", wrote="Silhouettes.save", do="make it again from the video"),
        np.load(path, allow_pickle=False) as file,
    ):
        return Silhouettes(file["bits"], file["squares"], file["time_s"], tuple(int(v) for v in file["size"]))  # type: ignore[arg-type]


def pack_square(
    mask: np.ndarray | None, offset: tuple[float, float], region: np.ndarray, margin: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bits (256, 32) and square (3,) of one frame, from a mask of a crop that lies at ``offset`` in the video.

    Parameters
    ----------
    mask : (h, w) bool, optional
        Of the crop, at any resolution; ``None`` where the person is not seen.
    offset : (x, y) pixels
        Left upper corner of the crop in the video; the crop's lower right corner follows from the region.
    region : (4,) pixels
        Hip centre x, y and whole-body size in the video, and the width of the crop in video pixels.
    margin : float
        Side of the square in whole-body sizes.

    Returns
    -------
    bits, square
        As `Silhouettes` keeps them.
    """
    if mask is None:
        return np.zeros((SIDE, SIDE // 8), np.uint8), np.full(3, np.nan)
    x, y, size, wide = region
    side = margin * size
    left, top = x - side / 2, y - side / 2
    scale = mask.shape[1] / wide
    at = (np.arange(SIDE) + 0.5) * side / SIDE
    column = np.floor((at + left - offset[0]) * scale).astype(int)
    row = np.floor((at + top - offset[1]) * scale).astype(int)
    inside_x, inside_y = (column >= 0) & (column < mask.shape[1]), (row >= 0) & (row < mask.shape[0])
    square = np.zeros((SIDE, SIDE), bool)
    square[np.ix_(inside_y, inside_x)] = mask[np.ix_(row[inside_y], column[inside_x])]
    return np.packbits(square, axis=1), np.array([left, top, side])
