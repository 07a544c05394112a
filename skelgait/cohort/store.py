"""Results on disk: each written whole or not at all, and believed only while its checksum holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from skelgait.core.errors import SkelgaitError
from skelgait.io.atomic import new_file

FOLDERS = ("results", "poses", "pages")
_KEPT = re.compile(r"[0-9a-f]{12,32}\.(json|npz|html|begun)")
_HALF = re.compile(r"\.([0-9a-f]{12,32}|[a-z_]+)-[a-z0-9_]{8}(\.\w+)?")


class Store:
    """The folder of a cohort, as its workers see it.

    Parameters
    ----------
    folder : Path
        With ``results/<key>.json``, ``poses/<key>.npz`` and ``pages/<id>.html``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def result_path(self, key: str) -> Path:
        """Where a result is."""
        return self.folder / "results" / f"{key}.json"

    def pose_path(self, key: str) -> Path:
        """Where the pose estimated from a video is."""
        return self.folder / "poses" / f"{key}.npz"

    def page_path(self, name: str) -> Path:
        """Where the page of a walk or a visit is."""
        return self.folder / "pages" / f"{name}.html"

    def make(self) -> None:
        """Make the folders, and clear away what a run that was killed left half-written.

        Raises
        ------
        SkelgaitError
            A file has that name, or the folder cannot be made.
        """
        for folder in (self.folder, *(self.folder / name for name in FOLDERS)):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                raise SkelgaitError(f"{folder} is a file", expected="a folder to write into", do="choose another name") from None
            except OSError as error:
                found, do = error.strerror or str(error), "choose another folder, or change its permissions"
                raise SkelgaitError(f"the folder {folder} cannot be made", found=found, do=do) from error
            for path in folder.iterdir():
                if _HALF.fullmatch(path.name) and path.is_file():
                    path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder: a second run into it is refused. The lock goes with the process, however that ends.

        Raises
        ------
        SkelgaitError
            Another run is writing into it.
        """
        try:
            import fcntl
        except ImportError:  # Windows has no such lock; two runs there only do the same work twice
            yield
            return
        with (self.folder / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SkelgaitError(
                    f"another run is writing into {self.folder}", do="wait until it is done, or choose another folder"
                ) from None
            except OSError:  # a network disk without locks
                yield
                return
            yield

    def save(self, key: str, result: dict[str, Any]) -> None:
        """Write a result under its key."""
        text = json.dumps(result | {"key": key}, default=lambda number: number.item())
        with new_file(self.result_path(key)) as temporary:
            temporary.write_text(f"{_digest(text.encode())}\n{text}", encoding="utf8")

    def load(self, key: str) -> dict[str, Any] | None:
        """A result; None when it is not there, was cut short or altered, or its page was."""
        try:
            head, _, body = self.result_path(key).read_bytes().partition(b"\n")
            if head.decode("ascii", "replace") != _digest(body):
                return None
            result = json.loads(body)
            for name, digest in result["pages"].items():
                if _digest(self.page_path(name).read_bytes()) != digest:
                    return None
        except (OSError, ValueError, LookupError):
            return None
        return result if result["key"] == key else None

    def page_digest(self, name: str) -> str:
        """The checksum of a page, to go with its result."""
        return _digest(self.page_path(name).read_bytes())

    def begin(self, key: str) -> int:
        """Note that a process begins on a key; how many began before it and neither finished nor failed: they died."""
        with (self.folder / "results" / f"{key}.begun").open("ab") as file:
            before = file.tell()
            file.write(b"x")
        return before

    def end(self, key: str) -> None:
        """Note that the process lived through it."""
        with suppress(OSError):
            (self.folder / "results" / f"{key}.begun").unlink(missing_ok=True)

    def in_flight(self) -> set[str]:
        """Keys that were begun and not ended."""
        return {path.stem for path in (self.folder / "results").glob("*.begun")}

    def prune(self, keys: set[str], poses: set[str], pages: set[str]) -> int:
        """Remove results, poses and pages of ours that are not among these; how many went."""
        wanted = {"results": keys, "poses": poses, "pages": pages}
        gone = [
            path
            for name, kept in wanted.items()
            for path in (self.folder / name).iterdir()
            if _KEPT.fullmatch(path.name) and path.stem not in kept
        ]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
