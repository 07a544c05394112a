"""Paths as people type and paste them: found, or told what is there instead."""

from __future__ import annotations

import difflib
import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from skelgait.core.errors import FileError

# What text editors, mail programs and the Windows explorer put about a path.
QUOTES = " \t\r\n\"'`´‘’“”„«»"


def find_path(path: str | Path) -> tuple[Path, str | None]:
    """The file or folder a path names, and the part of it that follows a ``#``.

    Parameters
    ----------
    path : str or Path
        ``~`` is the home folder. Of a file that holds several recordings one is named after a ``#``.

    Returns
    -------
    where : Path
        It exists.
    part : str or None

    Raises
    ------
    FileError
        There is nothing of that name. Where the cause can be seen (quotation marks, a path of Windows, an address, capitals, a
        missing ending) it is told.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "walk.npz"
    >>> _ = file.write_bytes(b"x")
    >>> find_path(f"{file}#anna") == (file, "anna")
    True
    """
    where, part = Path(path).expanduser(), None
    if not _exists(where) and "#" in where.name:
        stem, _, part = str(where).rpartition("#")
        where = Path(stem)
    if _exists(where):
        return where, part
    alike = _same_letters(where)
    if alike is not None:
        return alike, part
    found, do = _explain(str(path), where)
    raise FileError(f"there is no file or folder {path}", found=found, do=do)


def find_paths(paths: Sequence[str | Path]) -> list[tuple[Path, str | None]]:
    """What several paths name, as `find_path`; the pieces of one path that was torn at its spaces are told to be that.

    Parameters
    ----------
    paths : sequence of str or Path

    Returns
    -------
    list of (Path, part)

    Raises
    ------
    FileError
        One of them names nothing.
    """
    found = []
    for i, path in enumerate(paths):
        try:
            found.append(find_path(path))
        except FileError:
            for j in range(i + 2, len(paths) + 1):
                whole = " ".join(map(str, paths[i:j]))
                if _exists(Path(whole).expanduser()):
                    problem = f"{path} is only a piece of a path with spaces"
                    raise FileError(problem, found=whole, do=f'put it in quotation marks: "{whole}"') from None
            raise
    return found


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return False


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _same_letters(where: Path) -> Path | None:
    """The entry whose name has the same letters in another composition, as macOS keeps ``ä``."""
    wanted = unicodedata.normalize("NFC", where.name)
    if wanted.isascii():
        return None
    return next((where.parent / name for name in _entries(where.parent) if unicodedata.normalize("NFC", name) == wanted), None)


def _explain(text: str, where: Path) -> tuple[str, str]:
    """What is there instead, and what to do."""
    address = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", text)
    if address and address[1].lower() == "file":
        local = Path("/" + unquote(address[2]).lstrip("/"))
        return "an address of a file", f"give {local}" if _exists(local) else "give the path without file://"
    if address:
        return "an address on the network", "download the file first, and give the path of your copy"
    plain = Path(text.strip(QUOTES).replace("\\ ", " ")).expanduser()
    if str(plain) != text and _exists(plain):
        return "the same without the quotation marks, backslashes or spaces about it is there", f"give {plain}"
    if os.sep == "/" and (told := _explain_windows(text.strip(QUOTES))):
        return told
    near = _near(where)
    if near:
        return f"beside it: {near}", f"give {where.parent / near}, or check the path"
    gone = "" if where.parent.is_dir() else f"no folder {where.parent} either"
    return gone, "check the path; relative paths start at the folder the program runs in"


def _explain_windows(text: str) -> tuple[str, str] | None:
    """Of a path of Windows on another system: what it is called here."""
    drive = re.match(r"([A-Za-z]):(?!/{2})[\\/]?(.*)", text)
    if "\\" not in text and not drive:
        return None
    inside = (drive[2] if drive else text).replace("\\", "/")
    here = [Path(inside), Path(inside.rsplit("/", 1)[-1])]
    if drive:
        here.insert(0, Path(f"/mnt/{drive[1].lower()}/{inside}"))
    known = next((path for path in here if path.name and _exists(path)), None)
    do = f"give {known}" if known else "give the path by which this system knows the file, for example /mnt/c/Users/... in WSL"
    if drive and "\\" not in text and "/" not in text:  # the shell has eaten the backslashes
        do = "put the path in quotation marks, so that the shell leaves its backslashes" if not known else do
    return "a path of Windows, on a system that is none", do


def _near(where: Path) -> str:
    """The name beside it that was probably meant."""
    names = _entries(where.parent)
    wanted, ending = where.stem.lower(), where.suffix.lower()
    same = [name for name in names if name.lower() == where.name.lower()]
    same += [name for name in names if not ending and Path(name).stem.lower() == wanted]
    alike = {Path(name).stem.lower(): name for name in names[::-1] if Path(name).suffix.lower() == ending}
    same += [alike[stem] for stem in difflib.get_close_matches(wanted, alike, n=1, cutoff=0.6)]
    return same[0] if same else ""
