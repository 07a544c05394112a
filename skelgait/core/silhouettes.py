"""The silhouettes of one walk: small pictures of one size, read from disk as they are needed."""

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

HEIGHT, WIDTH, WIDE = 64, 44, 64  # of a picture as networks take it, and before its sides are cut off
ENDING = ".silhouettes.npz"
_VERSION = 1
_BESIDE = ("frame", "boxes", "time_s", "empty")  # arrays beside the pictures in a file


class PackedFrames:
    """Pictures of black and white kept as one bit a pixel; what is asked for is unpacked, the rest stays where it lies.

    Parameters
    ----------
    bits : (T, 64 * width / 8) uint8
        Each picture's pixels, row by row, eight a byte.
    width : int
        Columns of a picture.

    Examples
    --------
    >>> packed = PackedFrames.pack(np.full((3, 64, 44), 255, np.uint8))
    >>> packed.bits.shape, packed[1].min(), packed[[0, 2]].shape
    ((3, 352), np.uint8(255), (2, 64, 44))
    """

    dtype = np.dtype(np.uint8)
    ndim = 3

    def __init__(self, bits: np.ndarray, width: int) -> None:
        self.bits, self.width = bits, width

    @classmethod
    def pack(cls, frames: np.ndarray) -> PackedFrames:
        """Keep pictures (T, 64, width); what is not 0 is white."""
        return cls(np.packbits(np.asarray(frames).reshape(len(frames), -1), axis=1), frames.shape[2])

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, 64, width)."""
        return len(self.bits), HEIGHT, self.width

    def __len__(self) -> int:
        return len(self.bits)

    def __getitem__(self, index: Any) -> np.ndarray:
        at, rest = (index[0], index[1:]) if isinstance(index, tuple) else (index, ())
        chosen = np.asarray(self.bits[at])
        pixels = np.unpackbits(chosen, axis=-1)
        np.negative(pixels, out=pixels)  # 1 becomes 255
        pictures = pixels.reshape(*chosen.shape[:-1], HEIGHT, self.width)
        return pictures[(*[slice(None)] * (chosen.ndim - 1), *rest)] if rest else pictures

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:] if dtype is None else self[:].astype(dtype)


@dataclass(frozen=True, eq=False)
class SilhouetteSequence:
    """The silhouettes of one person over time, as one camera saw them, each brought to one size.

    Parameters
    ----------
    frames : (T, 64, 44) or (T, 64, 64) uint8 or bool
        0 where the person is not, 255 where they are, between at soft edges. The body fills the height: see
        `skelgait.silhouettes_from_masks`. A picture 64 wide is cut to its middle 44 columns by `frames_at`.
    fps : float, frames per second
        The rate of the movement. NaN where nobody knows it, as in data sets that do not say.
    frame : (T,) int, optional
        Number of each picture in its source, rising. Default: ``arange(T)``.
    boxes : (T, 4) pixels, optional
        The part of the source that each picture shows: left, top, width, height. NaN where not known.
    time_s : (T,) seconds, optional
        Time of each picture. Default: ``frame / fps``.
    empty : (E,) int, optional
        Frames of the source that are left out: too little of the person in them.
    view : str, optional
        What the camera saw, as `PoseSequence` names it.
    source : str
        Where it came from.
    info : mapping
        Anything else worth carrying, plain data only.

    Raises
    ------
    SkelgaitError
        No pictures, or not of this size; a frame list that is not rising or not as long; an unknown view.

    Notes
    -----
    `save` keeps one bit a pixel where every picture is black and white (352 bytes of 64 x 44) and one byte where edges are soft, as
    in pictures scaled the way OpenGait does: half a byte would halve the file, but the numbers would no longer be those that
    published networks were trained on, and whole bytes need no unpacking. Either is an ordinary ``.npz`` without compression,
    which any numpy reads, and in which `open` maps the pictures into memory instead of reading them: a walk of any length opens
    at once, and a draw of 30 pictures touches only these. Nothing is ever pickled. A sequence that lies in a file travels between
    processes as its path.

    Examples
    --------
    >>> import numpy as np
    >>> walk = SilhouetteSequence(np.full((90, 64, 44), 255, np.uint8), fps=30, view="frontal")
    >>> len(walk), walk.frames_at([3, 80]).shape, round(float(walk.time_s[-1]), 3)
    (90, (2, 64, 44), 2.967)
    """

    frames: Any
    fps: float = field(kw_only=True)
    frame: np.ndarray = field(default=None, kw_only=True)  # type: ignore[assignment,arg-type]
    boxes: np.ndarray = field(default=None, kw_only=True)  # type: ignore[assignment,arg-type]
    time_s: np.ndarray = field(default=None, kw_only=True)  # type: ignore[assignment,arg-type]
    empty: np.ndarray = field(default=(), kw_only=True)  # type: ignore[assignment,arg-type]
    view: str | None = field(default=None, kw_only=True)
    source: str = field(default="", kw_only=True)
    info: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    path: str | None = field(default=None, init=False, repr=False)  # the file the pictures are mapped from

    def __post_init__(self) -> None:
        where = f"the silhouettes of {self.source}" if self.source else "these silhouettes"
        set_ = object.__setattr__
        frames = self.frames
        if not isinstance(frames, (PackedFrames, np.memmap)):
            frames = np.array(frames)
            if frames.dtype == bool:
                frames = frames.astype(np.uint8) * 255
        if frames.ndim != 3 or frames.shape[1] != HEIGHT or frames.shape[2] not in (WIDTH, WIDE) or frames.dtype != np.uint8:
            raise SkelgaitError(
                f"{where} are not of the size networks take",
                found=f"{frames.shape} of {frames.dtype}",
                expected=f"(frames, {HEIGHT}, {WIDTH}) or (frames, {HEIGHT}, {WIDE}) of uint8, 0 to 255",
                do="bring masks to this size with sg.silhouettes_from_masks(masks)",
            )
        length = len(frames)
        if length == 0:
            raise SkelgaitError(f"{where} hold no picture", do="check that the person is in view, and the masks are not empty")
        if not (np.isnan(self.fps) or 0 < self.fps < np.inf):
            raise SkelgaitError(f"{where} have no usable frame rate", found=f"fps={self.fps}", do="give fps=, NaN when not known")
        if self.view is not None and self.view not in VIEWS:
            raise SkelgaitError(f"{where} have an unknown view", found=repr(self.view), expected=", ".join(VIEWS))
        frame = np.arange(length) if self.frame is None else np.array(self.frame, dtype=np.int64)
        empty = np.array(self.empty, dtype=np.int64).reshape(-1)
        boxes = np.full((length, 4), np.nan) if self.boxes is None else np.array(self.boxes, dtype=float)
        if frame.shape != (length,) or (np.diff(frame) <= 0).any():
            raise SkelgaitError(f"{where}: frame is not one rising number a picture", found=f"shape {frame.shape}")
        time_s = frame / float(self.fps) if self.time_s is None else np.array(self.time_s, dtype=float)
        for name, array, shape in (("boxes", boxes, (length, 4)), ("time_s", time_s, (length,))):
            if array.shape != shape:
                raise SkelgaitError(f"{name} of {where} has the wrong shape", found=str(array.shape), expected=str(shape))
        for name, array in (("frames", frames), ("frame", frame), ("boxes", boxes), ("time_s", time_s), ("empty", empty)):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
            set_(self, name, array)
        set_(self, "fps", float(self.fps))
        set_(self, "info", MappingProxyType(dict(self.info)))

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        left_out = f", {len(self.empty)} empty frames left out" if len(self.empty) else ""
        return f"SilhouetteSequence({len(self)} frames, {self.fps:g} fps, view={self.view}{left_out}, source={self.source!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path} if self.path else {**self.__dict__, "info": dict(self.info)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state.get("path"):
            state = dict(SilhouetteSequence.open(state["path"]).__dict__)
        self.__dict__.update(state, info=MappingProxyType(dict(state["info"])))

    @property
    def is_binary(self) -> bool:
        """Whether every pixel is 0 or 255."""
        return isinstance(self.frames, PackedFrames) or bool(((self.frames == 0) | (self.frames == 255)).all())

    def with_(self, **changes: Any) -> SilhouetteSequence:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def frames_at(self, index: Any) -> np.ndarray:
        """Some of the pictures, as networks take them.

        Parameters
        ----------
        index : int array, slice or list
            Which, counted from 0 in this sequence; in any order, and more than once if wanted.

        Returns
        -------
        (n, 64, 44) uint8
            A new array.

        Examples
        --------
        >>> import numpy as np
        >>> walk = SilhouetteSequence(np.zeros((5, 64, 64), bool), fps=30)
        >>> walk.frames_at(np.array([4, 0, 0])).shape
        (3, 64, 44)
        """
        chosen = self.frames[index if isinstance(index, slice) else np.asarray(index, dtype=np.intp)]
        cut = (chosen.shape[-1] - WIDTH) // 2
        return np.array(chosen[..., cut : cut + WIDTH])

    def save(self, path: str | os.PathLike[str]) -> SilhouetteSequence:
        """Write to a file, whole or not at all.

        Parameters
        ----------
        path : path
            To write; its usual ending is ``.silhouettes.npz``.

        Returns
        -------
        SilhouetteSequence
            The same, its pictures now mapped from that file.

        Raises
        ------
        FileError
            The file cannot be written.
        """
        frames = self.frames.bits if isinstance(self.frames, PackedFrames) else self.frames
        if not isinstance(self.frames, PackedFrames) and self.is_binary:
            frames = PackedFrames.pack(self.frames).bits
        head = {
            "skelgait_silhouettes": _VERSION,
            "width": self.frames.shape[2],
            "fps": None if np.isnan(self.fps) else self.fps,
            "view": self.view,
            "source": self.source,
            "info": dict(self.info),
        }
        write_mapped(path, head, frames, {name: getattr(self, name) for name in _BESIDE})
        return SilhouetteSequence.open(path)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> SilhouetteSequence:
        """Open a file that `save` wrote; its pictures are mapped into memory, not read.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        SilhouetteSequence
            With ``path`` set.

        Raises
        ------
        FileError
            The file is missing, damaged or no such file.
        """
        where = os.fspath(path)
        with refusing(where, what="silhouettes", wrote="SilhouetteSequence.save", do="make it again from the video or the masks"):
            head, stored, arrays = read_mapped(where, "skelgait_silhouettes", _VERSION)
            rest = {name: arrays[name] for name in _BESIDE}
            if stored.dtype != np.uint8 or stored.ndim not in (2, 3):
                raise ValueError(f"pictures {stored.shape} of {stored.dtype}")
            if stored.ndim == 2 and (type(head["width"]) is not int or stored.shape[1] * 8 != HEIGHT * head["width"]):
                raise ValueError(f"{stored.shape[1]} bytes a picture {head['width']} wide")
            frames = PackedFrames(stored, head["width"]) if stored.ndim == 2 else stored
            fps = np.nan if head["fps"] is None else head["fps"]
            sequence = cls(frames, fps=fps, view=head["view"], source=head["source"], info=head["info"], **rest)
        object.__setattr__(sequence, "path", os.path.abspath(where))
        return sequence
