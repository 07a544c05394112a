"""Open a path and look at what is in it, before any format is believed."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.io.foreign import refuse_folder, refuse_foreign
from skelgait.io.paths import find_path

EXPORT_AGAIN = "export it again; the program that wrote it may have been stopped"
# Kinds of which every file holds one recording.
_WHOLE = ("folder", "json", "table", "npy", "trc", "parquet")
# Frame numbers that leave more room than this between frames number something else (milliseconds, database rows).
SPARSEST = 10


@dataclass(frozen=True, eq=False)
class Source:
    """A path, what kind of thing it is, and enough of its content to recognise the format.

    Parameters
    ----------
    path : Path
    part : str, optional
        What follows ``#`` in the path: one record of a file that holds several.
    kind : str
        ``"folder"`` (of JSON frames), ``"json"``, ``"table"``, ``"npz"``, ``"npy"``, ``"hdf5"``, ``"pickle"``, ``"trc"``,
        ``"parquet"`` or ``"c3d"``.
    content : Any
        folder: the parsed documents; json: the parsed document; table: the first rows; npz: the array names; the others: None.
    numbers : tuple of (int or None)
        folder: the frame number in each file's name.
    empty : tuple of str
        OpenPose folder: files without a byte, which stand for frames without anybody.
    """

    path: Path
    part: str | None
    kind: str
    content: Any = None
    numbers: tuple[int | None, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file, for messages."""
        return self.path.name + (f"#{self.part}" if self.part else "")


def open_source(path: str | Path) -> Source:
    """Look at a file or folder.

    Raises
    ------
    FileError
        Missing, empty, truncated, a video, or nothing that could hold keypoints.
    """
    where, part = find_path(path)
    if where.is_dir():
        return _open_folder(where, part)
    if where.stat().st_size == 0:
        raise FileError(f"{where.name} is empty", found="0 bytes", do=EXPORT_AGAIN)
    kind = _kind(where, _head(where))
    if part is not None and kind in _WHOLE:
        raise FileError(f"{where.name} holds one recording", found=f"#{part} after its name", do="leave out the # and what follows")
    if kind == "json":
        return Source(where, part, kind, parse_json(where))
    if kind == "table":
        return Source(where, part, kind, _first_rows(where))
    if kind == "npz":
        return Source(where, part, kind, _array_names(where))
    return Source(where, part, kind)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise FileError(f"{path} cannot be read", found=error.strerror or str(error), do="check its permissions") from None


def _kind(path: Path, head: bytes) -> str:
    """What the first bytes say."""
    suffix = path.suffix.lower()
    refuse_foreign(path, head)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        raise FileError(f"{path.name} holds only white space", found=f"{path.stat().st_size} bytes", do=EXPORT_AGAIN)
    if head[:4] == b"PK\x03\x04":
        return "npz"
    if head[:6] == b"\x93NUMPY":
        return "npy"
    if head[:8] == b"\x89HDF\r\n\x1a\n":
        return "hdf5"
    if head[:4] == b"PAR1":
        return "parquet"
    if text[:1] in (b"{", b"["):
        return "json"
    if text[:12] == b"PathFileType":
        return "trc"
    if head[1:2] == b"\x50" and (suffix == ".c3d" or head[0] < 32):
        return "c3d"
    if suffix == ".json":
        raise FileError(
            f"{path.name} is not JSON, although it is called so",
            found=f"it begins with {text[:24].decode(errors='replace')!r}",
            do="export the keypoints again; if it is a table, call it .csv",
        )
    if head[:1] == b"\x80" or suffix in (".pkl", ".pickle"):
        return "pickle"
    if b"\x00" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise FileError(
            f"{path.name} is of no format skelgait reads",
            found=f"bytes {head[:8]!r}",
            do="see `skelgait formats` for those it reads",
        )
    return "table"


def parse_json(path: Path) -> Any:
    """The document in a JSON file.

    Raises
    ------
    FileError
        Empty or truncated.
    """
    raw = path.read_bytes()
    try:
        return json.loads(raw)
    except RecursionError:
        raise FileError(f"{path.name} is not JSON", found=f"{len(raw)} bytes; nested too deeply", do="check the file") from None
    except (ValueError, UnicodeDecodeError) as error:
        at = getattr(error, "pos", None)
        broken = not raw.strip() or (at is not None and at >= len(raw) - 2) or "Unterminated" in str(error)
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        where = f"it goes wrong at line {line}, letter {column}; " if line else ""
        raise FileError(
            f"{path.name} {'breaks off' if broken else 'is damaged: it is not JSON throughout'}",
            found=f"{len(raw)} bytes; {error}",
            do=EXPORT_AGAIN if broken else f"{where}was it edited, or copied in part? Export it again",
        ) from None


def _open_folder(folder: Path, part: str | None) -> Source:
    """A folder of JSON files, one a frame."""
    try:
        entries = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise FileError(f"folder {folder} cannot be read", found=error.strerror or str(error), do="check its permissions") from None
    files = [name for name in entries if name.lower().endswith(".json")]
    if not files:
        refuse_folder(folder, entries)
    order, numbers = _frame_files(folder.name, files)
    empty = tuple(i for i, name in enumerate(order) if (folder / name).stat().st_size == 0)
    content = [None if i in empty else _parse_frame(folder, name) for i, name in enumerate(order)]
    full = next((document for document in content if document is not None), None)
    if empty and not (isinstance(full, dict) and "people" in full):  # only there is it known what a frame without anybody is
        raise FileError(f"{order[empty[0]]}, a frame of folder {folder.name}, is empty", found="0 bytes", do=EXPORT_AGAIN)
    for i in empty:
        content[i] = {"people": []}
    return Source(folder, part, "folder", content, numbers, tuple(order[i] for i in empty))


