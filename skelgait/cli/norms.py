"""Norms: what healthy people measure, by measure and age; and a laboratory's own brought into the form that is read."""

# ruff: noqa: D301

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skelgait.cli.options import NormsOption, Quiet, Sex, decimal, option
from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    from skelgait.core.norms import CurveNorm, Group, Norm, Norms

BRING = "nothing is interpolated: bring norms of your own, see skelgait norms import"

norms = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""What healthy people measure: see the cited norms, or bring your laboratory's own.

    \b
    Examples:
      skelgait norms list
      skelgait norms show cadence_spm --age 7
      skelgait norms import ours.gcd --to ours.csv --source "our laboratory, 2024" --ages 6-12
      skelgait analyze walk.mp4 --out results --age 8 --norms ours.csv
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _ages(text: Any) -> tuple[float, float]:
    """Ages as people say them, in completed years: 6-12 ends with the 13th birthday; 6.5-12.5 and 18+ are taken as they are."""
    if isinstance(text, tuple):
        return text
    words = str(text).strip().removesuffix("years").strip()
    low, dash, high = words.removesuffix("+").partition("-")
    try:
        first = float(low)
        last = 120.0 if words.endswith("+") else float(high if dash else low)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not FROM-TO in years, for example 6-12, or 18+") from None
    if last.is_integer() and first.is_integer() and not words.endswith("+"):
        last += 1
    if not 0 <= first < last <= 121:
        raise typer.BadParameter(f"{text} are no ages: the first must not be above the second, 0 to 120")
    return first, last


