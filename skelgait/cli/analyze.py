"""One walk: everything that is measured of it, into a folder."""

# ruff: noqa: D301

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import skelgait as sg
from skelgait.cli.options import Page, Quiet, Recordings, Subject, grouped, option
from skelgait.cli.telling import end_unmeasured, tell_measured, tell_page, tell_written


@grouped
def analyze(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="A video, or keypoints as a file or folder; one from the side and one from the front together.",
            show_default=False,
            metavar="RECORDINGS",
        ),
    ],
    out: Annotated[Path, option("Folder to write into; what an earlier run wrote there goes, your own files are left alone.")],
    recordings: Recordings,
    who: Subject,
    page: Page,
    video: Annotated[
        list[Path] | None, option("The film that keypoints came from, to draw on; again for each recording.", metavar="FILE")
    ] = None,
    overlay: Annotated[bool, typer.Option(help="Write the video of the moving skeleton, which takes a while.")] = True,
    speed: Annotated[
        float, typer.Option(help="Speed of that video: 1 as it was filmed, 0.5 half as fast.", metavar="NUMBER")
    ] = 1.0,
    quiet: Quiet = False,
) -> None:
    """Measure one walk. Writes report.html, the page to read; tables, with every number in descriptors.csv; figures; and a
    video of the moving skeleton, drawn on yours where there is one.

    Side and front of the same walk go in together. What cannot be measured from a view is left empty, with the reason.

    \b
    Examples:
      skelgait analyze walk.mp4 --out results --age 8 --height 1.28
      skelgait analyze openpose_folder --fps 60 --out results
      skelgait analyze side.mp4 front.mp4 --out results --subject child07
      skelgait analyze keypoints.json --video walk.mp4 --out results
    """
    from skelgait.cohort.recordings import read_walk
    from skelgait.io.atomic import check_writable
    from skelgait.io.paths import find_paths
    from skelgait.report.results import make_folder, write_results

    find_paths(files)
    made = not out.exists()
    make_folder(out)  # before minutes are spent on a video
    if made:
        context.call_on_close(lambda: _remove_empty(out))
    check_writable(out / "report.html")
    settings = page.settings()
    trial = read_walk(files, recordings.reading(progress=not quiet), who.known(), videos=video or ())
    result = sg.measure(trial)
    if not quiet:
        tell_measured(result)
    told = tell_page if overlay and not quiet else None
    written, left_out = write_results(
        trial, out, measurement=result, overlay=overlay, speed=speed, progress=not quiet, on_page=told, **settings
    )
    tell_written(written, left_out, quiet=quiet)
    end_unmeasured([result])


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
