"""A clip out of a video."""

# ruff: noqa: D301

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import skelgait as sg
from skelgait.cli.options import Fps, Person, Quiet, ViewOption, option


def clip(
    video: Annotated[Path, typer.Argument(help="The video.", show_default=False, metavar="VIDEO")],
    out: Annotated[Path, option("File to write; its usual ending is .clip.npz.")],
    side: Annotated[int, typer.Option(help="Side of the square pictures, pixels.")] = 128,
    margin: Annotated[float, typer.Option(help="Side of the square in body heights.")] = 1.25,
    middle: Annotated[str, option("What is in its middle: hips, or knees (with --margin 0.7: the legs).")] = "hips",
    grey: Annotated[bool, typer.Option("--grey", help="Keep brightness instead of colour.")] = False,
    fps: Fps = None,
    view: ViewOption = None,
    person: Person = "walking",
    quiet: Quiet = False,
) -> None:
    """Cut a video to the walking person: a steady square, as networks of video take it. About the hips it shows a face.

    \b
    Examples:
      skelgait clip walk.mp4 --out walk.clip.npz --view frontal
      skelgait clip walk.mp4 --out walk.clip.npz --grey
      skelgait clip front.mp4 --out legs.clip.npz --view frontal_towards --middle knees --margin 0.7
    """
    from skelgait.io.atomic import check_writable

    check_writable(out)  # before minutes are spent on the video
    found = sg.extract_clip(
        video,
        side=side,
        margin=margin,
        middle=middle,
        channels=1 if grey else 3,
        subject=person,
        view=view.value if view else None,
        fps=fps,
        progress=not quiet,
    ).save(out)
    if not quiet:
        typer.echo(repr(found))
    typer.echo(f"clip: {out}")
