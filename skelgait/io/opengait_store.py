"""Silhouettes of public data sets, turned once from pickles or pictures into files that are mapped into memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.silhouettes import ENDING, HEIGHT, WIDE, WIDTH, SilhouetteSequence
from skelgait.io.masks import silhouettes_from_masks
from skelgait.io.opengait_tree import Leaf
from skelgait.io.plain_pickle import load_plain

_SIZES = ((HEIGHT, WIDE), (HEIGHT, WIDTH))


class Store:
    """A folder with one file a walk, made from a tree of pickles or pictures.

    Parameters
    ----------
    folder : Path
        Made when something is put into it.
    fps : float, optional
        Of the movement, when known.
    view : str, optional
        Given for all walks. Both are part of a file's name: with another rate or view another file is made.
    """

    def __init__(self, folder: Path, fps: float | None = None, view: str | None = None) -> None:
        self.folder, self.fps, self.view = folder, fps, view

    def path_of(self, leaf: Leaf, source: Path) -> Path:
        """Where the silhouettes of a pickle, or of a folder of pictures, are kept."""
        name = leaf.view if source == leaf.folder else source.stem
        told = [] if self.fps is None else [f"{self.fps:g}fps"]
        told += [self.view] if self.view else []
        return self.folder / leaf.id / leaf.type / leaf.view / f"{'_'.join([name, *told])}{ENDING}"

    def find(self, leaf: Leaf, source: Path) -> Path | None:
        """The kept file, if it is there and as old as what it was made from."""
        path = self.path_of(leaf, source)
        try:
            return path if path.stat().st_mtime_ns == source.stat().st_mtime_ns else None
        except OSError:
            return None

    def read_pictures(self, leaf: Leaf, view: str | None) -> SilhouetteSequence:
        """The masks of a folder."""
        walk = silhouettes_from_masks(leaf.folder, fps=self.fps, view=view)
        return walk.with_(info={"name": leaf.name, **walk.info})

    def read_frames(self, leaf: Leaf, source: Path, frames: np.ndarray, view: str | None) -> SilhouetteSequence:
        """The pictures of a pickle, without those that are empty, which are listed."""
        full = frames.any(axis=(1, 2))
        if not full.any():
            raise FileError(f"{source} holds no silhouette", found=f"{len(frames)} empty pictures", do="take it away")
        number = np.arange(len(frames))
        side = (frames.shape[2] - WIDTH) // 2
        return SilhouetteSequence(
            frames[full][:, :, side : side + WIDTH],
            fps=np.nan if self.fps is None else self.fps,
            frame=number[full],
            empty=number[~full],
            view=view,
            source=str(source),
            info={"name": leaf.name},
        )

    def keep(self, walk: SilhouetteSequence, leaf: Leaf, source: Path) -> Path:
        """Write a walk, as old as what it was made from.

        Raises
        ------
        FileError
            The folder cannot be written to.
        """
        path = self.path_of(leaf, source)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            age = source.stat().st_mtime_ns
            walk.save(path)
            os.utime(path, ns=(age, age))
        except OSError as fault:
            raise FileError(
                f"{path} cannot be written", found=fault.strerror or str(fault), do="give another folder: store="
            ) from fault
        return path


def read_arrays(path: Path) -> np.ndarray:
    """The array of one pickle, without running anything in it.

    Raises
    ------
    FileError
        It asks for anything but arrays and plain values, breaks off, or holds no array.
    """
    content: Any = load_plain(path.read_bytes(), str(path))
    try:
        array = np.asarray(content)
    except ValueError:
        array = np.zeros(0, dtype=object)
    if array.dtype.kind not in "buif" or array.ndim < 3 or not len(array):
        raise FileError(
            f"{path} holds no array of frames",
            found=f"{type(content).__name__}, shape {array.shape}",
            expected="silhouettes (frames, 64, 64) or keypoints (frames, keypoints, 3)",
        )
    return array


def as_silhouettes(array: np.ndarray, where: str) -> np.ndarray | None:
    """An array as silhouettes (T, 64, 64) or (T, 64, 44) uint8; None when it is something else.

    Notes
    -----
    Pictures twice as large (128 x 128, 128 x 88) become the mean of each four pixels.
    """
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        array = array[:, 0] if array.shape[1] == 1 else array[..., 0]
    if array.ndim != 3 or array.shape[1:] not in (*_SIZES, *((2 * tall, 2 * wide) for tall, wide in _SIZES)):
        return None
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 255):
        raise FileError(f"the pictures of {where} leave 0 to 255", found=f"{low} to {high}", do="export them again, as uint8")
    if array.shape[1] == 2 * HEIGHT:
        array = array.reshape(len(array), HEIGHT, 2, array.shape[2] // 2, 2).mean(axis=(2, 4))
    if high <= 1:
        array = array * 255.0
    return array if array.dtype == np.uint8 else np.round(array).astype(np.uint8)
