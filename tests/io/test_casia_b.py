from __future__ import annotations

from pathlib import Path

import pytest

from skelgait.core.errors import FileError
from skelgait.io.casia_b import read_casia_b

NAMES = ("002-cl-01-180.avi", "001-nm-01-000.avi", "001-nm-01-090.avi", "001-nm-01-036.avi", "001-bkgrd-000.avi", "notes.txt")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for n, name in enumerate(NAMES):
        (tmp_path / f"DatasetB-{n % 2}" / "video").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"DatasetB-{n % 2}" / "video" / name).touch()
    return tmp_path


def test_videos_become_walks_of_people_of_their_own(tree: Path) -> None:
    one, two = read_casia_b(tree)
    assert (one.subject, one.name, two.subject) == ("casia-b 001", "casia-b 001-nm-01-000", "casia-b 002")
    assert Path(one.video["frontal"]).name == "001-nm-01-000.avi"
    assert dict(two.covariates) == {"source": "casia-b", "type": "cl", "angle": "180"}
    assert not one.labels
    assert [list(t.video) for t in read_casia_b(tree, angles=["000", "090"])] == [["frontal"], ["sagittal"]]


def test_refusals(tree: Path) -> None:
    with pytest.raises(FileError, match=r"in no plane. Found: 036"):
        read_casia_b(tree, angles=["036"])
    with pytest.raises(FileError, match="there is no folder"):
        read_casia_b(tree / "none")
    (tree / "empty").mkdir()
    with pytest.raises(FileError, match="no video of CASIA-B from 000 or 180"):
        read_casia_b(tree / "empty")
