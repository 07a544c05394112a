"""Trees of walks as OpenGait has them: who, how, from where, and in which files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from skelgait.core.errors import FileError
from skelgait.io.masks import PICTURES

_OUMVLP_RAW = re.compile(r"Silhouette_(\d{3})-(\d{2})")
LAYOUT = (
    "<root>/<id>/<type>/<view>/*.pkl, or masks in place of the pickles; "
    "OU-MVLP as it is handed out: <root>/Silhouette_<view>-<type>/<id>/"
)


class Leaf(NamedTuple):
    """One walk of a tree.

    Parameters
    ----------
    id, type, view : str
        The names of its folders: 00042, Positive, 000_180.
    folder : Path
        Where its files are.
    pickles : tuple of Path
        In the order of their names.
    pictures : bool
        Whether masks lie there.
    """

    id: str
    type: str
    view: str
    folder: Path
    pickles: tuple[Path, ...]
    pictures: bool

    @property
    def name(self) -> str:
        """``<id>/<type>/<view>``."""
        return f"{self.id}/{self.type}/{self.view}"


def list_leaves(root: Path) -> list[Leaf]:
    """Every walk of a tree, in the order of names.

    Parameters
    ----------
    root : Path
        Of the tree.

    Returns
    -------
    list of Leaf

    Raises
    ------
    FileError
        Not a folder, or no walk in it.
    """
    if not root.is_dir():
        raise FileError(f"{root} is no folder", found="a file", expected=LAYOUT)
    leaves: list[Leaf] = []
    for first in _folders(root):
        if raw := _OUMVLP_RAW.fullmatch(first.name):
            leaves += [leaf for one in _folders(first) if (leaf := _leaf(one.name, raw[2], raw[1], one))]
            continue
        for second in _folders(first):
            leaves += [leaf for one in _folders(second) if (leaf := _leaf(first.name, second.name, one.name, one))]
    if not leaves:
        found = sorted(entry.name for entry in root.iterdir())[:6]
        raise FileError(
            f"there are no walks in {root}",
            found=", ".join(found) or "an empty folder",
            expected=LAYOUT,
            do="give the folder of the ids",
        )
    return sorted(leaves, key=lambda leaf: (leaf.id, leaf.type, leaf.view))


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith((".", "__")))


def _files(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        yield from sorted(entry.name for entry in entries if entry.is_file() and not entry.name.startswith("."))


def _leaf(who: str, how: str, view: str, folder: Path) -> Leaf | None:
    names = list(_files(folder))
    pickles = tuple(folder / name for name in names if name.lower().endswith(".pkl"))
    pictures = not pickles and any(name.lower().endswith(PICTURES) for name in names)
    return Leaf(who, how, view, folder, pickles, pictures) if pickles or pictures else None
