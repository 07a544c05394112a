"""Write files whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skelgait.core.errors import FileError

# What the disk answers when it cannot take any more, and not because of what is written.
_OF_THE_DISK = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EROFS", "EIO", "EFBIG") if hasattr(errno, name)}
# The folder in which `new_files` collects, and after how many seconds one is left over from a run that was killed.
_UNFINISHED, _ABANDONED_S = ".unfinished", 86_400


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its name when the block ends well, and vanishes when it does not.

    Raises
    ------
    FileError
        ``path`` is a folder; its own folder does not exist or cannot be written to; the disk is full.
    """
    _check_parent(path)
    if path.is_dir():
        raise FileError(f"{path} is a folder", expected="a file to write", do="choose another name")
    with _telling_of(path):
        temporary = _make(path, folder=False)
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

    An empty folder that is there already stays, and is filled: it may be the one the caller stands in, or a disk of its own.

    Raises
    ------
    FileError
        ``path`` exists and is not an empty folder, it or its parent cannot be written to, or the disk is full.
    """
    if path.exists() and not path.is_dir():
        raise FileError(f"{path} is a file, not a folder", do="choose another name")
    if path.is_dir():
        if any(not entry.name.startswith(f"{_UNFINISHED}-") for entry in path.iterdir()):
            raise FileError(f"folder {path} is not empty", do="choose a new folder, so that frames of two recordings do not mix")
        with new_files(path) as temporary:
            yield temporary
        return
    _check_parent(path)
    with _telling_of(path):
        temporary = _make(path, folder=True)
        try:
            yield temporary
            temporary.chmod(0o755)
            temporary.replace(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def new_files(folder: Path) -> Iterator[Path]:
    """A temporary folder inside ``folder`` whose files move into it together when the block ends well, and vanish when it does not.

    So what belongs together is of one run, whenever that is killed. Files of the same names are replaced.

    Raises
    ------
    FileError
        The folder does not exist or cannot be written to, a folder has the name of a file, or the disk is full.
    """
    _check_parent(folder / "files")
    for old in folder.glob(f"{_UNFINISHED}-*"):
        if old.is_dir() and time.time() - old.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(old, ignore_errors=True)
    with _telling_of(folder):
        temporary = _make(folder / _UNFINISHED[1:], folder=True)
        try:
            yield temporary
            made = sorted(temporary.iterdir())
            taken = [path.name for path in made if (folder / path.name).is_dir()]
            if taken:
                raise FileError(f"{folder / taken[0]} is a folder", expected="a file to write", do="choose another folder")
            for path in made:
                path.replace(folder / path.name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def check_writable(path: Path, *, folder: bool = False) -> None:
    """Make sure that a file, or a new folder, can be written, before the work that fills it is done.

    Raises
    ------
    FileError
        As `new_file` or `new_folder`.
    """
    try:
        with new_folder(path) if folder else new_file(path):
            raise _Enough
    except _Enough:
        return


class _Enough(Exception):
    """Ends a block of `new_file` without anything being written."""


def is_of_the_disk(error: BaseException) -> bool:
    """Whether an error is the disk's (full, read-only, failing): the same may go well another time.

    Examples
    --------
    >>> is_of_the_disk(OSError(28, "No space left on device")), is_of_the_disk(FileError("it breaks off"))
    (True, False)
    """
    cause = error.__cause__ if isinstance(error, FileError) else error
    return isinstance(cause, OSError) and cause.errno in _OF_THE_DISK


def _make(path: Path, *, folder: bool) -> Path:
    """A temporary file or folder beside a path."""
    try:
        if folder:
            return Path(tempfile.mkdtemp(prefix=f".{path.name[:100]}-", dir=path.parent))
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:100]}-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    os.close(handle)
    return Path(name)


@contextmanager
def _telling_of(path: Path) -> Iterator[None]:
    """Of an error of the disk say which file it was."""
    try:
        yield
    except OSError as error:
        if not is_of_the_disk(error):
            raise
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> FileError:
    if path.parent.name.startswith(f"{_UNFINISHED}-"):
        path = path.parent.parent / path.name
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
    return FileError(
        f"{path} cannot be written",
        found=error.strerror or str(error),
        do="free some space, or choose another folder" if full else "choose another folder, or change its permissions",
    )


def _check_parent(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise FileError(f"there is no folder {folder} to write {path.name} into", do="make the folder first")
    if not os.access(folder, os.W_OK):
        raise FileError(f"folder {folder} cannot be written to", do="choose another folder, or change its permissions")
