"""The layout of a C3D file, checked before a reader follows its pointers: a damaged one can bring the process down.

The format is described at https://www.c3d.org/docs/C3D_User_Guide.pdf: a header of 512 bytes, parameters in blocks of as many, and
the frames. Only what must fit together is checked: where things begin, that each parameter ends before the next, that every one
belongs to a group, and that the frames the header counts are there.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from skelgait.core.errors import FileError

BLOCK = 512
# The processors whose numbers are read, as byte order; the numbers of VAX have an order of their own and are not looked at.
INTEL, VAX, MIPS = 84, 85, 86
_ORDERS = {INTEL: "<", VAX: "<", MIPS: ">"}
# Kinds of parameter: characters, bytes, integers, real numbers; the size in bytes of each is its absolute value.
_KINDS = (-1, 1, 2, 4)
# Parameters without which the frames are not read; of the latter one value a channel.
_OF_POINTS = (("POINT", "USED"), ("POINT", "SCALE"), ("POINT", "RATE"), ("POINT", "DATA_START"))
_OF_CHANNELS = (("ANALOG", "SCALE"), ("ANALOG", "OFFSET"))
# No laboratory has more.
MOST_POINTS, MOST_ANALOG = 5_000, 100_000


@dataclass(frozen=True)
class Header:
    """What the first block says.

    Parameters
    ----------
    points, analog : int
        3D points a frame; analogue samples a frame, all channels.
    samples : int
        Analogue samples a frame of one channel.
    first, last : int
        Numbers of the first and last frame; beyond 65,535 the format has no room for them.
    scale : float
        Negative where coordinates are real numbers; NaN where it is not read.
    data_start : int
        Block in which the frames begin, from 1.
    """

    points: int
    analog: int
    samples: int
    first: int
    last: int
    scale: float
    data_start: int

    @property
    def frames(self) -> int:
        """Frames it counts; 0 where it does not say."""
        return self.last - self.first + 1 if self.last >= self.first else 0

    @property
    def frame_bytes(self) -> int:
        """Bytes a frame."""
        return (4 * self.points + self.analog) * (2 if self.scale > 0 else 4)


def check_layout(path: Path) -> int:
    """Check that a file is laid out as C3D is.

    Parameters
    ----------
    path : Path

    Returns
    -------
    int
        Frames that its header counts; 0 where it does not say, or in a way that is not read.

    Raises
    ------
    FileError
        It is cut short, or its parts contradict each other.
    """
    raw = path.read_bytes()
    try:
        return _check(raw)
    except (ValueError, struct.error, IndexError) as error:
        raise FileError(
            f"{path.name} breaks off or is damaged", found=f"{len(raw)} bytes; {error}", do="copy or export it again"
        ) from None


def _check(raw: bytes) -> int:
    if len(raw) < 2 * BLOCK:
        raise ValueError("shorter than a header and a block of parameters")
    if raw[1] != 0x50:
        raise ValueError("the mark of a C3D file is not there")
    start = (raw[0] - 1) * BLOCK
    if start < BLOCK or start + BLOCK > len(raw):
        raise ValueError(f"the parameters are said to begin in block {raw[0]}")
    processor = raw[start + 3]
    if processor not in _ORDERS:
        raise ValueError(f"an unknown processor, {processor}")
    order = _ORDERS[processor]
    header = _header(raw, order, scaled=processor != VAX)
    data = (header.data_start - 1) * BLOCK
    if not start + BLOCK <= data <= len(raw):
        raise ValueError(f"the frames are said to begin in block {header.data_start}")
    if header.points > MOST_POINTS or header.analog > MOST_ANALOG:
        raise ValueError(f"{header.points} points and {header.analog} analogue samples a frame")
    _check_parameters(raw, start + 4, data, order, header)
    if processor == VAX:
        return header.frames
    there = (len(raw) - data) // header.frame_bytes if header.frame_bytes else header.frames
    if there < header.frames:
        raise ValueError(f"{there} frames of {header.frames}, by its header")
    return header.frames


def _header(raw: bytes, order: str, *, scaled: bool) -> Header:
    points, analog, first, last, _ = struct.unpack_from(f"{order}5H", raw, 2)
    (scale,) = struct.unpack_from(f"{order}f", raw, 12)
    data_start, samples = struct.unpack_from(f"{order}2H", raw, 16)
    if scaled and not (math.isfinite(scale) and scale):
        raise ValueError(f"coordinates are scaled by {scale}")
    return Header(points, analog, samples, first, last, scale if scaled else math.nan, data_start)


def _check_parameters(raw: bytes, at: int, end: int, order: str, header: Header) -> None:
    groups: dict[int, str] = {}
    counts: dict[tuple[int, str], int] = {}
    for item in _items(raw, at, end, order):
        if not item.name.isprintable():
            raise ValueError(f"a parameter is called {item.name!r}")
        if item.number > 0:
            counts[item.number, item.name] = item.count
        elif -item.number in groups:
            raise ValueError(f"two groups of parameters have the number {-item.number}")
        else:
            groups[-item.number] = item.name
    if not {number for number, _ in counts} <= set(groups):
        raise ValueError("parameters belong to a group that is not there")
    known = {(groups[number], name): count for (number, name), count in counts.items()}
    needed = dict.fromkeys(_OF_POINTS, 1) if header.points else {}
    if header.analog:
        channels = header.analog // max(header.samples, 1)
        needed |= {("ANALOG", "USED"): 1, **dict.fromkeys(_OF_CHANNELS, min(channels, 255))}
    for (group, name), count in needed.items():
        if known.get((group, name), 0) < count:
            raise ValueError(f"{group}:{name} has {known.get((group, name), 0)} values, and {count} are needed")


@dataclass(frozen=True)
class _Item:
    """A group, or a parameter: the number of its group (negative for a group itself), its name, how many values it has."""

    number: int
    name: str
    count: int


def _items(raw: bytes, at: int, end: int, order: str) -> Iterator[_Item]:
    """Groups and parameters in order; each must end before the next begins."""
    while at + 2 <= end:
        length, number = struct.unpack_from("bb", raw, at)
        length = abs(length)  # negative where it is locked
        if length == 0:
            return
        if number == 0:
            raise ValueError("a parameter without a group")
        name = raw[at + 2 : at + 2 + length].decode("latin-1")
        at += 2 + length
        (offset,) = struct.unpack_from(f"{order}H", raw, at)
        inside, count = at + 2, 0
        if number > 0:
            kind, dimensions = struct.unpack_from("bB", raw, inside)
            if kind not in _KINDS or dimensions > 7 or (kind == -1 and dimensions == 0):
                raise ValueError(f"the parameter {name} is of kind {kind} with {dimensions} dimensions")
            count = math.prod(raw[inside + 2 : inside + 2 + dimensions])
            inside += 2 + dimensions + abs(kind) * count
        if inside >= end:
            raise ValueError(f"the parameter {name} goes on after the frames begin")
        inside += 1 + raw[inside]  # its description
        if inside > (at + offset if offset else end):
            raise ValueError(f"the parameter {name} goes on after the next begins")
        if offset and any(raw[inside : at + offset]):
            raise ValueError(f"the parameter {name} ends before the next begins")
        yield _Item(number, name, count)
        if offset == 0:
            return
        at += offset
    raise ValueError("the parameters do not end")
