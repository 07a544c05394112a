"""Write files whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skelgait.core.errors import FileError


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its name when the block ends well, and vanishes when it does not.

    Raises
    ------
    FileError
        The folder does not exist or cannot be written to.
    """
    _check_parent(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside ``path`` that takes its name when the block ends well, and vanishes when it does not.

    Raises
    ------
    FileError
        ``path`` exists and is not an empty folder, or its parent cannot be written to.
    """
    _check_parent(path)
    if path.exists() and not path.is_dir():
        raise FileError(f"{path} is a file, not a folder", do="choose another name")
    if path.is_dir():
        if any(path.iterdir()):
            raise FileError(f"folder {path} is not empty", do="choose a new folder, so that frames of two recordings do not mix")
        path.rmdir()
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_parent(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise FileError(f"there is no folder {folder} to write {path.name} into", do="make the folder first")
    if not os.access(folder, os.W_OK):
        raise FileError(f"folder {folder} cannot be written to", do="choose another folder, or change its permissions")
