"""The list of formats."""

from __future__ import annotations

from collections.abc import Callable

import skelgait as sg

Run = Callable[..., tuple[int, str, str]]


def test_formats_lists_what_is_read_and_written(run: Run) -> None:
    from skelgait.io.formats import FORMATS

    code, out, _ = run("formats")
    assert code == 0
    for one in FORMATS:
        assert one.name in out
    for layout in sg.SKELETONS:
        assert layout in out
