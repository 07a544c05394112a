from __future__ import annotations

import unicodedata

import pytest

from skelgait.core.errors import FileError
from skelgait.io.paths import find_path, find_paths


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to stand in, with files whose names are easily mistyped."""
    monkeypatch.chdir(tmp_path)
    for name in ("side.csv", "My walk.csv", "walk_07.json"):
        (tmp_path / name).write_text("x")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "front.csv").write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ('side.csv"', r'no file or folder side.csv". Found: the same without the quotation marks.*give side.csv'),
        ('"side.csv"', r"give side.csv"),
        ("“side.csv”", r"give side.csv"),
        ("'My walk.csv'", r"give My walk.csv"),
        ("My\\ walk.csv", r"give My walk.csv"),
        (" side.csv ", r"give side.csv"),
        ("SIDE.CSV", r"Found: beside it: side.csv. What to do: give side.csv"),
        ("side", r"beside it: side.csv"),
        ("walk_7.json", r"beside it: walk_07.json"),
        ("nowhere/a.csv", r"Found: no folder nowhere either"),
        ("https://example.org/walk.mp4", r"an address on the network. What to do: download the file first"),
        ("C:\\Users\\Anna Smith\\walk.mp4", r"a path of Windows, on a system that is none.*/mnt/c/Users"),
        ("C:\\Users\\Anna Smith\\side.csv", r"a path of Windows.*give side.csv"),
        ('"C:\\data\\side.csv"', r"a path of Windows.*give side.csv"),
        ("data\\front.csv", r"a path of Windows.*give data/front.csv"),
        ("C:/Users/Anna/walk.mp4", r"a path of Windows"),
        ("C:UsersAnnawalk.mp4", r"a path of Windows.*put the path in quotation marks"),
        ("~/no-such-walk.csv", r"there is no file or folder ~/no-such-walk.csv"),
        ("x" * 5000, r"there is no file or folder xxx"),
        ("zero\0byte", r"there is no file or folder zero"),
    ],
)
def test_what_was_meant(here, typed, text):
    with pytest.raises(FileError, match=text):
        find_path(typed)


def test_an_address_of_a_file(here):
    with pytest.raises(FileError, match=rf"an address of a file. What to do: give {here}/My walk.csv"):
        find_path(f"file://{here}/My%20walk.csv")


def test_a_path_torn_at_its_spaces(here):
    with pytest.raises(FileError, match=r'My is only a piece of a path with spaces. Found: My walk.csv.*"My walk.csv"'):
        find_paths(["side.csv", "My", "walk.csv"])
    with pytest.raises(FileError, match=r"there is no file or folder Your"):
        find_paths(["Your", "walk.csv"])
    assert [path.name for path, _ in find_paths(["side.csv", "My walk.csv"])] == ["side.csv", "My walk.csv"]


def test_letters_composed_in_another_way_are_the_same_name(here):
    (here / unicodedata.normalize("NFD", "Mädchen.csv")).write_text("x")
    assert find_path(unicodedata.normalize("NFC", "Mädchen.csv"))[0].read_text() == "x"


def test_parts(here):
    (here / "a#b.csv").write_text("x")
    assert find_path("side.csv#anna")[1] == "anna"
    assert find_path("a#b.csv")[1] is None
    assert find_path("a#b.csv#c")[1] == "c"
