"""The page in a few sentences, each built from its numbers and nothing else."""

from __future__ import annotations

from collections import Counter
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.report.ages import beyond_limits
from skelgait.report.evgs_sheet import points_words
from skelgait.report.findings import at_a_limit, at_the_limit, interval_of, limit_beside, signed_words
from skelgait.report.numbers import number, percent
from skelgait.report.tables import BY_NAME, label_of, unit_words
from skelgait.report.words import ENGLISH, Texts, tidy, view_words

if TYPE_CHECKING:
    import pandas as pd

    from skelgait.report.visit import Visit

P_OF = {"genu varum": "p_varum", "neutral": "p_neutral", "genu valgum": "p_valgum"}
MOST_FAR = 3  # quantities far from their norm that are named
MOST_JOINTS = 4  # patterns of single joints that are named


def summarise_visit(visit: Visit, *, texts: Texts = ENGLISH) -> list[str]:
    """The page in a few sentences.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    list of str
        Of the walk; of the score; of patterns, of the leg and of single joints; of the age they are not made for; of the knees; of
        what lies furthest from its norm. A sentence without numbers is left out.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.report.visit import gather_visit
    >>> from skelgait.walker import Walker
    >>> lines = summarise_visit(gather_visit(Trial("child", Walker(cadence_spm=120).film(fps=60, duration_s=5).pose, age_years=7)))
    >>> "120 steps/min (norm 113 to 142)" in lines[0]
    True
    """
    lines = [_walk(visit, texts), _score(visit, texts), *_patterns(visit, texts), _age(visit, texts)]
    lines += [*_knees(visit, texts), _norms(visit, texts)]
    return [line for line in lines if line]


def _walk(visit: Visit, texts: Texts) -> str:
    strides = sum(len(r.measured.strides) for r in visit.recordings)
    behind = [r for r in visit.recordings if len(r.measured.strides)] or list(
        visit.recordings
    )  # a recording without is none of them
    views = "; ".join(dict.fromkeys(view_words(r.measured, texts) for r in behind))
    n = len(visit.recordings)
    recordings = texts("count.recording") if n == 1 else texts("count.recordings", n=n)
    if len(behind) < n:
        recordings = texts("count.some_recordings", n=len(behind), of=n)
    if strides == 0:
        reasons = Counter(visit.pooled.reasons.get(d.name, "") for d in DESCRIPTORS if d.group == "time")
        why = tidy(visit.conceal(reasons.most_common(1)[0][0]), texts).rstrip(".")
        return texts("summary.no_walk", recordings=recordings, views=views, why=why)
    count = texts("count.stride") if strides == 1 else texts("count.strides", n=strides)
    line = texts("summary.walk", strides=count, recordings=recordings, views=views)
    named = [name for name in ("cadence_spm", "speed_m_s", "speed_ll_s") if isfinite(visit.pooled.values.get(name, np.nan))]
    if "speed_m_s" in named and "speed_ll_s" in named:
        named.remove("speed_ll_s")
    said = [texts("summary.quantity", what=label_of(BY_NAME[n], texts).lower(), value=_with_norm(visit, n, texts)) for n in named]
    return line + (f": {', '.join(said)}." if said else ".")


def _with_norm(visit: Visit, name: str, texts: Texts) -> str:
    d = BY_NAME[name]
    unit = unit_words(d.unit, texts)
    after = unit if unit in ("", "°") else f" {unit}"
    value = number(visit.pooled.values[name], d.unit) + after
    if name not in visit.norms:
        return value
    low, high, _ = visit.norms[name]
    if name.endswith("knee_valgus_mid_stance_deg"):  # varus and valgus have no sign in a sentence
        said = [signed_words(x, texts) for x in (visit.pooled.values[name], low, high)]
        return texts("summary.with_norm", value=said[0], low=said[1], high=said[2])
    closing = unit if unit == "°" else ""
    return texts("summary.with_norm", value=value, low=number(low, d.unit), high=number(high, d.unit) + closing)


def _score(visit: Visit, texts: Texts) -> str:
    whole = visit.total.loc["total"]
    if not whole["scored"]:
        return ""
    return texts(
        "summary.evgs",
        points=points_words(whole["score"], texts), scored=int(whole["scored"]), items=int(whole["items"]),
        expected=f"{whole['expected']:.0f}", sd=f"{whole['expected_sd']:.0f}",
        low=f"{whole['low']:.0f}", high=f"{whole['high']:.0f}",
    )  # fmt: skip


