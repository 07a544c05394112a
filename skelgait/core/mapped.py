"""Files of pictures that are mapped into memory instead of being read: an ordinary ``.npz`` without compression."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError


def write_mapped(
    path: str | os.PathLike[str], head: Mapping[str, Any], frames: np.ndarray, arrays: Mapping[str, np.ndarray]
) -> None:
    """Write pictures and what is known of them, whole or not at all.

    Parameters
    ----------
    path : path
        To write.
    head : mapping
        Plain data.
    frames : array of uint8
        The pictures; a memory map is copied piece by piece.
    arrays : mapping of name to array
        What else there is.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    target, told = Path(path), np.array(json.dumps(head))
    try:
        handle, part = tempfile.mkstemp(prefix=part_prefix(target), dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **{"head": told, "frames": frames, **arrays})  # type: ignore[arg-type]
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(part, 0o666 & ~mask)
            os.replace(part, target)
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as fault:
        raise FileError(
            f"{target} cannot be written", found=fault.strerror or str(fault), do="choose another folder, or free some space"
        ) from fault


def part_prefix(target: Path) -> str:
    """How the name of a file begins that is to become this one: what is left of it where a computer stopped while writing."""
    return f".{target.name[:100]}-"


def read_mapped(path: str | os.PathLike[str], kind: str, version: int) -> tuple[dict[str, Any], np.ndarray, dict[str, np.ndarray]]:
    """What `write_mapped` wrote: its head, its pictures mapped from where they lie, and its other arrays.

    Parameters
    ----------
    path : path
    kind, version
        The head's key that tells what the file holds, and the value it must have.

    Raises
    ------
    Exception
        The file is missing, damaged or no such file: `refusing` puts it into the caller's words.
    """
    with zipfile.ZipFile(path) as archive, np.load(path, allow_pickle=False) as arrays:
        head = json.loads(str(arrays["head"]))
        if head[kind] != version:
            raise ValueError(f"version {head[kind]}, not {version}")
        rest = {name: arrays[name] for name in arrays.files if name not in ("head", "frames")}
        return head, _map_member(path, archive.getinfo("frames.npy")), rest


@contextmanager
def refusing(path: str | os.PathLike[str], *, what: str, wrote: str, do: str) -> Iterator[None]:
    """Say in words why a file is not what it should be, where reading it fails."""
    try:
        yield
    except FileNotFoundError as fault:
        raise FileError(f"there is no file {os.fspath(path)}", do="check the path") from fault
    except Exception as fault:  # a damaged archive may raise anything
        raise FileError(
            f"{os.fspath(path)} holds no {what}",
            found=(str(fault) or type(fault).__name__)[:200],
            expected=f"a file that {wrote} wrote",
            do=do,
        ) from fault


def _map_member(path: str | os.PathLike[str], member: zipfile.ZipInfo) -> np.ndarray:
    """An array of an uncompressed ``.npz``, mapped from where it lies in the file."""
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError("compressed pictures cannot be mapped into memory")
    with open(path, "rb") as file:
        file.seek(member.header_offset + 26)
        name, extra = np.frombuffer(file.read(4), "<u2")
        file.seek(int(name) + int(extra), os.SEEK_CUR)
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file)
        if fortran or dtype != np.uint8:
            raise ValueError(f"pictures of {dtype}")
        return np.memmap(file, dtype=dtype, mode="r", offset=file.tell(), shape=shape)
