"""A video clip of one walk, cut to the person: small pictures of one size, read from disk as they are needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.mapped import read_mapped, refusing, write_mapped
from skelgait.core.pose import VIEWS

ENDING = ".clip.npz"
SIDE = 128  # of a picture, pixels: networks of video cut 112 of it
_VERSION = 1


@dataclass(frozen=True, eq=False)
class Clip:
    """What one camera saw of one person over time, cut to the person and brought to one size.

    Parameters
    ----------
    frames : (T, H, W, C) uint8
        RGB (C = 3) or brightness (C = 1). A memory map stays where it lies; anything else is copied.
    fps : float, frames per second
        The rate of the movement: the median one, where frames are unevenly spaced.
    time_s : (T,) seconds, optional
        True time of each picture, rising. Default: ``arange(T) / fps``.
    boxes : (T, 4) pixels, optional
        The part of the source that each picture shows: left, top, width, height; it may lie partly outside. NaN where not known.
    view : str, optional
        What the camera saw, as `PoseSequence` names it.
    source : str
        Where it came from.
    info : mapping
        Anything else worth carrying, plain data only.

    Raises
    ------
    SkelgaitError
        No pictures, or not of this kind; times that do not rise; an unknown view.

    Notes
    -----
    `save` writes an ordinary ``.npz`` without compression, which any numpy reads and in which `open` maps the pictures into memory:
    a walk of any length opens at once, and a draw of 16 pictures touches only these. A clip that lies in a file travels between
    processes as its path.

    Examples
    --------
    >>> import numpy as np
    >>> clip = Clip(np.zeros((50, 128, 128, 3), np.uint8), fps=25, view="frontal")
    >>> len(clip), clip.channels, clip.frames_at([3, 40]).shape, round(float(clip.time_s[-1]), 2)
    (50, 3, (2, 128, 128, 3), 1.96)
    """

    frames: Any
    fps: float = field(kw_only=True)
    time_s: np.ndarray = field(default=None, kw_only=True)  # type: ignore[assignment,arg-type]
    boxes: np.ndarray = field(default=None, kw_only=True)  # type: ignore[assignment,arg-type]
    view: str | None = field(default=None, kw_only=True)
    source: str = field(default="", kw_only=True)
    info: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    path: str | None = field(default=None, init=False, repr=False)  # the file the pictures are mapped from

    def __post_init__(self) -> None:
        where = f"the clip of {self.source}" if self.source else "this clip"
        set_ = object.__setattr__
        frames = self.frames if isinstance(self.frames, np.memmap) else np.array(self.frames)
        if frames.ndim != 4 or frames.shape[3] not in (1, 3) or 0 in frames.shape[1:3] or frames.dtype != np.uint8:
            raise SkelgaitError(
                f"{where} holds no pictures as networks of video take them",
                found=f"{frames.shape} of {frames.dtype}",
                expected="(frames, height, width, 3 or 1) of uint8, 0 to 255",
                do="make it from a video with sg.extract_clip(video)",
            )
        length = len(frames)
        if length == 0:
            raise SkelgaitError(f"{where} holds no picture", do="check that the person is in view")
        if not 0 < self.fps < np.inf:
            raise SkelgaitError(f"{where} has no usable frame rate", found=f"fps={self.fps}", expected="frames per second")
        if self.view is not None and self.view not in VIEWS:
            raise SkelgaitError(f"{where} has an unknown view", found=repr(self.view), expected=", ".join(VIEWS))
        time_s = np.arange(length) / float(self.fps) if self.time_s is None else np.array(self.time_s, dtype=float)
        boxes = np.full((length, 4), np.nan) if self.boxes is None else np.array(self.boxes, dtype=float)
        for name, array, shape in (("time_s", time_s, (length,)), ("boxes", boxes, (length, 4))):
            if array.shape != shape:
                raise SkelgaitError(f"{name} of {where} has the wrong shape", found=str(array.shape), expected=str(shape))
        if not (np.isfinite(time_s).all() and (np.diff(time_s) > 0).all()):
            raise SkelgaitError(f"time_s of {where} does not rise from picture to picture", do="give the true time of each")
        for name, array in (("frames", frames), ("time_s", time_s), ("boxes", boxes)):
            array.setflags(write=False)
            set_(self, name, array)
        set_(self, "fps", float(self.fps))
        set_(self, "info", MappingProxyType(dict(self.info)))

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        height, width, channels = self.frames.shape[1:]
        size = f"{width} x {height} x {channels}"
        return f"Clip({len(self)} frames of {size}, {self.fps:g} fps, view={self.view}, source={self.source!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path} if self.path else {**self.__dict__, "info": dict(self.info)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state.get("path"):
            state = dict(Clip.open(state["path"]).__dict__)
        self.__dict__.update(state, info=MappingProxyType(dict(state["info"])))

    @property
    def channels(self) -> int:
        """3 for RGB, 1 for brightness."""
        return int(self.frames.shape[3])

    def with_(self, **changes: Any) -> Clip:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def cut(self, start_s: float, stop_s: float) -> Clip:
        """The part between two times, such as a gait cycle from one contact to the next; nothing is read.

        Parameters
        ----------
        start_s, stop_s : seconds
            Pictures from the first time (included) to the second (not included). They keep their times.

        Returns
        -------
        Clip

        Raises
        ------
        SkelgaitError
            No picture lies between them.

        Examples
        --------
        >>> import numpy as np
        >>> clip = Clip(np.zeros((50, 8, 8, 3), np.uint8), fps=25)
        >>> part = clip.cut(0.4, 1.4)
        >>> len(part), float(part.time_s[0])
        (25, 0.4)
        """
        first, end = np.searchsorted(self.time_s, [start_s, stop_s])
        if first >= end:
            raise SkelgaitError(
                f"the clip{f' of {self.source}' if self.source else ''} has no picture from {start_s:g} to {stop_s:g} s",
                found=f"{self.time_s[0]:.2f} to {self.time_s[-1]:.2f} s",
                do="ask for a time in which the person is seen",
            )
        part = slice(int(first), int(end))
        return self.with_(frames=self.frames[part], time_s=self.time_s[part], boxes=self.boxes[part])

    def frames_at(self, index: Any) -> np.ndarray:
        """Some of the pictures.

        Parameters
        ----------
        index : int array, slice or list
            Which, counted from 0; in any order, and more than once if wanted.

        Returns
        -------
        (n, H, W, C) uint8
            A new array.

        Examples
        --------
        >>> import numpy as np
        >>> clip = Clip(np.zeros((5, 8, 8, 1), np.uint8), fps=30)
        >>> clip.frames_at(np.array([4, 0, 0])).shape
        (3, 8, 8, 1)
        """
        return np.array(self.frames[index if isinstance(index, slice) else np.asarray(index, dtype=np.intp)])

    def save(self, path: str | os.PathLike[str]) -> Clip:
        """Write to a file, whole or not at all.

        Parameters
        ----------
        path : path
            To write; its usual ending is ``.clip.npz``.

        Returns
        -------
        Clip
            The same, its pictures now mapped from that file.

        Raises
        ------
        FileError
            The file cannot be written.
        """
        head = {"skelgait_clip": _VERSION, "fps": self.fps, "view": self.view, "source": self.source, "info": dict(self.info)}
        write_mapped(path, head, self.frames, {"time_s": self.time_s, "boxes": self.boxes})
        return Clip.open(path)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Clip:
        """Open a file that `save` wrote; its pictures are mapped into memory, not read.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Clip
            With ``path`` set.

        Raises
        ------
        FileError
            The file is missing, damaged or no such file.
        """
        with refusing(path, what="clip", wrote="Clip.save", do="make it again from the video"):
            head, frames, arrays = read_mapped(path, "skelgait_clip", _VERSION)
            rest = {name: head[name] for name in ("fps", "view", "source", "info")}
            clip = cls(frames, time_s=arrays["time_s"], boxes=arrays["boxes"], **rest)
        object.__setattr__(clip, "path", os.path.abspath(path))
        return clip
