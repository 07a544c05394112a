"""HDF5 files, where h5py is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from skelgait.core.errors import FileError, NotInstalled
from skelgait.io.source import Source


@contextmanager
def open_hdf5(source: Source) -> Iterator[Any]:
    """The open file.

    Raises
    ------
    NotInstalled
        No h5py.
    FileError
        Truncated, or not HDF5.
    """
    try:
        import h5py
    except ImportError:
        raise NotInstalled(
            f"{source.name} is an HDF5 file, and h5py is not installed", do="pip install h5py, or export the CSV instead"
        ) from None
    try:
        file = h5py.File(source.path, "r")
    except OSError as error:
        raise FileError(
            f"{source.name} breaks off or is no HDF5 file", found=str(error)[:100], do="copy or export it again"
        ) from None
    with file:
        try:
            yield file
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            if isinstance(error, FileError):
                raise
            raise FileError(f"{source.name} is damaged", found=str(error)[:100], do="copy or export it again") from error
