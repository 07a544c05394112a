"""What was not measured, by reason, in the words a reader needs."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS, Descriptor
from skelgait.report.tables import BY_NAME, label_of, split_name, unit_words
from skelgait.report.words import ENGLISH, Texts, sentence

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
    every: dict[str, set[str]] = {}
    spans: dict[str, set[int]] = {}
    sizes: Counter[str] = Counter()
    for d in DESCRIPTORS:
        label, part = _refused_label(d, texts)
        every.setdefault(label, set()).add(part)
        if np.isfinite(result.values.get(d.name, np.nan)):
            continue
        reason = result.reasons.get(d.name, "") or texts("refused.no_reason")
        if counted := _COUNTED.match(reason):  # "7 cycles, it needs 10" and "8 cycles, it needs 10" are one reason
            reason = counted["rest"]
            spans.setdefault(reason, set()).add(int(counted["n"]))
        groups.setdefault(reason, {}).setdefault(label, []).append(part)
        sizes[reason] += 1
    listed = []
    for reason, _ in sizes.most_common():
        entries = []
        for label, parts in groups[reason].items():
            some = [p for p in dict.fromkeys(parts) if p]
            entries.append(f"{label} ({', '.join(some)})" if some and set(parts) != every[label] else label)
        said = _counted(reason, spans[reason], texts) if reason in spans else reason
        listed.append((sentence(said, texts).removesuffix("."), entries))
    return listed


def _counted(rest: str, counts: set[int], texts: Texts) -> str:
    low, high = min(counts), max(counts)
    n = str(low) if low == high else texts("refused.span", low=low, high=high)
    return f"{n} cycle{'s' * (high > 1)}{rest}"


_COUNTED = re.compile(r"^(?P<n>\d+) cycles?(?P<rest>\b.*)$")


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
