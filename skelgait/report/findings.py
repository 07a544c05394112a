"""The patterns and the knees of a page, in words built from the numbers alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.report.numbers import NOTHING, number, percent
from skelgait.report.words import ENGLISH, Texts, sentence, tidy
from skelgait.tasks.alignment import ERROR_DEG

if TYPE_CHECKING:
    from skelgait.report.visit import Visit

STATUS = {True: "present", False: "absent"}
OF_OTHERS = "the limit is of healthy people"  # said once for all patterns


@dataclass(frozen=True)
class Pattern:
    """A pattern of both sides: words, and ``(status, word)`` of left and right."""

    name: str
    left: tuple[str, str]
    right: tuple[str, str]


@dataclass(frozen=True)
class Finding:
    """A pattern of one side that is present, with what speaks for it; ``joint``: of a single joint; ``source``: its number."""

    side: str
    title: str
    status: str
    word: str
    evidence: tuple[str, ...]
    caution: str
    source: int
    joint: bool


@dataclass(frozen=True)
class Knee:
    """A knee seen from the front: what was measured and what it means."""

    side: str
    of: str
    value: str
    word: str
    lines: tuple[str, ...]


def build_patterns(visit: Visit, *, texts: Texts = ENGLISH) -> tuple[list[Pattern], list[Finding], list[str]]:
    """The gait patterns of both sides, and those that are present with their evidence.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    patterns : list of Pattern
        Every pattern of a leg.
    findings : list of Finding
        Present ones, of a leg first, then of single joints.
    sources : list of str
        What they come from, in the order of their numbers.
    """
    rows: dict[str, dict[str, tuple[str, str]]] = {}
    findings: list[Finding] = []
    sources: list[str] = []
    for record in sorted(visit.patterns.to_dict("records"), key=lambda r: str(r["kind"]) != "gait pattern"):
        status, word = _status(record, texts)
        joint, source = record["kind"] != "gait pattern", str(record["source"])
        if not joint:
            rows.setdefault(str(record["pattern"]), {})[str(record["side"])] = (status, word)
        if status.startswith("present"):
            if source not in sources:
                sources.append(source)
            evidence = tuple(tidy(part, texts) for part in re.split(r"(?<=\)); ", str(record["evidence"])))
            title = texts("finding", side=texts(f"side.{record['side']}"), what=texts(f"pattern.{record['pattern']}"))
            told = [part for part in str(record["reason"]).split("; ") if not part.startswith(OF_OTHERS)]
            caution = sentence(visit.conceal("; ".join(told)), texts) if any(told) else ""
            findings.append(Finding(record["side"], title, status, word, evidence, caution, sources.index(source) + 1, joint))
    sources = [tidy(source, texts) for source in sources]
    patterns = [Pattern(texts(f"pattern.{name}"), sides["left"], sides["right"]) for name, sides in rows.items()]
    return patterns, findings, sources


def why_not_assessable(visit: Visit, *, texts: Texts = ENGLISH) -> list[str]:
    """Patterns of a leg that could not be judged, by their reason; one line a reason.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    list of str
    """
    said: dict[str, dict[str, list[str]]] = {}
    for r in visit.patterns.to_dict("records"):
        if r["kind"] == "gait pattern" and _status(r, texts)[0] == "unknown":
            why = visit.conceal(tidy(str(r["reason"]), texts)).rstrip(".") or texts("refused.no_reason")
            said.setdefault(why, {}).setdefault(str(r["pattern"]), []).append(str(r["side"]))
    lines = []
    for why, found in said.items():
        names = [
            texts("summary.of_side", what=texts(f"pattern.{p}"), side=texts("side.both_legs" if len(own) > 1 else f"side.{own[0]}"))
            for p, own in found.items()
        ]
        lines.append(texts("patterns.not_assessable", patterns=", ".join(names), why=why))
    return lines


def at_the_limit(record: Mapping[Any, Any]) -> bool:
    """Whether the value that decides on a pattern lies within half its error of the limit: neither is then a finding."""
    return bool(record["within_error"]) and abs(record["margin_errors"]) < 0.5


def _status(record: Any, texts: Texts) -> tuple[str, str]:
    present = record["present"]
    if not isinstance(present, bool | np.bool_):
        return "unknown", texts("pattern.unknown")
    if at_the_limit(record):
        return "limit", texts("status.limit")
    key = STATUS[bool(present)] + ("_hint" if bool(record["within_error"]) else "")
    return key, texts(f"status.{key}")


def build_knees(visit: Visit, *, texts: Texts = ENGLISH) -> list[Knee]:
    """Both knees as seen from the front; empty where no recording shows them.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    list of Knee
    """
    if "frontal" not in visit.seen:
        return []
    knees = []
    for r in visit.alignment.to_dict("records"):
        side, of = r["side"], texts(f"side.{r['side']}")
        if not isfinite(r["valgus_deg"]):
            knees.append(Knee(side, of, NOTHING, texts("support.no"), (sentence(visit.conceal(str(r["reason"])), texts),)))
            continue
        lines = [texts("knee.steps", n=int(r["steps"]), of=int(r["steps_seen"]), iqr=number(r["iqr_deg"], "deg"))]
        if isfinite(r["p_neutral"]):
            lines.append(
                texts("knee.p", varum=percent(r["p_varum"]), neutral=percent(r["p_neutral"]), valgum=percent(r["p_valgum"]))
            )
        if isfinite(r["usual_low"]):
            word = texts("mark.within") if r["usual_for_age"] else texts("mark.outside")
            lines.append(texts("knee.usual", low=number(r["usual_low"], "deg"), high=number(r["usual_high"], "deg"), word=word))
        if isfinite(r["cross_talk_deg"]):
            lines.append(texts("knee.cross_talk", n=number(r["cross_talk_deg"], "deg"), turn=number(r["turn_deg"], "deg")))
        if r["notes"]:
            lines += [sentence(note, texts) for note in str(r["notes"]).split("; ")]
        word = texts(f"alignment.{r['alignment']}") + ("?" if near_a_limit(r) else "") if r["alignment"] else ""
        if r["alignment"]:
            beyond, limit = limit_beside(r)
            low, high = (signed_words(x, texts) for x in interval_of(r))
            cut = texts(f"alignment.{beyond}")
            lines.insert(1, texts("knee.interval", low=low, high=high, word=cut, limit=signed_words(limit, texts)))
            word = texts("knee.at_limit", word=cut) if at_a_limit(r) else word
        knees.append(Knee(side, of, signed_words(r["valgus_deg"], texts), word, tuple(lines)))
    return knees


def limit_beside(row: Mapping[Any, Any]) -> tuple[str, float]:
    """What lies beyond the limit a knee is nearest to (``genu varum``, ``genu valgum``), and that limit."""
    low, high = float(row["low"]), float(row["high"])
    return ("genu varum", low) if abs(row["valgus_deg"] - low) < abs(row["valgus_deg"] - high) else ("genu valgum", high)


def at_a_limit(row: Mapping[Any, Any]) -> bool:
    """Whether a knee lies so near to a limit that it may as well lie beyond it: within half the error of keypoints."""
    return bool(row["alignment"] and isfinite(row["margin_deg"]) and abs(row["margin_deg"]) < ERROR_DEG / 2)


def near_a_limit(row: Mapping[Any, Any]) -> bool:
    """Whether a varus or valgus lies nearer to its limit than the error of keypoints; neutral always does."""
    beyond = row["alignment"] not in ("", "neutral")
    return bool(beyond and isfinite(row["margin_deg"]) and abs(row["margin_deg"]) < ERROR_DEG)


def interval_of(row: Mapping[Any, Any]) -> tuple[float, float]:
    """Where 95 % lie, given the error of keypoints and of bending and turning together; degrees, valgus +."""
    cross_talk = row["cross_talk_deg"]
    half = 1.96 * hypot(ERROR_DEG, cross_talk if isfinite(cross_talk) else 0.0)
    return row["valgus_deg"] - half, row["valgus_deg"] + half


def signed_words(value: float, texts: Texts = ENGLISH) -> str:
    """Varus or valgus in words.

    Examples
    --------
    >>> signed_words(3.04), signed_words(-0.26), signed_words(0.01)
    ('3.0° valgus', '0.3° varus', '0.0° straight')
    """
    size = number(abs(value), "deg")
    return texts("knee.straight" if float(size) == 0 else "knee.valgus" if value > 0 else "knee.varus", n=size)
