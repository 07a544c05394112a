"""Tables of the documentation, made from the tables of the code when the pages are built."""

from __future__ import annotations

from typing import Any


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines)


def descriptors() -> str:
    """Every descriptor with unit, plane, definition, needs and source."""
    from skelgait.gait.descriptors import DESCRIPTORS

    return _table(
        ("name", "unit", "plane", "definition", "needs", "source"),
        [(f"`{d.name}`", d.unit, d.plane, d.definition, ", ".join(d.needs), d.source) for d in DESCRIPTORS],
    )


def formats() -> str:
    """Every pose file format."""
    from skelgait.io.formats import FORMATS

    return _table(
        ("format", "endings", "read", "written", "what"),
        [
            (f"`{f.name}`", ", ".join(f.extensions), "yes" if f.reads else "", "yes" if f.writes else "", f.description)
            for f in FORMATS
        ],
    )


def skeletons() -> str:
    """Every keypoint layout."""
    from skelgait.core.skeleton import SKELETONS

    feet = {name: "heel and toe" if s.has("left_heel", "left_toe") else "ankle only" for name, s in SKELETONS.items()}
    return _table(("layout", "keypoints", "feet"), [(f"`{name}`", str(len(s)), feet[name]) for name, s in SKELETONS.items()])


def evgs() -> str:
    """The items of the Edinburgh score: how each is measured, its limits, its error, its sources."""
    from math import isfinite

    from skelgait.tasks.evgs import SCORES_OF_BANDS, evgs_items

    units = {"deg": " °", "percent": " %", "percent_ll": " % of the leg length"}
    rows = []
    for item in evgs_items():
        known = [i for i, edge in enumerate(item.edges) if isfinite(edge)]
        bands = [f"**{SCORES_OF_BANDS[i]}** {item.edges[i]:g}" for i in known]
        limits = f"{' '.join(bands)} **{SCORES_OF_BANDS[known[-1] + 1]}**" if known else "in words"
        limits += units[item.unit] if known else ""
        error = f"{item.error:g}{units[item.unit]}: {item.error_source}" if isfinite(item.error) else ""
        how = f"{item.what}. *{item.why}*" if item.why else item.what
        rows.append((f"{item.item} {item.title}", item.tier, how, limits, error, item.source))
    return _table(("item", "tier", "measured", "limits between the scores", "error (standard deviation)", "source"), rows)


def _ages(low: float, high: float) -> str:
    return f"{low:g}" if high - low <= 1 else f"{low:g}–{high - 1:g}"


def norms() -> str:
    """The numbers healthy people are compared by, printed ones and those read off the reference curves."""
    from math import isfinite

    from skelgait.gait.norms import cited_norms

    rows = []
    for n in cited_norms().numbers:
        band = f"{n.mean:.4g} ± {n.sd:.3g}" if isfinite(n.sd) else f"{n.mean:.4g}"
        who = n.group.cited.removeprefix(n.group.source).removeprefix(": ")
        group = f"{n.group.source.split(',')[0]}: {who}"
        rows.append((f"`{n.name}`", _ages(n.group.age_from, n.group.age_to), n.group.sex, band, group))
    return _table(("descriptor", "years", "sex", "mean ± SD", "source and group"), rows)


def norm_curves() -> str:
    """The reference curves: their harmonics' misfit to what is published, and how far healthy people lie from the mean."""
    from skelgait.gait.reference import SPEEDS, read_table, reference_curves

    misfit = {(r["curve"], r["speed"] or "free"): (r["fit_rms_deg"], r["fit_max_deg"]) for r in read_table("curves.csv")[::-1]}
    rows = []
    for speed in SPEEDS:
        for name, curve in reference_curves(speed).items():
            if (name, speed) in misfit:
                rms, most = misfit[name, speed]
                lowest, highest = f"{curve.mean.min():.1f}", f"{curve.mean.max():.1f}"
                rows.append(
                    (f"`{name}`", speed, f"{lowest} to {highest}", f"{curve.typical_deg:.1f}", rms, most, curve.group.source)
                )
    return _table(
        ("angle", "speed", "mean curve (°)", "typical deviation (°)", "misfit, rms (°)", "misfit, most (°)", "source"), rows
    )


def tibiofemoral() -> str:
    """Angles of the anatomical axes by age and population."""
    from math import isfinite

    from skelgait.gait.norms import tibiofemoral_norms

    rows = [
        (
            r.population,
            _ages(r.age_from, r.age_to),
            r.sex,
            f"{r.mean:g}" + (f" ± {r.sd:g}" if isfinite(r.sd) else ""),
            f"{r.mechanical_mean:.1f}",
            f"{r.source}; {r.how}",
        )
        for r in tibiofemoral_norms().sort_values(["age_from", "population"]).itertuples()
    ]
    return _table(("population", "years", "sex", "valgus of the anatomical axes (°)", "as mechanical axis (°)", "source"), rows)


def norm_sources() -> str:
    """Every source of a norm, and how its numbers came here."""
    from skelgait.gait.reference import read_table

    rows = []
    for r in read_table("sources.csv"):
        address = r["doi"].replace("(", "%28").replace(")", "%29")
        link = f", [doi:{r['doi']}](https://doi.org/{address})" if r["doi"] else ""
        rows.append((r["source"], f"{r['title']}. {r['where']}{link}", r["numbers"]))
    return _table(("source", "what and where", "the numbers"), rows)


