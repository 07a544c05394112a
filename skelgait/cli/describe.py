"""Many walks: one row of numbers each."""

# ruff: noqa: D301

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import skelgait as sg
from skelgait.cli.options import Body, Quiet, Recordings, grouped, option
from skelgait.cli.telling import end_empty, unmeasured_told_later
from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    from skelgait.core.trial import Trial


@grouped
def describe(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="A trials.csv (one row a walk), or keypoint files and videos, one a walk.",
            show_default=False,
            metavar="RECORDINGS",
        ),
    ],
    recordings: Recordings,
    who: Body,
    out: Annotated[Path | None, option("CSV to write; default: standard output.")] = None,
    validity: Annotated[Path | None, option("Also write how much each number rests on and why it is missing, as CSV.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes; -1 uses all cores.")] = 1,
    quiet: Quiet = False,
) -> None:
    """Measure many walks: one row of descriptors a walk, as CSV.

    A table of walks with videos, with hundreds of rows, or of which some may fail is for skelgait cohort.

    \b
    Examples:
      skelgait describe trials.csv --out numbers.csv --validity validity.csv
      skelgait describe walk1.json walk2.json --fps 60
      skelgait describe walk.csv | head -2
    """
    from skelgait.io.atomic import check_writable
    from skelgait.io.table import write_table

    for path in (out, validity):
        if path is not None:
            check_writable(path)
    trials = read_many(files, recordings, who, quiet=quiet)
    errors = "raise" if len(trials) == 1 else "warn"
    with unmeasured_told_later():
        table = sg.describe(trials, n_jobs=jobs, errors=errors, progress=False if quiet else None).reset_index()
        write_table(table, out or sys.stdout)
        if validity is not None:
            write_table(sg.validity(trials, n_jobs=jobs, errors=errors, progress=False), validity)
    if out is not None and not quiet:
        typer.echo(f"{len(table)} walk{'s' if len(table) != 1 else ''}: {out}")
    end_empty(table, trials)


def read_many(
    files: list[Path],
    recordings: Recordings,
    who: Body,
    *,
    quiet: bool,
    read_table: Callable[[Path], list[Trial]] | None = None,
) -> list[Trial]:
    """Trials of a table of walks, or of recordings named one by one."""
    from skelgait.cohort.recordings import read_walks
    from skelgait.io.paths import find_paths
    from skelgait.io.source import open_source
    from skelgait.io.trial_table import is_trial_table

    paths = [path for path, _ in find_paths(files)]
    text = len(files) == 1 and paths[0].is_file() and paths[0].suffix.lower() in (".csv", ".tsv", ".txt")
    if text and is_trial_table(open_source(files[0])):
        _refuse_for_a_table(files[0], recordings, who)
        return (read_table or sg.read_trials)(files[0])
    return read_walks(files, recordings.reading(progress=not quiet), who.known())


def _refuse_for_a_table(table: Path, *given: Recordings | Body) -> None:
    """A table says of each of its rows what options say of a single walk."""
    told = [field.name for group in given for field in fields(group) if getattr(group, field.name) != field.default]
    if told:
        raise SkelgaitError(
            f"{' and '.join('--' + name.replace('_', '-') for name in told)} cannot be given with a table of walks",
            found=table.name,
            do="fill in the columns of the table instead: fps, view, person, width_px, height_px, height_m, leg_length_m",
        )
