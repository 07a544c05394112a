"""The page of a cohort: how its numbers spread, what is missing, and a link to the page of each walk."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import skelgait
from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.report.distributions import FEWEST, Series, draw_distribution
from skelgait.report.numbers import number
from skelgait.report.page import TEMPLATES, digest
from skelgait.report.shares import pattern_shares, score_shares
from skelgait.report.tables import BY_NAME, label_of, unit_words
from skelgait.report.words import ENGLISH, Texts, printable, tidy

if TYPE_CHECKING:
    import pandas as pd

# Numbers whose spread is drawn, in order: descriptors without side. In metres, where there are metres.
SPREADS = (
    "cadence_spm",
    "speed_m_s",
    "speed_ll_s",
    "step_time_s",
    "stance_percent",
    "double_support_percent",
    "step_length_m",
    "step_length_ll",
    "hip_flexion_min_stance_deg",
    "knee_flexion_initial_contact_deg",
    "knee_flexion_min_stance_deg",
    "knee_flexion_max_swing_deg",
    "ankle_dorsiflexion_max_stance_deg",
    "trunk_lean_mean_deg",
    "knee_valgus_mid_stance_deg",
    "step_width_ll",
    "step_time_symmetry_index_percent",
    "stride_time_cv_percent",
)
SAME = {"speed_ll_s": "speed_m_s", "step_length_ll": "step_length_m"}
# Columns of the table of walks: a descriptor, or its mean over sides.
_COLUMNS = ("cadence_spm", "speed_ll_s", "stance_percent", "knee_flexion_min_stance_deg", "knee_flexion_max_swing_deg")
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
    texts: Texts = ENGLISH,
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
    texts : Texts

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
    script = "\n" + (TEMPLATES / "cohort.js").read_text(encoding="utf8")
    reasons, missing, asked = _reasons(descriptors, texts)
    day = datetime.date.today()
    words = {word: texts(f"cohort.js.{word}") for word in ("all", "some")}
    text = environment.get_template("cohort.html.jinja2").render(
        t=texts,
        style=Markup(style),
        script=Markup(script),
        script_digest=digest(script),
        words=words,
        version=skelgait.__version__,
        date=texts("date", day=day.day, month=texts.parts("months")[day.month - 1], year=day.year),
        tiles=_tiles(walks, visits, failures, texts),
        remarks=remarks,
        paged=bool(pages),
        spreads=_spreads(walks, visits, pages, texts),
        spread_note=texts("cohort.spread.note" if walks["measured"].sum() >= FEWEST else "cohort.spread.few", n=FEWEST),
        items=score_shares(evgs, texts=texts),
        patterns=pattern_shares(patterns, texts=texts),
        scored_visits=int(visits["evgs"].notna().sum()),
        table=_table(walks, visits, pages, texts),
        summary=_summary(walks, texts),
        reasons=reasons[:_MOST_REASONS],
        more_reasons=reasons[_MOST_REASONS:],
        missing=missing,
        asked=asked,
        failures=[
            {"row": r.row, "walk": r.walk, "subject": r.subject, "stage": r.stage, "problem": tidy(str(r.problem), texts)}
            for r in failures.itertuples()
        ],
        files=files,
    )
    return printable(text)


def _many(n: int, what: str, texts: Texts) -> str:
    """The words of one and of many: 1 visit, 3 visits."""
    return texts(f"cohort.one.{what}") if n == 1 else texts(f"cohort.many.{what}", n=n)


def _tiles(walks: pd.DataFrame, visits: pd.DataFrame, failures: pd.DataFrame, texts: Texts) -> list[tuple[str, str, str]]:
    measured = walks[walks["measured"].astype(bool)]
    lost = _many(failures["row"].nunique(), "on_walks", texts) if len(failures) else texts("cohort.tile.none")
    tiles = [
        (texts("cohort.tile.measured"), str(len(measured)), texts("cohort.tile.of", n=len(walks))),
        (texts("cohort.tile.subjects"), str(walks["subject"].nunique()), _many(len(visits), "visits", texts)),
        (texts("cohort.tile.failures"), str(len(failures)), lost),
        (texts("cohort.tile.strides"), f"{int(measured['n_strides'].sum()):,}".replace(",", " "), texts("cohort.tile.both_sides")),
    ]
    if "age_years" in walks and walks["age_years"].notna().any():
        ages = walks.drop_duplicates("subject")["age_years"].dropna().astype(float)
        span = texts("cohort.tile.ages", low=f"{ages.min():.3g}", high=f"{ages.max():.3g}", n=len(ages))
        tiles.append((texts("cohort.tile.age"), f"{ages.median():.0f}", span))
    if visits["evgs"].notna().any():
        known = visits["evgs"].dropna().astype(float)
        scored = visits["evgs_scored"].dropna().astype(float).median()
        tiles.append((texts("cohort.tile.evgs"), f"{known.median():.0f}", texts("cohort.tile.scored", n=f"{scored:.0f}", of=34)))
    return tiles


def _spreads(walks: pd.DataFrame, visits: pd.DataFrame, pages: Mapping[int, str], texts: Texts) -> list[dict[str, Any]]:
    links = [pages.get(row, "") for row in walks["row"]]
    cards = []
    done: set[str] = set()
    for name in SPREADS:
        if SAME.get(name) in done:
            continue
        sides = {side: f"{side}_{name}" for side in SIDES} if f"left_{name}" in walks else {"": name}
        d = BY_NAME[next(iter(sides.values()))]
        series = []
        for side, column in sides.items():
            values = walks[column].to_numpy(float)
            if np.isfinite(values).any():
                titles = [
                    f"{texts('cohort.dot', walk=walk, row=row, side=texts(f'side.{side}') if side else '')} "
                    f"{number(v, d.unit)} {unit_words(d.unit, texts)}"
                    for walk, row, v in zip(walks["walk"], walks["row"], values, strict=True)
                ]
                series.append(Series(side, values, links, titles))
        if series:
            done.add(name)
            cards.append(_card(texts(f"cohort.spread.{name}"), unit_words(d.unit, texts), d.unit, series, texts))
    known = visits["evgs"].to_numpy(float)
    if np.isfinite(known).any():
        first = {w: pages.get(r, "") for w, r in zip(walks["walk"], walks["row"], strict=True)}
        links = [first.get(str(w).split(" ")[0], "") for w in visits["walk"]]
        titles = [
            texts("cohort.dot_visit", subject=s, visit=v, score=f"{score:g}", low=f"{low:g}", high=f"{high:g}")
            for s, v, score, low, high in visits[["subject", "visit", "evgs", "evgs_low", "evgs_high"]].itertuples(index=False)
        ]
        own = [Series("", known, links, titles)]
        cards.append(_card(texts("cohort.spread.evgs"), texts("cohort.points"), "", own, texts, decimals=0))
    return cards


def _card(words: str, unit: str, raw: str, series: list[Series], texts: Texts, *, decimals: int | None = None) -> dict[str, Any]:
    lines = []
    few = max(np.isfinite(one.values).sum() for one in series) < FEWEST
    for one in series:
        known = one.values[np.isfinite(one.values)]
        space = "" if unit in ("°", "%") else " "
        side = texts(f"side.{one.name}") if one.name else ""
        if few:
            each = ", ".join(number(v, raw, decimals) for v in np.sort(known))
            lines.append({"side": one.name, "of": side, "n": len(known), "median": f"{each}{space}{unit}", "range": ""})
            continue
        quarter, middle, third = (number(v, raw, decimals) for v in np.percentile(known, [25, 50, 75]))
        band = texts("norms.band", low=quarter, high=third)
        lines.append({"side": one.name, "of": side, "n": len(known), "median": f"{middle}{space}{unit}", "range": band})
    said = "; ".join(f"{line['of']} {line['median']}, n {line['n']}".strip() for line in lines)
    return {"words": words, "unit": unit, "lines": lines, "svg": draw_distribution(series, unit, words=f"{words}: {said}")}


def _table(walks: pd.DataFrame, visits: pd.DataFrame, pages: Mapping[int, str], texts: Texts) -> dict[str, Any]:
    """Every walk as a row of texts, with the numbers to sort by."""
    units = [unit_words((BY_NAME.get(f"left_{n}") or BY_NAME[n]).unit, texts) for n in _COLUMNS]
    scores = {(v.subject, v.visit): v for v in visits.itertuples()}
    aged = "age_years" in walks and bool(walks["age_years"].notna().any())
    names = [d.name for d in DESCRIPTORS]
    present = walks[names].notna().sum(axis=1).to_numpy()
    rows = []
    for w, n in zip(walks.to_dict("records"), present, strict=True):
        score = scores.get((w["subject"], w["visit"]))
        label = w.get("visit_label") or ""
        visit = f"{w['visit']} ({label})" if label else str(w["visit"])
        cells = [(str(w["row"]), w["row"]), (w["subject"], w["subject"]), (visit, w["visit"])]
        if aged:
            cells.append(_cell(w["age_years"], ""))
        for name in _COLUMNS:
            unit = (BY_NAME.get(f"left_{name}") or BY_NAME[name]).unit
            both = [w[c] for c in (f"left_{name}", f"right_{name}") if c in w]
            known = [v for v in both if v == v] or [w.get(name, np.nan)]
            cells.append(_cell(float(np.mean(known)), unit))
        if score is None or score.evgs != score.evgs:
            cells.append(("–", ""))
        else:
            cells.append((f"{score.evgs:g} ({score.evgs_low:g}–{score.evgs_high:g})", score.evgs))
        cells.append((str(int(n)), int(n)))
        view = " + ".join(texts.get(f"view.{v}", v) for v in str(w["view"]).split() if v not in ("nan", "None"))
        view = view or texts("support.no")
        rows.append({"walk": w["walk"] or "–", "page": pages.get(w["row"], ""), "view": view, "cells": cells})
    head = [texts(f"cohort.head.{key}") for key in ("row", "subject", "visit", *(["age"] if aged else []))]
    words = [texts(f"cohort.column.{name}") for name in _COLUMNS]
    head += [f"{word}, {unit}" if unit else word for word, unit in zip(words, units, strict=True)]
    return {"head": [*head, texts("cohort.head.evgs"), texts("cohort.head.numbers")], "rows": rows, "most": len(names)}


def _cell(value: float, unit: str) -> tuple[str, Any]:
    known = value is not None and np.isfinite(value)
    return (number(value, unit) if unit else f"{value:.3g}", round(float(value), 6)) if known else ("–", "")


def _summary(walks: pd.DataFrame, texts: Texts) -> list[dict[str, Any]]:
    """Every descriptor over all walks: how many have it, median, quartiles, least and greatest."""
    rows = []
    for d in DESCRIPTORS:
        known = walks[d.name].to_numpy(float)
        known = known[np.isfinite(known)]
        if len(known):
            low, quarter, middle, third, high = (number(v, d.unit) for v in np.percentile(known, [0, 25, 50, 75, 100]))
            half = texts("norms.band", low=quarter, high=third) if len(known) >= FEWEST else "–"
            cells = [str(len(known)), middle, half, low, high]
            side = texts(f"side.{d.side}") if d.side else ""
            words = {"words": label_of(d, texts), "unit": unit_words(d.unit, texts), "of": side}
            rows.append({**words, "name": d.name, "side": d.side, "cells": cells})
    return rows


def _reasons(descriptors: pd.DataFrame, texts: Texts) -> tuple[list[dict[str, Any]], int, int]:
    """Why numbers are missing, the commonest reason first; how many are, of how many asked for."""
    gone = descriptors[descriptors["reason"].astype(str) != ""]
    plain = gone["reason"].astype(str).map(lambda reason: _TOO_FEW.sub(r"fewer than \2 cycles\1", reason))
    counted = gone.groupby(plain).agg(numbers=("descriptor", "size"), walks=("row", "nunique"), kinds=("descriptor", "nunique"))
    counted = counted.sort_values(["numbers"], ascending=False, kind="stable")
    rows = [
        {"reason": tidy(str(r.Index), texts), "numbers": r.numbers, "walks": r.walks, "kinds": r.kinds}
        for r in counted.itertuples()
    ]
    return rows, len(gone), len(descriptors)


_TOO_FEW = re.compile(r"^\d+ cycles?( of the (?:left|right) leg)?, it needs (\d+)$")
