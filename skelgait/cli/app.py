"""The commands, gathered: one file a command or group of commands, each named here once."""

# ruff: noqa: D301  (a backspace, not a raw string, tells the help to leave the lines of a paragraph as they are)

from __future__ import annotations

import io
import signal
import sys
from typing import Annotated, Any

import typer

from skelgait import __version__
from skelgait.cli.analyze import analyze
from skelgait.cli.answer import explain, predict
from skelgait.cli.clips import clip
from skelgait.cli.cohort import cohort
from skelgait.cli.demo import demo
from skelgait.cli.describe import describe
from skelgait.cli.extract import extract
from skelgait.cli.formats import formats
from skelgait.cli.learn import evaluate, train
from skelgait.cli.mistakes import Commands
from skelgait.cli.norms import norms
from skelgait.cli.report import report
from skelgait.cli.silhouettes import silhouettes

# In the order in which the help lists them.
COMMANDS = (
    (demo, "Measure a walk of known truth; see a report."),
    (extract, "Video in, keypoint file out."),
    (silhouettes, "Video in, silhouettes out."),
    (clip, "Video in, a clip of the person out."),
    (analyze, "One walk in; report, tables, video out."),
    (report, "One visit in, only the page out."),
    (describe, "Many walks in, one row of numbers each."),
    (cohort, "Hundreds of walks in; tables, pages and an index out."),
    (train, "Labelled walks in, a model out."),
    (predict, "A model's answer to walks."),
    (evaluate, "A model scored on subjects it has not seen."),
    (explain, "Why a model answered as it did."),
    (formats, "File formats and keypoint layouts."),
)
GROUPS = ((norms, "norms", "What healthy people measure: see it, or bring your own."),)

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"skelgait {__version__}")
        raise typer.Exit


@app.callback()
def _skelgait(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error (may stand anywhere).")] = False,
) -> None:
    """Clinical gait analysis from ordinary video: contacts, joint angles, knee varus/valgus, symmetry, and a page to read.

    \b
    Start here:
      skelgait demo                                   a walk with known truth, measured; prints where the report is
      skelgait analyze walk.mp4 --out results         video in, report and tables out
      skelgait analyze side.json front.json --out results --age 8 --height 1.28
      skelgait cohort trials.csv --out cohort         many walks: tables, a page each, and an index
      skelgait COMMAND --help                         what a command takes, with examples

    It ends with 0 where something was measured, 2 where the input is at fault (one line says how), 1 where skelgait is.

    A screening aid, not a medical device.
    """


for _command, _words in COMMANDS:
    app.command(short_help=_words)(_command)
for _group, _name, _words in GROUPS:
    app.add_typer(_group, name=_name, short_help=_words)


def _end(number: int, frame: Any) -> None:
    """End in order when asked to: what is half-written goes, what is written stays."""
    sys.exit(128 + number)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a degree sign is no reason to fail
    signal.signal(signal.SIGTERM, _end)
    app(prog_name="skelgait")
