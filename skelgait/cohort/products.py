"""What is made of a walk or a visit: a table each, as measured, and what its columns mean. Data and one-line functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.gait.describe import ABOUT, NAMES, columns_of, row_of
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement

if TYPE_CHECKING:
    import pandas as pd

    Make = Callable[[Sequence[Measurement], Sequence[str]], pd.DataFrame]


def _descriptors(measured: Sequence[Measurement], failures: Sequence[str]) -> pd.DataFrame:
    """The rows of `validity`, and under them what is said about the recording."""
    import pandas as pd

    (m,) = measured
    table = pd.DataFrame({"descriptor": list(NAMES), **columns_of(m)})
    table.insert(2, "unit", [d.unit for d in DESCRIPTORS])
    return table


def _evgs(measured: Sequence[Measurement], failures: Sequence[str]) -> pd.DataFrame:
    from skelgait.gait.evgs import score_measurements

    return score_measurements(measured, failures=failures)


# name -> how it is made of the measurements of a visit (one, or several), told why other recordings of it failed
PRODUCTS: Mapping[str, Make] = MappingProxyType({"descriptors": _descriptors, "evgs": _evgs})


def about_recording(m: Measurement) -> dict[str, Any]:
    """What is said about the recording itself: views, then the columns after the descriptors in `describe`."""
    views = " ".join(sorted(plane.pose.view or plane.plane for plane in m.planes.values()))
    return {"view": views, **dict(zip(ABOUT, map(float, row_of(m)[-len(ABOUT) :]), strict=True))}


def plain(table: pd.DataFrame) -> dict[str, list[Any]]:
    """A table as lists, to be kept as JSON.

    Examples
    --------
    >>> import pandas as pd
    >>> plain(pd.DataFrame({"side": ["left"], "score": [2.0]}))
    {'side': ['left'], 'score': [2.0]}
    """
    return {str(name): [_plain(x) for x in table[name]] for name in table.columns}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
