"""What public silhouette data sets say beside their pictures: classes, published splits, who is who."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.io.paths import find_path

SCOLIOSIS = ("negative", "neutral", "positive")

# The order in which OpenGait numbers the classes of Scoliosis1K. Names never changed; numbers did, in August 2025.
SCOLIOSIS_ORDERS: Mapping[str, tuple[str, ...]] = {
    "2025": ("negative", "neutral", "positive"),
    "2024": ("negative", "positive", "neutral"),
}
_RATIO = re.compile(r"\d+(:\d+)+")


def order_scoliosis(values: np.ndarray, *, given: str, wanted: str = "2025") -> np.ndarray:
    """Bring class numbers or probabilities of Scoliosis1K from one of OpenGait's orders to the other.

    Parameters
    ----------
    values : (n,) int codes, or (..., 3) probabilities or weights
        Codes below 0 (not known) stay.
    given, wanted : {"2025", "2024"}
        ``"2025"``: negative, neutral, positive, as here and in OpenGait since August 2025; ``"2024"``: negative, positive, neutral,
        as before, and in checkpoints and answers of that time.

    Returns
    -------
    same shape

    Raises
    ------
    SkelgaitError
        An unknown order, or values of another shape.

    Examples
    --------
    >>> order_scoliosis(np.array([0, 1, 2, -1]), given="2024").tolist()
    [0, 2, 1, -1]
    >>> order_scoliosis(np.array([[0.7, 0.2, 0.1]]), given="2024").tolist()
    [[0.7, 0.1, 0.2]]
    """
    for order in (given, wanted):
        if order not in SCOLIOSIS_ORDERS:
            raise SkelgaitError(f"unknown order {order!r}", expected=", ".join(SCOLIOSIS_ORDERS), do="name the year of the numbers")
    values = np.asarray(values)
    source, target = SCOLIOSIS_ORDERS[given], SCOLIOSIS_ORDERS[wanted]
    if values.ndim == 1 and values.dtype.kind in "iu":
        if values.size and values.max() >= len(source):
            raise SkelgaitError("a class number is too large", found=str(values.max()), expected="0, 1, 2, or -1 for not known")
        return np.where(values < 0, values, np.array([target.index(name) for name in source])[values])
    if values.ndim < 1 or values.shape[-1] != len(source):
        raise SkelgaitError(
            "not answers on three classes", found=f"shape {values.shape}", expected="(n,) whole numbers or (..., 3)"
        )
    return values[..., [source.index(name) for name in target]]


def read_partition(path: str | Path, root: Path) -> dict[str, str]:
    """Which ids a published split puts where.

    Parameters
    ----------
    path : str or Path
        An OpenGait partition JSON, ``{"TRAIN_SET": [...], "TEST_SET": [...]}``, or a ratio such as ``"1:1:8"``, for which
        ``Scoliosis1K_118.json`` is looked for in the folder of the data and the one above it.
    root : Path
        Folder of the data.

    Returns
    -------
    dict of id to ``"train"`` or ``"test"``

    Raises
    ------
    FileError
        No such file, not a partition, or ids in both sets.
    """
    if isinstance(path, str) and _RATIO.fullmatch(path.strip()):
        name = f"Scoliosis1K_{path.strip().replace(':', '')}.json"
        at = next((folder / name for folder in (root, root.parent) if (folder / name).is_file()), None)
        if at is None:
            raise FileError(
                f"there is no {name} in {root} or above it",
                do="take it from OpenGait (datasets/Scoliosis1K), or give the path of a partition",
            )
        path = at
    file, _ = find_path(path)
    try:
        content = json.loads(file.read_text(encoding="utf8"))
        sets = {side: [str(one) for one in content[name]] for side, name in (("train", "TRAIN_SET"), ("test", "TEST_SET"))}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise FileError(
            f"{file} is no partition",
            found=f"{type(fault).__name__}: {fault}"[:120],
            expected='{"TRAIN_SET": [ids], "TEST_SET": [ids]}',
        ) from fault
    both = sorted(set(sets["train"]) & set(sets["test"]))
    if both:
        raise FileError(
            f"{file} has {len(both)} ids on both sides", found=", ".join(both[:6]), do="take each out of one of the sets"
        )
    return {one: side for side, ids in sets.items() for one in ids}


def read_people(people: str | Path | Mapping[str, str]) -> dict[str, str]:
    """Who the ids of a data set are.

    Parameters
    ----------
    people : path or mapping of id to person
        A CSV with the columns ``id`` and ``person``, or a JSON object ``{id: person}``.

    Returns
    -------
    dict of id to person

    Raises
    ------
    FileError
        No such file, other columns, or an id that is two people.
    """
    if isinstance(people, Mapping):
        return {str(one): str(person) for one, person in people.items()}
    file, _ = find_path(people)
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix.lower() == ".json":
            pairs = [(str(one), str(person)) for one, person in json.loads(text).items()]
        else:
            rows = list(csv.DictReader(text.splitlines(), strict=True))
            pairs = [(row["id"].strip(), row["person"].strip()) for row in rows]
    except (OSError, ValueError, KeyError, AttributeError, csv.Error) as fault:
        raise FileError(
            f"{file} does not say who the ids are",
            found=f"{type(fault).__name__}: {fault}"[:120],
            expected="a CSV with columns id and person, or a JSON object of id to person",
        ) from fault
    known: dict[str, str] = {}
    for one, person in pairs:
        if not one or not person or known.setdefault(one, person) != person:
            raise FileError(
                f"{file}: id {one!r} is nobody, or two people", found=f"{known.get(one, '')!r} and {person!r}", do="mend the row"
            )
    return known
