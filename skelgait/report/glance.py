"""What a reader wants first: the main numbers as tiles, and what this recording supports."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS, Descriptor
from skelgait.report.numbers import number, smallest
from skelgait.report.tables import BY_NAME, stem, unit_words
from skelgait.report.words import ENGLISH, Texts, tidy

if TYPE_CHECKING:
    from skelgait.gait.measure import Measurement

# The main numbers, in order: descriptor without side, the key of its words, and what more and less of it are called.
# The first that was measured of each line is shown.
_TILES: tuple[tuple[tuple[str, ...], str, tuple[str, str]], ...] = (
    (("cadence_spm",), "cadence", ("", "")),
    (("speed_m_s", "speed_ll_s"), "speed", ("", "")),
    (("step_time_s",), "step_time", ("longer", "shorter")),
    (("stance_percent",), "stance", ("longer", "shorter")),
    (("step_length_m", "step_length_ll"), "step_length", ("longer", "shorter")),
    (("knee_flexion_max_swing_deg",), "knee_swing", ("more", "less")),
    (("knee_flexion_min_stance_deg",), "knee_stance", ("more", "less")),
    (("ankle_dorsiflexion_max_stance_deg",), "ankle_stance", ("more", "less")),
    (("knee_valgus_mid_stance_deg",), "knee_front", ("", "")),
)
_MOST_TILES = 9


@dataclass(frozen=True)
class Number:
    """One number of a tile: its side (or none), its text, and the word for the side."""

    side: str
    text: str
    of: str = ""


@dataclass(frozen=True)
class Tile:
    """A main number with both sides and, in plain words, how they differ."""

    what: str
    unit: str
    numbers: tuple[Number, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Support:
    """Whether a kind of measurement could be made: status ``yes``, ``partly`` or ``no``, its word, and why."""

    what: str
    status: str
    word: str
    why: str


def build_tiles(result: Measurement, *, texts: Texts = ENGLISH) -> list[Tile]:
    """The main numbers that were measured.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.gait.measure import measure
    >>> from skelgait.walker import Walker
    >>> build_tiles(measure(Trial("child", Walker(cadence_spm=120).film(fps=60, duration_s=5).pose)))[0].numbers[0].text
    '120'
    """
    tiles = []
    for names, what, (more, less) in _TILES:
        for name in names:
            tile = _tile(result, name, texts(f"tile.{what}"), more, less, texts)
            if tile:
                tiles.append(tile)
                break
    return tiles[:_MOST_TILES]


def _tile(result: Measurement, name: str, what: str, more: str, less: str, texts: Texts) -> Tile | None:
    values = {side: result.values.get(f"{side}_{name}", np.nan) for side in SIDES}
    d = BY_NAME.get(f"left_{name}") or BY_NAME[name]
    if any(np.isfinite(v) for v in values.values()):
        numbers = tuple(Number(side, _signed_words(v, d, texts), texts(f"side.{side}")) for side, v in values.items())
        counts = [
            f"{result.counts.get(f'{side}_{name}', 0)} {texts(f'side.{side}')}" for side, v in values.items() if np.isfinite(v)
        ]
    elif np.isfinite(result.values.get(name, np.nan)):
        numbers = (Number("", number(result.values[name], d.unit)),)
        counts = [str(result.counts.get(name, 0))]
    else:
        return None
    lines = [_compare(values["left"], values["right"], d, more, less, texts)] if more else []
    counted = "step" if stem(d).startswith(("step_", "cadence")) else "stride"
    one = len(counts) == 1 and counts[0].split()[0] == "1"
    lines.append(texts(f"tile.from_{counted}" if one else f"tile.from_{counted}s", n=" + ".join(counts)))
    missing = next(
        (result.reasons.get(f"{s}_{name}", "") for s, v in values.items() if not np.isfinite(v) and len(numbers) > 1), ""
    )
    if missing:
        lines.append(tidy(missing, texts))
    unit = "" if "valgus" in name else unit_words(d.unit, texts)
    if len(numbers) > 1 and len(unit) > 2:  # a long unit stands once, not behind each side
        what, unit = f"{what} ({unit})", ""
    return Tile(what, unit, numbers, tuple(line for line in lines if line))


def _signed_words(value: float, d: Descriptor, texts: Texts) -> str:
    if "knee_valgus" not in d.name or not np.isfinite(value):
        return number(value, d.unit)
    size = number(abs(value), d.unit)
    return texts("knee.straight" if float(size) == 0 else "knee.valgus" if value > 0 else "knee.varus", n=size)


def _compare(left: float, right: float, d: Descriptor, more: str, less: str, texts: Texts) -> str:
    if not (np.isfinite(left) and np.isfinite(right)):
        return ""
    size = number(abs(left - right), d.unit)
    unit = unit_words(d.unit, texts)
    unit = "°" if unit == "°" else f" {texts('compare.points') if d.unit == 'percent' else unit}"
    if float(size) == 0:
        alike = number(left, d.unit) == number(right, d.unit)
        return texts("compare.alike") if alike else texts("compare.hardly", n=smallest(d.unit) + unit)
    return texts(f"compare.{more if left > right else less}", n=f"{size}{unit}")


def build_supports(result: Measurement, *, texts: Texts = ENGLISH) -> list[Support]:
    """What this recording supports, kind by kind, with the main reason where it does not.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.gait.measure import measure
    >>> from skelgait.walker import Walker
    >>> supports = build_supports(measure(Trial("child", Walker().film(fps=60, duration_s=5).pose)))
    >>> {s.what: s.status for s in supports}["Knee varus/valgus from the front"]
    'no'
    """

    def of(group: str, plane: str = "", *, units: tuple[str, ...] = ()) -> list[Descriptor]:
        return [d for d in DESCRIPTORS if d.group == group and plane in ("", d.plane) and (not units or d.unit in units)]

    times = of("time", units=("s", "percent", "spm"))
    contacts = [d for d in times if stem(d) in _FROM_CONTACTS]
    front = of("angle", "frontal")
    kinds = (
        ("contacts", contacts),
        ("support", [d for d in times if d not in contacts]),
        (
            "lengths",
            [d for d in of("space", "sagittal", units=("ll", "ll/s")) if "toe" not in d.name],
        ),
        ("metres", [d for d in of("space", "sagittal", units=("m", "m/s")) if "toe" not in d.name]),
        ("angles_side", of("angle", "sagittal")),
        ("knee_front", [d for d in front if stem(d) == "knee_valgus_mid_stance"]),
        ("trunk_front", [d for d in front if "knee" not in d.name]),
        ("symmetry", [d for d in of("symmetry") if d.plane != "frontal"]),
        ("variability", [d for d in of("variability") if stem(d).endswith("_cv")]),
    )
    supports = [_support(result, texts(f"support.{what}"), some, texts) for what, some in kinds]
    again = [i > 0 and bool(s.why) and s.why == supports[i - 1].why for i, s in enumerate(supports)]
    return [replace(s, why=texts("support.again") if same else tidy(s.why, texts)) for s, same in zip(supports, again, strict=True)]


_FROM_CONTACTS = ("cadence", "step_time", "stride_time")


def _support(result: Measurement, what: str, some: list[Descriptor], texts: Texts) -> Support:
    known = [d.name for d in some if np.isfinite(result.values.get(d.name, np.nan))]
    reasons = Counter(result.reasons.get(d.name, "") for d in some if d.name not in known)
    why = next((reason for reason, _ in reasons.most_common() if reason), "")
    if not known:
        return Support(what, "no", texts("support.no"), why)
    caution = next((result.notes[name] for name in known if result.notes.get(name)), "")
    if len(known) < len(some):
        return Support(
            what, "partly", texts("support.partly", n=len(known), of=len(some)), "; ".join(p for p in (why, caution) if p)
        )
    return Support(what, "partly" if caution else "yes", texts("support.caution" if caution else "support.yes"), caution)
