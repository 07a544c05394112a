"""Progress bars are for people who watch: a log file gets none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import skelgait as sg

CALLS = [
    (path.relative_to(Path(sg.__file__).parent).as_posix(), node)
    for path in sorted(Path(sg.__file__).parent.rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tqdm"
]


@pytest.mark.parametrize(("file", "call"), CALLS, ids=[f"{file}:{call.lineno}" for file, call in CALLS])
def test_every_bar_looks_whether_somebody_watches(file: str, call: ast.Call) -> None:
    disable = next((word.value for word in call.keywords if word.arg == "disable"), None)
    assert disable is not None, "tqdm(disable=None) looks whether it writes to a terminal"
    assert ast.unparse(disable).split(" or ")[-1] == "None"


def test_there_are_bars() -> None:
    assert len(CALLS) >= 9


def test_no_bar_in_a_log(capfd: pytest.CaptureFixture[str]) -> None:
    trials = [sg.Trial(f"child{i}", sg.Walker(cadence_spm=110 + i).film(fps=30, duration_s=2).pose) for i in range(3)]
    sg.describe(trials, progress=True)
    assert capfd.readouterr().err == ""
