"""Silhouettes out of a video."""

# ruff: noqa: D301

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import skelgait as sg
from skelgait.cli.options import Fps, Person, Quiet, ViewOption, option


def silhouettes(
    video: Annotated[Path, typer.Argument(help="The video.", show_default=False, metavar="VIDEO")],
    out: Annotated[Path, option("File to write; its usual ending is .silhouettes.npz.")],
    sheet: Annotated[Path | None, option("Draw a contact sheet, too: a picture (.png, .pdf, .svg).")] = None,
    segmenter: Annotated[str, typer.Option(help="mediapipe, or the .onnx file of a segmentation model.")] = "mediapipe",
    cut_off: Annotated[
        bool, typer.Option("--cut-off", help="Keep frames in which an edge of the picture cuts the body off.")
    ] = False,
    fps: Fps = None,
    view: ViewOption = None,
    person: Person = "walking",
    quiet: Quiet = False,
) -> None:
    """Extract the silhouettes of the walking person from a video, 64 x 44, as networks for silhouettes take them.

    \b
    Examples:
      skelgait silhouettes walk.mp4 --out walk.silhouettes.npz --view frontal
      skelgait silhouettes walk.mp4 --out walk.silhouettes.npz --sheet walk.png
      skelgait silhouettes walk.mp4 --out walk.silhouettes.npz --segmenter pp_humanseg.onnx
    """
    from skelgait.io.atomic import check_writable, new_file

    for path in filter(None, (out, sheet)):
        check_writable(path)  # before minutes are spent on the video
    seen = view.value if view else None
    found = sg.extract_silhouettes(
        video, subject=person, segmenter=segmenter, view=seen, whole=not cut_off, fps=fps, progress=not quiet
    )
    found.save(out)
    if sheet is not None:
        with new_file(sheet) as temporary:
            sg.plot_silhouettes(found).savefig(temporary, dpi=150)
    if not quiet:
        typer.echo(repr(found))
    typer.echo(f"silhouettes: {out}")
    if sheet is not None:
        typer.echo(f"sheet: {sheet}")
