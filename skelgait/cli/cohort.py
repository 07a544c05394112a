"""Hundreds of walks: tables, pages and an index."""

# ruff: noqa: D301

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skelgait.cli.mistakes import for_the_shell
from skelgait.cli.norms import read_own_norms
from skelgait.cli.options import Estimator, ModelPath, NormsOption, Person, Quiet, option


def cohort(
    trials: Annotated[Path, typer.Argument(help="Your table, saved as CSV: one row a walk.", show_default=False, metavar="TRIALS")],
    out: Annotated[
        Path, option("Folder to write into. Run it again with the same one: only what changed is done.", metavar="FOLDER")
    ],
    jobs: Annotated[int, typer.Option(help="How many walks at once; -1: as many as the computer has cores.", metavar="NUMBER")] = 1,
    scheduler: Annotated[
        str | None,
        option("To use several computers: address of their Dask scheduler; they must share this disk.", metavar="ADDRESS"),
    ] = None,
    estimator: Estimator = "mediapipe",
    model_path: ModelPath = None,
    person: Person = "walking",
    norms: NormsOption = None,
    pages: Annotated[bool, typer.Option(help="Write a page to read for each visit, which takes most of the time.")] = True,
    pictures: Annotated[bool, typer.Option(help="Show pictures of the videos on the pages, faces hidden.")] = False,
    names: Annotated[
        bool, typer.Option("--names", help="Write subjects.csv, which tells who is who; in all else subjects are s0001, s0002, ...")
    ] = False,
    keep: Annotated[
        list[str] | None,
        option(
            "A column to bring along even if it may tell who somebody is; visit for your labels of visits. Again for each.",
            metavar="COLUMN",
        ),
    ] = None,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Remove results and pages of walks that are no longer in the table (a consent withdrawn)."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Measure and score every walk of a table, and write a page for each visit and one of all. A walk that fails is a row in
    failures.csv, not the end.

    Subjects are renamed: no name of a person or file is in what it writes, and --names keeps a list of who is who.

    The columns of the table: subject; the keypoint file or video from the side (sagittal or sagittal_video) and from the front
    (frontal or frontal_video), one is enough; and what you know: visit, date, age_years, sex, height_m, leg_length_m, fps, view,
    person, label_gmfcs, and others of your own. Rows of one subject with the same visit are one visit, scored together.

    \b
    Examples:
      skelgait cohort trials.csv --out cohort --jobs -1
      skelgait cohort trials.csv --out cohort --scheduler tcp://10.0.0.5:8786
      skelgait cohort trials.csv --out cohort --no-pages --names
    """
    from skelgait.cohort.recordings import check_person_of_video
    from skelgait.cohort.run import run_cohort

    check_person_of_video(person)  # of videos whose row names nobody; the column says it of keypoint files
    result = run_cohort(
        trials, out, n_jobs=jobs, scheduler=scheduler, estimator=estimator, model_path=str(model_path) if model_path else None,
        who=person, norms=read_own_norms(norms), pages=pages, pictures=pictures, names=names, keep=keep or (), prune=prune,
        progress=not quiet,
    )  # fmt: skip
    for line in result.remarks:
        typer.echo(for_the_shell(line), err=True)
    measured = int(result.walks["measured"].sum())
    if not quiet:
        typer.echo(f"{measured} of {len(result.walks)} walks measured; worked on {result.made}, kept {result.kept} from before")
    if len(result.failures):
        count = len(result.failures)
        typer.echo(f"{count} failure{'s' * (count != 1)}: {result.folder / 'failures.csv'}", err=True)
    typer.echo(f"index: {result.index}")
    if not measured:
        raise typer.Exit(2)
