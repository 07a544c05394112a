"""What was not measured, by reason, in the words a reader needs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS, Descriptor
from skelgait.report.tables import BY_NAME, label_of, split_name, unit_words
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    from skelgait.gait.measure import Measurement


def group_refused(result: Measurement, *, texts: Texts = ENGLISH) -> list[tuple[str, list[str]]]:
    """What was not measured, by reason, the most frequent first; sides and indices of one quantity are one entry.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.gait.measure import measure
    >>> from skelgait.walker import Walker
    >>> groups = group_refused(measure(Trial("child", Walker().film(fps=60, duration_s=5).pose)))
    >>> any("frontal" in reason for reason, _ in groups)
    True
    """
    groups: dict[str, dict[str, list[str]]] = {}
    sizes: Counter[str] = Counter()
    for d in DESCRIPTORS:
        if np.isfinite(result.values.get(d.name, np.nan)):
            continue
        reason = result.reasons.get(d.name, "") or texts("refused.no_reason")
        reason = reason[:1].upper() + reason[1:]
        label, part = _refused_label(d, texts)
        groups.setdefault(reason, {}).setdefault(label, []).append(part)
        sizes[reason] += 1
    listed = []
    for reason, _ in sizes.most_common():
        entries = []
        for label, parts in groups[reason].items():
            some = [p for p in dict.fromkeys(parts) if p]
            entries.append(f"{label} ({', '.join(some)})" if some else label)
        listed.append((reason, entries))
    return listed


def _refused_label(d: Descriptor, texts: Texts) -> tuple[str, str]:
    """Phrase of a quantity, and which part of it: a side, an index, a kind of spread."""
    base, end = split_name(d)
    if end:
        return texts(f"refused.{d.group}", quantity=texts(f"label.{base}")), texts(f"index.{end}")
    side = d.name.split("_")[0] if d.name.startswith(SIDES) else "both"
    paired = f"left_{d.name}" in BY_NAME or side in SIDES
    unit = unit_words(d.unit, texts)
    label = label_of(d, texts) + (f", {unit}" if d.group == "space" and unit else "")
    return label, texts(f"side.{side}") if paired else ""
