"""The walk of known truth."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.usefixtures("no_pictures")
def test_demo_measures_what_is_true(run: Run, tmp_path: Path) -> None:
    code, out, err = run("demo", "--out", tmp_path / "demo", "--no-overlay")
    assert code == 0, err
    page = tmp_path / "demo" / "report.html"
    assert out.splitlines()[-1] == f"report: {page}"
    for line in out.splitlines()[1:6]:
        true, measured = (float(x) for x in re.findall(r"-?\d+\.\d+", line)[:2])
        assert measured == pytest.approx(true, abs=max(0.02, 0.015 * abs(true)) if "knee" not in line else 1.5), line
    assert "synthetic child" in page.read_text(encoding="utf8")
