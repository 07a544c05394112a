"""Errors say what was wrong, what was found, what was expected and what to do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import skelgait

ERRORS = {"FileError", "PoseError", "SkelgaitError", "NoPerson", "NotInstalled"}
FILES = [
    path
    for room in ("io", "cohort", "cli")
    for path in sorted((Path(skelgait.__file__).parent / room).glob("*.py"))
    if not path.name.startswith("video")
]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_error_says_what_to_do(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.keywords:
            said = {keyword.arg for keyword in node.keywords}
            assert "do" in said or {"found", "expected"} <= said, f"{path.name}, line {node.lineno}: {sorted(map(str, said))}"
