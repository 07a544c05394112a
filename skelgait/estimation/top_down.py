"""What top-down estimators share: a box from a region, and a skeleton from what a model calls its keypoints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skelgait.core.errors import PoseError
from skelgait.core.skeleton import COCO17, COCO23, HALPE26, SKELETONS, WHOLEBODY133, Skeleton

_BY_COUNT = {len(s): s for s in (COCO17, COCO23, HALPE26, WHOLEBODY133)}


def box_of(region: np.ndarray) -> np.ndarray:
    """(N, 4) boxes x1, y1, x2, y2 of regions (N, 3): hip centre x, y and whole-body size. Stride and arms fit into the width."""
    x, y, size = np.asarray(region, float).T
    return np.column_stack([x - 0.37 * size, y - 0.51 * size, x + 0.37 * size, y + 0.51 * size])


def skeleton_of(count: int, *, names: Sequence[str] = (), bones: Sequence[Sequence[int]] = (), called: str = "") -> Skeleton:
    """The layout with this many keypoints, or one made of a model's own names.

    Parameters
    ----------
    count : int
        Number of keypoints.
    names : sequence of str
        What the model calls them, when it tells.
    bones : sequence of (int, int)
        Which of them it joins.
    called : str
        Name for a layout of the model's own.

    Returns
    -------
    Skeleton
        COCO-17, COCO-23, HALPE-26 or WholeBody-133 by the number of keypoints; else one made of ``names``.

    Raises
    ------
    PoseError
        An unknown number of keypoints without names.
    """
    if count in _BY_COUNT and (len(names) != count or list(names[:5]) == list(COCO17.names[:5])):
        return _BY_COUNT[count]
    if len(names) == count:
        known = next((s for s in SKELETONS.values() if s.names == tuple(names)), None)
        return known or Skeleton(called or f"own{count}", tuple(names), tuple((names[a], names[b]) for a, b in bones))
    raise PoseError(
        f"a model gave {count} keypoints",
        expected=", ".join(f"{n} ({s.name})" for n, s in _BY_COUNT.items()),
        do="use a model of one of these layouts",
    )
