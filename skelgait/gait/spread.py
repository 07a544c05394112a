"""How much strides and steps differ from each other, and how much of that the frame rate alone would show."""

from __future__ import annotations

from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from skelgait.gait.descriptors import CV_STEADY, SPREAD
from skelgait.gait.medians import column_medians
from skelgait.gait.samples import BySide, Samples
from skelgait.gait.spatiotemporal import interval_floor_s

if TYPE_CHECKING:
    from skelgait.gait.summary import Summary

SPREAD_OF = {f"{name}_{unit}": (name, unit, floor) for name, unit, _, floor in SPREAD}


def put_spread(summary: Summary, samples: Samples, sides: BySide, fps: float) -> None:
    """Note the SD about the mean of each side and bout, its robust twin, the coefficient of variation and its floor.

    Parameters
    ----------
    summary : Summary
        Changed in place.
    samples : Samples
        Strides or steps.
    sides : BySide
        Of them.
    fps : float, frames/second
        For the floor.
    """
    columns = [i for i, name in enumerate(samples.names) if name in SPREAD_OF]
    values = samples.values[:, columns]
    known = np.isfinite(values)
    if not known.any():
        return
    total = known.sum(axis=0)
    right = samples.side == "right"
    deviation, freedom = _about_means(values, known, 2 * samples.bout + right)
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt((deviation**2).sum(axis=0) / freedom)
        mean = np.where(known, values, 0.0).sum(axis=0) / total
        share = samples.filled @ known / total
    middle = sides.median[:, columns]
    mad = 1.4826 * column_medians(np.abs(values - middle[right.astype(int)]), total)
    numbers = (a.tolist() for a in (np.where(freedom > 0, sd, nan), mad, mean, total, share))
    for full, *row in zip((samples.names[i] for i in columns), *numbers, strict=True):
        if row[3]:
            _put_one_spread(summary, *SPREAD_OF[full], fps, *row)


def _put_one_spread(
    summary: Summary, name: str, unit: str, floor_events: int, fps: float, sd: float, mad: float, mean: float, n: int, filled: float
) -> None:
    cv = f"{name}_cv_percent"
    summary.put(f"{name}_sd_{unit}", sd, n, filled)
    summary.put(f"{name}_mad_{unit}", mad, n, filled)
    summary.put(cv, 100 * sd / mean if mean > 0 else nan, n, filled)
    cautions = [f"unsteady: {n} strides, fewer than {CV_STEADY}"] if n < CV_STEADY else []
    if floor_events:
        floor = 100 * interval_floor_s(fps) * sqrt(floor_events / 2) / mean
        summary.put(f"{name}_cv_floor_percent", floor, n, filled)
        if summary.values[cv] <= floor:
            cautions.append(f"not above what {fps:g} frames/s could show by themselves")
    if cautions:
        summary.notes[cv] = "; ".join(cautions)


def _about_means(values: np.ndarray, known: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Deviations from the mean of each group, 0 where not known, (N, C); and the degrees of freedom, (C,)."""
    belongs = (group == np.arange(group.max() + 1)[:, None]).astype(float)
    size = belongs @ known
    mean = belongs @ np.where(known, values, 0.0) / np.maximum(size, 1)
    apart = np.where(known, values - mean[group], 0.0)
    return apart, known.sum(axis=0) - (size > 0).sum(axis=0)
