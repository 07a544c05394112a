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
    trials: Annotated[Path, typer.Argument(help="A trials.csv, one row a walk: keypoint files or videos.", show_default=False)],
    out: Annotated[Path, option("Folder to write into; run again with the same folder, only what changed is done.")],
    jobs: Annotated[int, typer.Option(help="Processes; -1 uses all cores. Of a cluster, all its workers are used.")] = 1,
    scheduler: Annotated[str | None, option("Address of a Dask scheduler; its workers share this disk.", metavar="ADDRESS")] = None,
    estimator: Estimator = "mediapipe",
    model_path: ModelPath = None,
    person: Person = "walking",
    norms: NormsOption = None,
    pages: Annotated[bool, typer.Option(help="Write a page for each visit, which takes most of the time.")] = True,
    pictures: Annotated[bool, typer.Option(help="Show frames of the videos on the pages, faces hidden.")] = False,
    names: Annotated[
        bool, typer.Option("--names", help="Write subjects.csv, which tells who is who; in all else subjects are s0001, s0002, ...")
    ] = False,
    keep: Annotated[
        list[str] | None,
        option("A column to carry over even if it may tell who somebody is; visit for your labels of visits. May be given again."),
    ] = None,
    prune: Annotated[bool, typer.Option(help="Remove results and pages of walks that are no longer in the table.")] = False,
    quiet: Quiet = False,
) -> None:
    """Extract, measure, score and report every walk of a table. One that fails is a row in failures.csv, not the end.

    Subjects are renamed: no name of a person or file is in what it writes, and --names keeps a list of who is who.

    The table has one row a walk: subject, a file or a video (sagittal, frontal, sagittal_video, frontal_video), and what is known:
    fps, view, person, age_years, sex, height_m, leg_length_m, label_...; rows of one subject with the same visit are one visit.

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