def _parse_frame(folder: Path, name: str) -> Any:
    """The document of one frame."""
    path = folder / name
    try:
        return parse_json(path)
    except FileError as error:
        if path.read_bytes().strip():
            raise
        raise FileError(
            f"{name}, a frame of folder {folder.name}, holds only white space",
            found=error.found.split(";")[0],
            expected='a frame, {"people": []} where nobody was seen',
            do="export the frames again, or remove this file: a number that is left out is a frame without anybody",
        ) from None


def _frame_files(folder: str, files: list[str]) -> tuple[list[str], tuple[int | None, ...]]:
    """The files of a recording in order of their frame, and the frame number in each name."""
    kinds: dict[str, list[str]] = {}
    for name in files:
        kinds.setdefault(re.sub(r"\d+", "#", name), []).append(name)
    kept = max(kinds.values(), key=len)
    series = {template: names for template, names in kinds.items() if len(names) > 1 and "#" in template}
    if not series:
        return files, (None,) * len(files)
    digits = np.array([[int(number) for number in re.findall(r"\d+", name)] for name in kept], dtype=np.int64)
    varied = [len(np.unique(column)) for column in digits.T]
    counter = len(varied) - 1 - int(np.argmax(varied[::-1]))  # the number that takes most values; the last of equals
    others = np.unique(np.delete(digits, counter, axis=1), axis=0)
    if len(series) > 1 or len(others) > 1:
        found = [f"{len(names)} files {template}" for template, names in series.items()]
        raise FileError(
            f"folder {folder} holds more than one recording",
            found=", ".join(found[:4]) if len(series) > 1 else f"{len(others)} series of {found[0]}",
            do="put each recording into a folder of its own",
        )
    order = np.argsort(digits[:, counter], kind="stable")
    return [kept[i] for i in order], tuple(digits[order, counter].tolist())


def place_frames(numbers: Sequence[int | None]) -> tuple[np.ndarray, int, dict[str, Any]]:
    """Where numbered frames stand in a recording.

    Parameters
    ----------
    numbers : sequence of int or None
        The number each frame carries, in order; repeated numbers belong to one frame.

    Returns
    -------
    frame : (N,) int
        0-based.
    n_frames : int
    info : dict
        ``first_frame``: the number of frame 0, when it is not 0; ``frame_step``: frames of the video a frame of the file, when
        only every n-th was kept.

    Notes
    -----
    A number that is skipped is a frame in which nobody was seen. Numbers with a constant step of n are every n-th frame.
    Numbers too far apart to count frames only give the order.
    """
    if not len(numbers):
        return np.zeros(0, int), 0, {}
    if any(number is None for number in numbers):
        return np.arange(len(numbers)), len(numbers), {}
    values = np.array(numbers, dtype=np.int64)
    kinds, frame = np.unique(values, return_inverse=True)
    info: dict[str, Any] = {} if kinds[0] == 0 else {"first_frame": int(kinds[0])}
    steps = np.diff(kinds)
    if len(steps) > 1 and (steps == steps[0]).all() and steps[0] > 1:
        return frame, len(kinds), {**info, "frame_step": int(steps[0])}
    span = int(kinds[-1] - kinds[0]) + 1
    if span > SPARSEST * len(kinds) + 100:
        return (
            frame,
            len(kinds),
            {"frame_numbers": f"{kinds[0]} to {kinds[-1]} are too sparse to count frames; only the order was used"},
        )
    return (values - kinds[0]).astype(int), span, info


def _first_rows(path: Path, count: int = 8) -> list[list[str]]:
    """The first rows of a delimited table, comment lines aside, as cells."""
    import csv

    encoding = text_encoding(path)
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        lines = [line for line in (file.readline() for _ in range(count + 20)) if line.strip() and not line.startswith("#")]
    if not lines:
        raise FileError(f"{path.name} holds no table", found="no line with content", do="export it again")
    delimiter = table_delimiter(lines[0])
    return [[cell.strip() for cell in row] for row in csv.reader(lines[:count], delimiter=delimiter)]


def table_delimiter(line: str) -> str:
    """The character that separates the cells of a header line."""
    return max(",\t;", key=line.count)


def text_encoding(path: Path) -> str:
    """The encoding of a text file, by its first bytes; UTF-8 where it is, else Latin-1."""
    head = path.read_bytes()[:65536]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return "latin-1"
    return "utf-8-sig"


def _array_names(path: Path) -> list[str]:
    """Names of the arrays in an NPZ."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    except (zipfile.BadZipFile, NotImplementedError):
        raise FileError(f"{path.name} breaks off", found="a zip archive without its end", do="copy or export it again") from None
    if not names:
        raise FileError(f"{path.name} is a zip archive without numpy arrays", do="see `skelgait formats` for the formats read")
    return names
