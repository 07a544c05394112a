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
    """The items of the Edinburgh score: from what view and keypoints, how each is measured, its limits, its error, its sources."""
    from math import isfinite

    from skelgait.gait.descriptors import DESCRIPTORS
    from skelgait.gait.evgs_items import ITEM_POINTS
    from skelgait.tasks.evgs import SCORES_OF_BANDS, evgs_items

    units = {"deg": " °", "percent": " %", "percent_ll": " % of the leg length"}
    beside = {d.name.removeprefix("left_"): d for d in DESCRIPTORS}
    rows = []
    for item in evgs_items():
        known = [i for i, edge in enumerate(item.edges) if isfinite(edge)]
        bands = [f"**{SCORES_OF_BANDS[i]}** {item.edges[i]:g}" for i in known]
        limits = f"{' '.join(bands)} **{SCORES_OF_BANDS[known[-1] + 1]}**" if known else "in words"
        limits += units[item.unit] if known else ""
        error = f"{item.error:g}{units[item.unit]}: {item.error_source}" if isfinite(item.error) else ""
        how = f"{item.what}. *{item.why}*" if item.why else item.what
        seen = "–"
        if item.descriptor:
            d = beside[item.descriptor]
            points = (*d.points, *ITEM_POINTS.get(item.item, ()))
            names = dict.fromkeys(p.removeprefix("left_").removeprefix("right_").replace("_", "-") for p in points)
            rate = f"; {d.min_fps:g} frames/s" if d.min_fps > 20 else ""
            seen = f"{'side' if d.plane == 'sagittal' else 'front'}: {', '.join(names)}{rate}"
        rows.append((f"{item.item} {item.title}", item.tier, seen, how, limits, error, item.source))
    return _table(
        ("item", "tier", "view and keypoints", "measured", "limits between the scores", "error (standard deviation)", "source"),
        rows,
    )


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


def citations() -> str:
    """Every source of the tables, and how far it was read."""
    from skelgait.tasks.citations import UNVERIFIED
    from skelgait.tasks.citations import citations as rows

    def link(doi: str) -> str:
        return f"[doi:{doi}](https://doi.org/{doi.replace('(', '%28').replace(')', '%29')})"

    return _table(
        ("source", "what and where", "used for", "read", "note"),
        [
            (
                c.source,
                ". ".join([c.reference, *map(link, c.doi.split())]),
                c.used_for,
                f"**{c.read}**" if c.read == UNVERIFIED else c.read,
                c.note,
            )
            for c in rows()
        ],
    )


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


SETUPS = tuple((view, layout) for view in ("sagittal", "frontal") for layout in ("coco17", "coco23"))
SETUP_TITLES = ("side, without feet", "side, with feet", "front, without feet", "front, with feet")
SHOWN_RATES = (25.0, 30.0, 50.0, 60.0, 120.0)


def _validity_cells() -> tuple[dict[tuple[str, str], list[str]], list[str]]:
    """A cell a setup for each metric, over all frame rates, and the notes they refer to by number."""
    from skelgait.gait.matrix import validity_matrix

    table = validity_matrix(fps=SHOWN_RATES)
    notes: list[str] = []

    def number(note: str) -> str:
        if note not in notes:
            notes.append(note)
        return f"[{notes.index(note) + 1}]"

    cells: dict[tuple[str, str], list[str]] = {}
    for (kind, metric), rows in table.groupby(["kind", "metric"], sort=False):
        for setup in SETUPS:
            own = rows[(rows["view"] == setup[0]) & (rows["skeleton"] == setup[1])].sort_values("fps")
            given, note = own["given"].tolist(), [str(n) for n in own["note"]]
            from_rate = next((i for i, g in enumerate(given) if g != "no"), None)
            if from_rate is None:
                said = f"no {number(_plain(note[-1]))}"
            else:
                cautious = [i for i in range(from_rate, len(given)) if given[i] == "with caution"]
                said = "yes" if len(cautious) < len(given) - from_rate else "caution"
                if cautious:
                    why = _plain(note[cautious[-1]]) if said == "caution" else FLOORED
                    some = f"; caution up to {SHOWN_RATES[cautious[-1]]:g}/s" if said == "yes" else ""
                    said += f"{some} {number(why)}"
                said += f", from {SHOWN_RATES[from_rate]:g}/s" if from_rate else ""
            cells.setdefault((str(kind), str(metric)), []).append(said)
    return cells, notes


