"""What a page says in words: the summary, the patterns and the knees, each built from the numbers alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.report.tables import BY_NAME, NOTHING, label_of, number, unit_words
from skelgait.report.words import ENGLISH, Texts, view_words

if TYPE_CHECKING:
    from skelgait.report.visit import Visit

MOST_FAR = 3  # quantities far from their norm that the summary names
STATUS = {True: "present", False: "absent"}


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


def summarise_visit(visit: Visit, *, texts: Texts = ENGLISH) -> list[str]:
    """The page in a few sentences.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    list of str
        Of the walk; of the score; of patterns; of the knees; of what lies furthest from its norm. A sentence without numbers is
        left out.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.report.visit import gather_visit
    >>> from skelgait.walker import Walker
    >>> lines = summarise_visit(gather_visit(Trial("child", Walker(cadence_spm=120).film(fps=60, duration_s=5).pose, age_years=7)))
    >>> "120 steps/min (norm 113 – 142)" in lines[0]
    True
    """
    lines = [_walk(visit, texts), _score(visit, texts), *_patterns(visit, texts), _knees(visit, texts), _far(visit, texts)]
    return [line for line in lines if line]


def _walk(visit: Visit, texts: Texts) -> str:
    strides = sum(len(r.measured.strides) for r in visit.recordings)
    views = "; ".join(dict.fromkeys(view_words(r.measured, texts) for r in visit.recordings))
    line = texts("summary.walk", n=strides, recordings=_recordings(visit, texts), views=views)
    named = [name for name in ("cadence_spm", "speed_m_s", "speed_ll_s") if isfinite(visit.pooled.values.get(name, np.nan))]
    if "speed_m_s" in named and "speed_ll_s" in named:
        named.remove("speed_ll_s")
    said = [texts("summary.quantity", what=label_of(BY_NAME[n], texts).lower(), value=_with_norm(visit, n, texts)) for n in named]
    return line + (f": {', '.join(said)}." if said else ".")


def _recordings(visit: Visit, texts: Texts) -> str:
    n = len(visit.recordings)
    return texts("count.recording") if n == 1 else texts("count.recordings", n=n)


def _with_norm(visit: Visit, name: str, texts: Texts) -> str:
    d = BY_NAME[name]
    unit = unit_words(d.unit, texts)
    value = number(visit.pooled.values[name], d.unit) + ("" if unit in ("", "°") else " ") + unit
    if name not in visit.norms:
        return value
    low, high, _ = visit.norms[name]
    return texts("summary.with_norm", value=value, low=number(low, d.unit), high=number(high, d.unit))


def _score(visit: Visit, texts: Texts) -> str:
    whole = visit.total.loc["total"]
    if not whole["scored"]:
        return ""
    return texts(
        "summary.evgs",
        score=f"{whole['score']:.0f}", scored=int(whole["scored"]), items=int(whole["items"]),
        low=f"{whole['low']:.0f}", high=f"{whole['high']:.0f}",
    )  # fmt: skip


def _patterns(visit: Visit, texts: Texts) -> list[str]:
    table = visit.patterns[visit.patterns["kind"] == "gait pattern"]
    present = table[table["present"].map(lambda p: p is True or p is np.True_)]
    sure, unsure = (
        [_named(r, texts) for _, r in present[present["within_error"].astype(bool) == hint].iterrows()] for hint in (False, True)
    )
    lines = [texts("summary.patterns", patterns="; ".join(sure))] if sure else []
    lines += [texts("summary.hints", patterns="; ".join(unsure))] if unsure else []
    told = table["present"].map(lambda p: p is True or p is False or isinstance(p, np.bool_)).sum()
    if not lines and told:
        lines.append(texts("summary.no_pattern", n=int(told), of=len(table)))
    return lines


def _named(row: Any, texts: Texts) -> str:
    return texts("finding", side=texts(f"side.{row['side']}"), what=texts(f"pattern.{row['pattern']}"))


def _knees(visit: Visit, texts: Texts) -> str:
    said = [
        texts(
            "summary.knee",
            side=texts(f"side.{r['side']}"),
            value=_signed(r["valgus_deg"], texts),
            word=texts(f"alignment.{r['alignment']}"),
        )
        for _, r in visit.alignment.iterrows()
        if isfinite(r["valgus_deg"]) and r["alignment"]
    ]
    return texts("summary.knees", knees=", ".join(said)) if said else ""


def _signed(value: float, texts: Texts) -> str:
    size = number(abs(value), "deg")
    return texts("knee.straight" if float(size) == 0 else "knee.valgus" if value > 0 else "knee.varus", n=size)


def _far(visit: Visit, texts: Texts) -> str:
    far = []
    for d in DESCRIPTORS:
        value = visit.pooled.values.get(d.name, np.nan)
        if d.name not in visit.norms or d.group not in ("time", "space", "angle") or not isfinite(value):
            continue
        if f"left_{d.name}" in BY_NAME:  # the mean of both sides: the sides speak for themselves
            continue
        low, high, _ = visit.norms[d.name]
        beyond = max(low - value, value - high)
        if beyond > 0:
            far.append((beyond / max(high - low, 1e-9), d))
    far.sort(key=lambda pair: -pair[0])
    if not far:
        return ""
    said = []
    for _, d in far[:MOST_FAR]:
        side = d.name.split("_")[0]
        what = label_of(d, texts)
        what = texts("finding", side=texts(f"side.{side}"), what=what[:1].lower() + what[1:]) if side in SIDES else what.lower()
        said.append(texts("summary.quantity", what=what, value=_with_norm(visit, d.name, texts)))
    return texts("summary.far", n=len(far), quantities="; ".join(said))


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
            evidence = tuple(re.split(r"(?<=\)); ", str(record["evidence"])))
            title, caution = _named(record, texts), str(record["reason"])
            findings.append(Finding(record["side"], title, status, word, evidence, caution, sources.index(source) + 1, joint))
    patterns = [Pattern(texts(f"pattern.{name}"), sides["left"], sides["right"]) for name, sides in rows.items()]
    return patterns, findings, sources


def _status(record: Any, texts: Texts) -> tuple[str, str]:
    present = record["present"]
    if not isinstance(present, bool | np.bool_):
        return "unknown", texts("pattern.unknown")
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
            knees.append(Knee(side, of, NOTHING, texts("support.no"), (str(r["reason"]),)))
            continue
        lines = [texts("knee.steps", n=int(r["steps"]), of=int(r["steps_seen"]), iqr=number(r["iqr_deg"], "deg"))]
        if isfinite(r["p_neutral"]):
            lines.append(
                texts("knee.p", varum=_percent(r["p_varum"]), neutral=_percent(r["p_neutral"]), valgum=_percent(r["p_valgum"]))
            )
        if isfinite(r["usual_low"]):
            word = texts("mark.within") if r["usual_for_age"] else texts("mark.outside")
            lines.append(texts("knee.usual", low=number(r["usual_low"], "deg"), high=number(r["usual_high"], "deg"), word=word))
        if isfinite(r["cross_talk_deg"]):
            lines.append(texts("knee.cross_talk", n=number(r["cross_talk_deg"], "deg"), turn=number(r["turn_deg"], "deg")))
        if r["notes"]:
            lines.append(str(r["notes"]))
        word = texts(f"alignment.{r['alignment']}") if r["alignment"] else ""
        knees.append(Knee(side, of, _signed(r["valgus_deg"], texts), word, tuple(lines)))
    return knees


def _percent(p: float) -> str:
    return f"{100 * p:.0f} %" if isfinite(p) else NOTHING
