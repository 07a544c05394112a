"""The commands as a whole: help, version, start."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import skelgait as sg

Run = Callable[..., tuple[int, str, str]]

COMMANDS = (
    "demo",
    "extract",
    "silhouettes",
    "clip",
    "analyze",
    "describe",
    "cohort",
    "report",
    "formats",
    "norms",
    "norms import",
    "norms list",
    "norms show",
)


@pytest.mark.parametrize("command", [(), *((c,) for c in COMMANDS)], ids=lambda c: " ".join(c) or "skelgait")
def test_help_teaches(run: Run, command: tuple[str, ...]) -> None:
    code, out, _ = run(*(word for words in command for word in words.split()), "--help")
    assert code == 0
    assert re.search(r"^ +skelgait \w+", out, re.M), "an example to copy"


def test_help_is_fast_and_loads_nothing_heavy(run: Run) -> None:
    code = (
        "import sys\nsys.argv = ['skelgait', '--help']\nfrom skelgait.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert time.perf_counter() - start < 3  # the promise is 0.5 s; a busy machine must not fail the suite
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"skelgait {sg.__version__}\n", "")


def test_the_module_runs_in_a_process_of_its_own(run: Run, walks: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "skelgait", "describe", str(walks / "side.csv"), "--out", str(tmp_path / "n.csv")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"1 walk: {tmp_path / 'n.csv'}\n"
    done = subprocess.run([sys.executable, "-m", "skelgait", "describe", "gone.json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith("skelgait: ")
    assert len(done.stderr.splitlines()) == 1
