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


TABLES = {"descriptors": descriptors, "evgs": evgs, "formats": formats, "skeletons": skeletons}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put each table where a page says ``<!-- table: name -->``."""
    for name, make in TABLES.items():
        mark = f"<!-- table: {name} -->"
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown
