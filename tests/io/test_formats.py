from __future__ import annotations

from pathlib import Path

import pytest

from skelgait.core.errors import FileError
from skelgait.io.formats import FORMATS, find_writer
from skelgait.io.poses import write_pose


def test_every_format_has_what_it_promises():
    for one in FORMATS:
        module = one.load()
        assert callable(module.recognises)
        assert callable(module.read) or not one.reads
        assert hasattr(module, "write") == one.writes, one.name
        assert module.__doc__
        assert one.description
    assert len({one.name for one in FORMATS}) == len(FORMATS)


def test_every_module_with_a_reader_is_in_the_table():
    folder = Path(FORMATS[0].load().__file__).parent
    readers = {path.stem for path in folder.glob("*.py") if "\ndef recognises(" in path.read_text()}
    assert readers == {one.module for one in FORMATS}


@pytest.mark.parametrize(("name", "module"), [("a.npz", "npz"), ("a.csv", "tidy"), ("a.TRC", "trc"), ("folder", "openpose")])
def test_the_ending_chooses_the_writer(name, module):
    assert find_writer(Path(name)).module == module


def test_an_ending_that_is_not_written_is_refused(tmp_path, walk):
    with pytest.raises(
        FileError,
        match=r"a pose cannot be written as a.c3d. Expected: folder \(openpose\), .csv \(tidy\), .parquet \(parquet\), .npz",
    ):
        write_pose(walk, tmp_path / "a.c3d")
