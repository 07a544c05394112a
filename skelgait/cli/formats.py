"""What is read and written."""

# ruff: noqa: D301

from __future__ import annotations

import typer

import skelgait as sg


def formats() -> None:
    """List the keypoint file formats and layouts that are read and written.

    \b
    Examples:
      skelgait formats
    """
    from skelgait.io.foreign import VIDEO
    from skelgait.io.formats import FORMATS

    typer.echo("File formats, recognised by their content:")
    for one in FORMATS:
        does = "read, written" if one.reads and one.writes else "read" if one.reads else "written"
        typer.echo(f"  {one.name:11}{' '.join(one.extensions):16}{does:15}{one.description}")
    typer.echo("\nLayouts of keypoints:")
    for name, skeleton in sg.SKELETONS.items():
        typer.echo(f"  {name:19}{len(skeleton):4} points   {'with feet' if skeleton.has('left_heel', 'left_toe') else 'no feet'}")
    typer.echo(f"\nVideo: whatever FFmpeg reads ({', '.join(s[1:] for s in VIDEO.endings[:6])}, ...).")