def _patterns(visit: Visit, texts: Texts) -> list[str]:
    told = np.array([isinstance(p, bool | np.bool_) for p in visit.patterns["present"]], bool)
    if not told.any():
        return []
    present = told & np.array([p is True or p is np.True_ for p in visit.patterns["present"]], bool)
    present &= ~np.array([at_the_limit(r) for r in visit.patterns.to_dict("records")], bool)
    near = visit.patterns["within_error"].astype(bool).to_numpy()
    leg = (visit.patterns["kind"] == "gait pattern").to_numpy()
    lines = [
        _named(visit.patterns[present & leg & ~near], "summary.patterns", texts),
        _named(visit.patterns[present & leg & near], "summary.hints", texts),
    ]
    if not (present & leg).any() and (told & leg).any():
        counts = {"n": int((told & leg).sum()), "of": int(leg.sum()), "near": int((told & leg & near).sum())}
        lines.append(texts("summary.no_pattern", **counts))
    lines += [
        _named(visit.patterns[present & ~leg & ~near], "summary.joints", texts, most=MOST_JOINTS),
        _named(visit.patterns[present & ~leg & near], "summary.joint_hints", texts, most=MOST_JOINTS),
    ]
    return [line for line in lines if line]


def _age(visit: Visit, texts: Texts) -> str:
    """That limits of children were used on somebody else, where any limit was."""
    age = beyond_limits(visit.trial.age_years)
    if not age or not (visit.total.loc["total", "scored"] or visit.patterns["present"].notna().any()):
        return ""
    return texts("summary.no_age") if age == "no_age" else texts("summary.other_age", age=f"{visit.trial.age_years:.3g}")


def _named(rows: pd.DataFrame, key: str, texts: Texts, *, most: int = 99) -> str:
    """Patterns with their sides: one that both legs show is named once."""
    sides: dict[str, list[str]] = {}
    for pattern, side in zip(rows["pattern"], rows["side"], strict=True):
        sides.setdefault(str(pattern), []).append(str(side))
    said = [
        texts(
            "summary.of_side", what=texts(f"pattern.{pattern}"), side=texts("side.both_legs" if len(own) > 1 else f"side.{own[0]}")
        )
        for pattern, own in sides.items()
    ]
    words = ", ".join(said[:most])
    if len(said) > most:
        words = texts("summary.and_more", patterns=words, n=len(said) - most)
    return texts(key, patterns=words) if said else ""


def _knees(visit: Visit, texts: Texts) -> list[str]:
    said, apparent = [], False
    for r in visit.alignment.to_dict("records"):
        if not (isfinite(r["valgus_deg"]) and r["alignment"]):
            continue
        if at_a_limit(r):
            beyond, limit = limit_beside(r)
            low, high = (signed_words(x, texts) for x in interval_of(r))
            cut = {"word": texts(f"alignment.{beyond}"), "limit": signed_words(limit, texts), "p": percent(r[P_OF[beyond]])}
            words = [texts("summary.at_limit", low=low, high=high, **cut)]
        else:
            words = [texts(f"alignment.{r['alignment']}")]
            if isfinite(p := r[P_OF[r["alignment"]]]):
                words.append(texts("summary.probability", p=percent(p)))
        if isfinite(r["usual_low"]):
            words.append(texts("summary.usual" if r["usual_for_age"] else "summary.unusual"))
        side = texts(f"side.{r['side']}")
        said.append(texts("summary.knee", side=side, value=signed_words(r["valgus_deg"], texts), word=", ".join(words)))
        apparent |= bool(r["apparent"])
    lines = [texts("summary.knees", knees="; ".join(said))] if said else []
    return [*lines, texts("summary.apparent")] if apparent else lines


def _norms(visit: Visit, texts: Texts) -> str:
    """How many numbers lie outside their norm, and which do furthest."""
    far, known = [], 0
    for d in DESCRIPTORS:
        value = visit.pooled.values.get(d.name, np.nan)
        if d.name not in visit.norms or d.group not in ("time", "space", "angle") or not isfinite(value):
            continue
        if f"left_{d.name}" in BY_NAME:  # the mean of both sides: the sides speak for themselves
            continue
        known += 1
        low, high, _ = visit.norms[d.name]
        beyond = max(low - value, value - high)
        if beyond > 0:
            far.append((beyond / max(high - low, 1e-9), d))
    if not known:
        some = any(isfinite(v) for v in visit.pooled.values.values())
        if not some:
            return ""
        return texts("norms.no_age" if visit.trial.age_years is None else "norms.none")
    if not far:
        return texts("summary.one_within") if known == 1 else texts("summary.all_within", n=known)
    far.sort(key=lambda pair: -pair[0])
    said = []
    for _, d in far[:MOST_FAR]:
        side = d.name.split("_")[0]
        what = texts("tile.knee_front") if d.name.endswith("knee_valgus_mid_stance_deg") else label_of(d, texts)
        what = what[:1].lower() + what[1:]
        if side in SIDES:
            what = texts("point.of_side", side=texts(f"side.{side}"), point=what)
        said.append(texts("summary.quantity", what=what, value=_with_norm(visit, d.name, texts)))
    if len(far) == 1:
        return texts("summary.one_far", of=known, quantities=said[0])
    return texts("summary.far", n=len(far), of=known, quantities="; ".join(said))
