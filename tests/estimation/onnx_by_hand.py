"""A network of one layer as an ONNX file, written byte by byte: no package for it is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def number(value: int) -> bytes:
    """A whole number as protocol buffers write it: seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(tag: int, value: int | str | bytes) -> bytes:
    """One field of a message: a number, or text, bytes or a message with its length."""
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    raw = value.encode() if isinstance(value, str) else value
    return number(tag << 3 | 2) + number(len(raw)) + raw


def tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(field(1, n) for n in values.shape)
    return dims + field(2, 1) + field(8, name) + field(9, values.astype("<f4").tobytes())


def shape(name: str, sizes: tuple[int, ...]) -> bytes:
    dims = b"".join(field(1, field(1, n)) for n in sizes)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def write_conv(path: Path, weight: np.ndarray, bias: np.ndarray, side: int) -> Path:
    """A convolution (classes, 3, 1, 1) of a picture (1, 3, side, side)."""
    node = b"".join(field(1, name) for name in ("picture", "weight", "bias")) + field(2, "classes") + field(4, "Conv")
    graph = field(1, node) + field(2, "one layer") + field(5, tensor("weight", weight)) + field(5, tensor("bias", bias))
    graph += field(11, shape("picture", (1, 3, side, side))) + field(12, shape("classes", (1, len(weight), side, side)))
    path.write_bytes(field(1, 7) + field(7, graph) + field(8, field(1, "") + field(2, 11)))
    return path
