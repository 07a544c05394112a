"""How much the strides of a walk differ, beside what the frame rate alone would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.gait.descriptors import SPREAD
from skelgait.report.numbers import NOTHING
from skelgait.report.tables import unit_words
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    from skelgait.gait.measure import Measurement


def build_variability(result: Measurement, *, texts: Texts = ENGLISH) -> list[tuple[str, ...]]:
    """Rows of the variability table: quantity, unit, SD, MAD, CV, what the frame rate alone would show, n.

    A quantity none of whose spreads was measured is left out.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.gait.measure import measure
    >>> from skelgait.walker import Walker
    >>> build_variability(measure(Trial("child", Walker().film(fps=60, duration_s=8).pose)))[0][:2]
    ('Stride time', 's')
    """
    rows = []
    for name, unit, _, _ in SPREAD:
        columns = (f"{name}_sd_{unit}", f"{name}_mad_{unit}", f"{name}_cv_percent", f"{name}_cv_floor_percent")
        values = [result.values.get(c, np.nan) for c in columns]
        if not np.isfinite(values[:3]).any():
            continue
        n = max(result.counts.get(c, 0) for c in columns[:3])
        fine = {"s": 3, "ll": 3}.get(unit, 2)
        spreads = [NOTHING if not np.isfinite(v) else f"{v:.{fine}f}" for v in values[:2]]
        shares = [NOTHING if not np.isfinite(v) else f"{v:.1f} %" for v in values[2:]]
        rows.append((texts(f"label.{name}"), unit_words(unit, texts), *spreads, *shares, str(n)))
    return rows