FLOORED = "the spread that the frame rate gives by itself is over half of what healthy children have: see the floors"
UNITS = {"spm": "steps/min", "percent": "%", "deg": "°", "ll": "% of the leg length", "s": "ms"}


def _plain(note: str) -> str:
    """A note without the name of the layout it was made for."""
    return note.replace("the layout coco17 has", "there is").replace("the layout coco17 lacks", "this layout lacks")


def validity() -> str:
    """Which metric can be had from which view, with which keypoints, from which frame rate on."""
    from skelgait.gait.descriptors import COMPARED, DESCRIPTORS, SPREAD, SUBTRACTED
    from skelgait.gait.matrix import validity_matrix

    groups = {d.name: d.group for d in DESCRIPTORS}
    needs = validity_matrix(fps=[120]).groupby("metric")["needs"].agg(lambda n: next((x for x in n if x), ""))
    quantities = sorted({q for q, *_ in (*COMPARED, *SUBTRACTED, *SPREAD)}, key=len, reverse=True)
    lines: dict[tuple[str, ...], list[str]] = {}
    for (kind, metric), cells in _validity_cells()[0].items():
        group = groups.get(metric, "")
        quantity = next((q for q in quantities if metric.startswith(f"{q}_")), "") if group in ("symmetry", "variability") else ""
        label = {"symmetry": "both sides compared", "variability": "spread"}.get(group, kind)
        lines.setdefault((label, quantity, *cells, str(needs.get(metric, ""))), []).append(metric)
    rows = []
    for (label, quantity, *cells), metrics in lines.items():
        if quantity:
            tails = ", ".join(f"`{m.removeprefix(quantity)}`" for m in metrics)
            rows.append((label, f"`{quantity}`: {tails}", *cells))
        else:
            rows += [(label, ", ".join(f"`{m}`" for m in metrics), *cells)]
    return _table(("kind", "metrics", *SETUP_TITLES, "needs besides"), rows)


def validity_notes() -> str:
    """What the numbers in brackets of the validity matrix mean."""
    return _table(("", "why not, or caution"), [(f"[{i}]", note) for i, note in enumerate(_validity_cells()[1], 1)])


def validity_floors() -> str:
    """What the frame rate alone gives to one stride of one second, by the definition of each time."""
    from skelgait.gait.matrix import validity_matrix

    table = validity_matrix(views=["sagittal"], skeletons=["coco23"])
    table = table[table["frame_floor"].notna()]
    wide = table.pivot_table(index=["metric", "unit"], columns="fps", values="frame_floor", sort=False)
    shown: dict[tuple[str, ...], list[str]] = {}
    for (metric, unit), row in wide.iterrows():
        scale, words = 1000 if unit == "s" else 1, UNITS.get(unit, unit)
        values = tuple(f"{scale * v:.3g}" for v in row)
        shown.setdefault((words, *values), []).append(f"`{metric}`")
    return _table(("metrics", "unit", *(f"{rate:g}/s" for rate in wide.columns)), [(", ".join(v), *k) for k, v in shown.items()])


