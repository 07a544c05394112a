"""What a command says of what it measured and wrote."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import skelgait as sg
from skelgait.cli.mistakes import for_the_shell

if TYPE_CHECKING:
    import pandas as pd

    from skelgait.core.trial import Trial
    from skelgait.gait.measure import Measurement


def tell_measured(result: Measurement) -> None:
    """Strides of each plane, the planes that could not be measured, and the main numbers."""
    from skelgait.report.glance import build_tiles

    for plane, m in result.planes.items():
        strides = [int((m.strides.side == side).sum()) for side in ("left", "right")]
        typer.echo(f"{plane}: {m.pose.n_frames} frames, {strides[0]} left and {strides[1]} right strides")
        for note in m.notes:
            if any(strides) and "it was given as" in note:
                typer.echo(f"skelgait: {plane}: {for_the_shell(note)}", err=True)
    for plane, why in result.failures.items():
        typer.echo(f"{plane}: not measured. {for_the_shell(why)}", err=True)
    for tile in build_tiles(result):
        numbers = ", ".join(f"{n.side} {n.text}".strip() for n in tile.numbers)
        typer.echo(f"  {tile.what}: {numbers} {tile.unit}".rstrip())


def tell_page(page: Path) -> None:
    """Where the page is, while the overlay videos are still being drawn."""
    typer.echo(f"the page is there: {page}. Drawing the overlay videos, which takes longest", err=True)


def tell_written(written: list[Path], left_out: list[str], *, quiet: bool) -> None:
    """How many files, which could not be written, and where the page is."""
    for line in left_out:
        typer.echo(f"left out: {for_the_shell(line)}", err=True)
    if not quiet:
        typer.echo(f"{len(written)} files in {written[0].parent}")
    typer.echo(f"report: {written[0]}")


def end_unmeasured(results: list[Measurement]) -> None:
    """Say why a plane shows no stride; where none of them does, end with an exit code of 2."""
    for result in results:
        for plane, m in result.planes.items():
            if not len(m.strides):
                told = [note for note in m.notes if "it was given as" in note or "cannot be told" in note]
                reasons = [
                    *told,
                    *(result.reasons[d.name] for d in sg.DESCRIPTORS if d.group == "time" and d.name in result.reasons),
                ]
                why = told[0] if told else max(set(reasons), key=reasons.count, default=m.view.reason)
                typer.echo(f"skelgait: {plane}: no stride could be measured: {for_the_shell(why)}", err=True)
    if not any(len(m.strides) for result in results for m in result.planes.values()):
        raise typer.Exit(2)


def end_empty(table: pd.DataFrame, trials: list[Trial]) -> None:
    """Name the walks in which nothing, or no stride, was measured, and say why; where it is all of them, end with a code of 2."""
    empty = table[[d.name for d in sg.DESCRIPTORS]].isna().all(axis=1)
    no_stride = ~(table["n_strides"] > 0)
    for trial, nothing, none in zip(trials, empty, no_stride, strict=True):
        if nothing or none:
            with unmeasured_told_later():
                why = sg.validity(trial, progress=False, errors="warn")["reason"].replace("", None).mode().iloc[0]
            what = f"nothing of {trial.name} could be measured" if nothing else f"no stride of {trial.name} could be measured"
            typer.echo(f"skelgait: {what}: {for_the_shell(why)}", err=True)
    if empty.all():
        raise typer.Exit(2)


@contextmanager
def unmeasured_told_later() -> Iterator[None]:
    """Keep back the warning that a walk could not be measured: it is said with the reason, see `end_empty`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*could not be measured")
        yield