@norms.command("import", short_help="Read norms of any form, write the CSV that --norms takes.")
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="The norms: CSV, JSON as CGM software keeps it, or GCD text.", show_default=False, metavar="FILE"),
    ],
    to: Annotated[Path, option("CSV to write; older ones are replaced.")],
    source: Annotated[str, option("Where the numbers come from, for JSON and GCD; default: what the file calls itself.")] = "",
    speed: Annotated[str, option("Which speed of a JSON file; default: Free, or the only one.")] = "",
    ages: Annotated[
        Any,
        option(
            "Ages they hold for, in completed years: 6-12 is from the 6th birthday to the day before the 13th; 18+ is all adults.",
            parser=_ages,
            metavar="AGES",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Read a laboratory's own norms and write them as the CSV that --norms takes.

    A CSV needs the columns name, mean, sd and source; percent, sex, age_from, age_to, n, low, high and who where they are known.
    A row with a percent is a point of a curve. JSON and GCD do not say for which ages they hold: say it with --ages.

    \b
    Examples:
      skelgait norms import ours.csv --to norms.csv
      skelgait norms import schwartz.json --to norms.csv --speed Free --ages 4-18
      skelgait norms import ours.gcd --to norms.csv --source "our laboratory, 2024" --ages 6-12
    """
    from skelgait.io.norms import import_norms

    found = import_norms(file, to, source=source, speed=speed, ages=ages)
    tell_unused(found)
    if not quiet:
        for line in _overview(found):
            typer.echo(line)
    typer.echo(f"norms: {to}")


@norms.command("list", short_help="Which measures have norms, for which ages, from where.")
def list_(norms: NormsOption = None) -> None:
    """List the measures that have norms, with the ages they hold for and where they come from.

    \b
    Examples:
      skelgait norms list
      skelgait norms list --norms ours.csv
    """
    for line in _overview(_chosen(norms)):
        typer.echo(line)


@norms.command("show", short_help="The norms of one measure, group by group.")
def show(
    name: Annotated[str, typer.Argument(help="A measure or an angle, without its side: cadence_spm.", show_default=False)],
    age: Annotated[float | None, option("Only groups of this age, in years.", **decimal(0, 120))] = None,
    sex: Annotated[Sex | None, option("Only groups this sex belongs to.")] = None,
    norms: NormsOption = None,
) -> None:
    """Show the norms of one measure: every group with its mean, SD, band and source.

    \b
    Examples:
      skelgait norms show stride_time_s
      skelgait norms show knee_valgus_mid_stance_deg --age 9 --sex female
      skelgait norms show knee_flexion_deg
    """
    from skelgait.gait.norms import bare_name
    from skelgait.report.style import unit_of

    collection, bare = _chosen(norms), bare_name(name)
    known: list[Norm | CurveNorm] = [n for n in (*collection.numbers, *collection.curves) if n.name == bare]
    if not known:
        names = dict.fromkeys(n.name for n in (*collection.numbers, *collection.curves))
        close = get_close_matches(bare, names, 3, cutoff=0.5)
        do = f"did you mean {' or '.join(close)}?" if close else "see skelgait norms list"
        raise SkelgaitError(f"there is no norm of {bare}", expected="a measure that has norms", do=do)
    fitting = [n for n in known if _fits(n.group, age, sex)]
    if not fitting:
        of_whom = " ".join(words for words in (f"{age:g} years" if age is not None else "", sex or "") if words)
        raise SkelgaitError(
            f"there is no norm of {bare} for {of_whom}", found=f"norms for {_spans(n.group for n in known)}", do=BRING
        )
    typer.echo(f"{bare} ({unit_of(bare)}), the same for both sides")
    for one in fitting:
        typer.echo(f"  {_span(one.group)}{', ' + one.group.sex if one.group.sex else ''}: {_numbers(one)}")
        typer.echo(f"    {one.group.cited}")


def _fits(group: Group, age: float | None, sex: str | None) -> bool:
    return (age is None or group.age_from <= age < group.age_to) and (sex is None or group.sex in ("", sex))


def _chosen(path: Path | None) -> Norms:
    from skelgait.gait.norms import cited_norms

    return read_own_norms(path) or cited_norms()


def _overview(collection: Norms) -> list[str]:
    """A line a measure: name, groups, ages, sources."""
    from skelgait.report.style import unit_of

    lines = []
    for kind, things in (("Numbers", collection.numbers), ("Curves over the gait cycle", collection.curves)):
        groups: dict[str, list[Group]] = {}
        for one in things:
            groups.setdefault(one.name, []).append(one.group)
        if groups:
            lines.append(f"{kind}:")
        wide = max((len(name) for name in groups), default=0)
        for name, of in groups.items():
            sources = dict.fromkeys(part.split(",")[0] for group in of for part in group.source.split("; "))
            count = f"{len(of)} group{'s' if len(of) > 1 else ''}"
            lines.append(f"  {name:{wide}}  {unit_of(name):9}  {_spans(of):24}  {count:9}  {', '.join(sources)}")
    return lines


def _spans(groups: Iterable[Group]) -> str:
    """The ages of several groups, those that touch or overlap joined."""
    joined: list[list[float]] = []
    for low, high in sorted((group.age_from, group.age_to) for group in groups):
        if joined and low <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], high)
        else:
            joined.append([low, high])
    return ", ".join(_years(low, high) for low, high in joined).replace(" years, ", ", ").replace(" year, ", ", ")


def _span(group: Group) -> str:
    return _years(group.age_from, group.age_to)


def _years(low: float, high: float) -> str:
    """Half-open ages in the words people use: 6 to 8 is 6-7 years."""
    if not isfinite(low) and not isfinite(high):
        return "all ages"
    if not isfinite(high):
        return f"{low:g} years and older"
    if not isfinite(low):
        return f"under {high:g} years"
    last = high - 1 if float(high).is_integer() else high
    return f"{low:g} year{'s' if low != 1 else ''}" if last <= low else f"{low:g}-{last:g} years"


def _numbers(norm: Norm | CurveNorm) -> str:
    from skelgait.core.norms import CurveNorm

    if isinstance(norm, CurveNorm):
        return f"a curve from {norm.mean.min():.1f} to {norm.mean.max():.1f}, people lie {norm.typical_deg:.1f} from it (rms)"
    spread = f" ± {norm.sd:.3g}" if isfinite(norm.sd) else " (no SD given)"
    return f"{norm.mean:.4g}{spread}, band {norm.low:.4g} to {norm.high:.4g}" if isfinite(norm.low) else f"{norm.mean:.4g}{spread}"


def read_own_norms(path: Path | None) -> Norms | None:
    """A laboratory's norms; those of what is not measured are told of."""
    if path is None:
        return None
    from skelgait.io.norms import read_norms

    own = read_norms(path)
    tell_unused(own)
    return own


def tell_unused(own: Norms) -> None:
    """Say of which norms nothing is measured here: a name misspelt, perhaps."""
    from skelgait.core.norms import PROFILE_VARIABLES
    from skelgait.gait.norms import UNITS
    from skelgait.report.style import ANGLES

    angles = {angle.removeprefix("left_").removeprefix("right_") for angle in (*ANGLES, *PROFILE_VARIABLES)}
    for kind, names, known in (
        ("number", {n.name for n in own.numbers}, UNITS),
        ("curve", {c.name for c in own.curves}, angles),
    ):
        for name in sorted(names - set(known)):
            close = get_close_matches(name, known, 1, cutoff=0.7)
            hint = f": did you mean {close[0]}?" if close else ""
            typer.echo(f"skelgait: {own.name}: no {kind} called {name} is measured here, and it is not used{hint}", err=True)