def changes() -> str:
    """The published limits of change."""
    from math import isfinite

    from skelgait.gait.change import change_limits

    kinds: dict[tuple[str, ...], list[str]] = {}
    for limit in change_limits().values():
        mdc = f"{limit.mdc95:.3g}" if isfinite(limit.mdc95) else f"{limit.mdc_percent:g} %" if isfinite(limit.mdc_percent) else ""
        mcid = f"{limit.mcid:g}" if isfinite(limit.mcid) else ""
        kinds.setdefault((mdc, mcid, limit.who, limit.source), []).append(f"`{limit.measure}`")
    return _table(("measures", "MDC95", "MCID", "found on", "source"), [(", ".join(v), *k) for k, v in kinds.items()])


def alignment() -> str:
    """Between which angles a knee is neutral, by age."""
    from skelgait.tasks.alignment import alignment_rows

    return _table(
        ("years", "mean of the age (°)", "genu varum below (°)", "genu valgum above (°)", "how", "source"),
        [
            (
                f"from {r.age_from:g}" if r.age_to > 200 else _ages(r.age_from, r.age_to),
                *(f"{v:+g}" if v else "0" for v in (r.centre, r.low, r.high)),
                r.how,
                r.source,
            )
            for r in alignment_rows()
        ],
    )


def cross_talk() -> str:
    """False varus or valgus of a straight leg by how far it is bent (rows) and turned out of the line of sight (columns)."""
    from skelgait.gait.geometry import cross_talk_deg

    turns = (5, 10, 15, 20, 30)
    return _table(
        ("bent by", *(f"turned {t}°" for t in turns)),
        [(f"{bent}°", *(f"{float(cross_talk_deg(bent, t)):.1f}°" for t in turns)) for bent in (5, 10, 15, 20, 30, 60)],
    )


def patterns() -> str:
    """Every gait pattern: its rule in numbers, what it means, where it comes from."""
    from skelgait.gait.pattern_measures import CURVES, healthy_value
    from skelgait.gait.reference import reference_curves
    from skelgait.tasks.patterns import pattern_measures, pattern_rules

    curves, measures = reference_curves(), pattern_measures()
    usual = {m.name: healthy_value(m, curves[m.angle]) for m in CURVES}
    units = {"deg": "{:.3g}°", "percent": "{:g} % of the cycle", "ratio": "{:g}"}
    rows = []
    for rule in pattern_rules().values():
        parts: dict[str, list[str]] = {"all": [], "some": [], "shown": []}
        for c in rule.criteria:
            m = measures[c.measure]
            edge = units[m.unit].format(c.edge(*usual.get(c.measure, (0.0, 0.0))))
            band = (
                f" ({c.limit.replace('sd', ' SD').replace('+', ' + ').replace('-', ' − ')})" if c.limit.startswith("mean") else ""
            )
            parts[c.role].append(f"{m.label} {c.relation} {edge}{band}")
        words = parts["all"]
        words += [f"at least {rule.at_least} of: " + ", ".join(parts["some"])] if rule.at_least else []
        words += [f"*shown beside: {', '.join(parts['shown'])}*"] if parts["shown"] else []
        name = f"`{rule.name}`" + (f" {rule.code}" if rule.code else "")
        rows.append((name, rule.what + (f". *{rule.caution}*" if rule.caution else ""), "; ".join(words), rule.source))
    return _table(("pattern", "what", "rule", "source"), rows)


def pattern_measures() -> str:
    """Every quantity the rules of patterns speak of, and its error."""
    from skelgait.tasks.patterns import pattern_measures, pattern_rules

    units = {"deg": "°", "percent": " %", "ratio": ""}
    limits: dict[str, list[str]] = {}
    for rule in pattern_rules().values():
        for c in rule.criteria:
            limits.setdefault(c.measure, []).append(f"{c.relation} {c.limit}: {c.source}")
    return _table(
        ("measure", "part of the stride", "error (standard deviation)", "limits and where they come from"),
        [
            (
                f"`{m.name}` {m.label}",
                f"{m.phase} %: {m.statistic}" if m.phase[:1].isdigit() else f"{m.phase}: {m.statistic}" if m.phase else m.plane,
                f"{m.error:g}{units[m.unit]}: {m.error_source}",
                "; ".join(dict.fromkeys(limits[m.name])),
            )
            for m in pattern_measures().values()
        ],
    )


ROOM_TITLES = {
    "core": "Nouns and errors",
    "io": "Files",
    "estimation": "From video",
    "walker": "A child with known truth",
    "signals": "Clean and understand",
    "gait": "Measure, score, compare",
    "report": "Show",
    "cohort": "Many walks",
}


def api() -> str:
    """Every name of the front door, by room, as directives of the API page."""
    import inspect

    import skelgait as sg
    from skelgait.report.page import report

    things = [report if name == "report" else getattr(sg, name) for name in sg.__all__]
    things = [thing for thing in things if inspect.isfunction(thing) or inspect.isclass(thing)]
    lines: list[str] = []
    for room, title in ROOM_TITLES.items():
        names = [f"::: {t.__module__}.{t.__qualname__}" for t in things if t.__module__.split(".")[1] == room]
        lines += [f"## {title}", "", *names, ""] if names else []
    return "\n".join(lines)


TABLES = {
    "api": api,
    "alignment": alignment,
    "changes": changes,
    "cross_talk": cross_talk,
    "descriptors": descriptors,
    "evgs": evgs,
    "formats": formats,
    "patterns": patterns,
    "pattern_measures": pattern_measures,
    "norm_curves": norm_curves,
    "norm_sources": norm_sources,
    "norms": norms,
    "skeletons": skeletons,
    "tibiofemoral": tibiofemoral,
}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put each table where a page says ``<!-- table: name -->``."""
    for name, make in TABLES.items():
        mark = f"<!-- table: {name} -->"
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown
