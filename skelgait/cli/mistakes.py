"""What goes wrong, as one line on stderr and an exit code: 2 for the input, 1 for us."""

from __future__ import annotations

import os
import re
import sys
import warnings
from typing import Any

import typer
from typer.core import TyperGroup

from skelgait.core.errors import SkelgaitError

# Messages speak to scripts; here the same is asked for with options and commands.
OPTIONS = (
    (r"pass keep_partial=True", "add --keep-partial"),
    (r"pass whole=False", "add --cut-off"),
    (r"\bfps=([\d.]+)", r"--fps \1"),
    (r"\bfps=,", "--fps,"),
    (r"\bsize=\((\d+), (\d+)\)", r"--size \1x\2"),
    (r"\bheight_m=([\d.]*\d)", r"--height \1"),
    (r"\bleg_length_m=([\d.]*\d)", r"--leg-length \1"),
    (r"\bkeep=(\S+)", r"--keep \1"),
    (r"\bview=['\"]?(\w+)['\"]?", r"--view \1"),
    (r"\b(?:person|subject)=\s?([^\s,;]*[^\s,;.])", r"--person \1"),
    (r"\bsubject=(?=\W|$)", "--person"),
    (r"\bspeed=\"\.\.\.\"", "--speed"),
    (r"\bmodel_path=\"(\S+?)\"", r"--model-path \1"),
    (r"sg\.estimate_pose\(path\), or (`skelgait extract`)", r"\1"),
    (r"read one with sg\.read_pose\(path\),? or (?:estimate it from|name) its video", "give keypoints, or run `skelgait cohort`"),
    (r"give each walk its own: sg\.Trial\(.*?\); in a table of walks, a", "list them in a table of walks with a"),
    (r"give silhouettes=\{.*?\} or \{.*?\}", "say it with --view, or name them in a column of the table, frontal_silhouettes"),
    (r"sg\.extract_silhouettes\(video\)", "`skelgait silhouettes`, and name them in a column of the table, frontal_silhouettes"),
    (r"sg\.extract_clips\(trials, folder\)", "`skelgait train --clips-folder FOLDER`"),
    (r"sg\.extract_clip\(video\)", "`skelgait clip`, and name it in a column of the table, frontal_clip"),
    (r", (?:in Python )?(?:or )?(?:to )?sg\.read_trials\b", ""),
)


class Commands(TyperGroup):
    """The commands, and what becomes of their errors."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take ``--debug`` from wherever it stands."""
        ctx.obj = {"debug": "--debug" in args}
        return super().parse_args(ctx, [a for a in args if a != "--debug"])

    def invoke(self, ctx: Any) -> Any:
        """Run a command, and tell on one line what went wrong."""
        if not ctx.obj["debug"]:  # one line to the user, nothing of numpy's about empty slices or of what libraries will change
            for kind in (RuntimeWarning, DeprecationWarning, PendingDeprecationWarning, FutureWarning):
                warnings.simplefilter("ignore", kind)
            warnings.showwarning = lambda message, *_: typer.echo(f"skelgait: {for_the_shell(str(message))}", err=True)
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, KeyboardInterrupt):
            raise
        except BrokenPipeError:  # the reader (`| head`) has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except Exception as error:
            if ctx.obj["debug"] and not hasattr(error, "format_message"):
                raise
            message, code = _explain(error, ctx)
            typer.echo(message, err=True)
            raise typer.Exit(code) from None


def for_the_shell(message: str) -> str:
    r"""A message on one line, with options where it speaks of arguments.

    Examples
    --------
    >>> for_the_shell('the rate is not known.\nWhat to do: give it, for example fps=60.')
    'the rate is not known. What to do: give it, for example --fps 60.'
    >>> for_the_shell("What to do: give person=0, or leave it out."), for_the_shell("choose another with subject=.")
    ('What to do: give --person 0, or leave it out.', 'choose another with --person.')
    """
    line = " ".join(message.split())
    for words, option in OPTIONS:
        line = re.sub(words, option, line)
    return line


def _explain(error: Exception, ctx: Any) -> tuple[str, int]:
    if hasattr(error, "format_message"):  # the command line was not understood
        where = getattr(error, "ctx", None) or ctx
        return f"{where.command_path}: {error.format_message()} (see {where.command_path} --help)", 2
    if isinstance(error, SkelgaitError):
        return f"skelgait: {for_the_shell(str(error))}", 2
    if isinstance(error, OSError):
        where = f"{error.filename} cannot be used" if error.filename else "a file cannot be read or written"
        found = error.strerror or str(error) or type(error).__name__
        return f"skelgait: {where}. Found: {found}. What to do: check its path, its permissions and the space on the disk.", 2
    if isinstance(error, MemoryError):
        return "skelgait: the memory is full. What to do: give a shorter recording, or fewer at once.", 2
    return f"skelgait: unexpected {type(error).__name__}: {' '.join(str(error).split())} (add --debug for the traceback)", 1
