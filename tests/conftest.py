"""Shared by every test: where the real recordings are, and a package nobody edits."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import skelgait

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


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package for runs in other processes, and its key for those in this one: the package may be edited meanwhile."""
    from skelgait.cohort.keys import ROOMS_OF_POSES, code_key

    folder = tmp_path / "frozen"
    shutil.copytree(Path(skelgait.__file__).parent, folder / "skelgait", ignore=shutil.ignore_patterns("__pycache__"))
    with monkeypatch.context() as patch:
        patch.setattr("skelgait.__file__", str(folder / "skelgait" / "__init__.py"))
        code_key.cache_clear()
        code_key()
        code_key(ROOMS_OF_POSES)
    return folder
