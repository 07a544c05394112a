"""One child, or one recording, on both sides of a split."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core import clip, silhouettes
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.trial import Trial
from skelgait.evaluate.recordings import find_copies
from skelgait.evaluate.subjects import subject_keys

LISTED = 10  # leaks told one by one


@dataclass(frozen=True)
class Leak:
    """Two walks that must not be on two sides.

    Parameters
    ----------
    first, second : int
        Which walks: places in the list (train before test).
    why : str
        What they share, in words.
    """

    first: int
    second: int
    why: str


def leakage_check(train: Sequence[Any], test: Sequence[Any]) -> None:
    """Make sure that no subject, and no recording under another name, is on both sides.

    Parameters
    ----------
    train, test : sequence of Trial or of str
        Walks, or only the names of their subjects.

    Returns
    -------
    None

    Raises
    ------
    SkelgaitError
        Leaks: how many, and ten of them with the walks' names.

    Notes
    -----
    Subjects are compared without regard to case, spaces and zeros in front of a number. Recordings are the same when a video,
    silhouette or clip file is (by its real path, or by its content), when the silhouettes or clips are, or when the poses are:
    exactly, rounded, moved or enlarged in the image, mirrored left to right, or cut from one another, with at least 20 frames in
    common. Not found: the same video through another pose estimator, at another frame rate or strongly smoothed, and clips of it
    that were cut in another way; keep the file names for that.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Trial("anna", Walker().film(duration_s=2).pose, name="anna 1")
    >>> other = Trial("ben", Walker(cadence_spm=100).film(duration_s=2).pose, name="ben 1")
    >>> leakage_check([walk], [other])
    >>> leakage_check([walk], [other, walk.with_(subject="child 3", name="copy")])
    Traceback (most recent call last):
    ...
    skelgait.core.errors.SkelgaitError: 1 leak between train and test. Found: ...
    """
    refuse_leaks(leaks_between(list(train), list(test)), "train", "test")


def refuse_leaks(leaks: Sequence[Leak], here: str, there: str) -> None:
    """Raise when there are leaks, listing ten."""
    if not leaks:
        return
    told = "; ".join(leak.why for leak in leaks[:LISTED])
    more = f"; and {len(leaks) - LISTED} more" if len(leaks) > LISTED else ""
    raise SkelgaitError(
        f"{len(leaks)} leak{'s' if len(leaks) > 1 else ''} between {here} and {there}",
        found=told + more,
        expected="every subject and every recording on one side",
        do="give one child one name, drop the copies, and split by subject (sg.split_by_subject, sg.subject_folds)",
    )


def leaks_between(train: Sequence[Any], test: Sequence[Any] | None = None) -> list[Leak]:
    """What walks on two sides share; with one list, what walks of two subjects share.

    Notes
    -----
    One leak a pair of walks, told by its first reason; walks of one subject are one leak for the subject.
    """
    walks = [*train, *(test or [])]
    keys = subject_keys(walks)
    side = [0] * len(train) + [1] * len(test or []) if test is not None else list(range(len(walks)))
    ask = None if test is None else np.array(side) == int(len(test) <= len(train))  # the smaller side asks
    leaks: list[Leak] = []
    if test is not None:
        members: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for n, key in enumerate(keys):
            members[key][side[n]].append(n)
        for left, right in members.values():
            if left and right:
                names = " and ".join(sorted({_subject(walks[left[0]]), _subject(walks[right[0]])}, key=str))
                leaks.append(Leak(left[0], right[0], f"subject {names} ({len(left)} and {len(right)} walks)"))
    pairs: dict[tuple[int, int], str] = {}
    for i, j, why in (*_same_files(walks), *_same_pictures(walks), *find_copies(walks, keys, ask)):
        if side[i] != side[j] and keys[i] != keys[j]:
            pairs.setdefault((min(i, j), max(i, j)), why)
    for (i, j), why in sorted(pairs.items()):
        leaks.append(Leak(i, j, f"{_name(walks[i])} and {_name(walks[j])}: {why}"))
    return leaks


def _same_files(walks: list[Any]) -> Iterable[tuple[int, int, str]]:
    """Pairs of walks of which a video, silhouette or clip file is one and the same, or has the same bytes."""
    paths: dict[str, set[int]] = defaultdict(set)
    for n, walk in enumerate(walks):
        if isinstance(walk, Trial):
            pictures = (getattr(one, "path", one) for one in (*walk.silhouettes.values(), *walk.clips.values()))
            for path in (*walk.video.values(), *pictures):
                if path is not None:
                    paths[os.path.normcase(os.path.realpath(str(path)))].add(n)
    for path, users in paths.items():
        yield from _pairs(sorted(users), f"the same file {Path(path).name}")
    sizes: dict[int, list[str]] = defaultdict(list)
    for path in paths:
        if path.endswith((silhouettes.ENDING, clip.ENDING)):
            continue  # a whole data set of them is compared by some of its pictures
        if os.path.isfile(path) and (size := os.path.getsize(path)):
            sizes[size].append(path)
    for same_size in sizes.values():
        if len(same_size) > 1:
            contents: dict[str, list[str]] = defaultdict(list)
            for path in same_size:
                contents[_digest(path)].append(path)
            for copies in contents.values():
                for a, one in enumerate(copies):
                    for other in copies[a + 1 :]:
                        for i in paths[one]:
                            for j in paths[other]:
                                if i != j:
                                    yield i, j, f"files with the same content, {Path(one).name} and {Path(other).name}"


def _same_pictures(walks: list[Any]) -> Iterable[tuple[int, int, str]]:
    """Pairs of walks whose silhouettes or clips are the same, whatever file they are in: as many, and equal where looked at."""
    seen: dict[tuple[str, int, bytes], list[int]] = defaultdict(list)
    for n, walk in enumerate(walks):
        if not isinstance(walk, Trial):
            continue
        for what, planes, get in (("silhouettes", walk.silhouettes, walk.silhouette_sequence), ("clip", walk.clips, walk.clip)):
            for plane in planes:
                try:
                    pictures: Any = get(plane)
                except FileError:  # not there, or pictures of another kind: compared as a file
                    continue
                looks = pictures.frames_at(np.linspace(0, len(pictures) - 1, min(len(pictures), 8)).astype(int))
                seen[what, len(pictures), hashlib.sha256(looks.tobytes()).digest()].append(n)
    for (what, _, _), members in seen.items():
        yield from _pairs(sorted(set(members)), f"the same {what}")


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pairs(members: list[int], why: str) -> Iterable[tuple[int, int, str]]:
    for a, i in enumerate(members):
        for j in members[a + 1 :]:
            yield i, j, why


def _name(walk: Any) -> str:
    if not isinstance(walk, Trial):
        return str(walk)
    return f"{walk.name!r}" if walk.name == walk.subject else f"{walk.name!r} (subject {walk.subject})"


def _subject(walk: Any) -> str:
    return (walk.subject if isinstance(walk, Trial) else str(walk)).strip()
