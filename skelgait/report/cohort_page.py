"""The page of a cohort: how its numbers spread, what is missing, and a link to the page of each walk."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import skelgait
from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.report.distributions import Series, draw_distribution
from skelgait.report.page import TEMPLATES, VIEW_WORDS
from skelgait.report.tables import BY_NAME, label_of, number, unit_words

if TYPE_CHECKING:
    import pandas as pd

# Numbers whose spread is drawn, in order: a descriptor without side, and its words.
SPREADS: tuple[tuple[str, str], ...] = (
    ("cadence_spm", "Cadence"),
    ("speed_m_s", "Walking speed"),
    ("speed_ll_s", "Walking speed"),
    ("step_time_s", "Step time"),
    ("stance_percent", "Stance, share of the stride"),
    ("double_support_percent", "Double support, share of the stride"),
    ("step_length_m", "Step length"),
    ("step_length_ll", "Step length"),
    ("hip_flexion_min_stance_deg", "Hip flexion, least in stance"),
    ("knee_flexion_initial_contact_deg", "Knee flexion at contact"),
    ("knee_flexion_min_stance_deg", "Knee flexion, least in stance"),
    ("knee_flexion_max_swing_deg", "Knee flexion, greatest in swing"),
    ("ankle_dorsiflexion_max_stance_deg", "Ankle dorsiflexion, greatest in stance"),
    ("trunk_lean_mean_deg", "Trunk lean forward"),
    ("knee_valgus_mid_stance_deg", "Knee valgus in mid-stance (varus −)"),
    ("step_width_ll", "Step width"),
    ("step_time_symmetry_index_percent", "Step time, symmetry index (left − right)"),
    ("stride_time_cv_percent", "Stride time, variation"),
)
# Columns of the table of walks: words, descriptor or its mean over sides, unit.
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("Cadence", "cadence_spm"),
    ("Speed", "speed_ll_s"),
    ("Stance", "stance_percent"),
    ("Knee least in stance", "knee_flexion_min_stance_deg"),
    ("Knee greatest in swing", "knee_flexion_max_swing_deg"),
)
_MOST_REASONS = 12


def render_cohort(
    walks: pd.DataFrame,
    descriptors: pd.DataFrame,
    visits: pd.DataFrame,
    evgs: pd.DataFrame,
    patterns: pd.DataFrame,
    failures: pd.DataFrame,
    *,
    pages: Mapping[int, str],
    remarks: Sequence[str] = (),
    files: Sequence[str] = (),
) -> str:
    """The page as text.

    Parameters
    ----------
    walks, descriptors, visits, evgs, patterns, failures : DataFrame
        Tables of a cohort: ``row``, ``walk``, ``subject``, ``visit``, ``measured`` and a column a descriptor in the first; the
        rows of `validity` in the second; ``evgs`` and its range in the third; those of `score_evgs` and `find_patterns` of every
        visit; ``stage`` and ``problem`` of what failed.
    pages : mapping of row to str
        Where the page of a walk is, as a link from this one.
    remarks : sequence of str
        Sentences shown at the top.
    files : sequence of str
        Names of the tables beside the page.

    Returns
    -------
    str
        HTML that asks nothing of the network; whatever came from outside is escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = "\n".join((TEMPLATES / name).read_text(encoding="utf8") for name in ("report.css", "cohort.css"))
    script = (TEMPLATES / "cohort.js").read_text(encoding="utf8")
    reasons, missing, asked = _reasons(descriptors)
    return environment.get_template("cohort.html.jinja2").render(
        style=Markup(style),
        script=Markup(script),
        version=skelgait.__version__,
        date=f"{datetime.date.today():%d %B %Y}".lstrip("0"),
        tiles=_tiles(walks, visits, failures),
        remarks=remarks,
        paged=bool(pages),
        spreads=_spreads(walks, visits, pages),
        items=_items(evgs),
        patterns=_patterns(patterns),
        scored_visits=int(visits["evgs"].notna().sum()),
        table=_table(walks, visits, pages),
        summary=_summary(walks),
        reasons=reasons[:_MOST_REASONS],
        more_reasons=reasons[_MOST_REASONS:],
        missing=missing,
        asked=asked,
        failures=[
            {"row": r.row, "walk": r.walk, "subject": r.subject, "stage": r.stage, "problem": r.problem}
            for r in failures.itertuples()
        ],
        files=files,
    )


