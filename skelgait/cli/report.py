"""One visit: only its page."""

# ruff: noqa: D301

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import skelgait as sg
from skelgait.cli.options import Page, Quiet, Recordings, Subject, grouped, option
from skelgait.cli.telling import end_unmeasured, tell_measured
from skelgait.core.errors import FileError


@grouped
def report(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Keypoint files or videos of one subject on one occasion, from any sides.",
            show_default=False,
            metavar="RECORDINGS",
        ),
    ],
    out: Annotated[Path, option("The .html page to write.")],
    recordings: Recordings,
    who: Subject,
    page: Page,
    video: Annotated[
        list[Path] | None, option("The film that keypoints came from, to show; again for each recording.", metavar="FILE")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write only the page of a visit: one self-contained HTML file, to read or to print.

    \b
    Examples:
      skelgait report side.json front.json --out child07.html --age 8 --height 1.28
      skelgait report left.json right.json front.json back.json --out visit.html --age 8
      skelgait report results/pose.npz --out again.html --norms ours.csv
    """
    from skelgait.cohort.recordings import read_visit
    from skelgait.io.atomic import check_writable
    from skelgait.report.page import report as write_page

    if out.suffix.lower() not in (".html", ".htm"):
        raise FileError(
            f"a page cannot be written as {out.name}", expected=".html", do="print the page from a browser to get a PDF"
        )
    check_writable(out)  # before minutes are spent on a video
    settings = page.settings()
    trials = read_visit(files, recordings.reading(progress=not quiet), who.known(), videos=video or ())
    measured = [sg.measure(trial) for trial in trials]
    written = write_page(trials, out, measurement=measured, **settings)
    if not quiet:
        for result in measured:
            tell_measured(result)
    typer.echo(f"report: {written}")
    end_unmeasured(measured)
