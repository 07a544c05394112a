from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelgait import tasks
from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task


def test_levels_are_read_however_tables_write_them() -> None:
    answers = ["II", "ii ", 4, np.int64(1), 3.0, "-1", None, np.nan, "", -1]
    assert tasks.GMFCS.encode(answers).ravel().tolist() == [1, 1, 3, 0, 2, -1, -1, -1, -1, -1]
    assert tasks.GMFCS.encode(pd.Series(["I", pd.NA])).ravel().tolist() == [0, -1]


def test_a_table_is_read_by_its_columns_names_not_their_order() -> None:
    limps = Task("LIMP", items=("left_limp", "right_limp"), levels=("no", "yes"))
    table = pd.DataFrame({"right_limp": ["yes", None], "left_limp": ["no", "yes"]})
    assert limps.encode(table).tolist() == [[0, 1], [1, -1]]
    with pytest.raises(SkelgaitError, match=r"does not ask.*limp"):
        limps.encode(table.assign(limp="no"))


def test_an_answer_that_is_no_level_is_named() -> None:
    with pytest.raises(SkelgaitError, match=r"answer 1 to GMFCS is not one of its levels.*'V'.*I \| II \| III \| IV"):
        tasks.GMFCS.encode(["I", "V"])
    with pytest.raises(SkelgaitError, match=r"answer 0 to EVGS, item left_heel_lift, is not one"):
        tasks.EVGS.encode([{"left_heel_lift": 3}])
    with pytest.raises(SkelgaitError, match=r"does not ask.*left_knee"):
        tasks.EVGS.encode([{"left_knee": 1}])
    with pytest.raises(SkelgaitError, match="wrong number of items"):
        tasks.EVGS.encode([[0, 1]])
    with pytest.raises(SkelgaitError, match="one text"):
        tasks.GMFCS.encode("II")


def test_decode_is_the_inverse_of_encode() -> None:
    levels = ["I", "IV", "III"]
    assert tasks.GMFCS.decode(tasks.GMFCS.encode(levels)).tolist() == levels
    assert tasks.GMFCS.decode([0, -1]).tolist() == ["I", None]
    assert tasks.EVGS.decode(np.zeros((2, 34), int)).shape == (2, 34)
    with pytest.raises(SkelgaitError, match="out of range"):
        tasks.GMFCS.decode([4])


def test_the_edinburgh_score_has_17_items_a_limb_and_mirrors() -> None:
    assert tasks.EVGS.n_items == 34
    assert tasks.EVGS.items[0] == "left_initial_contact"
    codes = np.arange(34)[None] % 3
    mirrored = tasks.EVGS.mirror(codes)
    assert (mirrored[0, :17] == codes[0, 17:]).all()
    assert (tasks.EVGS.mirror(mirrored) == codes).all()
    assert (tasks.GMFCS.mirror([[2]]) == [[2]]).all()


def test_merged_levels_read_both_the_old_answers_and_the_new() -> None:
    binary = tasks.EVGS_BINARY
    assert binary.encode([[0, 1, 2, -1] + ["atypical"] * 30])[0, :5].tolist() == [0, 1, 1, -1, 1]
    assert tasks.EVGS.recode(np.array([[0, 1, 2, -1]]), binary).tolist() == [[0, 1, 1, -1]]
    assert tasks.GENU_BINARY.encode(["valgus", "neutral"]).ravel().tolist() == [1, 0]
    with pytest.raises(SkelgaitError, match="each level once"):
        tasks.GMFCS.merge_levels({"I": "walks", "II": "walks"})


@pytest.mark.parametrize("task", tasks.QUESTIONS.values(), ids=lambda t: t.name)
def test_every_question_is_plain_data_with_a_source(task: Task) -> None:
    assert task.sources
    assert Task(**json.loads(json.dumps(task.to_plain()))) == task
    assert task.reference in task.levels
    assert hash(task) == hash(Task(**task.to_plain()))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"levels": ("a",)}, "nothing to choose between"),
        ({"levels": None}, r"has no levels: a measured value.*ordered bands"),
        ({"levels": ("a", "a")}, "names a level twice"),
        ({"levels": (0, 1), "items": ("x", "x")}, "names a item twice"),
        ({"levels": (0, 1), "reference": 2}, "a level it does not have"),
        ({"levels": (-1, 0, 1)}, r"cannot be told apart.*-1.*nobody knows"),
        ({"levels": ("A", "a", "b")}, "cannot be told apart.*'A', 'a'"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(SkelgaitError, match=message):
        Task("Q", **settings)


@given(st.lists(st.sampled_from([0, 1, 2, -1]), min_size=1, max_size=20))
def test_codes_survive_the_round_trip(codes: list[int]) -> None:
    task = Task("Q", levels=("low", "mid", "high"))
    back = task.encode(task.decode(codes))
    assert back.ravel().tolist() == codes
