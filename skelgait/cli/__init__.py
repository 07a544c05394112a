"""The command line: each command reads what it is given and calls the doors a script would call."""

from skelgait.cli.app import app, main

__all__ = ["app", "main"]
