"""What a result was made from, brought down to a key: contents of files, numbers of a pose, settings, and our own code."""

from __future__ import annotations

import hashlib
import json
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import skelgait
from skelgait.core.errors import FileError
from skelgait.core.trial import Trial
from skelgait.io.atomic import new_file
from skelgait.io.npz import describe_pose

ROOMS_OF_POSES = ("core", "io", "estimation")
ROOMS_OF_RESULTS = ("core", "io", "signals", "tasks", "gait", "report", "cohort")
# A file changed again so soon after it was read may carry the same time.
TICK_S = 2.0


def key_of(*parts: Any) -> str:
    """A short name for plain data: the same for equal data, on every machine.

    Examples
    --------
    >>> key_of({"b": 1, "a": None}) == key_of({"a": None, "b": 1}), key_of("a") == key_of("b"), len(key_of())
    (True, False, 32)
    """
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def code_key(rooms: tuple[str, ...] = ROOMS_OF_RESULTS) -> str:
    """Version of skelgait and a digest of the files of some rooms, so that a working copy that was edited counts as changed."""
    package = Path(skelgait.__file__).parent
    digest = hashlib.sha256()
    for room in rooms:
        for file in sorted((package / room).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{skelgait.__version__}-{digest.hexdigest()[:16]}"


def trial_key(trial: Trial) -> str:
    """What a walk in memory is made from, but for the names in it."""
    digest = hashlib.sha256()
    for plane, pose in sorted(trial.pose.items()):
        about = describe_pose(pose) | {"source": "", "plane": plane, "names": list(pose.skeleton.names)}
        digest.update(json.dumps(about, sort_keys=True, default=str).encode())
        for values in (pose.xy, pose.confidence, pose.filled, pose.swapped, pose.time_s):
            digest.update(np.ascontiguousarray(values).tobytes())
    for plane, events in sorted(trial.events.items()):
        digest.update(plane.encode() + events.to_frame().to_csv(float_format="%.17g").encode())
    return digest.hexdigest()[:32]


class FileHashes:
    """Digests of files and folders. One whose size and time of change are those of last time is not read again.

    Parameters
    ----------
    path : Path
        Where the digests are kept between runs. The names of the files are not in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            known = json.loads(path.read_text(encoding="utf8"))
            self._known: dict[str, list[str]] = {str(k): [str(v[0]), str(v[1])] for k, v in known.items()}
        except (OSError, ValueError, AttributeError, LookupError, TypeError):
            self._known = {}
        self._now: dict[str, list[str]] = {}

    def of(self, path: Path) -> str:
        """Digest of a file's bytes, or of every file in a folder; what follows a ``#`` names a part of the file.

        Raises
        ------
        FileError
            There is no such file, or it cannot be read.
        """
        if not path.exists() and "#" in path.name:
            whole, _, part = str(path).rpartition("#")
            return key_of(self.of(Path(whole)), part)
        name = hashlib.sha256(os.fsencode(os.path.abspath(path))).hexdigest()[:32]
        try:
            started = time.time()
            files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
            states = [(str(p.relative_to(path)), p.stat()) for p in files]
            stamp = key_of([[rel, s.st_size, s.st_mtime_ns] for rel, s in states])
            found = self._now.get(name) or self._known.get(name)
            if found and found[0] == stamp:
                self._now[name] = found
                return found[1]
            digest = hashlib.sha256()
            for (rel, state), file in zip(states, files, strict=True):
                digest.update(f"{rel}\0{state.st_size}\0".encode())
                with file.open("rb") as opened:
                    digest.update(hashlib.file_digest(opened, "sha256").digest())
        except FileNotFoundError:
            raise FileError(
                f"there is no file or folder {path}", do="check the path; it is relative to the table's folder"
            ) from None
        except OSError as error:
            raise FileError(f"{path} cannot be read", found=error.strerror or str(error), do="check its permissions") from None
        if all(state.st_mtime < started - TICK_S for _, state in states):
            self._now[name] = [stamp, digest.hexdigest()[:32]]
        return digest.hexdigest()[:32]

    def keep(self) -> None:
        """Write the digests of this run."""
        with new_file(self.path) as temporary:
            temporary.write_text(json.dumps(self._now, sort_keys=True), encoding="utf8")
