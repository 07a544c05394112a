"""Labelled 3D points of any motion-capture file as people seen by a camera."""

from __future__ import annotations

import numpy as np

from skelgait.core.errors import FileError
from skelgait.io.markers import body_points, split_subjects
from skelgait.io.names import named_skeleton
from skelgait.io.people import People
from skelgait.io.projection import project


def people_from_markers(labels: list[str], points: np.ndarray, *, view: str | None, where: str, only: str | None = None) -> People:
    """Everybody in a motion-capture file, projected.

    Parameters
    ----------
    labels : list of str, length M
        Perhaps with the subject before a colon.
    points : (M, T, 3) metres
        NaN where missing.
    view : str or None
        See `skelgait.io.projection.project`.
    where : str
        The file, for errors.
    only : str, optional
        The one subject to read.

    Raises
    ------
    FileError
        No marker of a known name, or no such subject.
    """
    found: dict[str, tuple[dict[str, np.ndarray], dict[str, str]]] = {}
    for subject, places in split_subjects(labels).items():
        body, origin = body_points({label: points[i] for label, i in places.items()})
        if any(name.endswith(("hip", "knee", "ankle", "heel", "toe")) for name in body):
            found[subject] = body, origin
    if only is not None and only in found:
        found = {only: found[only]}
    elif only is not None:
        raise FileError(f"{where} has no subject {only!r}", found=", ".join(found) or "none", do="name one of them after the #")
    if not found:
        raise FileError(
            f"no marker of {where} is known",
            found=", ".join(labels[:12]) + (", ..." if len(labels) > 12 else ""),
            expected="joint centres (LFEP, LFEO, LTIO; LHJC, LKJC, LAJC) or markers (LASI, LKNE, LANK, LHEE, LTOE) of both sides",
            do="export the labelled trajectories, or rename the markers",
        )
    # the fullest subject sets the points; every other is given the same
    names = max((list(body) for body, _ in found.values()), key=len)
    skeleton = named_skeleton(names, where)
    seen = []
    for body, origin in found.values():
        xy, size, made, info = project(body, view, where)
        table = np.full((len(xy), len(names), 2), np.nan)
        for k, name in enumerate(names):
            if name in body:
                table[:, k] = xy[:, list(body).index(name)]
        seen.append((table, size, made, {**info, "points": origin}))
    people = People.several(
        np.stack([one[0] for one in seen]), None, skeleton=skeleton, names=list(found) if len(found) > 1 else ()
    )
    return people.with_(size=seen[0][1], view=seen[0][2], info=seen[0][3])
