"""Where the films of a cohort are made and kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.io.atomic import check_writable
from skelgait.io.video_writing import write_video
from skelgait.walker.film import Walk
from skelgait.walker.look import Look, draw_room

_VERSION = 2  # of how films are painted: another makes them anew


@dataclass(frozen=True)
class Studio:
    """Size of the pictures, and where films go: nowhere, when there is no folder."""

    folder: str = ""
    clutter: float = 1.0
    size: tuple[int, int] = (1920, 1080)

    def keep(self, walk: Walk, name: str, clothes: Look, seed: Sequence[int]) -> str:
        """Make the film of a walk, unless it is there, and tell its path."""
        look = draw_room(clothes, self.clutter, np.random.default_rng(seed))
        told = hashlib.sha256(repr((_VERSION, walk.walker, walk.camera, walk.pose.fps, look)).encode())
        told.update(np.ascontiguousarray(walk.pose.time_s).tobytes())
        path = Path(self.folder) / f"{name}_{told.hexdigest()[:12]}.mp4"
        if not path.exists():
            write_video(path, walk.frames(look), walk.pose.fps, crf=look.crf, repeatable=True)
        return str(path)


def open_studio(folder: str | os.PathLike[str], clutter: float, film_px: int) -> Studio:
    """A studio that keeps its films in a folder.

    Raises
    ------
    SkelgaitError
        Films too small, or a clutter that is none.
    FileError
        The folder cannot be made or written to.
    """
    if film_px < 64 or not np.isfinite(clutter) or not 0 <= clutter <= 10:
        raise SkelgaitError(
            "such films cannot be made",
            found=f"film_px={film_px}, clutter={clutter}",
            expected="64 pixels or more, clutter of 0 to 10",
        )
    path = Path(folder).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise FileError(f"folder {path} cannot be made", found=fault.strerror or str(fault), do="choose another") from fault
    check_writable(path / "film.mp4")
    return Studio(str(path), float(clutter), (2 * round(film_px / 2), 2 * round(film_px * 9 / 32)))
