"""The numbers of a report, in the words and the order a clinician reads them in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS, Descriptor
from skelgait.report.norms import Norm
from skelgait.report.numbers import NOTHING, number, smallest
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    from skelgait.gait.measure import Measurement

BY_NAME: Mapping[str, Descriptor] = {d.name: d for d in DESCRIPTORS}


@dataclass(frozen=True)
class Cell:
    """One number as it is printed, and why it is not there when it is not."""

    text: str = NOTHING
    reason: str = ""

    def has_a_number(self) -> bool:
        """Whether there is a number in it."""
        return self.text not in (NOTHING, "")


@dataclass(frozen=True)
class Row:
    """One line of a table: a quantity of both sides, or of none. ``leads`` begins a new group of lines."""

    label: str
    unit: str
    definition: str = ""
    left: Cell = Cell()
    right: Cell = Cell()
    both: Cell = Cell()
    difference: Cell = Cell()
    symmetry: Cell = Cell()
    n: str = ""
    norm: str = ""
    norm_source: str = ""
    mark: str = ""
    caution: str = ""
    leads: bool = False

    def has_a_number(self) -> bool:
        """Whether left, right or both is there."""
        return any(cell.has_a_number() for cell in (self.left, self.right, self.both))


@dataclass
class Table:
    """A table of the page; only rows with at least one number are in it."""

    title: str
    first: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)

    @property
    def sided(self) -> bool:
        """Whether a row has a left or right."""
        return any(cell.has_a_number() for row in self.rows for cell in (row.left, row.right))

    @property
    def compared(self) -> bool:
        """Whether a row has a difference or a symmetry index."""
        return any(cell.has_a_number() for row in self.rows for cell in (row.difference, row.symmetry))

    @property
    def normed(self) -> bool:
        """Whether a row has a norm."""
        return any(row.norm for row in self.rows)

    @property
    def unsided(self) -> bool:
        """Whether a row has a number of no side."""
        return any(row.both.has_a_number() for row in self.rows)


def unit_words(unit: str, texts: Texts = ENGLISH) -> str:
    """A descriptor's unit as a reader writes it.

    Examples
    --------
    >>> unit_words("deg"), unit_words("ll/s"), unit_words("1")
    ('°', 'leg lengths/s', '')
    >>> unit_words("ll/spm")
    'leg lengths/(steps/min)'
    """
    if unit in ("1", "ratio"):
        return ""
    first, *below = (texts.get(f"unit.{part}", part) for part in unit.split("/"))
    return "/".join([first, *(f"({part})" if "/" in part else part for part in below)])


def stem(descriptor: Descriptor) -> str:
    """A descriptor's name without side and unit: what its indices and spreads are named after.

    Examples
    --------
    >>> stem(BY_NAME["left_step_time_s"]), stem(BY_NAME["speed_m_s"])
    ('step_time', 'speed')
    """
    bare = descriptor.name.removeprefix("left_").removeprefix("right_")
    return bare.removesuffix("_" + descriptor.unit.replace("/", "_"))


def label_of(descriptor: Descriptor, texts: Texts = ENGLISH) -> str:
    """A descriptor's name as a phrase, without side and unit.

    Examples
    --------
    >>> [label_of(BY_NAME[n]) for n in ("left_knee_flexion_max_swing_deg", "cadence_spm", "step_time_symmetry_index_percent")]
    ['Knee flexion, greatest in swing', 'Cadence', 'Step time, symmetry index']
    """
    base, end = split_name(descriptor)
    return texts("label.part", quantity=texts(f"label.{base}"), part=texts(f"index.{end}")) if end else texts(f"label.{base}")


def split_name(d: Descriptor) -> tuple[str, str]:
    """What an index or a spread is of, and which it is; for any other its name without side and unit."""
    base = stem(d) if d.unit != "ratio" else d.name
    for end in sorted(_ENDS.get(d.group, ()), key=len, reverse=True):
        if base.endswith("_" + end):
            return base.removesuffix("_" + end), end
    return base, ""


def build_tables(result: Measurement, norms: Mapping[str, Norm], *, texts: Texts = ENGLISH) -> tuple[list[Table], list[str]]:
    """The tables of the page, and the sources of the norms in them, in the order of their numbers.

    Parameters
    ----------
    result : Measurement
    norms : mapping of descriptor to (low, high, source)
        Of a descriptor itself, or of its name without side.
    texts : Texts

    Returns
    -------
    tables : list of Table
        Timing; distances; side-view angles; front view. A table without a number is left out.
    sources : list of str

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.gait.measure import measure
    >>> from skelgait.walker import Walker
    >>> tables, _ = build_tables(measure(Trial("child", Walker().film(fps=60, duration_s=5).pose)), {})
    >>> tables[0].title
    'Timing'
    """
    sources: list[str] = []
    wanted = (
        ("timing", "measure", lambda d: d.group == "time"),
        ("distances", "measure", lambda d: d.group == "space" and d.plane != "frontal"),
        ("side", "angle", lambda d: d.group == "angle" and d.plane == "sagittal"),
        ("front", "measure", lambda d: d.group in ("angle", "space") and d.plane == "frontal"),
    )
    tables = []
    for key, first, belongs in wanted:
        families: dict[str, list[Descriptor]] = {}
        for d in DESCRIPTORS:
            if belongs(d):
                families.setdefault(d.name.removeprefix("left_").removeprefix("right_"), []).append(d)
        shown = {name: own for name, own in families.items() if any(np.isfinite(result.values.get(d.name, np.nan)) for d in own)}
        rows = [_row(result, name, family, norms, sources, texts) for name, family in shown.items()]
        hidden = len(families) - len(shown)
        kinds = [row.label.split()[0] for row in rows]
        rows = [replace(row, leads=i > 0 and kinds[i] != kinds[i - 1]) for i, row in enumerate(rows)]
        table = Table(texts(f"table.{key}"), texts(f"head.{first}"), rows)
        if not table.rows:
            continue
        if any(row.caution for row in table.rows):
            cautions = dict.fromkeys(row.caution for row in table.rows if row.caution)
            table.notes.append("* " + "; ".join(cautions) + ".")
        if hidden:
            table.notes.append(texts("table.hidden", n=hidden))
        tables.append(table)
    return tables, sources


def _row(
    result: Measurement, name: str, family: list[Descriptor], norms: Mapping[str, Norm], sources: list[str], texts: Texts
) -> Row:
    d = family[0]
    cells = {side: _cell(result, name if side == "both" else f"{side}_{name}", d.unit) for side in (*SIDES, "both")}
    base = stem(d)
    names = [m.name for m in family if np.isfinite(result.values.get(m.name, np.nan))]
    counts = [result.counts.get(n, 0) for n in names if n != name] or [result.counts.get(n, 0) for n in names]
    known = next((norms[n] for n in (name, *names) if n in norms), None)
    norm = source = mark = ""
    if known:
        low, high, text = known
        if text not in sources:
            sources.append(text)
        norm = texts("norms.band", low=number(low, d.unit), high=number(high, d.unit))
        source = str(sources.index(text) + 1)
        mark = _against(result, names, low, high, texts)
    return Row(
        label_of(d, texts),
        unit_words(d.unit, texts),
        re.sub(r"; (left|right|mean of both sides|strides of both sides)$", "", d.definition),
        **cells,
        difference=_difference(result, f"{base}_difference_{d.unit}", d.unit, cells),
        symmetry=_cell(result, f"{base}_symmetry_index_percent", "percent", " %"),
        n=" / ".join(map(str, counts if len(set(counts)) > 1 else counts[:1])),
        norm=norm,
        norm_source=source,
        mark=mark,
        caution="; ".join(dict.fromkeys(result.notes[n] for n in names if result.notes.get(n))),
    )


def _cell(result: Measurement, name: str, unit: str, after: str = "") -> Cell:
    if name not in BY_NAME:
        return Cell("")
    text = number(result.values.get(name, np.nan), unit, 3 if "toe_clearance" in name else None)
    return Cell(text if text == NOTHING else text + after, result.reasons.get(name, ""))


def _difference(result: Measurement, name: str, unit: str, cells: Mapping[str, Cell]) -> Cell:
    """Left less right; one that is smaller than what is printed says so where the two sides are not printed alike."""
    cell = _cell(result, name, unit)
    if cell.has_a_number() and float(cell.text.replace("−", "-")) == 0 and cells["left"].text != cells["right"].text:
        return replace(cell, text="<\u00a0" + smallest(unit))
    return cell


def _against(result: Measurement, names: list[str], low: float, high: float, texts: Texts) -> str:
    words = {}
    for n in names:
        value, side = result.values[n], n.split("_")[0]
        words[side if side in SIDES else ""] = texts(
            "mark.below" if value < low else "mark.above" if value > high else "mark.within"
        )
    sides = {s: w for s, w in words.items() if s}
    if len(set(words.values())) == 1 or not sides:
        return next(iter(words.values()), "")
    return ", ".join(f"{texts(f'side.{s}.short')} {w}" for s, w in sides.items())


# Ends of the names of indices and spreads; the words for them are in the table of texts.
_ENDS = {
    "symmetry": (
        *("difference_of_left", "difference_of_larger", "normalised_difference", "difference", "ratio"),
        *("symmetry_index", "left_share", "symmetry_angle", "gait_asymmetry"),
    ),
    "variability": ("cv_floor", "sd", "mad", "cv"),
}
