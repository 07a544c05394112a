"""Shared by every test: where the real recordings are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side: threads that wait for each other only lose time

ROOT = Path(__file__).resolve().parents[1]


def recordings() -> Path:
    """Folder of the real recordings: $SKELGAIT_DATA, else ../shared/data beside the project."""
    return Path(os.environ.get("SKELGAIT_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The real recordings; the test is skipped, saying so, where they are not there."""
    folder = recordings()
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}: set SKELGAIT_DATA to run the tests on real walks")
    return folder
