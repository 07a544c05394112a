"""What is made of a walk or a visit, one table each, as columns that can be kept as JSON. Data and short functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from skelgait.core.norms import Norms
from skelgait.gait import alignment, evgs, patterns
from skelgait.gait.describe import ABOUT, NAMES, columns_of, row_of
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.evgs_total import evgs_total
from skelgait.gait.measure import Measurement

if TYPE_CHECKING:
    import pandas as pd

Columns = dict[str, list[Any]]
Make = Callable[[Sequence[Measurement], Sequence[str], Norms | None], tuple[Columns, dict[str, Any]]]
TOTAL = ("evgs", "evgs_low", "evgs_high", "evgs_scored")


def make_descriptors(
    measured: Sequence[Measurement], failures: Sequence[str], norms: Norms | None
) -> tuple[Columns, dict[str, Any]]:
    """The rows of `validity`; and what is said about the recording: views, then the columns after the descriptors in `describe`."""
    (m,) = measured
    views = " ".join(sorted(plane.pose.view or plane.plane for plane in m.planes.values()))
    about = {"view": views, **dict(zip(ABOUT, map(float, row_of(m)[-len(ABOUT) :]), strict=True))}
    return {"descriptor": list(NAMES), "unit": [d.unit for d in DESCRIPTORS], **columns_of(m)}, about


def make_evgs(measured: Sequence[Measurement], failures: Sequence[str], norms: Norms | None) -> tuple[Columns, dict[str, Any]]:
    """The 34 rows of the score; and its total."""
    scores = evgs.score_measurements(measured, failures=failures)
    total = evgs_total(scores).loc["total", ["score", "low", "high", "scored"]]
    return _columns(scores, TABLES["evgs"]), dict(zip(TOTAL, map(float, total), strict=True))


def make_patterns(measured: Sequence[Measurement], failures: Sequence[str], norms: Norms | None) -> tuple[Columns, dict[str, Any]]:
    """Every gait and joint pattern of both sides, by a laboratory's own norms where it has them."""
    return _columns(patterns.find_patterns(measured, norms=norms), TABLES["patterns"]), {}


def make_knees(measured: Sequence[Measurement], failures: Sequence[str], norms: Norms | None) -> tuple[Columns, dict[str, Any]]:
    """Varus and valgus of both knees."""
    return _columns(alignment.align_measurements(measured), TABLES["knees"]), {}


# name -> columns of its table. The sources of patterns are in their own table, the same for every visit.
TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "descriptors": ("descriptor", "value", "unit", "n", "filled_share", "reason", "note"),
        "evgs": evgs.COLUMNS,
        "patterns": tuple(c for c in patterns.COLUMNS if c != "source"),
        "knees": alignment.COLUMNS,
    }
)
# name -> how its table, and what is said beside it, are made of the measurements of a walk, or of those of a visit (one, or
# several), why other recordings of it failed, and a laboratory's own norms
OF_WALK: Mapping[str, Make] = MappingProxyType({"descriptors": make_descriptors})
OF_VISIT: Mapping[str, Make] = MappingProxyType({"evgs": make_evgs, "patterns": make_patterns, "knees": make_knees})


def _columns(table: pd.DataFrame, names: Sequence[str]) -> Columns:
    return {name: [None if x is not None and x != x else x for x in table[name].tolist()] for name in names}