def validity_errors() -> str:
    """Measured errors: median and 95th percentile, with noise, at 30 frames a second and at the recordings' own rate."""
    from math import isfinite

    from skelgait.gait.matrix import validity_matrix

    def short(value: float) -> str:
        return f"{value:.0f}" if value >= 99.5 else f"{value:.2g}"

    table = validity_matrix(fps=[30, 120])
    table = table[~table["kind"].isin(["EVGS item", "pattern"])]
    metrics = set(table["metric"])
    rows = []
    for metric, own in table.groupby("metric", sort=False):
        if f"left_{metric}" in metrics:  # the mean of both sides: it is one side's value that was held against the reference
            continue
        unit = str(own["unit"].iloc[0])
        scale = {"s": 1000, "ll": 100}.get(unit, 1)
        cells = []
        for view, layout in SETUPS:
            pair = own[(own["view"] == view) & (own["skeleton"] == layout)].sort_values("fps")
            parts = [
                f"{short(scale * e)} ({short(scale * p)})" if isfinite(e) else "–"
                for e, p in zip(pair["error"], pair["error_95"], strict=True)
            ]
            cells.append(" → ".join(parts) if set(parts) != {"–"} else "")
        video = own["video_error"].dropna()
        if any(cells):
            against = own["error_from"].replace("", None).dropna().iloc[0].partition(", against ")[2]
            of_video = short(scale * video.iloc[0]) if len(video) else ""
            rows.append((f"`{metric}`", UNITS.get(unit, unit), *cells, of_video, against))
    return _table(("metric", "unit", *SETUP_TITLES, "video keypoints (SD)", "against"), rows)


def gallery() -> str:
    """Every example: its first line, the command, and the figure it draws."""
    import ast
    from pathlib import Path

    here = Path(__file__).parent
    parts = []
    for path in sorted((here.parent / "examples").glob("*.py")):
        line = (ast.get_docstring(ast.parse(path.read_text(encoding="utf8"))) or "").splitlines()[0]
        picture = f"images/gallery/{path.stem}.png"
        shown = f"\n![{line}]({picture})\n" if (here / picture).exists() else ""
        parts.append(f"## {path.stem.replace('_', ' ').capitalize()}\n{line}\n`python examples/{path.name}`\n{shown}")
    return "\n".join(parts)


def cohort_signs() -> str:
    """What differs between the levels of each synthetic population."""
    from skelgait.walker.populations import POPULATIONS

    parts = []
    for name, population in POPULATIONS.items():
        rows = [
            f"### {name}",
            "",
            f"| sign | unit | {' | '.join(population.levels)} | between children | between walks | seen by | leans on |",
        ]
        rows.append("|---" * (len(population.levels) + 6) + "|")
        for sign in population.signs:
            means = " | ".join(f"{m:g}" for m in sign.means)
            name, spread = sign.name.replace("_", " "), f"{sign.between:g} | {sign.within:g}"
            told = f"{name} | {sign.unit} | {means} | {spread} | {sign.seen_by} | {sign.lean}"
            rows.append(f"| {told} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


ROOM_TITLES = {
    "core": "Nouns and errors",
    "io": "Files",
    "estimation": "From video",
    "walker": "A child with known truth",
    "signals": "Clean and understand",
    "gait": "Measure, score, compare",
    "report": "Show",
    "cohort": "Many walks",
    "encoders": "Walks to tokens",
    "estimator": "Learn",
    "recipes": "Published systems",
    "remote": "Ask a model behind an address",
    "evaluate": "How good a model is",
    "explain": "Why",
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
    "citations": citations,
    "cohort_signs": cohort_signs,
    "cross_talk": cross_talk,
    "descriptors": descriptors,
    "evgs": evgs,
    "formats": formats,
    "gallery": gallery,
    "patterns": patterns,
    "pattern_measures": pattern_measures,
    "norm_curves": norm_curves,
    "norm_sources": norm_sources,
    "norms": norms,
    "skeletons": skeletons,
    "tibiofemoral": tibiofemoral,
    "validity": validity,
    "validity_errors": validity_errors,
    "validity_floors": validity_floors,
    "validity_notes": validity_notes,
}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put each table where a page says ``<!-- table: name -->``."""
    for name, make in TABLES.items():
        mark = f"<!-- table: {name} -->"
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown
