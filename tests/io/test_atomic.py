from __future__ import annotations

import errno
import os
import subprocess
import sys
import time

import pytest

from skelgait.core.errors import FileError
from skelgait.io.atomic import check_writable, is_of_the_disk, new_file, new_files, new_folder


class Broken(Exception):
    """Ends a block in the middle."""


def write(block, texts, *, then=None):
    """Write into the temporary of a block, and break it off with an error where one is given."""
    with block as temporary:
        for name, text in texts.items():
            (temporary / name if name else temporary).write_text(text)
        if then is not None:
            raise then


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_there_whole_or_as_it_was(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(Broken):
        write(new_file(path), {"": "ne"}, then=Broken())
    assert path.read_text() == "old"
    with new_file(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.csv"]


def test_files_that_belong_together_come_together(tmp_path):
    (tmp_path / "a.csv").write_text("old a")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Broken):
        write(new_files(tmp_path), {"a.csv": "new a"}, then=Broken())
    assert (tmp_path / "a.csv").read_text() == "old a"
    with new_files(tmp_path) as folder:
        (folder / "a.csv").write_text("new a")
        (folder / "b.csv").write_text("new b")
        assert (tmp_path / "a.csv").read_text() == "old a"
    assert names(tmp_path) == ["a.csv", "b.csv", "mine.txt"]
    assert (tmp_path / "a.csv").read_text() == "new a"


def test_an_empty_folder_that_is_there_is_filled_and_stays(tmp_path):
    folder = tmp_path / "walks"
    folder.mkdir(mode=0o700)
    before = folder.stat()
    with pytest.raises(Broken):
        write(new_folder(folder), {"a.csv": "half"}, then=Broken())
    assert names(folder) == []
    (folder / ".unfinished-killed").mkdir()  # what a killed run left is no content
    write(new_folder(folder), {"a.csv": "a"})
    assert "a.csv" in names(folder)
    assert (folder.stat().st_ino, folder.stat().st_mode) == (before.st_ino, before.st_mode)
    with pytest.raises(FileError, match=r"is not empty"), new_folder(folder):
        pytest.fail("begun")


def test_a_folder_in_the_way_of_a_file_is_told_before_anything_moves(tmp_path):
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(FileError, match=r"b.csv is a folder. Expected: a file to write"):
        write(new_files(tmp_path), {"a.csv": "a", "b.csv": "b"})
    assert names(tmp_path) == ["b.csv"]
    with pytest.raises(FileError, match=r"b.csv is a folder"), new_file(tmp_path / "b.csv"):
        pytest.fail("begun")


def test_what_a_killed_run_left_is_cleared_away_after_a_day(tmp_path):
    young, old = tmp_path / ".unfinished-young", tmp_path / ".unfinished-old"
    for folder in (young, old):
        folder.mkdir()
        (folder / "a.csv").write_text("half")
    os.utime(old, (time.time() - 100_000,) * 2)
    with new_files(tmp_path):
        pass
    assert names(tmp_path) == [".unfinished-young"]


def test_a_killed_process_leaves_the_old_file(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    code = (
        "import os, sys; from pathlib import Path; from skelgait.io.atomic import new_file, new_files\n"
        "with new_files(Path(sys.argv[1])) as folder, new_file(folder / 'a.csv') as file:\n"
        "    file.write_text('half'); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], timeout=60)
    assert done.returncode == -9
    assert (tmp_path / "a.csv").read_text() == "old"


@pytest.mark.parametrize("make", [new_file, new_folder, new_files])
def test_a_full_disk_is_told_with_the_name(tmp_path, make):
    path = tmp_path if make is new_files else tmp_path / "walk"
    with (
        pytest.raises(FileError, match=rf"{path} cannot be written. Found: No space left on device.*free some space") as told,
        make(path),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert is_of_the_disk(told.value)
    assert names(tmp_path) == []
    with pytest.raises(OSError, match="other"):  # what is not the disk's is somebody else's
        write(make(path), {}, then=OSError(errno.ENOENT, "other"))


def test_it_is_known_before_the_work(tmp_path):
    check_writable(tmp_path / "a.csv")
    assert names(tmp_path) == []
    with pytest.raises(FileError, match=r"there is no folder .*nowhere to write a.csv into"):
        check_writable(tmp_path / "nowhere" / "a.csv")
    with pytest.raises(FileError, match=r"is a folder"):
        check_writable(tmp_path)


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="a folder nobody can write into")
def test_a_folder_that_takes_nothing(tmp_path):
    from pathlib import Path

    with pytest.raises(FileError, match=r"(/sys/a.csv|folder /sys) cannot be written"):
        check_writable(Path("/sys/a.csv"))
    (tmp_path / "shut").mkdir(mode=0o500)
    if not os.access(tmp_path / "shut", os.W_OK):
        with pytest.raises(FileError, match=r"shut cannot be written to. What to do: choose another folder"):
            check_writable(tmp_path / "shut" / "a.csv")