def _tiles(walks: pd.DataFrame, visits: pd.DataFrame, failures: pd.DataFrame) -> list[tuple[str, str, str]]:
    measured = walks[walks["measured"].astype(bool)]
    tiles = [
        ("Walks measured", str(len(measured)), f"of {len(walks)}"),
        ("Subjects", str(walks["subject"].nunique()), f"{len(visits)} visit{'s' if len(visits) != 1 else ''}"),
        ("Failures", str(len(failures)), f"on {failures['row'].nunique()} walks" if len(failures) else "none"),
        ("Strides", f"{int(measured['n_strides'].sum()):,}".replace(",", " "), "both sides, all walks"),
    ]
    if "age_years" in walks and walks["age_years"].notna().any():
        ages = walks.drop_duplicates("subject")["age_years"].dropna().astype(float)
        tiles.append(("Age, median", f"{ages.median():.0f}", f"{ages.min():g} to {ages.max():g} years, {len(ages)} subjects"))
    if visits["evgs"].notna().any():
        known = visits["evgs"].dropna().astype(float)
        scored = visits["evgs_scored"].dropna().astype(float).median()
        tiles.append(("EVGS, median of visits", f"{known.median():.0f}", f"{scored:.0f} of 34 items scored, median"))
    return tiles


def _spreads(walks: pd.DataFrame, visits: pd.DataFrame, pages: Mapping[int, str]) -> list[dict[str, Any]]:
    links = [pages.get(row, "") for row in walks["row"]]
    cards = []
    done: set[str] = set()
    for name, words in SPREADS:
        if words in done:  # in metres, where there are metres
            continue
        sides = {side: f"{side}_{name}" for side in SIDES} if f"left_{name}" in walks else {"": name}
        d = BY_NAME[next(iter(sides.values()))]
        series = []
        for side, column in sides.items():
            values = walks[column].to_numpy(float)
            if np.isfinite(values).any():
                titles = [
                    f"{walk} (row {row}){f' {side}' if side else ''}: {number(v, d.unit)} {unit_words(d.unit)}"
                    for walk, row, v in zip(walks["walk"], walks["row"], values, strict=True)
                ]
                series.append(Series(side, values, links, titles))
        if series:
            done.add(words)
            cards.append(_card(words, unit_words(d.unit), d.unit, series))
    known = visits["evgs"].to_numpy(float)
    if np.isfinite(known).any():
        first = {w: pages.get(r, "") for w, r in zip(walks["walk"], walks["row"], strict=True)}
        links = [first.get(str(w).split(" ")[0], "") for w in visits["walk"]]
        titles = [
            f"{s} visit {v}: {score:g}, {low:g} to {high:g}"
            for s, v, score, low, high in visits[["subject", "visit", "evgs", "evgs_low", "evgs_high"]].itertuples(index=False)
        ]
        cards.append(
            _card("Edinburgh Visual Gait Score, scored items", "points", "", [Series("", known, links, titles)], decimals=0)
        )
    return cards


def _card(words: str, unit: str, raw: str, series: list[Series], decimals: int | None = None) -> dict[str, Any]:
    lines = []
    for one in series:
        known = one.values[np.isfinite(one.values)]
        quarter, middle, third = (number(v, raw, decimals) for v in np.percentile(known, [25, 50, 75]))
        space = "" if unit in ("°", "%") else " "
        lines.append({"side": one.name, "n": len(known), "median": f"{middle}{space}{unit}", "range": f"{quarter} to {third}"})
    said = "; ".join(f"{line['side']} median {line['median']}, n {line['n']}".strip() for line in lines)
    return {"words": words, "unit": unit, "lines": lines, "svg": draw_distribution(series, unit, words=f"{words}: {said}")}


def _items(evgs: pd.DataFrame) -> list[dict[str, Any]]:
    """How often each item of the score got 0, 1, 2 or none, a side, as shares."""
    rows = []
    for (item, name), own in evgs.groupby(["item", "name"], sort=True):
        sides = []
        for side in SIDES:
            score = own.loc[own["side"] == side, "score"].to_numpy(float)
            counts = [int((score == s).sum()) for s in (0, 1, 2)]
            counts.append(len(score) - sum(counts))
            said = ", ".join(f"{n} x {w}" for n, w in zip(counts, ("0", "1", "2", "not scored"), strict=True) if n)
            sides.append({"side": side, "shares": [100 * n / max(len(score), 1) for n in counts], "said": said})
        rows.append({"item": item, "name": str(name).replace("_", " "), "tier": own["tier"].iloc[0], "sides": sides})
    return rows


