"""What is made of a walk or a visit, one table each, as columns that can be kept as JSON. Data and short functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from skelgait.gait.describe import ABOUT, NAMES, columns_of, row_of
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.evgs import score_measurements
from skelgait.gait.evgs_total import evgs_total
from skelgait.gait.measure import Measurement

Columns = dict[str, list[Any]]
TOTAL = ("evgs", "evgs_low", "evgs_high", "evgs_scored")


def make_descriptors(measured: Sequence[Measurement], failures: Sequence[str]) -> tuple[Columns, dict[str, Any]]:
    """The rows of `validity`; and what is said about the recording: views, then the columns after the descriptors in `describe`."""
    (m,) = measured
    views = " ".join(sorted(plane.pose.view or plane.plane for plane in m.planes.values()))
    about = {"view": views, **dict(zip(ABOUT, map(float, row_of(m)[-len(ABOUT) :]), strict=True))}
    return {"descriptor": list(NAMES), "unit": [d.unit for d in DESCRIPTORS], **columns_of(m)}, about


def make_evgs(measured: Sequence[Measurement], failures: Sequence[str]) -> tuple[Columns, dict[str, Any]]:
    """The 34 rows of the score; and its total."""
    scores = score_measurements(measured, failures=failures)
    total = evgs_total(scores).loc["total", ["score", "low", "high", "scored"]]
    return {str(name): scores[name].tolist() for name in scores.columns}, dict(zip(TOTAL, map(float, total), strict=True))


# name -> how its table and what is said beside it are made of the measurements of a visit (one, or several), told why other
# recordings of the visit failed
PRODUCTS: Mapping[str, Callable[[Sequence[Measurement], Sequence[str]], tuple[Columns, dict[str, Any]]]] = MappingProxyType(
    {"descriptors": make_descriptors, "evgs": make_evgs}
)
