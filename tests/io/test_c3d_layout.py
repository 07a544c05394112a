from __future__ import annotations

import struct

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.io.c3d_layout import check_layout

BLOCK = 512


def item(name, number, body=b"", *, last=False):
    """A group (negative number) or a parameter with its type, sizes and values."""
    rest = body + b"\0"  # no description
    return struct.pack("bb", len(name), number) + name.encode() + struct.pack("<H", 0 if last else 2 + len(rest)) + rest


def c3d(*, points=2, frames=5, analog=0, extra=(), data_block=3, scale=-1.0, skip=()):
    """The smallest file: a header, one block of parameters, and real numbers."""
    header = bytearray(BLOCK)
    struct.pack_into("<2B5Hf2Hf", header, 0, 2, 0x50, points, analog, 1, frames, 0, scale, data_block, 1, 100.0)
    whole = {
        "USED": struct.pack("<bBh", 2, 0, points),
        "SCALE": struct.pack("<bBf", 4, 0, scale),
        "RATE": struct.pack("<bBf", 4, 0, 100.0),
        "DATA_START": struct.pack("<bBh", 2, 0, data_block),
        "LABELS": struct.pack("<b3B", -1, 2, 4, points) + b"LKNE" * points,
    }
    parts = [item("POINT", -1), *(item(name, 1, body) for name, body in whole.items() if name not in skip), *extra]
    parameters = struct.pack("4B", 1, 0x50, 1, 84) + b"".join(parts)
    return bytes(header) + parameters.ljust(BLOCK, b"\0") + np.zeros((frames, 4 * points + analog), "<f4").tobytes()


def check(tmp_path, raw):
    (tmp_path / "a.c3d").write_bytes(raw)
    return check_layout(tmp_path / "a.c3d")


def test_a_whole_file(tmp_path):
    assert check(tmp_path, c3d()) == 5
    assert check(tmp_path, c3d(extra=[item("NOTE", 1, struct.pack("<b2B", -1, 1, 3) + b"abc", last=True)])) == 5
    assert check(tmp_path, c3d() + bytes(300)) == 5  # filled up to a block


def test_real_files(data):
    for path in sorted(data.glob("c3d_*/c3d/*.c3d")):
        assert check_layout(path) > 100


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "shorter than a header"),
        (c3d()[:900], "shorter than a header"),
        (c3d()[:-30], "4 frames of 5, by its header"),
        (c3d(frames=9)[:1100], "2 frames of 9"),
        (b"\x02\x51" + c3d()[2:], "the mark of a C3D file is not there"),
        (b"\x09" + c3d()[1:], "the parameters are said to begin in block 9"),
        (c3d(data_block=1), "the frames are said to begin in block 1"),
        (c3d(data_block=900), "the frames are said to begin in block 900"),
        (c3d(points=2, scale=0.0), "coordinates are scaled by 0.0"),
        (c3d(points=2, scale=float("nan")), "coordinates are scaled by nan"),
        (c3d().replace(b"\x01\x50\x01\x54", b"\x01\x50\x01\x07"), "an unknown processor, 7"),
        (c3d(skip=("SCALE",)), "POINT:SCALE has 0 values, and 1 are needed"),
        (c3d(extra=[item("NOTE", 3, struct.pack("<b2B", -1, 1, 3) + b"abc")]), "belong to a group that is not there"),
        (c3d(extra=[item("AGAIN", -1)]), "two groups of parameters have the number 1"),
        (c3d(extra=[item("NOTE", 0)]), "a parameter without a group"),
        (c3d(extra=[item("NOTE", 1, struct.pack("<b3B", 7, 2, 3, 1))]), "the parameter NOTE is of kind 7 with 2 dimensions"),
        (c3d(extra=[item("NOTE", 1, struct.pack("<bB", -1, 0) + b"a")]), "the parameter NOTE is of kind -1 with 0 dimensions"),
        (c3d(extra=[item("NOTE", 1, struct.pack("<b3B", 4, 2, 9, 9))]), "the parameter NOTE goes on"),
        (c3d(extra=[item("NOTE", 1, struct.pack("<b2B", -1, 1, 2) + b"\0\0\0abc")]), "NOTE ends before the next begins"),
        (c3d(extra=[item("NO\x01E", 1, struct.pack("<b2B", -1, 1, 1) + b"a")]), "a parameter is called 'NO"),
        (c3d(analog=2), "ANALOG:USED has 0 values"),
    ],
)  # fmt: skip
def test_what_contradicts_itself(tmp_path, raw, words):
    with pytest.raises(FileError, match=rf"a.c3d breaks off or is damaged. Found: {len(raw)} bytes; .*{words}.*What to do: copy"):
        check(tmp_path, raw)