def _patterns(patterns: pd.DataFrame) -> list[dict[str, Any]]:
    """How often each gait pattern is there, is not, or cannot be told, a side, as shares."""
    rows = []
    own_kind = patterns[patterns["kind"] == "gait pattern"]
    for name, own in own_kind.groupby("pattern", sort=False):
        sides = []
        for side in SIDES:
            one = own[own["side"] == side]
            present = [None if x is None or x != x else bool(x) for x in one["present"]]
            sure = [w is not None and w == w and not w for w in one["within_error"]]
            counts = [
                sum(p is False for p in present),
                sum(p is True and not s for p, s in zip(present, sure, strict=True)),
                sum(p is True and s for p, s in zip(present, sure, strict=True)),
                sum(p is None for p in present),
            ]
            words = ("absent", "present within the error", "present", "cannot be told")
            said = ", ".join(f"{n} x {w}" for n, w in zip(counts, words, strict=True) if n)
            sides.append({"side": side, "shares": [100 * n / max(len(present), 1) for n in counts], "said": said})
        rows.append({"name": str(name).replace("_", " "), "sides": sides})
    return rows


def _table(walks: pd.DataFrame, visits: pd.DataFrame, pages: Mapping[int, str]) -> dict[str, Any]:
    """Every walk as a row of texts, with the numbers to sort by."""
    units = [unit_words((BY_NAME.get(f"left_{n}") or BY_NAME[n]).unit) for _, n in _COLUMNS]
    scores = {(v.subject, v.visit): v for v in visits.itertuples()}
    aged = "age_years" in walks and bool(walks["age_years"].notna().any())
    names = [d.name for d in DESCRIPTORS]
    present = walks[names].notna().sum(axis=1).to_numpy()
    rows = []
    for w, n in zip(walks.to_dict("records"), present, strict=True):
        score = scores.get((w["subject"], w["visit"]))
        cells = [(str(w["row"]), w["row"]), (w["subject"], w["subject"]), (str(w["visit"]), w["visit"])]
        if aged:
            cells.append(_cell(w["age_years"], ""))
        for _, name in _COLUMNS:
            unit = (BY_NAME.get(f"left_{name}") or BY_NAME[name]).unit
            both = [w[c] for c in (f"left_{name}", f"right_{name}") if c in w]
            known = [v for v in both if v == v] or [w.get(name, np.nan)]
            cells.append(_cell(float(np.mean(known)), unit))
        if score is None or score.evgs != score.evgs:
            cells.append(("–", ""))
        else:
            cells.append((f"{score.evgs:g} ({score.evgs_low:g}–{score.evgs_high:g})", score.evgs))
        cells.append((str(int(n)), int(n)))
        view = " + ".join(VIEW_WORDS.get(v, v) for v in str(w["view"]).split() if v != "nan")
        rows.append({"walk": w["walk"] or "–", "page": pages.get(w["row"], ""), "view": view or "not measured", "cells": cells})
    head = ["Row", "Subject", "Visit", *(["Age"] if aged else [])]
    head += [f"{words}, {unit}" if unit else words for (words, _), unit in zip(_COLUMNS, units, strict=True)]
    return {"head": [*head, "EVGS (range)", "Numbers"], "rows": rows, "most": len(names)}


def _cell(value: float, unit: str) -> tuple[str, Any]:
    known = value is not None and np.isfinite(value)
    return (number(value, unit) if unit else f"{value:g}", round(float(value), 6)) if known else ("–", "")


def _summary(walks: pd.DataFrame) -> list[dict[str, Any]]:
    """Every descriptor over all walks: how many have it, median, quartiles, least and greatest."""
    rows = []
    for d in DESCRIPTORS:
        known = walks[d.name].to_numpy(float)
        known = known[np.isfinite(known)]
        if len(known):
            low, quarter, middle, third, high = (number(v, d.unit) for v in np.percentile(known, [0, 25, 50, 75, 100]))
            cells = [str(len(known)), middle, f"{quarter} to {third}", low, high]
            rows.append({"words": label_of(d), "name": d.name, "unit": unit_words(d.unit), "side": d.side, "cells": cells})
    return rows


def _reasons(descriptors: pd.DataFrame) -> tuple[list[dict[str, Any]], int, int]:
    """Why numbers are missing, the commonest reason first; how many are, of how many asked for."""
    gone = descriptors[descriptors["reason"].astype(str) != ""]
    counted = gone.groupby("reason").agg(numbers=("descriptor", "size"), walks=("row", "nunique"), kinds=("descriptor", "nunique"))
    counted = counted.sort_values(["numbers"], ascending=False, kind="stable")
    rows = [{"reason": str(r.Index), "numbers": r.numbers, "walks": r.walks, "kinds": r.kinds} for r in counted.itertuples()]
    return rows, len(gone), len(descriptors)
