"""The file of the challenge: what is written, what is refused, and the same back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.trial import Trial
from skelgait.io.childgait_labels import PATTERNS, TEST
from skelgait.io.childgait_submission import COLUMNS, read_childgait_submission, write_childgait_submission

HEADER = "ID," + ",".join(f"L{n}" for n in range(1, 18)) + "," + ",".join(f"R{n}" for n in range(1, 18))
HEADER += ",Total,Left_gait_subtype,Right_gait_subtype"


@pytest.fixture
def everyone() -> list[Trial]:
    """Two walks of each test child of either track, and one of a child that nobody asks about."""
    children = sorted({*TEST[1], *TEST[2]})
    return [Trial(f"{child:04d}", name=f"{child} {walk}") for child in children for walk in (1, 2)] + [Trial("0001")]


def test_the_whole_file(everyone: list[Trial], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    p = rng.random((len(everyone), 34, 1))
    p = np.concatenate([1 - p, p], axis=-1)
    patterns = rng.dirichlet(np.ones(5), (len(everyone), 2))
    path = tmp_path / "submission.csv"
    table = write_childgait_submission(path, everyone, p, patterns)
    lines = path.read_text().splitlines()
    assert lines[0] == HEADER
    assert table.shape == (25, 38)
    assert table["ID"].tolist() == [f"track1-{c}" for c in TEST[1]] + [f"track2-{c}" for c in TEST[2]]
    at = [n for n, t in enumerate(everyone) if int(t.subject) == 42]
    codes = p[at].mean(axis=0).argmax(axis=-1)
    row = next(line for line in lines if line.startswith("track1-42,"))
    assert row == f"track1-42,{','.join(map(str, codes))},{codes.sum()},-1,-1"
    row = next(line for line in lines if line.startswith("track2-42,"))
    names = [list(PATTERNS)[code] for code in patterns[at].mean(axis=0).argmax(axis=-1)]
    assert row == "track2-42," + "-1," * 35 + ",".join(names)
    back = read_childgait_submission(path)
    assert back.astype(str).equals(table.astype(str))
    assert back["L1"].dtype.kind == "i"
    expected = write_childgait_submission(path, everyone, p, patterns, total="expected")
    assert expected.loc[expected["ID"] == "track1-42", "Total"].tolist() == [round(p[at, :, 1].mean(axis=0).sum())]
    assert list(PATTERNS.values()) == list(sg.tasks.CP_PATTERN.levels)
    assert list(sg.tasks.EVGS_BINARY.items[:2]) == ["left_initial_contact", "left_heel_lift"]


def test_codes_levels_and_walks_without_an_answer(tmp_path: Path) -> None:
    trials = [Trial("4", name=str(n)) for n in range(3)]
    codes = np.array([[1] * 34, [-1] * 34, [1] * 33 + [0]])
    table = write_childgait_submission(
        tmp_path / "a.csv", trials, codes, [["crouch", "type1"], [None, "jump"], ["type4", "jump"]], children={1: [4], 2: [4]}
    )
    assert table.loc[0, "Total"] == 33  # of the last item one walk says 1 and one 0: typical
    assert table.loc[1, ["Left_gait_subtype", "Right_gait_subtype"]].tolist() == ["type4", "type2"]
    assert write_childgait_submission(tmp_path / "a.csv", trials, codes, children={1: [4]}).shape == (1, 38)


def test_what_cannot_be_written(everyone: list[Trial], tmp_path: Path) -> None:
    path, codes = tmp_path / "a.csv", np.zeros((len(everyone), 34), int)
    silent = codes.copy()
    silent[:2, 3:5] = -1
    for trials, items, patterns, words in (
        (everyone[2:], codes[2:], None, "child 4 of the test set cannot be answered. Found: no trial"),
        (everyone, silent, None, r"child 4 of the test set cannot be answered. Found: 2 items without an answer"),
        (everyone, codes + 2, None, r"these are no answers to the items. Found: shape \(45, 34\) of int64"),
        (everyone, codes[:, :17], None, "these are no answers to the items"),
        (everyone, codes, codes[:, :2] + 5, "these are no answers to the patterns"),
        (everyone, codes, [["type1", "type7"]] * len(everyone), r"unknown pattern. Found: 'type7'"),
        ([Trial("anna"), *everyone[1:]], codes, None, r"trial 'anna' is of no child of the data set"),
    ):
        with pytest.raises(SkelgaitError, match=words):
            write_childgait_submission(path, trials, items, patterns)
    with pytest.raises(SkelgaitError, match="expected totals need probabilities"):
        write_childgait_submission(path, everyone, codes, total="expected")
    with pytest.raises(SkelgaitError, match="total='sum' means nothing"):
        write_childgait_submission(path, everyone, codes, total="sum")
    with pytest.raises(FileError, match="there is no folder"):
        write_childgait_submission(tmp_path / "none" / "a.csv", everyone, codes)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_submission(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    good = "track1-4," + ",".join("01" * 17) + ",17,-1,-1"
    two = "track2-4," + "-1," * 35 + "WNL,type2"
    path.write_text(f"{HEADER},\n{good},\n{two},\n")  # commas at the ends
    assert read_childgait_submission(path).shape == (2, 38)
    for line, words in (
        (
            good.replace(",17,", ",35,"),
            r"track1-4 has no answer in column Total. Found: '35'. Expected: whole numbers from 0 to 34",
        ),
        (good.replace("track1-4,0", "track1-4,2"), r"track1-4 has no answer in column L1. Found: '2'. Expected: 0, 1"),
        (good.replace("-1,-1", "WNL,-1"), r"track1-4 has no answer in column Left_gait_subtype. Found: 'WNL'. Expected: -1"),
        (two.replace("type2", "-1"), r"track2-4 has no answer in column Right_gait_subtype. Found: '-1'. Expected: WNL, type1"),
        (good.replace("track1-4", "4"), r"a\.csv has a row of no track. Found: '4'"),
        (f"{good}\n{good}", r"a\.csv has a row twice. Found: track1-4"),
    ):
        path.write_text(f"{HEADER}\n{line}\n")
        with pytest.raises(FileError, match=words):
            read_childgait_submission(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match=r"a\.csv is no submission. Found: a, b. Expected: ID, L1, \.\.\., Right_gait_subtype"):
        read_childgait_submission(path)
    path.write_text("")
    with pytest.raises(FileError, match=r"a\.csv is no table"):
        read_childgait_submission(path)
    assert len(COLUMNS) == 38
